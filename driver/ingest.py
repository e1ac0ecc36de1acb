"""
Taking photos in: files become rows, with their name and their bytes reserved in the same append.

A file that is no photo is refused by name and the others go on. Equal bytes are one row, whatever
set they come in with: a live row is left alone, a rejected or rolled-back one lives again under its
name. An ingest that was cut short goes on, in the same set, when the same command is given again.
"""

import hashlib
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
from driver.errors import Misused, Unreachable
from driver.listing import Found
from driver.names import Names
from driver.reading_again import read_again
from driver.sets import OpenSet
from driver.shell import Shell
from driver.sidecars import Sidecars, is_sidecar
from driver.worker_failures import code_of, last_line
from driver.workspace import escape_name, shown_name
from journal import Entry, VersionConflict
from journal.crashpoints import point
from machine.decide import decide
from machine.event_base import Event
from machine.events import BytesReserved, NameReserved
from machine.failures import FAILURES
from machine.intents import IngestRow, ReopenRow
from machine.naming import name_key
from machine.refusals import Refused
from machine.row import Row
from machine.run_events import FileRefused, FileSkipped
from machine.values import STAGES, Labels, Metadata
from projections.reader import Reader

MAX_FILE_BYTES = 2 << 30
"""A larger file is no photo that this program can hold in memory."""


class Taken(Struct, frozen=True):
    """What became of one file."""

    path: str
    outcome: str
    """`ingested`, `skipped`, `reopened`, `refused` or `left out`; in a dry run `new`."""
    row: int | None = None
    file_name: str = ""
    code: str = ""
    detail: str = ""


class Photo(Struct, frozen=True):
    """A file that was read."""

    path: Path
    data: bytes
    sha256: str


Begun = tuple[Photo | Taken, "Future[Answer] | None"]


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
        version_of: Callable[[str, Metadata], int | None] = lambda _name, _metadata: None,
    ) -> None:
        """
        Prepare; the set is made when the first thing is to be said about it.

        `version_of` says which row a photo of this name, time and camera seems to be a version of.
        """
        self.shell = shell
        self.objects = objects
        self.workers = workers
        self.labels = labels
        self.copy = copy
        self._version_of = version_of
        self.set = OpenSet(shell, labels, tuple(escape_name(os.fspath(path)) for path in paths))
        self.taken: list[Taken] = []
        self._skipped: list[FileSkipped] = []
        self._names = Names(shell.journal)
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
        ahead = self._ahead
        upcoming = iter(files)
        while True:
            while len(ahead) <= self.workers.count and not stopping():
                found = next(upcoming, None)
                if found is None:
                    break
                ahead.append(self._begin(found))
            if not ahead:
                break
            self.taken.append(self._end(*ahead.popleft()))
            progress(len(self.taken), len(files))
        if self.set.set_id:
            for skipped in self._skipped:
                self.set.append(skipped)
        return self.taken

    # --- one file

    def _begin(self, found: Found) -> Begun:
        """Read the file; hand a new photo to a worker."""
        path = found.path
        if found.left_out:
            return Taken(shown_name(str(path)), "left out", detail=found.left_out), None
        try:
            data = read_file(path)
        except AdapterError as error:
            return self._refuse(path, error.code, error.detail), None
        photo = Photo(path, data, hashlib.sha256(data).hexdigest())
        if owner_of_bytes(self.shell, photo.sha256) is not None:
            return photo, None
        return photo, self.workers.submit("read_metadata", data, self.sidecars.data(path))

    def _end(self, begun: Photo | Taken, reading: "Future[Answer] | None") -> Taken:
        if isinstance(begun, Taken):
            return begun
        if reading is None:
            return self._known(begun)
        answer = reading.result()
        if isinstance(answer, WorkerFailure) and answer.kind == "died":
            answer = self._read_alone(begun)
        if isinstance(answer, WorkerFailure):
            return self._unread(begun, answer)
        told = msgspec.json.decode(answer.data, type=PhotoFacts)
        facts = self.sidecars.settle(begun.path, told)
        row = self._version_of(escape_name(begun.path.name), facts.metadata)
        if row is not None:
            detail = f"same name, time and camera as row {row}"
            return self._refuse(begun.path, "AnotherVersion", detail)
        return self._take(begun, facts)

    def _read_alone(self, photo: Photo) -> Answer:
        """Read a photo whose worker died once more, when no other is being read."""
        wait([reading for _, reading in self._ahead if reading])
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
        if not row.decided.intake or row.decided.decision.value == "rejected":
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
        detail = f"the same bytes as row {number}"
        shell, beside, path = self.shell, self.sidecars, photo.path
        if read_again(shell, self.workers, beside, number, path=path, photo=photo.data):
            detail += "; its sidecar was read anew"
        return Taken(shown, "skipped", number, name, detail=detail)

    def _refuse(self, path: Path, code: str, detail: str) -> Taken:
        source = self.shell.workspace.source_of(path, copied=False)
        self.set.append(FileRefused(source=source, code=code, detail=detail))
        return Taken(shown_name(str(path)), "refused", code=code, detail=detail)

    def _take(self, photo: Photo, facts: PhotoFacts) -> Taken:
        """Append row, name and bytes in one piece; whoever is first keeps a contested one."""
        self._keep(photo)
        self.set.make()
        stem = self._names.series(self.labels, facts.metadata, photo.path.stem)
        number = self._names.next_row()
        while True:
            file_name = self._names.propose(stem)
            name_stream = f"name/{name_key(Path(file_name).stem)}"
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
                self._names.taken(stem, file_name)
            else:
                self._names.taken(stem, file_name)
                return Taken(shown_name(str(photo.path)), "ingested", number, file_name)

    def _keep(self, photo: Photo) -> None:
        """Keep a copy of the original, if the configuration says so."""
        if self.copy:
            try:
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
        )


