"""
Redacting: what is private in rows, or what single events say, is forgotten; the rows live on.

What a row is today must not depend on it: an event is redacted only where the row's state is the
same without its content. A text that counts is edited first, and a row that has to go is erased.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from driver.drafts import Drafts
from driver.erasing import remove_objects, renew
from driver.erasure_plan import Objects, objects_named
from driver.errors import Misused
from driver.program import Program
from driver.pruning import alone_with_objects
from driver.recovery import row_number
from journal import Journal, Recorded, RedactedEvent
from machine.event_base import Event
from machine.events import PrivateMetadataRead
from machine.evolve import evolve
from machine.forgetting import left_of
from machine.row import Decided, Row


class Forgotten(Struct, frozen=True, kw_only=True):
    """An event whose content goes."""

    position: int
    stream: str
    type: str
    size_bytes: int
    """Of its payload."""


def plan(
    journal: Journal, numbers: Iterable[int], positions: Iterable[int]
) -> dict[int, Event | None]:
    """
    Return what will be left of each event, by position; those that are redacted are left out.

    Args:
        journal: where they stand.
        numbers: rows whose places, serial numbers and owners go.
        positions: events whose whole content goes.

    Raises:
        Misused: there is no such event, it has no content, or its row is what it says.
    """
    found: dict[int, Event | None] = {}
    for number in numbers:
        for recorded in journal.read_stream(f"row/{number}"):
            if isinstance(recorded.event, PrivateMetadataRead):
                found[recorded.position] = None
    for position in positions:
        recorded = _event(journal, position)
        left = left_of(recorded.event)
        if left is recorded.event:
            if isinstance(left, RedactedEvent) or _is_redacted(journal, position):
                continue
            msg = f"event {position} ({recorded.type}) says nothing that could be forgotten"
            raise Misused(msg, "photojournal events")
        _refuse_if_needed(journal, recorded, left)
        found[position] = left
    return found


def told(journal: Journal, found: Iterable[int]) -> list[Forgotten]:
    """Return events for a listing."""
    return [
        Forgotten(
            position=raw.position, stream=raw.stream, type=raw.type, size_bytes=len(raw.payload)
        )
        for position in found
        for raw in journal.read_raw(position - 1, position)
    ]


def objects_of(program: Program, found: Mapping[int, Event | None]) -> Objects:
    """Return the objects that nothing names any more once these events are redacted."""
    left = {
        position: b"" if event is None else msgspec.json.encode(event)
        for position, event in found.items()
    }
    return objects_named(program.journal, program.objects, left)


def redact(program: Program, found: Mapping[int, Event | None], reason: str) -> None:
    """
    Redact events, inside a run, and make everything again that showed them.

    What the events alone name in `data/objects`, such as the raw reply of a model, goes first.

    Raises:
        Misused: another run is at work, and objects have to go.
        Unreachable, JournalBusy: redacted, but another program keeps old bytes from going.
    """
    if found:
        _remove_objects_of(program, found)
        program.shell.forget(found, reason)
        _drop_drafts(program, found)
    renew(program)


def _remove_objects_of(program: Program, found: Mapping[int, Event | None]) -> None:
    if not objects_of(program, found).own:
        return
    with alone_with_objects(program):
        positions = " ".join(f"@{position}" for position in found)
        again = f"photojournal redact {positions} --reason '...'"
        remove_objects(program, objects_of(program, found), again)


def _drop_drafts(program: Program, found: Iterable[int]) -> None:
    """Forget what was typed about the rows and not saved: it may quote what is forgotten."""
    drafts = Drafts(program.workspace.data)
    for one in told(program.journal, found):
        number = row_number(one.stream)
        if number is not None:
            drafts.forget(number)


def _event(journal: Journal, position: int) -> Recorded:
    recorded = next(journal.read_all(position - 1, position), None) if position > 0 else None
    if recorded is None:
        msg = f"there is no event {position}"
        raise Misused(msg, f"the last one is {journal.head.position}: photojournal events")
    return recorded


def _is_redacted(journal: Journal, position: int) -> bool:
    from journal.codec import is_redacted

    raw = next(journal.read_raw(position - 1, position))
    return is_redacted(raw.payload.decode("utf-8", "replace"))


def _refuse_if_needed(journal: Journal, recorded: Recorded, left: Event | None) -> None:
    """Refuse an event that a row depends on as it is today. Raises Misused."""
    number = row_number(recorded.stream)
    if number is None:
        return
    now, then = Row(), Row()
    for one in journal.read_stream(recorded.stream):
        now = evolve(now, one.event)
        forgotten = one.position == recorded.position
        then = evolve(then, (left or RedactedEvent()) if forgotten else one.event)
    if (now.decided, now.happened) == (then.decided, then.happened):
        return
    parts = [
        name
        for name in Decided.__struct_fields__
        if getattr(now.decided, name) != getattr(then.decided, name)
    ]
    msg = (
        f"row {number} is what event {recorded.position} ({recorded.type}) says:"
        f" its {', '.join(parts) or 'state outside'} would change"
    )
    edited = {"prefill", "decision"}.issuperset(parts) and parts
    first = (
        f"edit it first: photojournal edit {number} --caption '...' --alt-text '...'; or "
        * bool(edited)
    )
    raise Misused(msg, f"{first}forget the whole row: photojournal erase {number} --reason '...'")
