"""
Making projections anew beside the ones in use, and swapping them in one short transaction.

Until the swap, readers see the old lines and other processes go on catching them up. A projection
that cannot be made keeps its old lines and says why.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from journal import Journal, UnreadableEvent
from journal.crashpoints import point
from projections.building import build, redacts
from projections.drift import Difference, beside
from projections.folding import Folder
from projections.following import PAGE
from projections.marks import Mark, hash_at, read_marks, transaction, write_mark
from projections.tables import Projection, Writer

SHADOW = "_new"
"""Behind the name of a table that is being filled beside the one in use."""


def rebuild(
    journal: Journal,
    projections: Sequence[Projection],
    db: sqlite3.Connection,
    mended: list[Difference] | None = None,
) -> dict[str, str]:
    """
    Replace the lines of `projections` by new ones, made from the journal alone.

    Only one process at a time may do this to a file.

    Args:
        journal: what the lines are made from.
        projections: which ones.
        db: a connection of its own, not in a transaction.
        mended: is filled with what was wrong with the old lines; None: nobody asks.

    Returns:
        Why, for each projection that keeps its old lines.
    """
    old = read_marks(db)
    generation = 1 + max((mark.generation for mark in old.values()), default=0)
    while True:
        until, errors = _filled(journal, projections, db, generation)
        whole = [each for each in projections if each.name not in errors]
        if mended is not None:
            mended[:] = beside(journal, whole, db, until, SHADOW)
        if _swapped(journal, whole, db, until, generation):
            break
    failed = [each for each in projections if each.name in errors]
    with transaction(db):
        for projection in failed:
            _keep_old(projection, errors[projection.name], db, old.get(projection.name), journal)
    return errors


def shadows(db: sqlite3.Connection) -> list[str]:
    """Return the tables that are being filled, or that a process that died has left."""
    lines = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in lines if name.endswith(SHADOW)]


def drop(db: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Remove tables."""
    with transaction(db):
        for name in tables:
            db.execute(f'DROP TABLE IF EXISTS "{name}"')


def _filled(
    journal: Journal, projections: Sequence[Projection], db: sqlite3.Connection, generation: int
) -> tuple[int, dict[str, str]]:
    """Fill the shadows up to the head, or up to the event that cannot be read."""
    until = journal.head.position
    while True:
        try:
            errors = build(journal, until, projections, db, suffix=SHADOW, generation=generation)
        except UnreadableEvent as error:
            until = min(until, error.position) - 1
        else:
            return until, errors


def _swapped(
    journal: Journal,
    projections: Sequence[Projection],
    db: sqlite3.Connection,
    until: int,
    generation: int,
) -> bool:
    """Bring the shadows up to the head and put them in place; False: a redaction came between."""
    tables = [table for projection in projections for table in projection.tables]
    writer, folder = Writer(db, tables, SHADOW), Folder(journal)

    def follow(head: int) -> bool:
        nonlocal until
        while until < head:
            events = list(journal.read_all(until, min(until + PAGE, head)))
            if redacts(events):
                return False
            page = folder.page(events)
            for projection in projections:
                projection.apply(page, writer)
            until = events[-1].position
        return True

    point("projection.rebuild.before_swap")
    with transaction(db):
        try:
            level = follow(journal.head.position)
        except UnreadableEvent:
            level = True  # as far as it goes; catching up tells why not further
        if not level:
            return False
        for table in tables:
            db.execute(f'DROP TABLE IF EXISTS "{table.name}"')
            db.execute(f'ALTER TABLE "{table.name}{SHADOW}" RENAME TO "{table.name}"')
        digest = hash_at(journal, until)
        for each in projections:
            mark = Mark(each.name, each.version, generation, journal.uuid, until, digest, "", 0)
            write_mark(db, mark)
        point("projection.swap.before")
    point("projection.swap.after")
    return True


def _keep_old(
    projection: Projection,
    error: str,
    db: sqlite3.Connection,
    old: Mark | None,
    journal: Journal,
) -> None:
    """Leave a projection that could not be made where it was; a new one starts empty."""
    for table in projection.tables:
        db.execute(f'DROP TABLE IF EXISTS "{table.name}{SHADOW}"')
    made_here = old is not None and (old.version, old.journal, old.hash) == (
        projection.version,
        journal.uuid,
        hash_at(journal, old.position),
    )
    if old is None or not made_here:
        for table in projection.tables:
            db.execute(f'DROP TABLE IF EXISTS "{table.name}"')
            db.execute(table.create(table.name))
        old = Mark(projection.name, projection.version, 0, journal.uuid, 0, b"", "", 0)
    write_mark(
        db,
        Mark(
            old.name, old.version, old.generation, old.journal, old.position, old.hash, error,
            old.position + 1,
        ),
    )  # fmt: skip
