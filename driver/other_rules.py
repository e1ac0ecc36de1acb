"""Which rows would end otherwise under other rules: the journal folded twice, side by side."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from driver.looking import Seen
from journal import Recorded, is_withheld
from machine.evolve import evolve
from machine.other_rules import OtherRules, evolve_under, readiness
from machine.row import Row
from projections.review_queue import QUEUE, line

READY = "ready"
"""Beside the columns of `review_queue`: `ready` for approval, `approved`, or why not."""

GROUPED = ("quality_tier", READY)
"""Columns whose changes are counted by what they were and would be."""


class RowUnder(Struct, frozen=True, kw_only=True):
    """A row that would end otherwise."""

    id: int
    File_Name: str
    changes: dict[str, tuple[Any, Any]]
    """By column: as recorded, and under the rules."""


class Judgement(Struct, frozen=True, kw_only=True):
    """What other rules come to."""

    position: int
    """Of the last event that counts."""
    rows: int
    """That were looked at."""
    different: tuple[RowUnder, ...]

    def by_column(self) -> dict[str, int]:
        """Return how many rows would differ in each column, the most frequent first."""
        return dict(Counter(name for row in self.different for name in row.changes).most_common())

    def moves(self, column: str) -> dict[tuple[str, str], int]:
        """Return how many rows would go from one value of a column to another."""
        pairs = (row.changes[column] for row in self.different if column in row.changes)
        return dict(Counter(pairs).most_common())


def judged_under(seen: Seen, rules: OtherRules) -> Judgement:
    """
    Fold every row as it was recorded and under `rules`, and compare the lines of `review_queue`.

    Only the journal is read, one row at a time; nothing is written anywhere.
    """
    allow_ungrounded = seen.program.workspace.config.publish.allow_ungrounded
    rows, found = 0, list[RowUnder]()
    for history in _histories(seen):
        rows += 1
        row, other = Row(), Row()
        for recorded in history:
            row = evolve(row, recorded.event)
            other = evolve_under(rules, other, recorded.event)
        before, after = (_line(one, history[-1], allow_ungrounded) for one in (row, other))
        changes = {
            name: (before[name], after[name]) for name in before if before[name] != after[name]
        }
        if changes:
            happened = row.happened
            found.append(RowUnder(id=happened.row, File_Name=happened.file_name, changes=changes))
    found.sort(key=lambda one: one.id)
    position = seen.journal.head.position if seen.until is None else seen.until
    return Judgement(position=position, rows=rows, different=tuple(found))


def _histories(seen: Seen) -> Iterator[list[Recorded]]:
    for stream in seen.journal.streams("row/"):
        history = seen.journal.read_stream(stream, until_position=seen.until)
        if not is_withheld(history):
            yield history


def _line(row: Row, last: Recorded, allow_ungrounded: bool) -> dict[str, Any]:
    found = dict(zip(QUEUE.names, line(row, last), strict=True))
    return found | {READY: readiness(row, allow_ungrounded=allow_ungrounded)}