def versions(models: Reader) -> Callable[[str, Metadata], int | None]:
    """
    Return what finds the row that a photo seems to be another version of.

    It has the same original name, the same time to the second and the same camera; rows that were
    rejected do not count. Photos that came in since the read models were caught up are not found.
    """
    query = (
        "SELECT min(id) AS id FROM review_queue WHERE Original_File_Name = ? AND DateTime = ?"
        " AND Camera = ? AND Review_Status <> 'Rejected'"
    )

    def version_of(name: str, metadata: Metadata) -> int | None:
        if not metadata.date_time or not metadata.camera:
            return None
        row: int | None = models.query(query, (name, metadata.date_time, metadata.camera))[0]["id"]
        return row

    return version_of


def look_at(shell: Shell, found: Found) -> Taken:
    """Say what would become of a file, as far as that can be told without decoding it."""
    shown = shown_name(str(found.path))
    if found.left_out:
        return Taken(shown, "left out", detail=found.left_out)
    try:
        number = owner_of_bytes(shell, hashlib.sha256(read_file(found.path)).hexdigest())
    except AdapterError as error:
        return Taken(shown, "refused", code=error.code, detail=error.detail)
    if number is None:
        return Taken(shown, "new")
    row = shell.row(number)
    lives = row.decided.intake and row.decided.decision.value != "rejected"
    detail = f"the same bytes as row {number}"
    outcome = "skipped" if lives else "reopened"
    return Taken(shown, outcome, number, row.happened.file_name, detail=detail)


def told_of_sidecars(
    sidecars: Sidecars, files: Sequence[Found], taken: Sequence[Taken]
) -> list[Taken]:
    """Say of each sidecar among `files` which of the photos it belongs to."""
    owners, told = sidecars.owners(files), {one.path: one for one in taken}
    found: list[Taken] = []
    for one in files:
        if not is_sidecar(one.path):
            continue
        shown, owner = shown_name(str(one.path)), owners.get(one.path.absolute())
        photo = told.get(shown_name(str(owner))) if owner else None
        if photo is None:
            why = one.left_out or "a sidecar of no photo that is taken in here"
            found.append(Taken(shown, "left out", detail=why))
        else:
            detail = f"of {shown_name(owner.name)}" if owner else ""
            found.append(Taken(shown, "sidecar", photo.row, photo.file_name, detail=detail))
    return found


def owner_of_bytes(shell: Shell, sha256: str) -> int | None:
    """Return the row that has these bytes."""
    for recorded in shell.journal.read_stream(f"bytes/{sha256}"):
        if isinstance(recorded.event, BytesReserved):
            return recorded.event.row
    return None


def read_file(path: Path) -> bytes:
    """
    Return the bytes of a file.

    Raises:
        AdapterError: there is none, it is empty, too large, or cannot be read.
    """
    try:
        if not path.is_file():
            raise AdapterError("NotAFile", _what(path))
        if path.stat().st_size > MAX_FILE_BYTES:
            raise AdapterError("NotAPhoto", f"larger than {MAX_FILE_BYTES >> 30} GiB")
        data = path.read_bytes()
    except OSError as error:
        raise AdapterError("FileUnreadable", error.strerror or str(error)) from error
    if not data:
        raise AdapterError("EmptyFile", "the file has no bytes")
    return data


def _what(path: Path) -> str:
    if path.is_symlink():
        return "a link that leads to no file"
    return "neither a file nor a folder" if path.exists() else "there is no such file"


def check_paths(paths: Sequence[Path]) -> None:
    """
    Refuse a command none of whose paths is there.

    Raises:
        Misused: with the paths.
    """
    if paths and not any(path.exists() or path.is_symlink() for path in paths):
        names = ", ".join(shown_name(str(path)) for path in paths)
        msg = f"there is nothing at {names}"
        raise Misused(msg, "photojournal ingest FOLDER --subject '...' --location '...'")
