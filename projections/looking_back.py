"""
The read model as of an earlier position, made from today's as far as that goes.

A line follows from the events of its row alone, so the line of a row that has not changed since is
the line of then: those are copied, the others are made from the journal. Of the runs, the counts of
those that had appended their last event by then are copied, and those at work then are counted.

Not promised: that a cell which somebody wrote into the file by hand is not copied; `check` finds it
and `rebuild` undoes it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from journal import Journal
from projections.building import (
    WorkerFailed,
    build,
    fill,
    make_indexes,
    make_tables,
    take,
    worth,
)
from projections.folding import pages_of_others
from projections.marks import read_marks, stale
from projections.review_queue import QUEUE, ReviewQueue
from projections.runs import RUNS, Runs
from projections.tables import COUNTED, ROWS, Page, Projection, Tally, Writer

_NEEDED: tuple[Projection, ...] = (ReviewQueue(), Runs())
"""Whose lines say what has changed since."""

_THEN = f"SELECT id FROM today.{QUEUE.name} WHERE last_position <= ?"


class _Changed(Struct, frozen=True):
    """What today's lines cannot tell."""

    streams: list[str]
    """Rows that have changed since, or came in since."""
    events: int
    """About so many events these rows had then."""
    tallies: dict[str, Tally]
    """What each run that was over by then did."""
    counted_from: int
    """The first event of a run that was at work then; 0: there was none."""


def build_from_today(
    journal: Journal,
    until: int,
    projections: Sequence[Projection],
    db: sqlite3.Connection,
    today: Path,
) -> dict[str, str]:
    """
    Make the tables of `projections` in `db` and fill them, as of position `until`.

    Args:
        journal: what the lines are made from.
        until: a position.
        projections: which ones.
        db: an empty database.
        today: the file of the read models; where it cannot be relied on, all is made anew.

    Returns:
        Why, for each projection that could not take what it read.
    """
    tables = [table for projection in projections for table in projection.tables]
    of_rows = [projection for projection in projections if projection.from_rows]
    rest = [projection for projection in projections if not projection.from_rows]
    make_tables(tables, db)
    try:
        with _attached(db, today):
            changed = _copied(journal, until, of_rows, db)
    except sqlite3.DatabaseError:  # it is gone, or damaged
        changed = None
    if changed is None:
        return build(journal, until, projections, db)
    writer, workers = Writer(db, tables), worth(changed.events)
    try:
        errors, _ = fill(
            journal, until, of_rows, writer, db, streams=changed.streams, workers=workers
        )
    except WorkerFailed:
        return build(journal, until, projections, db)
    if rest:
        bare = (replace(page, tallies={}) for page in pages_of_others(journal, until))
        counts = Page(tallies=changed.tallies | _counted(journal, changed, until))
        errors |= take(chain(bare, [counts]), rest, writer, db)
    make_indexes(tables, db)
    return errors


@contextmanager
def _attached(db: sqlite3.Connection, today: Path) -> Iterator[None]:
    """Let `db` read today's file, in one transaction, as the schema `today`."""
    db.execute("ATTACH ? AS today", (f"{today.absolute().as_uri()}?mode=ro",))
    try:
        db.execute("BEGIN")
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("DETACH today")


def _copied(
    journal: Journal, until: int, projections: Sequence[Projection], db: sqlite3.Connection
) -> _Changed | None:
    """Copy the lines of rows that have not changed since `until`; None: they cannot be used."""
    needed = [*_NEEDED, *projections]
    marks = read_marks(db)
    if stale(marks, needed, journal) or any(
        marks[each.name].error or marks[each.name].position < until for each in needed
    ):
        return None
    for table in (table for projection in projections for table in projection.tables):
        db.execute(
            f"INSERT INTO main.{table.name} SELECT * FROM today.{table.name}"
            f" WHERE {table.owner} IN ({_THEN})",
            (until,),
        )
    query = f"SELECT id FROM today.{QUEUE.name} WHERE last_position > ? ORDER BY id"
    since = [f"{ROWS}{number}" for (number,) in db.execute(query, (until,))]
    rows = db.execute(f"SELECT count(*) FROM today.{QUEUE.name}").fetchone()[0]
    copied = (rows - len(since)) * marks[QUEUE.name].position // max(rows, 1)
    over, working = _runs(db, until)
    return _Changed(since, max(until - copied, 0), over, min(working, default=0))


def _runs(db: sqlite3.Connection, until: int) -> tuple[dict[str, Tally], list[int]]:
    """Return what the runs that were over did, and the first positions of those at work."""
    query = (
        f"SELECT run_id, events, rows, first_position, last_position FROM today.{RUNS.name}"
        " WHERE first_position <= ?"
    )
    found = {run: Tally(*numbers) for run, *numbers in db.execute(query, (until,))}
    over = {run: tally for run, tally in found.items() if tally.last <= until}
    return over, [tally.first for run, tally in found.items() if run not in over]


def _counted(journal: Journal, changed: _Changed, until: int) -> dict[str, Tally]:
    """Return what the runs that were at work did by then."""
    tallies: dict[str, Tally] = {}
    rows: dict[str, set[str]] = {}
    if not changed.counted_from:
        return tallies
    for touch in journal.touches(changed.counted_from - 1, until):
        run = touch.run_id
        if run not in changed.tallies and touch.stream.startswith(COUNTED):
            tally = Tally(touch.events, 0, touch.first, touch.last)
            tallies[run] = tally.plus(tallies.get(run))
            if touch.stream.startswith(ROWS):
                rows.setdefault(run, set()).add(touch.stream)
    return {run: replace(tally, rows=len(rows.get(run, ()))) for run, tally in tallies.items()}
