"""`rename`: another file name."""

from typing import Annotated

import typer

from commands.call import Call
from commands.doing import Decision, decide
from commands.options import Asked, Choice
from driver.editing import rename_all


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
    ],
) -> None:
    """
    Give a row another file name

    Only before its first publication. A name belongs to its row for ever: the former one still
    finds it, and no other row can have it. One that the row had before comes back.
    """
    decision = Decision(
        "rename", "Renamed", lambda shell, numbers: rename_all(shell, numbers, to), texts=True
    )
    decide(call, choice, asked, decision)
