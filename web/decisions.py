"""Decisions: pick, approve and reject; undo and redo. Each click is one step."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from driver.decisions import Answer, ask_each, refuse_unseen
from driver.going_back import TEXT_PARTS, RowPlan
from driver.recovery import row_number
from driver.sets import take_labels_back
from driver.shell import Shell
from driver.taking_back import Returned, TakingBack
from driver.undoing import StepPlan, plan_redo, plan_undo
from journal import Recorded
from machine import events as e
from machine.event_base import Event
from machine.intents import Approve, Intent, Pick, Reject
from machine.row import Row
from web.desk import ClickDep, Desk, DeskDep
from web.errors import Conflict
from web.job_orders import ID_MAX, ROWS_MAX, RowId
from web.lines import Line, lines_of

DECISIONS_MAX = 100
"""Decisions in one click."""
REASON_MAX = 2_000

_VERBS: dict[type[Event], str] = {
    e.Picked: "pick",
    e.Approved: "approve",
    e.QcWaived: "approve",
    e.Rejected: "reject",
    e.TextEdited: "edit",
    e.Relabelled: "edit",
    e.RatingOverridden: "rate",
    e.PhotoReplaced: "replace",
    e.RolledBack: "rollback",
}
"""What is said of a step that appended such events."""

Position = Annotated[int, Field(ge=0, le=ID_MAX)]
Words = Annotated[str, Field(max_length=REASON_MAX)]

router = APIRouter(prefix="/api")


class Asked(BaseModel):
    """A body; what it does not know is an error, so that nothing is passed over in silence."""

    model_config = ConfigDict(extra="forbid")


class DecisionAsked(Asked):
    """What is decided about rows."""

    rows: Annotated[list[RowId], Field(min_length=1, max_length=ROWS_MAX)]
    decision: Literal["pick", "approve", "reject"]
    reason: Words = ""
    waive: Words = ""
    """Approve in spite of findings, or without scores, and why."""
    seen: Annotated[list[Position], Field(max_length=ROWS_MAX)] = []
    """
    For each of the rows, up to where in the journal the person saw it; 0, or none: it is not said.
    A text that came in since is not approved.
    """


class DecisionsAsked(Asked):
    """Several decisions in one click: the best of a group picked, the others rejected."""

    decisions: Annotated[list[DecisionAsked], Field(min_length=1, max_length=DECISIONS_MAX)]


class Answered(BaseModel):
    """What became of one row: `done`, `nothing` (it was so already), `refused` or `kept`."""

    row: int
    file_name: str
    outcome: str
    detail: str
    hint: str


class Decided(BaseModel):
    """What became of a decision; `step` names it for `expect` of an undo, empty: none was made."""

    step: str
    position: int
    answers: list[Answered]
    lines: list[Line]


class UndoAsked(Asked):
    """What is taken back: the newest step, of some rows only, or a plan of it."""

    rows: Annotated[list[RowId], Field(min_length=1, max_length=ROWS_MAX)] | None = None
    plan: bool = False
    expect: Annotated[str, Field(max_length=100)] = ""
    """The step that is meant; if it is not the newest one, nothing is done."""


class LostText(BaseModel):
    """A text that a person wrote and that stops counting."""

    caption: str
    alt_text: str
    keywords: list[str]


class Back(BaseModel):
    """What going back means for one row."""

    row: int
    file_name: str
    kept: str
    """Why it is left as it is; empty: it goes back."""
    nothing: bool
    lost_text: LostText | None


class Undone(BaseModel):
    """The step that was taken back, or would be; `step` is empty where there is none."""

    step: str
    verb: str
    what: str
    """What it did: `approve`, `pick and reject`, `rate`, `edit`; empty: something else."""
    at: str
    rows: list[Back]
    answers: list[Answered]
    lines: list[Line]


@router.post("/decisions")
def decide(desk: DeskDep, click: ClickDep, asked: DecisionAsked | DecisionsAsked) -> Decided:
    """Pick, approve or reject rows; a row that refuses stops no other."""
    several = asked.decisions if isinstance(asked, DecisionsAsked) else [asked]
    return desk.answer_once(click, lambda: _decided(desk, several))


def _decided(desk: Desk, several: list[DecisionAsked]) -> Decided:
    with desk.step() as shell:
        answers = [answer for asked in several for answer in _asked(shell, asked)]
        step = f"{shell.run_id}#{shell.step}"
    return Decided(
        step=step if any(one.outcome == "done" for one in answers) else "",
        position=desk.models.position,
        answers=[_answered(one) for one in answers],
        lines=lines_of(desk, [one.row for one in answers]),
    )


def _asked(shell: Shell, asked: DecisionAsked) -> list[Answer]:
    intent = _intent(shell, asked)
    seen = dict(zip(asked.rows, asked.seen, strict=False))

    def intents(row: Row) -> list[Intent]:
        if isinstance(intent, Approve):
            refuse_unseen(shell, row, seen.get(row.happened.row, 0))
        return [intent]

    return ask_each(shell, dict.fromkeys(asked.rows), intents)


def _intent(shell: Shell, asked: DecisionAsked) -> Intent:
    if asked.decision == "pick":
        return Pick()
    if asked.decision == "reject":
        return Reject(reason=asked.reason)
    allowed = shell.workspace.config.publish.allow_ungrounded
    return Approve(allow_ungrounded=allowed, reason=asked.reason, waive=asked.waive)


def _answered(one: Answer | Returned) -> Answered:
    return Answered(
        row=one.row,
        file_name=one.file_name,
        outcome=one.outcome,
        detail=one.detail,
        hint=one.hint,
    )


@router.post("/undo")
def undo(desk: DeskDep, click: ClickDep, asked: UndoAsked) -> Undone:
    """Take back your newest step, or say what that would mean."""
    return desk.answer_once(click, lambda: _taken_back(desk, asked, _newest_click))


@router.post("/redo")
def redo(desk: DeskDep, click: ClickDep, asked: UndoAsked) -> Undone:
    """Bring back what your newest undo took, or say what that would mean."""
    return desk.answer_once(click, lambda: _taken_back(desk, asked, plan_redo))


def _newest_click(shell: Shell, rows: list[int] | None) -> StepPlan | None:
    """Plan to take back what a person did last: no work of a run that goes on beside."""
    return plan_undo(shell, rows, by_hand=True)


def _taken_back(
    desk: Desk, asked: UndoAsked, plan_of: Callable[[Shell, list[int] | None], StepPlan | None]
) -> Undone:
    if asked.plan:
        return _undone(desk, _expected(plan_of(desk.rehearsal(), asked.rows), asked), [])
    with desk.step() as shell:
        plan = _expected(plan_of(desk.rehearsal(), asked.rows), asked)
        answers = _carried_out(desk, shell, plan) if plan else []
    return _undone(desk, plan, answers)


def _expected(plan: StepPlan | None, asked: UndoAsked) -> StepPlan | None:
    """Return the plan. Raises Conflict where another step is the newest by now."""
    if asked.expect and (plan is None or plan.step.name != asked.expect):
        msg = "another step is the newest by now"
        raise Conflict(msg, "look at what would be taken back, then undo again")
    return plan


def _carried_out(desk: Desk, shell: Shell, plan: StepPlan) -> list[Answered]:
    program = desk.program
    back = TakingBack(shell, program.objects, program.gallery)
    answers = [back.roll_back(one, "") for one in plan.rows if not one.kept]
    if any(one.outcome == "done" for one in answers):
        take_labels_back(shell, plan.step.run, plan.step.step)
    if any(not TEXT_PARTS.isdisjoint(one.parts) for one in plan.rows):
        desk.texts_changed()
    return [_answered(one) for one in answers]


def _what(desk: Desk, plan: StepPlan) -> str:
    """Return what a step did, or the step that it took back; empty: something else."""
    moved = {one.row for one in plan.rows if not one.kept and not one.nothing}
    events = [one for one in plan.step.events if row_number(one.stream) in moved]
    found = {_VERBS.get(type(_meant(desk, one))) for one in events}
    return " and ".join(verb for verb in dict.fromkeys(_VERBS.values()) if verb in found)


def _meant(desk: Desk, one: Recorded) -> Event:
    """Return the event, or the first one that it took back if it is an undo."""
    if isinstance(one.event, e.RolledBack) and one.event.undoes:
        return desk.program.journal.read_stream(one.stream)[one.event.to].event
    return one.event


def _undone(desk: Desk, plan: StepPlan | None, answers: list[Answered]) -> Undone:
    if plan is None:
        return Undone(step="", verb="", what="", at="", rows=[], answers=[], lines=[])
    return Undone(
        step=plan.step.name,
        verb=plan.step.verb,
        what=_what(desk, plan),
        at=plan.step.at,
        rows=[_back(one) for one in plan.rows],
        answers=answers,
        lines=lines_of(desk, [one.row for one in plan.rows]),
    )


def _back(plan: RowPlan) -> Back:
    text = plan.lost_text
    return Back(
        row=plan.row,
        file_name=plan.file_name,
        kept=plan.kept,
        nothing=plan.nothing,
        lost_text=LostText.model_validate(text, from_attributes=True) if text else None,
    )
