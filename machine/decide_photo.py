"""
The rules of the photo itself: its bytes, what they say, where they lie, and what comes with it.

Nobody is asked twice: bytes that came in are a row's for ever, and another version of a photo takes
the place of its bytes.
"""

from collections.abc import Callable
from typing import Any

from machine import events as e
from machine import intents as i
from machine.decide_outside import refuse_while_open
from machine.event_base import Event
from machine.refusals import Refused
from machine.row import Row
from machine.wording import About, findings


def _ingest(row: Row, intent: i.IngestRow) -> tuple[Event, ...]:
    if row.version:
        msg = f"row {intent.row} exists"
        raise Refused(msg)
    came_in = e.RowIngested(
        row=intent.row,
        set_id=intent.set_id,
        labels=intent.labels,
        original_name=intent.original_name,
        source=intent.source,
        sha256=intent.sha256,
        size_bytes=intent.size_bytes,
        file_name=intent.file_name,
        needed=intent.needed,
    )
    return came_in, *_read(intent), *_past(intent)


def _past(intent: i.IngestRow) -> tuple[Event, ...]:
    """What an earlier program knew, with what the rules of today say about its text."""
    past = intent.past
    if past is None:
        return ()
    metadata = intent.metadata
    beside = About(
        labels=intent.labels,
        names=tuple(name for name in (intent.original_name, intent.file_name) if name),
        camera=tuple(one for one in (metadata.camera, metadata.lens_model) if one),
        limits=intent.limits,
    )
    found = findings(past.text, beside) if past.text else ()
    return (e.PastAdopted(past=past, findings=found),)


def _read(intent: i.IngestRow | i.ReplacePhoto) -> tuple[Event, ...]:
    """What the photo says about itself; what is private stands in an event of its own."""
    read = e.MetadataRead(
        metadata=intent.metadata,
        embedded=intent.embedded,
        perceptual_hash=intent.perceptual_hash,
        culling=intent.culling,
        sidecar=intent.sidecar,
        tags=intent.tags,
    )
    if intent.private is None:
        return (read,)
    return read, e.PrivateMetadataRead(private=intent.private)


def _discount(row: Row, intent: i.DiscountEmbeddedText) -> tuple[Event, ...]:
    if row.decided.photo.embedded.discounted == intent.reason:
        raise Refused("the text in the photo does not count already", nothing=True)
    return (e.EmbeddedTextDiscounted(reason=intent.reason),)


def _reopen(row: Row, intent: i.ReopenRow) -> tuple[Event, ...]:
    if row.decided.intake and row.decided.decision.value != "rejected":
        msg = f"these bytes are row {row.happened.row} ({row.happened.file_name}) already"
        raise Refused(msg, f"photojournal show {row.happened.row}", nothing=True)
    labels = row.decided.labels if row.decided.intake else intent.labels
    return (e.RowReopened(set_id=intent.set_id, labels=labels),)


def _replace(row: Row, intent: i.ReplacePhoto) -> tuple[Event, ...]:
    number, former = row.happened.row, row.decided.photo.sha256
    refuse_while_open(row, "replace the photo of")
    if intent.sha256 == former:
        msg = f"row {number} has these very bytes already"
        raise Refused(msg, f"photojournal show {number}", nothing=True)
    replaced = e.PhotoReplaced(
        former=former,
        sha256=intent.sha256,
        size_bytes=intent.size_bytes,
        original_name=intent.original_name,
        source=intent.source,
        reason=intent.reason,
    )
    return replaced, *_read(intent)


def _move(row: Row, intent: i.MoveOriginal) -> tuple[Event, ...]:
    lies = row.happened.sources.get(intent.sha256)
    if lies is None:
        msg = f"row {row.happened.row} never had these bytes"
        raise Refused(msg, f"photojournal show {row.happened.row}")
    if lies == intent.source:
        raise Refused("the original lies there already", nothing=True)
    return (e.OriginalMoved(sha256=intent.sha256, source=intent.source),)


def _add_companion(row: Row, intent: i.AddCompanion) -> tuple[Event, ...]:
    number = row.happened.row
    if intent.sha256 == row.decided.photo.sha256:
        msg = f"these bytes are the photo of row {number} itself"
        raise Refused(msg, f"photojournal show {number}", nothing=True)
    if any(one.sha256 == intent.sha256 for one in row.happened.companions):
        msg = f"the RAW file belongs to row {number} already"
        raise Refused(msg, f"photojournal show {number}", nothing=True)
    added = e.CompanionAdded(
        original_name=intent.original_name,
        source=intent.source,
        sha256=intent.sha256,
        size_bytes=intent.size_bytes,
        media_type=intent.media_type,
    )
    return (added,)


PHOTO_RULES: dict[type[i.Intent], Callable[[Row, Any], tuple[Event, ...]]] = {
    i.IngestRow: _ingest,
    i.DiscountEmbeddedText: _discount,
    i.ReopenRow: _reopen,
    i.ReplacePhoto: _replace,
    i.MoveOriginal: _move,
    i.AddCompanion: _add_companion,
}
