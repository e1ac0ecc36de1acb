"""
Catching up: page after page of events, each page with the new positions in one transaction.

Several processes may do this to one file at once: who has the write lock reads the positions again
and goes on from there.
"""

import sqlite3
import threading
from collections.abc import Sequence

from msgspec.structs import replace

from journal import Head, Journal, JournalError, Recorded, UnreadableEvent
from journal.crashpoints import point
from projections.building import redacts, told
from projections.folding import Folder
from projections.marks import Mark, hash_at, read_marks, stale, transaction
from projections.tables import Projection, Writer

PAGE = 500
"""Events taken in one transaction: some 10 ms."""

Marks = dict[str, Mark]


class Outdated(Exception):
    """Lines in the file are not to be carried on: they have to be made anew."""

    def __init__(self, *, redacted: bool = False) -> None:
        """Say whether that is because an event was redacted."""
        super().__init__("the lines have to be made anew")
        self.redacted = redacted


class _CannotTake(Exception):
    """A group of projections could not take `events` events, up to and with `position`."""

    def __init__(
        self, group: Sequence[Projection], events: int, position: int, error: Exception
    ) -> None:
        super().__init__(str(error))
        self.group = group
        self.events = events
        self.position = position
        self.why = told(error)


class Follower:
    """Brings the tables in one file to the journal's head. One thread at a time."""

    def __init__(self, journal: Journal, projections: Sequence[Projection]) -> None:
        """Keep what to follow; `attach` says where the tables are."""
        self._journal = journal
        self._projections = tuple(projections)
        self._tables = [table for projection in projections for table in projection.tables]
        self._folder = Folder(journal)
        self._generations: list[int] = []
        self._checked = False
        self._seen: Marks = {}
        self._data_version = -1

    def attach(self, db: sqlite3.Connection, lock: threading.RLock) -> None:
        """Use another connection from now on; `lock` is held while it is used."""
        self._db = db
        self._lock = lock
        self._writer = Writer(db, self._tables)
        self.forget()

    def forget(self) -> None:
        """Read the states of rows, and look at the marks, as if for the first time."""
        self._folder.clear()
        self._writer.forget()
        self._checked = False
        self._data_version = -1

    def advance(self, stuck: set[str], head: Head) -> tuple[Head, Marks]:
        """
        Take page after page, until every projection is at the head or cannot go on.

        Args:
            stuck: projections that are left where they are; those that cannot go on are added.
            head: of the journal, as of a moment ago.

        Returns:
            The head, and where every projection stands.

        Raises:
            Outdated: lines have to be made anew.
        """
        sizes: dict[str, int] = {}
        if not self._checked:
            with self._lock:
                marks = self._marks()
            if self._done(marks, head, stuck):
                return head, marks
        while True:
            with self._lock:
                try:
                    with transaction(self._db):
                        marks = self._marks()
                        # Unless the commit succeeds, nothing that we remember counts.
                        version, self._data_version = self._data_version, -1
                        if not self._done(marks, head, stuck):
                            self._take_page(marks, head, sizes, stuck)
                except _CannotTake as failed:
                    self._make_smaller(failed, sizes, stuck)
                    continue
            point("projection.catch_up.after_commit")
            self._seen, self._data_version = marks, version
            if self._done(marks, head, stuck):
                return head, marks

    def _done(self, marks: Marks, head: Head, stuck: set[str]) -> bool:
        return all(
            marks[each.name].position >= head.position or each.name in stuck
            for each in self._projections
        )

    def _marks(self) -> Marks:
        """Return the marks; lines that other rules or another journal made are outdated."""
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        if self._checked and version == self._data_version:
            return dict(self._seen)  # nobody else has written since we did
        self._data_version = version
        self._writer.forget()
        marks = self._seen = read_marks(self._db)
        here = self._journal.uuid
        found = [marks.get(each.name) for each in self._projections]
        right = [
            mark is not None and mark.version == each.version and mark.journal == here
            for mark, each in zip(found, self._projections, strict=True)
        ]
        if not all(right) or (not self._checked and stale(marks, self._projections, self._journal)):
            self._checked = False
            raise Outdated
        self._checked = True
        generations = [mark.generation for mark in found if mark]
        if generations != self._generations:
            self._folder.clear()  # somebody has built anew, for example after a redaction
            self._generations = generations
        return dict(marks)

    def _take_page(self, marks: Marks, head: Head, sizes: dict[str, int], stuck: set[str]) -> None:
        """Bring those that are furthest behind one page on, and their marks with them."""
        behind = [
            each
            for each in self._projections
            if each.name not in stuck and marks[each.name].position < head.position
        ]
        first = min(marks[each.name].position for each in behind)
        group = [each for each in behind if marks[each.name].position == first]
        for each in group:
            if marks[each.name].error:
                sizes.setdefault(each.name, 1)  # it stands right before what it could not take
        if any(each.name in sizes for each in group):
            group = group[:1]
        size = min(sizes.get(each.name, PAGE) for each in group)
        until = min(first + size, head.position)
        try:
            events = list(self._journal.read_all(first, until))
        except UnreadableEvent as error:
            raise _CannotTake(group, until - first, error.position, error) from error
        if redacts(events):
            raise Outdated(redacted=True)
        self._apply(group, events)
        for each in group:
            if each.name in sizes:
                sizes[each.name] = min(2 * size, PAGE)
        last = events[-1].position
        digest = head.hash if last == head.position else hash_at(self._journal, last)
        self._db.execute(
            "UPDATE projections SET position = ?, hash = ?, error = '', failed_at = 0"
            f" WHERE name IN ({', '.join('?' * len(group))})",
            (last, digest, *[each.name for each in group]),
        )
        for each in group:
            mark = marks[each.name]
            marks[each.name] = replace(mark, position=last, hash=digest, error="", failed_at=0)
        point("projection.catch_up.before_commit")

    def _apply(self, group: Sequence[Projection], events: list[Recorded]) -> None:
        """Let each projection of a group take a page; what the file cannot do is not its fault."""
        last = events[-1].position
        try:
            page = self._folder.page(events)
            for projection in group:
                projection.apply(page, self._writer)
        except (sqlite3.DatabaseError, JournalError) as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
                raise _CannotTake(group, len(events), last, error) from error
            raise
        except Exception as error:
            raise _CannotTake(group, len(events), last, error) from error

    def _make_smaller(self, failed: _CannotTake, sizes: dict[str, int], stuck: set[str]) -> None:
        """Try each of a group by itself, then with half the events, down to the very event."""
        alone = len(failed.group) == 1
        for each in failed.group:
            sizes[each.name] = max(failed.events // 2, 1) if alone else failed.events
        if alone and failed.events == 1:
            name = failed.group[0].name
            stuck.add(name)
            with transaction(self._db):
                self._db.execute(
                    "UPDATE projections SET error = ?, failed_at = ? WHERE name = ?",
                    (failed.why, failed.position, name),
                )
