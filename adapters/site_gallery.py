"""
The gallery of a website: pictures on one server, the published table on another.

What a gallery promises stands in `adapters.ports.Gallery`; its two halves keep it, each for what
it holds (`adapters.ftp_files`, `adapters.mysql_table`). A half is made when it is first needed:
whoever asks for the name only connects to nothing and needs no password.

What a server says goes through `redacted` before anybody reads it.
"""

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Protocol

from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.gallery_steps import report_of
from adapters.judging import Judged
from adapters.ports import Mark, Probe, PublishedRecord
from machine.record import record_of
from machine.row import Row
from machine.values import Record, Step, StepReport

_ONE_RECORD = threading.Lock()
"""
Records of several rows on their way go one after the other: they are short beside the pictures,
and transactions beside each other would stop each other again and again (gaps of an index).
"""


_CREATE = "photojournal doctor --create-table"
_ALTER = (
    "mend these columns by ALTER TABLE, or name a table that is not there yet (table in"
    f" [publish.mysql]) and let it be made: {_CREATE}"
)


class Files(Protocol):
    """The half with the pictures; what its methods do stands in `Gallery`."""

    def look(self, target: str) -> str | None:
        """See `Gallery.look`."""
        ...

    def fetch(self, target: str) -> bytes | None:
        """See `Gallery.fetch`."""
        ...

    def files(self) -> Iterator[tuple[str, int]]:
        """See `Gallery.files`."""
        ...

    def put_file(self, step: Step, data: bytes) -> StepReport:
        """See `Gallery.put_file`."""
        ...

    def remove_file(self, step: Step) -> StepReport:
        """See `Gallery.remove_file`."""
        ...

    def check(self) -> Probe:
        """Try a file out; raises nothing."""
        ...

    def sweep(self) -> None:
        """See `Gallery.sweep`."""
        ...

    def close(self) -> None:
        """End the conversation, if there is one."""
        ...


class Table(Protocol):
    """The half with the published table."""

    def look(self, key: str) -> PublishedRecord | None:
        """See `Gallery.look_record`."""
        ...

    def put(self, step: Step, *, row: int, mark: Mark) -> Judged:
        """See `Gallery.put_record`."""
        ...

    def remove(self, step: Step, *, row: int, mark: Mark) -> Judged:
        """See `Gallery.remove_record`."""
        ...

    def mark(self) -> Mark | None:
        """See `Gallery.mark`."""
        ...

    def accept(self, mark: Mark) -> None:
        """See `Gallery.accept`."""
        ...

    def records(self) -> Iterator[PublishedRecord]:
        """See `Gallery.records`."""
        ...

    def problems(self) -> list[str]:
        """Return what keeps records from being put, as sentences."""
        ...

    def probe(self, record: Record) -> None:
        """Insert, change and delete a row, and roll it back. Raises AdapterError."""
        ...

    def create(self) -> None:
        """Make the tables that are missing."""
        ...

    def close(self) -> None:
        """Close the connection, if there is one."""
        ...


class SiteGallery:
    """A gallery out of two halves, each made by what is given for it."""

    def __init__(
        self,
        files: Callable[[], Files],
        table: Callable[[], Table],
        *,
        redacted: Callable[[str], str],
    ) -> None:
        self._make_files = files
        self._make_table = table
        self._redacted = redacted

    @cached_property
    def _files(self) -> Files:
        return self._make_files()

    @cached_property
    def _table(self) -> Table:
        return self._make_table()

    @property
    def name(self) -> str:
        """What events call it."""
        return "ftp"

    def look(self, target: str) -> str | None:
        """See `Gallery.look`."""
        with self._careful():
            return self._files.look(target)

    def fetch(self, target: str) -> bytes | None:
        """See `Gallery.fetch`."""
        with self._careful():
            return self._files.fetch(target)

    def files(self) -> Iterator[tuple[str, int]]:
        """See `Gallery.files`."""
        with self._careful():
            yield from self._files.files()

    def put_file(self, step: Step, data: bytes) -> StepReport:
        """See `Gallery.put_file`."""
        with self._careful():
            return self._told(self._files.put_file(step, data))

    def remove_file(self, step: Step) -> StepReport:
        """See `Gallery.remove_file`."""
        with self._careful():
            return self._told(self._files.remove_file(step))

    def look_record(self, key: str) -> PublishedRecord | None:
        """See `Gallery.look_record`."""
        with self._careful():
            return self._table.look(key)

    def put_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """See `Gallery.put_record`."""
        with self._careful(), _ONE_RECORD:
            return self._told(report_of(step, *self._table.put(step, row=row, mark=mark)))

    def remove_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """See `Gallery.remove_record`."""
        with self._careful(), _ONE_RECORD:
            return self._told(report_of(step, *self._table.remove(step, row=row, mark=mark)))

    def mark(self) -> Mark | None:
        """See `Gallery.mark`."""
        with self._careful():
            return self._table.mark()

    def accept(self, mark: Mark) -> None:
        """See `Gallery.accept`."""
        with self._careful():
            self._table.accept(mark)

    def sweep(self) -> None:
        """See `Gallery.sweep`."""
        self._files.sweep()

    def records(self) -> Iterator[PublishedRecord]:
        """See `Gallery.records`."""
        with self._careful():
            yield from self._table.records()

    def check(self) -> tuple[Probe, ...]:
        """See `Gallery.check`; both halves are tried, whatever the first one says."""
        probes = (self._files.check(), self._check_table())
        return tuple(replace(one, detail=self._redacted(one.detail)) for one in probes)

    def _check_table(self) -> Probe:
        empty = record_of(Row(), path="", thumb_path="")
        probe = replace(empty, file_name=f"photojournal-probe-{secrets.token_hex(8)}")
        try:
            problems = self._table.problems()
            if not problems:
                self._table.probe(probe)
        except AdapterError as error:
            return Probe(
                name="mysql", ok=False, code=error.code, detail=str(error), hint=error.hint
            )
        if problems:
            hint = _CREATE if all("is missing: photojournal" in one for one in problems) else _ALTER
            detail = " ".join(problems)
            return Probe(name="mysql", ok=False, code="PublishRefused", detail=detail, hint=hint)
        detail = "inserted, changed and deleted a row, and rolled it back"
        return Probe(name="mysql", ok=True, detail=detail)

    def create_table(self) -> None:
        """Make the published table and those beside it, where they are missing."""
        with self._careful():
            self._table.create()

    def close(self) -> None:
        """Leave the servers that were spoken to."""
        for half in ("_files", "_table"):
            if made := self.__dict__.get(half):
                made.close()

    def _told(self, report: StepReport) -> StepReport:
        return replace(report, detail=self._redacted(report.detail))

    @contextlib.contextmanager
    def _careful(self) -> Iterator[None]:
        """Let errors out without what nobody may read."""
        try:
            yield
        except AdapterError as error:
            raise AdapterError(error.code, self._redacted(error.detail), error.hint) from error
