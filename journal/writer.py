"""
The writing half of a journal: one connection, one batch at a time.

A batch runs under `journal.lock`, between BEGIN IMMEDIATE and COMMIT. Versions are compared inside
the transaction and before anything is inserted, so that a conflict fails alone and costs the others
nothing. An append key is looked up only where something does not fit (a conflict, a key that is
already there): a repeat is rare, and then it is answered with the first positions.

If the disk fails, nobody knows what COMMIT did: the file is opened anew and asked for the keys.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from journal.appends import Append
from journal.chain import pack_numbers
from journal.clock import Clock, texts_of
from journal.codec import REDACTED, Codec
from journal.crashpoints import point
from journal.database import SELECT_HEAD, Identity, beside, connect, explain, refuse_full_disk
from journal.errors import (
    CannotOpen,
    DiskLow,
    JournalError,
    KeyReused,
    OutcomeUnknown,
    UnwritableEvent,
    VersionConflict,
)
from journal.group import Request
from journal.handle import Handle
from journal.headfile import HeadFile
from journal.locks import FairLock
from journal.records import AfterEntry, Sealed
from journal.reserve import Reserve
from journal.schema import COLUMNS

INSERT = f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

SELECT_KEY = (
    "SELECT position, stream, type, digest, schema_version, payload FROM events"
    " WHERE append_key >= ? || '#' AND append_key < ? || '$' ORDER BY position"
)

MAX_KNOWN = 100_000
"""Streams whose version is remembered between batches: about 10 MB."""

CROWDED = 100
"""So many commits after meeting another process, the head is looked up first: it costs 3 us."""

Row = tuple[object, ...]

Place = tuple[int, bytes, str]
"""Position, hash and time of the last event."""


class Writer:
    """Commits batches. Only one thread at a time may call it; `GroupCommit` sees to that."""

    def __init__(
        self,
        path: Path,
        identity: Identity,
        codec: Codec,
        *,
        clock: Clock,
        reserve: Reserve,
    ) -> None:
        """Open the connection, lock and head file. Raises CannotOpen, DiskLow."""
        self.path = path
        self._identity = identity
        self._codec = codec
        self._clock = texts_of(clock)
        self.reserve = reserve
        self._known: dict[str, int] = {}
        self._rows: list[Row] = []
        self._head: Place | None = None
        """Where we think the journal ends; None: look."""
        self._seen = -1
        """The last position that we saw; another one later means that others append, too."""
        self._crowded = 0
        self._sure = False
        self._time = ""
        try:
            self.lock = FairLock(beside(path, "lock"))
            self._head_file = HeadFile(beside(path, "head"), identity.uuid)
            self._handle = Handle(lambda: connect(path, readonly=False))
        except (OSError, sqlite3.Error) as error:
            refuse_full_disk(error, path)
            msg = f"{path} cannot be opened for writing: {error}"
            raise CannotOpen(msg, "Check who owns the file and its folder.") from error
        self._connection = self._handle.ready()

    def commit(self, batch: Sequence[Request]) -> None:
        """Settle a batch: each append gets its positions or its error. Safe to repeat."""
        first = batch[0]
        with self.lock:
            if first.work is not None:
                self._run_alone(first, first.work)
                return
            appends = cast("Sequence[Append]", batch)
            low = self.reserve.disk_low()
            if low is not None:
                appends = _from_reserve(appends, low)
                if not appends:
                    return
            try:
                self._transaction(appends)
            except (_OutOfDate, sqlite3.IntegrityError):
                self._retry(appends)
            except Exception as error:  # noqa: BLE001  (each append gets its answer)
                self._settle(appends, error)
            except BaseException:
                self._roll_back()
                raise

    def _run_alone(self, request: Request, work: Callable[[], None]) -> None:
        try:
            work()
        except (JournalError, sqlite3.Error, OSError) as error:
            request.error = error
            self._roll_back()
        except BaseException:
            self._roll_back()
            raise

    def _retry(self, appends: Sequence[Append]) -> None:
        """Try again from what is stored, and ask for each key before inserting it."""
        self._roll_back()
        try:
            self._transaction(appends, ask_keys=True)
        except Exception as error:  # noqa: BLE001  (each append gets its answer)
            self._settle(appends, error)
        except BaseException:
            self._roll_back()
            raise

    def _transaction(self, appends: Sequence[Append], *, ask_keys: bool = False) -> None:
        """
        Write a batch, one process at a time.

        The head is remembered from our last commit, versions too, and both are looked up only when
        something does not fit: the trigger refuses a position or a version that is out of date, and
        a conflict counts only after everything was looked up.
        """
        self._connection = self._handle.ready()
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        start = head = self._start()
        self._rows.clear()
        self._time = max(self._clock(), head[2])
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        for append in appends:
            append.error = None
            try:
                if ask_keys and self._answered(append):
                    continue
                head = self._stage(append, head)
            except JournalError as error:
                append.error = error
        if head is start:
            execute("ROLLBACK")
            self._head, self._seen = start, start[0]
            return
        self._insert()
        for position in appends[0].redacts:
            self._blank(position)
        point("journal.before_commit")
        execute("COMMIT")
        point("journal.after_commit")
        self._head, self._seen = head, head[0]
        self._head_file.write(head[0], head[1])

    def _start(self) -> Place:
        """Return the head to go on from, remembered or looked up."""
        self._sure = self._head is None or self._crowded > 0
        if not self._sure and self._head is not None:
            return self._head
        row = self._connection.execute(SELECT_HEAD).fetchone()
        found = row or (0, self._identity.genesis.hash, self._identity.created)
        if found[0] != self._seen:
            self._known.clear()
            self._crowded = CROWDED if self._seen >= 0 else 0
        elif self._crowded:
            self._crowded -= 1
        return found

    def _stage(self, append: Append, head: Place) -> Place:
        """Turn an append into rows and return the head after it; in a conflict change nothing."""
        position, previous, _ = head
        first, time, known, rows = position, self._time, self._known, self._rows
        run_id, step, actor, key = append.run_id, append.step, append.actor, append.key
        tail = append.names + time.encode()
        before: list[tuple[str, int]] = []
        for index, entry in enumerate(append.entries):
            stream = entry.stream
            version = known.get(stream)
            if version is None:
                # The trigger looks again, so we may as well believe it the first time.
                version = self._version(stream) if self._sure else entry.expected_version
            cause = entry.cause
            if version != entry.expected_version or not (
                cause is None or (cause := _resolve(cause, first)) <= position
            ):
                if not self._sure:
                    raise _OutOfDate
                known.update(reversed(before))
                del rows[len(rows) - index :]
                if self._answered(append):
                    return head
                if version == entry.expected_version:
                    msg = f"cause {entry.cause} of entry {index} is not before it"
                    raise UnwritableEvent(msg)
                raise VersionConflict(stream, entry.expected_version, version)
            before.append((stream, version))
            position += 1
            version += 1
            known[stream] = version
            append_key = f"{key}#{index}"
            names, size = entry.names, entry.stream_size
            numbers = pack_numbers(
                position, version, step, cause or 0, entry.schema_version,
                size, len(names) - size, len(append_key), *append.sizes,
            )  # fmt: skip
            previous = hashlib.sha256(
                b"".join((previous, entry.digest, numbers, names, append_key.encode(), tail))
            ).digest()
            rows.append(
                (
                    position, stream, version, entry.type, entry.schema_version, entry.payload,
                    entry.digest, append_key, run_id, step, cause, actor, time, previous,
                )
            )  # fmt: skip
        append.positions = tuple(range(first + 1, position + 1))
        return position, previous, time

    def _version(self, stream: str) -> int:
        query = "SELECT max(version) FROM events WHERE stream = ?"
        version: int = self._connection.execute(query, (stream,)).fetchone()[0] or 0
        return version

    def _insert(self) -> None:
        self._connection.executemany(INSERT, self._rows)
        self._rows.clear()

    def _blank(self, position: int) -> None:
        """Write the redacted form over a payload, with blanks to the same length in bytes."""
        # The same length: the line is overwritten in its place, and no page keeps a stale copy.
        execute = self._connection.execute
        query = "SELECT length(CAST(payload AS BLOB)) FROM events WHERE position = ?"
        (size,) = execute(query, (position,)).fetchone()
        update = "UPDATE events SET payload = ? WHERE position = ?"
        execute(update, (REDACTED.ljust(size), position))

    def _answered(self, append: Append) -> bool:
        """If the key is taken: set the first positions, or raise KeyReused."""
        if self._rows:
            self._insert()
        lines = self._connection.execute(SELECT_KEY, (append.key, append.key)).fetchall()
        if not lines:
            return False
        if len(lines) != len(append.entries):
            raise KeyReused(append.key, lines[0][0])
        for line, entry in zip(lines, append.entries, strict=True):
            if not self._same(line, entry):
                raise KeyReused(append.key, lines[0][0])
        append.positions = tuple(line[0] for line in lines)
        return True

    def _same(self, line: Row, entry: Sealed) -> bool:
        position, stream, tag, digest, schema, payload = line
        if (stream, tag) != (entry.stream, entry.type):
            return False
        if digest == entry.digest:
            return True
        assert isinstance(position, int)
        assert isinstance(schema, int)
        assert isinstance(payload, str)
        return self._codec.reseal(entry, payload, schema).digest == digest

    def _settle(self, appends: Sequence[Append], error: Exception) -> None:
        """Give every append of a failed transaction its answer."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if isinstance(error, sqlite3.Error) and code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            self._ask_after_failure(appends, error)
            return
        self._roll_back()
        if len(appends) > 1 and not isinstance(error, JournalError | sqlite3.Error):
            for append in appends:  # a bug of one caller is not the others'
                self._retry([append])
            return
        for append in appends:
            append.error = explain(error, self.path) if isinstance(error, sqlite3.Error) else error

    def _ask_after_failure(self, appends: Sequence[Append], error: sqlite3.Error) -> None:
        """
        Ask for the keys of a transaction of which nobody knows whether it was committed.

        An append that was refused before the commit keeps its error if the others are there.
        """
        full = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL
        unknown = f"the disk failed at the commit: {error}"
        staged = [append for append in appends if append.error is None]
        self._rows.clear()
        self._known.clear()
        self._head = None
        try:
            synced = self._handle.recover(full=full)
            self._connection = self._handle.ready()
            there = all(self._answered(append) for append in staged)
        except (sqlite3.Error, JournalError) as again:
            there, synced, full = False, False, False
            unknown = f"{unknown}; then: {again}"
        if there and synced:
            return
        for append in appends:
            if there or not full:
                append.error = OutcomeUnknown(unknown)
            else:
                append.error = DiskLow(self.reserve.free_bytes(), self.reserve.min_free_bytes)

    def empty_wal(self) -> bool:
        """Leave nothing in the WAL; False while a reader is in the way."""
        return self._handle.empty()

    def close(self) -> None:
        """Checkpoint and close, under the lock: closing the last connection checkpoints, too."""
        self._head_file.close()
        self._handle.close()

    def _roll_back(self) -> None:
        self._head = None
        self._rows.clear()
        self._known.clear()
        self._handle.roll_back()


class _OutOfDate(Exception):
    """Something does not fit, and the head was only remembered."""


def _from_reserve(appends: Sequence[Append], low: DiskLow) -> list[Append]:
    """Return the appends that may use the reserve; the others get their error."""
    for append in appends:
        append.error = None if append.from_reserve else DiskLow(low.free_bytes, low.needed_bytes)
    return [append for append in appends if append.from_reserve]


def _resolve(cause: int | AfterEntry, first: int) -> int:
    """Return the position of a cause; `first` is the one before the append."""
    return first + 1 + cause.index if isinstance(cause, AfterEntry) else cause
