"""`restore`: a new workspace out of a backup."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.output import counted, line, warn
from commands.progress import progress
from driver.backups import LATEST
from driver.errors import DONE, ROWS_FAILED, worst

if TYPE_CHECKING:
    from driver.restoring import Outcome


def restore(
    call: Call,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="BACKUP",
            help="The folder that `backup` was given, or one backup in it.",
            show_default=False,
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="WORKSPACE", help="A new or empty folder for the workspace.", show_default=False
        ),
    ],
    *,
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="NAME", help="Which backup: its name, such as 20260714-183000Z."
        ),
    ] = LATEST,
) -> None:
    """
    Make a new workspace out of a backup

    The backup is read and compared with its manifest first, and nothing is ever restored over
    something. Read models and logs are made from the journal again. Go on with one of the two
    workspaces only: the journal of the other one knows nothing of what follows.
    """
    from driver.backups import chosen
    from driver.restoring import restore as make

    again = f"To go on: {shlex.join(['photojournal', *call.argv])}"
    try:
        with progress("files") as shown:
            outcome = make(chosen(source, at), folder, call.argv, shown.count)
    except KeyboardInterrupt:
        warn(again)
        raise
    _say(outcome)
    lacking = outcome.backup.manifest.missing
    call.exit_code = worst(call.exit_code, ROWS_FAILED if lacking else DONE)


def _say(outcome: "Outcome") -> None:
    manifest, command = outcome.backup.manifest, f"photojournal -w {shlex.quote(str(outcome.root))}"
    events, objects = counted(manifest.position, "event"), counted(len(manifest.objects), "object")
    line(f"Restored {events} and {objects} from backup {outcome.backup.name}:")
    line(f"  {outcome.root}")
    line("Not in a backup: passwords, and the pictures in site/.")
    if outcome.site_empty:
        line(f"To have these again: {command} repair --remote")
    if outcome.away:
        originals = counted(len(outcome.away), "original")
        line(f"Not where they were: {originals}, such as {outcome.away[0]}.")
        line(f"Hint: {command} relink {shlex.quote(_above(outcome.away))} WHERE-THEY-LIE-NOW")
    if manifest.missing:
        were = "was" if len(manifest.missing) == 1 else "were"
        warn(f"Error: {counted(len(manifest.missing), 'object')} {were} missing when it was made")
        warn(f"Hint: {command} verify")
    for words in outcome.warnings:
        warn(f"Warning: {words}")
    line(f"Next: {command} status")


def _above(paths: Sequence[Path]) -> str:
    """Return what all paths have in common, or the folder of the first: there may be two drives."""
    try:
        return os.path.commonpath(paths)
    except ValueError:
        return str(paths[0].parent)
