"""`init`: a new workspace."""

from pathlib import Path
from typing import Annotated

import typer

from commands.call import Call
from commands.output import line
from driver.program import create_journal
from driver.workspace import MARKER, create


def init(
    call: Call,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Where; by default here.", show_default=False),
    ] = None,
) -> None:
    """
    Make a workspace: photojournal.toml, data/, logs/

    What is there already is left as it is. Photos may stay where they are; they are referenced.
    """
    where = (folder or call.given or Path.cwd()).absolute()
    complete = (where / MARKER).is_file() and (where / "data" / "journal.db").is_file()
    workspace = call.workspace = create(where)
    create_journal(workspace)
    line(f"Workspace {workspace.root}")
    if complete:
        line("Nothing changed: it was one already.")
    else:
        line(f"Made. Settings: {workspace.root / MARKER}")
    line("Next: photojournal ingest FOLDER --category '...' --subject '...' --location '...'")
