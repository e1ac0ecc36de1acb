"""
Taking a gallery as it is, with a journal that was restored from an old backup.

What was published or withdrawn after the backup is noted row by row. It stands for what is
published from then on, and nothing of such a row goes out before somebody approves it again: the
newer text, and why a photo was taken down, are known to the lost journal only.
Only what is surely ours is: a record whose values are those that its owner, this row, wrote, and
the files that such a record leads to. All else is left alone and told. Nothing is changed outside
but the mark, which says from then on that this journal is the one to go on with.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, to_builtins

from adapters.errors import AdapterError
from adapters.gallery_paths import THUMBS, beside, path_of_url, safe_name
from adapters.ports import Gallery, Mark, PublishedRecord
from driver.program import Program
from driver.shell import Shell
from driver.standing import stream_of, unreachable
from journal import Entry
from machine.decide import decide
from machine.digests import record_digest
from machine.intents import ObserveOutside
from machine.refusals import Refused
from machine.row import Row
from machine.run_events import GalleryAccepted
from machine.values import ObservedFile, Record


class Left(Struct, frozen=True, kw_only=True):
    """Something that is not noted, and why; `target` is empty where it is the whole row."""

    row: int
    target: str
    why: str


class Acceptance(Struct, frozen=True, kw_only=True):
    """What it means to take a gallery as it is."""

    observed: dict[int, ObserveOutside]
    """By row: what stands there otherwise than the journal knew, and is ours."""
    left: tuple[Left, ...]
    gone: frozenset[int] = frozenset()
    """Rows of which nothing stands there any more; they become withdrawn."""
    unsent: frozenset[int] = frozenset()
    """Approved rows of which nothing is known to have stood there; their approval falls."""

    def told(self) -> dict[str, list[Any]]:
        """Return it as a program reads it: the rows that are noted, those gone, what is left."""
        left = to_builtins(list(self.left))
        gone, unsent = sorted(self.gone), sorted(self.unsent)
        return {"noted": list(self.observed), "gone": gone, "unsent": unsent, "left": left}


def plan_acceptance(shell: Shell, gallery: Gallery, numbers: Iterable[int]) -> Acceptance:
    """
    Look at what stands outside of every row; append nothing.

    Raises:
        Unreachable: the gallery does not answer.
    """
    try:
        survey = _Survey(shell, gallery)
        for number in numbers:
            survey.look_at(shell.row(number))
    except AdapterError as error:
        raise unreachable(error) from error
    return Acceptance(
        observed=survey.observed,
        left=tuple(survey.left),
        gone=frozenset(survey.gone),
        unsent=frozenset(survey.unsent),
    )


def accept(program: Program, gallery: Gallery, numbers: Iterable[int], reason: str) -> Acceptance:
    """
    Note what stands outside of each row, say that a person took it so, and set the mark.

    Raises:
        Unreachable: the gallery does not answer; what was noted stays noted.
    """
    shell, journal = program.shell, program.journal
    plan = plan_acceptance(shell, gallery, numbers)
    for number, observed in plan.observed.items():
        shell.ask(number, observed)
    try:
        mark = gallery.mark()
        if mark:
            stream = stream_of(gallery)
            accepted = GalleryAccepted(position=mark.position, hash=mark.hash, reason=reason)
            shell.append([Entry(stream, len(journal.read_stream(stream)), accepted)])
            gallery.accept(Mark(position=journal.head.position, hash=journal.head.hash.hex()))
    except AdapterError as error:
        raise unreachable(error) from error
    return plan


class _Survey:
    """One look at a gallery, row by row."""

    def __init__(self, shell: Shell, gallery: Gallery) -> None:
        self.workspace = shell.journal.uuid
        self.base = shell.workspace.config.publish.public_url_base
        self.gallery = gallery
        self.records = {one.key: one for one in gallery.records()}
        self.sizes = dict(gallery.files())
        self.observed: dict[int, ObserveOutside] = {}
        self.left: list[Left] = []
        self.gone: set[int] = set()
        self.unsent: set[int] = set()

    def look_at(self, row: Row) -> None:
        """Say what of a row would be noted, and what is left."""
        if row.happened.erasure:
            return
        if row.happened.saga:
            words = f"a {row.happened.saga.kind} is open: photojournal repair {row.happened.row}"
            self._leave(row, "", words)
            return
        standing = self.records.get(row.happened.file_name)
        ours = standing.record if standing and self._wrote(row, standing) else None
        if standing and ours is None:
            self._judge(row, standing)
        newer = ours is not None and ours != row.happened.record
        paths = {*row.happened.files, *(_paths(self.base, ours) if ours else ())}
        files = (self._file(row, path, newer=newer) for path in sorted(paths))
        observed = ObserveOutside(
            gallery=self.gallery.name,
            files=tuple(one for one in files if one),
            record_seen=standing is None or ours is not None,
            record=ours,
            accepted=True,
        )
        try:
            decide(row, observed)
        except Refused as refused:
            if not refused.nothing:
                self._leave(row, "", str(refused))
        else:
            self.observed[row.happened.row] = observed
            missed = {one.path for one in observed.files if not one.sha256}
            known = row.happened.files or row.happened.record
            if not known and not observed.files and ours is None:
                self.unsent.add(row.happened.row)
            elif standing is None and missed == set(row.happened.files):
                self.gone.add(row.happened.row)

    def _wrote(self, row: Row, standing: PublishedRecord) -> bool:
        """Tell whether a record is as this very row wrote it."""
        owner = (standing.workspace, standing.row, standing.written)
        return owner == (self.workspace, row.happened.row, standing.digest)

    def _judge(self, row: Row, standing: PublishedRecord) -> None:
        """Tell of a record that is not as the row wrote it, unless it is as the journal knew."""
        known = row.happened.record
        as_known = known is not None and standing.digest == record_digest(known)
        if not as_known and (known or standing.workspace == self.workspace):
            self._leave(row, standing.key, "somebody else's line, or other values than we wrote")

    def _file(self, row: Row, path: str, *, newer: bool) -> ObservedFile | None:
        """Return what is to be noted of a file; `newer`: a later record of ours goes with it."""
        try:
            standing = self.gallery.look(path)
        except AdapterError as error:
            if error.code != "TargetChanged":
                raise
            self._leave(row, path, error.detail)
            return None
        known = row.happened.files.get(path)
        if standing is None:
            return ObservedFile(path=path)
        if known and known.sha256 == standing:
            return None
        if not newer:
            self._leave(row, path, "other bytes stand there, and no record of ours goes with them")
            return None
        return ObservedFile(path=path, sha256=standing, size_bytes=self.sizes.get(path, 0))

    def _leave(self, row: Row, target: str, why: str) -> None:
        self.left.append(Left(row=row.happened.row, target=target, why=why))


def _paths(base: str, record: Record) -> set[str]:
    """Return where the files of a record stand: no path of others, whatever its URLs say."""
    web = path_of_url(base, record.path)
    if web.rpartition("/")[2] != safe_name(record.file_name):
        return set()
    thumb = beside(web, THUMBS)
    return {web, thumb} if path_of_url(base, record.thumb_path) == thumb else {web}
