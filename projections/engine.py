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

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from journal import Journal, JournalError, ProcessLock, UnreadableEvent
from journal.crashpoints import point
from projections import drift, rebuilding
from projections.building import build, redacts, told
from projections.drift import Difference
from projections.folding import Folder
from projections.marks import (
    Mark,
    Status,
    connect,
    hash_at,
    open_or_replace,
    read_marks,
    remove,
    stale,
    transaction,
)
from projections.photos_info import PhotosInfo
from projections.reader import Reader
from projections.rebuilding import PAGE
from projections.review_queue import ReviewQueue
from projections.runs import Runs
from projections.tables import Projection, Writer

PROJECTIONS: tuple[Projection, ...] = (ReviewQueue(), PhotosInfo(), Runs())
"""The read models of a workspace."""

WAL_BYTES = 8_000_000
"""A longer write-ahead log is brought into the database."""


class _Outdated(Exception):
    """Lines in the file are not to be carried on: they have to be made anew."""

    def __init__(self, *, redacted: bool = False) -> None:
        super().__init__("the lines have to be made anew")
        self.redacted = redacted


class _CannotTake(Exception):
    """A page of `events` events could not be taken; `position` is its last one."""

    def __init__(self, events: int, position: int, error: Exception) -> None:
        super().__init__(str(error))
        self.events = events
        self.position = position
        self.why = told(error)


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
        self._tables = [table for projection in projections for table in projection.tables]
        self._writer = Writer(self._db, self._tables)
        self._file = path.stat().st_ino
        self._folder = Folder(journal)
        self._generations: list[int] = []
        self._checked = False
        self._problem = ""
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

    def catch_up(self) -> tuple[Status, ...]:
        """
        Bring every projection to the journal's head, and return where each one stands.

        Never raises for what a projection or the file of the read models cannot do: the append that
        came before is done, and its caller shall not take it for failed. `status` tells.
        """
        with self._one_at_a_time:
            try:
                self._bring_to_head()
            except sqlite3.Error as error:
                self._problem = told(error)
                if _damaged(error):
                    self._replace_file()
            except (JournalError, OSError) as error:
                self._problem = told(error)
            return self.status()

    def status(self) -> tuple[Status, ...]:
        """Return where each projection stands, how far behind it is, and why."""
        marks: dict[str, Mark] = {}
        head, problem = 0, self._problem
        try:
            head = self._journal.head.position
            with self._lock:
                marks = read_marks(self._db)
        except (JournalError, sqlite3.Error) as error:
            problem = told(error)
        found = []
        for projection in self._projections:
            mark = marks.get(projection.name)
            position = mark.position if mark else 0
            why = (mark.error if mark else "") or problem
            failed_at = mark.failed_at if mark else 0
            found.append(Status(projection.name, position, head - position, why, failed_at))
        return tuple(found)

    def rebuild(self, names: Iterable[str] | None = None) -> tuple[Status, ...]:
        """
        Make projections anew from the journal alone, beside the old lines, and swap them.

        Args:
            names: of projections; all by default.

        Raises:
            JournalError: the journal cannot be read.
            sqlite3.Error: the file of the read models cannot be written.
        """
        wanted = {each.name for each in self._projections} if names is None else set(names)
        with self._one_at_a_time:
            self._same_file()
            self._rebuild(lambda _db: [each for each in self._projections if each.name in wanted])
            self._advance_or_renew()
        return self.status()

    def check(self) -> list[Difference]:
        """
        Compute every line again and return each cell that differs; none: all is well.

        Each projection is compared as of the position that it stands at.
        """
        with closing(connect(self.path)) as db:
            return drift.differences(self._journal, self._projections, db)

    def at(self, position: int, names: Iterable[str] | None = None) -> Reader:
        """
        Return the read model as it was right after event `position`; close it after use.

        Args:
            position: 0 is the empty queue, the head is today's.
            names: projections to make; all by default.

        Raises:
            JournalError: the journal cannot be read, or a projection cannot take an event.
        """
        chosen = [each for each in self._projections if names is None or each.name in names]
        db = drift.unnamed()
        try:
            errors = build(self._journal, position, chosen, db)
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

    # Catching up.

    def _bring_to_head(self) -> None:
        self._problem = ""
        self._same_file()
        self._advance_or_renew()
        self._scrub()
        self._shorten_wal()

    def _advance_or_renew(self) -> None:
        stuck: set[str] = set()
        while True:
            try:
                self._advance(stuck)
            except _Outdated as outdated:
                failed = self._renew(redacted=outdated.redacted)
                stuck |= failed if outdated.redacted else set()
            else:
                return

    def _advance(self, stuck: set[str]) -> None:
        """Take page after page, until every projection is at the head or cannot go on."""
        sizes: dict[str, int] = {}
        while True:
            head = self._journal.head
            with self._lock:
                marks = self._marks()
                behind = [
                    each
                    for each in self._projections
                    if each.name not in stuck and marks[each.name].position != head.position
                ]
                if not behind:
                    return
                first = min(marks[each.name].position for each in behind)
                group = [each for each in behind if marks[each.name].position == first]
                if any(each.name in sizes for each in group):
                    group = group[:1]
                try:
                    self._take_page(group, min(sizes.get(each.name, PAGE) for each in group))
                except _CannotTake as failed:
                    alone = len(group) == 1
                    for each in group:
                        sizes[each.name] = max(failed.events // 2, 1) if alone else failed.events
                    if alone and failed.events == 1:
                        stuck.add(group[0].name)
                        self._note(group[0], failed)

    def _marks(self) -> dict[str, Mark]:
        """Return the marks; lines that other rules or another journal made are outdated."""
        marks = read_marks(self._db)
        here = self._journal.uuid
        found = [marks.get(each.name) for each in self._projections]
        right = [
            mark is not None and mark.version == each.version and mark.journal == here
            for mark, each in zip(found, self._projections, strict=True)
        ]
        if not all(right) or (not self._checked and stale(marks, self._projections, self._journal)):
            self._checked = False
            raise _Outdated
        self._checked = True
        generations = [mark.generation for mark in found if mark]
        if generations != self._generations:
            self._folder.clear()  # somebody has built anew, for example after a redaction
            self._generations = generations
        return marks

    def _take_page(self, group: Sequence[Projection], size: int) -> None:
        """Bring a group from the position that it shares `size` events on, all or nothing."""
        with transaction(self._db):
            marks = self._marks()
            position = marks[group[0].name].position
            if any(marks[each.name].position != position for each in group):
                return  # another process was here since we looked
            head = self._journal.head
            until = min(position + size, head.position)
            try:
                events = list(self._journal.read_all(position, until))
            except UnreadableEvent as error:
                raise _CannotTake(until - position, error.position, error) from error
            if not events:
                return
            if redacts(events):
                raise _Outdated(redacted=True)
            last = events[-1].position
            try:
                page = self._folder.page(events)
                for projection in group:
                    projection.apply(page, self._writer)
            except (sqlite3.DatabaseError, JournalError) as error:
                if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
                    raise _CannotTake(len(events), last, error) from error
                raise
            except Exception as error:
                raise _CannotTake(len(events), last, error) from error
            digest = head.hash if last == head.position else hash_at(self._journal, last)
            self._db.executemany(
                "UPDATE projections SET position = ?, hash = ?, error = '', failed_at = 0"
                " WHERE name = ?",
                [(last, digest, each.name) for each in group],
            )
            point("projection.catch_up.before_commit")
        point("projection.catch_up.after_commit")

    def _note(self, projection: Projection, failed: _CannotTake) -> None:
        """Write down why a projection stays behind."""
        with transaction(self._db):
            self._db.execute(
                "UPDATE projections SET error = ?, failed_at = ? WHERE name = ?",
                (failed.why, failed.position, projection.name),
            )

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

    def _rebuild(self, choose: Callable[[sqlite3.Connection], list[Projection]]) -> dict[str, str]:
        """Rebuild on a connection of its own: readers of ours go on meanwhile."""
        with self._building, closing(connect(self.path)) as db:
            chosen = choose(db)
            errors = rebuilding.rebuild(self._journal, chosen, db) if chosen else {}
        self._folder.clear()
        return errors

    # The file.

    def _scrub(self) -> None:
        """
        Leave no trace of what was redacted in freed pages and in the write-ahead log.

        The file remembers that this is to be done, in `user_version`, until it is: a reader that
        stands in the way only delays it.
        """
        if not self._may_hold_traces:
            return
        with self._lock:
            traces = self._db.execute("PRAGMA user_version").fetchone()[0]
        if traces:
            with self._building, self._lock:
                self._db.execute("VACUUM")
                busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if busy:
                    return
                self._db.execute("PRAGMA user_version = 0")
        self._may_hold_traces = False

    def _shorten_wal(self) -> None:
        """Bring a long write-ahead log into the database; one process at a time."""
        wal = self.path.with_name(f"{self.path.name}-wal")
        if wal.exists() and wal.stat().st_size > WAL_BYTES and self._building.try_acquire():
            try:
                with self._lock:
                    self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            finally:
                self._building.release()

    def _same_file(self) -> None:
        """Follow the path: the file may have been deleted, or made anew, since we opened it."""
        try:
            there = self.path.stat().st_ino
        except FileNotFoundError:
            there = 0
        if there != self._file:
            self._reopen()

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
            self._writer = Writer(self._db, self._tables)
            self._file = self.path.stat().st_ino
            self._checked = False


def _damaged(error: sqlite3.Error) -> bool:
    """Tell whether the file is of no use: unreadable, or its tables are not what we made."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
