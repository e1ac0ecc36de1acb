"""
Taking photos in: files become rows, with their name and their bytes reserved in the same append.

A file that is no photo is refused by name and the others go on. Equal bytes are one row, whatever
set they come in with: a live row is left alone, a rejected or rolled-back one lives again under its
name. An ingest that was interrupted goes on when the same command is given again.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.tasks import PhotoFacts
from adapters.workers import Answer, WorkerFailure, Workers
from driver import clock
from driver.errors import Misused
from driver.names import Names
from driver.shell import Shell
from driver.workspace import escape_name
from journal import Entry, VersionConflict
from journal.crashpoints import point
from machine.decide import decide
from machine.events import BytesReserved, NameReserved
from machine.intents import IngestRow, ReopenRow
from machine.naming import name_key
from machine.refusals import Refused
from machine.run_events import FileRefused, FileSkipped, SetCreated
from machine.values import STAGES, Labels

MAX_FILE_BYTES = 2 << 30
"""A larger file is no photo that this program can hold in memory."""


class Taken(Struct, frozen=True):
    """What became of one file."""

    path: str
    outcome: str
    """`ingested`, `skipped`, `reopened` or `refused`."""
    row: int | None = None
    file_name: str = ""
    code: str = ""
    detail: str = ""


class Photo(Struct, frozen=True):
    """A file that was read."""

    path: Path
    data: bytes
    sha256: str


def files_of(paths: Sequence[Path], *, recursive: bool) -> Iterator[Path]:
    """
    Yield the files that are meant, in natural order; a path that is not there is yielded as it is.

    Folders are read one level deep unless `recursive`; links to folders are not followed, so that a
    loop of links ends; hidden files are left out.
    """
    for given in paths:
        if not given.is_dir():
            yield given
        elif recursive:
            for folder, names, files in os.walk(given, followlinks=False):
                names[:] = sorted((one for one in names if not one.startswith(".")), key=_natural)
                yield from _visible(Path(folder), files)
        else:
            yield from _visible(given, [one.name for one in given.iterdir() if one.is_file()])


def _visible(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    for name in sorted(names, key=_natural):
        if not name.startswith("."):
            yield folder / name


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


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
    ) -> None:
        """Prepare; the set is made when the first thing is to be said about it."""
        self.shell = shell
        self.objects = objects
        self.workers = workers
        self.labels = labels
        self.paths = paths
        self.copy = copy
        self.set_id = ""
        self._set_version = 0
        self._skipped: list[FileSkipped] = []
        self._names = Names(shell.journal)

    def run(
        self,
        files: Sequence[Path],
        progress: Callable[[int, int], None],
        stopping: Callable[[], bool],
    ) -> list[Taken]:
        """Take every file in and say what became of each; `progress(done, total)`."""
        taken: list[Taken] = []
        ahead: list[tuple[Photo | Taken, Future[Answer] | None]] = []
        upcoming = iter(files)
        while not stopping() or ahead:
            while len(ahead) < self.workers.count + 1 and not stopping():
                path = next(upcoming, None)
                if path is None:
                    break
                ahead.append(self._begin(path))
            if not ahead:
                break
            taken.append(self._end(*ahead.pop(0)))
            progress(len(taken), len(files))
        if self.set_id:
            for skipped in self._skipped:
                self._append_to_set(skipped)
        return taken

    # --- one file

    def _begin(self, path: Path) -> tuple[Photo | Taken, Future[Answer] | None]:
        """Read the file; hand a new photo to a worker."""
        try:
            data = self._read(path)
        except AdapterError as error:
            return self._refuse(path, error.code, error.detail), None
        photo = Photo(path, data, hashlib.sha256(data).hexdigest())
        if self._owner(photo.sha256) is not None:
            return photo, None
        return photo, self.workers.submit("read_metadata", data, b"")

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            if not path.is_file():
                missing = "is a folder" if path.is_dir() else "there is no such file"
                raise AdapterError("NotAFile", missing)
            if path.stat().st_size > MAX_FILE_BYTES:
                raise AdapterError("NotAPhoto", f"larger than {MAX_FILE_BYTES >> 30} GiB")
            data = path.read_bytes()
        except OSError as error:
            raise AdapterError("FileUnreadable", error.strerror or str(error)) from error
        if not data:
            raise AdapterError("EmptyFile", "the file has no bytes")
        return data

    def _owner(self, sha256: str) -> int | None:
        for recorded in self.shell.journal.read_stream(f"bytes/{sha256}"):
            if isinstance(recorded.event, BytesReserved):
                return recorded.event.row
        return None

    def _end(self, begun: Photo | Taken, reading: Future[Answer] | None) -> Taken:
        if isinstance(begun, Taken):
            return begun
        if reading is None:
            return self._known(begun)
        answer = reading.result()
        if isinstance(answer, WorkerFailure):
            code = answer.code if answer.kind == "refused" else "NotAPhoto"
            return self._refuse(begun.path, code, answer.detail)
        facts = msgspec.json.decode(answer.data, type=PhotoFacts)
        return self._take(begun, facts)

    def _known(self, photo: Photo) -> Taken:
        """The bytes are a row already: leave it, or let it live again."""
        number = self._owner(photo.sha256)
        assert number is not None
        name = self.shell.row(number).happened.file_name
        shown = escape_name(str(photo.path))
        try:
            self.shell.ask(
                number, ReopenRow(set_id=self.set_id or self._old_set(number), labels=self.labels)
            )
        except Refused:
            source = self.shell.workspace.source_of(photo.path.absolute(), copied=False)
            self._skipped.append(FileSkipped(source=source, sha256=photo.sha256, row=number))
            return Taken(shown, "skipped", number, name, detail=f"the same bytes as row {number}")
        return Taken(shown, "reopened", number, name)

    def _old_set(self, number: int) -> str:
        return self.shell.row(number).happened.set_id

    def _refuse(self, path: Path, code: str, detail: str) -> Taken:
        source = self.shell.workspace.source_of(path.absolute(), copied=False)
        self._append_to_set(FileRefused(source=source, code=code, detail=detail))
        return Taken(escape_name(str(path)), "refused", code=code, detail=detail)

    def _take(self, photo: Photo, facts: PhotoFacts) -> Taken:
        """Append row, name and bytes in one piece; whoever is first keeps a contested one."""
        if self.copy:
            self.objects.put(photo.data)
        if not self.set_id:
            self._make_set()
        stem = self._names.series(self.labels, facts.metadata, photo.path.stem)
        number = self._names.next_row()
        while True:
            file_name = self._names.propose(stem)
            intent = IngestRow(
                row=number,
                set_id=self.set_id,
                labels=self.labels,
                original_name=escape_name(photo.path.name),
                source=self.shell.workspace.source_of(photo.path.absolute(), copied=self.copy),
                sha256=photo.sha256,
                size_bytes=len(photo.data),
                file_name=file_name,
                needed=STAGES,
                metadata=facts.metadata,
                embedded=facts.embedded,
                private=facts.private,
            )
            name_stream = f"name/{name_key(Path(file_name).stem)}"
            bytes_stream = f"bytes/{photo.sha256}"
            beside = (
                Entry(name_stream, 0, NameReserved(row=number, file_name=file_name)),
                Entry(bytes_stream, 0, BytesReserved(row=number)),
            )
            try:
                point("ingest.row.before")
                self.shell.change(number, lambda row, i=intent: decide(row, i), beside)
                point("ingest.row.after")
            except Refused:
                number = self._names.next_row()
            except VersionConflict as conflict:
                if conflict.stream == bytes_stream:
                    return self._known(photo)
                self._names.taken(stem, file_name)
            else:
                self._names.taken(stem, file_name)
                return Taken(escape_name(str(photo.path)), "ingested", number, file_name)

    # --- the set

    def _make_set(self) -> None:
        day, count = clock.today(), 1
        while True:
            set_id = f"{day}-{count}"
            created = SetCreated(
                set_id=set_id,
                labels=self.labels,
                paths=tuple(escape_name(str(path)) for path in self.paths),
            )
            try:
                self.shell.append([Entry(f"set/{set_id}", 0, created)])
            except VersionConflict:
                count += 1
            else:
                self.set_id, self._set_version = set_id, 1
                return

    def _append_to_set(self, event: FileRefused | FileSkipped) -> None:
        if not self.set_id:
            self._make_set()
        self.shell.append([Entry(f"set/{self.set_id}", self._set_version, event)])
        self._set_version += 1


def check_paths(paths: Sequence[Path]) -> None:
    """Refuse a command none of whose paths is there."""
    if paths and not any(path.exists() or path.is_symlink() for path in paths):
        names = ", ".join(escape_name(str(path)) for path in paths)
        msg = f"there is nothing at {names}"
        raise Misused(msg, "photojournal ingest FOLDER --subject '...' --location '...'")
