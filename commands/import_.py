"""`import`: texts that somebody edited in a spreadsheet."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.answers import report
from commands.call import Call
from commands.options import Asked
from commands.output import counted, line, warn, write_json
from driver.errors import ROWS_FAILED, worst
from driver.word_diff import word_diff

if TYPE_CHECKING:
    from driver.decisions import Answer
    from driver.taking_texts import TextPlan

LISTED = 20
"""Rows that are named one by one; the others are counted."""


def import_(
    call: Call,
    asked: Asked,
    *,
    csv: Annotated[
        Path,
        typer.Option("--csv", metavar="FILE", help="What `export` wrote.", show_default=False),
    ],
) -> None:
    """
    Take texts back from a table that was edited

    Rows are found by the SHA-256 of their photo, whatever the order of the lines. A row whose text
    is as in the table is left alone. So is one whose text has changed since the export, and that is
    reported, as is a photo that is unknown here: exit code 10. What is changed is one step, which
    one `undo` takes back. A table that is malformed is refused as a whole, with the line.
    """
    with call.opened(heading=not asked.json) as program:
        from driver.csv_texts import read_table
        from driver.taking_texts import carry_out_texts, plan_texts

        plans = plan_texts(program.rehearsal("import"), read_table(csv.expanduser().absolute()))
        changed = [one for one in plans if one.outcome == "changed"]
        if not asked.json:
            _say(plans, csv.name)
        if any(one.is_left_alone for one in plans):
            program.exit_code = ROWS_FAILED
        rows = [f"{one.row} {one.file_name}" for one in changed]
        if not changed:
            _nothing(plans, asked)
        elif not asked.agree("Edit", rows):
            if asked.json:
                write_json(to_builtins(plans))
        else:
            with program.run("import", call.argv) as shell:
                answers = carry_out_texts(shell, changed)
                told = [*answers, *_left(plans)] if asked.json else answers
                code = report(told, "Edited", as_json=asked.json)
                program.exit_code = worst(program.exit_code, code)
                if any(one.outcome == "done" for one in answers):
                    program.report_texts()


def _nothing(plans: "Sequence[TextPlan]", asked: Asked) -> None:
    if asked.json:
        write_json(to_builtins(plans if asked.dry_run else _left(plans)))
    else:
        line("Nothing changed.")


def _left(plans: "Sequence[TextPlan]") -> "list[Answer]":
    """Return what was left alone as answers."""
    from driver.decisions import Answer

    return [
        Answer(
            row=one.row,
            file_name=one.file_name,
            outcome="refused",
            detail=one.detail,
            hint=one.hint,
        )
        for one in plans
        if one.is_left_alone
    ]


def _say(plans: "Sequence[TextPlan]", name: str) -> None:
    """Print what changes, and what is left alone with why."""
    by_outcome: dict[str, list[TextPlan]] = {}
    for one in plans:
        by_outcome.setdefault("left" if one.is_left_alone else one.outcome, []).append(one)
    for one in by_outcome.get("changed", [])[:LISTED]:
        _say_changed(one)
    _more(by_outcome.get("changed", []), "to be edited")
    for one in by_outcome.get("left", [])[:LISTED]:
        who = f", row {one.row} {one.file_name}" if one.row else ""
        warn(f"Error: {name}, line {one.line}{who}: {one.detail}")
        if one.hint:
            warn(f"Hint: {one.hint}")
    _more(by_outcome.get("left", []), "left alone")
    same = len(by_outcome.get("same", []))
    if same:
        line(f"As in the table already: {counted(same, 'row')}")


def _more(plans: "Sequence[TextPlan]", what: str) -> None:
    if len(plans) > LISTED:
        line(f"... and {len(plans) - LISTED:,} more {what}")


def _say_changed(plan: "TextPlan") -> None:
    """Print what becomes of one row's texts, word by word."""
    old, new = plan.before, plan.after
    line(f"Row {plan.row} {plan.file_name}")
    for label, was, is_ in (
        ("Caption", old.caption, new.caption),
        ("Alt text", old.alt_text, new.alt_text),
        ("Keywords", ", ".join(old.keywords), ", ".join(new.keywords)),
    ):
        if was != is_:
            line(f"  {label}: {word_diff(was, is_)}")
