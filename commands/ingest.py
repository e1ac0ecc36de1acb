"""`ingest`: photos come in as a set."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import working
from commands.options import Asked
from commands.output import line, write_json
from commands.spelling import spelt
from commands.taking import (
    Taking,
    rehearse_intake,
    say_ingested,
    take_in,
)


def ingest(
    call: Call,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Folders, files and patterns.", show_default=False),
    ],
    taking: Taking,
    asked: Asked,
) -> None:
    """
    Take photos in as a set

    PATH is a file, a folder, or a pattern such as "card/**/*.JPG". Each photo becomes a row with a
    file name made from what is known about it. A RAW file beside a JPEG or HEIC of its name belongs
    to that photo's row. The photos stay where they are, unless [ingest] copy is set. JPEG, HEIC,
    AVIF, WebP, TIFF, PNG, GIF and BMP are known by their bytes, and so are RAW files (with the
    extra "raw"). What is no photo is refused and named; the same bytes are one row for ever. First
    it says what disk that needs, at the end which photos look like earlier ones. Cut short, it goes
    on when the same command is given again.

    A sidecar, NAME.xmp or NAME.EXT.xmp beside a photo, is read with it and counts before what is
    inside; stars and marks of other programs are kept, and with --min-rating they make picks. A
    file with the name, time and camera of a photo that is here already is left for `replace`,
    unless --as-new is given.
    """
    from driver.ingest_plan import check_paths

    check_paths(paths)
    with call.opened(heading=not asked.json) as program:
        found = spelt(program, taking.labels(), new=taking.new, quiet=asked.json)
        if asked.dry_run:
            rehearse_intake(program, paths, taking, as_json=asked.json)
            return
        with working(call, program, "ingest", as_json=asked.json):
            got = take_in(program, paths, taking, found, as_json=asked.json)
        if asked.json:
            write_json([to_builtins(one) | {"set_id": got.set_id} for one in got.taken])
        else:
            say_ingested(got)
            if not program.shell.started:
                line("Nothing changed.")
            if got.rows():
                line(f"Next: photojournal run --set {got.set_id}")
        if got.stopped:
            raise got.stopped
