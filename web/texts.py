"""
Texts of a row: judged as they are typed, saved, kept as a draft, compared, taken back in part.

An edit says which text it was based on. Where somebody else was quicker nothing is changed, and the
answer has the text that stands there now, who wrote it, and when.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from driver import clock
from driver.decisions import Answer
from driver.drafts import Draft
from driver.editing import Edit, Rated, carry_out_edit, plan_edit
from driver.errors import Misused
from driver.known_words import keep_words, known_words
from driver.shell import Shell
from driver.text_versions import last_change, text_versions
from driver.vocabulary import Spelt, spell
from machine.digests import text_digest
from machine.row import Row
from machine.text import ALT_TEXT_MAX, ALT_TEXT_TARGET
from machine.values import Labels, Text
from machine.wording import about, findings
from machine.wording.judging import RULES
from web.decisions import Asked, Words
from web.desk import ClickDep, Desk, DeskDep
from web.job_orders import RowId
from web.lines import RowShown, shown

MEANINGS = {
    rule.__name__: (rule.__doc__ or "").strip().partition("\n")[0].partition(";")[0].rstrip(".")
    + "."
    for rule in RULES
}
"""What a finding means, in a sentence."""
TEXT_MAX = 10_000
"""Characters of a caption or an alt text; the rules complain long before."""
LABEL_MAX = 200
KEYWORDS_MAX = 200

Typed = Annotated[str, Field(max_length=TEXT_MAX)]
Label = Annotated[str, Field(max_length=LABEL_MAX)]
Keywords = Annotated[list[Label], Field(max_length=KEYWORDS_MAX)]
Digest = Annotated[str, Field(max_length=64)]

router = APIRouter(prefix="/api")


class TextAsked(Asked):
    """A text as it is being typed, and the row that it is for."""

    row: RowId
    caption: Typed
    alt_text: Typed
    keywords: Keywords


class Found(BaseModel):
    """What a rule says about a text."""

    code: str
    detail: str
    meaning: str
    blocking: bool


class Lengths(BaseModel):
    """Characters; an alt text may have `alt_text_max`, and is best below `alt_text_target`."""

    caption: int
    alt_text: int
    alt_text_target: int = ALT_TEXT_TARGET
    alt_text_max: int = ALT_TEXT_MAX


class Checked(BaseModel):
    """What the rules would say if the text were saved."""

    finding_list: list[Found]
    lengths: Lengths


class SeenLabels(Asked):
    """The labels that the person saw."""

    category: Label
    subject: Label
    location: Label


class FieldsAsked(Asked):
    """What was typed; a field that is left out was left alone."""

    caption: Typed | None = None
    alt_text: Typed | None = None
    keywords: Keywords | None = None
    category: Label | None = None
    subject: Label | None = None
    location: Label | None = None
    based_on: Digest
    seen: SeenLabels | None = None
    """A label that is changed and is another one by the time it is saved is a conflict, too."""


class EditAsked(FieldsAsked):
    """What is to be saved."""

    new: bool = False
    """Category and location are meant as they are typed, however like they are to known ones."""


class RatingAsked(Asked):
    """How a person rates a photo; QR null: what was measured counts again."""

    row: RowId
    QR: Annotated[float, Field(ge=0, le=10)] | None
    reason: Words = ""


class Edited(BaseModel):
    """The step that was made (empty: it was so already), what it came to, and the row by now."""

    step: str
    detail: str
    row: RowShown


class Current(BaseModel):
    """What stands there by now, and who changed what the conflict is about."""

    texts: dict[str, Any]
    labels: dict[str, str]
    author: str
    """Empty, as `verb` and `at`: nobody knows."""
    verb: str
    """What the change was made with: `review` is a page, the others are of the command line."""
    at: str


class TextConflict(BaseModel):
    """Somebody else was quicker: nothing was changed."""

    error: str
    hint: str
    row: int
    current: Current


class Version(BaseModel):
    """A version of a row's texts."""

    version: int
    position: int
    at: str
    by: str
    what: str
    caption: str
    alt_text: str
    keywords: list[str]


