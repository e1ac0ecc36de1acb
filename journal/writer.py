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
from contextlib import suppress
from pathlib import Path

from journal.appends import Append, Clock, as_text
from journal.chain import pack_numbers
from journal.codec import REDACTED, Codec
from journal.crashpoints import point
from journal.database import SELECT_HEAD, Identity, beside
from journal.errors import (
    DiskLow,
    JournalBusy,
    JournalDamaged,
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

Row = tuple[object, ...]


class Writer:
    """Commits batches. Only one thread at a time may call it; `GroupCommit` sees to that."""

    def __init__(
        self,
        path: Path,
        identity: Identity,
        codec: Codec,
        *,
        connect: Callable[[], sqlite3.Connection],
        clock: Clock,
        reserve: Reserve,
    ) -> None:
        """Open the connection with `connect`, and the lock and the head file beside `path`."""
        self.path = path
        self.lock = FairLock(beside(path, "lock"))
        self._identity = identity
        self._codec = codec
        self._clock = clock
        self.reserve = reserve
        self._head_file = HeadFile(beside(path, "head"), identity.uuid)
        self._known: dict[str, int] = {}
        self._rows: list[Row] = []
        self._head = identity.genesis.position, identity.genesis.hash, identity.genesis.at
        self._time = ""
        self._handle = Handle(connect)

    def commit(self, batch: Sequence[Request]) -> None:
        """Settle a batch: each append gets its positions or its error. Safe to repeat."""
        first = batch[0]
        if first.work is not None:
            with self.lock:
                self._run_alone(first, first.work)
            return
        with self.lock:
            appends = self._with_space([r for r in batch if isinstance(r, Append)])
            if not appends:
                return
            try:
                self._transaction(appends, ask_keys=False)
            except sqlite3.IntegrityError:
                self._roll_back()
                self._retry(appends)
            except (JournalError, sqlite3.Error) as error:
                self._settle(appends, error)
            except BaseException:
                self._roll_back()
                raise

    def _with_space(self, appends: list[Append]) -> list[Append]:
        """Return the appends for which there is space left; the others get their error."""
        low = self.reserve.disk_low()
        if low is None:
            return appends
        for append in appends:
            append.error = None if append.from_reserve else low
        return [append for append in appends if append.from_reserve]

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
        """Try again, asking for each key before inserting it."""
        try:
            self._transaction(appends, ask_keys=True)
        except (JournalError, sqlite3.Error) as error:
            self._settle(appends, error)
        except BaseException:
            self._roll_back()
            raise

    def _transaction(self, appends: Sequence[Append], *, ask_keys: bool) -> None:
        execute = self._handle.ready().execute
        execute("BEGIN IMMEDIATE")
        row = execute(SELECT_HEAD).fetchone()
        head = row or (0, self._identity.genesis.hash, self._identity.created)
        if head != self._head or len(self._known) > MAX_KNOWN:
            self._known.clear()  # another process appended
            self._head = head
        self._rows.clear()
        self._time = max(as_text(self._clock()), head[2])
        for append in appends:
            append.error = None
            try:
                if ask_keys and self._answered(append):
                    continue
                head = self._stage(append, head)
            except JournalError as error:
                append.error = error
        if head == self._head:
            execute("ROLLBACK")
            return
        self._insert()
        if appends[0].redacts:
            self._blank(appends[0].redacts)
        point("journal.before_commit")
        execute("COMMIT")
        point("journal.after_commit")
        self._head = head
        with suppress(OSError):  # behind is normal
            self._head_file.write(head[0], head[1])

    def _stage(self, append: Append, head: tuple[int, bytes, str]) -> tuple[int, bytes, str]:
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
                version = self._version(stream)
            cause = entry.cause
            if version != entry.expected_version or not (
                cause is None or (cause := _resolve(cause, first)) <= position
            ):
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
        version: int = self._handle.ready().execute(query, (stream,)).fetchone()[0] or 0
        return version

    def _insert(self) -> None:
        self._handle.ready().executemany(INSERT, self._rows)
        self._rows.clear()

    def _blank(self, position: int) -> None:
        """Write the redacted form over a payload, with blanks to the same length in bytes."""
        # The same length: the line is overwritten in its place, and no page keeps a stale copy.
        execute = self._handle.ready().execute
        query = "SELECT length(CAST(payload AS BLOB)) FROM events WHERE position = ?"
        (size,) = execute(query, (position,)).fetchone()
        update = "UPDATE events SET payload = ? WHERE position = ?"
        execute(update, (REDACTED.ljust(size), position))

    def _answered(self, append: Append) -> bool:
        """If the key is taken: set the first positions, or raise KeyReused."""
        if self._rows:
            self._insert()
        lines = self._handle.ready().execute(SELECT_KEY, (append.key, append.key)).fetchall()
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
        answer: Exception = error
        if isinstance(error, sqlite3.Error) and code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            self._ask_after_failure(appends, error)
            return
        self._roll_back()
        if code == sqlite3.SQLITE_BUSY:
            answer = JournalBusy(f"another program holds {self.path}")
        elif code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            answer = JournalDamaged(f"{self.path} is damaged: {error}")
        elif isinstance(error, sqlite3.Error):
            answer = JournalError(f"{self.path} refused the append: {error}")
        for append in appends:
            append.error = answer

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
        try:
            synced = self._handle.recover(full=full)
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
        return self._handle.checkpoint()

    def close(self) -> None:
        """Checkpoint and close, under the lock: closing the last connection checkpoints, too."""
        self._head_file.close()
        self._handle.close()

    def _roll_back(self) -> None:
        self._rows.clear()
        self._known.clear()
        self._handle.roll_back()


def _resolve(cause: int | AfterEntry, first: int) -> int:
    """Return the position of a cause; `first` is the one before the append."""
    return first + 1 + cause.index if isinstance(cause, AfterEntry) else cause
