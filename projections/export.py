"""
The read model as of any position in a file of its own, for looking at with other tools.

Where the read models of the workspace are made for the program, this file is made for people: with
indexes on what one filters by, full-text search over the texts (`review_queue_fts`), and a table
`about` of one line, which says what journal the file is made from, as of when, and by what.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from journal import Journal, JournalError
from projections.building import build
from projections.engine import PROJECTIONS
from projections.marks import connect, hash_at, remove
from projections.tables import Projection

FILTERS = ("Review_Status", "QC_Status", "Folder", "set_id", "run_id")
"""Columns of `review_queue` that people filter by."""

TEXTS = ("Caption", "alt_text", "Keywords")


class About(Struct, frozen=True, kw_only=True):
    """The line of the table `about`."""

    journal: str
    """Its UUID."""
    position: int
    """Of the last event that counts."""
    hash: str
    """Of that event, as hex: it stands for everything up to there."""
    at: str
    """When it happened, UTC; empty for an empty journal."""
    program: str
    """Name and version of what made the file."""
    projections: str
    """Names and versions: `review_queue 4, runs 3`."""


def export_into(
    journal: Journal,
    file: Path,
    until: int | None = None,
    projections: Sequence[Projection] = PROJECTIONS,
    *,
    program: str = "",
) -> About:
    """
    Write the read models as of event `until` into a new SQLite file.

    Args:
        journal: what the lines are made from.
        file: must not exist; it appears when it is whole.
        until: a position; by default today's head.
        projections: what the file holds.
        program: name and version of who asks, for the table `about`.

    Returns:
        What the file says about itself.

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
        about = _about(journal, position, projections, program)
        _furnish(draft, about)
        draft.rename(file)
    finally:
        remove(draft)
    return about


def _about(
    journal: Journal, position: int, projections: Sequence[Projection], program: str
) -> About:
    newest = next(iter(journal.read_raw(after=position - 1, until=position)), None)
    return About(
        journal=journal.uuid,
        position=position,
        hash=hash_at(journal, position).hex(),
        at=newest.at if newest else "",
        program=program,
        projections=", ".join(f"{each.name} {each.version}" for each in projections),
    )


def _furnish(file: Path, about: About) -> None:
    """Add what makes looking convenient."""
    from sqlite_utils import Database

    db = Database(file)
    db["projections"].drop()
    db.table("about").insert(asdict(about), strict=True)
    if "review_queue" in db.table_names():
        queue = db.table("review_queue")
        for column in FILTERS:
            queue.create_index([column], if_not_exists=True)
        queue.enable_fts(TEXTS, tokenize="unicode61")
    db.analyze()
    db.close()
