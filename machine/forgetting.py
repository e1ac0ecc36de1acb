"""
What is left of an event when its content is forgotten: `left_of`.

Left are ids, names of streams, file names, codes, counts, times of attempts and paths in the
gallery: what a fold needs so that the row keeps its place in every listing. Forgotten are texts,
labels, facts of the file, scores, reasons that somebody typed, original names and paths, and
digests of any of these, since whoever guesses a text could compare. The SHA-256 of the photo stays:
it is the name of a stream.

What is left never depends on what else is forgotten, so that it never has to be forgotten again.
"""

from collections.abc import Callable, Collection
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine import repair_events as o
from machine import run_events as r
from machine import step_events as s
from machine.event_base import Event, Salted
from machine.row import Decided
from machine.values import (
    Author,
    Corrections,
    Finding,
    Labels,
    Past,
    Pins,
    Record,
    Source,
    Step,
    StepReport,
    Text,
)

ERASED = "(erased)"
"""What people read where a text stood."""

UNKNOWN_SHA256 = "0" * 64
"""Stands for the digest of something that was there."""

NO_TEXT = Text(caption=ERASED, alt_text=ERASED)
_NO_SOURCE = Source(root="", path=ERASED)
_NO_LABELS = Labels(category=ERASED, subject=ERASED, location=ERASED)
_NO_PINS = Pins(text="", renditions="", labels="")


def left_of(event: Event) -> Event | None:
    """
    Return an event without its content.

    Returns:
        `event` itself where it has none, another one of its class, or None: nothing is left.
    """
    if type(event) in _NOTHING_LEFT:
        return None
    left = _LEFT.get(type(event))
    if left is None:
        return event
    bare: Event = left(event)
    if isinstance(event, Salted):
        bare = replace(bare, salt="")
        return event if bare == replace(event, salt="") else bare
    return event if bare == event else bare


def has_forgotten(decided: Decided, parts: Collection[str]) -> bool:
    """Tell whether what one of these parts of a row says was forgotten since."""
    record, score = decided.publication.record, decided.score
    forgotten = {
        "labels": decided.labels.category == ERASED,
        "prefill": decided.prefill.text.caption == ERASED,
        "score": bool(score.profile) and not (score.scores or score.missing),
        "resize": decided.resize.status == "done" and not decided.resize.renditions,
        "rating": decided.rating.reason == ERASED,
        "decision": decided.decision.text.caption == ERASED,
        "publication": record is not None and record.caption == ERASED,
    }
    return any(forgotten.get(part) for part in parts)


def _why(text: str) -> str:
    """Return what stands for something that was typed, or that an error said."""
    return ERASED if text else ""


def _sha256(digest: str) -> str:
    return UNKNOWN_SHA256 if digest else ""


def _author(author: Author) -> Author:
    """Return who wrote a text, without what they were asked and answered."""
    name = ERASED if author.kind == "file" and author.name else author.name
    return Author(
        kind=author.kind, name=name, version=author.version, model_digest=author.model_digest
    )


