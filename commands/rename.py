"""`rename`: another file name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.answers import report
from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from commands.output import line, table, write_json
from driver.errors import Misused
from driver.renaming import carry_out_names, plan_names, rename_all
from driver.selection import labelled

if TYPE_CHECKING:
    from driver.editing import EditPlan
    from driver.renaming import NamePlan


def rename(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="NAME",
            help="The new name; for several rows the series, which is numbered.",
            show_default=False,
        ),
    ] = "",
    from_labels: Annotated[
        bool,
        typer.Option(
            "--from-labels", help="The name that [ingest] file_name makes of the labels they have."
        ),
    ] = False,
) -> None:
    """
    Give a row another file name

    Only before its first publication. A name belongs to its row for ever: the former one still
    finds it, and no other row can have it. One that the row had before comes back. What names are
    made of: docs/names.md.
    """
    if bool(to) == from_labels:
        msg = "say the new name, or --from-labels, and not both"
        raise Misused(msg, "photojournal rename ROW --to NAME")
    if from_labels:
        _from_labels(call, choice, asked)
        return
    decision = Decision(
        "rename", "Renamed", lambda shell, numbers: rename_all(shell, numbers, to), texts=True
    )
    decide(call, choice, asked, decision)


def _from_labels(call: Call, choice: Choice, asked: Asked) -> None:
    """Plan the names, ask, and give them."""
    with call.opened(heading=not asked.json) as program:
        numbers = choice.numbers(program)
        if not numbers:
            program.exit_code = report([], as_json=asked.json)
            return
        plans = plan_names(program.rehearsal("rename"), numbers)
        if not asked.json:
            say_names(plans)
        if not asked.agree("Rename", labelled(program.models, numbers), choice):
            if asked.json:
                write_json(to_builtins(plans))
            return
        with program.run("rename", call.argv) as shell:
            answers = carry_out_names(shell, plans)
            program.exit_code = report(answers, "Renamed", as_json=asked.json)
            if any(answer.outcome == "done" for answer in answers):
                program.report_texts()


def say_names(plans: "Sequence[NamePlan] | Sequence[EditPlan]") -> None:
    """Print the names that change, and those that stay although their labels say otherwise."""
    moved = [one for one in plans if one.new_name != one.old_name]
    if moved:
        table(
            ("row", "File_Name", "becomes"),
            [(one.row, one.old_name, one.new_name) for one in moved],
            right=("row",),
            keep=("becomes",),
        )
    for one in plans:
        if one.name_stays:
            line(f"Row {one.row} keeps the name {one.old_name}: {one.name_stays}")
