"""
The fold of the stages: claims, outcomes, failures, what a person wants done again.

Part of `machine.evolve`.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine.event_base import Event
from machine.evolve_outside import Folds
from machine.row import (
    Attempts,
    Decided,
    Happened,
    Ledger,
    PrefillPart,
    ResizePart,
    ScorePart,
    Suggestion,
)
from machine.values import Author, Stage, Text


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
            left_open=(),
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
        embedding=event.embedding,
        photo=event.input_digest,
    )
    return replace(d, score=part), happened


def _partly_scored(d: Decided, h: Happened, event: e.PartlyScored) -> Folds:
    """The attempt stays open: the `AttemptFailed` that follows ends it."""
    if event.applied == "superseded":
        return d, h
    lacking = replace(h.score, lacking=event.missing, recipe_digest=event.recipe_digest)
    happened = replace(h, score=lacking)
    if event.applied == "suggested":
        return d, happened
    part = ScorePart(
        profile=event.profile,
        required=event.required,
        scores=event.scores,
        missing=event.missing,
        embedding=event.embedding,
    )
    return replace(d, score=part), happened


def _resized(d: Decided, h: Happened, event: e.Resized) -> Folds:
    happened = _attempt_ended(h, "resize", event.attempt)
    if event.applied == "superseded":
        return d, happened
    part = ResizePart(
        status="done",
        renditions=event.renditions,
        recipe_digest=event.recipe_digest,
        photo=event.input_digest,
    )
    decision = d.decision
    if event.repinned:
        decision = replace(
            decision, pins=event.repinned, renditions=event.renditions, follows_photo=False
        )
    return replace(d, resize=part, decision=decision), happened


def _attempt_failed(d: Decided, h: Happened, event: e.AttemptFailed) -> Folds:
    """A failure that is nobody's fault leaves the stage due, as it was, or lacking scores."""
    before: Attempts = getattr(h, event.stage)
    ledger = before.ledger
    if event.charged:
        spent = ledger.get(event.input_digest, Ledger())
        crashes = spent.crashes + event.alone_next
        spent = replace(spent, charged=spent.charged + 1, crashes=crashes)
        ledger = {**ledger, event.input_digest: spent}
    if before.open is None or before.open.attempt != event.attempt:
        return d, _with_attempts(h, event.stage, replace(before, ledger=ledger))
    stands = event.charged or bool(before.lacking)
    attempts = Attempts(
        count=before.count,
        digest=event.input_digest,
        failed=event.code if stands else "",
        detail=event.detail if stands else "",
        retry_at=event.retry_at if event.charged else "",
        alone_next=event.alone_next,
        wanted=before.wanted and not stands and not event.ends_wish,
        model="" if event.ends_wish else before.model,
        lacking=before.lacking,
        recipe_digest=before.recipe_digest,
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


STAGE_ARMS: dict[type[Event], Callable[[Decided, Happened, Any], Folds]] = {
    e.AttemptStarted: _attempt_started,
    e.Prefilled: _prefilled,
    e.TextCleaned: _text_cleaned,
    e.Scored: _scored,
    e.PartlyScored: _partly_scored,
    e.Resized: _resized,
    e.AttemptFailed: _attempt_failed,
    e.AttemptInterrupted: _attempt_interrupted,
    e.Quarantined: _quarantined,
    e.Retried: _retried,
    e.Released: _released,
}
