"""
`review_queue`: one line per row, the table that people query. And `row_names`, which finds rows.

Every column follows from the row's state by `line`; nothing else is looked at.

- `Path`, `Thumb_Path`: public URLs, as the published record says them; empty while nothing is
  published. Where the original lies, `photojournal show` tells.
- `QC_Status`: the plain tier, or the failure code while something is wrong (`ScoringFailed` also
  stands for `ScoreIncomplete`). `quality_tier`: always
  the tier, followed by ` (provisional)` while metrics of the full rating are missing
  (`metrics_missing` names them).
- `metrics_missing_why`: every metric of the full rating without a score, and why: `failed (...)`,
  `not measured (profile ...)` or `not scored yet`.
- `failure`: `code: detail` of what is wrong now; empty when nothing is.
- `attempts`: tries of each stage since the row came in, such as `prefill 1, score 2`.
- `due`: the stages that a run would take up, and `publish`. A failed stage counts: it is taken up
  when its pause is over, without anybody typing anything. Quarantined stages wait for a person.
- `text_author`: kind and name, such as `model:qwen2.5vl:3b` or `human`.
- `run_id`, `last_position`, `updated_at`: of the newest event of the row.
- `rated_by`: the person whose rating stands in `QR` in the place of the one that was measured.
- `clip_embedding`: SHA-256 of the photo's embedding in `data/objects`; `clip_weights`: of the CLIP
  that made it. Only embeddings of one CLIP can be compared.
- `perceptual_hash`: 64 bits of how the photo looks, as 16 hex digits; photos that look alike differ
  in few of them.
- `grounded`: 1 where the text was written, or vouched for, by who looked at the picture; else 0.

A number that is not known is NULL, a text that is not known is empty.
"""

from collections.abc import Mapping
from typing import ClassVar

from journal.records import Recorded
from machine.completeness import missing_in_words
from machine.failures import qc_of
from machine.naming import name_key
from machine.next_action import next_action
from machine.quality import WEIGHTS
from machine.row import Row, StageStatus, rating_of
from machine.status import failure, publication_due, review_status, statuses
from machine.values import STAGES, Stage
from projections.tables import Line, Lines, Page, Projection, Table

QUEUE = Table(
    name="review_queue",
    owner="id",
    key=("id",),
    columns=(
        ("id", "INTEGER"),
        ("Folder", "TEXT"),
        ("File_Name", "TEXT"),
        ("Path", "TEXT"),
        ("Thumb_Path", "TEXT"),
        ("DateTime", "TEXT"),
        ("Camera", "TEXT"),
        ("Lens_model", "TEXT"),
        ("Width", "INTEGER"),
        ("Height", "INTEGER"),
        ("Exposure", "TEXT"),
        ("Aperture", "TEXT"),
        ("ISO", "INTEGER"),
        ("Focal_length", "TEXT"),
        ("Keywords", "TEXT"),
        ("Caption", "TEXT"),
        ("alt_text", "TEXT"),
        ("Location", "TEXT"),
        ("Subject", "TEXT"),
        ("nima_score", "REAL"),
        ("blur_score", "REAL"),
        ("brightness_score", "REAL"),
        ("contrast_score", "REAL"),
        ("brisque_score", "REAL"),
        ("clip_aesthetic_score", "REAL"),
        ("QR", "REAL"),
        ("QC_Status", "TEXT"),
        ("Review_Status", "TEXT"),
        ("Original_File_Name", "TEXT"),
        ("prefill_status", "TEXT"),
        ("score_status", "TEXT"),
        ("resize_status", "TEXT"),
        ("quality_tier", "TEXT"),
        ("failure", "TEXT"),
        ("attempts", "TEXT"),
        ("next_action", "TEXT"),
        ("findings", "TEXT"),
        ("text_author", "TEXT"),
        ("score_profile", "TEXT"),
        ("metrics_missing", "TEXT"),
        ("decision", "TEXT"),
        ("due", "TEXT"),
        ("sha256", "TEXT"),
        ("set_id", "TEXT"),
        ("run_id", "TEXT"),
        ("last_position", "INTEGER"),
        ("updated_at", "TEXT"),
        ("metrics_missing_why", "TEXT"),
        ("clip_embedding", "TEXT"),
        ("clip_weights", "TEXT"),
        ("perceptual_hash", "TEXT"),
        ("rated_by", "TEXT"),
        ("grounded", "INTEGER"),
    ),
)

NAMES = Table(
    name="row_names",
    owner="row",
    key=("row", "kind", "name"),
    columns=(
        ("name_key", "TEXT"),
        ("row", "INTEGER"),
        ("current", "INTEGER"),
        ("kind", "TEXT"),
        ("name", "TEXT"),
    ),
    indexes=(("name_key",),),
)
"""Every name that finds a row. `kind`: `current`, `former` or `original`; `current`: 1 or 0."""

UNNAMED = "a person"
"""Who rated a photo, where the name is not known."""

PROVISIONAL = " (provisional)"

