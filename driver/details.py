"""Everything about one row, for `show`: state, texts, scores, pictures, names, what is open."""

from typing import Any

import msgspec

from driver.details_erasure import erasure_details
from driver.details_photo import photo_details
from driver.details_text import text_details
from driver.galleries import how_to_remove
from driver.looking import Seen
from driver.recovery import is_alive
from machine.completeness import missing_scores
from machine.row import Row, Saga, attempts_of, rating_of, source_of
from machine.status import left_outside, outside, publication_due, stage_status
from machine.values import STAGES, Corrections, Stage
from projections.review_queue import UNNAMED


def details_of(seen: Seen, number: int) -> dict[str, Any]:
    """
    Return the row's line of the queue, and beside it what stands in no column.

    Made from the journal alone: whether the original still lies there is not looked at.
    """
    row = seen.row(number)
    line = seen.line(number)
    decided, happened = row.decided, row.happened
    prefill = decided.prefill
    return line | {
        "version": row.version,
        "source": msgspec.to_builtins(source_of(row)),
        "original": str(seen.program.workspace.path_of(source_of(row))),
        "size_bytes": row.decided.photo.size_bytes,
        "media_type": row.decided.photo.metadata.media_type,
        "companions": _companions(seen, row),
        "corrections": _given(row.decided.photo.corrections),
        "metadata_notes": list(row.decided.photo.metadata.notes),
        **photo_details(seen, number, row),
        "former_names": list(dict.fromkeys(happened.former_names)),
        "grounded": prefill.grounded,
        "author": msgspec.to_builtins(prefill.author),
        "finding_details": msgspec.to_builtins(prefill.findings),
        "suggestions": msgspec.to_builtins(prefill.suggestions),
        **text_details(seen, number, row),
        **_scores(row),
        "rating": _rating(row),
        "renditions": msgspec.to_builtins(decided.resize.renditions),
        "stages": {stage: _stage(seen, row, stage) for stage in STAGES},
        "decision_reason": decided.decision.reason,
        "publication": {
            "value": decided.publication.value,
            "due": publication_due(row),
            "outside": outside(row),
            "files": msgspec.to_builtins(happened.files),
            "record": msgspec.to_builtins(happened.record),
            "not_ours": list(happened.not_ours),
            "remains": how_to_remove(seen.program.workspace, left_outside(row), number),
        },
        "open": _open(seen, happened.saga),
        "erasure": erasure_details(seen, number) if happened.erasure else None,
    }


def _companions(seen: Seen, row: Row) -> list[dict[str, Any]]:
    """Return the RAW files of the row, and where they lie."""
    return [
        msgspec.to_builtins(one)
        | {
            "path": str(seen.program.workspace.path_of(row.happened.sources[one.sha256])),
            "copied": row.happened.sources[one.sha256].copied,
        }
        for one in row.happened.companions
    ]


def _scores(row: Row) -> dict[str, Any]:
    """Return what was measured with what, and for every other metric why it has no score."""
    score, newest = row.decided.score, row.happened.score
    return {
        "scores": msgspec.to_builtins(score.scores),
        "scores_required": list(score.required),
        "scores_missing": msgspec.to_builtins(score.missing),
        "scores_lacking": msgspec.to_builtins(newest.lacking),
        "scores_missing_why": missing_scores(row),
        "provisional": score.provisional,
        "embedding": msgspec.to_builtins(score.embedding),
    }


def _rating(row: Row) -> dict[str, Any]:
    """Return the rating that counts, what was measured, and who says otherwise, if anybody."""
    qr, tier = rating_of(row.decided)
    score, rated = row.decided.score, row.decided.rating
    said = {"QR": rated.qr, "reason": rated.reason, "by": rated.by or UNNAMED}
    return {
        "QR": qr,
        "tier": tier,
        "measured": {"QR": score.qr, "tier": score.tier, "provisional": score.provisional},
        "override": said if rated.qr is not None else None,
    }


def _stage(seen: Seen, row: Row, stage: Stage) -> dict[str, Any]:
    attempts = attempts_of(row, stage)
    claimed = attempts.open.claimed_by if attempts.open else ""
    return {
        "status": stage_status(row, stage),
        "needed": stage in row.happened.needed,
        "attempts": attempts.count,
        "failed": attempts.failed,
        "detail": attempts.detail,
        "retry_at": attempts.retry_at if attempts.failed else "",
        "claimed_by": claimed,
        "claim": _claim(seen, claimed),
    }


def _open(seen: Seen, saga: Saga | None) -> dict[str, Any] | None:
    if saga is None:
        return None
    return {
        "kind": saga.kind,
        "id": saga.id,
        "claimed_by": saga.claimed_by,
        "claim": _claim(seen, saga.claimed_by),
        "steps": len(saga.steps),
        "done": saga.done,
        "undoing": saga.undoing,
        "incomplete": saga.incomplete,
        "reports": msgspec.to_builtins(saga.reports),
    }


def _claim(seen: Seen, run_id: str) -> str:
    """Return `working` or `dead` for a run that claims something; empty for none or in the past."""
    if not run_id or seen.place:
        return ""
    return "working" if is_alive(seen.program.workspace, run_id) else "dead"


def _given(corrections: Corrections) -> dict[str, str]:
    """Return the facts that a person put in the place of the file's, by name."""
    return {
        name: value for name, value in msgspec.to_builtins(corrections).items() if value is not None
    }
