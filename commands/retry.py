"""`retry`: what failed is due now."""

from typing import Annotated

import typer

from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from commands.stages import StageName
from driver import decisions


def retry(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    stage: Annotated[
        StageName | None,
        typer.Option("--stage", help="This stage, failed or not; else every one that failed."),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the decision.", show_default=False)
    ] = "",
) -> None:
    """
    Make what failed due again, now

    The next `photojournal run` works on it, without waiting for the pause after a failure. What is
    quarantined is a matter for `release`.
    """
    wanted = stage.stage if stage else None
    decision = Decision(
        "retry",
        "Due again",
        lambda shell, numbers: decisions.retry(shell, numbers, wanted, reason),
    )
    decide(call, choice, asked, decision)
