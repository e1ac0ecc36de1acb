"""Digests of values: SHA-256, in hex, of their canonical JSON (fields in order, keys sorted)."""

import hashlib
from typing import Any

import msgspec

from machine.values import Labels, Pins, Record, Rendition, Text

_ENCODER = msgspec.json.Encoder(order="deterministic")


def digest_of(value: Any) -> str:  # noqa: ANN401  (any value msgspec can encode)
    """Return the SHA-256 of `value` as 64 hex digits."""
    return hashlib.sha256(_ENCODER.encode(value)).hexdigest()


def record_digest(record: Record | None) -> str:
    """Return the digest of a published record; empty for none."""
    return digest_of(record) if record else ""


def pins_of(text: Text, renditions: tuple[Rendition, ...], labels: Labels, file_name: str) -> Pins:
    """Return what an approval pins: text, pictures, labels and name as they are now."""
    return Pins(
        text=digest_of(text),
        renditions=digest_of(sorted((one.name, one.sha256) for one in renditions)),
        labels=digest_of(labels),
        name=file_name,
    )
