"""
A row's life, and the way back to an earlier version of it.

Going back is an event and a step like any other. Where it touches nothing outside, it is done at
once; where files or records have to change, it is a job.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from msgspec import to_builtins
from pydantic import BaseModel, ConfigDict, Field

from driver.errors import Misused
from driver.galleries import places
from driver.going_back import RowPlan, plan_row
from driver.row_history import history_of
from driver.taking_back import Returned, TakingBack
from machine.row import Row, mark_at
from web.desk import ClickDep, Desk, DeskDep
from web.errors import Conflict
from web.job_orders import ID_MAX, Reason, RollbackOptions, RollbackOrder, RowId, as_typed
from web.job_processes import Job, Jobs
from web.jobs import JobAnswer, JobsDep
from web.jobs import told as job_told
from web.plans import GoingBackPlan
from web.plans import told as plan_told

router = APIRouter(prefix="/api/rows/{row}")

RowPath = Annotated[int, Path(ge=1, le=ID_MAX)]
_TEXTS = frozenset(("intake", "labels", "prefill"))
"""Parts of a row that are its text, or that its text is judged beside."""


class Happened(BaseModel):
    """One event of a row, as `history --json` tells it."""

    model_config = ConfigDict(extra="allow")

    version: int
    position: int
    at: str
    actor: str
    run_id: str
    step: int
    type: str
    words: str
    elapsed_ms: int | None
    """Since the event that led to it."""
    attempt: int | None
    charged: bool | None
    texts: dict[str, dict[str, str]]
    """What it did to the texts, by column: old, new, diff."""
    can_go_back: bool
    """Whether going back to it changes the row, and may: nothing was open outside there."""


class BackTo(BaseModel):
    """Which version, and for which version of the row the plan was seen."""

    model_config = ConfigDict(extra="forbid", strict=True)

    to: RowId
    expect: Annotated[int, Field(ge=1, le=ID_MAX, description="The row's version in the plan")]
    reason: Reason = ""


class WentBack(BaseModel):
    """What came of it: at once (`outcome`), or a job that does it."""

    outcome: str
    """`done`, `nothing`, `incomplete`, `refused`, or `job`."""
    detail: str = ""
    hint: str = ""
    Review_Status: str = ""
    step: str = ""
    """What `undo` calls it: run#step."""
    job: JobAnswer | None = None


@router.get("/history")
def history(row: RowPath, desk: DeskDep) -> list[Happened]:
    """Tell what happened to a row, the oldest first."""
    state, may = desk.row(row), not desk.is_readonly
    told: list[dict[str, Any]] = to_builtins(history_of(desk.looking(), row))
    return [
        Happened.model_validate(one | {"can_go_back": may and _is_target(state, one["version"])})
        for one in told
    ]


def _is_target(row: Row, version: int) -> bool:
    mark = mark_at(row, version)
    changed = mark.version == version and mark.decided != row.decided
    return changed and mark.settled and not row.happened.erasure


@router.get("/rollback-plan")
def plan(row: RowPath, to: RowId, desk: DeskDep) -> GoingBackPlan:
    """Say what going back to a version means: parts, changes outside, texts that are lost."""
    desk.row(row)
    return GoingBackPlan(
        to=places(desk.program.workspace),
        command=as_typed(_order(row, to, "")),
        rows=[plan_told(plan_row(desk.program.rehearsal("rollback"), row, to))],
    )


@router.post("/rollback")
def go_back(row: RowPath, asked: BackTo, desk: DeskDep, jobs: JobsDep, click: ClickDep) -> WentBack:
    """Bring a row back to a version: at once, or as a job where the gallery has to change."""
    done = desk.answer_once(click, lambda: _go_back(desk, jobs, row, asked))
    if isinstance(done, Job):
        return WentBack(outcome="job", job=job_told(desk, jobs, done))
    return done


def _go_back(desk: Desk, jobs: Jobs, row: int, asked: BackTo) -> WentBack | Job:
    desk.program.workspace.refuse_incident()
    planned = plan_row(desk.rehearsal(), row, asked.to)
    _refuse(desk, row, asked, planned)
    if planned.steps:
        return jobs.start(_order(row, asked.to, asked.reason))
    with desk.step() as shell:
        back = TakingBack(shell, desk.program.objects, desk.program.gallery)
        returned = back.roll_back(planned, asked.reason)
        if returned.outcome == "done" and not _TEXTS.isdisjoint(planned.parts):
            desk.texts_changed()
        return _told(returned, f"{shell.run_id}#{shell.step}")


def _refuse(desk: Desk, row: int, asked: BackTo, planned: RowPlan) -> None:
    """Raise where the row changed since the plan was seen, or does not go back."""
    now = desk.row(row).version
    if now != asked.expect:
        msg = f"row {row} changed since the plan was made (version {asked.expect}, now {now})"
        raise Conflict(msg, "look at the plan again")
    if planned.kept and not planned.nothing:
        raise Misused(planned.kept, planned.hint or f"photojournal history {row}")


def _order(row: int, to: int, reason: str) -> RollbackOrder:
    options = RollbackOptions(to=to, reason=reason)
    return RollbackOrder(verb="rollback", rows=[row], options=options)


def _told(returned: Returned, step: str) -> WentBack:
    return WentBack(
        outcome=returned.outcome,
        detail=returned.detail,
        hint=returned.hint,
        Review_Status=returned.status,
        step=step if returned.outcome == "done" else "",
    )
