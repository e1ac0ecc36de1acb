"""What a model is asked about one photo, and what came of it."""

from msgspec import Struct

from adapters.workers import WorkerFailure
from machine.failures import FAILURES
from machine.values import Author, Change, Labels, ModelCall, Text
from machine.wording import About

TOLD = ("PrefillRefused", "PrefillEcho", "PrefillBadJson", "PrefillWrongShape", "PrefillCutOff")
"""Failures that a model is told about when it is asked again."""


class Job(Struct, frozen=True, kw_only=True):
    """One attempt: a photo and what is known about it."""

    row: int
    attempt: int
    photo: bytes
    labels: Labels
    about: About
    model: str
    feedback: str = ""
    """Why the last answer for this photo was refused."""


class Past(Struct, frozen=True, kw_only=True):
    """A text that a model wrote before this run."""

    row: int
    text: Text
    call: ModelCall


class Captioned(Struct, frozen=True, kw_only=True):
    """The model's text was accepted."""

    text: Text
    cleaned: Text | None
    changes: tuple[Change, ...]
    author: Author
    call: ModelCall
    raw: bytes


class NotCaptioned(Struct, frozen=True, kw_only=True):
    """The attempt ended without a text; `raw` is what came of an answer."""

    code: str
    detail: str
    call: ModelCall | None = None
    raw: bytes = b""


Answer = Captioned | NotCaptioned | WorkerFailure


def feedback_of(code: str, detail: str) -> str:
    """Return what a model is told about its last answer; empty where nothing helps."""
    if code == "PrefillEcho":
        return FAILURES[code].meaning  # which photo that was means nothing to a model
    return (detail or FAILURES[code].meaning) if code in TOLD else ""
