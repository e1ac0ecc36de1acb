"""`logs`: the logs of runs: which there are, what keeps them, and which may go."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.call import Call
from commands.options import Asked, ask
from commands.output import (
    RUN_SHOWN,
    counted,
    emit,
    line,
    local,
    safe,
    table,
    warn,
    when,
    write_json,
)
from driver.errors import DONE, ROWS_FAILED, Misused, worst
from machine.text import size

if TYPE_CHECKING:
    from driver.program import Program
    from driver.retention import RunLog

_ACTIONS = ("list", "show", "hold", "unhold", "prune")
_LISTED = 20
_KEEP = 20
_LINE = re.compile(r"(\S+) \[([A-Z-]+)\] (.*) @(\d+)")

_WHY = {
    "working": "not ended",
    "newest": "newest",
    "failed": "failed",
    "held": "held",
    "rows": "rows not right",
}
"""What keeps a log, in a listing."""


def logs(
    call: Call,
    asked: Asked,
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION", help="`list`, `show`, `hold`, `unhold` or `prune`.", show_default=True
        ),
    ] = "list",
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="How its id begins, or last; to show, hold or unhold its log.",
            show_default=False,
        ),
    ] = None,
    *,
    keep: Annotated[
        int,
        typer.Option(
            "--keep",
            metavar="N",
            min=0,
            help="Logs of so many newest runs stay when the others are pruned.",
        ),
    ] = _KEEP,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", metavar="TEXT", help="Why a log is held or released.", show_default=False
        ),
    ] = "",
) -> None:
    """
    List the logs of runs, hold or release them, and prune the rest

    `list` says what keeps each log; `show` tells one again from the events, also when its file is
    gone; `prune` removes what nothing keeps. Kept are the logs of the newest runs, of failed runs
    until `unhold`, of runs that you `hold`, and of runs that worked on a row that is not right yet.
    Dry runs and trials leave no log. What is an event stays for ever: `runs --json` has the line of
    every run, with the processor that its model ran on.
    """
    words = runs or []
    if action not in _ACTIONS:
        near = get_close_matches(action, _ACTIONS, n=1)
        msg = f"there is no `photojournal logs {action}`"
        raise Misused(msg, f"photojournal logs {near[0]}" if near else ", ".join(_ACTIONS))
    if bool(words) != (action in ("show", "hold", "unhold")):
        msg = f"`logs {action}` needs a run" if not words else f"`logs {action}` takes no run"
        raise Misused(msg, "photojournal logs" if not words else "photojournal logs --help")
    if action == "list":
        _list(call, as_json=asked.json, keep=keep)
    elif action == "show":
        _show(call, words, as_json=asked.json)
    elif action == "prune":
        _prune(call, asked, keep)
    else:
        _hold(call, asked, words, reason, held=action == "hold")


# --- list and show


def _list(call: Call, *, as_json: bool, keep: int) -> None:
    from driver.retention import run_logs

    with call.opened(heading=not as_json, readonly=True) as program:
        found = run_logs(program, keep)
        if as_json:
            write_json([_as_json(one) for one in found])
            return
        there = [one for one in found if one.size_bytes is not None]
        if there:
            table(
                ("run", "began", "command", "outcome", "size", "kept"),
                [_cells(one) for one in there],
                right=("size",),
                keep=("run", "began"),
                main="kept",
                spare=("size", "began"),
            )
            line(f"They lie in {program.logs.folder / 'runs'}")
        else:
            line("No logs are there.")
        if len(found) > len(there):
            gone = counted(len(found) - len(there), "log")
            line(f"{gone} pruned or deleted; told again by: photojournal logs show RUN")


def _cells(one: "RunLog") -> tuple[object, ...]:
    run = one.run
    return (
        one.run_id[:RUN_SHOWN],
        when(run["started_at"]),
        run["verb"],
        run["outcome"] or "not ended",
        size(one.size_bytes or 0),
        _kept_in_words(one),
    )


def _kept_in_words(one: "RunLog") -> str:
    """Return what keeps a log, or that it may go."""
    if one.dry_run:
        return "no: dry run"
    words = [_WHY[why] for why in one.kept if why != "rows"]
    if one.rows:
        words.append(_rows(one.rows))
    return ", ".join(words) or "no"


def _rows(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:3])) + (" ..." if len(rows) > 3 else "")  # noqa: PLR2004
    return f"row {shown} not right" if len(rows) == 1 else f"rows {shown} not right"


def _as_json(one: "RunLog") -> dict[str, Any]:
    names = ("verb", "argv", "started_at", "ended_at", "outcome", "exit_code", "log_hold")
    return {
        "run_id": one.run_id,
        **{name: one.run[name] for name in names},
        "dry_run": one.dry_run,
        "path": str(one.path),
        "size_bytes": one.size_bytes,
        "kept": list(one.kept),
        "rows_not_right": list(one.rows),
    }


def _show(call: Call, words: Sequence[str], *, as_json: bool) -> None:
    from driver.retention import log_lines

    with call.opened(heading=False, readonly=True) as program:
        told = [text for word in words for text in log_lines(program, word)]
        if as_json:
            write_json([_line_as_json(text) for text in told])
        else:
            for text in told:
                emit(safe(text))


def _line_as_json(text: str) -> dict[str, object]:
    found = _LINE.fullmatch(text)
    assert found is not None, text
    at, marker, words, position = found.groups()
    return {"at": at, "marker": marker, "text": words, "position": int(position)}


# --- hold and unhold


def _hold(call: Call, asked: Asked, words: Sequence[str], reason: str, *, held: bool) -> None:
    from driver.retention import ended_run, hold, release
    from machine.refusals import Refused

    with call.opened(heading=not asked.json) as program:
        chosen = [ended_run(program, word) for word in words]
        run_ids = list(dict.fromkeys(run["run_id"] for run in chosen))
        if asked.dry_run:
            what = "held" if held else "released"
            _say(asked, f"Would be {what}: {', '.join(run_ids)}")
            _say(asked, "Dry run: nothing was changed.")
        else:
            with program.run("logs", call.argv) as shell:
                for run in chosen:
                    try:
                        (hold if held else release)(shell, run, reason)
                    except Refused as nothing:
                        _say(asked, f"Nothing changed: {nothing}.")
        _say_state(program, asked, run_ids)


def _say_state(program: "Program", asked: Asked, run_ids: Sequence[str]) -> None:
    """Say what keeps these logs now."""
    from driver.retention import run_logs

    found = [one for one in run_logs(program, _KEEP) if one.run_id in run_ids]
    if asked.json:
        write_json([_as_json(one) for one in found])
        return
    for one in found:
        what = "may be pruned" if not one.kept else f"is kept: {_kept_in_words(one)}"
        line(f"The log of run {one.run_id[:RUN_SHOWN]} ({local(one.run['started_at'])}) {what}")
        if one.rows:
            line(f"Hint: photojournal show {one.rows[0]}")


def _say(asked: Asked, text: str) -> None:
    (warn if asked.json else line)(text)


# --- prune


def _prune(call: Call, asked: Asked, keep: int) -> None:
    from driver.retention import prunable, run_logs

    call.find().refuse_incident()
    with call.opened(heading=not asked.json, readonly=True) as program:
        found = run_logs(program, keep)
        going = prunable(found)
        if not asked.json:
            _say_plan(found, going)
        if asked.dry_run or not going:
            _say_nothing_done(asked, found, going)
            return
        if not asked.yes:
            ask()
        failed = program.logs.remove(one.run_id for one in going)
        gone = [one for one in going if one.run_id not in failed]
        program.exit_code = worst(program.exit_code, ROWS_FAILED if failed else DONE)
        if asked.json:
            write_json(_outcome(found, going, gone, failed))
        else:
            line(f"Removed {counted(len(gone), 'log')}, {size(_bytes(gone))}.")
        for why in failed.values():
            warn(f"Error: {why}")
        if failed:
            warn("Hint: see who has the file open, then: photojournal logs prune")


def _say_plan(found: "Sequence[RunLog]", going: "Sequence[RunLog]") -> None:
    """Print which logs go, and how many stay and why."""
    if going:
        table(
            ("run", "began", "command", "outcome", "size"),
            [_cells(one)[:5] for one in going[:_LISTED]],
            right=("size",),
            keep=("run", "began"),
        )
    if len(going) > _LISTED:
        line(f"... and {len(going) - _LISTED} more: photojournal logs prune --dry-run --json")
    there = [one for one in found if one.size_bytes is not None and one.kept]
    counts = {why: sum(why in one.kept for one in there) for why in _WHY}
    words = ", ".join(f"{_WHY[why]} {count}" for why, count in counts.items() if count)
    if there:
        line(f"Kept: {counted(len(there), 'log')} ({words}): photojournal logs")
    if going:
        line(f"To be removed: {counted(len(going), 'log')}, {size(_bytes(going))}.")


def _say_nothing_done(asked: Asked, found: "Sequence[RunLog]", going: "Sequence[RunLog]") -> None:
    if asked.json:
        write_json(_outcome(found, going, [], {}))
    elif going:
        line("Dry run: nothing was changed.")
    else:
        line("Nothing changed: every log that is there is kept.")


def _outcome(
    found: "Sequence[RunLog]",
    going: "Sequence[RunLog]",
    gone: "Sequence[RunLog]",
    failed: dict[str, str],
) -> dict[str, Any]:
    return {
        "prunable": [one.run_id for one in going],
        "prunable_bytes": _bytes(going),
        "kept": [one.run_id for one in found if one.size_bytes is not None and one.kept],
        "removed": [one.run_id for one in gone],
        "removed_bytes": _bytes(gone),
        "failed": list(failed.values()),
    }


def _bytes(logs: "Sequence[RunLog]") -> int:
    return sum(one.size_bytes or 0 for one in logs)