def _findings(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(Finding(code=one.code, blocking=one.blocking) for one in findings)


def _pins(pins: Pins | None) -> Pins | None:
    return replace(_NO_PINS, name=pins.name) if pins else None


def _record(record: Record | None) -> Record | None:
    """Return where a record stood: its name and its addresses."""
    if record is None:
        return None
    values: dict[str, Any] = dict.fromkeys(Record.__struct_fields__)
    texts = ("folder", "keywords", "location", "subject", "qc_status")
    values |= dict.fromkeys(texts, "") | {"caption": ERASED, "alt_text": ERASED}
    named = ("file_name", "path", "thumb_path")
    return Record(**values | {name: getattr(record, name) for name in named})


def _steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(
        replace(
            one,
            sha256=_sha256(one.sha256),
            size_bytes=0,
            record=_record(one.record),
            expected=_sha256(one.expected),
        )
        for one in steps
    )


def _reports(reports: tuple[StepReport, ...]) -> tuple[StepReport, ...]:
    return tuple(replace(one, detail=_why(one.detail)) for one in reports)


def _argv(started: r.RunStarted) -> tuple[str, ...]:
    """Return a command line with its verb, its options and its numbers only."""
    kept = []
    for word in started.argv:
        option, equals, _ = word.partition("=")
        if word.startswith("-"):
            kept.append(f"{option}={ERASED}" if equals else word)
        else:
            kept.append(word if word == started.verb or word.isdecimal() else ERASED)
    return tuple(kept)


_NOTHING_LEFT: frozenset[type[Event]] = frozenset(
    (e.MetadataRead, e.PrivateMetadataRead, e.EmbeddedTextDiscounted, e.RenditionFinished)
)

_LEFT: dict[type[Event], Callable[[Any], Event]] = {
    e.RowIngested: lambda x: replace(
        x, labels=Labels(), original_name=ERASED, source=_NO_SOURCE, size_bytes=0
    ),
    e.PastAdopted: lambda x: replace(
        x, past=Past(row=x.past.row, status=x.past.status), findings=()
    ),
    e.PhotoReplaced: lambda x: replace(
        x, size_bytes=0, original_name=ERASED, source=_NO_SOURCE, reason=_why(x.reason)
    ),
    e.OriginalMoved: lambda x: replace(x, source=_NO_SOURCE),
    e.CompanionAdded: lambda x: replace(x, original_name=ERASED, source=_NO_SOURCE, size_bytes=0),
    e.MetadataCorrected: lambda x: replace(
        x, corrections=Corrections(), repinned=_pins(x.repinned)
    ),
    e.RowReopened: lambda x: replace(x, labels=Labels()),
    e.Prefilled: lambda x: replace(
        x, text=NO_TEXT, author=_author(x.author), findings=_findings(x.findings), call=None
    ),
    e.TextCleaned: lambda x: replace(x, changes=(), text=NO_TEXT, findings=_findings(x.findings)),
    e.Scored: lambda x: replace(x, scores=(), missing=(), qr=None, tier="NA", embedding=None),
    e.PartlyScored: lambda x: replace(x, scores=(), missing=(), embedding=None),
    e.Resized: lambda x: replace(x, renditions=(), repinned=_pins(x.repinned)),
    e.AttemptFailed: lambda x: replace(x, detail=_why(x.detail), call=None),
    e.Quarantined: lambda x: replace(x, reason=_why(x.reason)),
    e.Retried: lambda x: replace(x, reason=_why(x.reason)),
    e.Released: lambda x: replace(x, reason=_why(x.reason)),
    e.TextEdited: lambda x: replace(
        x,
        text=NO_TEXT,
        author=_author(x.author),
        based_on="",
        findings=_findings(x.findings),
        repinned=_pins(x.repinned),
    ),
    e.Relabelled: lambda x: replace(
        x, labels=_NO_LABELS, repinned=_pins(x.repinned), findings=None
    ),
    e.RatingOverridden: lambda x: replace(
        x, qr=None, tier="", reason=_why(x.reason), repinned=_pins(x.repinned)
    ),
    e.Renamed: lambda x: replace(x, repinned=_pins(x.repinned)),
    e.QcWaived: lambda x: replace(x, text_digest="", reason=_why(x.reason)),
    e.Picked: lambda _: e.Picked(),
    e.Approved: lambda x: replace(x, pins=_pins(x.pins), reason=_why(x.reason)),
    e.Rejected: lambda x: replace(x, reason=_why(x.reason)),
    e.FinishingFailed: lambda x: replace(x, detail=_why(x.detail)),
    e.PublicationStarted: lambda x: replace(
        x, pins=_pins(x.pins), steps=_steps(x.steps), forced=_why(x.forced)
    ),
    e.Published: lambda x: replace(x, pins=_pins(x.pins)),
    e.PublicationFailed: lambda x: replace(x, detail=_why(x.detail), undo=_steps(x.undo)),
    e.PublicationUndoIncomplete: lambda x: replace(x, reports=_reports(x.reports)),
    e.WithdrawalStarted: lambda x: replace(x, steps=_steps(x.steps), reason=_why(x.reason)),
    e.WithdrawalIncomplete: lambda x: replace(x, reports=_reports(x.reports)),
    e.RollbackStarted: lambda x: replace(x, steps=_steps(x.steps), reason=_why(x.reason)),
    e.RolledBack: lambda x: replace(x, reason=_why(x.reason)),
    e.RollbackIncomplete: lambda x: replace(x, reports=_reports(x.reports)),
    s.FileUploaded: lambda x: replace(
        x, sha256=_sha256(x.sha256), size_bytes=0, replaced=_sha256(x.replaced)
    ),
    s.FileRemoved: lambda x: replace(x, sha256=_sha256(x.sha256)),
    s.RecordUpserted: lambda x: replace(x, record=_record(x.record), replaced=_record(x.replaced)),
    s.StepLeft: lambda x: replace(x, report=_reports((x.report,))[0]),
    o.OutsideObserved: lambda x: replace(
        x,
        files=tuple(replace(one, sha256=_sha256(one.sha256), size_bytes=0) for one in x.files),
        record=_record(x.record),
    ),
    o.RepairStarted: lambda x: replace(x, steps=_steps(x.steps)),
    o.RepairIncomplete: lambda x: replace(x, reports=_reports(x.reports)),
    r.SetCreated: lambda x: replace(x, paths=tuple(ERASED for _ in x.paths)),
    r.FileRefused: lambda x: replace(x, source=_NO_SOURCE, detail=_why(x.detail)),
    r.FileSkipped: lambda x: replace(x, source=_NO_SOURCE),
    r.RunStarted: lambda x: replace(x, argv=_argv(x)),
    r.StagePaused: lambda x: replace(x, detail=_why(x.detail)),
    r.StageWaiting: lambda x: replace(x, detail=_why(x.detail)),
    r.RunEnded: lambda x: replace(x, detail=_why(x.detail)),
}
"""What is left, by class. Whatever else there is has no content."""

WITHOUT_CONTENT: tuple[type[Event], ...] = (
    e.AttemptStarted,
    e.AttemptInterrupted,
    e.PublicationUndone,
    e.Withdrawn,
    e.NameReserved,
    e.BytesReserved,
    s.SagaResumed,
    s.RecordRemoved,
    o.Repaired,
    e.ErasureStarted,
    e.RowErased,
)
"""Events of rows that stay as they are."""
