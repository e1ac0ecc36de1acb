"""
The journal: append, read, and the care that keeps it true.

Promised: an append is all or nothing and is on the disk when `append` returns; positions are dense
and in the order of the commits; nobody sees a part of an append; a repeat of an append under its
key answers with the first positions. Not promised: anything after the disk lied about having
written, or somebody changed the file with other tools; `verify` tells what it can.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from journal.appends import Append
from journal.clock import Clock, as_text, utc_now
from journal.codec import Codec
from journal.database import Identity, beside, connect, find
from journal.errors import CannotOpen, JournalBusy, JournalDamaged, JournalError, VersionConflict
from journal.group import GroupCommit, Request
from journal.headfile import read_note
from journal.kept import about_itself, line_at, redacted
from journal.locks import ProcessLock
from journal.opening import open_checked
from journal.readable import Readable
from journal.reader import Reader
from journal.records import Entry, Head, Sealed
from journal.reserve import MIN_FREE_BYTES, Reserve
from journal.schema import JOURNAL_STREAM
from journal.writer import Writer
from machine.event_base import Event
from machine.events import EVENTS
from machine.run_events import HeadAccepted

if TYPE_CHECKING:
    from journal.verify import Report

_TRIES = 20
"""For an event on a stream that every process may append to at any time."""


class Journal(Readable):
    """
    An open journal. For all threads of a process; several processes may have one open at once.

    Use as a context manager, or call `close`.
    """

    def __init__(
        self,
        path: Path,
        identity: Identity,
        codec: Codec,
        *,
        reader: Reader,
        writer: Writer | None,
        alive: ProcessLock | None,
        refused: JournalDamaged | None,
    ) -> None:
        """Put the parts together; use `Journal.open`."""
        super().__init__(identity, reader)
        self.path = path
        self.codec = codec
        self._writer = writer
        self._alive = alive
        self._refused = refused
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
        try:
            find(path, create=create and not readonly, created=as_text(clock()))
            identity, alive, problem = open_checked(path, readonly=readonly)
        except OSError as error:
            msg = f"{path} cannot be opened: {error}"
            raise CannotOpen(msg, "Check that its folder exists and who owns it.") from error
        if problem is not None and not accept_head:
            raise problem
        codec = Codec(events)
        reader = Reader(path, identity, codec)
        writer = None
        if not readonly:
            reserve = Reserve(beside(path, "reserve"), min_free_bytes)
            writer = Writer(path, identity, codec, clock=clock, reserve=reserve)
        return cls(
            path, identity, codec, reader=reader, writer=writer, alive=alive, refused=problem
        )

    def seal(self, entries: Sequence[Entry]) -> tuple[Sealed, ...]:
        """
        Make entries ready once, for a caller that may have to append them again.

        Raises UnwritableEvent where an event or a name could not be read back as it is.
        """
        return tuple(self.codec.seal(entries))

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

    @property
    def has_reserve(self) -> bool:
        """Whether the reserve file is there, for a last word on a low disk; never for readers."""
        return self._writer is not None and self._writer.reserve.path.exists()

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
        if self._writer is not None:
            self._writer.reserve.give_up()
        return self._append(entries, key, run_id, step, actor, from_reserve=True)

    def verify(self, jobs: int | None = None) -> "Report":
        """Check everything that is stored, as `journal.verify.verify` does."""
        from journal.verify import verify

        return verify(self.path, jobs=jobs)

    def backup(self, target: str | os.PathLike[str]) -> Head:
        """
        Copy the journal into the file `target`, verify the copy, and return where it ends.

        Raises JournalError where the file exists or cannot be written, JournalDamaged where the
        copy is damaged. Others may append meanwhile.
        """
        from journal.backup import copy_journal

        return copy_journal(lambda: connect(self.path, readonly=True), Path(target))

    def redact(
        self,
        position: int,
        reason: str,
        *,
        kept: Event | None = None,
        key: str,
        run_id: str,
        step: int,
        actor: str,
    ) -> int:
        """Forget one payload; see `redact_all`. Returns the position of the `Redacted` event."""
        forgotten = {position: kept}
        return self.redact_all(forgotten, reason, key=key, run_id=run_id, step=step, actor=actor)[0]

    def redact_all(
        self,
        forgotten: Mapping[int, Event | None],
        reason: str,
        *,
        key: str,
        run_id: str,
        step: int,
        actor: str,
    ) -> tuple[int, ...]:
        """
        Forget payloads: their bytes are gone from the database and the WAL.

        For each, a `Redacted` event on the stream `journal`, whose cause is its position, says so
        in the same commit; the positions of these are returned. Everything else of the lines stays,
        and so does the chain. Doing it again is allowed and empties the WAL again.

        Not promised: backups, exports, and what the file system or the disk keeps elsewhere.

        `forgotten` says, by position, what readers get from now on in the place of the event: one
        of its class without its content, or None, which is a `RedactedEvent`.

        Raises:
            JournalError: there is no such event, or it is about the journal itself.
            JournalBusy: redacted, but a reader keeps the old bytes in the WAL; repeat it.
        """
        said = [
            redacted(self.codec, line_at(self.read_raw(at - 1, at), at), reason, kept)
            for at, kept in forgotten.items()
        ]
        where = self._about_itself(said, key, run_id, step, actor, redacts=tuple(forgotten))
        self.empty_wal()
        return where

    def empty_wal(self) -> None:
        """
        Bring the WAL into the database and leave nothing in it, of what was redacted neither.

        Raises JournalBusy where a reader is in the way; repeat it.
        """
        self._run(Request(self._empty_wal))

    def accept_head(self, reason: str, *, key: str, run_id: str, step: int, actor: str) -> int:
        """
        Go on from where the journal ends although the head file noted another end.

        For a journal opened with `accept_head=True` after a restore on purpose. Appends a
        `HeadAccepted` event and returns its position; before that, nothing else can be appended.
        """
        note = read_note(beside(self.path, "head"))
        noted = note.position if note else 0
        event = HeadAccepted(position=self.head.position, noted=noted, reason=reason)
        self._refused = None
        return self._about_itself([event], key, run_id, step, actor)[0]

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
        request = Append(self.codec.seal(entries), key, run_id, step, actor)
        request.from_reserve = from_reserve
        self._run(request)
        return request.positions

    def _about_itself(
        self,
        events: Sequence[Event],
        *who: *tuple[str, str, int, str],
        redacts: tuple[int, ...] = (),
    ) -> tuple[int, ...]:
        """Append events to the journal's own stream, whatever its version is by then."""
        for _ in range(_TRIES):
            entries = about_itself(self.read_stream(JOURNAL_STREAM), events, redacts)
            request = Append(self.seal(entries), *who)
            request.redacts = redacts
            request.batched = not redacts
            with suppress(VersionConflict):
                self._run(request)
                return request.positions
        msg = f"{JOURNAL_STREAM} is written to by others all the time"
        raise JournalBusy(msg)

    def _empty_wal(self) -> None:
        assert self._writer is not None
        if not self._writer.empty_wal():
            msg = "another program reads the journal, so that old bytes stay in its WAL"
            raise JournalBusy(msg, "Close other programs that read the journal and repeat it.")

    def _run(self, request: Request) -> None:
        if self._refused is not None and request.work is None:
            raise self._refused
        if self._group is None:
            msg = f"{self.path} is open for reading only, or closed"
            raise JournalError(msg)
        self._group.run(request)
