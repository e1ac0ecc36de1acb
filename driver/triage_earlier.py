"""
Earlier runs that left something open beside what the page of the newest failed one tells.

The page is about one night. Rows of the night before may still wait, so that is said, with the
command that tells both nights together.
"""

from collections.abc import Collection, Sequence

from driver.looking import Seen
from driver.triage_runs import WELL, WORKING, Run
from driver.triage_settled import is_open
from driver.triage_signs import failures_of
from journal import UnreadableEvent
from machine.signs import FAILED, Sign

_ASKED = 5
"""So many earlier runs that failed are asked, the newest ones."""


def left_open(seen: Seen, runs: Sequence[Run], told: Run, signs: Sequence[Sign]) -> list[Run]:
    """
    Return the runs before one that failed and left something open, the newest first.

    Rows and stages that the one is about as well are left out; so are files that were refused,
    since nobody knows whether they are missed.

    Args:
        seen: the workspace.
        runs: all of them, the newest first.
        told: the one that the page is about.
        signs: its signs.

    Raises:
        JournalError: the journal cannot be read at all.
    """
    rows = {one.row for one in signs if one.row is not None and one.level in FAILED}
    stages = {one.stage for one in signs if one.rows_left}
    effective = [one for one in runs if one["effects"]]
    failed = [
        (place, one)
        for place, one in enumerate(effective)
        if one["first_position"] < told["first_position"] and one["outcome"] not in (WELL, WORKING)
    ]
    found = list[Run]()
    for place, run in failed[:_ASKED]:
        own = _others(_failures(seen, run), rows, stages)
        hit = {one.row for one in own if one.row is not None}
        lines = {line["id"]: line for line in seen.models.queue(hit)}
        well = [one for one in effective[:place] if one["outcome"] == WELL]
        if is_open(seen, own, lines, well):
            found.append(run)
            rows |= hit
    return found


def _failures(seen: Seen, run: Run) -> list[Sign]:
    """Return what failed in a run; nothing where an event cannot be read, which `verify` names."""
    try:
        return failures_of(seen, run)
    except UnreadableEvent:
        return []


def _others(signs: Sequence[Sign], rows: Collection[int], stages: Collection[str]) -> list[Sign]:
    """Return the signs that are about neither these rows, nor a pause of these stages."""
    return [
        one
        for one in signs
        if not one.name and one.row not in rows and not (one.rows_left and one.stage in stages)
    ]