class KnownWords(BaseModel):
    """Words that are offered while typing, and the models that can be asked for a text."""

    category: list[str]
    location: list[str]
    subject: list[str]
    models: list[str]


@router.post("/check-text")
def check_text(desk: DeskDep, asked: TextAsked) -> Checked:
    """Say what the rules would find in a text; nothing is saved."""
    row = desk.row(asked.row)
    text = Text(
        caption=asked.caption,
        alt_text=asked.alt_text,
        keywords=tuple(asked.keywords),
        language=row.decided.prefill.text.language,
    )
    limits = desk.program.workspace.config.prefill.text_limits()
    return Checked(
        finding_list=[
            Found(
                code=one.code,
                detail=one.detail,
                meaning=MEANINGS.get(one.code, ""),
                blocking=one.blocking,
            )
            for one in findings(text, about(row, limits=limits))
        ],
        lengths=Lengths(caption=len(text.caption), alt_text=len(text.alt_text)),
    )


@router.get("/words")
def words(desk: DeskDep) -> KnownWords:
    """Return the known words for category, location and subject, and the models that can write."""
    desk.looking()
    known, prefill = known_words(desk.program), desk.program.workspace.config.prefill
    models = prefill.models() if prefill.captioner == "ollama" else ()
    subjects = desk.models.query(
        "SELECT Subject FROM review_queue WHERE Subject <> '' GROUP BY 1 ORDER BY 1 LIMIT 2000"
    )
    return KnownWords(
        category=sorted(known.words("folders")),
        location=sorted(known.words("locations")),
        subject=[one["Subject"] for one in subjects],
        models=list(dict.fromkeys(models)),
    )


@router.post("/rows/{row}/edit", response_model=Edited, responses={409: {"model": TextConflict}})
def edit(desk: DeskDep, click: ClickDep, row: RowId, asked: EditAsked) -> Edited | JSONResponse:
    """Change texts and labels of a row, unless somebody else changed them first."""
    return desk.answer_once(click, lambda: _edited(desk, row, asked))


@router.post("/rating")
def rate(desk: DeskDep, click: ClickDep, asked: RatingAsked) -> Edited:
    """Put a person's rating in the place of the measured one, or take it away."""
    wanted = Edit(rating=Rated(asked.QR, asked.reason))

    def make() -> Edited:
        desk.row(asked.row)
        with desk.step() as shell:
            answer = _carried_out(shell, asked.row, wanted)
        return _told(desk, shell, answer)

    return desk.answer_once(click, make)


def _edited(desk: Desk, number: int, asked: EditAsked) -> Edited | JSONResponse:
    wanted, found = _wanted(desk, asked)
    conflict = _conflict(desk, number, wanted)
    if conflict:
        return conflict
    begun = clock.now()
    with desk.step() as shell:
        answer = _carried_out(shell, number, wanted)
        if answer.outcome == "done":
            keep_words(desk.program, found)
            desk.texts_changed()
    if answer.outcome == "refused":
        conflict = _conflict(desk, number, wanted)
        if conflict:
            return conflict
    told = _told(desk, shell, answer)
    desk.drafts.drop(number, begun)
    return Edited(step=told.step, detail=told.detail, row=shown(desk, number))


def _wanted(desk: Desk, asked: EditAsked) -> tuple[Edit, Spelt]:
    """Return the edit, its labels in their known spelling. Raises Misused."""
    typed = Labels(category=asked.category or "", location=asked.location or "")
    found = spell(known_words(desk.program), typed, new=asked.new)
    return (
        Edit(
            caption=asked.caption,
            alt_text=asked.alt_text,
            keywords=None if asked.keywords is None else tuple(asked.keywords),
            category=None if asked.category is None else found.labels.category,
            subject=asked.subject,
            location=None if asked.location is None else found.labels.location,
            based_on=asked.based_on,
            seen=_seen(asked),
        ),
        found,
    )


def _seen(asked: FieldsAsked) -> Labels | None:
    return Labels(**asked.seen.model_dump()) if asked.seen else None


