"""
Is the journal what was appended? Reads everything, changes nothing.

Checked: what SQLite says about the file, the triggers, positions without a gap, the hash chain,
each payload's digest (another one is accepted only where a `Redacted` event names the position, and
in an excerpt where the payload is withheld),
that every payload can be decoded, versions without a gap in each stream, time that never goes back,
causes before effects, the parts of each append key side by side, and the head file.

Not seen: a journal that somebody rewrote from some position to its end with all hashes, or a tail
that was cut together with the head file. Compare the head with one that was noted elsewhere.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from journal.codec import WITHHELD
from journal.database import Identity, connect, identify
from journal.errors import JournalDamaged, JournalMissing
from journal.headcheck import head_problem, lone_copy
from journal.records import Head
from journal.scan import Damage, check_range
from journal.schema import JOURNAL_STREAM, TABLES, TRIGGERS
from journal.swaps import explain_swaps
from machine.event_base import Event
from machine.events import EVENTS

INLINE = 60_000
"""Journals with fewer events are checked without starting processes, which takes 0.3 s."""

MAX_DAMAGES = 100
"""So many are named; the rest is counted."""

Progress = Callable[[int, int], None]
"""Told how many of how many."""


class Report(Struct, frozen=True):
    """What `verify` found. `damages` are sorted by position; empty means that all is well."""

    path: str
    uuid: str
    head: Head
    redacted: int
    """Payloads that were redacted, each with an event that says so."""
    damages: tuple[Damage, ...]
    more: int = 0
    """Further damages, not named."""
    note: str = ""
    """What is no damage, but should be known."""
    withheld: int = 0
    """Payloads that are not in this excerpt of a journal."""

    @property
    def ok(self) -> bool:
        """True if nothing is wrong."""
        return not self.damages

    @property
    def first_bad(self) -> int | None:
        """The lowest damaged position; 0 if no line is damaged, None if nothing is wrong."""
        if self.ok:
            return None
        return next((damage.position for damage in self.damages if damage.position), 0)


def verify(
    path: str | os.PathLike[str],
    *,
    jobs: int | None = None,
    events: Mapping[str, type[Event]] | None = None,
    progress: Progress | None = None,
) -> Report:
    """
    Check a journal, also one that `Journal.open` refuses, and name all damage that is found.

    Args:
        path: the database file; it may be on a disk that cannot be written.
        jobs: processes to use for a large journal; by default one per core.
        events: the classes by their tags, if not those of the machine; then one process is used.
        progress: is told from time to time how many lines of how many are through.

    Raises:
        CannotOpen: there is no journal, it is something else, or its first page is unreadable.
    """
    path = Path(path)
    if not path.exists():
        msg = f"there is no journal at {path}"
        raise JournalMissing(msg)
    with closing(connect(path, readonly=True)) as connection:
        identity = identify(connection, path)
        head = _head(connection, path, identity)
        redacted = frozenset(_redactions(connection))
        inline = events is not None or head.position < INLINE
        checks = _Checks(
            str(path),
            head.position,
            redacted,
            identity.genesis.hash,
            events or EVENTS,
            identity.excerpt,
            progress,
        )
        damages, unnamed = checks.run(1 if inline else jobs or os.cpu_count() or 1)
        for late in frozenset(_redactions(connection)) - redacted:  # redacted while we looked
            damages = [damage for damage in damages if damage.position != late]
            damages += checks.lines(late - 1, late, frozenset((late,)))[0]
        damages += _tail(connection, path, identity)
        damages = explain_swaps(connection, damages)
        note = lone_copy(connection, path) if head.position and not damages else ""
        withheld = _withheld(connection) if identity.excerpt else 0
    damages.sort(key=lambda damage: damage.position)
    return Report(
        path=str(path),
        uuid=identity.uuid,
        head=head,
        redacted=len(redacted),
        damages=tuple(damages[:MAX_DAMAGES]),
        more=max(0, len(damages) - MAX_DAMAGES) + unnamed,
        note=note,
        withheld=withheld,
    )


class _Checks(Struct, frozen=True):
    """
    Everything that reads the whole file, at once or side by side.

    The lines are checked in ranges; each trusts the hash before it and no other.
    """

    path: str
    last: int
    redacted: frozenset[int]
    genesis: bytes
    events: Mapping[str, type[Event]]
    excerpt: bool
    progress: Progress | None = None

    def run(self, jobs: int) -> tuple[list[Damage], int]:
        """Return all damage, and how much more there is that is not named."""
        if jobs > 1:
            from concurrent.futures.process import BrokenProcessPool

            with suppress(BrokenProcessPool, OSError):  # no room for processes: slower, but sure
                return self._side_by_side(jobs)
        damages, unnamed = self.lines(0, self.last, self.redacted)
        return about_the_file(self.path) + damages, unnamed

    def lines(self, after: int, until: int, redacted: frozenset[int]) -> tuple[list[Damage], int]:
        """Check a range in this process."""
        return check_range(
            self.path,
            after,
            until,
            redacted=redacted,
            genesis=self.genesis,
            excerpt=self.excerpt,
            events=self.events,
            progress=self._tell,
        )

    def _tell(self, done: int) -> None:
        if self.progress is not None:
            self.progress(done, self.last)

    def _side_by_side(self, jobs: int) -> tuple[list[Damage], int]:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        parts = jobs * 4
        ends = [self.last * part // parts for part in range(parts + 1)]
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            file = pool.submit(about_the_file, self.path)
            ranges = [
                pool.submit(
                    check_range,
                    self.path,
                    after,
                    until,
                    redacted=frozenset(p for p in self.redacted if after < p <= until),
                    genesis=self.genesis,
                    excerpt=self.excerpt,
                )
                for after, until in pairwise(ends)
            ]
            damages, unnamed = list[Damage](), 0
            for future, until in zip(ranges, ends[1:], strict=True):
                found, more = future.result()
                damages += found
                unnamed += more
                self._tell(until)
            damages = file.result() + damages
        return damages, unnamed


def _head(connection: sqlite3.Connection, path: Path, identity: Identity) -> Head:
    """Return the head, also if its line is damaged. Raises JournalDamaged."""
    by_index = "SELECT max(position + 0) FROM events INDEXED BY sqlite_autoindex_events_1"
    last = "SELECT position, hash, CAST(at AS BLOB) FROM events ORDER BY position DESC LIMIT 1"
    try:
        row = connection.execute(last).fetchone()
    except sqlite3.DatabaseError:
        try:
            row = (connection.execute(by_index).fetchone()[0], b"", b"")
        except sqlite3.DatabaseError as error:
            msg = f"{path} cannot be read: {error}"
            raise JournalDamaged(msg) from error
    return Head(row[0], row[1], row[2].decode("utf-8", "replace")) if row else identity.genesis


def about_the_file(path: str) -> list[Damage]:
    """Return what is wrong with the database, lines aside."""
    damages: list[Damage] = []
    with closing(connect(Path(path), readonly=True)) as connection:
        for check in (_structure, _triggers, _indexes):
            try:
                damages += check(connection)
            except sqlite3.DatabaseError as error:
                damages.append(Damage(0, "file", str(error)))
    return damages


def _structure(connection: sqlite3.Connection) -> list[Damage]:
    lines = connection.execute("PRAGMA quick_check(10)").fetchall()
    return [Damage(0, "file", line) for (line,) in lines if line != "ok"]


def _triggers(connection: sqlite3.Connection) -> list[Damage]:
    """The triggers have to be there, and be ours."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    stored = dict(found.fetchall())
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(TABLES + TRIGGERS)
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        wanted = dict(fresh.execute(query).fetchall())
    return [
        Damage(0, "trigger", f"{name} is {'changed' if name in stored else 'missing'}")
        for name, sql in wanted.items()
        if stored.get(name) != sql
    ]


