"""
Takes exported segments into a journal that ends earlier: all of them are checked before the first.

A segment goes in as a whole or not at all, and what is there already stays; so an interrupted
import goes on by being repeated, and a second one changes nothing. Nothing of our own is appended:
afterwards the journal is the exported one, hash by hash. An empty journal of another UUID is
replaced by an empty one of the exported UUID first.

Not promised: that the exported events are those of the person who is believed to have made them.
Compare the fingerprints in the plan with what you know.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import astuple

from journal.codec import REDACTED
from journal.crashpoints import point
from journal.database import (
    Identity,
    beside,
    connect,
    create_empty,
    explain,
    identity_of,
    read_head,
    wal_of,
)
from journal.errors import JournalBusy, SegmentRefused
from journal.handle import Handle
from journal.headfile import HeadFile, read_note
from journal.locks import FairLock, ProcessLock
from journal.reading_segments import Checked, checked
from journal.records import RawEvent
from journal.reserve import Reserve
from journal.schema import JOURNAL_STREAM
from journal.segments import is_blank
from journal.store import Journal
from journal.writer import INSERT
from machine.run_events import Redacted

Progress = Callable[[int], None]
"""Told how many events are through."""


class Plan(Struct, frozen=True, kw_only=True):
    """What an import would do; its segments were checked."""

    files: tuple[Path, ...]
    uuid: str
    created: str
    segments: int
    until: int
    """The position of the last event."""
    present: int
    """Where the journal here ends."""
    anew: bool
    """True: the journal here is empty and gets another UUID."""
    keys: tuple[bytes, ...]
    """The public keys that signed, each once."""
    redacted: bool = False
    """True: events that stand here unredacted were redacted in the journal of the export."""

    @property
    def new(self) -> int:
        """Return how many events are not there yet."""
        return max(0, self.until - self.present)


def plan(files: Sequence[Path], path: Path, progress: Progress) -> Plan:
    """
    Check segments, also beside the journal that is to take them in; its end may be missing.

    Args:
        files: with segments, in their order.
        path: of the journal; its chain is trusted.
        progress: is told how many events were read.

    Raises:
        SegmentRefused: names file, line and position of what is wrong, or foreign.
        CannotOpen: the journal cannot be opened.
        OSError: a file cannot be read.
    """
    with Journal.open(path, readonly=True, accept_head=True) as journal:
        comparison = _Comparison(journal)
        for segment in checked(files):
            comparison.take(segment)
            progress(segment.closing.until)
        comparison.end()
        last = comparison.last
        assert last is not None
        return Plan(
            files=tuple(files),
            uuid=last.opening.journal,
            created=last.opening.created,
            segments=comparison.segments,
            until=last.closing.until,
            present=comparison.present,
            anew=comparison.anew,
            keys=tuple(comparison.keys),
            redacted=comparison.redacted,
        )


class _Comparison:
    """Compares segments with the journal that is to take them in."""

    def __init__(self, journal: Journal) -> None:
        self.present = journal.head.position
        self.anew = False
        self.segments = 0
        self.last: Checked | None = None
        self.keys: dict[bytes, None] = {}
        self.redacted = False
        self._journal = journal
        self._stored: Iterator[RawEvent] = iter(())
        self._blank: dict[int, str] = {}

    def take(self, segment: Checked) -> None:
        """Compare one segment."""
        if self.last is None:
            self._begin(segment)
        for event in segment.events:
            if event.position <= self.present:
                self._compare(segment, event)
            if is_blank(event):
                self._blank[event.position] = segment.place_of(event.position)
            elif redacts(event):
                self._blank.pop(event.cause or 0, None)
                self.redacted |= (event.cause or 0) <= self.present < event.position
        self.segments += 1
        self.last = segment
        self.keys[segment.closing.public] = None

    def _begin(self, segment: Checked) -> None:
        opening, journal, first = segment.opening, self._journal, segment.opening.after
        self.anew = opening.journal != journal.uuid
        if self.anew and self.present:
            msg = f"{segment.file} is of journal {opening.journal}, this one is {journal.uuid}"
            raise SegmentRefused(msg, "`photojournal init` makes an empty workspace for it.")
        if first > self.present:
            msg = (
                f"{segment.file} begins after event {first}, and the journal here ends at"
                f" {self.present}: there is a gap"
            )
            raise SegmentRefused(msg, "Import the segments before it first, or a whole export.")
        self._stored = journal.read_raw(first, self.present)
        before = next(journal.read_raw(first - 1, first)).hash.hex() if first else opening.previous
        if before != opening.previous:
            msg = f"{segment.file} goes on from another event {first} than the journal here has"
            raise SegmentRefused(msg, _OTHER_PAST)

    def _compare(self, segment: Checked, event: RawEvent) -> None:
        if next(self._stored).hash != event.hash:
            place = segment.place_of(event.position)
            msg = f"{place}: the journal here has another event {event.position}"
            raise SegmentRefused(msg, _OTHER_PAST)

    def end(self) -> None:
        """Accept redacted payloads only where an event says so, of the export or of the journal."""
        if self._blank:
            for _, _, event in self._journal.read_types([Redacted.tag]):
                if isinstance(event, Redacted):
                    self._blank.pop(event.position, None)
        for place in self._blank.values():
            msg = f"{place}: the payload is redacted, and no event says so"
            raise SegmentRefused(msg)


_OTHER_PAST = "The two went on separately since then; only one of them can be kept."


def redacts(event: RawEvent) -> bool:
    """Tell whether an event says that the payload at its cause was redacted."""
    return (event.stream, event.type) == (JOURNAL_STREAM, Redacted.tag)


def take_in(planned: Plan, path: Path, min_free_bytes: int, progress: Progress) -> None:
    """
    Carry a plan out. Nobody in this process may have the journal open for writing.

    Args:
        planned: what `plan` returned for this journal.
        path: of the journal.
        min_free_bytes: nothing is written while less is free on the disk; 0: never mind.
        progress: is told up to which position events are there.

    Raises:
        SegmentRefused: the files or the journal changed since; what was taken in stays.
        DiskLow, JournalBusy: as when appending; the same import again goes on.
        OSError: a file cannot be read.
    """
    if planned.anew:
        _make_anew(planned, path)
    with _writing(path, min_free_bytes) as intake:
        for segment in checked(planned.files):
            if segment.closing.until > planned.present:
                intake.take(segment)
                progress(segment.closing.until)


def _make_anew(planned: Plan, path: Path) -> None:
    """Replace an empty journal; one that somebody else works with is left alone."""
    with ExitStack() as held:
        alive = held.enter_context(closing(ProcessLock(f"{beside(path, 'lock')}-open")))
        lock = held.enter_context(closing(FairLock(beside(path, "lock"))))
        if not alive.try_acquire():
            msg = f"another process works with {path}"
            raise JournalBusy(msg, "Wait for it to end, then repeat the command.")
        held.enter_context(lock)
        with closing(connect(path, readonly=True)) as connection:
            if read_head(connection, identity_of(path)).position:
                msg = f"{path} is not empty any more"
                raise SegmentRefused(msg)
        for companion in (beside(path, "head"), wal_of(path), path.with_name(f"{path.name}-shm")):
            companion.unlink(missing_ok=True)
        create_empty(path, planned.uuid, planned.created)


@contextmanager
def _writing(path: Path, min_free_bytes: int) -> Iterator["_Intake"]:
    with closing(FairLock(beside(path, "lock"))) as lock:
        intake = _Intake(path, lock, Reserve(beside(path, "reserve"), min_free_bytes))
        try:
            yield intake
        finally:
            with lock:
                emptied = intake.close()
    if intake.redacted and not emptied:
        msg = "taken in, but a reader keeps redacted bytes in the WAL"
        raise JournalBusy(msg, "Close other programs that read the journal and repeat it.")


class _Intake:
    """Appends segments, each in one transaction."""

    def __init__(self, path: Path, lock: FairLock, reserve: Reserve) -> None:
        self.redacted = False
        self._path = path
        self._lock = lock
        self._reserve = reserve
        self._identity: Identity = identity_of(path)
        note = read_note(beside(path, "head"))
        self._noted = note.position if note else 0
        """Events up to here were there once; as long as they are not back, the note stays."""
        self._head_file = HeadFile(beside(path, "head"), self._identity.uuid)
        with lock:
            self._handle = Handle(lambda: connect(path, readonly=False))
            self._connection = self._handle.ready()

    def close(self) -> bool:
        """Bring the WAL into the database, under the lock; False: a reader keeps a part of it."""
        self._head_file.close()
        try:
            return self._handle.checkpoint()
        except sqlite3.Error:
            return False
        finally:
            self._handle.close()

    def take(self, segment: Checked) -> None:
        """Append what of a segment is not there yet."""
        low = self._reserve.disk_low()
        if low is not None:
            raise low
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._append(segment)
                point("journal.import.before_commit")
                self._connection.execute("COMMIT")
            except sqlite3.IntegrityError as error:
                where = f"{segment.file}, the segment that ends in line {segment.line}"
                msg = f"{where}, breaks the order: {error}"
                raise SegmentRefused(msg) from error
            except sqlite3.Error as error:
                raise explain(error, self._path) from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            last = segment.events[-1]
            if last.position >= self._noted:
                self._head_file.write(last.position, last.hash)

    def _append(self, segment: Checked) -> None:
        execute = self._connection.execute
        head = read_head(self._connection, self._identity)
        events = segment.events
        known = [event.hash for event in events if event.position <= head.position]
        before = known[-1] if known else bytes.fromhex(segment.opening.previous)
        new = events[len(known) :]
        if before != head.hash:
            msg = f"the journal was appended to meanwhile, and ends at {head.position}"
            raise SegmentRefused(msg, _OTHER_PAST)
        self._connection.executemany(INSERT, (_row(event) for event in new))
        for event in new:
            if redacts(event) and event.cause:
                size = "SELECT length(CAST(payload AS BLOB)) FROM events WHERE position = ?"
                self.redacted = True
                (bytes_then,) = execute(size, (event.cause,)).fetchone()
                update = "UPDATE events SET payload = ? WHERE position = ?"
                execute(update, (REDACTED.ljust(bytes_then), event.cause))


def _row(event: RawEvent) -> tuple[object, ...]:
    """Return an exported event as the table has it."""
    columns = list(astuple(event))
    columns[5] = event.payload.decode()
    return tuple(columns)
