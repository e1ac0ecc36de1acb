"""Tells two lines that stand in each other's place from lines that were changed."""

import sqlite3
from itertools import combinations

from journal.chain import line_hash
from journal.scan import Damage
from journal.schema import COLUMNS

MAX_SUSPECTS = 40
"""More changed lines than this are not tried against each other."""

Row = tuple[int, bytes, int, bytes, int, bytes, bytes, bytes, bytes, int, int | None, bytes, bytes, bytes]  # fmt: skip  # noqa: E501


def explain_swaps(connection: sqlite3.Connection, damages: list[Damage]) -> list[Damage]:
    """
    Replace the findings about two swapped lines by one, at the first of the two positions.

    Each line's hash is tried at the other one's position. The line behind a swapped one is found
    damaged, too; that goes with the explanation.
    """
    suspects = sorted({damage.position for damage in damages if damage.kind == "line"})
    if not 1 < len(suspects) <= MAX_SUSPECTS:
        return damages
    try:
        rows = _rows(connection, suspects)
    except sqlite3.DatabaseError:
        return damages
    explained: set[int] = set()
    swaps = []
    for first, second in combinations(suspects, 2):
        if explained.isdisjoint((first, second)) and _swapped(rows, first, second):
            swaps.append(Damage(first, "swapped", f"with line {second}"))
            explained |= {first, first + 1, second, second + 1}
    kinds = ("line", "version", "time", "key", "cause")
    rest = [d for d in damages if d.position not in explained or d.kind not in kinds]
    return rest + swaps


def _rows(connection: sqlite3.Connection, positions: list[int]) -> dict[int, Row]:
    wanted = sorted({place for position in positions for place in (position - 1, position)})
    marks = ", ".join("?" * len(wanted))
    factory, connection.text_factory = connection.text_factory, bytes
    try:
        query = f"SELECT {COLUMNS} FROM events WHERE position IN ({marks})"
        return {row[0]: row for row in connection.execute(query, wanted).fetchall()}
    finally:
        connection.text_factory = factory


def _swapped(rows: dict[int, Row], first: int, second: int) -> bool:
    """Try each line's own hash at the other's position, with the hash that stood before it."""
    if not {first, second, second - 1} <= rows.keys():
        return False
    here, there = rows[first], rows[second]
    # The line that stood before `second` is its neighbour, or `first` itself, now at `second`.
    before_second = there[13] if second - 1 == first else rows[second - 1][13]
    fits = _hash(here, second, before_second) == here[13]
    return fits and (first == 1 or _hash(there, first, rows[first - 1][13]) == there[13])


def _hash(row: Row, position: int, previous: bytes) -> bytes:
    return line_hash(
        previous=previous,
        position=position,
        stream=row[1],
        version=row[2],
        type=row[3],
        schema_version=row[4],
        digest=row[6],
        append_key=row[7],
        run_id=row[8],
        step=row[9],
        cause=row[10],
        actor=row[11],
        at=row[12],
    )
