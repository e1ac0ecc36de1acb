"""`ingest`: photos come in as a set."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import working
from commands.options import Asked
from commands.output import line, write_json
from commands.taking import Taking, code_of, say_picked, say_taken, spelt_as_known, take_in


def ingest(
    call: Call,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Folders and files.", show_default=False)
    ],
    taking: Taking,
    asked: Asked,
) -> None:
    """
    Take photos in as a set

    Each photo becomes a row with a file name made from what is known about it. The photos stay
    where they are, unless [ingest] copy is set. JPEG, HEIC, AVIF, WebP, TIFF, PNG, GIF and BMP are
    known by their bytes, and so are RAW files (with the extra "raw"). What is no photo is refused
    and named; the same bytes are one row for ever. Cut short, it goes on when the same command is
    given again. A sidecar, NAME.xmp or NAME.EXT.xmp beside a photo, is read with it and counts
    before what is inside; stars and marks of other programs are kept, and with --min-rating they
    make picks. A file with the name, time and camera of a photo that is here already is left for
    `replace`, unless --as-new is given.
    """
    from driver.ingest_plan import check_paths
    from driver.taking_in import plan_ingest

    check_paths(paths)
    with call.opened(heading=not asked.json) as program:
        taking = spelt_as_known(program, taking, asked)
        if asked.dry_run:
            taken, set_id, stopped = plan_ingest(program, paths, taking.recursive), "", None
            program.exit_code = code_of(taken)
        else:
            with working(call, program, "ingest", as_json=asked.json):
                got = take_in(program, paths, taking)
            taken, set_id, stopped = got.taken, got.set_id, got.stopped
        if asked.json:
            write_json([to_builtins(one) | {"set_id": set_id} for one in taken])
        elif asked.dry_run:
            say_taken(taken, "")
            line("Dry run: nothing was changed.")
        else:
            say_taken(taken, set_id)
            say_picked(got.picked)
            if not set_id:
                line("Nothing changed.")
            if set_id and any(one.outcome in ("ingested", "reopened") for one in taken):
                line(f"Next: photojournal run --set {set_id}")
        if stopped:
            raise stopped
