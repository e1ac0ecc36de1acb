"""
Runs as the page shows them: the list, one run with how far it is, its rows, and its triage.

A page that follows a run asks again whenever `/api/changes` names the run; each of its events is
read once.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from msgspec import to_builtins
from pydantic import BaseModel

from driver.looking import Seen, briefly, ending, typed
from driver.run_progress import RunProgress, StageProgress
from driver.triage_runs import WELL, WORKING
from journal import Journal
from machine.failures import FAILURES
from web.desk import Desk, DeskDep
from web.errors import NotThere
from web.job_orders import RunId
from web.job_processes import Jobs
from web.jobs import JobsDep, run_of

router = APIRouter(prefix="/api")

LOG_LINES = 100
"""Lines of a run's log that are shown, the last ones."""
_LOG_TAIL_BYTES = 64 * 1024
_WATCHED_MAX = 4


class NoSuchRun(NotThere):
    """The page asks for a run that is not there."""

    def __init__(self, run: str) -> None:
        """Name the run."""
        super().__init__(f"there is no run {run}", "photojournal runs")


class RunLine(BaseModel):
    """A run as `runs --json` lists it, as far as the page needs it."""

    run_id: str
    command: str
    brief: str
    """The command for a listing: of a long one the first words, and how many more there are."""
    verb: str
    actor: str
    started_at: str
    ended_at: str
    outcome: str
    """Never empty: `working` while it lives, `died` when it went without a word."""
    exit_code: int | None
    detail: str
    rows: int
    events: int
    effects: bool
    processor: str
    marked: str
    job: str
    """The job of this page that it is; empty: somebody else started it."""


class RunList(BaseModel):
    """The newest runs."""

    total: int
    runs: list[RunLine]


class Progress(BaseModel):
    """How far a stage of a run is."""

    stage: str
    at_work: int
    done: int
    failed: int
    total: int | None
    rate_per_s: float | None
    eta_s: float | None
    waiting: str
    """What it waits for just now, in words; empty: for nothing."""
    paused: str
    """What stopped it, in words."""
    paused_detail: str


class RunShown(RunLine):
    """One run, with how far it is and the end of its log."""

    progress: list[Progress]
    log_path: str
    """Relative to the workspace; empty: a run without effects keeps no log."""
    log: list[str]
    triage: str
    """The command that explains how it ended; empty: it ended well, or works."""


class RowResult(BaseModel):
    """What became of one row in one stage of a run."""

    row: int
    file_name: str
    stage: str
    outcome: str
    code: str
    meaning: str
    detail: str
    at: str


class Failure(BaseModel):
    """What a failure code means."""

    meaning: str
    stage: str
    hint: str
    """What a person can do, with `{row}` for the row; empty: its next action says it."""


class Watching:
    """The runs that are followed, counted as far as they were read. For all threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: OrderedDict[str, RunProgress] = OrderedDict()
        self._guard = threading.Lock()

    @contextmanager
    def of(self, journal: Journal, run: str, until: int) -> Iterator[RunProgress]:
        """Give a run's account up to the position `until`; nobody else changes it meanwhile."""
        with self._guard:
            progress = self._known.pop(run, None) or RunProgress()
            if progress.position < until:
                for recorded in journal.by_run(run, after=progress.position, until=until):
                    progress.take(recorded)
                progress.position = max(progress.position, until)
            self._known[run] = progress
            while len(self._known) > _WATCHED_MAX:
                self._known.popitem(last=False)
            yield progress


def _watching(request: Request) -> Watching:
    watching: Watching = request.app.state.watching
    return watching


WatchingDep = Annotated[Watching, Depends(_watching)]


