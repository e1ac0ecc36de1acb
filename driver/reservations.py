"""
Are the reservations consistent? A name and the bytes of a photo belong to one row each, for ever.

What an event takes (a row that comes in, a rename, another version of a photo, a RAW file beside
it) has to be reserved for its row, and what is reserved has to be for a row that is there. Each
stream of a reservation begins with it. Events whose payload was redacted say nothing any more and
are passed over.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from driver.names import key_of
from driver.problems import Problem
from driver.renaming import SITE
from journal import Journal
from machine import events as e
from machine.event_base import Event
from machine.run_events import NameAdopted

Kind = Literal["name", "bytes"]

TYPES = (
    "RowIngested", "Renamed", "PhotoReplaced", "CompanionAdded",
    "NameReserved", "NameAdopted", "BytesReserved",
)  # fmt: skip
"""The types of the events that take or reserve something."""


class _Taken(Struct, frozen=True):
    position: int
    row: int
    kind: Kind
    key: str

    @property
    def stream(self) -> str:
        return f"{self.kind}/{self.key}"


def unreserved(journal: Journal) -> Iterator[Problem]:
    """Say what is taken and not reserved for its row, or reserved for a row that is not there."""
    owners: dict[str, tuple[int, int | None]] = {}
    rows: set[int] = set()
    taken: list[_Taken] = []
    for position, stream, event in journal.read_types(TYPES):
        if stream.startswith("row/"):
            row = int(stream.removeprefix("row/"))
            rows.add(row)
            taken += _takes(position, row, event)
        else:
            yield from _misplaced(position, stream, event)
            owners.setdefault(stream, (position, _owner(event)))
    for stream, (position, owner) in owners.items():
        if owner not in rows and owner not in (SITE, None):
            yield _problem(position, stream, f"reserved for row {owner}, which is not there")
    for one in taken:
        position, owner = owners.get(one.stream, (0, SITE))
        if not position:
            yield _problem(one.position, one.stream, f"row {one.row} takes it without reserving")
        elif owner not in (one.row, None):
            whose = f"row {owner}'s" if owner else "the site's"
            yield _problem(one.position, one.stream, f"row {one.row} takes it, but it is {whose}")


def _owner(event: Event) -> int | None:
    """Return the row that something is reserved for, or `SITE`; None: it was redacted."""
    match event:
        case e.NameReserved(row=row) | e.BytesReserved(row=row):
            return row
        case NameAdopted():
            return SITE
        case _:
            return None


def _takes(position: int, row: int, event: Event) -> Iterator[_Taken]:
    match event:
        case e.RowIngested(file_name=file_name, sha256=sha256):
            yield _Taken(position, row, "name", key_of(file_name))
            yield _Taken(position, row, "bytes", sha256)
        case e.Renamed(file_name=file_name):
            yield _Taken(position, row, "name", key_of(file_name))
        case e.PhotoReplaced(sha256=sha256) | e.CompanionAdded(sha256=sha256):
            yield _Taken(position, row, "bytes", sha256)
        case _:
            pass


def _misplaced(position: int, stream: str, event: Event) -> Iterator[Problem]:
    """A reservation of a name stands in the stream of this name."""
    if isinstance(event, e.NameReserved | NameAdopted):
        wanted = f"name/{key_of(event.file_name)}"
        if stream != wanted:
            yield _problem(position, stream, f"reserves {event.file_name}, which is {wanted}")


def _problem(position: int, stream: str, detail: str) -> Problem:
    return Problem(
        part="reservations",
        where=f"{stream} at position {position}",
        problem="inconsistent",
        detail=detail,
        position=position,
        hint="please report it with: photojournal events --stream STREAM --raw",
    )
