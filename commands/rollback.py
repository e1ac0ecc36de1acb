"""`rollback`: rows as they were."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.going import Way, go
from commands.options import Asked, Choice
from driver.errors import Misused
from driver.sets import take_labels_back

if TYPE_CHECKING:
    from driver.going_back import RowPlan
    from driver.program import Program
    from driver.shell import Shell


def rollback(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="VERSION", help="One row, to this version: see history."),
    ] = None,
    to_status: Annotated[
        str,
        typer.Option(
            "--to-status",
            metavar="STATUS",
            help="To the newest version with this Review_Status.",
            show_default=False,
        ),
    ] = "",
    to_position: Annotated[
        str,
        typer.Option(
            "--to-position",
            metavar="POSITION|TIME|RUN",
            help="To what they were then.",
            show_default=False,
        ),
    ] = "",
    including_later: Annotated[
        bool,
        typer.Option(
            "--including-later",
            help="With --run: also what was changed after it.",
        ),
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the event.", show_default=False)
    ] = "",
) -> None:
    """
    Bring rows back to an earlier version

    Nothing is erased: going back is an event, and so can be taken back. With --run alone, what
    that run did is taken back, row by row, only the parts that it touched; rows on which somebody
    worked later are kept and listed. What stands in the gallery is brought to the target's, first.
    """
    if sum((to is not None, bool(to_status), bool(to_position))) > 1:
        msg = "--to, --to-status and --to-position exclude each other"
        raise Misused(msg, "photojournal rollback --help")
    with call.opened(heading=not asked.json) as program:
        run = ""
        if to is None and not to_status and not to_position:
            run, plans = _of_run(program, choice, including_later=including_later)
        elif including_later:
            msg = "--including-later goes with --run alone"
            raise Misused(msg, "a version or a time takes all later work along anyway")
        else:
            plans = _of_rows(program, choice, to, to_status, to_position)
        way = Way(
            verb="rollback",
            question="Go back with",
            done="Back",
            act=lambda back, plan: back.roll_back(plan, reason),
            forth=_forth,
            also=lambda shell: _sets_too(shell, run),
            careful=True,
        )
        go(call, program, asked, plans, way)


def _of_run(
    program: "Program", choice: Choice, *, including_later: bool
) -> "tuple[str, list[RowPlan]]":
    """Return the run that is meant and the plans."""
    from driver.going_back import plan_run
    from driver.selection import run_named

    if not choice.run:
        msg = "say where to"
        hint = "ROW --to VERSION, --run RUN, or --set SET with --to-status or --to-position"
        raise Misused(msg, hint)
    rest = replace(choice, run="")
    rows = None if rest.is_empty() else rest.numbers(program)
    run, shell = run_named(program.journal, choice.run), program.rehearsal("rollback")
    return run, plan_run(shell, run, rows=rows, including_later=including_later)


def _sets_too(shell: "Shell", run: str) -> None:
    if run:
        take_labels_back(shell, run)


def _of_rows(
    program: "Program", choice: Choice, to: int | None, to_status: str, to_position: str
) -> "list[RowPlan]":
    from driver.going_back import plan_position, plan_row, plan_status
    from driver.moments import place_of

    numbers, shell = choice.numbers(program), program.rehearsal("rollback")
    if to_status:
        return plan_status(shell, numbers, to_status)
    if to_position:
        return plan_position(shell, numbers, place_of(program.journal, to_position).position)
    if len(numbers) != 1:
        msg = f"a version belongs to one row, and {len(numbers)} are meant"
        raise Misused(msg, "for several rows: --to-status or --to-position")
    assert to is not None
    plan = plan_row(shell, numbers[0], to)
    if plan.kept and not plan.nothing:
        raise Misused(plan.kept, plan.hint or f"photojournal history {numbers[0]}")
    return [plan]


def _forth(run: str, done: "Sequence[RowPlan]") -> str:
    if len(done) == 1:
        return f"photojournal rollback {done[0].row} --to {done[0].version}"
    return f"photojournal rollback --run {run}"
