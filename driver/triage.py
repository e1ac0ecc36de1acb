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
from driver.crash_files import Crash
from driver.looking import Seen, typed
from driver.triage_elsewhere import open_elsewhere
from driver.triage_evidence import evidence_of, outside_of, usual_of
from driver.triage_next import next_steps
from driver.triage_runs import WORKING, Run, all_runs, good_before, runs_meant
from driver.triage_settled import is_settled
from driver.triage_signs import Found, read_signs
from driver.triage_told import Line, Telling, due_rows, impact_of, lines_of_rows
from journal.scan import Damage
from machine.causes import Cause, causes_of, classes_of
from machine.domains import NOTHING_FAILED
from machine.signs import FAILED, Sign

_OUTSIDE = ("publish", "withdraw", "rollback", "repair")
SETTLED = "settled"
"""The verdict where something failed, and nothing of it is open any more."""


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
    "open_elsewhere": None,
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


class Incident(Struct, frozen=True, kw_only=True):
    """What was found, before it is told."""

    runs: list[Run]
    """All of them, the newest first."""
    meant: list[Run]
    good: list[Run]
    """Those before them that ended well, the newest first."""
    found: Found
    causes: tuple[Cause, ...]
    """Notes included."""
    lines: Mapping[int, Line]
    """Of the queue, by id: the rows that were hit, as they are now."""
    damages: list[Damage]
    crashes: list[Crash]

    @property
    def grave(self) -> list[Cause]:
        """The causes without those that are mere notes."""
        return [one for one in self.causes if one.level != "note"]

    @property
    def later(self) -> list[Run]:
        """The runs with effects that came after those that are meant, the newest first."""
        return self._after(self.meant)

    def hit_by(self, cause: Cause) -> list[Run]:
        """Return the runs that a cause struck, the oldest first."""
        ids = {one.place.run for one in (*cause.signs, *cause.consequences)}
        return [one for one in self.meant if one["run_id"] in ids]

    def later_than(self, cause: Cause) -> list[Run]:
        """Return the runs with effects after those that a cause struck, the newest first."""
        return self._after(self.hit_by(cause))

    def _after(self, struck: Sequence[Run]) -> list[Run]:
        if not struck:
            return []
        effective = (one for one in self.runs if one["effects"])
        return [one for one in effective if one["first_position"] > struck[-1]["first_position"]]


def incident_of(seen: Seen, asked: Asked) -> Incident:
    """
    Return what is found about an incident.

    Raises:
        Misused: there is no such run.
        JournalError: the journal cannot be read at all.
    """
    runs = all_runs(seen)
    meant = runs_meant(seen, runs, asked.run, asked.since)
    found = read_signs(seen, meant)
    root = seen.program.workspace.root
    damages = traces.damage_of(seen, meant, found.unreadable)
    crashes = [] if seen.place else traces.crashes_of(root, meant)
    now = not (seen.place or asked.run)
    startup = traces.startup_crashes(root, runs) if now else []
    signs = [
        *traces.with_rows(found.signs, crashes),
        *traces.signs_of_damage(damages[: traces.LISTED], seen.journal),
        *traces.signs_of_startup(startup, asked.settings),
        *(traces.signs_of_disk(seen.program.workspace) if now else []),
        *traces.signs_of_settings(asked.settings),
        *([] if damages else traces.signs_of_drift(seen)),
        *([] if damages else traces.signs_of_missing(seen)),
    ]
    good = good_before(runs, meant[0]) if meant else []
    causes = causes_of(signs, found.done, usual_of(seen, good))
    return Incident(
        runs=runs,
        meant=meant,
        good=good,
        found=found,
        causes=causes,
        lines=lines_of_rows(seen, causes),
        damages=damages,
        crashes=[*crashes, *(one for one in startup if not traces.is_mended(one, asked.settings))],
    )


