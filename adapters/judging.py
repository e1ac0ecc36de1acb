"""
What both published tables have in common, SQLite and MySQL: reading a row, and judging a step.

A row is read as a `Record` where its values fit; what it is worth is the digest of what stands
there. A step may touch a row that nobody claims or that its own row claims, and only while what
stands there is what the step expects: a row that nobody claims is never taken for one's own because
its values happen to be equal.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.ports import PublishedRecord
from machine.digests import digest_of, record_digest
from machine.values import Outcome, Record

COLUMNS = tuple(field.encode_name for field in msgspec.structs.fields(Record))
"""The published columns, in their order."""
KEY = "File_Name"

Judged = tuple[Outcome, str]
"""How a step ended, and the detail."""
Claim = tuple[str, int | None]
"""Who says that a row is theirs: workspace and row of its queue."""
Owner = tuple[str, int | None, str]
"""A claim, and the digest of what was written with it."""
NOBODY: Owner = ("", None, "")


def normal(record: Record) -> Record:
    """Return the record as it comes back: a score of 7 is stored as 7.0."""
    return msgspec.convert(msgspec.to_builtins(record), Record)


def published(row: Mapping[str, Any], owner: Owner) -> PublishedRecord:
    """Return what a row of the table says, by its column names, and who claims it."""
    try:
        record = msgspec.convert(row, Record)
    except msgspec.ValidationError:
        record = None
    return PublishedRecord(
        key=str(row[KEY]),
        record=record,
        digest=record_digest(record) if record else digest_of(repr(row)),
        readable={} if record else {name: str(row[name]) for name in COLUMNS if _said(row[name])},
        workspace=owner[0],
        row=owner[1],
        written=owner[2],
    )


def _said(value: object) -> bool:
    """Tell whether a column holds something that can be shown as text."""
    return value is not None and not isinstance(value, bytes)


def judge_put(there: PublishedRecord | None, claim: Claim, *, wanted: str, expected: str) -> Judged:
    """Judge a put of a record with the digest `wanted`; `done` means: it can be done."""
    if there is None:
        return "done", ""
    if not _may_touch(there, claim):
        return "changed", _taken(there)
    if not there.workspace and not expected:
        return "changed", "a record stands there that nobody claims"
    if there.digest == wanted:
        return "already", ""
    if there.digest == expected:
        return "done", ""
    return "changed", "the record is not the one that was published"


def judge_removal(there: PublishedRecord | None, claim: Claim, *, expected: str) -> Judged:
    """Judge a removal; `done` means: it can be done."""
    if there is None:
        return "already", ""
    if not _may_touch(there, claim):
        return "changed", _taken(there)
    if there.digest != expected:
        return "changed", "the record is not the one that was published"
    return "done", ""


def _may_touch(there: PublishedRecord, claim: Claim) -> bool:
    return not there.workspace or (there.workspace, there.row) == claim


def _taken(there: PublishedRecord) -> str:
    return f"the record belongs to row {there.row} of workspace {there.workspace}"
