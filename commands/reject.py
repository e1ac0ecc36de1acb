"""`reject`: rows that are not wanted."""

from typing import Annotated

import typer

from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from driver.decisions import ask_each
from machine.intents import Reject


def reject(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the decision.", show_default=False)
    ] = "",
) -> None:
    """
    Set rows aside for good

    Nothing is deleted: `pick` or `approve` brings a rejected row back, and so does taking the same
    photo in again. A published row has to be withdrawn first.
    """
    intent = Reject(reason=reason)
    decision = Decision(
        "reject",
        "Rejected",
        lambda shell, numbers: ask_each(shell, numbers, lambda _row: [intent]),
    )
    decide(call, choice, asked, decision)
