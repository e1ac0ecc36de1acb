"""`history`: what happened to a row."""

from typing import Annotated, Any

import typer

from commands.call import Call
from commands.options import View
from commands.output import RUN_SHOWN, both, counted, hanging, line, write_json
from driver.row_history import history_of
from driver.word_parts import duration

_INDENT = "    "


def history(
    call: Call,
    row: Annotated[str, typer.Argument(metavar="ROW", help="Id, file name or original name.")],
    view: View,
) -> None:
    """
    Tell what happened to a row

    Every event, the oldest first: version, position, local time and UTC, who; what happened; which
    attempt it belongs to and whether that was charged, which event led to it and how long before;
    and what it did to the texts: [-gone-], {+new+}. The version is what `rollback ROW --to` takes,
    the position what `--at` takes. `--json` has the whole payload.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        number = seen.number(row)
        told = history_of(seen, number)
        label = seen.labelled(number)
    if view.json:
        write_json(told)
        return
    line(f"Row {label}")
    for one in told:
        _tell(one)
    line()
    line(f"{counted(len(told), 'event')}. Who gave a value: photojournal blame {number} COLUMN")


def _tell(one: dict[str, Any]) -> None:
    hanging(
        f"v{one['version']} @{one['position']}  ",
        f"{both(one['at'])}  by {one['actor']}, run {one['run_id'][:RUN_SHOWN]}",
    )
    hanging(_INDENT, one["words"])
    for column, text in one["texts"].items():
        if text["old"]:
            hanging(f"{_INDENT}{column}: ", text["diff"])
    behind = "; ".join(part for part in (_attempt(one), _because(one)) if part)
    if behind:
        hanging(_INDENT, behind)


def _attempt(one: dict[str, Any]) -> str:
    """Return which attempt an outcome ends; a beginning says so in its words."""
    if one["attempt"] is None or one["type"] == "AttemptStarted":
        return ""
    charged = {None: "", True: ", charged", False: ", not charged"}[one["charged"]]
    return f"attempt {one['attempt']}{charged}"


def _because(one: dict[str, Any]) -> str:
    """Return which event led to this one, and how long before."""
    led = one["because_of"]
    if led is None:
        return ""
    row = one["stream"] == led["stream"]
    which = f"v{led['version']} @{led['position']}" if row else f"@{led['position']}"
    of = "" if row else f" of {led['stream']}"
    ago = f", {duration(one['elapsed_ms'])} before" if one["elapsed_ms"] else ""
    return f"because of {which} {led['type']}{of}{ago}"
