"""`backup`: a copy of the journal."""

from pathlib import Path
from typing import Annotated

import typer

from commands.call import Call
from commands.output import counted, line
from driver.backups import back_up, target_of
from machine.text import size


def backup(
    call: Call,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Where to: a new file, or a folder; by default data/backups/.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """
    Copy the journal to a safe place

    The copy is one file, is read back and verified, and other commands may go on meanwhile. The
    journal makes everything but pixels: keep copies of data/objects/ and of your originals, too.
    """
    with call.opened() as program:
        made = back_up(program, target_of(program, file), call.argv)
        line(f"Backed up {counted(made.head.position, 'event')}, verified: {made.path}")
        if made.same_disk:
            line("It lies on the same disk as the workspace. Keep a copy on another one.")
        objects = size(program.objects.total_bytes())
        line(f"Not in it: your originals, and the pictures in data/objects ({objects}).")
