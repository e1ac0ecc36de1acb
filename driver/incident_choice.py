"""
What of a journal goes into the bundle of a run: every line, and which of them with their payload.

Told are: whole, each stream that the run appended to, and the sets, names, bytes and runs of its
rows, and what is left of their redacted events. Place, serial numbers and owner of photos only
where they are asked for. Of everything else the line stays without its payload, so that the chain
can be checked from the first event on. The command lines of other runs are among that: captions and
labels may stand there.
"""

from collections.abc import Iterator

from msgspec import Struct

from driver.recovery import row_number
from journal import Journal, RawEvent
from journal.schema import JOURNAL_STREAM
from machine import events as e
from machine.run_events import Redacted

_OF_ALL = (JOURNAL_STREAM, "gallery/")
"""Streams that every run may append to: of these, a bundle tells what its run said."""
_OF_ROWS = ("RowIngested", "RowReopened", "NameReserved", "BytesReserved")


class Choice(Struct, frozen=True):
    """Which events a bundle tells."""

    run: str
    rows: tuple[int, ...]
    first: int
    last: int
    """Positions of the run's first and last event; of the one that says that it died, if it did."""
    streams: frozenset[str]
    private: bool
    redactions: frozenset[int]
    """Positions of the events that say what is left of redacted ones in these streams."""

    def is_private(self, event: RawEvent) -> bool:
        """Tell whether an event is withheld for what it says about a person or a place."""
        about_private = event.type == e.PrivateMetadataRead.tag
        return about_private and not self.private and event.stream in self.streams

    def tells(self, event: RawEvent) -> bool:
        """Tell whether the payload of an event goes into the bundle."""
        if event.stream.startswith(_OF_ALL):
            return event.run_id == self.run or event.position in self.redactions
        return event.stream in self.streams and not self.is_private(event)


def choose(journal: Journal, run: str, *, until: int, private: bool) -> Choice:
    """
    Choose what is told about a run.

    Args:
        journal: the whole journal.
        run: its id; it may be at work still.
        until: the last position that counts.
        private: True: also place, serial numbers and owner of its photos.
    """
    own = journal.read_stream(f"run/{run}", until_position=until)
    positions, streams = [one.position for one in own], {f"run/{run}"}
    for one in journal.by_run(run):
        if one.position > until:
            break
        streams.add(one.stream)
        positions.append(one.position)
    rows = {number for stream in streams if (number := row_number(stream)) is not None}
    for number in rows:
        history = journal.read_stream(f"row/{number}", until_position=until)
        streams |= {f"run/{one.run_id}" for one in history}
    for _, stream, event in journal.read_types(_OF_ROWS):
        match event:
            case e.RowIngested(set_id=set_id) | e.RowReopened(set_id=set_id) if stream in streams:
                streams.add(f"set/{set_id}")
            case e.NameReserved(row=row) | e.BytesReserved(row=row) if row in rows:
                streams.add(stream)
            case _:
                pass
    first, last = min(positions), max(positions)
    redactions = frozenset(_redactions(journal, streams))
    return Choice(run, tuple(sorted(rows)), first, last, frozenset(streams), private, redactions)


def _redactions(journal: Journal, streams: set[str]) -> Iterator[int]:
    for position, _, event in journal.read_types((Redacted.tag,)):
        assert isinstance(event, Redacted)
        if next(journal.read_raw(event.position - 1, event.position)).stream in streams:
            yield position
