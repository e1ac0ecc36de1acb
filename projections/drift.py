"""
Comparing what the tables say with what the journal says, cell by cell.

Everything is computed again into a file without a name, as of the position that the projection
stands at, and both are walked side by side. The tables are read in one transaction, so that nobody
has to stop working meanwhile.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby
from typing import Any

from msgspec import Struct

from journal import Journal
from projections.building import build
from projections.marks import Mark, columns, read_marks, stale
from projections.tables import Line, Projection, Table


class Difference(Struct, frozen=True):
    """A cell, or a whole line, that is not what the journal says."""

    projection: str
    table: str
    key: str
    """Of the line, such as `17`; empty where the whole table is meant."""
    column: str
    """Empty where the whole line is meant."""
    stored: Any
    expected: Any


def differences(
    journal: Journal, projections: Sequence[Projection], db: sqlite3.Connection
) -> list[Difference]:
    """Return what differs in `db`, a connection of its own that is not in a transaction."""
    db.execute("BEGIN")
    try:
        marks = read_marks(db)
        outdated = stale(marks, projections, journal)
        found = [_outdated(projection, marks) for projection in outdated]
        current = [projection for projection in projections if projection not in outdated]
        current.sort(key=lambda projection: marks[projection.name].position)
        for position, some in groupby(current, key=lambda each: marks[each.name].position):
            found += _compared(journal, list(some), db, position)
    finally:
        db.execute("ROLLBACK")
    return found


def unnamed() -> sqlite3.Connection:
    """Return a database that SQLite keeps in memory while it is small, and deletes when closed."""
    db = sqlite3.connect("", isolation_level=None, check_same_thread=False, uri=True)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    return db


def _outdated(projection: Projection, marks: dict[str, Mark]) -> Difference:
    """Say that lines were made by other rules or from another journal: no drift, but no truth."""
    mark = marks.get(projection.name)
    stored = f"version {mark.version} at {mark.position}" if mark else None
    table = projection.tables[0].name
    return Difference(projection.name, table, "", "", stored, f"version {projection.version}")


def _compared(
    journal: Journal, projections: Sequence[Projection], db: sqlite3.Connection, position: int
) -> list[Difference]:
    with closing(unnamed()) as anew:
        errors = build(journal, position, projections, anew)
        found = [
            Difference(projection.name, "", "", "", None, errors[projection.name])
            for projection in projections
            if projection.name in errors
        ]
        for projection in projections:
            if projection.name not in errors:
                for table in projection.tables:
                    found += _table(projection.name, table, db, anew)
    return found


def beside(
    journal: Journal,
    projections: Sequence[Projection],
    db: sqlite3.Connection,
    position: int,
    suffix: str,
) -> list[Difference]:
    """
    Return what differs between the tables in use and those of `suffix`, made as of `position`.

    Projections that stand elsewhere, since others have gone on meanwhile, are not compared.
    """
    db.execute("BEGIN")
    try:
        marks = read_marks(db)
        outdated = stale(marks, projections, journal)
        return [
            difference
            for each in projections
            if each not in outdated and marks[each.name].position == position
            for table in each.tables
            for difference in _table(each.name, table, db, db, suffix)
        ]
    finally:
        db.execute("ROLLBACK")


def _table(
    projection: str,
    table: Table,
    db: sqlite3.Connection,
    anew: sqlite3.Connection,
    suffix: str = "",
) -> Iterator[Difference]:
    if columns(db, table.name) != table.names:
        there = ", ".join(columns(db, table.name)) or None
        yield Difference(projection, table.name, "", "", there, ", ".join(table.names))
        return
    places = [table.names.index(column) for column in table.key]
    left, right = (
        lines.execute(f'SELECT * FROM "{name}" ORDER BY {", ".join(table.key)}')
        for lines, name in ((db, table.name), (anew, f"{table.name}{suffix}"))
    )
    for stored, expected in _side_by_side(left, right, places):
        line = stored or expected
        assert line is not None
        key = "/".join(str(line[place]) for place in places)
        if stored is None or expected is None:
            yield Difference(
                projection, table.name, key, "", stored and "a line", expected and "a line"
            )
            continue
        for name, is_, should_be in zip(table.names, stored, expected, strict=True):
            if is_ != should_be or type(is_) is not type(should_be):
                yield Difference(projection, table.name, key, name, is_, should_be)


def _side_by_side(
    left: Iterator[Line], right: Iterator[Line], places: Sequence[int]
) -> Iterator[tuple[Line | None, Line | None]]:
    """Yield the lines of two ordered tables in pairs, by key; None where one has no such line."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        here = [one[place] for place in places] if one is not None else None
        there = [other[place] for place in places] if other is not None else None
        if there is None or (here is not None and here < there):
            yield one, None
            one = next(left, None)
        elif here is None or there < here:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)
