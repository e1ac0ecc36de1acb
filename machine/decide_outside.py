"""
The rules of everything outside the journal: publish, withdraw, go back.

All three are one plan (`machine.outside_plan`): from what stands outside now to what shall stand
there.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine import intents as i
from machine import repair_events as r
from machine import step_events as s
from machine.completeness import scores_wanted
from machine.event_base import Event
from machine.evolve import evolve
from machine.forgetting import has_forgotten
from machine.outside_plan import plan_outside, steps_down, travelling
from machine.refusals import Refused
from machine.row import PARTS, FileFact, Row, Saga, mark_at
from machine.status import (
    addressed_otherwise,
    awaits_renditions,
    blocking,
    left_outside,
    outside,
    publication_due,
)
from machine.text import sound
from machine.values import Outcome, Step, StepReport


def _finished(_row: Row, intent: i.RecordFinished) -> tuple[Event, ...]:
    finished = e.RenditionFinished(
        name=intent.name,
        source_sha256=intent.source_sha256,
        sha256=intent.sha256,
        size_bytes=intent.size_bytes,
    )
    return (finished,)


def _not_finished(_row: Row, intent: i.RecordFinishingFailure) -> tuple[Event, ...]:
    failed = e.FinishingFailed(name=intent.name, code=intent.code, detail=sound(intent.detail))
    return (failed,)


def _start_publication(row: Row, intent: i.StartPublication) -> tuple[Event, ...]:
    number, decision = row.happened.row, row.decided.decision
    refuse_while_open(row, "publish")
    if decision.value != "approved" or decision.pins is None:
        msg = f"row {number} is not approved"
        raise Refused(msg, f"photojournal approve {number}")
    if not publication_due(row) and not addressed_otherwise(row, intent.record):
        msg = f"row {number} is published as approved"
        raise Refused(msg, nothing=True)
    refuse_former_pixels(row)
    if not intent.forced:
        refuse_unready(row)
    if outside(row):
        refuse_elsewhere(row, row.happened.gallery, intent.gallery)
    files = {one.path: FileFact(one.sha256, one.size_bytes) for one in intent.files}
    started = e.PublicationStarted(
        publication=intent.publication,
        gallery=intent.gallery,
        claimed_by=intent.claimed_by,
        pins=decision.pins,
        steps=plan_outside(row, files, intent.record, intent.publication),
        forced=intent.forced if blocking(row) or scores_wanted(row) else "",
    )
    return (started,)


def _resume(row: Row, intent: i.ResumeSaga) -> tuple[Event, ...]:
    saga = row.happened.saga
    if saga is None:
        msg = f"nothing is open on row {row.happened.row}"
        raise Refused(msg, nothing=True)
    refuse_elsewhere(row, saga.gallery or row.happened.gallery, intent.gallery)
    return (s.SagaResumed(saga=saga.id, claimed_by=intent.claimed_by),)


def _open_step(row: Row) -> tuple[Saga, Step]:
    saga = row.happened.saga
    if saga is None or saga.done >= len(saga.steps):
        msg = f"no step is open on row {row.happened.row}"
        raise Refused(msg)
    return saga, saga.steps[saga.done]


def _step(row: Row, intent: i.RecordStep) -> tuple[Event, ...]:
    saga, step = _open_step(row)
    gone = step.action.startswith("remove") and intent.outcome == "changed"
    if intent.outcome in ("done", "already") or gone:
        return (_done(row, saga, step, intent.outcome),)
    left = _left(saga, step, intent.outcome, intent.detail)
    if saga.kind != "publication" or saga.undoing:
        return (left,)
    code = "TargetChanged" if intent.outcome == "changed" else intent.code or "PublishFailed"
    return left, _failure(evolve(row, left), saga, step, code, intent.detail)


def _left(saga: Saga, step: Step, outcome: Outcome, detail: str) -> Event:
    report = StepReport(
        action=step.action, target=step.target, outcome=outcome, detail=sound(detail)
    )
    return s.StepLeft(saga=saga.id, report=report)


def _imagined(row: Row, saga: Saga, step: Step) -> Row:
    """
    Return the row as if `step` had been done.

    The answer to a step may have been lost after its effect, so what takes the step back has to
    fit both; taking back what was not done ends as `already`.
    """
    return evolve(row, _done(row, saga, step, "done"))


def _done(row: Row, saga: Saga, step: Step, outcome: Outcome) -> Event:
    if step.action == "put_file":
        before = row.happened.files.get(step.target)
        return s.FileUploaded(
            saga=saga.id,
            target=step.target,
            sha256=step.sha256,
            size_bytes=step.size_bytes,
            outcome=outcome,
            replaced=before.sha256 if before else "",
        )
    if step.action == "remove_file":
        return s.FileRemoved(saga=saga.id, target=step.target, sha256=step.sha256, outcome=outcome)
    if step.action == "put_record" and step.record:
        return s.RecordUpserted(
            saga=saga.id,
            target=step.target,
            record=step.record,
            outcome=outcome,
            replaced=row.happened.record,
        )
    return s.RecordRemoved(saga=saga.id, target=step.target, outcome=outcome)


def _publication_failed(row: Row, intent: i.RecordPublicationFailure) -> tuple[Event, ...]:
    """
    If nobody knows how the open step ended, it is taken back with those that were done.

    While the outside is brought back already, the step is left for `repair`.
    """
    saga = row.happened.saga
    if saga is None or saga.kind != "publication":
        msg = f"no publication is open on row {row.happened.row}"
        raise Refused(msg)
    if saga.undoing:
        _, step = _open_step(row)
        return (_left(saga, step, "impossible", intent.detail),)
    if saga.done == len(saga.steps):
        return (_failure(row, saga, None, intent.code, intent.detail),)
    step = saga.steps[saga.done]
    now = row if intent.untouched else _imagined(row, saga, step)
    return (_failure(now, saga, step, intent.code, intent.detail),)


def _failure(now: Row, saga: Saga, step: Step | None, code: str, detail: str) -> Event:
    """
    Say that the publication failed, with the steps that bring back what stood before it.

    What it put may still lie under the name by which it travelled: the steps know that too.
    """
    before = now.happened.saga or saga
    undo = plan_outside(now, before.files_before, before.record_before, saga.id)
    return e.PublicationFailed(
        publication=saga.id,
        step=f"{step.action} {step.target}" if step else "",
        code=code,
        detail=sound(detail),
        undo=tuple(
            replace(one, temporary=travelling(one.target, saga.id))
            if one.action == "remove_file"
            else one
            for one in undo
        ),
    )


def _close(row: Row, intent: i.CloseSaga) -> tuple[Event, ...]:
    saga = row.happened.saga
    if saga is None:
        msg = f"nothing is open on row {row.happened.row}"
        raise Refused(msg, nothing=True)
    if saga.done < len(saga.steps) or saga.incomplete:
        msg = f"the {saga.kind} of row {row.happened.row} has steps to do"
        raise Refused(msg, f"photojournal repair {row.happened.row}")
    return (_end(saga, untouched=intent.untouched),)


def _end(saga: Saga, *, untouched: bool) -> Event:
    if saga.kind == "rollback":
        if saga.reports:
            return e.RollbackIncomplete(rollback=saga.id, reports=saga.reports)
        return e.RolledBack(
            to=saga.to,
            parts=saga.parts,
            reason=saga.reason,
            rollback=saga.id,
            undoes=saga.undoes,
        )
    if saga.kind == "withdrawal":
        if saga.reports:
            return e.WithdrawalIncomplete(withdrawal=saga.id, reports=saga.reports)
        return e.Withdrawn(withdrawal=saga.id)
    if saga.kind == "repair":
        if saga.reports:
            puts = all(one.action.startswith("put") for one in saga.reports)
            over = untouched and puts
            return r.RepairIncomplete(repair=saga.id, reports=saga.reports, over=over)
        return r.Repaired(repair=saga.id)
    if saga.undoing or saga.pins is None:
        if saga.reports:
            return e.PublicationUndoIncomplete(publication=saga.id, reports=saga.reports)
        return e.PublicationUndone(publication=saga.id)
    return e.Published(publication=saga.id, pins=saga.pins)


def _withdraw(row: Row, intent: i.Withdraw) -> tuple[Event, ...]:
    number = row.happened.row
    refuse_while_open(row, "withdraw")
    if not outside(row) and not left_outside(row):
        msg = f"row {number} is not published"
        raise Refused(msg, f"photojournal show {number}", nothing=True)
    refuse_elsewhere(row, row.happened.gallery, intent.gallery)
    started = e.WithdrawalStarted(
        withdrawal=intent.withdrawal,
        gallery=intent.gallery,
        claimed_by=intent.claimed_by,
        steps=steps_down(row, plan_outside(row, {}, None, intent.withdrawal)),
        reason=intent.reason,
    )
    return (started,)


def _roll_back(row: Row, intent: i.RollBack) -> tuple[Event, ...]:
    number, parts = row.happened.row, intent.parts or PARTS
    refuse_while_open(row, "roll back")
    if not 0 <= intent.to <= row.version:
        msg = f"row {number} has no version {intent.to}, its newest is {row.version}"
        raise Refused(msg, f"photojournal history {number}")
    mark = mark_at(row, intent.to)
    if not mark.settled:
        msg = (
            f"version {intent.to} of row {number} lies inside a publication, withdrawal or rollback"
        )
        raise Refused(msg, f"choose a version before or after it: photojournal history {number}")
    now, then = row.decided, mark.decided
    parts = tuple(
        part for part in PARTS if part in parts and getattr(now, part) != getattr(then, part)
    )
    if not then.photo.sha256:  # the bytes of a row that is not there any more are still its own
        parts = tuple(part for part in parts if part != "photo")
    if not parts:
        msg = f"row {number} is already as it was at version {intent.to}"
        raise Refused(msg, nothing=True)
    if has_forgotten(then, parts):
        msg = f"something that row {number} had at version {intent.to} was redacted"
        raise Refused(msg, f"choose another version: photojournal history {number}")
    steps: tuple[Step, ...] = ()
    stands = outside(row)
    if "publication" in parts:
        published = then.publication
        steps = plan_outside(row, published.files, published.record, intent.rollback)
        stands = published.value == "published"
        if not stands and outside(row):
            steps = steps_down(row, steps)
    if steps:
        for where in (row.happened.gallery if outside(row) else "", then.publication.gallery):
            refuse_elsewhere(row, where, intent.gallery)
    intake = then.intake if "intake" in parts else now.intake
    decision = then.decision if "decision" in parts else now.decision
    if stands and (not intake or decision.value == "rejected"):
        msg = f"row {number} would be published and not wanted at once: go back with all its parts"
        raise Refused(msg, f"photojournal rollback {number} --to {intent.to}")
    if not steps:
        back = e.RolledBack(to=intent.to, parts=parts, reason=intent.reason, undoes=intent.undoes)
        return (back,)
    started = e.RollbackStarted(
        rollback=intent.rollback,
        gallery=intent.gallery,
        claimed_by=intent.claimed_by,
        to=intent.to,
        parts=parts,
        steps=steps,
        reason=intent.reason,
        undoes=intent.undoes,
    )
    return (started,)


def refuse_unready(row: Row) -> None:
    """Refuse an approved row that got findings which block since, or lacks required scores."""
    number, codes, lacks = row.happened.row, blocking(row), scores_wanted(row)
    if not codes and not lacks:
        return
    why = f"its text has findings that block ({', '.join(codes)})" if codes else f"it is {lacks}"
    hint = f"approve {number} --waive '...'" if codes else f"score {number}"
    force = f"(or: photojournal publish {number} --force --reason '...')"
    msg = f"row {number} is not published: {why}"
    raise Refused(msg, f"photojournal {hint} {force}")


def refuse_former_pixels(row: Row) -> None:
    """Refuse a publication while only the pictures of a photo that was replaced are there."""
    if awaits_renditions(row):
        number = row.happened.row
        msg = f"the photo of row {number} was replaced and is not resized yet"
        raise Refused(msg, f"photojournal resize {number}")


def refuse_while_open(row: Row, what: str) -> None:
    """Refuse `what` while a publication, withdrawal or rollback of the row is open."""
    saga = row.happened.saga
    if saga:
        msg = f"cannot {what} row {row.happened.row}: a {saga.kind} is open"
        raise Refused(msg, f"photojournal repair {row.happened.row}")


def refuse_elsewhere(row: Row, where: str, gallery: str) -> None:
    """
    Refuse to look in one gallery for what was put into another: it would pass for gone.

    Args:
        row: which it is about.
        where: the gallery that it was put into; empty: nothing was, or nobody said.
        gallery: the one that would be worked on; empty: a plan that does not say.
    """
    if where and gallery and where != gallery:
        number = row.happened.row
        msg = f"row {number} was published to the gallery `{where}`, not to `{gallery}`"
        hint = f'for this, set [publish] gallery = "{where}"; withdraw it there to publish it anew'
        raise Refused(msg, hint)


def refuse_while_going_back(row: Row, what: str) -> None:
    """An edit made now might be lost with what is taken back, and no plan had named it."""
    saga = row.happened.saga
    if saga and saga.kind == "rollback":
        refuse_while_open(row, what)


OUTSIDE_RULES: dict[type[i.Intent], Callable[[Row, Any], tuple[Event, ...]]] = {
    i.RecordFinished: _finished,
    i.RecordFinishingFailure: _not_finished,
    i.StartPublication: _start_publication,
    i.ResumeSaga: _resume,
    i.RecordStep: _step,
    i.RecordPublicationFailure: _publication_failed,
    i.CloseSaga: _close,
    i.Withdraw: _withdraw,
    i.RollBack: _roll_back,
}
