"""`diff`: two moments beside each other."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.call import Call
from commands.options import Choice
from commands.output import (
    RUN_SHOWN,
    counted,
    hanging,
    line,
    reader_left,
    stream_json,
    warn,
)
from driver.comparing import compared, span_of
from driver.looking import look
from machine.text import size

if TYPE_CHECKING:
    from driver.comparing import Span
    from driver.program import Program

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others."""


def diff(
    call: Call,
    first: Annotated[
        str, typer.Argument(metavar="A", help="A position, a time or a run.", show_default=False)
    ],
    second: Annotated[
        str,
        typer.Argument(
            metavar="B",
            help="Likewise. Left out: now; where A is a run, before and after that run.",
            show_default=False,
        ),
    ] = "",
    *,
    choice: Choice,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """
    Compare two moments, or before and after a run

    Rows that came in, columns that changed (old -> new, texts word by word), pictures, and what
    stood in the gallery: files and the published record. A run as A or B means as it left things.
    With a run alone, only the rows that it worked on; what other runs did to them meanwhile is in
    it, and those runs are named. A choice of rows is made as of B.
    """
    with call.opened(heading=not json, readonly=True) as program:
        span = span_of(program.journal, first, second)
        between = f"{span.first.words} to {span.second.words}"
        warn(f"From {between}") if json else hanging("From ", between)
        chosen = _chosen(program, choice, span)
        found = compared(program.journal, span, chosen)
        if json:
            stream_json(found)
            return
        counts: Counter[str] = Counter()
        for one in found:
            if reader_left():
                return
            counts.update((one["change"], *["file"] * len(one["files"])))
            counts["record"] += bool(one["record"])
            _say(one)
    line(_in_all(counts))


def _in_all(counts: Counter[str]) -> str:
    """Return how much changed."""
    rows = [f"{counted(counts[how], 'row')} {how}" for how in _SIGNS if counts[how]]
    outside = [counted(counts[what], what) for what in ("file", "record") if counts[what]]
    said = ", ".join(rows) or "Nothing changed."
    return f"{said}; in the gallery {' and '.join(outside)}" if outside else said


def _chosen(program: "Program", choice: Choice, span: "Span") -> list[int] | None:
    """Return the rows that are meant; None: all."""
    if choice.is_empty():
        return None
    with look(program, str(span.second.position)) as seen:
        return choice.found_in(seen.models, seen.journal)


def _say(one: dict[str, Any]) -> None:
    old, new = one["versions"]
    status = f", {one['Review_Status']}" if one["change"] == "added" else ""
    hanging(f"{_SIGNS[one['change']]} ", f"{one['id']} {one['File_Name']}{status}")
    runs = ", ".join(run[:RUN_SHOWN] for run in one["runs"])
    hanging("    ", f"{f'v{old} -> v{new}' if old and new else f'v{old or new}'}, run {runs}")
    if one["change"] == "changed":
        _say_fields(one)
    for path, sides in one["files"].items():
        hanging(f"    {_sign(sides)} ", f"in the gallery: {path}, {_sides(sides, _file)}")
    if one["record"]:
        _say_record(one["record"])


def _say_fields(one: dict[str, Any]) -> None:
    if not any(one[part] for part in ("fields", "original", "renditions", "files", "record")):
        hanging("    ", "nothing that a column shows")
    for column, sides in one["fields"].items():
        whole = sides["old"] is None or sides["new"] is None or "diff" not in sides
        hanging(f"    {column}: ", _sides(sides, str, "(nothing)") if whole else sides["diff"])
    if one["original"]:
        hanging("    original: ", _sides(one["original"], str, "(nothing)"))
    for name, sides in one["renditions"].items():
        hanging(f"    picture {name}: ", _sides(sides, _picture, "(nothing)"))


def _say_record(record: dict[str, dict[str, Any]]) -> None:
    """Say what the published table said; of a record that came or went, its name."""
    name = record.get("File_Name", {"old": "", "new": ""})
    if None in name.values():
        hanging(f"    {_sign(name)} ", f"in the published table: {_sides(name, str)}")
        return
    for column, sides in record.items():
        hanging(f"    ~ in the published table, {column}: ", _sides(sides, str, "(nothing)"))


def _sign(sides: dict[str, Any]) -> str:
    return "+" if sides["old"] is None else "-" if sides["new"] is None else "~"


def _sides(sides: dict[str, Any], shown: Callable[[Any], str], nothing: str = "") -> str:
    """Return `old -> new`; `nothing` stands for what was not, or is not, there."""
    old, new = (
        nothing if value is None else shown(value) for value in (sides["old"], sides["new"])
    )
    return f"{old} -> {new}" if old and new else old or new


def _file(file: dict[str, Any]) -> str:
    return f"{size(file['size_bytes'])} {file['sha256'][:_DIGEST_SHOWN]}"


def _picture(one: dict[str, Any]) -> str:
    return f"{one['width_px']} x {one['height_px']}, {_file(one)}"
