"""
The read model as of any position in a file of its own, for looking at with other tools.

Where the read models of the workspace are made for the program, this file is made for people: with
indexes on what one filters by, and full-text search over the texts (`review_queue_fts`).
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from journal import Journal, JournalError
from projections.building import build
from projections.engine import PROJECTIONS
from projections.marks import connect, remove
from projections.tables import Projection

FILTERS = ("Review_Status", "QC_Status", "Folder", "set_id", "run_id")
"""Columns of `review_queue` that people filter by."""

TEXTS = ("Caption", "alt_text", "Keywords")


def export_into(
    journal: Journal,
    file: Path,
    until: int | None = None,
    projections: Sequence[Projection] = PROJECTIONS,
) -> int:
    """
    Write the read models as of event `until` into a new SQLite file.

    Args:
        journal: what the lines are made from.
        file: must not exist; it appears when it is whole.
        until: a position; by default today's head.
        projections: what the file holds.

    Returns:
        The position that the file is as of.

    Raises:
        FileExistsError: there is a file of this name.
        JournalError: the journal cannot be read, or a projection cannot take an event.
    """
    if file.exists():
        msg = f"{file} exists"
        raise FileExistsError(msg)
    position = journal.head.position if until is None else until
    draft = file.with_name(f"{file.name}.new")
    remove(draft)
    try:
        with closing(connect(draft)) as db:
            errors = build(journal, position, projections, db)
            db.execute("PRAGMA journal_mode = DELETE")
        if errors:
            msg = "; ".join(f"{name}: {error}" for name, error in errors.items())
            raise JournalError(msg, "photojournal verify")
        _furnish(draft)
        draft.rename(file)
    finally:
        remove(draft)
    return position


def _furnish(file: Path) -> None:
    """Add what makes looking convenient."""
    from sqlite_utils import Database

    db = Database(file)
    db["projections"].drop()
    if "review_queue" in db.table_names():
        queue = db.table("review_queue")
        for column in FILTERS:
            queue.create_index([column], if_not_exists=True)
        queue.enable_fts(TEXTS, tokenize="unicode61")
    db.analyze()
    db.close()
