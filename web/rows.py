"""
What the page looks at: the list of rows, their lines, one row, groups of look-alikes, the status.

The list is ids only, so that ten thousand rows travel in a few kilobytes; the page asks for the
lines that it shows.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from driver.looking import Seen, overview
from driver.selection import CODE, TIER
from driver.similar import best_of
from machine.failures import FAILURES
from machine.values import STAGES
from web.desk import DeskDep
from web.job_orders import RowId
from web.lines import Line, RowShown, lines_of, listed, shown

LINES_MAX = 200
"""Lines asked for at once: some three screens of thumbnails."""
WORDS_MAX = 200
"""Characters of a search."""

Sort = Literal["worst", "best", "time", "name", "id"]
Stage = Literal["prefill", "score", "resize", "publish"]
_STAGES: tuple[Stage, ...] = (*STAGES, "publish")

_ORDERS: dict[Sort, str] = {
    "worst": "QR IS NULL, QR, id",
    "best": "QR IS NULL, QR DESC, id",
    "time": "DateTime = '', DateTime, id",
    "name": "File_Name COLLATE NOCASE, id",
    "id": "id",
}
_SEARCHED = "Caption, alt_text, Keywords, File_Name, Original_File_Name"

router = APIRouter(prefix="/api")


class Counts(BaseModel):
    """How many rows there are of each kind, whatever else is filtered."""

    status: dict[str, int]
    tier: dict[str, int]
    finding: dict[str, int]
    failed: dict[str, int]
    due: dict[str, int]


class SetLine(BaseModel):
    """A set, and how many rows it has."""

    set_id: str
    Folder: str
    Subject: str
    Location: str
    rows: int


class Rows(BaseModel):
    """The rows that were asked for, in order, and what there is beside them."""

    position: int
    total: int
    ids: list[int]
    counts: Counts
    sets: list[SetLine]


class Lines(BaseModel):
    """Lines, by id, and the position of the journal that they stand at."""

    position: int
    lines: list[Line]


class Group(BaseModel):
    """Photos that look alike, and the one with the best rating."""

    rows: list[int]
    best: int | None
    by: str


@router.get("/rows")
def rows(
    desk: DeskDep,
    *,
    set_id: Annotated[str, Query(alias="set", max_length=WORDS_MAX)] = "",
    status: Annotated[list[str] | None, Query()] = None,
    tier: Annotated[list[str] | None, Query()] = None,
    finding: Annotated[list[str] | None, Query()] = None,
    failed: Annotated[list[Stage] | None, Query()] = None,
    due: Annotated[list[Stage] | None, Query()] = None,
    q: Annotated[str, Query(max_length=WORDS_MAX)] = "",
    sort: Sort = "worst",
    ungrounded: bool = False,
) -> Rows:
    """
    List the rows that all of the filters let through; of several values of one filter, any will do.

    `q`: every word stands somewhere in caption, alt text, keywords or a file name.
    """
    seen = desk.looking()
    where, values = _where(set_id=set_id, status=status or [], tier=tier or [])
    for stages, condition in ((failed, _has_failed), (due, _is_due)):
        if stages:
            where.append(f"({' OR '.join(map(condition, stages))})")
    if ungrounded:
        where.append("grounded = 0 AND (Caption <> '' OR alt_text <> '')")
    words = q.casefold().split()
    columns = ["id", *(["findings"] if finding else []), *([_SEARCHED] if words else [])]
    position = seen.models.position
    found = seen.models.query(
        f"SELECT {', '.join(columns)} FROM review_queue"  # noqa: S608  (values are bound)
        f" WHERE {' AND '.join(where)} ORDER BY {_ORDERS[sort]}",
        values,
    )
    if finding:
        found = [one for one in found if not set(finding).isdisjoint(listed(one["findings"]))]
    ids = [one["id"] for one in found if not words or _has_all(one, words)]
    return Rows(
        position=position,
        total=len(ids),
        ids=ids,
        counts=_counts(seen, set_id),
        sets=_sets(seen),
    )


def _where(*, set_id: str, status: list[str], tier: list[str]) -> tuple[list[str], list[object]]:
    where, values = ["1"], list[object]()
    for column, wanted in (
        ("set_id", [set_id] if set_id else []),
        ("Review_Status", status),
        (TIER, tier),
    ):
        if wanted:
            where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    return where, values


def _has_failed(stage: Stage) -> str:
    """Return the condition for rows of which a stage, or the publication, failed."""
    if stage != "publish":
        return f"{stage}_status IN ('failed', 'quarantined')"
    codes = ", ".join(f"'{code}'" for code, one in FAILURES.items() if one.stage == "publish")
    return f"{CODE} IN ({codes})"


def _is_due(stage: Stage) -> str:
    """Return the condition for rows that a stage, or the publication, is due for."""
    return f"', ' || due || ',' LIKE '%, {stage},%'"


def _has_all(line: dict[str, Any], words: Iterable[str]) -> bool:
    text = " ".join(str(line[name]) for name in _SEARCHED.split(", ")).casefold()
    return all(word in text for word in words)


def _counts(seen: Seen, set_id: str) -> Counts:
    """Count the rows of a set, or of all."""
    failed = ", ".join(f"{_has_failed(stage)} AS {stage}" for stage in _STAGES)
    kinds = seen.models.query(
        f"SELECT Review_Status, {TIER} AS tier, findings, due, {failed}, count(*) AS rows"  # noqa: S608
        " FROM review_queue WHERE ? IN ('', set_id) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        [set_id],
    )
    status, tier, finding, stages, due = (Counter[str]() for _ in range(5))
    for kind in kinds:
        rows = kind["rows"]
        status[kind["Review_Status"]] += rows
        tier[kind["tier"]] += rows
        finding.update(dict.fromkeys(listed(kind["findings"]), rows))
        due.update(dict.fromkeys(listed(kind["due"]), rows))
        stages.update({stage: rows for stage in _STAGES if kind[stage]})
    return Counts(status=status, tier=tier, finding=finding, failed=stages, due=due)


def _sets(seen: Seen) -> list[SetLine]:
    return [SetLine.model_validate(one) for one in seen.models.sets()]


@router.get("/lines")
def lines(
    desk: DeskDep,
    ids: Annotated[list[RowId], Query(max_length=LINES_MAX)] = [],  # noqa: B006
) -> Lines:
    """Return lines by id; a row that is not there is left out."""
    position = desk.looking().models.position
    return Lines(position=position, lines=lines_of(desk, ids))


@router.get("/drafts")
def drafts(desk: DeskDep) -> list[int]:
    """Return the rows of which something is typed and not saved."""
    return sorted(desk.drafts.rows())


@router.get("/rows/{row}")
def one_row(desk: DeskDep, row: RowId) -> RowShown:
    """Return everything about a row."""
    return shown(desk, row)


@router.get("/groups")
def groups(desk: DeskDep) -> list[Group]:
    """Return the photos that look alike, group by group; rejected ones are left out."""
    found = desk.alike.groups()
    aside = "SELECT id FROM review_queue WHERE Review_Status IN ('Rejected', 'Erased')"
    gone = {line["id"] for line in desk.looking().models.query(aside)}
    kept = [[line for line in one.lines if line["id"] not in gone] for one in found]
    return [
        Group(rows=[line["id"] for line in lines], best=best_of(lines), by=one.by)
        for one, lines in zip(found, kept, strict=True)
        if len(lines) > 1
    ]


@router.get("/status")
def status(desk: DeskDep) -> dict[str, Any]:
    """Return where the work stands, as `photojournal status --json`."""
    return overview(desk.looking())
