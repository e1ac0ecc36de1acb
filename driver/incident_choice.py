"""
What of a journal goes into the bundle of a run: every line, and which of them with their payload.

Told are: whole, each stream that the run appended to; the sets, names and bytes of its rows; what
all runs, galleries and the journal said about themselves, since that is what a run is compared
with. Place, serial numbers and owner of photos only where they are asked for. Of everything else
the line stays without its payload, so that the chain can be checked from the first event on.
"""

from msgspec import Struct

from driver.recovery import row_number
from journal import Journal, RawEvent
from journal.schema import JOURNAL_STREAM
from machine import events as e

_AROUND = ("run/", "gallery/", JOURNAL_STREAM)
_OF_ROWS = ("RowIngested", "RowReopened", "NameReserved", "BytesReserved")


class Choice(Struct, frozen=True):
    """Which events a bundle tells."""

    rows: tuple[int, ...]
    first: int
    last: int
    """Positions of the run's first and last event; of the one that says that it died, if it did."""
    streams: frozenset[str]
    private: bool

    def is_private(self, event: RawEvent) -> bool:
        """Tell whether an event is withheld for what it says about a person or a place."""
        about_private = event.type == e.PrivateMetadataRead.tag
        return about_private and not self.private and event.stream in self.streams

    def tells(self, event: RawEvent) -> bool:
        """Tell whether the payload of an event goes into the bundle."""
        meant = event.stream in self.streams or event.stream.startswith(_AROUND)
        return meant and not self.is_private(event)


def choose(journal: Journal, run: str, *, private: bool) -> Choice:
    """
    Choose what is told about a run.

    Args:
        journal: the whole journal.
        run: its id.
        private: True: also place, serial numbers and owner of its photos.
    """
    streams = {f"run/{run}"}
    positions = [one.position for one in journal.read_stream(f"run/{run}")]
    for one in journal.by_run(run):
        streams.add(one.stream)
        positions.append(one.position)
    rows = {number for stream in streams if (number := row_number(stream)) is not None}
    for _, stream, event in journal.read_types(_OF_ROWS):
        match event:
            case e.RowIngested(set_id=set_id) | e.RowReopened(set_id=set_id) if stream in streams:
                streams.add(f"set/{set_id}")
            case e.NameReserved(row=row) | e.BytesReserved(row=row) if row in rows:
                streams.add(stream)
            case _:
                pass
    return Choice(tuple(sorted(rows)), min(positions), max(positions), frozenset(streams), private)
