"""`export`: the texts as a table that a spreadsheet opens."""

from pathlib import Path
from typing import Annotated

import typer

from commands.call import Call
from commands.options import Choice, View
from commands.output import counted, line, write_json
from driver.errors import Misused


def export(
    call: Call,
    choice: Choice,
    view: View,
    *,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="The file to write.", show_default=False),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE where there is one.")
    ] = False,
) -> None:
    """
    Write the texts as a table for a spreadsheet

    A line a row, with the SHA-256 of its photo, by which `import` finds it again, in whatever order
    the lines come back. Without a choice, all rows but those that were erased. `based_on` says
    which text was exported; leave it as it is. `--json` prints the lines and writes no file.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        from driver.csv_texts import texts_of, write_table

        lines = seen.models.queue(choice.found_in(seen.models, seen.journal, everything=True))
        kept = [one for one in lines if one["Review_Status"] != "Erased"]
        found = [texts_of(seen.row(one["id"]), one["sha256"]) for one in kept]
        if view.json:
            write_json(found)
            return
        path = _target(csv, force=force)
        write_table(path, found)
    line(f"Texts of {counted(len(found), 'row')}: {path}")
    line(f"Next: edit it, then photojournal import --csv {path} --dry-run")


def _target(csv: Path | None, *, force: bool) -> Path:
    """Return the file to write. Raises Misused."""
    if csv is None:
        msg = "say where to write the table"
        raise Misused(msg, "photojournal export --csv texts.csv")
    path = csv.expanduser().absolute()
    if path.exists() and not (force and path.is_file()):
        msg = f"{path} exists already"
        raise Misused(msg, "choose another name, or replace the file with --force")
    if not path.parent.is_dir():
        msg = f"there is no folder {path.parent}"
        raise Misused(msg, "choose another place: photojournal export --csv FILE")
    return path
