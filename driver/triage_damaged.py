"""
The incident page where the journal cannot be read: what is damaged, and what can still be seen.

The read models of the last time may still be there; what they say is told, and they are not
written to.
"""

import sqlite3
from contextlib import closing
from typing import Any

from msgspec import to_builtins

from driver import triage_traces as traces
from driver.triage import NOTHING, Asked, run_as_json
from driver.triage_next import next_steps
from driver.triage_runs import Run, newest_that_matters
from driver.triage_told import Telling
from driver.workspace import Workspace
from journal import CannotOpen, JournalError
from journal.scan import Damage
from journal.verify import verify
from machine.causes import causes_of, classes_of
from projections.reader import Reader


def triage_of_damaged(workspace: Workspace, error: JournalError, asked: Asked) -> dict[str, Any]:
    """Return what can be said; the keys are those of `driver.triage.triage_of`."""
    last, damages = _damages(workspace, error)
    runs = _last_known(workspace)
    meant = newest_that_matters(runs)
    startup = traces.startup_crashes(workspace.root, runs)
    signs = [
        *traces.signs_of_damage(damages),
        *traces.signs_of_startup(startup, asked.settings),
        *traces.signs_of_disk(workspace),
        *traces.signs_of_settings(asked.settings),
    ]
    causes = causes_of(signs)
    steps = next_steps(causes, {}, [], startup, partial=False)
    telling = Telling(None, {}, {})
    return {
        **NOTHING,
        "workspace": str(workspace.root),
        "position": last,
        "verdict": "failed",
        "cause_class": classes_of(causes)[0],
        "cause_classes": list(classes_of(causes)),
        "runs": [run_as_json(one) for one in meant],
        "causes": [telling.cause(one) | {"over": False, "runs": []} for one in causes],
        "first_error": telling.sign(causes[0].root),
        "tracebacks": to_builtins([*traces.crashes_of(workspace.root, meant), *startup]),
        "damage": traces.damage_as_json((1, last), damages),
        "next": to_builtins(steps),
        "next_commands": list(dict.fromkeys(one.command for one in steps if one.command)),
    }


def _damages(workspace: Workspace, error: JournalError) -> tuple[int, list[Damage]]:
    """Return the last position that is known, and all damage that is found; never none."""
    try:
        report = verify(workspace.journal)
    except CannotOpen as worse:
        return 0, [Damage(0, "file", str(worse))]
    found = list(report.damages)
    return report.head.position, found or [Damage(0, "file", str(error))]


def _last_known(workspace: Workspace) -> list[Run]:
    """Return the runs as the read models knew them last, the newest first; none: they are gone."""
    try:
        with closing(sqlite3.connect(f"{workspace.review.as_uri()}?mode=ro", uri=True)) as db:
            runs = Reader(db).runs()
    except sqlite3.Error:
        return []
    return [one | {"outcome": one["outcome"] or "unfinished"} for one in runs]
