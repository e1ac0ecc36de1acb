"""`history`: what happened to a row."""

from typing import Annotated

import typer

from commands.call import Call
from commands.options import View
from commands.output import RUN_SHOWN, line, table, when, write_json
from driver.selection import labelled, resolve
from driver.timeline import history_of

_COLUMNS = ("version", "position", "when", "run", "by", "what happened", "because of")


def history(
    call: Call,
    row: Annotated[str, typer.Argument(metavar="ROW", help="Id, file name or original name.")],
    view: View,
) -> None:
    """
    Tell what happened to a row

    Every event, the oldest first, in local time. `version` is what `rollback ROW --to VERSION`
    takes; `because of` is the position of the event that led to this one.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        number = resolve(seen.models, row)
        told = history_of(seen, number)
        if view.json:
            write_json(told)
            return
        line(f"Row {labelled(seen.models, [number])[0]}")
    table(
        _COLUMNS,
        [
            (
                one["version"],
                one["position"],
                when(one["at"]),
                one["run_id"][:RUN_SHOWN],
                one["actor"],
                one["words"],
                one["cause"],
            )
            for one in told
        ],
        right=("version", "position", "because of"),
        keep=("when", "run"),
        main="what happened",
        spare=("run", "because of", "by", "position"),
    )
