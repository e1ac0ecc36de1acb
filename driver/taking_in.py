"""Taking photos in, from what was typed to what became of each file; for command line and page."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from driver.errors import DriverError, Unreachable
from driver.ingest import Intake, Taken
from driver.ingest_plan import look_at
from driver.known_rows import KnownRows
from driver.listing import files_of, paired
from driver.program import Program
from machine.values import Labels


class Ingested(Struct, frozen=True, kw_only=True):
    """What an ingest came to."""

    set_id: str
    """Empty when nothing came in."""
    taken: list[Taken]
    stopped: DriverError | None = None
    """What kept the rest from coming in."""

    def rows(self) -> list[int]:
        """Return the rows that came in or live again."""
        came = ("ingested", "reopened")
        return [one.row for one in self.taken if one.outcome in came and one.row is not None]


def ingest(
    program: Program,
    paths: Sequence[Path],
    labels: Labels,
    *,
    recursive: bool,
    progress: Callable[[int, int], None],
    as_new: bool = False,
) -> Ingested:
    """Take photos in; whatever stops it, say what became of each file so far."""
    workspace = program.workspace
    intake = Intake(
        program.shell,
        program.objects,
        program.workers,
        labels,
        paths,
        copy=workspace.config.ingest.copy,
        known=KnownRows(program.shell, program.models, as_new=as_new),
    )
    own = (workspace.data, workspace.site, workspace.logs)
    files = paired(files_of(paths, recursive=recursive, own=own))
    stopped: DriverError | None = None
    try:
        intake.run(files, progress, program.stopping)
    except Unreachable as error:
        stopped = error
    program.refresh()
    return Ingested(set_id=intake.set.set_id, taken=intake.taken, stopped=stopped)


def plan_ingest(program: Program, paths: Sequence[Path], recursive: bool) -> list[Taken]:
    """Say what an ingest would read; whether a file is a photo turns out when it is taken in."""
    workspace = program.workspace
    own = (workspace.data, workspace.site, workspace.logs)
    shell = program.rehearsal("ingest")
    known = KnownRows(shell, program.models, as_new=False)
    files = paired(files_of(paths, recursive=recursive, own=own))
    return [taken for found in files for taken in look_at(shell, found, known)]
