"""`release`: what is quarantined gets another chance."""

from typing import Annotated

import typer

from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from commands.stages import StageName
from driver import decisions


def release(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="What was done about it.", show_default=False)
    ],
    stage: Annotated[
        StageName | None,
        typer.Option("--stage", help="This stage; else every one that is quarantined."),
    ] = None,
) -> None:
    """
    Give quarantined rows a fresh budget

    The stage is due again with all its tries. Say what was done about the cause: that is what you
    will want to know when it happens again.
    """
    wanted = stage.stage if stage else None
    decision = Decision(
        "release",
        "Released",
        lambda shell, numbers: decisions.release(shell, numbers, wanted, reason),
    )
    decide(call, choice, asked, decision)
