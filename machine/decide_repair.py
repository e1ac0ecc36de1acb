"""The rules of repairs: what stands outside is noted, then what should stand is put back."""

from collections.abc import Callable
from typing import Any

from machine import intents as i
from machine import repair_events as r
from machine.decide_outside import refuse_elsewhere, refuse_while_open
from machine.event_base import Event
from machine.outside_plan import plan_outside
from machine.refusals import Refused
from machine.row import Row
from machine.status import publication_due


def _observed(row: Row, intent: i.ObserveOutside) -> tuple[Event, ...]:
    """Note what differs from what the row knew."""
    refuse_while_open(row, "look after what stands outside of")
    refuse_elsewhere(row, row.happened.gallery, intent.gallery)
    happened = row.happened
    files = tuple(
        one
        for one in intent.files
        if (known := happened.files.get(one.path)) is None
        or (known.sha256, known.size_bytes) != (one.sha256, one.size_bytes)
    )
    files = tuple(one for one in files if one.sha256 or one.path in happened.files)
    seen = intent.record_seen and intent.record != happened.record
    taken = intent.accepted and publication_due(row)  # it may have been taken down since
    if not files and not seen and not taken:
        msg = f"what stands outside of row {happened.row} is what the journal knows"
        raise Refused(msg, nothing=True)
    observed = r.OutsideObserved(
        gallery=intent.gallery,
        files=files,
        record_seen=seen,
        record=intent.record if seen else None,
        accepted=intent.accepted,
    )
    return (observed,)


def _start(row: Row, intent: i.StartRepair) -> tuple[Event, ...]:
    """Plan the way back to what is published; nothing, where nothing is."""
    refuse_while_open(row, "repair")
    part = row.decided.publication
    published = part.value == "published"
    refuse_elsewhere(row, part.gallery or row.happened.gallery, intent.gallery)
    steps = plan_outside(
        row, part.files if published else {}, part.record if published else None, intent.repair
    )
    if not steps:
        msg = f"nothing of row {row.happened.row} is to be repaired"
        raise Refused(msg, nothing=True)
    started = r.RepairStarted(
        repair=intent.repair, gallery=intent.gallery, claimed_by=intent.claimed_by, steps=steps
    )
    return (started,)


REPAIR_RULES: dict[type[i.Intent], Callable[[Row, Any], tuple[Event, ...]]] = {
    i.ObserveOutside: _observed,
    i.StartRepair: _start,
}