def _carried_out(shell: Shell, number: int, wanted: Edit) -> Answer:
    (answer,) = carry_out_edit(shell, plan_edit(shell, [number], wanted), wanted)
    return answer


def _told(desk: Desk, shell: Shell, answer: Answer) -> Edited:
    """Return what became of it. Raises Misused where it was refused."""
    if answer.outcome == "refused":
        raise Misused(answer.detail, answer.hint)
    step = f"{shell.run_id}#{shell.step}" if answer.outcome == "done" else ""
    return Edited(step=step, detail=answer.detail, row=shown(desk, answer.row))


def _conflict(desk: Desk, number: int, wanted: Edit) -> JSONResponse | None:
    """Return what stands there by now, if it is not what the person saw; None: it is."""
    row = desk.row(number)
    text, labels = row.decided.prefill.text, row.decided.labels
    other_text = wanted.based_on not in ("", text_digest(text)) and wanted.has_text()
    other = "text" if other_text else wanted.overtaken(labels)
    if not other:
        return None
    said = TextConflict(
        error=f"the {other} of row {number} has changed since you saw it",
        hint="compare the two, then save what is right",
        row=number,
        current=_current(desk, row, other),
    )
    return JSONResponse(said.model_dump(), 409, headers={"Cache-Control": "no-store"})


@router.get("/rows/{row}/current")
def current(
    desk: DeskDep, row: RowId, field: Literal["text", "category", "subject", "location"]
) -> Current:
    """Return what stands there by now, and who made the text or a label what it is."""
    return _current(desk, desk.row(row), field)


def _current(desk: Desk, row: Row, field: str) -> Current:
    text, labels = row.decided.prefill.text, row.decided.labels
    changed = last_change(desk.looking(), row.happened.row, field)
    runs = "SELECT verb FROM runs WHERE run_id = ?"
    run = desk.models.query(runs, (changed.run_id,)) if changed else []
    return Current(
        texts={
            "caption": text.caption,
            "alt_text": text.alt_text,
            "keywords": list(text.keywords),
            "based_on": text_digest(text),
        },
        labels={
            "category": labels.category,
            "subject": labels.subject,
            "location": labels.location,
        },
        author=changed.actor if changed else "",
        verb=run[0]["verb"] if run else "",
        at=changed.at if changed else "",
    )


@router.put("/rows/{row}/draft")
def keep_draft(desk: DeskDep, click: ClickDep, row: RowId, asked: FieldsAsked) -> dict[str, str]:
    """Keep what was typed and is not saved, in the place of what was kept before."""
    at = clock.now()

    def make() -> dict[str, str]:
        _refuse_erased(desk, row)
        desk.program.workspace.refuse_incident()
        given = asked.model_dump(exclude={"seen", "keywords"})
        keywords = None if asked.keywords is None else tuple(asked.keywords)
        desk.drafts.write(row, Draft(**given, keywords=keywords, seen=_seen(asked), at=at))
        try:
            _refuse_erased(desk, row)  # which may have happened meanwhile
        except Misused:
            desk.drafts.drop(row)
            raise
        return {"at": at}

    return desk.answer_once(click, make)


def _refuse_erased(desk: Desk, number: int) -> None:
    if desk.row(number).happened.erasure:
        msg = f"row {number} was erased"
        raise Misused(msg, f"photojournal history {number}")


@router.delete("/rows/{row}/draft")
def drop_draft(desk: DeskDep, click: ClickDep, row: RowId) -> dict[str, str]:
    """Forget what was typed about a row and not saved."""
    at = clock.now()

    def make() -> dict[str, str]:
        desk.program.workspace.refuse_incident()
        desk.drafts.drop(row, at)
        return {"at": ""}

    return desk.answer_once(click, make)


@router.get("/rows/{row}/versions")
def versions(desk: DeskDep, row: RowId) -> list[Version]:
    """Return the versions of a row's texts, the newest first."""
    desk.row(row)
    return [Version(**one) for one in text_versions(desk.looking(), row)]
