"""
The fold: `evolve(row, event)` is the row after the event.

No rules live here: what was recorded is accepted, whatever today's rules say. One small function
per event returns the two folds; an event that is not about the row's state adds a version only.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine.event_base import Event
from machine.evolve_outside import OUTSIDE_ARMS, Folds
from machine.row import (
    PARTS,
    Attempts,
    Decided,
    DecisionPart,
    Happened,
    Ledger,
    Mark,
    PrefillPart,
    PublicationPart,
    ResizePart,
    Row,
    ScorePart,
    Suggestion,
    mark_at,
)
from machine.values import Author, Stage, Text


def fold(history: Iterable[Event], row: Row | None = None) -> Row:
    """Return the row after all of `history`."""
    row = row or Row()
    for event in history:
        row = evolve(row, event)
    return row


def evolve(row: Row, event: Event) -> Row:
    """Return `row` after `event`. Accepts everything that `decide` emits; never refuses."""
    version = row.version + 1
    arm = _ARMS.get(type(event))
    if arm is None:
        if type(event) is e.RolledBack:
            return _rolled_back(row, event)
        return Row(version, row.decided, row.happened, row.marks)
    decided, happened = arm(row.decided, row.happened, event)
    settled = happened.saga is None
    if decided is row.decided and settled is row.marks[-1].settled:
        return Row(version, decided, happened, row.marks)
    return Row(version, decided, happened, (*row.marks, Mark(version, decided, settled)))


# --- Intake


def _ingested(d: Decided, h: Happened, event: e.RowIngested) -> Folds:
    happened = replace(
        h,
        row=event.row,
        set_id=event.set_id,
        original_name=event.original_name,
        source=event.source,
        sha256=event.sha256,
        size_bytes=event.size_bytes,
        file_name=event.file_name,
        needed=event.needed,
    )
    return replace(d, intake=True, labels=event.labels), happened


def _metadata_read(d: Decided, h: Happened, event: e.MetadataRead) -> Folds:
    return d, replace(h, metadata=event.metadata, embedded=event.embedded)


def _reopened(d: Decided, h: Happened, event: e.RowReopened) -> Folds:
    decided = replace(_decide(d, DecisionPart()), intake=True, labels=event.labels)
    return decided, replace(h, set_id=event.set_id)


# --- Stages


def _with_attempts(h: Happened, stage: Stage, attempts: Attempts) -> Happened:
    if stage == "prefill":
        return replace(h, prefill=attempts)
    if stage == "score":
        return replace(h, score=attempts)
    return replace(h, resize=attempts)


def _attempt_started(d: Decided, h: Happened, event: e.AttemptStarted) -> Folds:
    """What made a stage with a result due is kept: a pause of the stage must not lose it."""
    before: Attempts = getattr(h, event.stage)
    again = bool(before.failed) or before.interrupted
    attempts = Attempts(
        count=event.attempt,
        open=event,
        digest=event.input_digest,
        wanted=before.wanted or (again and getattr(d, event.stage).status == "done"),
        model=before.model,
        ledger=before.ledger,
    )
    return d, _with_attempts(h, event.stage, attempts)


def _attempt_ended(h: Happened, stage: Stage, attempt: int) -> Happened:
    """A result ends its attempt and whatever failed before; a late one ends nothing."""
    before: Attempts = getattr(h, stage)
    if before.open is None or before.open.attempt != attempt:
        return h
    ended = Attempts(count=before.count, digest=before.digest, ledger=before.ledger)
    return _with_attempts(h, stage, ended)


def _prefilled(d: Decided, h: Happened, event: e.Prefilled) -> Folds:
    happened = _attempt_ended(h, "prefill", event.attempt)
    if event.applied == "superseded":
        return d, happened
    if event.applied == "suggested":
        offered = Suggestion(text=event.text, author=event.author, grounded=event.grounded)
        part = replace(
            d.prefill,
            suggestions=(*d.prefill.suggestions, offered),
            recipe_digest=event.recipe_digest,
            status="done",
        )
        return replace(d, prefill=part), happened
    part = PrefillPart(
        status="done",
        text=event.text,
        author=event.author,
        grounded=event.grounded,
        findings=event.findings,
        suggestions=d.prefill.suggestions,
        recipe_digest=event.recipe_digest,
        call=event.call,
    )
    return replace(d, prefill=part), happened


_NO_SUGGESTION = Suggestion(text=Text(), author=Author(kind="model"), grounded=False)


def _text_cleaned(d: Decided, h: Happened, event: e.TextCleaned) -> Folds:
    """The text that the `Prefilled` before it brought is the one that is cleaned."""
    if event.applied == "superseded":
        return d, h
    if event.applied == "suggested":
        *earlier, newest = d.prefill.suggestions or (_NO_SUGGESTION,)
        cleaned = (*earlier, replace(newest, text=event.text))
        return replace(d, prefill=replace(d.prefill, suggestions=cleaned)), h
    part = replace(d.prefill, text=event.text, findings=event.findings)
    return replace(d, prefill=part), h


def _scored(d: Decided, h: Happened, event: e.Scored) -> Folds:
    happened = _attempt_ended(h, "score", event.attempt)
    if event.applied == "superseded":
        return d, happened
    part = ScorePart(
        status="done",
        profile=event.profile,
        required=event.required,
        scores=event.scores,
        missing=event.missing,
        qr=event.qr,
        tier=event.tier,
        provisional=event.provisional,
        recipe_digest=event.recipe_digest,
    )
    return replace(d, score=part), happened


def _resized(d: Decided, h: Happened, event: e.Resized) -> Folds:
    happened = _attempt_ended(h, "resize", event.attempt)
    if event.applied == "superseded":
        return d, happened
    part = ResizePart(status="done", renditions=event.renditions, recipe_digest=event.recipe_digest)
    return replace(d, resize=part), happened


def _attempt_failed(d: Decided, h: Happened, event: e.AttemptFailed) -> Folds:
    """A failure that is nobody's fault leaves the stage due, as it was."""
    before: Attempts = getattr(h, event.stage)
    ledger = before.ledger
    if event.charged:
        spent = ledger.get(event.input_digest, Ledger())
        crashes = spent.crashes + event.alone_next
        spent = replace(spent, charged=spent.charged + 1, crashes=crashes)
        ledger = {**ledger, event.input_digest: spent}
    if before.open is None or before.open.attempt != event.attempt:
        return d, _with_attempts(h, event.stage, replace(before, ledger=ledger))
    attempts = Attempts(
        count=before.count,
        digest=event.input_digest,
        failed=event.code if event.charged else "",
        detail=event.detail if event.charged else "",
        retry_at=event.retry_at if event.charged else "",
        alone_next=event.alone_next,
        wanted=before.wanted and not event.charged and not event.ends_wish,
        model="" if event.ends_wish else before.model,
        ledger=ledger,
    )
    return d, _with_attempts(h, event.stage, attempts)


