"""Texts of many rows: find and replace with a plan, and the rows that nothing stands against."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from driver.clean_rows import clean_rows, sample_of
from driver.errors import Misused
from driver.replacing_text import (
    FIELDS,
    LONGEST,
    Replacement,
    Sought,
    carry_out_replacements,
    digest_of_plan,
    plan_replacements,
)
from machine.values import TextField
from web.decisions import Answered, Asked
from web.desk import ClickDep, Desk, DeskDep
from web.errors import Conflict
from web.job_orders import ROWS_MAX, RowId

LISTED = 500
"""Changes that a plan shows one by one; all are counted."""
SAMPLE_MAX = 50

router = APIRouter(prefix="/api")


class ReplaceAsked(Asked):
    """What is looked for in which rows; `plan` shows what would become of them."""

    rows: Annotated[list[RowId], Field(min_length=1, max_length=ROWS_MAX)]
    find: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    replace: Annotated[str, Field(max_length=LONGEST)] = ""
    fields: Annotated[list[TextField], Field(min_length=1, default_factory=lambda: [*FIELDS])]
    regex: bool = False
    match_case: bool = False
    plan: bool = True
    expect: Annotated[str, Field(max_length=64)] = ""
    """The digest of the plan that was shown."""


class Item(BaseModel):
    """What becomes of one text."""

    row: int
    file_name: str
    field: TextField
    before: str
    after: str


class Replaced(BaseModel):
    """A plan (`answers` empty), or what became of it; `count` is of texts, `rows` of rows."""

    count: int
    rows: int
    items: list[Item]
    digest: str
    step: str = ""
    answers: list[Answered]


class CleanRows(BaseModel):
    """The rows that can be approved at once, some of them drawn at random, and why others not."""

    position: int
    """Where in the journal they stand so: `seen` of the decision."""
    clean: list[int]
    sample: list[int]
    not_clean: dict[str, int]


@router.post("/replace")
def replace(desk: DeskDep, click: ClickDep, asked: ReplaceAsked) -> Replaced:
    """Find and replace in texts: shown first, then done as shown, as one step."""
    if asked.plan:
        return _told(_sought(asked), _plan(desk, asked))
    return desk.answer_once(click, lambda: _replaced(desk, asked))


def _sought(asked: ReplaceAsked) -> Sought:
    return Sought(
        find=asked.find,
        replace=asked.replace,
        fields=tuple(one for one in FIELDS if one in asked.fields),
        regex=asked.regex,
        match_case=asked.match_case,
    )


def _plan(desk: Desk, asked: ReplaceAsked) -> list[Replacement]:
    models = desk.looking().models
    return plan_replacements(desk.rehearsal(), models, asked.rows, _sought(asked))


def _told(sought: Sought, plan: list[Replacement]) -> Replaced:
    return Replaced(
        count=len(plan),
        rows=len({one.row for one in plan}),
        items=[Item.model_validate(one, from_attributes=True) for one in plan[:LISTED]],
        digest=digest_of_plan(sought, plan),
        answers=[],
    )


def _replaced(desk: Desk, asked: ReplaceAsked) -> Replaced:
    if not asked.expect:
        msg = "say which plan is to be carried out"
        raise Misused(msg, "ask for the plan first, then send its digest as `expect`")
    sought, plan = _sought(asked), _plan(desk, asked)
    told = _told(sought, plan)
    if told.digest != asked.expect:
        msg = "the texts have changed since the plan was shown"
        raise Conflict(msg, "look at the new plan, then replace")
    with desk.step() as shell:
        answers = carry_out_replacements(shell, plan, sought)
    done = any(one.outcome == "done" for one in answers)
    if done:
        desk.texts_changed()
    return told.model_copy(
        update={
            "step": f"{shell.run_id}#{shell.step}" if done else "",
            "answers": [Answered.model_validate(one, from_attributes=True) for one in answers],
        }
    )


@router.get("/clean")
def clean(
    desk: DeskDep,
    set_id: Annotated[str, Query(alias="set", max_length=100)] = "",
    sample: Annotated[int, Query(ge=0, le=SAMPLE_MAX)] = 10,
) -> CleanRows:
    """Return the rows of a set, or of all, that nothing stands against, and a sample of them."""
    models = desk.looking().models
    position = models.position
    lines = models.query("SELECT * FROM review_queue WHERE ? IN ('', set_id) ORDER BY id", [set_id])
    found = clean_rows(lines)
    return CleanRows(
        position=position,
        clean=list(found.rows),
        sample=sample_of(found.rows, sample),
        not_clean=found.not_clean,
    )
