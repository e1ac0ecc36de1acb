"""
The rules of the stages: claims, outcomes, budgets, quarantine, release.

A budget counts charged attempts of one stage on one input since the last release. What a failure
costs is the policy of its code (`machine.failures`).
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine import intents as i
from machine.completeness import INCOMPLETE, told
from machine.digests import text_digest
from machine.event_base import Event
from machine.failures import FAILURES, Policy
from machine.quality import PROFILES, WEIGHTS, rating, tier
from machine.refusals import Refused
from machine.row import Ledger, Row, attempts_of, input_digest, part_of, pins_now
from machine.status import aside_command, stage_status
from machine.text import sound
from machine.values import Applied, MissingScore, Score, Stage, Text
from machine.wording import RULES_VERSION, about, findings

DEATHS_ALONE_MAX = 3
"""The program may die this often on one row alone before the row is set aside."""

_INTERRUPTED_CODE: dict[Stage, str] = {
    "prefill": "PrefillInterrupted",
    "score": "ScoringInterrupted",
    "resize": "ResizeInterrupted",
}


def _start(row: Row, intent: i.StartAttempt) -> tuple[Event, ...]:
    number, stage = row.happened.row, intent.stage
    status = stage_status(row, stage)
    if status == "running":
        msg = f"{stage} of row {number} is claimed by another run"
        raise Refused(msg, f"photojournal show {number}")
    if status == "quarantined":
        msg = f"{stage} of row {number} is quarantined"
        raise Refused(msg, aside_command(row, stage))
    if row.decided.decision.value == "rejected":
        msg = f"row {number} is rejected"
        raise Refused(msg, f"photojournal pick {number}")
    if status == "done" and part_of(row, stage).recipe_digest == intent.recipe_digest:
        msg = f"{stage} of row {number} is done"
        raise Refused(msg, f"photojournal retry {number} --stage {stage}", nothing=True)
    started = e.AttemptStarted(
        stage=stage,
        attempt=attempts_of(row, stage).count + 1,
        input_digest=input_digest(row, stage),
        recipe_digest=intent.recipe_digest,
        claimed_by=intent.claimed_by,
        alone=intent.alone,
        model=intent.model,
        fallback_for=intent.fallback_for,
    )
    return (started,)


def _applied(row: Row, stage: Stage, attempt: int, digest: str) -> Applied:
    """Return what becomes of an outcome, given what happened while it was made."""
    claimed = attempts_of(row, stage).open
    if claimed is None or claimed.attempt != attempt or digest != input_digest(row, stage):
        return "superseded"
    if stage != "prefill":
        return "applied"
    author = row.decided.prefill.author
    if author is None:
        return "applied"
    kept = (
        author.kind in ("human", "file")
        or row.decided.decision.value == "approved"
        or row.decided.publication.value == "published"
        or row.happened.saga is not None
    )
    return "suggested" if kept else "applied"


def _sound(text: Text) -> Text:
    return Text(
        caption=sound(text.caption),
        alt_text=sound(text.alt_text),
        keywords=tuple(sound(word) for word in text.keywords),
        language=text.language,
    )


def _prefilled(row: Row, intent: i.RecordPrefilled) -> tuple[Event, ...]:
    """A text as it was written, and then, where rules mended it, what they made of it."""
    text = _sound(intent.text)
    known = about(row, limits=intent.limits)
    applied = _applied(row, "prefill", intent.attempt, intent.input_digest)
    prefilled = e.Prefilled(
        attempt=intent.attempt,
        input_digest=intent.input_digest,
        recipe_digest=intent.recipe_digest,
        text=text,
        author=intent.author,
        grounded=intent.grounded,
        findings=findings(text, known),
        applied=applied,
        duration_ms=intent.duration_ms,
        call=intent.call,
    )
    if intent.cleaned is None:
        return prefilled, *_completed(row, intent, applied, text)
    mended = _sound(intent.cleaned)
    cleaned = e.TextCleaned(
        attempt=intent.attempt,
        rules_version=RULES_VERSION,
        changes=intent.changes,
        text=mended,
        findings=findings(mended, known),
        applied=applied,
    )
    return prefilled, cleaned, *_completed(row, intent, applied, mended)


def _completed(
    row: Row, intent: i.RecordPrefilled, applied: Applied, text: Text
) -> tuple[Event, ...]:
    """Fill what a person left open before the first prefill; what is decided on stays as it is."""
    part = row.decided.prefill
    decided_on = row.decided.decision.value == "approved" or row.happened.saga is not None
    published = row.decided.publication.value == "published"
    if applied != "suggested" or not part.left_open or part.author is None:
        return ()
    if decided_on or published:
        return ()
    whole = replace(part.text, **{field: getattr(text, field) for field in part.left_open})
    grounded = part.grounded or intent.grounded
    completed = e.TextEdited(
        text=whole,
        author=part.author,
        based_on=text_digest(part.text),
        findings=findings(whole, about(row, limits=intent.limits)),
        grounded=grounded,
        completed=True,
        vouched=() if grounded else part.vouched,
    )
    return (completed,)


def _scored(row: Row, intent: i.RecordScored) -> tuple[Event, ...]:
    """Scores count if the profile has them all; a score that is no number is a missing one."""
    required = PROFILES.get(intent.profile, ())
    required = tuple(dict.fromkeys((*required, *intent.extra))) if required else ()
    scores = tuple(score for score in intent.scores if abs(score.value) < float("inf"))
    missing = intent.missing + tuple(
        MissingScore(metric=score.metric, code="ScoringFailed", detail=f"measured {score.value}")
        for score in intent.scores
        if score not in scores
    )
    values = {score.metric: score.value for score in scores}
    lacking = [metric for metric in required if metric not in values]
    if lacking or not required:
        why = tuple(
            next((one for one in missing if one.metric == metric), None)
            or MissingScore(metric=metric, code=INCOMPLETE, detail="no reason was given")
            for metric in lacking
        )
        return _partly_scored(row, intent, required, scores, why)
    qr = rating({metric: values[metric] for metric in required})
    scored = e.Scored(
        attempt=intent.attempt,
        input_digest=intent.input_digest,
        recipe_digest=intent.recipe_digest,
        profile=intent.profile,
        required=required,
        scores=scores,
        missing=missing,
        qr=qr,
        tier=tier(qr),
        provisional=any(metric not in required for metric in WEIGHTS),
        applied=_applied(row, "score", intent.attempt, intent.input_digest),
        duration_ms=intent.duration_ms,
        embedding=intent.embedding,
    )
    return (scored,)


def _partly_scored(
    row: Row,
    intent: i.RecordScored,
    required: tuple[str, ...],
    scores: tuple[Score, ...],
    why: tuple[MissingScore, ...],
) -> tuple[Event, ...]:
    """
    What was measured is kept; the attempt has failed for the gravest reason that is missing.

    Where nothing could be measured and that is nobody's fault, the failure is called by its reason.
    """
    cause = cause_of(why)
    nothing = not scores and _GRAVITY[_gravity(cause)] == "nobody"
    failed = i.RecordFailure(
        stage="score",
        attempt=intent.attempt,
        input_digest=intent.input_digest,
        code=cause if nothing or cause in _OWN_CODES else INCOMPLETE,
        detail=told([one.metric for one in why], why) or f"there is no profile {intent.profile}",
        cause=cause,
        budget=intent.budget,
        retry_at=intent.retry_at,
        exit_code=intent.exit_code,
        duration_ms=intent.duration_ms,
    )
    if not scores or not required:
        return _failed(row, failed)
    applied = _applied(row, "score", intent.attempt, intent.input_digest)
    if applied == "applied" and row.decided.score.status == "done":
        applied = "suggested"
    partly = e.PartlyScored(
        attempt=intent.attempt,
        input_digest=intent.input_digest,
        recipe_digest=intent.recipe_digest,
        profile=intent.profile,
        required=required,
        scores=scores,
        missing=why,
        applied=applied,
        duration_ms=intent.duration_ms,
        embedding=intent.embedding,
    )
    return partly, *_failed(row, failed)


def cause_of(why: Iterable[MissingScore]) -> str:
    """Return the gravest code: what the photo did comes before what it merely lacks."""
    return min((one.code for one in why), key=_gravity, default=INCOMPLETE)


_OWN_CODES = ("ScoringNativeCrash", "ScoringOutOfMemory", "ScoringTimeout")
"""What happened to a photo's process is said as it is; other reasons are an incomplete result."""

