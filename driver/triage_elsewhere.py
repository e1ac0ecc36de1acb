"""
What other runs left open, beside what the page of one tells.

The page is about one night. Rows of the night before may still wait, and a run that ended well may
have left rows behind as well (`--allow-failed`); so that is said, with the command that tells all
of it together.
"""

from collections.abc import Collection, Sequence
from itertools import islice

from driver.looking import Seen
from driver.triage_runs import WELL, WORKING, Run, stream_of
from driver.triage_settled import is_left
from journal import UnreadableEvent
from machine.run_events import StagePaused
from machine.signs import FAILED, Place, Sign, signs_of

_ROWS = 200
"""So many other rows that stand with a failure are asked for the run in which it happened."""
_RUNS = 5
"""So many runs that did not end well are asked for stages that paused, the newest ones."""


def open_elsewhere(seen: Seen, runs: Sequence[Run], told: Run, signs: Sequence[Sign]) -> list[Run]:
    """
    Return the other runs that left something open, the newest first.

    Rows and stages that the page is about as well are left out; so are files that were refused,
    since nobody knows whether they are missed.

    Args:
        seen: the workspace.
        runs: all of them, the newest first.
        told: the one that the page is about.
        signs: its signs.
    """
    rows = {one.row for one in signs if one.row is not None and one.level in FAILED}
    stages = {one.stage for one in signs if one.rows_left}
    found = _of_rows(seen, rows) | _of_pauses(seen, runs, stages)
    return [one for one in runs if one["run_id"] in found - {told["run_id"]}]


def _of_rows(seen: Seen, told: Collection[int]) -> set[str]:
    """Return the runs in which rows failed that still stand with that, but for those rows."""
    query = (
        "SELECT id FROM review_queue WHERE failure != '' AND next_action != ''"
        " ORDER BY last_position DESC"
    )
    others = (line["id"] for line in seen.models.query(query) if line["id"] not in told)
    return {_failed_in(seen, row) for row in islice(others, _ROWS)} - {""}


def _failed_in(seen: Seen, row: int) -> str:
    """Return the run in which a row failed last; empty where that cannot be read."""
    try:
        history = seen.journal.read_stream(f"row/{row}", until_position=seen.until)
    except UnreadableEvent:
        return ""
    for one in reversed(history):
        for sign in signs_of(one.event, Place(one.position, one.at, one.run_id, row)):
            if sign.level in FAILED:
                return sign.place.run
    return ""


def _of_pauses(seen: Seen, runs: Sequence[Run], told: Collection[str]) -> set[str]:
    """Return the runs in which a stage paused for which rows still wait, but for those stages."""
    effective = [one for one in runs if one["effects"]]
    places = [at for at, one in enumerate(effective) if one["outcome"] not in (WELL, WORKING)]
    found = set[str]()
    for at in places[:_RUNS]:
        run_id = effective[at]["run_id"]
        well = [one for one in effective[:at] if one["outcome"] == WELL]
        for one in stream_of(seen, run_id):
            if not isinstance(one.event, StagePaused) or one.event.stage in told:
                continue
            (pause,) = signs_of(one.event, Place(one.position, one.at, run_id))
            if pause.rows_left and is_left(seen, pause, well):
                found.add(run_id)
    return found
