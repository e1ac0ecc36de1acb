"""
The life of a row as a timeline, for `history`.

Each event with what led to it and how long ago that was, which attempt it belongs to and whether
that was charged, and what it did to the texts, word by word. An event is led to by the one that
the journal names as its cause; where it names none, by the beginning of the attempt or of the work
outside that the event itself names.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from driver.looking import Seen
from driver.timeline import told
from driver.word_diff import word_diff
from journal import RawEvent, Recorded
from machine import events as e
from machine import repair_events as o
from machine.event_base import Event
from machine.evolve import evolve
from machine.row import Row
from machine.values import Text

_STAGES: dict[type[Event], str] = {
    e.Prefilled: "prefill",
    e.TextCleaned: "prefill",
    e.Scored: "score",
    e.PartlyScored: "score",
    e.Resized: "resize",
}
"""Whose attempt an outcome ends, where it does not say so."""

_BEGINNINGS = (
    e.AttemptStarted,
    e.PublicationStarted,
    e.WithdrawalStarted,
    e.RollbackStarted,
    o.RepairStarted,
)
_SAGAS = ("saga", "publication", "withdrawal", "rollback", "repair")
"""Fields that name the work outside that an event belongs to."""


def history_of(seen: Seen, number: int) -> list[dict[str, Any]]:
    """Return the events of a row, the oldest first; the keys are those of `history --json`."""
    return list(_told(seen, seen.journal.read_stream(f"row/{number}", until_position=seen.until)))


def _told(seen: Seen, events: list[Recorded]) -> Iterator[dict[str, Any]]:
    row, begun = Row(), dict[tuple[str, object], Recorded]()
    by_position: dict[int, Recorded | RawEvent] = {one.position: one for one in events}
    for one in events:
        before, row = row, evolve(row, one.event)
        belongs = _belongs_to(one.event)
        led: Recorded | RawEvent | None = begun.get(belongs) if belongs else None
        if one.cause is not None:
            if one.cause not in by_position:
                by_position |= {it.position: it for it in _raw(seen, one.cause)}
            led = by_position.get(one.cause)
        if belongs and isinstance(one.event, _BEGINNINGS):
            begun[belongs] = one
        yield {
            **told(one),
            "local": datetime.fromisoformat(one.at).astimezone().isoformat(),
            "because_of": led and _named(led),
            "elapsed_ms": led and _ms_between(led.at, one.at),
            "attempt": getattr(one.event, "attempt", None),
            "charged": _charged(one.event),
            "texts": _texts(before.decided.prefill.text, row.decided.prefill.text),
        }


def _raw(seen: Seen, position: int) -> Iterator[RawEvent]:
    return seen.journal.read_raw(position - 1, position)


def _belongs_to(event: Event) -> tuple[str, object] | None:
    """Return the attempt, or the work outside, that an event begins or is a part of."""
    attempt = getattr(event, "attempt", None)
    if attempt is not None:
        return getattr(event, "stage", "") or _STAGES.get(type(event), ""), attempt
    named = [getattr(event, field, "") for field in _SAGAS]
    return next((("saga", one) for one in named if one), None)


def _named(led: Recorded | RawEvent) -> dict[str, Any]:
    return {
        "position": led.position,
        "stream": led.stream,
        "version": led.version,
        "type": led.type,
    }


def _ms_between(first: str, last: str) -> int:
    took = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return round(took.total_seconds() * 1000)


def _charged(event: Event) -> bool | None:
    """Return whether an attempt that came to nothing counts; None where nothing failed."""
    match event:
        case e.AttemptFailed():
            return event.charged
        case e.AttemptInterrupted():
            return False
        case _:
            return None


def _texts(old: Text, new: Text) -> dict[str, dict[str, str]]:
    """Return what became of the row's texts, by column: old, new, and both in one."""
    sides = (
        ("Caption", old.caption, new.caption),
        ("alt_text", old.alt_text, new.alt_text),
        ("Keywords", ", ".join(old.keywords), ", ".join(new.keywords)),
    )
    return {
        column: {"old": was, "new": is_, "diff": word_diff(was, is_)}
        for column, was, is_ in sides
        if was != is_
    }