_GRAVITY: tuple[Policy, ...] = ("permanent", "native", "transient", "wish", "nobody")


def _gravity(code: str) -> int:
    known = FAILURES.get(code)
    return _GRAVITY.index(known.policy if known else "transient")


def _resized(row: Row, intent: i.RecordResized) -> tuple[Event, ...]:
    """A new rendition changes no decision, unless the approval waits for it."""
    applied = _applied(row, "resize", intent.attempt, intent.input_digest)
    decision, repinned = row.decided.decision, None
    if applied == "applied" and decision.value == "approved" and decision.follows_photo:
        repinned = pins_now(row, decision.text, intent.renditions)
    resized = e.Resized(
        attempt=intent.attempt,
        input_digest=intent.input_digest,
        recipe_digest=intent.recipe_digest,
        renditions=intent.renditions,
        applied=applied,
        duration_ms=intent.duration_ms,
        repinned=repinned,
    )
    return (resized,)


def _failed(row: Row, intent: i.RecordFailure) -> tuple[Event, ...]:
    attempts = attempts_of(row, intent.stage)
    known = FAILURES.get(intent.cause or intent.code)
    policy: Policy = known.policy if known else "transient"
    spent = attempts.ledger.get(intent.input_digest, Ledger())
    charged = policy not in ("nobody", "wish")
    left = max(intent.budget - spent.charged - charged, 0)
    claimed = attempts.open
    current = claimed is not None and claimed.attempt == intent.attempt
    alone = current and claimed is not None and claimed.alone
    crashed_again = policy == "native" and alone and spent.crashes > 0
    aside = policy == "permanent" or (charged and left == 0) or crashed_again
    alone_next = policy == "native" or (policy == "nobody" and alone)
    failed = e.AttemptFailed(
        stage=intent.stage,
        attempt=intent.attempt,
        input_digest=intent.input_digest,
        code=intent.code,
        detail=sound(intent.detail),
        charged=charged,
        budget_left=left,
        retry_at=intent.retry_at if charged and not aside else "",
        alone_next=alone_next and not aside,
        exit_code=intent.exit_code,
        duration_ms=intent.duration_ms,
        call=intent.call,
        ends_wish=policy == "wish",
    )
    if not aside or not current:
        return (failed,)
    set_aside = e.Quarantined(
        stage=intent.stage,
        input_digest=intent.input_digest,
        code=intent.code,
        reason=sound(intent.detail),
    )
    return failed, set_aside


