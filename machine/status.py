"""
What a row's state is called: stage status, Review_Status, QC_Status, what is due.

Each is computed by one function, here, from the two folds. Nothing of it is stored.
"""

from typing import Literal

from machine.digests import text_digest
from machine.failures import FAILURES, qc_of
from machine.record import SCORE_COLUMNS, record_of
from machine.row import (
    Row,
    StageStatus,
    attempts_of,
    input_digest,
    of_other_pixels,
    part_of,
    rating_of,
)
from machine.text import in_place
from machine.values import STAGES, Record, Stage

ReviewStatus = Literal[
    "Queued",
    "Error",
    "Quarantined",
    "Pending",
    "Approved",
    "Rejected",
    "Publishing",
    "Published",
    "Withdrawn",
    "Erased",
]


def stage_status(row: Row, stage: Stage) -> StageStatus:
    """Return the status of `stage`."""
    attempts = attempts_of(row, stage)
    if attempts.open:
        return "running"
    spent = attempts.ledger.get(input_digest(row, stage)) if attempts.ledger else None
    if spent and spent.quarantined:
        return "quarantined"
    if attempts.wanted:
        return "due"
    if attempts.failed or attempts.interrupted:
        if attempts.digest != input_digest(row, stage):
            return "due"
        return "interrupted" if attempts.interrupted else "failed"
    status = part_of(row, stage).status
    return "stale" if status == "done" and of_other_pixels(row, stage) else status


def statuses(row: Row) -> dict[Stage, StageStatus]:
    """Return the status of each stage."""
    return {stage: stage_status(row, stage) for stage in STAGES}


def satisfied(row: Row, stage: Stage, status: StageStatus) -> bool:
    """
    Return whether the row has what `stage` is there for.

    A person's text needs no machine's, once they gave caption and alt text. Complete scores of one
    profile do while nothing but weights or libraries is missing for those of another.
    """
    if status == "done":
        return True
    if stage == "prefill" and row.decided.prefill.left_open:
        return not {"caption", "alt_text"}.intersection(row.decided.prefill.left_open)
    if part_of(row, stage).status != "done":
        return False
    if stage == "score":
        return status == "failed" and waits_for_models(row, stage)
    author = row.decided.prefill.author
    return stage == "prefill" and author is not None and author.kind == "human"


def waits_for_models(row: Row, stage: Stage) -> bool:
    """Return whether nothing but weights or libraries is missing: due as soon as they are there."""
    attempts = attempts_of(row, stage)
    return bool(attempts.lacking) and not attempts.retry_at


def waived(row: Row) -> bool:
    """Return whether a person let the text pass as it is now."""
    return row.decided.prefill.waived == text_digest(row.decided.prefill.text)


def blocking(row: Row) -> tuple[str, ...]:
    """Return the codes of findings that stand against publishing the approved text."""
    prefill = row.decided.prefill
    if prefill.text != row.decided.decision.text or waived(row):
        return ()
    return tuple(finding.code for finding in prefill.findings if finding.blocking)


def outside(row: Row) -> bool:
    """Return whether the row is published, or a file or record of it stands in the gallery."""
    happened, published = row.happened, row.decided.publication.value == "published"
    return published or bool(happened.files) or happened.record is not None


def left_outside(row: Row) -> tuple[str, ...]:
    """Return where somebody else's bytes or row stayed when the row was taken down."""
    decided, happened = row.decided, row.happened
    down = decided.publication.value == "withdrawn" and decided.decision.value == "undecided"
    return happened.not_ours if down and happened.saga is None else ()


def publication_due(row: Row) -> bool:
    """
    Return whether what is approved differs from what is published, or has scores that lacks.

    Likewise where something else stands outside than what was published (`OutsideObserved`).
    """
    decided, decision = row.decided, row.decided.decision
    if not decided.intake or decision.value != "approved":
        return False
    changed = decision.pins != decided.publication.pins
    return changed or awaits_renditions(row) or _scored_since(row) or stands_otherwise(row)


def addressed_otherwise(row: Row, record: Record) -> bool:
    """Return whether a row is published under other public addresses than `record` says."""
    published = row.decided.publication.record
    if published is None or row.decided.decision.value != "approved":
        return False
    return (published.path, published.thumb_path) != (record.path, record.thumb_path)


def stands_otherwise(row: Row) -> bool:
    """Return whether nothing is open and something else stands outside than was published."""
    happened, published = row.happened, row.decided.publication
    return happened.saga is None and (happened.files, happened.record) != (
        published.files,
        published.record,
    )


