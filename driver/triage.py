"""
The incident page as plain values: what failed first, whom it hit, why, and what to type next.

Only what runs appended and the rows that they hit is read, so that it takes a moment in a journal
of a million events. Nothing is appended, and nothing is guessed: what no rule and no code knows is
`unclassified`. What came of what is the business of `machine.causes`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, to_builtins

from driver import triage_traces as traces
from driver.looking import Seen
from driver.triage_evidence import evidence_of, outside_of, usual_of
from driver.triage_next import next_steps
from driver.triage_runs import WORKING, Run, all_runs, last_good, runs_meant, typed
from driver.triage_signs import Found, read_signs
from driver.triage_told import Telling, impact_of, lines_of_rows
from machine.causes import Cause, causes_of, classes_of
from machine.domains import NOTHING_FAILED
from machine.signs import FAILED, Sign

_OUTSIDE = ("publish", "withdraw", "rollback", "repair")


class Asked(Struct, frozen=True, kw_only=True):
    """Which incident is meant."""

    run: str = ""
    """How a run's id begins, or `last`."""
    since: str = ""
    """UTC as the journal writes it."""
    settings: str = ""
    """What is wrong with photojournal.toml, if it cannot be used."""


NOTHING: Mapping[str, Any] = {
    "workspace": "",
    "as_of": "",
    "position": 0,
    "verdict": "no runs",
    "cause_class": NOTHING_FAILED,
    "cause_classes": [NOTHING_FAILED],
    "runs": [],
    "later_runs": None,
    "causes": [],
    "first_error": None,
    "first_publish_failure": None,
    "impact": [],
    "rows_hit": 0,
    "noticed": [],
    "evidence": None,
    "outside": {
        "partial": False,
        "rows": 0,
        "open": [],
        "settle": "",
        "published": 0,
        "take_back": "",
    },
    "tracebacks": [],
    "damage": {"first_checked": 0, "last_checked": 0, "problems": [], "more": 0},
    "next": [],
    "next_commands": [],
}
"""All keys, in their order, as they are where there is nothing to say."""


def triage_of(seen: Seen, asked: Asked) -> dict[str, Any]:
    """
    Return everything that is known about an incident; docs/triage.md explains the keys.

    Raises:
        Misused: there is no such run.
        JournalError: the journal cannot be read at all.
    """
    runs = all_runs(seen)
    meant = runs_meant(seen, runs, asked.run, asked.since)
    found = read_signs(seen, meant)
    good = last_good(runs, meant[0]) if meant else None
    damages = traces.damage_of(seen, meant, found.unreadable)
    root = seen.program.workspace.root
    crashes = [] if seen.place else traces.crashes_of(root, meant)
    startup = [] if seen.place or asked.run else traces.startup_crashes(root, runs)
    left = [
        *traces.signs_of_damage(damages),
        *traces.signs_of_startup(startup),
        *traces.signs_of_settings(asked.settings),
    ]
    found.signs = traces.with_rows(found.signs, crashes)
    causes = causes_of([*found.signs, *left], found.done, usual_of(seen, good))
    told = _told(seen, causes, found)
    published = sum(one.what == "publish" for one in found.done)
    outside = outside_of(seen, meant, published) if meant else NOTHING["outside"]
    steps = next_steps(
        [one for one in causes if one.level != "note"],
        told.pop("lines"),
        meant,
        [*crashes, *startup],
        partial=outside["partial"],
    )
    return {
        **NOTHING,
        **told,
        "workspace": str(root),
        "as_of": seen.place.words if seen.place else "",
        "position": seen.until if seen.place else seen.journal.head.position,
        "verdict": _verdict(causes, meant),
        "runs": [run_as_json(one) for one in meant],
        "later_runs": _later(runs, meant),
        "evidence": evidence_of(seen, meant, found.signs, good) if meant else None,
        "outside": outside,
        "tracebacks": to_builtins([*crashes, *startup]),
        "damage": traces.damage_as_json(traces.span_of(seen, meant), damages),
        "next": to_builtins(steps),
        "next_commands": list(dict.fromkeys(one.command for one in steps if one.command)),
    }


def _told(seen: Seen, causes: Sequence[Cause], found: Found) -> dict[str, Any]:
    """Return what is said about causes and rows; `lines` are those of the rows that were hit."""
    grave = [one for one in causes if one.level != "note"]
    lines = lines_of_rows(seen, causes)
    hit = {row: lines[row] for cause in grave for row in cause.rows if row in lines}
    telling = Telling(seen.journal, lines)
    first = _first(grave)
    sent = next((one for one in found.signs if one.stage in _OUTSIDE and one.step), None)
    return {
        "cause_class": classes_of(causes)[0],
        "cause_classes": list(classes_of(causes)),
        "causes": [telling.cause(one) for one in grave],
        "first_error": telling.sign(first) if first else None,
        "first_publish_failure": telling.sign(sent) if sent else None,
        "impact": impact_of(grave, lines),
        "rows_hit": len(hit),
        "noticed": [telling.cause(one) for one in causes if one.level == "note"],
        "lines": hit,
    }


def _first(causes: Iterable[Cause]) -> Sign | None:
    """Return the first fatal or error of all, in the order of the journal."""
    signs = (one for cause in causes for one in (*cause.signs, *cause.consequences))
    failed = (one for one in signs if one.level in FAILED)
    return min(failed, key=lambda one: one.place.when, default=None)


def _verdict(causes: Sequence[Cause], meant: Sequence[Run]) -> str:
    """Return how it went in words that stay the same."""
    levels = {one.level for one in causes}
    if levels.intersection(FAILED):
        return "failed"
    if "warning" in levels:
        return "needs attention"
    if not meant:
        return "no runs"
    return "at work" if meant[-1]["outcome"] == WORKING else NOTHING_FAILED


def run_as_json(run: Run) -> dict[str, Any]:
    """Return what the page says of a run."""
    kept = ("verb", "actor", "started_at", "ended_at", "outcome", "exit_code", "detail")
    return {
        "run_id": run["run_id"],
        "command": typed(run),
        **{name: run[name] for name in (*kept, "rows", "events")},
        "log": f"logs/runs/{run['run_id']}.log" if run["effects"] else "",
    }


def _later(runs: Collection[Run], meant: Sequence[Run]) -> dict[str, Any] | None:
    """Return what came after, as far as it had effects; None where nothing did."""
    newest = meant[-1]["first_position"] if meant else 0
    later = [one for one in runs if one["effects"] and one["first_position"] > newest]
    return {"runs": len(later), "newest": run_as_json(later[0])} if meant and later else None
