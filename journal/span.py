"""
Is a part of the journal what was appended? As `journal.verify`, for a span of positions.

The line before the span is trusted; the head file is looked at, too. So what concerns one run can
be checked in a moment, however long the journal is.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from journal.database import connect, identify
from journal.headcheck import head_problem
from journal.scan import Damage, check_range
from journal.schema import JOURNAL_STREAM


def check_span(path: Path, after: int, until: int) -> list[Damage]:
    """
    Return what is wrong with the lines beyond `after`, up to and with `until`, in order.

    Raises:
        CannotOpen: the file is no journal, or its first page cannot be read.
    """
    with closing(connect(path, readonly=True)) as connection:
        identity = identify(connection, path)
        query = (
            "SELECT cause FROM events WHERE stream = ? AND type = 'Redacted'"
            " AND cause > ? AND cause <= ?"
        )
        try:
            lines = connection.execute(query, (JOURNAL_STREAM, after, until)).fetchall()
            position, problem = head_problem(connection, path, identity)
        except sqlite3.DatabaseError as error:
            lines, position, problem = [], 0, str(error)
    damages, _ = check_range(
        str(path),
        after,
        until,
        redacted=frozenset(line[0] for line in lines),
        genesis=identity.genesis.hash,
        excerpt=identity.excerpt,
    )
    return [*damages, *([Damage(position, "tail", problem)] if problem else [])]
