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
from machine.evolve_stages import STAGE_ARMS
from machine.row import (
    PARTS,
    Attempts,
    Companion,
    Decided,
    DecisionPart,
    Happened,
    Mark,
    PhotoPart,
    PrefillPart,
    PublicationPart,
    RatingPart,
    Row,
    ScorePart,
    corrected,
    mark_at,
)
from machine.values import Metadata


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
        sources={event.sha256: event.source},
        file_name=event.file_name,
        needed=event.needed,
    )
    photo = PhotoPart(sha256=event.sha256, size_bytes=event.size_bytes)
    return replace(d, intake=True, labels=event.labels, photo=photo), happened


def _metadata_read(d: Decided, h: Happened, event: e.MetadataRead) -> Folds:
    """What a person corrected stays corrected."""
    metadata = corrected(event.metadata, d.photo.corrections)
    photo = replace(
        d.photo,
        metadata=metadata,
        embedded=event.embedded,
        perceptual_hash=event.perceptual_hash,
        culling=event.culling,
        sidecar=event.sidecar,
    )
    return replace(d, photo=photo), h


def _past_adopted(d: Decided, h: Happened, event: e.PastAdopted) -> Folds:
    """The text is the row's. Scores are shown without a rating until the photo is measured here."""
    past, prefill, score = event.past, d.prefill, d.score
    if past.text is not None:
        prefill = PrefillPart(
            status="done",
            text=past.text,
            author=past.author,
            grounded=past.grounded,
            findings=event.findings,
        )
    if past.scores:
        score = ScorePart(scores=past.scores)
    return replace(d, prefill=prefill, score=score), h


def _discounted(d: Decided, h: Happened, event: e.EmbeddedTextDiscounted) -> Folds:
    embedded = replace(d.photo.embedded, discounted=event.reason)
    return replace(d, photo=replace(d.photo, embedded=embedded)), h


def _photo_replaced(d: Decided, h: Happened, event: e.PhotoReplaced) -> Folds:
    """What a machine made of the former pixels is stale; what a person said is kept."""
    score, resize, decision = d.score, d.resize, d.decision
    prefill = _stale(d.prefill, "model")
    if score.status == "done" or score.scores:
        score = ScorePart(status="stale")  # a rating of other pixels is none
    if resize.status == "done":
        resize = replace(resize, status="stale")
    if decision.value == "approved":
        decision = replace(decision, follows_photo=True)
    photo = PhotoPart(
        sha256=event.sha256, size_bytes=event.size_bytes, corrections=d.photo.corrections
    )
    decided = replace(
        d, photo=photo, prefill=prefill, score=score, resize=resize, decision=decision
    )
    return decided, replace(h, sources={**h.sources, event.sha256: event.source})


def _original_moved(d: Decided, h: Happened, event: e.OriginalMoved) -> Folds:
    return d, replace(h, sources={**h.sources, event.sha256: event.source})


def _companion_added(d: Decided, h: Happened, event: e.CompanionAdded) -> Folds:
    companion = Companion(
        original_name=event.original_name,
        sha256=event.sha256,
        size_bytes=event.size_bytes,
        media_type=event.media_type,
    )
    sources = {**h.sources, event.sha256: event.source}
    return d, replace(h, sources=sources, companions=(*h.companions, companion))


def _metadata_corrected(d: Decided, h: Happened, event: e.MetadataCorrected) -> Folds:
    metadata = corrected(d.photo.metadata, event.corrections)
    photo = replace(d.photo, metadata=metadata, corrections=event.corrections)
    prefill = d.prefill
    if _day(metadata) != _day(d.photo.metadata):
        prefill = _stale(prefill, "rule")
    decision = _repinned(d.decision, event)
    return replace(d, photo=photo, prefill=prefill, decision=decision), h


def _day(metadata: Metadata) -> str:
    """Return the date as `YYYY:MM:DD`, which a rule writes into its text; the time it does not."""
    return metadata.date_time.partition(" ")[0]


