"""`approve`: exactly this text and these pictures may be published."""

from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from driver.decisions import Answer, ask_each
from machine.intents import Approve

if TYPE_CHECKING:
    from driver.shell import Shell


def approve(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the decision.", show_default=False)
    ] = "",
) -> None:
    """
    Approve rows for publication

    Pins the text and the pictures as they are now: nothing else is published. A text that nobody
    checked against the picture is refused, unless [publish] allow_ungrounded says otherwise; then
    the approval says that it was allowed.
    """

    def act(shell: "Shell", numbers: list[int]) -> list[Answer]:
        allowed = shell.workspace.config.publish.allow_ungrounded
        intent = Approve(allow_ungrounded=allowed, reason=reason)
        return ask_each(shell, numbers, lambda _row: [intent])

    decide(call, choice, asked, Decision("approve", "Approved", act))