def _interrupted(row: Row, intent: i.RecordInterruption) -> tuple[Event, ...]:
    claimed = attempts_of(row, intent.stage).open
    if claimed is None or claimed.claimed_by != intent.run:
        return ()
    ledger = attempts_of(row, intent.stage).ledger.get(claimed.input_digest, Ledger())
    deaths = ledger.deaths_alone + (claimed.alone and not intent.asked)
    interrupted = e.AttemptInterrupted(
        stage=intent.stage,
        attempt=claimed.attempt,
        input_digest=claimed.input_digest,
        run=intent.run,
        deaths_alone=deaths,
        asked=intent.asked,
    )
    if intent.asked or deaths < DEATHS_ALONE_MAX:
        return (interrupted,)
    code = _INTERRUPTED_CODE[intent.stage]
    set_aside = e.Quarantined(
        stage=intent.stage,
        input_digest=claimed.input_digest,
        code=code,
        reason=FAILURES[code].meaning,
    )
    return interrupted, set_aside


def _retry(row: Row, intent: i.Retry) -> tuple[Event, ...]:
    number, stage = row.happened.row, intent.stage
    status = stage_status(row, stage)
    if status == "running":
        msg = f"{stage} of row {number} is running"
        raise Refused(msg, f"photojournal show {number}")
    if status == "quarantined":
        msg = f"{stage} of row {number} is quarantined"
        raise Refused(msg, aside_command(row, stage))
    return (e.Retried(stage=stage, reason=intent.reason, model=intent.model),)


def _release(row: Row, intent: i.Release) -> tuple[Event, ...]:
    number, stage = row.happened.row, intent.stage
    status = stage_status(row, stage)
    if status != "quarantined":
        msg = f"{stage} of row {number} is not quarantined, it is {status}"
        raise Refused(msg, f"photojournal show {number}", nothing=status == "done")
    return (e.Released(stage=stage, reason=intent.reason),)


STAGE_RULES: dict[type[i.Intent], Callable[[Row, Any], tuple[Event, ...]]] = {
    i.StartAttempt: _start,
    i.RecordPrefilled: _prefilled,
    i.RecordScored: _scored,
    i.RecordResized: _resized,
    i.RecordFailure: _failed,
    i.RecordInterruption: _interrupted,
    i.Retry: _retry,
    i.Release: _release,
}
