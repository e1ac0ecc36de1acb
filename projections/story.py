"""A row as the logs need to know it, and how texts from outside are shown in a line."""

from journal.records import Recorded
from machine import events as e
from machine.evolve import evolve
from machine.row import Row, attempts_of
from machine.values import Stage

MAX_TEXT = 400
"""Characters of one text from outside in a log line; the event has the rest."""

Line = tuple[str, str]
"""Marker and text."""


class Story:
    """A row's state, and what its newest attempts are about."""

    __slots__ = ("exits", "reasons", "retries", "row", "started")

    def __init__(self) -> None:
        """Begin before the first event."""
        self.row = Row()
        self.started: dict[Stage, e.AttemptStarted] = {}
        """The newest attempt."""
        self.retries: dict[Stage, str] = {}
        """Why the newest attempt is a retry; empty when it is none."""
        self.exits: dict[Stage, int | None] = {}
        """Exit code of the worker in the newest failure."""
        self.reasons: dict[str, str] = {}
        """Why each model failed the row last."""

    def take(self, recorded: Recorded) -> None:
        """Go on by one event."""
        event = recorded.event
        match event:
            case e.AttemptStarted():
                self.retries[event.stage] = retry_reason(self.row, event.stage)
                self.started[event.stage] = event
            case e.AttemptFailed():
                self.exits[event.stage] = event.exit_code
                model = self.model_of(event.stage, event.attempt)
                if model:
                    self.reasons[model] = because(event.code, event.detail)
            case _:
                pass
        self.row = evolve(self.row, event)

    def model_of(self, stage: Stage, attempt: int) -> str:
        """Return the model that an attempt asked; empty for none."""
        started = self.started.get(stage)
        return started.model if started and started.attempt == attempt else ""

    def fallback_of(self, stage: Stage, attempt: int) -> str:
        """Return the model that an attempt asked, if it stands in for another; else empty."""
        started = self.started.get(stage)
        if started is None or started.attempt != attempt or not started.fallback_for:
            return ""
        return started.model


def retry_reason(row: Row, stage: Stage) -> str:
    """Return why another attempt of `stage` would be a retry; empty when it would be none."""
    before = attempts_of(row, stage)
    if before.failed:
        return because(before.failed, before.detail)
    if before.interrupted:
        return "the program died"
    return "a person's request" if before.wanted and before.count else ""


def because(what: str, reason: str) -> str:
    """Return `what: reason`, or `what` alone where there is no reason."""
    return f"{what}: {reason}" if reason else what


def one_line(text: str) -> str:
    """Return `text` with everything that is not printable escaped, and not too long."""
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
            for char in text
        )
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."


def quoted(text: str) -> str:
    """Return a name or path from outside, in quotes."""
    return '"' + one_line(text).replace('"', '\\"') + '"'
