"""Compares the head file with the journal: ahead or different means that events were lost."""

import sqlite3
import time
from pathlib import Path

from journal.database import Identity, beside, read_head
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
        return head.position + 1, f"ends at {head.position}, but {note.position} was noted"
    query = "SELECT hash FROM events WHERE position = ?"
    row = connection.execute(query, (note.position,)).fetchone()
    if note.position and (row is None or row[0] != note.hash):
        return note.position, f"event {note.position} is not the one that was noted"
    return 0, ""
