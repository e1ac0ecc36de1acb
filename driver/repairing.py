"""
Bringing a gallery back to what the journal says.

`mend` puts back what is missing or half and removes what is left over, row by row, as steps of a
repair in the journal; what somebody else put there is left alone.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from adapters.errors import AdapterError
from driver import clock
from driver.claims import claim
from driver.remote_check import Finding
from driver.shell import answers_of
from driver.standing import unreachable
from driver.taking_back import Returned, TakingBack
from machine.event_base import Event
from machine.intents import ObserveOutside, StartRepair
from machine.refusals import Refused
from machine.row import Row
from machine.status import publication_due, review_status
from machine.values import ObservedFile


def by_row(findings: Iterable[Finding]) -> dict[int, list[Finding]]:
    """Return what can be repaired, by row."""
    found: dict[int, list[Finding]] = {}
    for one in findings:
        if one.repair and one.row is not None:
            found.setdefault(one.row, []).append(one)
    return found


def mend(back: TakingBack, number: int, findings: Sequence[Finding]) -> Returned:
    """
    Note what stands outside of a row, and bring it back to what is published.

    Raises:
        Unreachable: the gallery is away; the repair stays open and `repair` goes on with it.
    """
    found = len(findings)
    findings = [one for one in findings if one.problem != "unclaimed"]
    if len(findings) < found:
        claimed = _claimed(back, number)
        if claimed.outcome == "refused" or not findings:
            return claimed
    records = [one for one in findings if one.part == "record"]
    observed = ObserveOutside(
        gallery=back.gallery.name,
        files=tuple(
            ObservedFile(path=one.target, sha256=one.sha256, size_bytes=one.size_bytes)
            for one in findings
            if one.part == "file"
        ),
        record_seen=bool(records),
        record=records[0].record if records else None,
    )
    start = StartRepair(
        repair=clock.uuid7(), gallery=back.gallery.name, claimed_by=back.shell.run_id
    )

    def decider(row: Row) -> list[Event]:
        return answers_of(row, (observed, start))

    returned = back.begin(number, decider)
    return _noted(back, observed, returned) if returned.outcome == "refused" else returned


def _claimed(back: TakingBack, number: int) -> Returned:
    """Say in the gallery that the line of a row is ours: nothing else changes."""
    row = back.shell.row(number)
    returned = Returned(
        row=number,
        file_name=row.happened.file_name,
        outcome="done",
        detail="its line is claimed again",
        status=review_status(row),
    )
    try:
        report = claim(back.shell, back.gallery, number)
    except AdapterError as error:
        raise unreachable(error) from error
    if report.outcome in ("done", "already"):
        return returned
    return replace(returned, outcome="refused", detail=report.detail)


def _noted(back: TakingBack, observed: ObserveOutside, refused: Returned) -> Returned:
    """Note at least what stands there: where the row is due by that, `publish` helps."""
    try:
        back.shell.ask(refused.row, observed)
    except Refused as known:
        if not known.nothing:
            return refused
    row = back.shell.row(refused.row)
    if not publication_due(row):
        return refused
    again = f"or have it made again: photojournal publish {refused.row}"
    return replace(refused, hint="; ".join(filter(None, (refused.hint, again))))
