"""`doctor`: does everything work that the program needs?"""

from typing import Annotated

import msgspec
import typer

from commands.call import Call
from commands.output import hanging, line, warn, write_json
from driver.doctor import Trial, exit_code, trials
from driver.errors import worst

_COLOURS = {"ok": "32", "warn": "33", "fail": "31"}


def doctor(
    call: Call,
    *,
    create_table: Annotated[
        bool,
        typer.Option(
            "--create-table", help="First make the tables on the MySQL server that are missing."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """
    Check what the program needs, and how to mend it

    Versions, disk, journal, backup, libraries, the gallery (a file is written, read back and
    removed; a table row inserted and taken back: on the servers, if it is there), the caption
    service. Where a model writes the
    captions, it is loaded, to see what it runs on; no picture is sent. Where scoring needs models,
    they are loaded as well. Nothing is appended, and others may work meanwhile. Exit code 4 if
    something fails.
    """
    found: list[Trial] = []
    call.find().refuse_incident()
    with call.opened(heading=not json, readonly=True) as program:
        if create_table:
            from driver.galleries import create_table as make

            said = f"The published table and those beside it are there: {make(program)}"
            (warn if json else line)(said)
        for one in trials(program, warn):
            found.append(one)
            if not json:
                _say(one)
        program.exit_code = worst(program.exit_code, exit_code(found))
    if json:
        write_json(msgspec.to_builtins(found))


def _say(one: Trial) -> None:
    first = f"{one.state:<4} {one.name:<14} "
    hanging(first, one.detail, _COLOURS[one.state])
    if one.hint:
        hanging(" " * len(first), f"Hint: {one.hint}")
