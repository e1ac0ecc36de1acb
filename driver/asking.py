"""What a model is asked about a photo and what its answer is worth: alike for stage and trial."""

from hashlib import sha256

from msgspec import Struct

from adapters import captions
from adapters.mojibake import MOJIBAKE
from adapters.ollama_service import Asked, Limits
from driver.sections import Prefill
from machine.values import Change, Finding, Labels, Text
from machine.wording import About, clean, findings, protected_words, refusing

PREPARE_DEADLINE_S = 120.0
"""Seconds that a worker may take to make a photo smaller."""


class Judged(Struct, frozen=True, kw_only=True):
    """An answer's text, and what the rules say about it."""

    written: Text
    """As the model wrote it."""
    text: Text
    """After the cleaning rules."""
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    refused: str
    """What keeps it from being accepted; empty: nothing."""


def options_of(settings: Prefill, seed: int) -> dict[str, str | int | float | bool]:
    """Return how a model is asked; another seed lets another try differ."""
    return {
        "temperature": 0.1,
        "num_ctx": settings.num_ctx,
        "num_predict": settings.num_predict,
        "seed": seed,
    }


def limits_of(settings: Prefill, slowest_ms: int = 0) -> Limits:
    """Return the limits of one try in seconds; more for a model that is known to be slow."""
    first_token_s = max(settings.first_token_timeout_s, 3 * slowest_ms / 1000)
    return Limits(
        first_token_s=min(first_token_s, settings.deadline_s),
        idle_s=settings.idle_timeout_s,
        deadline_s=settings.deadline_s,
    )


def request(
    settings: Prefill,
    labels: Labels,
    picture: bytes,
    *,
    model: str,
    digest: str,
    seed: int,
    limits: Limits,
    feedback: str = "",
    template: str = "",
) -> Asked:
    """Return what is sent for one try."""
    return Asked(
        model=model,
        model_digest=digest,
        prompt=captions.prompt_for(
            labels, settings.language, settings.text_limits(), feedback, template=template
        ),
        picture=picture,
        picture_digest=sha256(picture).hexdigest(),
        format=captions.SCHEMA,
        options=options_of(settings, seed),
        keep_alive=settings.keep_alive,
        limits=limits,
    )


def judge(settings: Prefill, known: About, answer: str) -> Judged:
    """
    Clean an answer and hold the rules against it.

    Raises:
        AdapterError: `PrefillBadJson` or `PrefillWrongShape`.
    """
    written = captions.parse(answer)
    text = captions.text_of(written, settings.language)
    mended = clean(text, protected_words(known, settings.protected_words), (MOJIBAKE,))
    found = findings(mended.text, known)
    against = [f"{one.code} ({one.detail})" if one.detail else one.code for one in refusing(found)]
    place = captions.invented(written, known.labels)
    if place and all(one.code != "invented_location" for one in found):
        against.append(f"invented_location ({place})")
    return Judged(
        written=text,
        text=mended.text,
        changes=mended.changes,
        findings=found,
        refused=", ".join(against),
    )
