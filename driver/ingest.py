"""
Taking photos in: files become rows, with their name and their bytes reserved in the same append.

A file that is no photo is refused by name and the others go on. Equal bytes are one row, whatever
set they come in with: a live row is left alone, a rejected or rolled-back one lives again under its
name. A RAW file beside a JPEG or HEIC of its name belongs to that photo's row. An ingest that was
cut short goes on, in the same set, when the same command is given again.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.tasks import PhotoFacts
from adapters.workers import Answer, WorkerFailure, Workers
from driver.errors import Unreachable
from driver.known_rows import KnownRows
from driver.listing import Found
from driver.names import Names, key_of
from driver.reading_in import Photo, belongs_to, lives, owner_of_bytes, read_photo
from driver.sets import OpenSet
from driver.shell import Shell
from driver.sidecars import Sidecars
from driver.worker_failures import code_of, last_line
from driver.workspace import escape_name, shown_name
from journal import Entry, VersionConflict
from journal.crashpoints import point
from machine.decide import decide
from machine.event_base import Event
from machine.events import BytesReserved, NameReserved
from machine.failures import FAILURES
from machine.intents import AddCompanion, IngestRow, ReopenRow
from machine.name_template import Series
from machine.refusals import Refused
from machine.row import Row
from machine.run_events import FileRefused, FileSkipped
from machine.values import STAGES, Labels


class Taken(Struct, frozen=True):
    """What became of one file."""

    path: str
    outcome: str
    """`ingested`, `paired`, `skipped`, `reopened`, `refused` or `left out`; in a dry run `new`."""
    row: int | None = None
    file_name: str = ""
    code: str = ""
    detail: str = ""
    looks_like: int | None = None
    """The first row whose picture looks much the same, by perceptual hash."""


class Begun(Struct, frozen=True, kw_only=True):
    """A file that was begun; what comes of it is said when its turn comes."""

    photo: Photo | Taken
    reading: "Future[Answer] | None" = None
    """None: a worker has nothing to read."""
    row: int | None = None
    """A RAW file without its photo: the row that has the photo."""
    raws: tuple[Photo | Taken, ...] = ()
    """The RAW files of the photo."""


class Intake:
    """Takes the files of one set in."""

    def __init__(
        self,
        shell: Shell,
        objects: Objects,
        workers: Workers,
        labels: Labels,
        paths: Sequence[Path],
        *,
        copy: bool,
        known: KnownRows,
    ) -> None:
        """Prepare; the set is made when the first thing is to be said about it."""
        self.shell = shell
        self.objects = objects
        self.workers = workers
        self.labels = labels
        self.copy = copy
        self.known = known
        self.set = OpenSet(shell, labels, tuple(escape_name(os.fspath(path)) for path in paths))
        self.taken: list[Taken] = []
        self._skipped: list[FileSkipped] = []
        self._names = Names(shell.journal, shell.workspace)
        self.sidecars = Sidecars(shell.workspace)
        self._ahead: deque[Begun] = deque()
        """Files that are being read, in their order."""

    def run(
        self,
        files: Sequence[Found],
        progress: Callable[[int, int], None],
        stopping: Callable[[], bool],
    ) -> list[Taken]:
        """
        Take every file in and say what became of each; `progress(done, total)`.

        What was done so far is in `taken`, whatever stops it.

        Raises:
            Unreachable: the disk is full or no worker can be started.
            JournalError: an append failed.
        """
        ahead, total = self._ahead, sum(1 + len(found.raws) for found in files)
        upcoming = iter(files)
        while True:
            while len(ahead) <= self.workers.count and not stopping():
                found = next(upcoming, None)
                if found is None:
                    break
                ahead.extend(self._begin(found))
            if not ahead:
                break
            begun = ahead.popleft()
            self.taken.append(self._end(begun))
            self._say_skipped()
            self.taken += [self._end_raw(raw, self.taken[-1]) for raw in begun.raws]
            self._say_skipped()
            progress(len(self.taken), total)
        return self.taken

    def _say_skipped(self) -> None:
        """Append what was skipped, once there is a set; skipped files alone make none."""
        if self.set.set_id:
            for skipped in self._skipped:
                self.set.append(skipped)
            self._skipped.clear()

    # --- one file

    def _begin(self, found: Found) -> list[Begun]:
        """Read a file and its RAW files; what turns out to be no RAW file stands by itself."""
        if found.left_out:
            path = shown_name(str(found.path))
            return [Begun(photo=Taken(path, "left out", detail=found.left_out))]
        read = [self._read(path) for path in found.raws]
        raws = tuple(one for one in read if isinstance(one, Taken) or one.is_raw)
        others = [self._begin_photo(one) for one in read if one not in raws]
        return [self._begin_photo(self._read(found.path), raws), *others]

    def _read(self, path: Path) -> Photo | Taken:
        try:
            return read_photo(path)
        except AdapterError as error:
            return self._refuse(path, error.code, error.detail)

    def _begin_photo(self, photo: Photo | Taken, raws: tuple[Photo | Taken, ...] = ()) -> Begun:
        """Hand a new photo to a worker."""
        if isinstance(photo, Taken) or owner_of_bytes(self.shell, photo.sha256) is not None:
            return Begun(photo=photo, raws=raws)
        row = self.known.photo_of(photo) if photo.is_raw else None
        if row is not None:
            return Begun(photo=photo, row=row)
        return Begun(photo=photo, reading=self._submit(photo), raws=raws)

    def _submit(self, photo: Photo) -> "Future[Answer]":
        beside = self.sidecars.data(photo.path)
        return self.workers.submit("read_photo", photo.data, beside)

    def _end(self, begun: Begun) -> Taken:
        photo = begun.photo
        if isinstance(photo, Taken):
            return photo
        if begun.row is not None:
            return self._pair(photo, begun.row)
        if begun.reading is None:
            return self._known(photo)
        former = self._raw_row(photo, begun.raws)
        if former is not None:
            detail = f"row {former} stands for its RAW file"
            return self._refuse(photo.path, "AnotherVersion", detail)
        return self._end_reading(photo, begun.reading)

    def _raw_row(self, photo: Photo, raws: Sequence[Photo | Taken]) -> int | None:
        """Return the row that came in by a RAW file of the photo, before the photo did."""
        for raw in raws:
            owner = owner_of_bytes(self.shell, raw.sha256) if isinstance(raw, Photo) else None
            if owner is not None:
                return self.known.unless_as_new(owner)
        return None if photo.is_raw else self.known.photo_of(photo)

    def _end_reading(self, photo: Photo, reading: "Future[Answer]") -> Taken:
        answer = reading.result()
        if isinstance(answer, WorkerFailure) and answer.kind in ("died", "timeout", "bug"):
            answer = self._read_alone(photo)
        if isinstance(answer, WorkerFailure):
            return self._unread(photo, answer)
        told = msgspec.json.decode(answer.data, type=PhotoFacts)
        facts = self.sidecars.settle(photo.path, told)
        row = self.known.version_of(escape_name(photo.path.name), facts.metadata)
        if row is not None:
            detail = f"same name, time and camera as row {row}"
            return self._refuse(photo.path, "AnotherVersion", detail)
        published = self.known.published_as(facts.metadata)
        if published:
            return self._refuse(photo.path, "PublishedBefore", f"as {published.file_name}")
        return self._take(photo, facts)

    # --- RAW files

    def _end_raw(self, raw: Photo | Taken, photo: Taken) -> Taken:
        """Put a RAW file to the row of its photo; without one it is a photo itself."""
        if isinstance(raw, Taken):
            return raw
        if owner_of_bytes(self.shell, raw.sha256) not in (None, photo.row):
            return self._known(raw)
        if photo.row is not None:
            return self._pair(raw, photo.row)
        if photo.code in ("AnotherVersion", "PublishedBefore"):
            shown = shown_name(str(raw.path))
            return Taken(shown, "left out", detail="the RAW file of a photo that was refused")
        return self._end_reading(raw, self._submit(raw))

    def _pair(self, raw: Photo, number: int) -> Taken:
        """Say that a RAW file belongs to a row, and reserve its bytes in the same append."""
        intent = AddCompanion(
            original_name=escape_name(raw.path.name),
            source=self.shell.workspace.source_of(raw.path, copied=self.copy),
            sha256=raw.sha256,
            size_bytes=len(raw.data),
            media_type=raw.media_type,
        )
        free = owner_of_bytes(self.shell, raw.sha256) is None
        reserve = Entry(f"bytes/{raw.sha256}", 0, BytesReserved(row=number))
        try:
            decide(self.shell.row(number), intent)
            self._keep(raw)
            point("ingest.pair.before")
            self.shell.change(number, lambda row: decide(row, intent), (reserve,) if free else ())
            point("ingest.pair.after")
        except (Refused, VersionConflict):
            if owner_of_bytes(self.shell, raw.sha256) is None:  # the row was taken back meanwhile
                return self._end_reading(raw, self._submit(raw))
            return self._known(raw)
        row = self.shell.row(number)
        shown, name = shown_name(str(raw.path)), row.happened.file_name
        return Taken(shown, "paired", number, name, detail=f"the RAW file of row {number}")

    # --- the outcomes

    def _read_alone(self, photo: Photo) -> Answer:
        """
        Read a photo whose worker failed once more, when no other is being read.

        Without its pixels this time: what is wrong with those is for the stages to say.
        """
        wait([begun.reading for begun in self._ahead if begun.reading])
        beside = self.sidecars.data(photo.path)
        return self.workers.submit("read_metadata", photo.data, beside).result()

    def _unread(self, photo: Photo, answer: WorkerFailure) -> Taken:
        """Refuse a photo that a worker could not read; what is not its fault stops the ingest."""
        code = code_of("ingest", answer)
        if answer.kind in ("host", "stopped") or FAILURES[code].policy == "nobody":
            raise Unreachable(answer.detail, FAILURES["OutOfMemory"].hint)
        about = f"ingest {escape_name(os.fspath(photo.path))} run={self.shell.run_id}"
        log = self.shell.workspace.data / "crash_runtime.log"
        return self._refuse(photo.path, code, last_line(log, about, answer))

    def _known(self, photo: Photo) -> Taken:
        """The bytes are a row already: leave it, or let it live again."""
        number = owner_of_bytes(self.shell, photo.sha256)
        assert number is not None
        row, shown = self.shell.row(number), shown_name(str(photo.path))
        name = row.happened.file_name
        if row.happened.erasure:  # not even its path is noted
            return Taken(shown, "left out", number, name, detail=f"row {number} was erased")
        if not lives(row, photo.sha256):
            was = "rejected" if row.decided.intake else "taken back"
            try:
                point("ingest.reopen.before")
                reopen = ReopenRow(set_id=self.set.make(), labels=self.labels)
                self.shell.ask(number, reopen)
                return Taken(shown, "reopened", number, name, detail=f"row {number} was {was}")
            except Refused:
                pass
        source = self.shell.workspace.source_of(photo.path, copied=False)
        self._skipped.append(FileSkipped(source=source, sha256=photo.sha256, row=number))
        detail = belongs_to(row, photo.sha256)
        return Taken(shown, "skipped", number, name, detail=detail)

    def _refuse(self, path: Path, code: str, detail: str) -> Taken:
        source = self.shell.workspace.source_of(path, copied=False)
        self.set.append(FileRefused(source=source, code=code, detail=detail))
        return Taken(shown_name(str(path)), "refused", code=code, detail=detail)

    def _take(self, photo: Photo, facts: PhotoFacts) -> Taken:
        """Append row, name and bytes in one piece; whoever is first keeps a contested one."""
        self._keep(photo)
        self.set.make()
        series = self._names.series(self.labels, facts.metadata, photo.path.name)
        number = self._names.next_row()
        while True:
            file_name = self._propose(photo, series)
            name_stream = f"name/{key_of(file_name)}"
            beside = (
                Entry(name_stream, 0, NameReserved(row=number, file_name=file_name)),
                Entry(f"bytes/{photo.sha256}", 0, BytesReserved(row=number)),
            )
            intent = self._intent(photo, facts, number, file_name)

            def decider(row: Row, intent: IngestRow = intent) -> tuple[Event, ...]:
                return decide(row, intent)

            try:
                point("ingest.row.before")
                self.shell.change(number, decider, beside)
                point("ingest.row.after")
            except Refused:
                number = self._names.next_row()
            except VersionConflict as conflict:
                if conflict.stream != name_stream:
                    return self._known(photo)
                self._names.taken(series, file_name)
            else:
                self._names.taken(series, file_name)
                return Taken(shown_name(str(photo.path)), "ingested", number, file_name)

    def _propose(self, photo: Photo, series: Series) -> str:
        """Return the name to try next."""
        del photo
        return self._names.propose(series)

    def _keep(self, photo: Photo) -> None:
        """Keep a copy of the original, if the configuration says so: the bytes that were read."""
        if self.copy:
            try:
                if self.objects.put_file(photo.path) != photo.sha256:
                    self.objects.put(photo.data)
            except AdapterError as error:
                raise Unreachable(str(error), FAILURES[error.code].hint) from error

    def _intent(self, photo: Photo, facts: PhotoFacts, number: int, file_name: str) -> IngestRow:
        return IngestRow(
            row=number,
            set_id=self.set.set_id,
            labels=self.labels,
            original_name=escape_name(photo.path.name),
            source=self.shell.workspace.source_of(photo.path, copied=self.copy),
            sha256=photo.sha256,
            size_bytes=len(photo.data),
            file_name=file_name,
            needed=STAGES,
            metadata=facts.metadata,
            embedded=facts.embedded,
            culling=facts.culling,
            sidecar=facts.sidecar,
            tags=facts.tags,
            private=facts.private,
            perceptual_hash=facts.perceptual_hash,
        )
