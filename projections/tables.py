"""
The shape of a projection: its tables, and how a page of changes becomes lines in them.

A line is never patched. It is rendered as a whole from the state that it tells of, and replaces
what stood there; so whatever order or split the events came in, the table is the same.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from msgspec import Struct
from msgspec.structs import force_setattr

from journal.records import Recorded
from machine.row import Row

Line = tuple[Any, ...]
"""One line of a table, in the order of its columns."""

ROWS = "row/"
"""How the names of row streams begin."""

MAX_KNOWN = 1_000
"""Lines of a table that are remembered."""

COUNTED = (ROWS, "set/", "run/", "site/", "journal")
"""How the names of the streams begin that projections look at."""


class Table(Struct, frozen=True, kw_only=True):
    """A table of a projection; `owner` is the column whose lines are replaced together."""

    name: str
    owner: str
    columns: tuple[tuple[str, str], ...]
    """Name and SQL type of each column, in order."""
    key: tuple[str, ...]
    """Primary key; the table is laid out by it."""
    indexes: tuple[tuple[str, ...], ...] = ()
    names: tuple[str, ...] = ()
    """Of the columns."""

    def __post_init__(self) -> None:
        """Draw the names out once: they are asked for with every event."""
        force_setattr(self, "names", tuple(name for name, _ in self.columns))

    def create(self, name: str) -> str:
        """Return the statement that makes the table under `name`."""
        columns = ", ".join(f'"{column}" {kind}' for column, kind in self.columns)
        rowid = len(self.key) == 1 and dict(self.columns)[self.key[0]] == "INTEGER"
        layout = "" if rowid else ", WITHOUT ROWID"
        return (
            f'CREATE TABLE "{name}" ({columns}, PRIMARY KEY ({", ".join(self.key)})) STRICT{layout}'
        )

    def index(self, name: str, generation: int) -> Iterable[str]:
        """Yield the statements that make its indexes; their names differ between generations."""
        for index in self.indexes:
            called = f"{self.name}_by_{'_'.join(index)}_{generation}"
            yield f'CREATE INDEX "{called}" ON "{name}" ({", ".join(index)})'


class RowChange(Struct, frozen=True, gc=False):
    """A row that has new events: its state after them, and the newest of them."""

    row: Row
    last: Recorded
    events: Sequence[Recorded]
    """The new events of the row, in order."""

    def has(self, types: frozenset[str]) -> bool:
        """Tell whether one of the new events is of one of these types."""
        return not types.isdisjoint([recorded.type for recorded in self.events])

    @property
    def number(self) -> int:
        """Return the row's id, from the name of its stream."""
        return int(self.last.stream.removeprefix(ROWS))


class Tally(Struct, frozen=True, gc=False):
    """What a run did to rows, sets and its own stream, within a page."""

    events: int
    rows: int
    """Rows that it had not touched before."""
    first: int
    """Positions of its first and last event."""
    last: int

    def plus(self, other: "Tally | None") -> "Tally":
        """Return both together; the order does not matter."""
        if other is None:
            return self
        return Tally(
            self.events + other.events,
            self.rows + other.rows,
            min(self.first, other.first),
            max(self.last, other.last),
        )


class Page(Struct, frozen=True, gc=False):
    """What changed, whichever way it was read: event after event, or stream after stream."""

    rows: Sequence[RowChange] = ()
    others: Sequence[Recorded] = ()
    """Events of sets, runs, the site and the journal, each stream's in order."""
    tallies: Mapping[str, Tally] = {}
    """By run. Reservations of names and bytes are not counted: they are part of taking a row in."""


class Lines(Protocol):
    """What a projection writes its lines to."""

    def put(self, table: Table, lines: Iterable[Line]) -> None:
        """Put lines in the place of those with the same key."""

    def delete(self, table: Table, owners: Iterable[Any]) -> None:
        """Remove every line of these owners."""

    def get(self, table: Table, owner: Any) -> Sequence[Any] | None:  # noqa: ANN401  (any key)
        """Return the line of an owner that has at most one."""


class Writer:
    """
    Tables in a database, under their own names or as shadows.

    Remembers the lines that it was asked for and those that it put in their place, until `forget`.
    """

    def __init__(self, db: sqlite3.Connection, tables: Iterable[Table], suffix: str = "") -> None:
        """Prepare the statements; `suffix` is put behind each table's name."""
        self._db = db
        self._insert: dict[str, str] = {}
        self._delete: dict[str, str] = {}
        self._select: dict[str, str] = {}
        for table in tables:
            name = f'"{table.name}{suffix}"'
            marks = ", ".join("?" * len(table.columns))
            self._insert[table.name] = f"INSERT OR REPLACE INTO {name} VALUES ({marks})"
            self._delete[table.name] = f'DELETE FROM {name} WHERE "{table.owner}" = ?'
            self._select[table.name] = f'SELECT * FROM {name} WHERE "{table.owner}" = ?'
        self._known: dict[str, dict[Any, Sequence[Any]]] = {}

    def forget(self) -> None:
        """Look at the tables again: somebody else may have written, or a transaction failed."""
        self._known.clear()

    def put(self, table: Table, lines: Iterable[Sequence[Any]]) -> None:
        """Put lines in the place of those with the same key."""
        lines = list(lines)
        known = self._known.get(table.name)
        if known is not None:
            place = table.names.index(table.owner)
            known.update((line[place], line) for line in lines)
        if len(lines) == 1:
            self._db.execute(self._insert[table.name], lines[0])
        elif lines:
            self._db.executemany(self._insert[table.name], lines)

    def delete(self, table: Table, owners: Iterable[Any]) -> None:
        """Remove every line of these owners."""
        self._known.pop(table.name, None)
        self._db.executemany(self._delete[table.name], [(owner,) for owner in owners])

    def get(self, table: Table, owner: Any) -> Sequence[Any] | None:  # noqa: ANN401  (any key)
        """Return the line of an owner that has at most one."""
        known = self._known.setdefault(table.name, {})
        found: Sequence[Any] | None = known.get(owner)
        if found is None:
            found = self._db.execute(self._select[table.name], (owner,)).fetchone()
            if found is not None:
                if len(known) >= MAX_KNOWN:
                    known.clear()
                known[owner] = found
        return found


class Projection:
    """A read model. Raise `version` whenever a line would come out different."""

    name: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[tuple[Table, ...]]
    from_rows: ClassVar[bool] = True
    """Whether its lines follow from whole rows alone, so that any process can render them."""

    def apply(self, page: Page, into: Lines) -> None:
        """Bring the lines of what changed up to date."""
        raise NotImplementedError