METRICS: tuple[str, ...] = (
    "nima_score",
    "blur_score",
    "brightness_score",
    "contrast_score",
    "brisque_score",
    "clip_aesthetic_score",
)
"""The metric columns, in their order."""


def line(row: Row, last: Recorded) -> Line:
    """
    Return the line of `row` in `review_queue`.

    Args:
        row: the state after `last`.
        last: the newest event of the row.
    """
    decided, happened = row.decided, row.happened
    metadata, labels, text = decided.photo.metadata, decided.labels, decided.prefill.text
    by_stage = statuses(row)
    code, detail = failure(row, by_stage)
    qr, tier = rating_of(decided)
    rated = decided.rating.qr is not None
    action = next_action(row, by_stage)
    record, author = happened.record, decided.prefill.author
    scores = {score.metric: round(score.value, 4) for score in decided.score.scores}
    embedding = decided.score.embedding
    return (
        happened.row,
        labels.category,
        happened.file_name,
        record.path if record else "",
        record.thumb_path if record else "",
        metadata.date_time,
        metadata.camera,
        metadata.lens_model,
        metadata.width_px,
        metadata.height_px,
        metadata.exposure,
        metadata.aperture,
        metadata.iso,
        metadata.focal_length,
        ", ".join(text.keywords),
        text.caption,
        text.alt_text,
        labels.location,
        labels.subject,
        *map(scores.get, METRICS),
        qr,
        qc_of(code) if code else tier,
        review_status(row, by_stage),
        happened.original_name,
        by_stage["prefill"],
        by_stage["score"],
        by_stage["resize"],
        tier + PROVISIONAL if decided.score.provisional and not rated else tier,
        f"{code}: {detail}" if code and detail else code,
        attempts(row),
        action.command if action else "",
        ", ".join(finding.code for finding in decided.prefill.findings),
        (f"{author.kind}:{author.name}" if author.name else author.kind) if author else "",
        decided.score.profile,
        metrics_missing(row, scores),
        decided.decision.value,
        due(row, by_stage),
        decided.photo.sha256,
        happened.set_id,
        last.run_id,
        last.position,
        last.at,
        missing_in_words(row, by_stage["score"]),
        embedding.sha256 if embedding else None,
        embedding.weights_sha256 if embedding else None,
        decided.photo.perceptual_hash,
        (decided.rating.by or UNNAMED) if rated else "",
        int(decided.prefill.grounded),
    )


def attempts(row: Row) -> str:
    """Return how often each stage was tried, `prefill 1, score 2`."""
    happened = row.happened
    counts = (
        ("prefill", happened.prefill.count),
        ("score", happened.score.count),
        ("resize", happened.resize.count),
    )
    return ", ".join(f"{stage} {count}" for stage, count in counts if count)


def metrics_missing(row: Row, scores: Mapping[str, float]) -> str:
    """Return the metrics of the full rating that a scored row lacks."""
    if not row.decided.score.profile:
        return ""
    return ", ".join(metric for metric in WEIGHTS if metric not in scores)


def due(row: Row, by_stage: Mapping[Stage, StageStatus]) -> str:
    """Return what a run would take up: stages, then `publish`."""
    if not row.decided.intake or row.decided.decision.value == "rejected":
        return ""
    waiting = ("due", "stale", "interrupted", "failed")
    found: list[str] = [stage for stage in STAGES if by_stage[stage] in waiting]
    if publication_due(row):
        found.append("publish")
    return ", ".join(found)


def names(row: Row) -> tuple[Line, ...]:
    """Return the names that find `row`: today's, former ones, those of the original and its RAW."""
    happened = row.happened
    number, today = happened.row, happened.file_name
    found = [(name_key(today), number, 1, "current", today)]
    if happened.original_name:
        original = happened.original_name
        found.append((name_key(original), number, 0, "original", original))
    raws = dict.fromkeys(one.original_name for one in happened.companions)
    found += [
        (name_key(raw), number, 0, "original", raw) for raw in raws if raw != happened.original_name
    ]
    former_ones = dict.fromkeys(name for name in happened.former_names if name != today)
    found += [(name_key(former), number, 0, "former", former) for former in former_ones]
    return tuple(found)


class ReviewQueue(Projection):
    """The queue, with the names that find its rows."""

    name: ClassVar[str] = "review_queue"
    version: ClassVar[int] = 7
    tables: ClassVar[tuple[Table, ...]] = (QUEUE, NAMES)

    def apply(self, page: Page, into: Lines) -> None:
        """Replace the lines of the rows that changed."""
        into.put(QUEUE, [line(change.row, change.last) for change in page.rows])
        renamed = [change.row for change in page.rows if change.has(_NAMING)]
        if renamed:
            into.delete(NAMES, [row.happened.row for row in renamed])
            into.put(NAMES, [name for row in renamed for name in names(row)])


_NAMING = frozenset(("RowIngested", "Renamed", "CompanionAdded", "ErasureStarted"))
