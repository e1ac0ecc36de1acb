"""
The fold of publications, withdrawals and rollbacks: what stands outside, and what is still open.

Part of `machine.evolve`; nothing here sets the decided history back, that is `RolledBack`'s arm.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine import repair_events as r
from machine import step_events as s
from machine.event_base import Event
from machine.row import Decided, DecisionPart, FileFact, Happened, PublicationPart, Saga, SagaKind
from machine.text import in_place

Folds = tuple[Decided, Happened]
_Beginning = e.PublicationStarted | e.WithdrawalStarted | e.RollbackStarted | r.RepairStarted


def _finished(d: Decided, h: Happened, event: e.RenditionFinished) -> Folds:
    made = (event.source_sha256, event.sha256, event.size_bytes)
    return d, replace(h, finished={**h.finished, event.name: made})


def _not_finished(d: Decided, h: Happened, event: e.FinishingFailed) -> Folds:
    return d, replace(h, publish_failure=event.code, publish_detail=event.detail)


def _begun(h: Happened, event: _Beginning, kind: SagaKind, id: str, **more: Any) -> Happened:  # noqa: ANN401
    """Open what is to be done outside, for which the event has the steps."""
    saga = Saga(
        kind=kind,
        id=id,
        gallery=event.gallery,
        claimed_by=event.claimed_by,
        steps=event.steps,
        **more,
    )
    return replace(h, saga=saga)


def _publication_started(d: Decided, h: Happened, event: e.PublicationStarted) -> Folds:
    before = {"files_before": h.files, "record_before": h.record}
    h = _begun(h, event, "publication", event.publication, pins=event.pins, **before)
    return d, replace(h, publish_failure="", publish_detail="")


def _withdrawal_started(d: Decided, h: Happened, event: e.WithdrawalStarted) -> Folds:
    return d, _begun(h, event, "withdrawal", event.withdrawal)


def _rollback_started(d: Decided, h: Happened, event: e.RollbackStarted) -> Folds:
    back = {"to": event.to, "parts": event.parts, "reason": event.reason, "undoes": event.undoes}
    return d, _begun(h, event, "rollback", event.rollback, **back)


def _saga_resumed(d: Decided, h: Happened, event: s.SagaResumed) -> Folds:
    if h.saga is None:
        return d, h
    saga = replace(h.saga, claimed_by=event.claimed_by)
    if saga.incomplete:
        left = {(report.action, report.target) for report in saga.reports}
        steps = tuple(step for step in saga.steps if (step.action, step.target) in left)
        saga = replace(saga, steps=steps, done=0, reports=(), incomplete=False)
    return d, replace(h, saga=saga)


def _one_more(h: Happened) -> Saga | None:
    return replace(h.saga, done=h.saga.done + 1) if h.saga else None


def _file_uploaded(d: Decided, h: Happened, event: s.FileUploaded) -> Folds:
    files = {**h.files, event.target: FileFact(event.sha256, event.size_bytes)}
    ours = _ours(h, event.target)
    return d, replace(ours, files=files, gallery=_where(h), saga=_one_more(h))


def _where(h: Happened) -> str:
    """Return the gallery that a step put something into."""
    return (h.saga.gallery if h.saga else "") or h.gallery


def _ours(h: Happened, target: str) -> Happened:
    """What is ours stands at the target, or nothing does."""
    if target not in h.not_ours:
        return h
    return replace(h, not_ours=tuple(one for one in h.not_ours if one != target))


def _without(files: dict[str, FileFact], target: str) -> dict[str, FileFact]:
    return {path: fact for path, fact in files.items() if path != target}


def _not_ours(h: Happened, action: str, target: str) -> Happened:
    """Somebody else's bytes or row stand at the target: ours does no longer, nor comes back."""
    h = replace(h, not_ours=(*_ours(h, target).not_ours, target))
    saga = h.saga
    if action.endswith("file"):
        if saga:
            saga = replace(saga, files_before=_without(saga.files_before, target))
        return replace(h, files=_without(h.files, target), saga=saga)
    if saga and saga.record_before and saga.record_before.file_name == target:
        saga = replace(saga, record_before=None)
    ours = h.record and h.record.file_name != target
    return replace(h, record=h.record if ours else None, saga=saga)


def _file_removed(d: Decided, h: Happened, event: s.FileRemoved) -> Folds:
    changed = event.outcome == "changed"
    h = _not_ours(h, "remove_file", event.target) if changed else _ours(h, event.target)
    return d, replace(h, files=_without(h.files, event.target), saga=_one_more(h))