def _scored_since(row: Row) -> bool:
    """Return whether the published record has no value where the row has a score by now."""
    published = row.decided.publication.record
    if published is None:
        return False
    today = record_of(row, published.path, published.thumb_path)
    return any(
        getattr(published, column) is None and getattr(today, column) is not None
        for column in SCORE_COLUMNS
    )


def awaits_renditions(row: Row) -> bool:
    """Return whether the photo of an approved row was replaced and is not resized yet."""
    decision = row.decided.decision
    waits = decision.value == "approved" and decision.follows_photo
    return waits and stage_status(row, "resize") != "done"


def review_status(row: Row, known: dict[Stage, StageStatus] | None = None) -> ReviewStatus:
    """Return the row's Review_Status."""
    decided, saga = row.decided, row.happened.saga
    if row.happened.erasure:
        return "Erased"
    if saga and saga.kind == "publication":
        return "Publishing"
    if decided.publication.value == "published":
        return "Published"
    if decided.decision.value == "rejected" or not decided.intake:
        return "Rejected"
    if decided.publication.value == "withdrawn" and decided.decision.value == "undecided":
        return "Withdrawn"
    if decided.decision.value == "approved":
        return "Approved"
    by_stage = known or statuses(row)
    lacking = {
        by_stage[one] for one in row.happened.needed if not satisfied(row, one, by_stage[one])
    }
    if "quarantined" in lacking:
        return "Quarantined"
    if "failed" in lacking:
        return "Error"
    return "Queued" if lacking else "Pending"


def failure(row: Row, known: dict[Stage, StageStatus] | None = None) -> tuple[str, str]:
    """Return the failure code that stands over the row and its detail; empty when all is well."""
    saga = row.happened.saga
    if saga and saga.reports:
        report = saga.reports[0]
        code = "TargetChanged" if report.outcome == "changed" else "PublishFailed"
        return code, in_place(report.target, report.detail)
    if row.happened.publish_failure and (saga or publication_due(row)):
        return row.happened.publish_failure, row.happened.publish_detail
    if left := left_outside(row):
        return "TargetChanged", f"still public, and somebody else's: {', '.join(left)}"
    by_stage = known or statuses(row)
    let_pass = ("score",) if row.decided.decision.without_scores else ()
    looked_at = (stage for stage in STAGES if stage not in let_pass)
    told = (stage_failure(row, stage, by_stage[stage]) for stage in looked_at)
    return next((one for one in told if one[0]), ("", ""))


def stage_failure(row: Row, stage: Stage, status: StageStatus) -> tuple[str, str]:
    """Return the failure code that stands over a stage and its detail; empty when all is well."""
    attempts = attempts_of(row, stage)
    if status == "quarantined":
        return attempts.ledger[input_digest(row, stage)].quarantined, attempts.detail
    if status == "failed":
        return attempts.failed, attempts.detail
    return "", ""


def aside_command(row: Row, stage: Stage) -> str:
    """Return what leads a stage on that is set aside: another file, else a fresh budget."""
    number, (code, _) = row.happened.row, stage_failure(row, stage, "quarantined")
    if code in FAILURES and FAILURES[code].needs_file:
        return f"photojournal replace {number} FILE"
    return f"photojournal release {number} --stage {stage} --reason '...'"


def qc_status(row: Row, known: dict[Stage, StageStatus] | None = None) -> str:
    """Return QC_Status: what the failure is called while there is one, else the quality tier."""
    code, _ = failure(row, known)
    return qc_of(code) if code else rating_of(row.decided)[1]


def due_stages(row: Row, recipes: dict[Stage, str], now: str) -> tuple[Stage, ...]:
    """
    Return the stages that a run should work on now.

    Args:
        row: the row.
        recipes: digest of today's configuration, by stage; another one makes a result due again.
        now: UTC, in the journal's format; a failed stage waits for its `retry_at`.
    """
    if not row.decided.intake or row.decided.decision.value == "rejected":
        return ()
    due: list[Stage] = []
    for stage in STAGES:
        status = stage_status(row, stage)
        attempts = attempts_of(row, stage)
        if (
            status in ("due", "stale", "interrupted")
            or (status == "failed" and attempts.retry_at <= now)
            or (status == "done" and _recipe_changed(row, stage, recipes))
        ):
            due.append(stage)
    return tuple(due)


def _recipe_changed(row: Row, stage: Stage, recipes: dict[Stage, str]) -> bool:
    """
    A person's text has no recipe, nor has one that came in with its photo.

    Published and approved rows are left as they are.
    """
    if row.decided.decision.value == "approved" or stage not in recipes:
        return False
    author = row.decided.prefill.author
    if stage == "prefill" and (author is None or author.kind in ("human", "file")):
        return False
    made_by = part_of(row, stage).recipe_digest
    return bool(made_by) and made_by != recipes[stage]
