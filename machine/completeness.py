"""
Which scores a row lacks, and why.

What a profile requires stands in the row's own `Scored` event. A score is missing in one of three
ways, which are told apart: it failed, the profile does not measure it, or nobody measured yet.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from machine.quality import METRICS, PROFILES, WEIGHTS
from machine.row import Row, ScorePart, StageStatus
from machine.status import stage_failure, stage_status
from machine.values import MissingScore, Score

INCOMPLETE = "ScoreIncomplete"
NOT_YET = "not scored yet"

_NAMED = re.compile(rf"(?:^|; )({'|'.join(METRICS)})(?=: |; |$)")


def told(lacking: Iterable[str], missing: Iterable[MissingScore]) -> str:
    """Return the detail of a failure: each metric that is lacking, with the reason if known."""
    reasons = {lack.metric: f"{lack.metric}: {lack.detail or lack.code}" for lack in missing}
    return "; ".join(reasons.get(metric, metric) for metric in lacking)


def reasons_in(detail: str) -> dict[str, str]:
    """Return metric and reason from what `told` said; a metric without reason has an empty one."""
    found = list(_NAMED.finditer(detail))
    ends = [one.start() for one in found[1:]] + [len(detail)]
    return {
        one[1]: detail[one.end() : end].removeprefix(": ")
        for one, end in zip(found, ends, strict=False)
    }


def lacking(score: ScorePart) -> tuple[str, ...]:
    """Return the metrics that the row's own profile requires and that have no score."""
    required = score.required or PROFILES.get(score.profile, ())
    measured = {one.metric for one in score.scores}
    return tuple(metric for metric in required if metric not in measured)


def without(row: Row) -> str:
    """Return in words what a row that would be published lacks; empty when it lacks nothing."""
    names = tuple(one.metric for one in row.happened.score.lacking)
    return without_required(row) or (f"without {', '.join(names)}" if names else "")


def without_required(row: Row) -> str:
    """Return in words what a row lacks that its own profile requires; empty: nothing."""
    score = row.decided.score
    if "score" in row.happened.needed and not score.profile:
        return f"without scores, {NOT_YET}"
    names = () if score.profile and not (score.scores or score.missing) else lacking(score)
    return f"without {', '.join(names)}" if names else ""  # Of forgotten scores nothing is lacking.


def scores_wanted(row: Row) -> str:
    """Return in words which scores have to be there before the row goes out; empty: none more."""
    return "" if row.decided.decision.without_scores else without_required(row)


def missing_scores(row: Row, status: StageStatus | None = None) -> dict[str, str]:
    """
    Return each metric of the rating that the row has no score for, and why.

    Args:
        row: the row.
        status: of the stage `score`, where it is known already.
    """
    code, detail = stage_failure(row, "score", status or stage_status(row, "score"))
    return _missing(row.decided.score, code, detail, row.happened.score.lacking)


def missing_in_words(row: Row, status: StageStatus) -> str:
    """Return `missing_scores` in words."""
    code, detail = stage_failure(row, "score", status)
    score = row.decided.score
    if code or score.missing:
        return in_words(_missing(score, code, detail, row.happened.score.lacking))
    return _usual(tuple(one.metric for one in score.scores), score.profile, score.required)


@lru_cache(256)
def _usual(measured: tuple[str, ...], profile: str, required: tuple[str, ...]) -> str:
    """Return what is missing where nothing failed: the same for many rows."""
    scores = tuple(Score(metric=metric, value=0.0) for metric in measured)
    return in_words(_missing(ScorePart(profile=profile, required=required, scores=scores), "", ""))


def _missing(
    score: ScorePart, code: str, detail: str, lacked: tuple[MissingScore, ...] = ()
) -> dict[str, str]:
    measured = {one.metric for one in score.scores}
    required = score.required or PROFILES.get(score.profile, ())
    wanted = dict.fromkeys((*WEIGHTS, *required, *(one.metric for one in lacked)))
    absent = [metric for metric in wanted if metric not in measured]
    known = {lack.metric: lack.detail or lack.code for lack in (*score.missing, *lacked)}
    failed = {} if lacked else _failures(absent, code, detail)
    found: dict[str, str] = {}
    for metric in absent:
        if metric in failed:
            found[metric] = f"failed ({failed[metric]})"
        elif metric in known:
            found[metric] = f"failed ({known[metric]})"
        elif not score.profile:
            found[metric] = NOT_YET
        elif metric in required:
            found[metric] = "failed (no reason is known)"
        else:
            found[metric] = f"not measured (profile {score.profile})"
    return found


def _failures(absent: Iterable[str], code: str, detail: str) -> dict[str, str]:
    """Return what the newest attempt failed to measure: some metrics, or all of them."""
    if not code:
        return {}
    named = reasons_in(detail) if code == INCOMPLETE else {}
    if named:
        return {metric: reason or code for metric, reason in named.items()}
    return dict.fromkeys(absent, f"{code}: {detail}" if detail else code)


def in_words(missing: dict[str, str]) -> str:
    """Return metrics by reason, what failed first: `a: failed (why); b, c: not scored yet`."""
    by_reason: dict[str, list[str]] = {why: [] for why in missing.values() if _is_failure(why)}
    for metric, why in missing.items():
        by_reason.setdefault(why, []).append(metric)
    return "; ".join(f"{', '.join(metrics)}: {why}" for why, metrics in by_reason.items())


def _is_failure(why: str) -> bool:
    return why.startswith("failed")