def _indexes(connection: sqlite3.Connection) -> list[Damage]:
    """An index that lacks lines would hide them from readers."""
    names = [f"sqlite_autoindex_events_{number}" for number in (1, 2)]
    counts = [
        "(SELECT count(*) FROM events NOT INDEXED)",
        *(f"(SELECT count(*) FROM events INDEXED BY {name})" for name in names),
    ]
    lines, *entries = connection.execute(f"SELECT {', '.join(counts)}").fetchone()
    return [
        Damage(0, "index", f"{name} has {count} entries for {lines} lines")
        for name, count in zip(names, entries, strict=True)
        if count != lines
    ]


def _tail(connection: sqlite3.Connection, path: Path, identity: Identity) -> list[Damage]:
    try:
        position, problem = head_problem(connection, path, identity)
    except sqlite3.DatabaseError as error:
        return [Damage(0, "file", str(error))]
    return [Damage(position, "tail", problem)] if problem else []


def _withheld(connection: sqlite3.Connection) -> int:
    """Return how many payloads are withheld."""
    query = "SELECT count(*) FROM events WHERE payload = ?"
    try:
        return int(connection.execute(query, (WITHHELD,)).fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def _redactions(connection: sqlite3.Connection) -> list[int]:
    """Return the positions that `Redacted` events name, as their cause."""
    query = "SELECT cause FROM events WHERE stream = ? AND type = 'Redacted' AND cause IS NOT NULL"
    try:
        return [line[0] for line in connection.execute(query, (JOURNAL_STREAM,)).fetchall()]
    except sqlite3.DatabaseError:
        return []
