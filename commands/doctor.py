"""`doctor`: does everything work that the program needs?"""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from commands.call import Call
from commands.output import counted, hanging, line, warn, write_json
from driver.doctor import Trial, exit_code, trials
from driver.errors import Unreachable, worst

if TYPE_CHECKING:
    from driver.program import Program

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
            _create_table(program, warn if json else line)
        for one in trials(program, warn):
            found.append(one)
            if not json:
                _say(one)
        program.exit_code = worst(program.exit_code, exit_code(found))
    if json:
        write_json(msgspec.to_builtins(found))


def _create_table(program: "Program", say: Callable[[str], None]) -> None:
    """Make the tables that are missing, and claim the lines that the journal knows as ours."""
    from driver.claims import claim_again
    from driver.galleries import create_table

    say(f"The published table and those beside it are there: {create_table(program)}")
    numbers = [one["id"] for one in program.models.query("SELECT id FROM review_queue ORDER BY id")]
    # What the server refuses is for the trials to say.
    with contextlib.suppress(Unreachable), program.publishing() as gallery:
        claimed = claim_again(program.rehearsal("doctor"), gallery, numbers)
        if claimed:
            say(f"Claimed again, as published by this workspace: {counted(len(claimed), 'line')}")


def _say(one: Trial) -> None:
    first = f"{one.state:<4} {one.name:<14} "
    hanging(first, one.detail, _COLOURS[one.state])
    if one.hint:
        hanging(" " * len(first), f"Hint: {one.hint}")
