"""`report`: photos, figures and failures on one page, to keep or to send."""

import re
from pathlib import Path
from typing import Annotated

import typer

from commands.call import Call
from commands.options import Choice, View
from commands.output import RUN_SHOWN, counted, line, write_json
from driver.errors import Misused
from driver.looking import Seen
from driver.report import Wanted, facts_of
from driver.selection import run_named
from machine.text import size


def report(
    call: Call,
    choice: Choice,
    view: View,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where to: a file, or a folder; by default report-... .html, here.",
            show_default=False,
        ),
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Leave the pictures out: a small file.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE although photojournal did not make it.")
    ] = False,
) -> None:
    """
    Write a report on photos: one page that opens in any browser

    Contact sheet, histogram of the ratings, failures with what to do, times by stage, runs, models
    and versions. The page holds its pictures and loads nothing. Without a choice, all rows; with
    `--run`, the rows that it worked on and what it did. An earlier report of the same name is
    replaced. `--json` prints the figures and writes no page.
    """
    with call.looking(view.at, heading=not view.json) as seen:
        wanted = _wanted(seen, choice)
        if view.json:
            write_json(facts_of(seen, wanted))
            return
        from driver import report_page

        path = _target(out, wanted.title)
        report_page.check_target(path, force=force)
        objects = None if no_pictures else seen.program.objects
        page = report_page.render(facts_of(seen, wanted), objects)
        report_page.write(path, page)
    line(f"Report on {counted(len(wanted.numbers), 'photo')}, {size(len(page))}: {path}")


def _wanted(seen: Seen, choice: Choice) -> Wanted:
    """Return which rows are meant, and what the report is called. Raises Misused."""
    numbers = choice.found_in(seen.models, seen.journal, everything=True)
    if not numbers:
        msg = "there are no such rows to report on"
        raise Misused(msg, "photojournal queue")
    run = run_named(seen.journal, choice.run) if choice.run else ""
    if run:
        title = f"run {run[:RUN_SHOWN]}"
    elif choice.set_id:
        title = f"set {choice.set_id}"
    elif choice.is_empty():
        title = "all photos"
    else:
        title = f"row {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} rows"
    return Wanted(tuple(numbers), title, run)


def _target(out: Path | None, title: str) -> Path:
    """Return the file to write."""
    name = f"report-{re.sub('[^0-9A-Za-z]+', '-', title)}.html"
    if out is None:
        return Path.cwd() / name
    out = out.expanduser().absolute()
    return out / name if out.is_dir() or not out.suffix else out
