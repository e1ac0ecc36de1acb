"""`runs`: what processes did, and how they ended."""

from typing import Annotated, Any

import typer

from commands.call import Call
from commands.options import View
from commands.output import RUN_SHOWN, line, small, table, when, write_json
from driver.looking import briefly, ending, typed

_COLUMNS = ("run", "began", "ended", "actor", "command", "rows", "events", "outcome")


def runs(
    call: Call,
    view: View,
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="So many, the newest; 0: all.")
    ] = 20,
) -> None:
    """
    List the runs and how they ended

    A run is one process that appended to the journal. `died` means that it was gone without a word;
    what it left open is settled by the next run. What is shown of its id is enough for `--run`; of
    a long command the first words are shown, without the workspace. `--json` has all of both.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        found = seen.models.runs()
        newest = found[:limit] if limit > 0 else found
        newest = [one | {"outcome": ending(seen, one)} for one in newest]
        if view.json:
            write_json(newest)
            return
        if not newest:
            line("No runs yet.")
            return
        lines = [
            (
                one["run_id"][:RUN_SHOWN],
                when(one["started_at"]),
                when(one["ended_at"]),
                one["actor"],
                briefly(typed(one).removeprefix("photojournal ")),
                one["rows"],
                one["events"],
                _outcome(one),
            )
            for one in newest
        ]
        table(
            _COLUMNS,
            lines,
            right=("rows", "events"),
            keep=("run", "began", "ended"),
            main="command",
            spare=("ended", "actor", "events", "rows"),
        )
        if len(found) > len(newest):
            line(f"{len(found) - len(newest)} older ones: photojournal runs --limit 0")


def _outcome(run: dict[str, Any]) -> str:
    words = [f"{run['outcome']}: {run['detail']}" if run["detail"] else str(run["outcome"])]
    if run["processor"] not in ("", "GPU"):
        words.append(f"captions on {run['processor']}")
    if run["marked"]:
        words.append(run["marked"])
    return str(run["outcome"]) if small() else "; ".join(words)
