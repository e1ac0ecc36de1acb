"""`queue`: the rows, and what to type next for each."""

from typing import Annotated, Any

import typer

from commands.call import Call
from commands.options import Choice, View
from commands.output import counted, line, small, table, write_json
from driver.errors import Misused
from driver.looking import Seen

_COLUMNS = ("id", "File_Name", "Review_Status", "QC_Status", "QR", "next_action")
_PROGRAM = "photojournal "
LISTED = 20
"""Rows that are named one by one; the others are counted."""


def queue(
    call: Call,
    choice: Choice,
    view: View,
    *,
    count_by: Annotated[
        str,
        typer.Option(
            "--count-by", metavar="COLUMN", help="Count the rows by a column.", show_default=False
        ),
    ] = "",
    missing_scores: Annotated[
        bool, typer.Option("--missing-scores", help="Only rows that lack a score: which, and why.")
    ] = False,
    ids: Annotated[
        bool, typer.Option("--ids", help="Print only ids, one a line, for another verb's `-`.")
    ] = False,
) -> None:
    """
    List the rows, each with its next command

    Without a choice, all rows. `--json` prints every column of review_queue. `--missing-scores`
    lists rows without a required score first, and tells whether a score failed, is not measured by
    the profile, was asked for after the row was scored, or was not tried yet; with
    `--count-by metrics_missing_why` it counts the reasons. To hand rows on:

    \b
    photojournal queue --status Pending --ids | photojournal approve - --yes
    """  # noqa: D301  (Typer's mark for lines that stay as they are)
    with call.looking(view.at, heading=not (view.json or ids)) as seen:
        numbers = choice.found_in(seen.models, seen.journal, everything=True)
        lines = seen.models.queue(numbers)
        if missing_scores:
            _add_further(seen, lines)
            lines = [one for one in lines if one["metrics_missing_why"]]
            lines.sort(key=_urgency)
        if count_by:
            _count(seen, lines, count_by, as_json=view.json)
        elif view.json:
            write_json(lines)
        elif ids:
            for one in lines:
                line(str(one["id"]))
        else:
            _list(lines, (*_COLUMNS[:-1], "metrics_missing_why") if missing_scores else _COLUMNS)
            if missing_scores and lines:
                _say_lacking(lines)


def _urgency(one: dict[str, Any]) -> int:
    """Return the place in the list: a required score failed, was not tried yet, none lacks."""
    return {"failed": 0, "quarantined": 0, "done": 2}.get(one["score_status"], 1)


def _say_lacking(lines: list[dict[str, Any]]) -> None:
    """Say how many lack a score that is required, and how many one that nobody asked for then."""
    required = sum(_urgency(one) < _urgency({"score_status": "done"}) for one in lines)
    others = len(lines) - required
    said = f"{counted(required, 'row')} without a required score" if required else ""
    more = f"{counted(others, 'row')} with all that were required when scored" if others else ""
    line("; ".join(filter(None, (said, more))))


def _add_further(seen: Seen, lines: list[dict[str, Any]]) -> None:
    """Add what [score] metrics asks for today and a row has no score for: no column knows it."""
    from driver.score_check import further

    settings = seen.program.workspace.config.score
    if seen.place or not settings.metrics:
        return
    for one in lines:
        if one["score_status"] == "done" and (names := further(seen.row(one["id"]), settings)):
            words = f"{', '.join(names)}: not measured (not in [score] metrics then)"
            known = one["metrics_missing_why"]
            one["metrics_missing_why"] = f"{known}; {words}" if known else words


def _list(lines: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    if not lines:
        line("No rows.")
        return
    *others, last = columns
    shorter = small() and last == "next_action"
    table(
        [*others, f"{_PROGRAM}..."] if shorter else columns,
        [
            [
                *(one[column] for column in others),
                one[last].removeprefix(_PROGRAM) if shorter else one[last],
            ]
            for one in lines
        ],
        right=("id", "QR"),
        keep=("id", "Review_Status", "QC_Status", "QR"),
        main=f"{_PROGRAM}..." if shorter else last,
        spare=("QR",),
        cut="File_Name",
    )
    rated = [str(one["id"]) for one in lines if one["rated_by"]]
    if rated:
        more = f" and {len(rated) - LISTED} more" if len(rated) > LISTED else ""
        line(f"Rated by a person, not by scores: {', '.join(rated[:LISTED])}{more}")
    counts: dict[str, int] = {}
    for one in lines:
        counts[one["Review_Status"]] = counts.get(one["Review_Status"], 0) + 1
    said = ", ".join(f"{number} {status}" for status, number in counts.items())
    line(f"{counted(len(lines), 'row')}: {said}")


def _count(seen: Seen, lines: list[dict[str, Any]], wanted: str, *, as_json: bool) -> None:
    columns = [one["name"] for one in seen.models.query("PRAGMA table_info(review_queue)")]
    column = next((one for one in columns if one.casefold() == wanted.casefold()), "")
    if not column:
        msg = f"there is no column {wanted}"
        raise Misused(msg, f"columns: {', '.join(columns)}")
    counts: dict[Any, int] = {}
    for one in lines:
        counts[one[column]] = counts.get(one[column], 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    if as_json:
        write_json([{column: value, "rows": number} for value, number in ordered])
    else:
        shown = [("(none)" if value in (None, "") else value, number) for value, number in ordered]
        table((column, "rows"), shown, right=("rows",))
        line(counted(len(lines), "row"))