@router.get("/runs")
def listed(
    desk: DeskDep, jobs: JobsDep, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> RunList:
    """List the newest runs and how they ended."""
    seen = desk.looking()
    runs = seen.models.runs()
    mine = _runs_of_jobs(desk, jobs)
    return RunList(total=len(runs), runs=[_line(seen, run, mine) for run in runs[:limit]])


@router.get("/runs/{run}")
def shown(run: RunId, desk: DeskDep, jobs: JobsDep, watching: WatchingDep) -> RunShown:
    """Return one run: how far each stage is, how fast, and the last lines of its log."""
    seen = desk.looking()
    found = _found(seen, run)
    line = _line(seen, found, _runs_of_jobs(desk, jobs))
    job = jobs.get(line.job)
    rows, over = len(job.order.rows) if job else None, line.outcome != WORKING
    with watching.of(desk.program.journal, run, found["last_position"]) as account:
        stages = [_progress(one) for one in account.stages(datetime.now(UTC), over=over, rows=rows)]
    log = desk.program.logs.of_run(run) if found["effects"] else None
    return RunShown(
        **line.model_dump(),
        progress=stages,
        log_path=log.relative_to(desk.program.workspace.root).as_posix() if log else "",
        log=_tail(log) if log else [],
        triage="" if line.outcome in (WELL, WORKING) else f"photojournal triage --run {run}",
    )


@router.get("/runs/{run}/rows")
def rows_of(
    run: RunId,
    desk: DeskDep,
    watching: WatchingDep,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 200,
) -> list[RowResult]:
    """Say what became of each row, so far: what failed first, then the newest first."""
    seen = desk.looking()
    found = _found(seen, run)
    with watching.of(desk.program.journal, run, found["last_position"]) as account:
        outcomes = account.rows()[:limit]
    queue = seen.models.queue({one.row for one in outcomes})
    names = {line["id"]: line["File_Name"] for line in queue}
    return [
        RowResult(
            row=one.row,
            file_name=names.get(one.row, ""),
            stage=one.stage,
            outcome=one.outcome,
            code=one.code,
            meaning=_meaning(one.code),
            detail=one.detail,
            at=one.at,
        )
        for one in outcomes
    ]


@router.get("/triage")
def triage(desk: DeskDep, run: RunId | None = None) -> dict[str, Any]:
    """Say what failed first, whom it hit, why, and what to type next, as `triage --json` does."""
    from driver.triage import Asked, triage_of

    seen = desk.looking()
    if run:
        _found(seen, run)
    found: dict[str, Any] = to_builtins(triage_of(seen, Asked(run=run or "")))
    return found


@router.get("/failures")
def failures() -> dict[str, Failure]:
    """Return the table of failure codes: what each means, and what helps."""
    return {
        code: Failure(meaning=one.meaning, stage=one.stage, hint=one.hint)
        for code, one in FAILURES.items()
    }


def _found(seen: Seen, run: str) -> dict[str, Any]:
    found = seen.models.query("SELECT * FROM runs WHERE run_id = ?", (run,))
    if not found:
        raise NoSuchRun(run)
    return found[0]


def _progress(stage: StageProgress) -> Progress:
    told = Progress(**to_builtins(stage))
    told.waiting, told.paused = _meaning(stage.waiting), _meaning(stage.paused)
    return told


def _meaning(code: str) -> str:
    return FAILURES[code].meaning if code in FAILURES else code


def _runs_of_jobs(desk: Desk, jobs: Jobs) -> dict[str, str]:
    """Return the job of each run that this page started."""
    return {run: job.id for job in jobs.all() if (run := run_of(desk, job))}


def _line(seen: Seen, run: dict[str, Any], jobs: dict[str, str]) -> RunLine:
    told = {name: run[name] for name in RunLine.model_fields if name in run}
    command = typed(run) if run["argv"] or run["verb"] else ""
    return RunLine.model_validate(
        told
        | {
            "command": command,
            "brief": briefly(command),
            "outcome": ending(seen, run),
            "effects": bool(run["effects"]),
            "job": jobs.get(run["run_id"], ""),
        }
    )


def _tail(path: Path) -> list[str]:
    """Return the last lines of a run's log; none where it was pruned, or is not written yet."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _LOG_TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[1 if size > _LOG_TAIL_BYTES else 0 :][-LOG_LINES:]
