"""
What to type next: for every row that is not finished, one command that the machine accepts.

Finished rows (rejected, withdrawn with nothing left outside, erased, published with nothing due, no
stage either) have none.
"""

from msgspec import Struct

from machine import intents as i
from machine.completeness import scores_wanted
from machine.photo_values import EmbeddedText, Metadata, Source
from machine.record import record_of
from machine.row import Row, StageStatus, attempts_of
from machine.status import (
    aside_command,
    awaits_renditions,
    blocking,
    left_outside,
    publication_due,
    review_status,
    satisfied,
    stage_failure,
    statuses,
    waits_for_models,
)
from machine.values import STAGES, Stage


class NextAction(Struct, frozen=True):
    """The command as text, and the intent that it leads to."""

    command: str
    intent: i.Intent


def next_action(row: Row, known: dict[Stage, StageStatus] | None = None) -> NextAction | None:
    """Return the next command for `row`; None when the row is finished."""
    number, by_stage = row.happened.row, known or statuses(row)
    if row.happened.saga:
        return NextAction(f"photojournal repair {number}", i.ResumeSaga(claimed_by="?"))
    if row.happened.erasure == "open":
        rest = i.FinishErasure(events=0, objects=0, size_bytes=0)
        return NextAction(f"photojournal erase {number} --reason '...'", rest)
    status = review_status(row, by_stage)
    if status == "Withdrawn" and left_outside(row):
        return NextAction(
            f"photojournal withdraw {number}", i.Withdraw(withdrawal="?", claimed_by="?")
        )
    if status in ("Rejected", "Withdrawn", "Erased"):
        return None
    if status == "Published" and not publication_due(row):
        let_pass = ("score",) if row.decided.decision.without_scores else ()
        needed = [stage for stage in row.happened.needed if stage not in let_pass]
        if any(by_stage[stage] != "done" for stage in needed):
            return _stage(row, number, by_stage)
        undecided = row.decided.decision.value == "undecided"
        taken_over = undecided and row.decided.publication.as_it_stood
        return _review(row, number) if taken_over else None
    if status in ("Approved", "Published") and awaits_renditions(row):
        return _stage(row, number, by_stage)
    if status in ("Approved", "Published") and blocking(row):
        return NextAction(f"photojournal approve {number} --waive '...'", i.Approve(waive="..."))
    if status in ("Approved", "Published") and scores_wanted(row):
        return _stage(row, number, by_stage)
    if status == "Approved" and _name_is_taken(row):
        return NextAction(f"photojournal rename {number} --to NAME", i.Rename(file_name="NAME.JPG"))
    if status in ("Approved", "Published"):
        return NextAction(f"photojournal publish {number}", _publication(row))
    if status == "Pending":
        return _review(row, number)
    return _stage(row, number, by_stage)


def _name_is_taken(row: Row) -> bool:
    """Tell whether something of the name stood there before, which may be a photo of the site."""
    happened = row.happened
    return happened.publish_failure == "TargetChanged" and not happened.ever_published


def _publication(row: Row) -> i.StartPublication:
    """The shape of the intent: what is to be published is known to the driver only."""
    record = record_of(row, path="", thumb_path="")
    return i.StartPublication(
        publication="?",
        gallery=row.happened.gallery or "?",
        claimed_by="?",
        files=(),
        record=record,
    )


def _review(row: Row, number: int) -> NextAction:
    prefill = row.decided.prefill
    if prefill.grounded and not any(finding.blocking for finding in prefill.findings):
        return NextAction(f"photojournal approve {number}", i.Approve())
    command = f"photojournal edit {number} --caption '...' --alt-text '...'"
    return NextAction(command, i.EditText(caption="...", alt_text="..."))


def _stage(row: Row, number: int, by_stage: dict[Stage, StageStatus]) -> NextAction:
    """The worst stage first: what is set aside, what failed, what is due, what a run holds."""
    aside: list[Stage] = [stage for stage in STAGES if by_stage[stage] == "quarantined"]
    if aside:
        return _set_aside(row, number, aside, by_stage)
    for stage in STAGES:
        if by_stage[stage] == "failed" and not waits_for_models(row, stage):
            return NextAction(f"photojournal retry {number}", i.Retry(stage=stage))
    for stage in STAGES:
        if by_stage[stage] in ("due", "stale", "interrupted", "failed"):
            start = i.StartAttempt(stage=stage, recipe_digest="?", claimed_by="?")
            return NextAction(f"photojournal {stage} {number}", start)
    running = [stage for stage in STAGES if by_stage[stage] == "running"]
    if not running:
        return NextAction(f"photojournal retry {number} --stage score", i.Retry(stage="score"))
    stage = running[0]
    claimed = attempts_of(row, stage).open
    run = claimed.claimed_by if claimed else ""
    interruption = i.RecordInterruption(stage=stage, run=run)
    return NextAction(f"photojournal repair {number}", interruption)


def _set_aside(
    row: Row, number: int, aside: list[Stage], by_stage: dict[Stage, StageStatus]
) -> NextAction:
    """What helps all stages at once: another file, or a fresh budget; or doing without scores."""
    commands = [aside_command(row, stage) for stage in aside]
    for command in commands:
        if command.startswith("photojournal replace"):
            return NextAction(command, _ANOTHER_FILE)
    if _lacks_scores_alone(row, by_stage):
        return NextAction(f"photojournal approve {number} --waive '...'", i.Approve(waive="..."))
    whole = f"photojournal release {number} --reason '...'"
    return NextAction(
        commands[0] if len(aside) == 1 else whole, i.Release(stage=aside[0], reason="...")
    )


_ANOTHER_FILE = i.ReplacePhoto(
    original_name="FILE",
    source=Source(root="?", path="?"),
    sha256="?",
    size_bytes=0,
    metadata=Metadata(),
    embedded=EmbeddedText(),
)
"""The shape of the intent: what the file says is known to the driver only."""


def _lacks_scores_alone(row: Row, by_stage: dict[Stage, StageStatus]) -> bool:
    """Tell whether a score that cannot be had is all that is between a row and its approval."""
    prefill = row.decided.prefill
    return (
        review_status(row, by_stage) == "Quarantined"
        and stage_failure(row, "score", by_stage["score"])[0] == "ScoreIncomplete"
        and all(satisfied(row, one, by_stage[one]) for one in row.happened.needed if one != "score")
        and prefill.grounded
        and not any(finding.blocking for finding in prefill.findings)
    )
