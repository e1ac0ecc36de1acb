"""Digests of values: SHA-256, in hex, of their canonical JSON (fields in order, keys sorted)."""

import hashlib
from typing import Any

import msgspec

from machine.values import Corrections, Labels, Pins, Record, Rendition, Text

_ENCODER = msgspec.json.Encoder(order="deterministic")


def digest_of(value: Any) -> str:  # noqa: ANN401  (any value msgspec can encode)
    """Return the SHA-256 of `value` as 64 hex digits."""
    return hashlib.sha256(_ENCODER.encode(value)).hexdigest()


def text_digest(text: Text) -> str:
    """Return the digest of a text, by named fields: a new field changes no old digest."""
    return digest_of((text.caption, text.alt_text, text.keywords, text.language))


def labels_digest(labels: Labels) -> str:
    """Return the digest of labels, by named fields likewise."""
    return digest_of((labels.category, labels.subject, labels.location))


def record_digest(record: Record | None) -> str:
    """Return the digest of a published record; empty for none."""
    return digest_of(record) if record else ""


def pins_of(
    text: Text,
    renditions: tuple[Rendition, ...],
    labels: Labels,
    file_name: str,
    corrections: Corrections = Corrections(),  # noqa: B008  (a frozen value)
    *,
    qr: float | None = None,
) -> Pins:
    """
    Return what an approval pins: text, pictures, labels, name and corrections as they are.

    A rating belongs to it where a person gave it (`qr`); what machines measure does not.
    """
    return Pins(
        text=text_digest(text),
        renditions=digest_of(sorted((one.name, one.sha256) for one in renditions)),
        labels=labels_digest(labels),
        name=file_name,
        facts="" if corrections == Corrections() else digest_of(corrections),
        rating=rating_pin(qr),
    )


def rating_pin(qr: float | None) -> str:
    """Return what is pinned of a rating that a person gave; empty: nobody gave one."""
    return "" if qr is None else f"{qr:.2f}"
