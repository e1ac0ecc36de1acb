"""`replace`: another version of a photo in the place of a row's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import working
from commands.options import Asked
from commands.output import line, write_json

if TYPE_CHECKING:
    from driver.replacing import Replacement


def replace(
    call: Call,
    row: Annotated[str, typer.Argument(metavar="ROW", help="Id or file name.", show_default=False)],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The new version.", show_default=False)
    ],
    asked: Asked,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the journal.", show_default=False)
    ] = "",
) -> None:
    """
    Put another version of a photo in the place of a row's

    For a new export of the same photo: name, URL, labels and the texts that a person wrote stay;
    scores and renditions are made anew by `run`. An approval goes over to the new pictures, so a
    published row is due again. `undo` takes it back. The file stays where it is, unless [ingest]
    copy is set; bytes that are another row's are refused.
    """
    from driver.replacing import Replacing
    from driver.selection import resolve

    with call.opened(heading=not asked.json) as program:
        number = resolve(program.models, row)
        if asked.dry_run:
            shell = program.rehearsal("replace")
            plan = Replacing(shell, program.objects, program.workers, number, file).plan()
            _say(plan, "Would replace", as_json=asked.json)
            if not asked.json:
                line("Dry run: nothing was changed.")
            return
        with working(call, program, "replace", as_json=asked.json) as shell:
            replacing = Replacing(shell, program.objects, program.workers, number, file)
            done = replacing.carry_out(reason, copy=program.workspace.config.ingest.copy)
        _say(done, "Replaced", as_json=asked.json)
        if not asked.json:
            line("Next: photojournal run")


def _say(told: "Replacement", what: str, *, as_json: bool) -> None:
    """Print what it means for the row."""
    if as_json:
        write_json([to_builtins(told)])
        return
    line(f"{what}: the photo of row {told.row} {told.file_name} by {told.path}")
    line(f"Size: {_px(told.former_px)} -> {_px(told.px)}; the name and a person's texts stay")
    line(f"To be done again: {', '.join(told.due) or 'nothing'}")
    for fact in told.differs:
        line(f"Warning: the two files differ in {fact}: is it the same photo?")
    if told.published:
        line("The row is published: `publish` sends the new pictures once they are made.")


def _px(size: tuple[int | None, int | None]) -> str:
    return f"{size[0]} x {size[1]}" if size[0] and size[1] else "unknown"
