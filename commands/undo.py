"""`undo`: the newest step, taken back."""

from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.going import Way, go
from commands.options import Asked, Choice
from commands.output import line, local, write_json
from driver.sets import take_labels_back
from machine.events import Renamed

if TYPE_CHECKING:
    from driver.program import Program
    from driver.undoing import Step

NAMES = 10
"""So many names are told that stay."""

PASSED = 3
"""So many newer steps are named that left nothing to take back."""


def undo(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    including_later: Annotated[
        bool,
        typer.Option(
            "--including-later", help="Also where it was changed later; lost texts are listed."
        ),
    ] = False,
) -> None:
    """
    Take back your newest step

    A step is one command, with all its rows. Again goes further back; `redo` brings back. What
    somebody else changed later is kept and listed. A publication is never crossed: `withdraw` and
    `rollback` are for that. File names stay with their rows: `rename`. With rows, your newest step
    on these rows.
    """
    from driver.undoing import plan_undo

    with call.opened(heading=not asked.json) as program:
        rows = None if choice.is_empty() else choice.numbers(program)
        plan = plan_undo(program.rehearsal("undo"), rows, including_later=including_later)
        if plan is None:
            if asked.json:
                write_json([])
            else:
                line("Nothing changed: there is no step to take back.")
            return
        if not asked.json:
            for step in plan.passed[:PASSED]:
                what = f"photojournal {step.verb}, {local(step.at)}"
                line(f"Passed over: {what}: nothing of it is left to take back")
                _say_names(program, step)
            newest = "The step before" if plan.passed else "The newest step"
            line(f"{newest}: photojournal {plan.step.verb}, {local(plan.step.at)}")
        way = Way(
            verb="undo",
            question="Take back for",
            done="Taken back",
            act=lambda back, one: back.roll_back(one, ""),
            forth=lambda _run, _done: "photojournal redo",
            careful=including_later,
            also=lambda shell: take_labels_back(shell, plan.step.run, plan.step.step),
        )
        go(call, program, asked, plan.rows, way)
        if not asked.json:
            _say_names(program, plan.step)


def _say_names(program: "Program", step: "Step") -> None:
    """Print which rows keep a name that the step gave them, and how the former one comes back."""
    renamed = [one for one in step.events if isinstance(one.event, Renamed)]
    for one in renamed[:NAMES]:
        row = program.rehearsal("undo").row(int(one.stream.removeprefix("row/")))
        event = one.event
        if not isinstance(event, Renamed) or row.happened.file_name != event.file_name:
            continue
        number = row.happened.row
        back = f"photojournal rename {number} --to {event.former}"
        how = f"the former one comes back by {back}"
        if row.happened.ever_published:
            how = "it was published under this name"
        line(f"Row {number} keeps the name {event.file_name}: {how}")
