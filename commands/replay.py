"""`replay`: the read models again from the journal."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.output import counted, line, table, warn, write_json
from commands.replay_step import say_steps
from driver.checks import drifted
from driver.errors import DAMAGED, DRIFT, Misused, worst
from driver.looking import look
from driver.program import Program
from projections.drift import Difference

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
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="NAME",
            help="This read model alone, such as review_queue.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--until", metavar="POSITION|TIME|RUN", help="Up to here: --into, --step, --rules."
        ),
    ] = "",
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FILE", help="A new SQLite file for the read models."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", metavar="FILE", help="Say which rows would end otherwise under these rules."
        ),
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
    With --rules the same events are folded under other tiers, weights and text rules; see
    docs/replay.md.
    """
    aims = step + check + bool(into) + bool(rules)
    alone = not only or not (step or into or rules)
    if step != bool(row) or bool(until) > bool(into or step or rules) or aims > 1 or not alone:
        raise _mixed_up()
    with call.opened(heading=not json, readonly=True) as program:
        if row:
            with look(program, until) as seen:
                say_steps(seen, row, as_json=json)
        elif into:
            _into(program, until, into, as_json=json)
        elif rules:
            from commands.replay_rules import judge_again

            judge_again(program, rules, until, as_json=json)
        elif check:
            _check(program, _names(program, only), as_json=json)
        else:
            _rebuild(program, _names(program, only), as_json=json)


def _mixed_up() -> Misused:
    msg = (
        "use one of: replay [--only NAME], replay --check [--only NAME],"
        " replay ROW --step [--until ...], replay --until ... --into FILE,"
        " replay --rules FILE [--until ...]"
    )
    return Misused(msg, "photojournal replay --help")


def _names(program: Program, only: Sequence[str] | None) -> list[str]:
    """Return the read models that are meant, all by default. Raises Misused."""
    known = [one.name for one in program.models.status()]
    for name in only or ():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            msg = f"there is no read model {name}"
            hint = f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}"
            raise Misused(msg, hint)
    return [name for name in known if not only or name in only]


def _check(program: Program, names: Sequence[str], *, as_json: bool) -> None:
    stuck = [one for one in program.models.status() if one.error and one.name in names]
    if stuck:
        program.exit_code = worst(program.exit_code, DAMAGED)
        warn(f"Error: {stuck[0].name} stands at position {stuck[0].position}: {stuck[0].error}")
        warn("Hint: photojournal verify")
    found = [drifted(one) for one in program.models.check(names)]
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


def _rebuild(program: Program, names: Sequence[str], *, as_json: bool) -> None:
    before: list[Difference] = []
    statuses = [one for one in program.models.rebuild(names, before) if one.name in names]
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
    elif not failed:
        line("Nothing changed: every cell was right.")
    for one in failed:
        warn(f"Error: {one.name} stays behind: {one.error}")
        warn("Hint: photojournal verify")


def _into(program: Program, until: str, into: Path, *, as_json: bool) -> None:
    from driver.moments import place_of
    from projections.export import export_into

    place = place_of(program.journal, until or str(program.journal.head.position))
    version = f"photojournal {metadata.version('photojournal')}"
    try:
        about = export_into(program.journal, into, place.position, program=version)
    except FileExistsError as error:
        raise Misused(str(error), "choose another name; nothing is overwritten") from error
    if as_json:
        write_json(to_builtins(about) | {"file": str(into)})
        return
    with closing(sqlite3.connect(into)) as db:
        (rows,) = db.execute("SELECT count(*) FROM review_queue").fetchone()
    line(f"As of {place.words}: {counted(rows, 'row')} in {into}")
    line(f"To look inside: sqlite-utils rows {into} review_queue")
