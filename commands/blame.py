"""`blame`: who gave a value."""

from typing import Annotated, Any

import typer

from commands.call import Call
from commands.options import View
from commands.output import RUN_SHOWN, both, hanging, line, pairs, write_json
from driver.blaming import TEXTS, blame_of, column_named

_DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others."""


def blame(
    call: Call,
    row: Annotated[str, typer.Argument(metavar="ROW", help="Id, file name or original name.")],
    field: Annotated[
        str,
        typer.Argument(metavar="COLUMN", help="Of review_queue: Caption, QR, Review_Status ..."),
    ],
    view: View,
) -> None:
    """
    Say who gave a value: which event, run, person or model

    The value of a column of review_queue, the texts among them, and those before it, the newest
    first: each with the event that gave it, its run, and the person, the model with its prompt, the
    rule or the scorer behind it. A value that a rollback brought back is traced to who gave it
    first.
    """
    column = column_named(field)
    with call.looking(view.at, heading=not view.json) as seen:
        found = blame_of(seen, seen.number(row), column)
    if view.json:
        write_json(found)
        return
    line(f"Row {found['id']} {found['File_Name']}")
    if not found["values"]:
        line(f"{column} never had a value.")
        line(f"What happened to the row: photojournal history {found['id']}")
        return
    newest, *earlier = found["values"]
    _say(f"{column}: ", newest)
    if earlier:
        line("Before that:")
        for one in earlier:
            _say("  ", one)


def _say(first: str, one: dict[str, Any]) -> None:
    indent = " " * (len(first) - len(first.lstrip()) + 2)
    hanging(first, "(nothing)" if one["value"] is None else str(one["value"]))
    hanging(indent, f"by {one['by']}")
    pairs([(f"{indent}{name}", value) for name, value in _behind(one)])
    if one["column"] not in TEXTS:
        hanging(indent, one["words"])
    _say_where(indent, one)
    given = one["first_given"]
    if given:
        hanging(indent, f"first given by {given['by']}")
        _say_where(f"{indent}  ", given)


def _say_where(indent: str, one: dict[str, Any]) -> None:
    """Say event, time and run."""
    hanging(indent, f"v{one['version']} @{one['position']} {one['type']}, {both(one['at'])}")
    verb = f", photojournal {one['command']}" if one["command"] else ""
    hanging(indent, f"run {one['run_id'][:RUN_SHOWN]}{verb}, of {one['actor']}")


def _behind(one: dict[str, Any]) -> list[tuple[str, object]]:
    """Return what made a model, a rule or the scorer say what it said."""
    author = one["author"] or {}
    entries: list[tuple[str, object]] = [
        ("model", author.get("model_digest", "")[:_DIGEST_SHOWN]),
        ("prompt", author.get("prompt_digest", "")[:_DIGEST_SHOWN]),
    ]
    entries += [
        (change["rule"], f'"{change["before"]}" -> "{change["after"]}"')
        for change in one["changes"]
    ]
    if len(one["scores"]) > 1:
        made = (f"{score['metric']} {score['value']:g}" for score in one["scores"])
        entries.append(("from", ", ".join(made)))
    return entries
