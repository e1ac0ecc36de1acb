"""`erase`: rows are forgotten."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import working
from commands.options import Asked, Choice
from commands.output import counted, line, table, warn, write_json
from driver.errors import ROWS_FAILED, Misused, worst
from machine.text import size

if TYPE_CHECKING:
    from driver.erasing import Erased
    from driver.erasure_plan import Plan

_ELSEWHERE = "what you made with report, incident export, journal export or replay --into"


def erase(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="TEXT", help="Why; it is kept, so name nobody in it."),
    ] = "",
) -> None:
    """
    Forget rows for good: texts, facts, places and pictures

    A published row is taken down first. Then everything that the workspace holds of it goes:
    objects, what its events say, lines of logs. Its id, its name, and which events there were stay,
    so `verify` and every listing go on. There is no way back. What is out of reach, such as
    backups and the original file, is named. After an interruption, the same command goes on.
    """
    if not reason.strip():
        raise Misused("say why the row is erased", "photojournal erase ROW --reason '...'")
    from driver.erasing import erase as erase_all
    from driver.erasure_plan import plan_of

    with call.opened(heading=not asked.json, frees_disk=True) as program:
        shell = program.rehearsal("erase")
        numbers = choice.numbers(program)
        plans = [plan_of(program, shell, number, reason) for number in numbers]
        if not asked.json:
            for plan in plans:
                _say(plan)
        names = [f"{plan.row} {plan.file_name}" for plan in plans if plan.erasure != "done"]
        if not names or not asked.agree("Erase", names, always=True):
            if asked.json:
                write_json(to_builtins(plans))
            elif not names:
                line("Nothing changed.")
            return
        with working(call, program, "erase", as_json=asked.json):
            erased = erase_all(program, numbers, reason)
            failed = any(one.outcome == "stopped" for one in erased)
            program.exit_code = worst(program.exit_code, ROWS_FAILED if failed else 0)
        if asked.json:
            write_json(to_builtins(erased))
        else:
            _say_erased(erased)


def _say(plan: "Plan") -> None:
    """Print what lies where, and what is out of reach."""
    line(f"Row {plan.row} {plan.file_name}")
    if plan.erasure == "done":
        line("It was erased already.")
        return
    if plan.erasure:
        line("Its erasure was begun; what is left of it:")
    if plan.held:
        table(
            ("where", "what", "count", "size"),
            [
                (
                    one.where,
                    one.what,
                    f"{one.count:,}",
                    size(one.size_bytes) if one.size_bytes else "",
                )
                for one in plan.held
            ],
            right=("count", "size"),
            keep=("where",),
        )
    line("Made again without it: data/review.db, logs/, the report on the texts, the site's page")
    if plan.outside:
        line("It is published, or something is open outside: that is taken down first.")
    if plan.shared:
        line(f"Kept: {counted(plan.shared, 'object')} that another row refers to")
    line("Not reached, for you to see to:")
    for one in plan.unreached:
        line(f"  {one.what}: {one.where}" if one.where else f"  {one.what}")
    line(f"  {_ELSEWHERE}")


def _say_erased(erased: "Sequence[Erased]") -> None:
    for one in erased:
        if one.outcome == "stopped":
            warn(f"Error: row {one.row} {one.file_name} is not erased: {one.detail}")
            warn(f"Hint: {one.hint}, then the same command again")
        elif one.outcome == "nothing":
            line(f"Row {one.row} {one.file_name} was erased already.")
        else:
            what = f"{counted(one.events, 'event')} redacted, {counted(one.objects, 'object')}"
            line(f"Erased: row {one.row} {one.file_name}: {what} removed ({size(one.size_bytes)})")
