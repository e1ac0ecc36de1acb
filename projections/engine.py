"""
The read models: kept at the journal's head, made anew beside the old ones, compared, taken back.

Promised: lines and the position that they stand at change in one transaction; catching up in any
split and by any number of processes gives what building anew gives; deleting `data/review.db` is
safe at any time; readers, of this program or any other, never wait. A projection that cannot take
an event stays where it is, says so in `status`, is tried again at every start, and stops neither
the others nor the append.

Not promised: that lines are current before `catch_up`. Writing into the file by hand is found by
`check` and undone by `rebuild`.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from journal import Head, Journal, JournalError, ProcessLock
from projections import drift, rebuilding
from projections.building import redacts, told
from projections.drift import Difference
from projections.following import Follower, Marks, Outdated
from projections.looking_back import build_from_today
from projections.marks import (
    Status,
    connect,
    emptied,
    open_or_replace,
    read_marks,
    remove,
    stale,
)
from projections.photos_info import PhotosInfo
from projections.reader import Reader
from projections.review_queue import ReviewQueue
from projections.runs import Runs
from projections.site_rows import SiteRows
from projections.tables import Projection

PROJECTIONS: tuple[Projection, ...] = (ReviewQueue(), PhotosInfo(), Runs(), SiteRows())
"""The read models of a workspace."""

WAL_BYTES = 8_000_000
"""A longer write-ahead log is brought into the database."""


class ReadModels(Reader):
    """
    The projections in `data/review.db`. For all threads of a process; several may have it open.

    Use as a context manager, or call `close`.
    """

    def __init__(self, path: Path, journal: Journal, projections: Sequence[Projection]) -> None:
        """Open the file; use `ReadModels.open`."""
        super().__init__(open_or_replace(path))
        self.path = path
        self._journal = journal
        self._projections = tuple(projections)
        self._follower = Follower(journal, projections)
        self._follower.attach(self._db, self._lock)
        self._file = path.stat().st_ino
        self._head = Head(-1, b"", "")
        self._marks: Marks = {}
        self._problem = ""
        self._well = False
        self._name = os.fspath(path)
        self._wal = f"{self._name}-wal"
        self._wal_limit = WAL_BYTES
        self._may_hold_traces = True
        self._one_at_a_time = threading.RLock()
        self._building = ProcessLock(path.with_suffix(".lock"))

    @classmethod
    def open(
        cls, path: str | Path, journal: Journal, projections: Sequence[Projection] = PROJECTIONS
    ) -> Self:
        """
        Open the read models, empty ones where there are none; `catch_up` makes them current.

        Args:
            path: `data/review.db`; a file that cannot be read is replaced, nothing is lost by it.
            journal: what the lines are made from.
            projections: those of a workspace by default.
        """
        return cls(Path(path), journal, projections)

    @property
    def position(self) -> int:
        """The position that the queue stands at; 0 before the first `catch_up`."""
        with self._lock:
            marks = read_marks(self._db)
        mark = marks.get(self._projections[0].name)
        return mark.position if mark else 0

    @property
    def holds_traces(self) -> bool:
        """Tell whether a reader keeps the file from losing the last of what was redacted."""
        with self._lock:
            return bool(self._db.execute("PRAGMA user_version").fetchone()[0])

    def catch_up(self) -> tuple[Status, ...]:
        """
        Bring every projection to the journal's head, and return where each one stands.

        Never raises for what a projection or the file of the read models cannot do: the append that
        came before is done, and its caller shall not take it for failed. `status` tells.
        """
        with self._one_at_a_time:
            try:
                self._bring_to_head()
                return self._told(self._head.position, self._marks)
            except sqlite3.Error as error:
                self._problem = told(error)
                if _damaged(error):
                    self._replace_file()
            except (JournalError, OSError) as error:
                self._problem = told(error)
            return self.status()

    def status(self) -> tuple[Status, ...]:
        """Return where each projection stands, how far behind it is, and why."""
        marks: Marks = {}
        head, problem = 0, self._problem
        try:
            head = self._journal.head.position
            with self._lock:
                marks = read_marks(self._db)
        except (JournalError, sqlite3.Error) as error:
            problem = told(error)
        return self._told(head, marks, problem)

    def _told(self, head: int, marks: Marks, problem: str = "") -> tuple[Status, ...]:
        found = []
        for projection in self._projections:
            mark = marks.get(projection.name)
            position = mark.position if mark else 0
            why = (mark.error if mark else "") or problem
            failed_at = mark.failed_at if mark else 0
            behind = max(head - position, 0)
            found.append(Status(projection.name, position, behind, why, failed_at))
        return tuple(found)

    def rebuild(
        self, names: Iterable[str] | None = None, mended: list[Difference] | None = None
    ) -> tuple[Status, ...]:
        """
        Make projections anew from the journal alone, beside the old lines, and swap them.

        Args:
            names: of projections; all by default.
            mended: is filled with what was wrong with the old lines; None: nobody asks.

        Raises:
            JournalError: the journal cannot be read.
            sqlite3.Error: the file of the read models cannot be written.
        """
        wanted = self._chosen(names)
        with self._one_at_a_time:
            self._same_file()
            self._rebuild(lambda _db: wanted, mended)
            self._well = False
            self._advance_or_renew(self._journal.head)
        return self.status()

    def check(self, names: Iterable[str] | None = None) -> list[Difference]:
        """
        Compute every line again and return each cell that differs; none: all is well.

        Each projection is compared as of the position that it stands at.

        Args:
            names: of projections; all by default.
        """
        with closing(connect(self.path)) as db:
            return drift.differences(self._journal, self._chosen(names), db)

    def at(self, position: int, names: Iterable[str] | None = None) -> Reader:
        """
        Return the read model as it was right after event `position`; close it after use.

        Lines that have not changed since are copied from the file, the others made anew.

        Args:
            position: 0 is the empty queue, the head is today's.
            names: projections to make; all by default.

        Raises:
            JournalError: the journal cannot be read, or a projection cannot take an event.
        """
        db = drift.unnamed()
        try:
            chosen = self._chosen(names)
            errors = build_from_today(self._journal, position, chosen, db, self.path)
        except BaseException:
            db.close()
            raise
        if errors:
            db.close()
            msg = "; ".join(f"{name}: {error}" for name, error in errors.items())
            raise JournalError(msg, "photojournal verify")
        return Reader(db, position)

    def close(self) -> None:
        """Let go of the file."""
        with self._one_at_a_time:
            super().close()
            self._building.close()

    def _chosen(self, names: Iterable[str] | None) -> list[Projection]:
        wanted = None if names is None else set(names)
        return [each for each in self._projections if wanted is None or each.name in wanted]

    def _bring_to_head(self) -> None:
        """Do what there is to do since the last time; mostly that is little, and often nothing."""
        head = self._journal.head
        if self._same_file() and self._well and head == self._head:
            return
        self._well, self._problem = False, ""
        self._advance_or_renew(head)
        self._scrub()
        self._shorten_wal()
        self._well = not any(mark.error for mark in self._marks.values())

    def _advance_or_renew(self, head: Head) -> None:
        stuck: set[str] = set()
        while True:
            try:
                self._head, self._marks = self._follower.advance(stuck, head)
            except Outdated as outdated:
                failed = self._renew(redacted=outdated.redacted)
                stuck |= failed if outdated.redacted else set()
                head = self._journal.head
            else:
                return

    # Making anew.

    def _renew(self, *, redacted: bool) -> set[str]:
        """Make anew what is outdated, unless another process has done so meanwhile."""

        def outdated(db: sqlite3.Connection) -> list[Projection]:
            marks = read_marks(db)
            found = stale(marks, self._projections, self._journal)
            if found or not redacted:
                return found
            lowest = min(marks[each.name].position for each in self._projections)
            again = redacts(self._journal.read_all(lowest))
            return list(self._projections) if again else []

        if redacted:
            with self._lock:
                self._db.execute("PRAGMA user_version = 1")
            self._may_hold_traces = True
        return set(self._rebuild(outdated))

    def _rebuild(
        self,
        choose: Callable[[sqlite3.Connection], list[Projection]],
        mended: list[Difference] | None = None,
    ) -> dict[str, str]:
        """Rebuild on a connection of its own: readers of ours go on meanwhile."""
        with self._building, closing(connect(self.path)) as db:
            chosen = choose(db)
            errors = rebuilding.rebuild(self._journal, chosen, db, mended) if chosen else {}
        self._follower.forget()
        return errors

    # The file.

    def _scrub(self) -> None:
        """
        Leave no trace of a rebuild that died, and none of what was redacted, in any page or log.

        The file remembers that this is to be done, in `user_version`, until it is: a reader that
        stands in the way only delays it.
        """
        if not self._may_hold_traces:
            return
        with self._lock:
            traces = self._db.execute("PRAGMA user_version").fetchone()[0]
            shadows = rebuilding.shadows(self._db)
        if shadows and self._building.try_acquire():
            try:
                with self._lock:
                    rebuilding.drop(self._db, shadows)
            finally:
                self._building.release()
        if traces:
            with self._building, self._lock:
                self._db.execute("VACUUM")
                if not emptied(self._db):
                    return
                self._db.execute("PRAGMA user_version = 0")
        self._may_hold_traces = False

    def _shorten_wal(self) -> None:
        """
        Bring a long write-ahead log into the database; one process at a time.

        What readers still look at stays in the log; then we let it grow before we try again.
        """
        try:
            size = os.stat(self._wal).st_size  # noqa: PTH116  (after every append)
        except FileNotFoundError:
            return
        if size > self._wal_limit and self._building.try_acquire():
            try:
                with self._lock:
                    pages = self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1:]
            finally:
                self._building.release()
            self._wal_limit = WAL_BYTES if pages[0] == pages[1] else size + WAL_BYTES

    def _same_file(self) -> bool:
        """
        Follow the path: the file may have been deleted, or made anew, since we opened it.

        Returns:
            Whether it is the same file as before.
        """
        try:
            if os.stat(self._name).st_ino == self._file:  # noqa: PTH116  (after every append)
                return True
        except FileNotFoundError:
            pass
        self._reopen()
        return False

    def _replace_file(self) -> None:
        """Throw away a file that SQLite cannot use, and make it anew."""
        try:
            with self._lock:
                self._db.close()
                remove(self.path)
                self._reopen()
            self._bring_to_head()
        except (sqlite3.Error, JournalError, OSError) as error:
            self._problem = told(error)

    def _reopen(self) -> None:
        with self._lock:
            self._db.close()
            self._db = open_or_replace(self.path)
            self._follower.attach(self._db, self._lock)
            self._file = self.path.stat().st_ino
            self._well = False


def _damaged(error: sqlite3.Error) -> bool:
    """Tell whether the file is of no use: unreadable, or its tables are not what we made."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
