"""The rules of erasing: nothing may be open or outside, and nothing comes after."""

from collections.abc import Callable
from typing import Any

from machine import events as e
from machine import intents as i
from machine.decide_outside import refuse_while_open
from machine.event_base import Event
from machine.refusals import Refused
from machine.row import Row, attempts_of
from machine.status import outside
from machine.values import STAGES


def refuse_erased(row: Row, intent: i.Intent) -> None:
    """
    Refuse whatever else is asked of a row that was erased, or is about to be.

    Facts, too: an outcome that came now would bring back what is to be forgotten. None can be on
    its way, since no erasure begins while an attempt is open.
    """
    number, erasure = row.happened.row, row.happened.erasure
    if erasure and not isinstance(intent, i.StartErasure | i.FinishErasure):
        done = erasure == "done"
        msg = f"row {number} {'was erased' if done else 'is being erased'}"
        hint = f"photojournal history {number}" if done else _to_the_end(number)
        raise Refused(msg, hint)


def _to_the_end(number: int) -> str:
    return f"photojournal erase {number} --reason '...'"


def _start(row: Row, intent: i.StartErasure) -> tuple[Event, ...]:
    number = row.happened.row
    if row.happened.erasure:
        done = row.happened.erasure == "done"
        msg = f"row {number} {'was erased already' if done else 'is being erased already'}"
        raise Refused(msg, f"photojournal history {number}", nothing=True)
    refuse_while_open(row, "erase")
    for stage in STAGES:
        if attempts_of(row, stage).open:
            msg = f"cannot erase row {number}: {stage} is at work on it"
            raise Refused(msg, f"photojournal repair {number}")
    if outside(row):
        msg = f"row {number} is published: take it down first"
        raise Refused(msg, f"photojournal withdraw {number}")
    return (e.ErasureStarted(reason=intent.reason, unreached=intent.unreached),)


def _finish(row: Row, intent: i.FinishErasure) -> tuple[Event, ...]:
    number = row.happened.row
    if row.happened.erasure != "open":
        msg = f"no erasure of row {number} is open"
        raise Refused(msg, _to_the_end(number), nothing=row.happened.erasure == "done")
    erased = e.RowErased(events=intent.events, objects=intent.objects, size_bytes=intent.size_bytes)
    return (erased,)


ERASING_RULES: dict[type[i.Intent], Callable[[Row, Any], tuple[Event, ...]]] = {
    i.StartErasure: _start,
    i.FinishErasure: _finish,
}
