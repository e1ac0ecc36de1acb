"""`replay`: the read models again from the journal."""

from pathlib import Path
from typing import Annotated

import typer

from commands.call import Call
from commands.output import counted, line, table, warn, write_json
from commands.replay_step import say_steps
from driver.checks import drifted
from driver.errors import DAMAGED, DRIFT, Misused, worst
from driver.looking import look
from driver.program import Program

_LISTED = 200


def replay(
    call: Call,
    row: Annotated[
        str | None,
        typer.Argument(metavar="ROW", help="With --step: the row.", show_default=False),
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Compare only; exit code 5 if a cell differs.")
    ] = False,
    step: Annotated[
        bool, typer.Option("--step", help="Show each event of ROW and what it changed.")
    ] = False,
    until: Annotated[
        str,
        typer.Option(
            "--until", metavar="POSITION|TIME|RUN", help="Up to here, with --into or --step."
        ),
    ] = "",
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FILE", help="A new SQLite file for the read models."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """
    Make the read models again from the journal, or check them

    Only the journal is read: no photo, no model, no network, and nothing is published. Without
    options data/review.db is made anew beside the old one and swapped in. With --check nothing is
    written. With --until and --into the read models of then go into a file of their own. With
    --step, each event of ROW: the status before and after, and what it changed in what counts
    (decided, which a rollback sets back) and in what stays so (happened: attempts, the gallery).
    """
    if step != bool(row) or bool(until) > bool(into or step) or (step + check + bool(into)) > 1:
        msg = (
            "use one of: replay, replay --check, replay ROW --step [--until ...],"
            " replay --until ... --into FILE"
        )
        raise Misused(msg, "photojournal replay --help")
    with call.opened(heading=not json, readonly=True) as program:
        if row:
            with look(program, until) as seen:
                say_steps(seen, row, as_json=json)
        elif into:
            _into(program, until, into)
        elif check:
            _check(program, as_json=json)
        else:
            _rebuild(program, as_json=json)


def _check(program: Program, *, as_json: bool) -> None:
    stuck = [one for one in program.models.status() if one.error]
    if stuck:
        program.exit_code = worst(program.exit_code, DAMAGED)
        warn(f"Error: {stuck[0].name} stands at position {stuck[0].position}: {stuck[0].error}")
        warn("Hint: photojournal verify")
    found = [drifted(one) for one in program.models.check()]
    if found:
        program.exit_code = worst(program.exit_code, DRIFT)
    if as_json:
        write_json(found)
        return
    if not found:
        line(f"No drift: every cell is what the journal says (position {program.models.position}).")
        return
    columns = ("table", "key", "column", "stored", "expected")
    table(columns, [[one[name] for name in columns] for one in found[:_LISTED]])
    if len(found) > _LISTED:
        line(f"... and {len(found) - _LISTED} more: photojournal replay --check --json")
    warn(f"Error: {counted(len(found), 'cell')} differ from what the journal says")
    warn("Hint: photojournal replay")


def _rebuild(program: Program, *, as_json: bool) -> None:
    before = program.models.check()
    statuses = program.models.rebuild()
    failed = [one for one in statuses if one.error]
    if failed:
        program.exit_code = worst(program.exit_code, DAMAGED)
    if as_json:
        write_json(
            [{"name": one.name, "position": one.position, "error": one.error} for one in statuses]
        )
        return
    for one in statuses:
        line(f"{one.name}: made anew as of position {one.position}")
    if before:
        line(f"{counted(len(before), 'cell')} had drifted and are right again.")
    else:
        line("Nothing changed: every cell was right.")
    for one in failed:
        warn(f"Error: {one.name} stays behind: {one.error}")
        warn("Hint: photojournal verify")


def _into(program: Program, until: str, into: Path) -> None:
    with look(program, until or str(program.journal.head.position)) as seen:
        if into.exists():
            msg = f"{into} exists"
            raise Misused(msg, "choose another name; nothing is overwritten")
        seen.models.save(into)
        assert seen.place is not None
        rows = seen.models.query("SELECT count(*) AS rows FROM review_queue")[0]["rows"]
        line(f"As of {seen.place.words}: {counted(rows, 'row')} in {into}")
        line(f"To look inside: sqlite-utils rows {into} review_queue")
