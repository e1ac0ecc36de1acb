"""`sets`: what came in together."""

from commands.call import Call
from commands.options import View
from commands.output import line, table, when, write_json

_COLUMNS = ("set_id", "Folder", "Subject", "Location", "rows", "refused", "skipped", "came in")


def sets(call: Call, view: View) -> None:
    """
    List the sets

    Newest first, with the rows of each by Review_Status. `refused` counts files that could not be
    read as photos, `skipped` those whose bytes are a row already.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        found = seen.models.sets()
        if view.json:
            write_json(found)
            return
        if not found and seen.program.workspace.is_incident:
            line("No set is in this bundle.")
            return
        if not found:
            line("No sets yet. To take photos in: photojournal ingest FOLDER")
            return
        lines = [
            [
                *(one[column] for column in _COLUMNS[:-1]),
                when(one["created_at"]),
                ", ".join(f"{number} {status}" for status, number in one["by_status"].items()),
            ]
            for one in found
        ]
        table(
            (*_COLUMNS, "now"),
            lines,
            right=("rows", "refused", "skipped"),
            keep=("set_id", "came in"),
            main="Subject",
            spare=("came in", "skipped", "refused", "rows", "Location"),
        )
