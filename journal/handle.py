"""The one writing connection of a process: opened, opened anew after the disk failed, closed."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from journal.database import BUSY_TIMEOUT_MS, prepare_writer

READERS_WAIT_MS = 1_000
"""For readers that keep the WAL from being emptied."""

_TRUNCATE = "PRAGMA wal_checkpoint(TRUNCATE)"


class Handle:
    """Holds the writing connection. Everything here happens under `journal.lock`."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Keep how to connect, and do."""
        self.connect = connect
        self._broken = False
        self._connection = self._open()

    def ready(self) -> sqlite3.Connection:
        """Return the connection; open it anew if the disk failed before."""
        if self._broken:
            self.reopen()
        return self._connection

    def recover(self, *, full: bool) -> bool:
        """
        Make sure that what can be read from now on is what is stored.

        After an I/O error the connection is replaced: SQLite and the file system may each believe
        something else. The checkpoint then writes once more what the file system may have dropped.
        Returns whether all of the WAL is in the database and synced. A full disk is no reason to
        open anew, for that may need space.
        """
        self.roll_back()
        if not full:
            self.reopen()
        try:
            self.checkpoint()
        except sqlite3.Error:
            return False
        return True

    def reopen(self) -> None:
        """Replace the connection. The new one is opened first, so that the WAL stays as it is."""
        self._broken = True
        with suppress(sqlite3.Error):
            self.roll_back()
        connection = self._open()
        with suppress(sqlite3.Error):
            self._connection.close()
        self._connection = connection
        self._broken = False

    def empty(self) -> bool:
        """
        Bring the WAL into the database and empty it; False while a reader is in the way.

        A reader is waited for a second only: meanwhile nobody else can append.
        """
        execute = self._connection.execute
        execute(f"PRAGMA busy_timeout = {READERS_WAIT_MS}")
        try:
            return not execute(_TRUNCATE).fetchone()[0]
        finally:
            execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")

    def checkpoint(self) -> bool:
        """
        Bring the WAL into the database, wait for the disk, and empty the WAL.

        Returns False while a reader is in the way of emptying it. Raises OperationalError where not
        even all of it could be brought over.
        """
        busy, pages, done = self._connection.execute(_TRUNCATE).fetchone()
        if done < pages:
            msg = "a reader keeps a part of the WAL from being checkpointed"
            raise sqlite3.OperationalError(msg)
        return not busy

    def roll_back(self) -> None:
        """End a transaction that is still open."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Bring the WAL into the database as far as readers allow, and close."""
        with suppress(sqlite3.Error):  # whatever is left in the WAL is read from there
            self.roll_back()
            self.empty()
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = self.connect()
        prepare_writer(connection)
        return connection
