"""`withdraw`: published rows come down."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.going import Way, go
from commands.options import Asked, Choice

if TYPE_CHECKING:
    from driver.going_back import RowPlan


def withdraw(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the event.", show_default=False)
    ] = "",
) -> None:
    """
    Take published rows down

    Record and files leave the gallery; what somebody else put in their place is left alone and
    named; the command then ends with exit code 10. The decision is open again: `approve` and
    `publish` bring a row back.
    """
    from driver.taking_back import plan_withdrawal

    with call.opened(heading=not asked.json) as program:
        shell = program.rehearsal("withdraw")
        plans = [plan_withdrawal(shell, number) for number in choice.numbers(program)]
        way = Way(
            verb="withdraw",
            question="Take down",
            done="Taken down",
            act=lambda back, plan: back.withdraw(plan.row, reason),
            forth=_forth,
        )
        go(call, program, asked, plans, way)


def _forth(run: str, done: "Sequence[RowPlan]") -> str:
    if len(done) == 1:
        row = done[0].row
        return f"photojournal approve {row}, then photojournal publish {row}"
    return f"photojournal rollback --run {run}"
