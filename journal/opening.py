"""Looks at a journal before it is used: is it one, was it left in order, does it end as noted?"""

import sqlite3
from contextlib import closing
from pathlib import Path

from journal.database import Identity, beside, connect, identify, wal_of
from journal.errors import CannotOpen, JournalDamaged
from journal.headcheck import HINT, head_problem
from journal.locks import ProcessLock


def open_checked(
    path: Path, *, readonly: bool
) -> tuple[Identity, ProcessLock | None, JournalDamaged | None]:
    """
    Return who the journal is, the sign that this process writes, and what is wrong with its end.

    Only looks: who writes brings the WAL into the database when it lets go, and what is torn in the
    WAL is gone then.

    After an unclean stop (a WAL was left behind and nobody has the journal open) SQLite looks over
    the whole file: about 1 s for a million events.

    Raises:
        CannotOpen: its subclasses say why.
    """
    with closing(connect(path, readonly=True)) as connection:
        identity = identify(connection, path)
        if identity.excerpt and not readonly:
            msg = f"{path} is an excerpt of a journal"
            raise CannotOpen(msg, "It can only be read; nothing is appended to it.")
        alive = None if readonly else _take_part(connection, path)
        try:
            position, problem = head_problem(connection, path, identity)
        except sqlite3.DatabaseError as error:
            position, problem = 0, f"cannot be read: {error}"
        damage = JournalDamaged(f"{path} {problem}", position, HINT) if problem else None
        return identity, alive, damage


def _take_part(connection: sqlite3.Connection, path: Path) -> ProcessLock:
    """
    Take the sign that some process writes; the first one to take it checks what it finds.

    After the first one has left, a later one may check once too often.
    """
    alive = ProcessLock(f"{beside(path, 'lock')}-open")
    wal = wal_of(path)
    if alive.try_acquire() and wal.exists() and wal.stat().st_size:
        _quick_check(connection, path)
    return alive


def _quick_check(connection: sqlite3.Connection, path: Path) -> None:
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        msg = f"{path} is damaged: {answer}"
        raise JournalDamaged(msg)