def _attempt_interrupted(d: Decided, h: Happened, event: e.AttemptInterrupted) -> Folds:
    before: Attempts = getattr(h, event.stage)
    spent = before.ledger.get(event.input_digest, Ledger())
    spent = replace(spent, deaths_alone=event.deaths_alone)
    attempts = Attempts(
        count=before.count,
        digest=event.input_digest,
        interrupted=True,
        alone_next=not event.asked or (before.open is not None and before.open.alone),
        model=before.model,
        ledger={**before.ledger, event.input_digest: spent},
    )
    return d, _with_attempts(h, event.stage, attempts)


def _quarantined(d: Decided, h: Happened, event: e.Quarantined) -> Folds:
    before: Attempts = getattr(h, event.stage)
    spent = before.ledger.get(event.input_digest, Ledger())
    spent = replace(spent, quarantined=event.code)
    ledger = {**before.ledger, event.input_digest: spent}
    detail = event.reason or before.detail
    return d, _with_attempts(h, event.stage, replace(before, ledger=ledger, detail=detail))


def _retried(d: Decided, h: Happened, event: e.Retried) -> Folds:
    before: Attempts = getattr(h, event.stage)
    attempts = Attempts(
        count=before.count,
        digest=before.digest,
        alone_next=before.alone_next,
        wanted=True,
        model=event.model,
        ledger=before.ledger,
    )
    return d, _with_attempts(h, event.stage, attempts)


def _released(d: Decided, h: Happened, event: e.Released) -> Folds:
    before: Attempts = getattr(h, event.stage)
    attempts = Attempts(
        count=before.count, digest=before.digest, alone_next=before.alone_next, wanted=True
    )
    return d, _with_attempts(h, event.stage, attempts)


# --- Edits and decisions


