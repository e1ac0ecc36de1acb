"""
What publishing, withdrawing and going back would do, row by row, before anything is done.

The very plans of `--dry-run`; nothing here appends or speaks to a server.
"""

from typing import Annotated

from fastapi import APIRouter
from msgspec import to_builtins
from pydantic import BaseModel, Field

from driver.galleries import places
from driver.going_back import RowPlan, plan_run
from driver.publishing import plan_publication
from driver.taking_back import plan_withdrawal
from web.decisions import Asked
from web.desk import Desk, DeskDep
from web.job_orders import ROWS_MAX, PublishOrder, RowId, RunId, WithdrawOrder, as_typed

router = APIRouter(prefix="/api/plans")

_PUBLISHABLE = (
    "SELECT id FROM review_queue WHERE due LIKE '%publish%'"
    " OR Review_Status IN ('Approved', 'Publishing') ORDER BY id"
)


class Publishing(Asked):
    """Rows that are to be published; none: all that may be."""

    rows: Annotated[list[RowId], Field(max_length=ROWS_MAX, default_factory=list)]


class TakingDown(Asked):
    """Rows that are to be taken down."""

    rows: Annotated[list[RowId], Field(min_length=1, max_length=ROWS_MAX)]


class Publishable(BaseModel):
    """What publishing would do with one row."""

    row: int
    file_name: str
    due: bool
    why: str
    """Why it is or is not due."""
    open: bool
    refused: bool
    """It is approved, and something stands against it."""
    paths: list[str]
    size_bytes: int


class PublicationPlan(BaseModel):
    """What `publish --dry-run` says."""

    to: str
    """Where everything goes, for a person."""
    command: str
    rows: list[Publishable]


class OutsideStep(BaseModel):
    """One change in the gallery."""

    action: str
    """`put_file`, `remove_file`, `put_record` or `remove_record`."""
    target: str
    size_bytes: int


class LostText(BaseModel):
    """What of a person's text stops counting; a text that stays as it is, is blank here."""

    caption: str
    alt_text: str
    keywords: list[str]


class GoingBack(BaseModel):
    """What going back, or taking down, means for one row."""

    row: int
    file_name: str
    version: int
    """Where it stands now."""
    to: int
    parts: list[str]
    steps: list[OutsideStep]
    kept: str
    """Why it is left as it is; empty: it goes."""
    hint: str
    nothing: bool
    """It is as asked already."""
    not_ours: list[str]
    """Places where somebody else's bytes or row stand: they stay."""
    lost_text: LostText | None


class GoingBackPlan(BaseModel):
    """What `withdraw --dry-run` or `rollback --dry-run` says."""

    to: str
    command: Annotated[str, Field(description="As a person would type it")]
    rows: list[GoingBack]


@router.post("/publish")
def publication(desk: DeskDep, asked: Publishing) -> PublicationPlan:
    """Say for each row why it is or is not due; without rows, for all that may be."""
    rows = asked.rows
    _check(desk, rows)
    found = desk.looking().models.query(_PUBLISHABLE)
    numbers = rows or [line["id"] for line in found]
    plan = plan_publication(desk.program, dict.fromkeys(numbers))
    due = [one.row for one in plan if one.due]
    return PublicationPlan(
        to=places(desk.program.workspace),
        command=as_typed(PublishOrder(verb="publish", rows=(due or rows) if rows else [])),
        rows=[Publishable(**to_builtins(one)) for one in plan if rows or one.due or one.refused],
    )


@router.post("/withdraw")
def withdrawal(desk: DeskDep, asked: TakingDown) -> GoingBackPlan:
    """Say for each row what would be taken down."""
    rows = asked.rows
    _check(desk, rows)
    shell = desk.program.rehearsal("withdraw")
    plans = [plan_withdrawal(shell, number) for number in dict.fromkeys(rows)]
    going = [plan.row for plan in plans if not plan.kept] or list(rows)
    return GoingBackPlan(
        to=places(desk.program.workspace),
        command=as_typed(WithdrawOrder(verb="withdraw", rows=going)),
        rows=[told(plan) for plan in plans],
    )


@router.get("/rollback")
def rollback(desk: DeskDep, run: RunId, *, including_later: bool = False) -> GoingBackPlan:
    """Say for each row what taking back the work of a run means."""
    shell = desk.program.rehearsal("rollback")
    plans = plan_run(shell, run, including_later=including_later)
    later = " --including-later" if including_later else ""
    return GoingBackPlan(
        to=places(desk.program.workspace),
        command=f"photojournal rollback --run={run}{later}",
        rows=[told(plan) for plan in plans],
    )


def told(plan: RowPlan) -> GoingBack:
    """Return a plan as the page shows it."""
    return GoingBack(**to_builtins(plan))


def _check(desk: Desk, rows: list[int]) -> None:
    """Raise NoSuchRow where one is not there."""
    for number in rows:
        desk.row(number)
