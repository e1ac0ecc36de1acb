"""
Which logs of runs are kept, and why; which ones may go.

Kept are the logs of runs that are at work, of the newest runs, of every run that failed (until a
person releases it), of those that a person holds, and of every run that worked on a row that is
still not right: failed, set aside, or open outside. Nothing is lost by what goes: a run's log is a
projection, `log_lines` tells it again from the events, and what a run said about itself at its
start, such as the processor of the model, is an event.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from driver.errors import Misused
from driver.program import Program
from driver.selection import run_named
from driver.shell import CONFLICTS_MAX, Shell
from journal import Entry, VersionConflict
from machine.refusals import Refused
from machine.run_events import LogsHeld, LogsReleased
from projections.narrator import RUNS, render_run

KEEP = 20
"""So many of the newest runs keep their logs by default."""

WELL = ("done", "refused")
"""Outcomes of runs that did not fail."""

_NOT_RIGHT = (
    "SELECT id FROM review_queue WHERE next_action != '' AND"
    " (failure != '' OR Review_Status = 'Publishing' OR next_action LIKE 'photojournal repair %')"
)


class RunLog(Struct, frozen=True, kw_only=True):
    """The log of a run with effects, and what keeps it."""

    run: dict[str, Any]
    """Its line in `runs`."""
    path: Path
    size_bytes: int | None
    """None: there is no such file, since it was pruned or deleted."""
    kept: tuple[str, ...]
    """Why it is kept: `working`, `newest`, `failed`, `held`, `rows`; empty: it may go."""
    rows: tuple[int, ...]
    """Rows that the run worked on and that are still not right."""

    @property
    def run_id(self) -> str:
        """The run."""
        return str(self.run["run_id"])

    @property
    def dry_run(self) -> bool:
        """Whether nothing but a rehearsal is told there."""
        return bool(self.run["dry_run"])

    @property
    def prunable(self) -> bool:
        """Whether it is there and nothing keeps it."""
        return self.size_bytes is not None and not self.kept


def run_logs(program: Program, keep: int = KEEP) -> list[RunLog]:
    """
    Return the logs of all runs with effects, the newest first.

    Args:
        program: opened, for reading at least.
        keep: how many of the newest runs keep theirs. Dry runs never count, and keep none.
    """
    rows_by_run = _rows_not_right(program)
    found: list[RunLog] = []
    counted = 0
    for run in program.models.runs():
        path = program.logs.of_run(run["run_id"])
        size_bytes = _size(path)
        if not run["effects"] or (run["dry_run"] and size_bytes is None):
            continue
        newest = counted < keep and not run["dry_run"]
        counted += not run["dry_run"]
        rows = tuple(rows_by_run.get(run["run_id"], ()))
        kept = _reasons(run, newest=newest, rows=rows)
        found.append(RunLog(run=run, path=path, size_bytes=size_bytes, kept=kept, rows=rows))
    return found


def _reasons(run: dict[str, Any], *, newest: bool, rows: tuple[int, ...]) -> tuple[str, ...]:
    holds = {
        "working": not run["outcome"],
        "newest": newest,
        "failed": failed(run) and run["log_hold"] != "released",
        "held": run["log_hold"] == "held",
        "rows": bool(rows),
    }
    return tuple(why for why, holds_so in holds.items() if holds_so)


def failed(run: dict[str, Any]) -> bool:
    """Tell whether a run ended otherwise than it should, given its line in `runs`."""
    return bool(run["outcome"]) and run["outcome"] not in WELL and not run["dry_run"]


def prunable(logs: Iterable[RunLog]) -> list[RunLog]:
    """Return those that may go, in the order in which they go: dry runs, then the oldest."""
    return sorted(
        (one for one in logs if one.prunable),
        key=lambda one: (not one.dry_run, one.run["first_position"]),
    )


def _rows_not_right(program: Program) -> dict[str, list[int]]:
    """Return the rows that are failed, set aside or open outside, by the runs that touched them."""
    found: dict[str, list[int]] = {}
    for line in program.models.query(_NOT_RIGHT):
        history = program.journal.read_stream(f"row/{line['id']}")
        for run in dict.fromkeys(recorded.run_id for recorded in history):
            found.setdefault(run, []).append(line["id"])
    return found


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def logged_run(program: Program, word: str) -> dict[str, Any]:
    """
    Return the line of a run that has a log.

    Args:
        program: opened, for reading at least.
        word: how the run's id begins; `last` is the newest of those with a log.

    Raises:
        Misused: there is no such run, or it has no log.
    """
    logged = [run for run in program.models.runs() if run["effects"] and not run["dry_run"]]
    if word == "last" and logged:
        return logged[0]
    run_id = run_named(program.journal, word)
    found = next((run for run in logged if run["run_id"] == run_id), None)
    if found is None:
        msg = f"run {run_id} has no log: it neither worked on stages nor changed anything outside"
        raise Misused(msg, f"photojournal events --run {run_id}")
    return found


def ended_run(program: Program, word: str) -> dict[str, Any]:
    """Return the line of a run that has a log and has ended. Raises Misused."""
    run = logged_run(program, word)
    if not run["outcome"]:
        msg = f"run {run['run_id']} has not ended: its log is kept meanwhile"
        raise Misused(msg, "photojournal runs")
    return run


def hold(shell: Shell, run: dict[str, Any], reason: str) -> None:
    """Keep a run's log until it is released. Raises Refused where that is so already."""
    if run["log_hold"] == "held":
        msg = f"the log of run {run['run_id']} is held already"
        raise Refused(msg, nothing=True)
    _append(shell, run["run_id"], LogsHeld(reason=reason))


def release(shell: Shell, run: dict[str, Any], reason: str) -> None:
    """Let go of a failed or held run's log. Raises Refused where nothing holds it."""
    held = run["log_hold"] == "held" or (failed(run) and not run["log_hold"])
    if not held:
        msg = f"nothing holds the log of run {run['run_id']}"
        raise Refused(msg, nothing=True)
    _append(shell, run["run_id"], LogsReleased(reason=reason))


def _append(shell: Shell, run_id: str, event: LogsHeld | LogsReleased) -> None:
    """Append to the stream of a run that has ended, whoever else does so, too."""
    stream = f"{RUNS}{run_id}"
    for _ in range(CONFLICTS_MAX):
        history = shell.journal.read_stream(stream)
        try:
            shell.append([Entry(stream, history[-1].version, event)])
        except VersionConflict:
            continue
        return


def log_lines(program: Program, word: str) -> Iterator[str]:
    """Return the lines of a run's log, told again from the events. Raises Misused."""
    return render_run(program.journal, logged_run(program, word)["run_id"])