def triage_of(seen: Seen, asked: Asked) -> dict[str, Any]:
    """
    Return everything that is known about an incident; docs/triage.md explains the keys.

    Raises:
        Misused: there is no such run.
        JournalError: the journal cannot be read at all.
    """
    one = incident_of(seen, asked)
    meant = one.meant
    over = [
        cause for cause in one.grave if is_settled(seen, cause, one.lines, one.later_than(cause))
    ]
    published = sum(each.what == "publish" for each in one.found.done)
    outside = outside_of(seen, meant, published) if meant else NOTHING["outside"]
    open_causes = [cause for cause in one.grave if cause not in over]
    steps = next_steps(open_causes, one.lines, meant, one.crashes, partial=outside["partial"])
    due = due_rows(seen, open_causes)
    return {
        **NOTHING,
        **_told(Telling(seen.journal, one.lines, due), one, over),
        "impact": impact_of(one.grave, one.lines, due),
        "workspace": str(seen.program.workspace.root),
        "as_of": seen.place.words if seen.place else "",
        "position": seen.until if seen.place else seen.journal.head.position,
        "verdict": _verdict(open_causes, one, partial=outside["partial"]),
        "runs": [run_as_json(run) for run in meant],
        "open_elsewhere": None if asked.run or asked.since else _elsewhere(seen, one),
        "later_runs": {"runs": len(one.later), "newest": run_as_json(one.later[0])}
        if one.later
        else None,
        "evidence": evidence_of(seen, meant, one.found.signs, one.good) if meant else None,
        "outside": outside,
        "tracebacks": to_builtins(one.crashes),
        "damage": traces.damage_as_json(traces.span_of(seen, meant), one.damages),
        "next": to_builtins(steps),
        "next_commands": list(dict.fromkeys(step.command for step in steps if step.command)),
    }


def _elsewhere(seen: Seen, one: Incident) -> dict[str, Any] | None:
    """Return which other runs left something open, and the command that tells all together."""
    found = open_elsewhere(seen, one.runs, one.meant[0], one.found.signs) if one.meant else []
    if not found:
        return None
    first = min(one.meant[0]["started_at"], found[-1]["started_at"])
    command = f"photojournal triage --since {first}"
    return {"runs": len(found), "newest": run_as_json(found[0]), "command": command}


def _told(telling: Telling, one: Incident, over: Collection[Cause]) -> dict[str, Any]:
    """Return what is said about causes and rows."""

    def told(cause: Cause, *, over: bool) -> dict[str, Any]:
        hit = [run["run_id"] for run in one.hit_by(cause)]
        return telling.cause(cause) | {"over": over, "runs": hit}

    signs = one.found.signs
    first = _first(one.grave)
    sent = next((sign for sign in signs if sign.stage in _OUTSIDE and sign.step), None)
    hit = {row for cause in one.grave for row in cause.rows if row in one.lines}
    return {
        "cause_class": classes_of(one.causes)[0],
        "cause_classes": list(classes_of(one.causes)),
        "causes": [told(each, over=each in over) for each in one.grave],
        "first_error": telling.sign(first) if first else None,
        "first_publish_failure": telling.sign(sent) if sent else None,
        "rows_hit": len(hit),
        "noticed": [told(each, over=True) for each in one.causes if each.level == "note"],
    }


def _first(causes: Iterable[Cause]) -> Sign | None:
    """Return the first fatal or error of all, in the order of the journal."""
    signs = (one for cause in causes for one in (*cause.signs, *cause.consequences))
    failed = (one for one in signs if one.level in FAILED)
    return min(failed, key=lambda one: one.place.when, default=None)


def _verdict(open_causes: Sequence[Cause], one: Incident, *, partial: bool) -> str:
    """Return how it went, and whether anything of it is open, in words that stay the same."""
    standing = open_causes or (one.grave if partial else [])
    levels = {cause.level for cause in standing}
    if levels.intersection(FAILED):
        return "failed"
    if "warning" in levels:
        return "needs attention"
    if one.grave:
        return SETTLED
    if not one.meant:
        return "no runs"
    return "at work" if one.meant[-1]["outcome"] == WORKING else NOTHING_FAILED


def run_as_json(run: Run) -> dict[str, Any]:
    """Return what the page says of a run."""
    kept = ("verb", "actor", "started_at", "ended_at", "outcome", "exit_code", "detail")
    return {
        "run_id": run["run_id"],
        "command": typed(run),
        **{name: run[name] for name in (*kept, "rows", "events")},
        "log": f"logs/runs/{run['run_id']}.log" if run["effects"] else "",
    }
