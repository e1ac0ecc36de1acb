"""The scores of a row, for `show`: each with what measured it, and why the others are missing."""

from typing import Any

from commands.output import line, pairs, table
from machine.completeness import INCOMPLETE
from machine.failures import FAILURES
from machine.quality import METRICS, WEIGHTS
from machine.values import Embedding, Score
from projections.review_queue import PROVISIONAL

DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others."""

_COLUMNS = (
    *("score", "value", "range", "better"),
    *("measured by", "weights", "device", "size", "time"),
)


def say_scores(row: dict[str, Any]) -> None:
    """Print rating, what is missing and why, the embedding, and a table of the scores."""
    entries = _about(row)
    if not entries:
        return
    pairs(entries)
    line()
    found = {one["metric"]: Score(**one) for one in row["scores"]}
    if found:
        ordered = dict.fromkeys((*(one for one in WEIGHTS if one in found), *found))
        lines = [_line(found[metric]) for metric in ordered]
        keep = ("score", "value", "device", "size", "time")
        spare = ("weights", "range", "better", "size", "time")
        right = ("value", "time")
        table(_COLUMNS, lines, right=right, keep=keep, main="measured by", spare=spare)
        line()


def failure_in_words(row: dict[str, Any]) -> str:
    """Return what is wrong with a row; which scores are missing is said beside the scores."""
    code = str(row["failure"]).partition(":")[0]
    return f"{code}: {FAILURES[code].meaning}" if code == INCOMPLETE else str(row["failure"])


def _about(row: dict[str, Any]) -> list[tuple[str, object]]:
    given, measured = row["rating"]["override"], row["rating"]["measured"]
    if not (row["scores"] or row["scores_lacking"] or row["score_profile"] or given):
        return []
    if row["QR"] is None:
        rating = "none: not every score that is required was measured"
    else:
        rating = f"{row['QR']} of 10, {row['quality_tier']}"
    entries: list[tuple[str, object]] = [("Rating", rating)]
    if given:
        entries.append(("Rated by", f"{given['by']}: {given['reason']}"))
        entries.append(("Measured", _measured(measured)))
    entries.append(("Profile", _profile(row)))
    by_reason: dict[str, list[str]] = {}
    for metric, why in row["scores_missing_why"].items():
        by_reason.setdefault(why, []).append(metric)
    entries += [("Missing", f"{', '.join(those)}: {why}") for why, those in by_reason.items()]
    if row["embedding"]:
        entries.append(("Embedding", _embedding(Embedding(**row["embedding"]))))
    return entries


def _measured(rating: dict[str, Any]) -> str:
    """Return the rating that a person's stands over."""
    if rating["QR"] is None:
        return "no rating"
    return f"{rating['QR']} of 10, {rating['tier']}{PROVISIONAL if rating['provisional'] else ''}"


def _profile(row: dict[str, Any]) -> str:
    if not row["score_profile"]:
        return ""
    more = "; the newest attempt, with other settings, could not measure everything"
    newer = bool(row["scores_lacking"]) and row["QR"] is not None
    return str(row["score_profile"]) + (more if newer else "")


def _embedding(one: Embedding) -> str:
    return (
        f"{one.dimensions} numbers by {one.implementation or 'CLIP'},"
        f" weights {one.weights_sha256[:DIGEST_SHOWN]}, object {one.sha256[:DIGEST_SHOWN]}"
    )


def _line(score: Score) -> tuple[object, ...]:
    known = METRICS.get(score.metric)
    span = f"{known.low:g} to {known.high:g}" if known else ""
    size = f"{score.width_px} x {score.height_px}" if score.width_px else ""
    time = "" if score.duration_ms is None else f"{score.duration_ms:,} ms"
    return (
        score.metric,
        f"{score.value:g}",
        span,
        known.better if known else "",
        score.implementation,
        score.weights_sha256[:DIGEST_SHOWN],
        score.device,
        size,
        time,
    )
