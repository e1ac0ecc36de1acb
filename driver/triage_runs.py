"""
Which runs an incident is about: one that was named, those since a time, or the newest that matters.

By default the newest run with effects that did not end well, else the newest with effects. Where
the read model lags behind, because the journal holds an event that it cannot take, the runs' own
streams are asked.
"""

from collections.abc import Sequence
from typing import Any

from driver.errors import Misused
from driver.looking import Seen, ending
from driver.selection import run_named
from journal import Recorded, UnreadableEvent
from machine.run_events import RunEnded
from projections.runs import told_by_itself

Run = dict[str, Any]
"""A line of `runs`; `outcome` is never empty."""

WELL = "done"
"""How a run ends that ended well."""

WORKING = "working"

_LATEST = 200
"""So many streams of runs are read where the read model lags behind."""


def all_runs(seen: Seen) -> list[Run]:
    """Return every run but dry ones, the newest first, each with how it ended."""
    runs = [one for one in seen.models.runs() if not one["dry_run"]]
    if seen.behind():
        known = {one["run_id"] for one in runs}
        runs = [*reversed(_unknown(seen, known)), *runs]
    return [one | {"outcome": ending(seen, one)} for one in runs]


def _unknown(seen: Seen, known: set[str]) -> list[Run]:
    """Return the runs that the read model lacks, told by their own streams as far as that goes."""
    found = []
    ids = [name.removeprefix("run/") for name in seen.journal.streams("run/")]
    for run_id in [one for one in ids[-_LATEST:] if one not in known]:
        own = stream_of(seen, run_id)
        if not own:
            continue
        line = told_by_itself(run_id, own)
        if not any(isinstance(one.event, RunEnded) for one in own):
            line["last_position"] = seen.journal.head.position
        found.append(line)
    return found


def stream_of(seen: Seen, run_id: str) -> list[Recorded]:
    """Return what stands in a run's own stream; nothing where that cannot be decoded."""
    try:
        return seen.journal.read_stream(f"run/{run_id}", until_position=seen.until)
    except UnreadableEvent:
        return []


def runs_meant(seen: Seen, runs: Sequence[Run], run: str = "", since: str = "") -> list[Run]:
    """
    Return the runs that are meant, the oldest first; none where there is no run.

    Args:
        seen: the workspace.
        runs: all of them, the newest first.
        run: how a run's id begins, or `last`; empty: none is named.
        since: UTC as the journal writes it; runs with effects that began since then.

    Raises:
        Misused: there is no such run, or none since then.
    """
    if run:
        known = [one for one in runs if one["run_id"].startswith(run)]
        named = known[0]["run_id"] if len(known) == 1 else run_named(seen.journal, run)
        return [one for one in runs if one["run_id"] == named]
    if since:
        found = [one for one in runs if one["effects"] and one["started_at"] >= since]
        if not found:
            msg = "no run with effects began since then"
            raise Misused(msg, "photojournal runs")
        return found[::-1]
    return newest_that_matters(runs)


def newest_that_matters(runs: Sequence[Run]) -> list[Run]:
    """Return the newest run with effects that did not end well, else the newest; none: no run."""
    working = [one for one in runs if one["effects"]]
    ended = [one for one in working if one["outcome"] != WORKING]
    failed = (one for one in ended if one["outcome"] != WELL)
    newest = next(failed, None) or next(iter(ended or working), None)
    return [newest] if newest else []


def good_before(runs: Sequence[Run], first: Run) -> list[Run]:
    """Return the runs with effects before `first` that ended well, the newest first."""
    before = (one for one in runs if one["first_position"] < first["first_position"])
    return [one for one in before if one["effects"] and one["outcome"] == WELL]