def _stale(prefill: PrefillPart, *kinds: str) -> PrefillPart:
    """Return the texts as out of date, where they are by an author of these kinds."""
    if prefill.status == "done" and prefill.author and prefill.author.kind in kinds:
        return replace(prefill, status="stale")
    return prefill


def _reopened(d: Decided, h: Happened, event: e.RowReopened) -> Folds:
    decided = replace(_decide(d, DecisionPart()), intake=True, labels=event.labels)
    return decided, replace(h, set_id=event.set_id)


# --- Edits and decisions


def _text_edited(d: Decided, h: Happened, event: e.TextEdited) -> Folds:
    """
    A person's text does the stage's work; nothing of it stays due, failed or set aside.

    What it leaves open before the first prefill stays due.
    """
    part = PrefillPart(
        status=d.prefill.status if event.left_open else "done",
        text=event.text,
        author=event.author,
        grounded=event.grounded,
        findings=event.findings,
        suggestions=d.prefill.suggestions,
        recipe_digest=d.prefill.recipe_digest,
        left_open=event.left_open,
        vouched=event.vouched,
    )
    decision = d.decision
    if event.repinned:
        decision = replace(decision, pins=event.repinned, text=event.text)
    if event.left_open:
        return replace(d, prefill=part, decision=decision), h
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


def _rating_overridden(d: Decided, h: Happened, event: e.RatingOverridden) -> Folds:
    part = RatingPart(reason=event.reason)  # which says where a rating was forgotten
    if event.qr is not None:
        part = RatingPart(qr=event.qr, tier=event.tier, reason=event.reason, by=event.by)
    return replace(d, rating=part, decision=_repinned(d.decision, event)), h


def _repinned(
    decision: DecisionPart,
    event: e.Relabelled | e.Renamed | e.MetadataCorrected | e.RatingOverridden,
) -> DecisionPart:
    return replace(decision, pins=event.repinned) if event.repinned else decision


def _relabelled(d: Decided, h: Happened, event: e.Relabelled) -> Folds:
    prefill = _stale(d.prefill, "model", "rule")
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
        without_scores=event.without_scores,
    )
    return _decide(d, decision), h


def _rejected(d: Decided, h: Happened, event: e.Rejected) -> Folds:
    return _decide(d, DecisionPart(value="rejected", reason=event.reason)), h


# --- Forgetting


def _erasure_started(d: Decided, h: Happened, _event: e.ErasureStarted) -> Folds:
    """The row keeps its id, its names and the bytes that are reserved for it, and nothing else."""
    happened = Happened(
        row=h.row,
        set_id=h.set_id,
        file_name=h.file_name,
        former_names=h.former_names,
        gallery=h.gallery,
        ever_published=h.ever_published,
        erasure="open",
    )
    return Decided(photo=PhotoPart(sha256=d.photo.sha256)), happened


def _erased(d: Decided, h: Happened, _event: e.RowErased) -> Folds:
    return d, replace(h, erasure="done")


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
    e.PastAdopted: _past_adopted,
    e.EmbeddedTextDiscounted: _discounted,
    e.PhotoReplaced: _photo_replaced,
    e.OriginalMoved: _original_moved,
    e.CompanionAdded: _companion_added,
    e.MetadataCorrected: _metadata_corrected,
    e.RowReopened: _reopened,
    e.TextEdited: _text_edited,
    e.Relabelled: _relabelled,
    e.Renamed: _renamed,
    e.QcWaived: _qc_waived,
    e.RatingOverridden: _rating_overridden,
    e.Picked: _picked,
    e.Approved: _approved,
    e.Rejected: _rejected,
    e.ErasureStarted: _erasure_started,
    e.RowErased: _erased,
    **STAGE_ARMS,
    **OUTSIDE_ARMS,
}

WITHOUT_ARM: tuple[type[Event], ...] = (e.PrivateMetadataRead, e.NameReserved, e.BytesReserved)
"""Events beside a row that change nothing but its version; likewise those of `run_events`."""
