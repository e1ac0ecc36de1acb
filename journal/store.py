"""
The journal: append, read, and the care that keeps it true.

Promised: an append is all or nothing and is on the disk when `append` returns; positions are dense
and in the order of the commits; nobody sees a part of an append; a repeat of an append under its
key answers with the first positions. Not promised: anything after the disk lied about having
written, or somebody changed the file with other tools; `verify` tells what it can.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from journal.codec import Codec
from journal.database import (
    Identity,
    beside,
    connect,
    find,
    identify,
    quick_check,
    wal_of,
)
from journal.errors import JournalError
from journal.group import GroupCommit, Request
from journal.headcheck import check_head
from journal.locks import ProcessLock
from journal.reader import PAGE, Reader
from journal.records import Entry, Head, RawEvent, Recorded, Sealed
from journal.reserve import MIN_FREE_BYTES, Reserve
from journal.writer import Append, Clock, Writer, as_text, utc_now
from machine.event_base import Event
from machine.events import EVENTS


class Journal:
    """
    An open journal. For all threads of a process; several processes may have one open at once.

    Use as a context manager, or call `close`.
    """

    def __init__(
        self,
        *,
        path: Path,
        identity: Identity,
        reader: Reader,
        codec: Codec,
        writer: Writer | None = None,
        reserve: Reserve | None = None,
        alive: ProcessLock | None = None,
    ) -> None:
        """Put the parts together; use `Journal.open`."""
        self.path = path
        self.codec = codec
        self._identity = identity
        self._reader = reader
        self._writer = writer
        self._reserve = reserve
        self._alive = alive
        self._group = GroupCommit(writer.commit) if writer else None

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        create: bool = False,
        readonly: bool = False,
        clock: Clock = utc_now,
        min_free_bytes: int = MIN_FREE_BYTES,
        accept_head: bool = False,
        events: Mapping[str, type[Event]] = EVENTS,
    ) -> Self:
        """
        Open a journal; its companions (lock, head, reserve) lie beside it.

        Args:
            path: the database file, such as `data/journal.db`.
            create: make a new journal where there is none.
            readonly: never write; appending raises JournalError.
            clock: tells the time of each commit; it may go back, the journal's time does not.
            min_free_bytes: appends are refused while less is free on the disk; 0: never.
            accept_head: open although the head file is ahead, to call `accept_head`.
            events: the classes by their tags.

        Raises:
            CannotOpen: its subclasses say why.
        """
        path = Path(path)
        find(path, create=create and not readonly, created=as_text(clock()))
        codec = Codec(events)
        with closing(connect(path, readonly=readonly)) as connection:
            identity = identify(connection, path)
            alive = None if readonly else _take_part(connection, path)
            if not accept_head:
                check_head(connection, path, identity)
        reader = Reader(lambda: connect(path, readonly=True), identity, codec)
        if readonly:
            return cls(path=path, identity=identity, reader=reader, codec=codec)
        reserve = Reserve(beside(path, "reserve"), min_free_bytes)
        writer = Writer(
            path,
            identity,
            codec,
            connect=lambda: connect(path, readonly=False),
            clock=clock,
            reserve=reserve,
        )
        return cls(
            path=path,
            identity=identity,
            reader=reader,
            codec=codec,
            writer=writer,
            reserve=reserve,
            alive=alive,
        )

    @property
    def uuid(self) -> str:
        """Names this journal among all journals; a copy has the same."""
        return self._identity.uuid

    @property
    def head(self) -> Head:
        """Where the journal ends now, other processes' appends included."""
        return self._reader.head()

    def seal(self, entries: Sequence[Entry]) -> tuple[Sealed, ...]:
        """
        Make entries ready once, for a caller that may have to append them again.

        Raises UnwritableEvent where an event or a name could not be read back as it is.
        """
        return tuple(self.codec.seal(entry) for entry in entries)

    def append(
        self,
        entries: Sequence[Entry | Sealed],
        *,
        key: str,
        run_id: str,
        step: int,
        actor: str,
    ) -> tuple[int, ...]:
        """
        Append all entries or none, and return their positions when they are on the disk.

        Blocks; many threads may call it. `key` names this append for ever: a repeat with the same
        streams, types and contents (salt aside) answers with the first positions and writes
        nothing, whatever the versions are by then.

        Raises:
            VersionConflict: a stream is not at the expected version.
            KeyReused: the key stands for other content.
            UnwritableEvent: an event or a name could not be read back as it is.
            DiskLow, JournalBusy: nothing was written.
            OutcomeUnknown: the disk failed; `lookup(key)` tells when it is there again.
        """
        return self._append(entries, key, run_id, step, actor, from_reserve=False)

    def append_last(
        self,
        entries: Sequence[Entry | Sealed],
        *,
        key: str,
        run_id: str,
        step: int,
        actor: str,
    ) -> tuple[int, ...]:
        """
        Append like `append` although the disk is low, with the space of the reserve file.

        For the event that says why the run stops. The reserve comes back with the first append
        after there is room again.
        """
        if self._reserve is not None:
            self._reserve.give_up()
        return self._append(entries, key, run_id, step, actor, from_reserve=True)

    def read_stream(
        self, stream: str, after: int = 0, until_position: int | None = None
    ) -> list[Recorded]:
        """
        Return a stream's events beyond version `after`, in order, as of `until_position`.

        Raises UnreadableEvent; `read_raw` shows such an event.
        """
        return self._reader.stream(stream, after, until_position)

    def read_all(
        self, after: int = 0, until: int | None = None, page: int = PAGE
    ) -> Iterator[Recorded]:
        """
        Yield the events beyond position `after`, in order, up to `until` or today's head.

        Reads `page` events at a time and holds nothing open in between.
        """
        return self._reader.all(after, until, page)

    def read_raw(
        self, after: int = 0, until: int | None = None, page: int = PAGE
    ) -> Iterator[RawEvent]:
        """Yield lines as they are stored, decoding no payload; otherwise like `read_all`."""
        return self._reader.raw(after, until, page)

    def by_run(self, run_id: str) -> Iterator[Recorded]:
        """Yield what a run appended, in order. Looks from the run's first event to the head."""
        return self._reader.run(run_id)

    def streams(self, prefix: str = "") -> Iterator[str]:
        """Yield the names of all streams that begin with `prefix`, in the order of their bytes."""
        return self._reader.streams(prefix)

    def position_at(self, at: str) -> int:
        """Return the last position at a time written as in the journal; 0: before the first."""
        return self._reader.position_at(at)

    def lookup(self, key: str) -> tuple[int, ...]:
        """Return the positions that an append key stands for; none: nothing was appended."""
        return self._reader.lookup(key)

    def close(self) -> None:
        """Wait for appends on their way, bring the WAL into the database, let go of the files."""
        self._reader.close()
        if self._group is not None and self._writer is not None:
            writer = self._writer
            group, self._group = self._group, None
            try:
                group.run(Request(writer.close), last=True)
            finally:
                writer.lock.close()
                if self._alive is not None:
                    self._alive.close()

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the journal."""
        self.close()

    def _append(
        self,
        entries: Sequence[Entry | Sealed],
        key: str,
        run_id: str,
        step: int,
        actor: str,
        *,
        from_reserve: bool,
    ) -> tuple[int, ...]:
        seal = self.codec.seal
        sealed = [entry if isinstance(entry, Sealed) else seal(entry) for entry in entries]
        request = Append(sealed, key, run_id, step, actor)
        request.from_reserve = from_reserve
        self._run(request)
        return request.positions

    def _run(self, request: Request) -> None:
        if self._group is None:
            msg = f"{self.path} is open for reading only, or closed"
            raise JournalError(msg)
        self._group.run(request)


def _take_part(connection: sqlite3.Connection, path: Path) -> ProcessLock:
    """
    Say that this process writes; if it is the first and a WAL was left behind, check the file.

    Raises JournalDamaged. After the first one has left, a later one may check once too often.
    """
    alive = ProcessLock(f"{beside(path, 'lock')}-open")
    wal = wal_of(path)
    if alive.try_acquire() and wal.exists() and wal.stat().st_size:
        quick_check(connection, path)
    return alive
