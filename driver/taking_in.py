"""Taking photos in, from what was typed to what became of each file; for command line and page."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from driver.disk_need import DiskNeed, check_disk, disk_need
from driver.errors import DriverError, Unreachable
from driver.ingest import Intake, Taken
from driver.ingest_plan import look_at
from driver.known_rows import KnownRows
from driver.listing import Found, files_of, paired
from driver.lookalikes import Alike, grouped, look_alikes
from driver.program import Program
from machine.values import Labels


class Ingested(Struct, frozen=True, kw_only=True):
    """What an ingest came to."""

    set_id: str
    """Empty when nothing came in."""
    taken: list[Taken]
    stopped: DriverError | None = None
    """What kept the rest from coming in."""
    alike: list[Alike] = []
    """New rows that look like earlier ones; none is dropped for it."""

    def rows(self) -> list[int]:
        """Return the rows that came in or live again."""
        came = ("ingested", "reopened")
        return [one.row for one in self.taken if one.outcome in came and one.row is not None]


class Planned(Struct, frozen=True, kw_only=True):
    """What an ingest would come to."""

    taken: list[Taken]
    need: DiskNeed


def ingest(
    program: Program,
    paths: Sequence[Path],
    labels: Labels,
    *,
    recursive: bool,
    progress: Callable[[int, int], None],
    announce: Callable[[DiskNeed], None] = lambda _need: None,
    as_new: bool = False,
) -> Ingested:
    """
    Take photos in; whatever stops it, say what became of each file so far.

    `announce` is told what disk the set will need, before it begins.

    Raises:
        Unreachable: the disk is too small for the set; nothing was begun.
    """
    copy = program.workspace.config.ingest.copy
    files = _files(program, paths, recursive=recursive)
    need = disk_need(program, program.shell, files)
    announce(need)
    check_disk(need, copy=copy)
    intake = Intake(
        program.shell,
        program.objects,
        program.workers,
        labels,
        paths,
        copy=copy,
        known=KnownRows(program.shell, program.models, as_new=as_new),
    )
    stopped: DriverError | None = None
    try:
        intake.run(files, progress, program.stopping)
    except Unreachable as error:
        stopped = error
    program.refresh()
    got = Ingested(set_id=intake.set.set_id, taken=intake.taken, stopped=stopped)
    found = look_alikes(program.models, got.rows())
    taken = [
        replace(one, looks_like=found[one.row]["id"])
        if one.row in found and one.outcome != "paired"
        else one
        for one in got.taken
    ]
    return replace(got, taken=taken, alike=grouped(found))


def plan_ingest(program: Program, paths: Sequence[Path], recursive: bool) -> Planned:
    """
    Say what an ingest would read, and what disk it would need.

    Whether a file is a photo turns out when it is taken in.
    """
    shell = program.rehearsal("ingest")
    files = _files(program, paths, recursive=recursive)
    known = KnownRows(shell, program.models, as_new=False)
    taken = [taken for found in files for taken in look_at(shell, found, known)]
    return Planned(taken=taken, need=disk_need(program, shell, files))


def _files(program: Program, paths: Sequence[Path], *, recursive: bool) -> list[Found]:
    workspace = program.workspace
    own = (workspace.data, workspace.site, workspace.logs)
    return paired(files_of(paths, recursive=recursive, own=own))
