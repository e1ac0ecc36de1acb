"""`redo`: what undo took, brought back."""

from commands.call import Call
from commands.going import Way, go
from commands.options import Asked, Choice
from commands.output import line, local, write_json
from driver.sets import take_labels_back


def redo(call: Call, choice: Choice, asked: Asked) -> None:
    """
    Bring back what undo took

    The newest undo of yours that still counts. What was changed since is kept and listed. With
    rows, the newest undo on these rows.
    """
    from driver.undoing import plan_redo

    with call.opened(heading=not asked.json) as program:
        rows = None if choice.is_empty() else choice.numbers(program)
        plan = plan_redo(program.rehearsal("redo"), rows)
        if plan is None:
            if asked.json:
                write_json([])
            else:
                line("Nothing changed: there is no undo to take back.")
            return
        if not asked.json:
            line(f"The newest undo: {local(plan.step.at)}")
        way = Way(
            verb="redo",
            question="Bring back for",
            done="Brought back",
            act=lambda back, one: back.roll_back(one, ""),
            forth=lambda _run, _done: "photojournal undo",
            also=lambda shell: take_labels_back(shell, plan.step.run, plan.step.step),
        )
        go(call, program, asked, plan.rows, way)