def _text_edited(d: Decided, h: Happened, event: e.TextEdited) -> Folds:
    """A person's text does the stage's work; nothing of it stays due, failed or set aside."""
    part = PrefillPart(
        status="done",
        text=event.text,
        author=event.author,
        grounded=event.grounded,
        findings=event.findings,
        suggestions=d.prefill.suggestions,
        recipe_digest=d.prefill.recipe_digest,
    )
    decision = d.decision
    if event.repinned:
        decision = replace(decision, pins=event.repinned, text=event.text)
    attempts = replace(
        h.prefill,
        failed="",
        detail="",
        retry_at="",
        interrupted=False,
        wanted=False,
        ledger={digest: replace(one, quarantined="") for digest, one in h.prefill.ledger.items()},
    )
    return replace(d, prefill=part, decision=decision), replace(h, prefill=attempts)


def _qc_waived(d: Decided, h: Happened, event: e.QcWaived) -> Folds:
    return replace(d, prefill=replace(d.prefill, waived=event.text_digest)), h


def _repinned(decision: DecisionPart, event: e.Relabelled | e.Renamed) -> DecisionPart:
    return replace(decision, pins=event.repinned) if event.repinned else decision


def _relabelled(d: Decided, h: Happened, event: e.Relabelled) -> Folds:
    prefill = d.prefill
    if prefill.status == "done" and prefill.author and prefill.author.kind in ("model", "rule"):
        prefill = replace(prefill, status="stale")
    if event.findings is not None:
        prefill = replace(prefill, findings=event.findings)
    decision = _repinned(d.decision, event)
    return replace(d, labels=event.labels, prefill=prefill, decision=decision), h


def _renamed(d: Decided, h: Happened, event: e.Renamed) -> Folds:
    happened = replace(h, file_name=event.file_name, former_names=(*h.former_names, event.former))
    decision = _repinned(d.decision, event)
    return (d if decision is d.decision else replace(d, decision=decision)), happened


def _decide(d: Decided, decision: DecisionPart) -> Decided:
    """A new decision ends a withdrawal."""
    if d.publication.value == "withdrawn":
        return replace(d, decision=decision, publication=PublicationPart())
    return replace(d, decision=decision)


def _picked(d: Decided, h: Happened, _event: e.Picked) -> Folds:
    return _decide(d, DecisionPart(value="picked")), h


def _approved(d: Decided, h: Happened, event: e.Approved) -> Folds:
    decision = DecisionPart(
        value="approved",
        pins=event.pins,
        text=d.prefill.text,
        renditions=d.resize.renditions,
        allowed_ungrounded=event.allowed_ungrounded,
        reason=event.reason,
    )
    return _decide(d, decision), h


def _rejected(d: Decided, h: Happened, event: e.Rejected) -> Folds:
    return _decide(d, DecisionPart(value="rejected", reason=event.reason)), h


# --- Going back


def _rolled_back(row: Row, event: e.RolledBack) -> Row:
    """Set `after[now] = after[to]` for the parts, and close the saga that led here."""
    then = mark_at(row, event.to).decided
    parts = {part: getattr(then, part) for part in PARTS if part in event.parts}
    decided = replace(row.decided, **parts)
    happened = replace(row.happened, saga=None)
    for stage in ("prefill", "score", "resize"):
        attempts: Attempts = getattr(happened, stage)
        if stage in event.parts and attempts.open is None:
            plain = Attempts(
                count=attempts.count,
                digest=attempts.digest,
                alone_next=attempts.alone_next,
                ledger=attempts.ledger,
            )
            happened = replace(happened, **{stage: plain})
    version = row.version + 1
    return Row(version, decided, happened, (*row.marks, Mark(version, decided, settled=True)))


_ARMS: dict[type[Event], Callable[[Decided, Happened, Any], Folds]] = {
    e.RowIngested: _ingested,
    e.MetadataRead: _metadata_read,
    e.RowReopened: _reopened,
    e.AttemptStarted: _attempt_started,
    e.Prefilled: _prefilled,
    e.TextCleaned: _text_cleaned,
    e.Scored: _scored,
    e.Resized: _resized,
    e.AttemptFailed: _attempt_failed,
    e.AttemptInterrupted: _attempt_interrupted,
    e.Quarantined: _quarantined,
    e.Retried: _retried,
    e.Released: _released,
    e.TextEdited: _text_edited,
    e.Relabelled: _relabelled,
    e.Renamed: _renamed,
    e.QcWaived: _qc_waived,
    e.Picked: _picked,
    e.Approved: _approved,
    e.Rejected: _rejected,
    **OUTSIDE_ARMS,
}

WITHOUT_ARM: tuple[type[Event], ...] = (e.PrivateMetadataRead, e.NameReserved, e.BytesReserved)
"""Events beside a row that change nothing but its version; likewise those of `run_events`."""