def _record_upserted(d: Decided, h: Happened, event: s.RecordUpserted) -> Folds:
    ours = _ours(h, event.record.file_name)
    return d, replace(ours, record=event.record, gallery=_where(h), saga=_one_more(h))


def _record_removed(d: Decided, h: Happened, event: s.RecordRemoved) -> Folds:
    changed = event.outcome == "changed"
    h = _not_ours(h, "remove_record", event.target) if changed else _ours(h, event.target)
    return d, replace(h, record=None, saga=_one_more(h))


def _step_left(d: Decided, h: Happened, event: s.StepLeft) -> Folds:
    if event.report.outcome == "changed":
        h = _not_ours(h, event.report.action, event.report.target)
    saga = _one_more(h)
    if saga:
        saga = replace(saga, reports=(*saga.reports, event.report))
    return d, replace(h, saga=saga)


def _published(d: Decided, h: Happened, event: e.Published) -> Folds:
    part = PublicationPart(
        value="published", pins=event.pins, files=h.files, record=h.record, gallery=_where(h)
    )
    return replace(d, publication=part), replace(h, saga=None, ever_published=True)


def _publication_failed(d: Decided, h: Happened, event: e.PublicationFailed) -> Folds:
    saga = None
    if h.saga and event.undo:
        saga = replace(h.saga, steps=event.undo, done=0, reports=(), undoing=True)
    detail = in_place(event.step.partition(" ")[2], event.detail)
    return d, replace(h, saga=saga, publish_failure=event.code, publish_detail=detail)


def _saga_closed(d: Decided, h: Happened, _event: e.PublicationUndone | r.Repaired) -> Folds:
    return d, replace(h, saga=None)


def _incomplete(
    d: Decided,
    h: Happened,
    _event: e.PublicationUndoIncomplete | e.WithdrawalIncomplete | e.RollbackIncomplete,
) -> Folds:
    return d, replace(h, saga=replace(h.saga, incomplete=True) if h.saga else None)


def _repair_incomplete(d: Decided, h: Happened, event: r.RepairIncomplete) -> Folds:
    saga = None if event.over or h.saga is None else replace(h.saga, incomplete=True)
    return d, replace(h, saga=saga)


def _withdrawn(d: Decided, h: Happened, _event: e.Withdrawn) -> Folds:
    part = PublicationPart(value="withdrawn")
    return replace(d, publication=part, decision=DecisionPart()), replace(h, saga=None)


def _observed(d: Decided, h: Happened, event: r.OutsideObserved) -> Folds:
    files = dict(h.files)
    for one in event.files:
        if one.sha256:
            files[one.path] = FileFact(one.sha256, one.size_bytes)
        else:
            files.pop(one.path, None)
    record = event.record if event.record_seen else h.record
    for target in [one.path for one in event.files] + [h.file_name] * event.record_seen:
        h = _ours(h, target)
    h = replace(h, files=files, record=record, gallery=h.gallery or event.gallery)
    return _taken_as_it_is(d, h) if event.accepted else (d, h)


def _taken_as_it_is(d: Decided, h: Happened) -> Folds:
    """What was decided since is lost: nothing goes out again before somebody has looked."""
    part = PublicationPart(value="withdrawn" if h.ever_published else "none")
    if h.files or h.record:
        part = PublicationPart(value="published", files=h.files, record=h.record, gallery=h.gallery)
        h = replace(h, ever_published=True)
    return replace(d, publication=part, decision=DecisionPart()), h


def _repair_started(d: Decided, h: Happened, event: r.RepairStarted) -> Folds:
    return d, _begun(h, event, "repair", event.repair)


OUTSIDE_ARMS: dict[type[Event], Callable[[Decided, Happened, Any], Folds]] = {
    e.RenditionFinished: _finished,
    e.FinishingFailed: _not_finished,
    e.PublicationStarted: _publication_started,
    s.SagaResumed: _saga_resumed,
    s.FileUploaded: _file_uploaded,
    s.FileRemoved: _file_removed,
    s.RecordUpserted: _record_upserted,
    s.RecordRemoved: _record_removed,
    s.StepLeft: _step_left,
    e.Published: _published,
    e.PublicationFailed: _publication_failed,
    e.PublicationUndone: _saga_closed,
    e.PublicationUndoIncomplete: _incomplete,
    e.WithdrawalStarted: _withdrawal_started,
    e.Withdrawn: _withdrawn,
    e.WithdrawalIncomplete: _incomplete,
    e.RollbackStarted: _rollback_started,
    e.RollbackIncomplete: _incomplete,
    r.OutsideObserved: _observed,
    r.RepairStarted: _repair_started,
    r.Repaired: _saga_closed,
    r.RepairIncomplete: _repair_incomplete,
}
