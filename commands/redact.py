"""`redact`: what is private goes, the rows stay."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.options import Asked, Choice, ask
from commands.output import counted, line, table, warn, write_json
from driver.errors import Misused
from machine.text import size

if TYPE_CHECKING:
    from driver.erasure_plan import Objects
    from driver.program import Program

_POSITION = "@"
"""What a position begins with, as in the logs."""


def redact(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")] = "",
) -> None:
    """
    Forget places, serial numbers, or what single events say

    Of rows, what their photos said in private: GPS, serial numbers, the owner. Of `@1234`, an event
    by its position as in the logs, all that it says. The rows live on, so an event that a row is
    made of today is refused: `edit` first, or `erase` the row. There is no way back.
    """
    if not reason.strip():
        raise Misused("say why it is redacted", "photojournal redact ROW --reason '...'")
    from driver import redacting

    rows, positions = _split(choice)
    with call.opened(heading=not asked.json, frees_disk=True) as program:
        wants_rows = not rows.is_empty() or not positions
        numbers = rows.numbers(program) if wants_rows else []
        found = redacting.plan(program.journal, numbers, positions)
        listed = to_builtins(redacting.told(program.journal, found))
        if not asked.json:
            _say(listed)
            _say_objects(redacting.objects_of(program, found))
        if found and not asked.dry_run and not asked.yes:
            ask()
        if not asked.dry_run:
            with program.run("redact", call.argv):
                redacting.redact(program, found, reason)
        if asked.json:
            write_json(listed)
        elif asked.dry_run and found:
            line("Dry run: nothing was changed.")
        else:
            line(f"Redacted: {counted(len(found), 'event')}." if found else "Nothing changed.")
        if found:
            _say_left(program)


def _split(choice: Choice) -> tuple[Choice, list[int]]:
    """Return the choice of rows, and the positions among what was typed."""
    words = choice.rows or []
    typed = [word for word in words if word.startswith(_POSITION)]
    for word in typed:
        if not word.removeprefix(_POSITION).isdecimal():
            msg = f"{word} is no position"
            raise Misused(msg, "write it as the logs do, such as @1234")
    others = [word for word in words if word not in typed]
    return replace(choice, rows=others or None), [int(word[1:]) for word in typed]


def _say(listed: list[dict[str, object]]) -> None:
    if listed:
        rows = [(*list(one.values())[:3], size(int(str(one["size_bytes"])))) for one in listed]
        table(("position", "stream", "event", "size"), rows, right=("position", "size"))


def _say_objects(found: "Objects") -> None:
    """Say which objects go, since nothing else names them."""
    if found.own:
        kinds = ", ".join(dict.fromkeys(found.kind_of(one) for one in found.own))
        held = size(sum(one.size_bytes for one in found.own))
        line(f"From data/objects, too: {counted(len(found.own), 'object')} ({kinds}), {held}")


def _say_left(program: "Program") -> None:
    """Say where else it may stand."""
    from driver.backups import newest

    backup = newest(program.journal)
    where = f"backups such as {backup[1].target}, " if backup else ""
    warn(f"Not reached: {where}the photos themselves, and what you exported")
