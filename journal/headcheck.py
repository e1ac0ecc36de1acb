"""Compares the head file with the journal: ahead or different means that events were lost."""

import sqlite3
import time
from pathlib import Path

from journal.database import Identity, beside, read_head, wal_of
from journal.headfile import read_note

HINT = (
    "`photojournal verify` shows what is missing. If a backup was restored on purpose:"
    " `photojournal verify --accept-head`."
)

_TRIES = 3
"""A note that is being written looks torn, and one that was just read may be of the next commit."""


def head_problem(connection: sqlite3.Connection, path: Path, identity: Identity) -> tuple[int, str]:
    """Return the first bad position and what is wrong with it, or (0, "")."""
    # The note is read first: it is written after the commit, so it cannot be ahead by chance.
    note = read_note(beside(path, "head"))
    for _ in range(_TRIES):
        if note is not None:
            break
        time.sleep(0.001)
        note = read_note(beside(path, "head"))
    if note is None:
        return 0, ""
    if note.uuid != identity.uuid:
        return 1, f"the head file is of another journal, {note.uuid}"
    head = read_head(connection, identity)
    if note.position > head.position:
        noted = f"ends at {head.position}, but {note.position} was noted"
        return head.position + 1, f"{noted}: {_of_the_wal(path)}"
    query = "SELECT hash FROM events WHERE position = ?"
    row = connection.execute(query, (note.position,)).fetchone()
    if note.position and (row is None or row[0] != note.hash):
        return note.position, f"event {note.position} is not the one that was noted"
    return 0, ""


def lone_copy(connection: sqlite3.Connection, path: Path) -> str:
    """
    Say so where the database looks like a copy that was made of it alone; else nothing.

    Whatever a program appends to has its head file. A backup has none either, but is not in WAL
    mode, since all of it is in one file.
    """
    wal = wal_of(path)
    beside_it = beside(path, "head").exists() or (wal.exists() and wal.stat().st_size)
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if beside_it or mode != "wal":
        return ""
    return (
        f"{path.name} looks like a copy of this file alone: {beside(path, 'head').name} is not"
        f" beside it. Events that stood in {wal.name} when it was copied are not in it."
    )


def _of_the_wal(path: Path) -> str:
    """Say what became of the newest events: they stand in the WAL until a checkpoint."""
    wal = wal_of(path)
    if wal.exists() and wal.stat().st_size:
        return f"{wal.name}, where the newest events stand, is torn and cannot be read to its end"
    return (
        f"{wal.name}, where the newest events stood, is gone or empty, or {path.name} is an older"
        " copy"
    )
