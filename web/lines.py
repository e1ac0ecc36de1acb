"""
What the page is told about a row: its line in the grid, and everything for the panel beside it.

Fields are named as the columns of `review_queue`. Made from a row's line in the read model and from
its state, never from files.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from machine.digests import text_digest
from machine.row import Row, rating_of
from machine.status import waived
from projections.review_queue import UNNAMED
from web.desk import Desk
from web.errors import NoSuchRow

SEPARATOR = ", "
"""Between the values of a column that has several."""


class Pictures(BaseModel):
    """Where the pictures of a row are; another picture has another address."""

    thumb: str
    web: str
    full: str


class Line(BaseModel):
    """A row in the grid."""

    id: int
    File_Name: str
    Original_File_Name: str
    set_id: str
    Folder: str
    Subject: str
    Location: str
    DateTime: str
    Width: int | None
    Height: int | None
    Review_Status: str
    QC_Status: str
    QR: float | None
    quality_tier: str
    findings: list[str]
    failure: str
    attempts: str
    """How often each stage was tried: `prefill 1, score 2`."""
    next_action: str
    decision: str
    due: str
    prefill_status: str
    score_status: str
    resize_status: str
    text_author: str
    grounded: bool
    Caption: str
    alt_text: str
    Keywords: str
    last_position: int
    has_draft: bool
    pictures: Pictures


class Texts(BaseModel):
    """The texts of a row; `based_on` is what an edit says that it was based on."""

    caption: str
    alt_text: str
    keywords: list[str]
    based_on: str


class Author(BaseModel):
    """Who wrote a text: `human`, `file`, `model` or `rule`, and the name."""

    kind: str
    name: str


class Labels(BaseModel):
    """What a row has in common with its set."""

    category: str
    subject: str
    location: str


class Facts(BaseModel):
    """What the camera wrote, as it is published."""

    camera: str
    lens_model: str
    exposure: str
    aperture: str
    iso: int | None
    focal_length: str
    date_time: str


class Score(BaseModel):
    """One metric."""

    metric: str
    value: float


class Finding(BaseModel):
    """What quality control says about the text."""

    code: str
    detail: str
    blocking: bool
    waived: bool


class Suggestion(BaseModel):
    """A text that a model offered."""

    model: str
    caption: str
    alt_text: str
    keywords: list[str]


class Published(BaseModel):
    """Where visitors see the row."""

    path: str
    thumb_path: str


class Override(BaseModel):
    """A rating that a person gave, why, and who that is."""

    QR: float
    reason: str
    by: str


class Measured(BaseModel):
    """The rating that follows from the scores."""

    QR: float | None
    tier: str


class Rating(BaseModel):
    """The quality rating that counts, 0 to 10, and the person's that stands over the measured."""

    QR: float | None
    tier: str
    measured: Measured
    override: Override | None


class DraftShown(BaseModel):
    """What was typed and not saved; a field that is null was left alone."""

    caption: str | None
    alt_text: str | None
    keywords: list[str] | None
    category: str | None
    subject: str | None
    location: str | None
    based_on: str
    seen: Labels | None
    at: str


class RowShown(Line):
    """Everything about a row that the panel shows."""

    texts: Texts
    author: Author | None
    labels: Labels
    facts: Facts
    scores: list[Score]
    metrics_missing: str
    finding_list: list[Finding]
    suggestions: list[Suggestion]
    published: Published | None
    rating: Rating
    draft: DraftShown | None
    similar: list[int]
    former_names: list[str]


def line_of(desk: Desk, line: dict[str, Any]) -> Line:
    """Return a row's line of the read model as the grid shows it."""
    number = line["id"]
    return Line.model_validate(
        {
            **line,
            "findings": listed(line["findings"]),
            "grounded": bool(line["grounded"]),
            "has_draft": desk.drafts.size_bytes(number) > 0,
            "pictures": pictures_of(desk, number, line["last_position"]),
        }
    )


def listed(joined: str) -> list[str]:
    """Return the values of a column that has several."""
    return joined.split(SEPARATOR) if joined else []


def lines_of(desk: Desk, numbers: Iterable[int]) -> list[Line]:
    """Return the lines of rows, by id; a row that is not there is left out."""
    return [line_of(desk, line) for line in desk.looking().models.queue(numbers)]


def pictures_of(desk: Desk, number: int, last_position: int) -> Pictures:
    """Return where the pictures of a row are."""
    versions = desk.versions(number, last_position)
    return Pictures(
        thumb=f"/pictures/{number}/thumb?v={versions.thumb}",
        web=f"/pictures/{number}/web?v={versions.web}",
        full=f"/pictures/{number}/full?v={versions.full}",
    )


def shown(desk: Desk, number: int) -> RowShown:
    """Return everything about a row. Raises NoSuchRow."""
    line = desk.looking().models.line(number)
    if line is None:
        raise NoSuchRow(number)
    row = desk.row(number)
    decided, record = row.decided, row.happened.record
    draft = desk.drafts.read(number)
    text, metadata, author = decided.prefill.text, decided.photo.metadata, decided.prefill.author
    return RowShown(
        **line_of(desk, line).model_dump(),
        texts=Texts(
            caption=text.caption,
            alt_text=text.alt_text,
            keywords=list(text.keywords),
            based_on=text_digest(text),
        ),
        author=Author(kind=author.kind, name=author.name) if author else None,
        labels=Labels.model_validate(decided.labels, from_attributes=True),
        facts=Facts.model_validate(metadata, from_attributes=True),
        scores=[Score(metric=one.metric, value=one.value) for one in decided.score.scores],
        metrics_missing=line["metrics_missing"],
        finding_list=_findings(row),
        suggestions=_suggestions(row),
        published=Published(path=record.path, thumb_path=record.thumb_path) if record else None,
        rating=_rating(row),
        draft=DraftShown.model_validate(draft, from_attributes=True) if draft else None,
        similar=desk.alike.of(number),
        former_names=list(dict.fromkeys(row.happened.former_names)),
    )


def _rating(row: Row) -> Rating:
    qr, tier = rating_of(row.decided)
    score, rated = row.decided.score, row.decided.rating
    override = None
    if rated.qr is not None:
        override = Override(QR=rated.qr, reason=rated.reason, by=rated.by or UNNAMED)
    measured = Measured(QR=score.qr, tier=score.tier)
    return Rating(QR=qr, tier=tier, measured=measured, override=override)


def _findings(row: Row) -> list[Finding]:
    passed = waived(row)
    return [
        Finding(code=one.code, detail=one.detail, blocking=one.blocking, waived=passed)
        for one in row.decided.prefill.findings
    ]


def _suggestions(row: Row) -> list[Suggestion]:
    """Return the texts that lie beside the row's own, the newest first."""
    return [
        Suggestion(
            model=each.author.name,
            caption=each.text.caption,
            alt_text=each.text.alt_text,
            keywords=list(each.text.keywords),
        )
        for each in reversed(row.decided.prefill.suggestions)
    ]
