"""The rule for a rating that a person gives. Part of `machine.decide`."""

import math
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from machine import events as e
from machine import intents as i
from machine.decide_outside import refuse_while_going_back
from machine.digests import rating_pin
from machine.event_base import Event
from machine.quality import HIGHEST, tier
from machine.refusals import Refused, refuse_unencodable
from machine.row import Row
from machine.values import Pins


def _override(row: Row, intent: i.OverrideRating) -> tuple[Event, ...]:
    refuse_while_going_back(row, "rate")
    number, before, reason = row.happened.row, row.decided.rating, intent.reason.strip()
    if intent.qr is None:
        if before.qr is None:
            msg = f"row {number} has the rating that was measured"
            raise Refused(msg, nothing=True)
        return (e.RatingOverridden(qr=None, by=intent.by, repinned=_repinned(row, None)),)
    if not math.isfinite(intent.qr) or not 0 <= intent.qr <= HIGHEST:
        msg = f"row {number} cannot be rated {intent.qr:g}: a rating is 0 to {HIGHEST:g}"
        raise Refused(msg, f"photojournal edit {number} --rating 7.5 --reason '...'")
    if not reason:
        msg = f"row {number} is not rated otherwise without a reason"
        raise Refused(msg, f"photojournal edit {number} --rating {intent.qr:g} --reason '...'")
    refuse_unencodable(intent.by, reason)
    qr = round(intent.qr, 2)
    if (qr, reason) == (before.qr, before.reason):
        raise Refused("the rating is already so", nothing=True)
    overridden = e.RatingOverridden(
        qr=qr, tier=tier(qr), reason=reason, by=intent.by, repinned=_repinned(row, qr)
    )
    return (overridden,)


def _repinned(row: Row, qr: float | None) -> Pins | None:
    """Return the pins of an approved row with this rating; None when it is not approved."""
    decision = row.decided.decision
    if decision.value != "approved" or decision.pins is None:
        return None
    return replace(decision.pins, rating=rating_pin(qr))


RATING_RULES: dict[type[i.Intent], Callable[[Row, Any], tuple[Event, ...]]] = {
    i.OverrideRating: _override,
}
