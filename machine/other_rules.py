"""
The same events under other rules: what they would have come to.

What was measured and written stays; what the rules made of it at the time (rating, tier, findings)
is made again before the event is folded. Rules that are not named stay what they were: their part
of an event counts as it was recorded. No event comes or goes: an answer that a model gave and that
was refused stays refused, and so does what a person decided.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from machine import events as e
from machine import intents as i
from machine.decide import decide
from machine.event_base import Event
from machine.evolve import evolve
from machine.quality import TIERS, rating, tier
from machine.refusals import Refused
from machine.row import Row
from machine.status import blocking
from machine.values import Finding, Labels, Text, TextLimits
from machine.wording import about, findings


class OtherRules(Struct, frozen=True, kw_only=True):
    """Rules to fold under; None: as recorded."""

    tiers: tuple[tuple[float, str], ...] | None = None
    """Lowest rating of each tier, the highest first."""
    weights: Mapping[str, float] | None = None
    """Share of each metric in the rating, above 0."""
    limits: TextLimits | None = None
    """Not None: texts are judged again, by the rules of today within these limits."""
    ignored: frozenset[str] = frozenset()
    """Codes of findings that do not count."""
    blocking: frozenset[str] = frozenset()
    """Codes of findings that keep a row from approval, beside those that do so today."""


def evolve_under(rules: OtherRules, row: Row, event: Event) -> Row:
    """Return `row` after `event`, as these rules see it; `row` was folded under them, too."""
    again = _ARMS.get(type(event))
    return evolve(row, again(rules, row, event) if again else event)


def readiness(row: Row, *, allow_ungrounded: bool = False) -> str:
    """
    Return `ready` where the row could be approved now, `approved` where it is, or why it cannot be.

    An approved text that would not pass is `approved in spite of` its findings.
    """
    if row.decided.decision.value == "approved":
        codes = ", ".join(blocking(row))
        return f"approved in spite of {codes}" if codes else "approved"
    try:
        decide(row, i.Approve(allow_ungrounded=allow_ungrounded))
    except Refused as refused:
        return str(refused).removeprefix(f"row {row.happened.row} cannot be approved: ")
    return "ready"


def _scored(rules: OtherRules, _row: Row, event: e.Scored) -> Event:
    if rules.weights is None:
        qr, provisional = event.qr, event.provisional
    else:
        measured = {one.metric: one.value for one in event.scores if one.metric in event.required}
        qr = rating(measured, rules.weights)
        provisional = any(metric not in event.required for metric in rules.weights)
    if rules.weights is None and rules.tiers is None:
        return event
    return replace(event, qr=qr, tier=tier(qr, rules.tiers or TIERS), provisional=provisional)


def _rating_overridden(rules: OtherRules, _row: Row, event: e.RatingOverridden) -> Event:
    if rules.tiers is None or event.qr is None:
        return event
    return replace(event, tier=tier(event.qr, rules.tiers))


def _judged(
    rules: OtherRules,
    row: Row,
    text: Text,
    recorded: tuple[Finding, ...],
    labels: Labels | None = None,
) -> tuple[Finding, ...]:
    """Return what is found now; of a text that was redacted, what was found then."""
    if not text.caption and all(one.code != "caption_empty" for one in recorded):
        return recorded
    known = about(row, limits=rules.limits)
    found = findings(text, replace(known, labels=labels) if labels else known)
    return tuple(
        replace(one, blocking=one.blocking or one.code in rules.blocking)
        for one in found
        if one.code not in rules.ignored
    )


def _written(
    rules: OtherRules, row: Row, event: e.Prefilled | e.TextCleaned | e.TextEdited
) -> Event:
    if rules.limits is None:
        return event
    return replace(event, findings=_judged(rules, row, event.text, event.findings))


def _relabelled(rules: OtherRules, row: Row, event: e.Relabelled) -> Event:
    if rules.limits is None or event.findings is None:
        return event
    found = _judged(rules, row, row.decided.prefill.text, event.findings, event.labels)
    return replace(event, findings=found)


def _past_adopted(rules: OtherRules, row: Row, event: e.PastAdopted) -> Event:
    if rules.limits is None or event.past.text is None:
        return event
    return replace(event, findings=_judged(rules, row, event.past.text, event.findings))


_ARMS: dict[type[Event], Callable[[OtherRules, Row, Any], Event]] = {
    e.Scored: _scored,
    e.RatingOverridden: _rating_overridden,
    e.Prefilled: _written,
    e.TextCleaned: _written,
    e.TextEdited: _written,
    e.Relabelled: _relabelled,
    e.PastAdopted: _past_adopted,
}
