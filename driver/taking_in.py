"""Taking photos in, from what was typed to what became of each file; for command line and page."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from driver.disk_need import DiskNeed, check_disk, disk_need
from driver.errors import DriverError, Unreachable
from driver.found_marks import Wanted, follow_up
from driver.ingest import Intake, Taken
from driver.ingest_plan import look_at
from driver.known_rows import KnownRows
from driver.listing import Found, files_of, paired
from driver.lookalikes import Alike, grouped, look_alikes
from driver.program import Program
from driver.sidecars import Sidecars, is_sidecar
from driver.workspace import shown_name
from machine.values import Labels


class Ingested(Struct, frozen=True, kw_only=True):
    """What an ingest came to."""

    set_id: str
    """Empty when nothing came in."""
    taken: list[Taken]
    picked: list[int] | None = None
    """Rows that became picks for the marks in their photos; None: that was not asked for."""
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
    min_rating: int | None = None,
) -> Ingested:
    """
    Take photos in; whatever stops it, say what became of each file so far.

    `announce` is told what disk the set will need, before it begins.

    Raises:
        Unreachable: the disk is too small for the set; nothing was begun.
    """
    copy = program.workspace.config.ingest.copy
    files = _files(program, paths, recursive=recursive)
    photos = _photos(files)
    need = disk_need(program, program.shell, photos)
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
        intake.run(photos, progress, program.stopping)
    except Unreachable as error:
        stopped = error
    taken = intake.taken + told_of_sidecars(intake.sidecars, files, intake.taken)
    rows = dict.fromkeys(one.row for one in intake.taken if one.row is not None)
    wanted = Wanted(min_rating, program.workspace.config.ingest.pick_labels)
    picked = follow_up(program.shell, list(rows), intake.set.set_id, wanted)
    program.warnings += intake.sidecars.warnings
    program.refresh()
    got = Ingested(set_id=intake.set.set_id, taken=taken, stopped=stopped, picked=picked)
    found = look_alikes(program.models, got.rows())
    taken = [
        replace(one, looks_like=found[one.row]["id"])
        if one.row in found and one.outcome not in ("paired", "sidecar")
        else one
        for one in taken
    ]
    return replace(got, taken=taken, alike=grouped(found))


def plan_ingest(
    program: Program, paths: Sequence[Path], *, recursive: bool, as_new: bool = False
) -> Planned:
    """
    Say what an ingest would read, and what disk it would need.

    Whether a file is a photo turns out when it is taken in.
    """
    shell = program.rehearsal("ingest")
    files = _files(program, paths, recursive=recursive)
    photos, known = _photos(files), KnownRows(shell, program.models, as_new=as_new)
    taken = [one for found in photos for one in look_at(shell, found, known)]
    taken += told_of_sidecars(Sidecars(program.workspace), files, taken)
    return Planned(taken=taken, need=disk_need(program, shell, photos))


def _files(program: Program, paths: Sequence[Path], *, recursive: bool) -> list[Found]:
    workspace = program.workspace
    own = (workspace.data, workspace.site, workspace.logs)
    return list(files_of(paths, recursive=recursive, own=own))


def _photos(files: Sequence[Found]) -> list[Found]:
    return paired(one for one in files if not is_sidecar(one.path))


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
