"""
Is what stands in the gallery what the journal says? Files and records, compared one by one.

Looking changes nothing. What is not ours is counted and otherwise left out of it: a website has
files of its own. Ours is what a row stands for today, and what is left of earlier steps: a file
under a name that a publication travelled by, or at a path that a row once took.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Literal

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.ports import Gallery, PublishedRecord
from driver.claims import adopted_rows
from driver.errors import DRIFT
from driver.known_puts import known_puts
from driver.shell import Shell
from driver.standing import unreachable, why_behind
from driver.workspace import escape_name, unescape_name
from machine.digests import record_digest
from machine.record import differing
from machine.row import FileFact, Row
from machine.status import left_outside, outside
from machine.values import Record

Problem = Literal["missing", "half", "changed", "leftover", "unclaimed", "unknown", "open"]
"""
What is wrong at a target.

missing: it is gone. half: the beginning of our bytes. changed: somebody else's bytes or row stand
there, or values that we never put there. leftover: ours, and no row stands for it.
unclaimed: as published, but the table beside it does not say whose it is. unknown: a record that
says it is ours and that the journal does not know. open: something was begun and has no end.
"""

OF_THE_SITE = "of the site, as adopted"
"""What is said of something that was there before, and is gone."""

STAYED = "somebody else's when the row was taken down: still public"
"""What is said of something that a withdrawal left alone."""

_UNCLAIMED = "nobody claims it: what stood beside the published table is lost"

Part = Literal["file", "record"]
Progress = Callable[[int, int], None]


class Finding(Struct, frozen=True, kw_only=True):
    """Something in the gallery that is not as the journal says."""

    row: int | None
    file_name: str
    part: Part
    target: str
    problem: Problem
    detail: str = ""
    repair: str = ""
    """What `repair --remote` does about it; empty: nothing, a person has to."""
    sha256: str = ""
    """Of the file that stands there; empty: none does, or it is not ours."""
    size_bytes: int = 0
    record: Record | None = None
    """The record that stands there, where it is ours."""


class RemoteVerdict(Struct, frozen=True, kw_only=True):
    """What was compared and what was found."""

    gallery: str
    files: int
    """Files that rows stand for."""
    records: int
    whole_files: int
    """Of `files`, those that stand there as published; what is open is not looked at."""
    whole_records: int
    foreign_files: int
    foreign_records: int
    elsewhere: int
    """Rows that stand in another gallery: nothing of them was sought here."""
    findings: tuple[Finding, ...]
    behind: str = ""
    """Why the journal is not the one that last published here; empty: it is."""

    @property
    def exit_code(self) -> int:
        """Return 5 where something differs."""
        return DRIFT if self.findings or self.behind else 0


def compare(
    shell: Shell,
    objects: Objects,
    gallery: Gallery,
    numbers: Iterable[int],
    progress: Progress = lambda _done, _total: None,
) -> RemoteVerdict:
    """
    Compare the gallery with what the journal says stands there.

    Args:
        shell: only read from.
        objects: the store, to know half a file of ours.
        gallery: where to look.
        numbers: all rows of the workspace.
        progress: told how many rows are through.

    Raises:
        Unreachable: the gallery does not answer.
    """
    try:
        behind = why_behind(shell.journal, gallery)
        comparison = _Comparison(shell, objects, gallery, numbers)
        findings = [*comparison.files(progress), *comparison.leftovers(), *comparison.records()]
        findings += comparison.site()
    except AdapterError as error:
        raise unreachable(error) from error
    return RemoteVerdict(
        gallery=gallery.name,
        files=len(comparison.paths),
        records=len(comparison.keys),
        whole_files=comparison.whole("file", findings),
        whole_records=comparison.whole("record", findings),
        foreign_files=comparison.foreign_files,
        foreign_records=comparison.foreign_records,
        elsewhere=comparison.elsewhere,
        findings=tuple(findings),
        behind=behind,
    )


class _Comparison:
    """One look at a gallery."""

    def __init__(
        self, shell: Shell, objects: Objects, gallery: Gallery, numbers: Iterable[int]
    ) -> None:
        self.workspace = shell.journal.uuid
        self.objects = objects
        self.gallery = gallery
        rows = [shell.row(number) for number in numbers]
        here = [row for row in rows if gallery_of(row) in ("", gallery.name)]
        self.rows = {_number(row): row for row in here}
        self.elsewhere = sum(outside(row) for row in rows) - sum(outside(row) for row in here)
        self.listed = dict(gallery.files())
        self.known = known_puts(shell.journal)
        self.paths = {path for row in self.rows.values() for path in _files(row)}
        self.keys = {
            record.file_name: row for row in self.rows.values() if (record := _record(row))
        }
        self.marked = gallery.mark() is not None
        self.adopted = adopted_rows(shell.journal)
        self.lines: set[str] = set()
        """Of the published table, whosever they are."""
        self.foreign_files = 0
        self.foreign_records = 0

    def whole(self, part: Part, findings: Iterable[Finding]) -> int:
        """Return how much of what rows stand for is as published, by what was found."""
        looked_at = [row for row in self.rows.values() if row.happened.saga is None]
        if part == "file":
            expected = {path for row in looked_at for path in _files(row)}
        else:
            expected = {one.file_name for row in looked_at if (one := _record(row))}
        return len(expected - _wrong(part, findings))

    def files(self, progress: Progress) -> Iterator[Finding]:
        """Yield what is wrong with the files that rows stand for."""
        for done, row in enumerate(self.rows.values()):
            progress(done, len(self.rows))
            if row.happened.saga:
                words = f"a {row.happened.saga.kind} is open: photojournal repair {_number(row)}"
                yield _finding(row, "file", "", "open", words)
                continue
            for path, fact in _files(row).items():
                finding = self._file(row, path, fact)
                if finding:
                    yield finding
        progress(len(self.rows), len(self.rows))

    def _file(self, row: Row, path: str, fact: FileFact) -> Finding | None:
        """Compare one file of a row, by its bytes."""
        finding = partial(_finding, row, "file", path)
        try:
            standing = self.gallery.look(path)
        except AdapterError as error:
            if error.code != "TargetChanged":
                raise
            return finding("changed", error.detail)
        if standing == fact.sha256:
            return None
        if standing is None:
            return finding("missing", repair="put it back")
        size_bytes = self.listed.get(path, 0)
        begun, damage = False, ""
        if size_bytes < fact.size_bytes:
            begun, damage = self._is_beginning(path, fact)
        if begun:
            return finding(
                "half",
                f"{size_bytes} of {fact.size_bytes} bytes",
                repair="put it back whole",
                sha256=standing,
                size_bytes=size_bytes,
            )
        return finding("changed", f"other bytes stand there: SHA-256 {standing}{damage}")

    def _is_beginning(self, path: str, fact: FileFact) -> tuple[bool, str]:
        """
        Tell whether what stands at a path is the beginning of the file that should be there.

        Nobody knows where the picture is gone or damaged in the store; the second word says so.
        """
        try:
            picture = self.objects.get(fact.sha256)
        except AdapterError as error:
            return False, f"; ours cannot be compared: {error.detail}"
        return picture.startswith(self.gallery.fetch(path) or b""), ""

    def leftovers(self) -> Iterator[Finding]:
        """Yield files of ours that no row stands for; count those that are not ours."""
        for path in self.listed:
            if path in self.paths:
                continue
            number, digests = self.known.put.get(path, (0, set[str]()))
            travelled = path in self.known.travelled
            row = self.rows.get(self.known.travelled.get(path, number))
            if row and row.happened.saga:
                continue  # `open` says it
            standing = self._look(path) if row else None
            if row and path in left_outside(row):
                yield _finding(row, "file", path, "changed", STAYED)
            elif row and standing and (travelled or standing in digests):
                yield _finding(
                    row,
                    "file",
                    path,
                    "leftover",
                    "of an upload that was interrupted" if travelled else "no row stands for it",
                    repair="remove it",
                    sha256=standing,
                    size_bytes=self.listed[path],
                )
            else:
                self.foreign_files += 1

    def _look(self, path: str) -> str | None:
        try:
            return self.gallery.look(path)
        except AdapterError as error:
            if error.code != "TargetChanged":
                raise
            return None

    def records(self) -> Iterator[Finding]:
        """Yield what is wrong with the published table; count the records that are not ours."""
        wanted = {key: row for key, row in self.keys.items() if row.happened.saga is None}
        for standing in self.gallery.records():
            self.lines.add(escape_name(standing.key))
            row = wanted.pop(standing.key, None)
            if row is not None:
                finding = self._record(row, standing)
            elif standing.key in self.keys:
                continue  # `open` says it
            elif standing.workspace == self.workspace and not self._is_adopted(standing):
                finding = self._unexpected(standing)
            else:
                finding = None
                self.foreign_records += 1
            if finding:
                yield finding
        for key, row in wanted.items():
            yield _finding(row, "record", key, "missing", repair="put it back")

    def _record(self, row: Row, standing: PublishedRecord) -> Finding | None:
        expected = _record(row)
        assert expected is not None
        mine = (standing.workspace, standing.row) == (self.workspace, _number(row))
        if standing.workspace and not mine:
            theirs = f"it belongs to row {standing.row} of workspace {standing.workspace}"
            return _finding(row, "record", standing.key, "changed", theirs)
        if standing.digest == record_digest(expected):
            if standing.workspace and self.marked:
                return None
            return _finding(row, "record", standing.key, "unclaimed", _UNCLAIMED, repair="claim it")
        detail, record = _differing(expected, standing.record), standing.record if mine else None
        return _finding(row, "record", standing.key, "changed", detail, record=record)

    def _is_adopted(self, standing: PublishedRecord) -> bool:
        """Tell whether a line that the journal had lost was adopted since."""
        return escape_name(standing.key) in self.adopted

    def site(self) -> Iterator[Finding]:
        """Yield what is gone of the rows that were there before; `records` comes first."""
        for name, event in self.adopted.items():
            if event.digest and name not in self.lines:
                yield _of_the_site(name, "record", name)
            for file in event.files:
                if unescape_name(file.target) not in self.listed:
                    yield _of_the_site(name, "file", file.target)

    def _unexpected(self, standing: PublishedRecord) -> Finding:
        """Return a record with our name on it that no row stands for today."""
        row, record = self.rows.get(standing.row or 0), standing.record
        put = self.known.records.get((standing.row or 0, standing.key))
        finding = partial(_finding, row, "record", standing.key) if row and put else None
        if finding and put and standing.digest in put:
            return finding("leftover", repair="remove it", record=record)
        if finding and row and standing.key in left_outside(row):
            return finding("changed", STAYED)
        if finding:
            return finding("changed", "no row stands for it, and these values were never put there")
        return Finding(
            row=None,
            file_name=standing.key,
            part="record",
            target=standing.key,
            problem="unknown",
            detail=f"row {standing.row} of this workspace, says the table",
            record=record,
        )


def _wrong(part: Part, findings: Iterable[Finding]) -> set[str]:
    """Return where something else stands than what was published, or nothing."""
    return {one.target for one in findings if one.part == part and one.problem != "unclaimed"}


def gallery_of(row: Row) -> str:
    """Return the gallery that a row stands in, or stood in last; empty: nobody said."""
    return row.decided.publication.gallery or row.happened.gallery


def _number(row: Row) -> int:
    return row.happened.row


def _files(row: Row) -> dict[str, FileFact]:
    """Return what stands for a row as far as is known, and what is published and should stand."""
    return row.decided.publication.files | row.happened.files


def _record(row: Row) -> Record | None:
    return row.happened.record or row.decided.publication.record


def _of_the_site(name: str, part: Part, target: str) -> Finding:
    return Finding(
        row=None,
        file_name=name,
        part=part,
        target=target,
        problem="missing",
        detail=OF_THE_SITE,
    )


def _finding(
    row: Row,
    part: Part,
    target: str,
    problem: Problem,
    detail: str = "",
    *,
    repair: str = "",
    sha256: str = "",
    size_bytes: int = 0,
    record: Record | None = None,
) -> Finding:
    return Finding(
        row=_number(row),
        file_name=row.happened.file_name,
        part=part,
        target=target,
        problem=problem,
        detail=detail,
        repair=repair,
        sha256=sha256,
        size_bytes=size_bytes,
        record=record,
    )


def _differing(expected: Record, standing: Record | None) -> str:
    """Name the columns that differ."""
    if standing is None:
        return "a column holds what no record can hold"
    return f"other values: {', '.join(differing(expected, standing))}"
