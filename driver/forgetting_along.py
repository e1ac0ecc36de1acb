"""
What is forgotten when an export is taken in that says that something was forgotten.

The journal itself redacts what the export redacts. Objects, crash logs, drafts and pictures made
for looking it does not know; they are cleared first, as long as the events here still tell what
belongs to them. After a death in between, the same import goes on.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from driver.erasing import clear_crash_logs, drop_beside, remove_objects
from driver.erasure_plan import digests_in, objects_named
from driver.program import Program
from driver.pruning import alone_with_objects
from driver.traces import Traces
from journal import Journal, RawEvent
from journal.importing import Plan, redacts
from journal.reading_segments import checked
from machine.erasure_events import ErasureStarted
from machine.evolve import fold
from machine.run_events import Redacted


class _Told(Struct):
    """What the new events of an export say about forgetting."""

    left: dict[int, bytes]
    """By position: what is left of a payload that stands here."""
    rows: set[str]
    """Streams of rows that were erased."""
    named: set[str]
    """SHA-256 that new events name: these objects stay."""


def forget_along(program: Program, found: Plan) -> None:
    """
    Remove the objects and lines of crash logs that nothing names any more after an import.

    Raises:
        Misused: another run is at work.
        Unreachable: something cannot be removed.
    """
    told = _told(found)
    path = program.workspace.journal
    with (
        Journal.open(path, readonly=True, accept_head=True) as journal,
        alone_with_objects(program),
    ):
        for stream in sorted(told.rows):
            history = journal.read_stream(stream)
            told.left |= {recorded.position: b"" for recorded in history}
            clear_crash_logs(program, Traces(history))
            drop_beside(program.workspace, fold(one.event for one in history))
        objects = objects_named(journal, program.objects, told.left, told.named)
        remove_objects(program, objects, "photojournal journal import FILE, or FOLDER")


def _told(found: Plan) -> _Told:
    left, rows, named = dict[int, bytes](), set[str](), dict[str, set[str]]()
    for event in _new(found):
        if redacts(event):
            said = msgspec.json.decode(event.payload, type=Redacted)
            if said.position <= found.present:
                left[said.position] = said.kept.encode()
        elif event.type == ErasureStarted.tag:
            rows.add(event.stream)
        elif event.stream.startswith("row/"):
            named.setdefault(event.stream, set()).update(digests_in(event.payload))
    others = (digests for stream, digests in named.items() if stream not in rows)
    return _Told(left, rows, set().union(*others))


def _new(found: Plan) -> Iterator[RawEvent]:
    for segment in checked(found.files):
        yield from (event for event in segment.events if event.position > found.present)
