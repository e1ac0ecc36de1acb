"""`publish`: what is approved goes out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import LISTED, outcome_code, working
from commands.options import Asked, Choice
from commands.output import counted, line, table, warn, write_json
from driver.errors import Misused, worst
from machine.text import size

if TYPE_CHECKING:
    from driver.program import Program
    from driver.publishing import Publishable, Sent


def publish(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    force: Annotated[
        bool,
        typer.Option("--force", help="In spite of findings or missing scores; needs --reason."),
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the event.")
    ] = "",
) -> None:
    """
    Publish what is approved

    Without a choice, every row that is due. Only the approved text and pictures go out. A
    publication that was interrupted is finished; one that cannot be is taken back, and the row
    stays approved. `--dry-run` lists files and rows, and why each is due or not.

    A row that got findings which block since it was approved, or lacks scores that its profile
    requires, is refused; `--force --reason '...'` sends it all the same.
    """
    from driver.publishing import plan_publication

    forced = _reason(force=force, reason=reason)

    with call.opened(heading=not asked.json) as program:
        numbers = choice.numbers(program, everything=True)
        plan = plan_publication(program, numbers, forced=forced)
        due = [one.row for one in plan if one.due or one.refused or not choice.is_empty()]
        if not asked.json:
            _say_open(plan)
        if asked.dry_run:
            _say_plan(program, [one for one in plan if one.row in set(due)], asked)
            return
        if not due:
            _refuse_restored(program)
            write_json([]) if asked.json else _say_nothing(plan)
            return
        sent = send(call, program, due, as_json=asked.json, forced=forced)
        if asked.json:
            write_json(to_builtins(sent))
        else:
            say_sent(sent)
            page = program.list_published()
            first = next((one.row for one in sent if one.outcome == "published"), None)
            if first is not None:
                line(f"Look at it: {page or _address(program, first)}")
            if all(one.outcome == "nothing" for one in sent):
                line("Nothing changed.")


def _refuse_restored(program: "Program") -> None:
    """Raise Misused where a backup was restored that is older than what stands in the gallery."""
    from driver.blocking import is_restored
    from driver.standing import refuse_behind

    if is_restored(program.models, program.models.runs()):
        refuse_behind(program.journal, program.gallery)


def _address(program: "Program", row: int) -> str:
    """Return the public address of a published row's picture."""
    return str((program.models.line(row) or {})["Path"])


def _reason(*, force: bool, reason: str) -> str:
    """Return why rows are published in spite of what stands against it; empty: they are not."""
    if force != bool(reason):
        msg = "--force needs a reason, and a reason is for --force"
        raise Misused(msg, "photojournal publish ROW --force --reason '...'")
    return reason


def send(
    call: Call, program: "Program", due: Sequence[int], *, as_json: bool, forced: str = ""
) -> "list[Sent]":
    """Publish rows in a run of its own; what stops the stage is raised after the run's end."""
    with working(call, program, "publish", as_json=as_json):
        return send_within(program, due, forced=forced)


def send_within(program: "Program", due: Sequence[int], *, forced: str = "") -> "list[Sent]":
    """Publish rows inside a run and set its exit code; say what stopped the stage."""
    from commands.app import say_error
    from commands.progress import progress
    from driver.publishing import publish as publish_rows

    with progress("publish") as shown:
        sent, stopped = publish_rows(program, due, shown.uploads, forced=forced)
    failed = any(one.outcome in ("failed", "refused") for one in sent)
    code = outcome_code(failed=failed, unreachable=stopped is not None)
    program.exit_code = worst(program.exit_code, code)
    if len(sent) < len(due):
        warn(f"{counted(len(due) - len(sent), 'row')} not tried: photojournal publish")
    if stopped is not None:
        program.detail = str(stopped)
        say_error(str(stopped), stopped.hint)
    return sent


def say_sent(sent: "Sequence[Sent]") -> None:
    """Print what became of each row; of many good ones, only how many."""
    published = [one for one in sent if one.outcome == "published"]
    for one in published[:LISTED]:
        line(f"Published: row {one.row} {one.file_name}")
    if len(published) > LISTED:
        line(f"... and {len(published) - LISTED} more")
    for one in sent:
        if one.outcome == "nothing":
            line(f"Row {one.row} {one.file_name}: {one.detail}")
        elif one.outcome != "published":
            code = f" ({one.code})" if one.code else ""
            warn(f"Error: row {one.row} {one.file_name}: {one.detail}{code}")
            warn(f"Hint: {one.hint}")
    if published:
        line(f"{counted(len(published), 'row')} published.")


def _say_open(plan: "Sequence[Publishable]") -> None:
    """Name the rows that wait until what was begun on them has its end."""
    for one in plan:
        if one.open and not one.due:
            line(f"Row {one.row} {one.file_name}: {one.why}")


def _say_nothing(plan: "Sequence[Publishable]") -> None:
    """Say why nothing was due."""
    waiting = sum(one.why == "it is Pending" for one in plan)
    if not plan:
        line("Nothing changed: there are no rows yet: photojournal ingest FOLDER")
    elif any(one.why == "published as approved" for one in plan):
        line("Nothing changed: every approved row is published as it was approved.")
    else:
        line("Nothing changed: no row is approved: photojournal queue")
    if waiting:
        line(f"{counted(waiting, 'row')} pending review: photojournal queue --status Pending")


def _say_plan(program: "Program", plan: "Sequence[Publishable]", asked: Asked) -> None:
    from driver.galleries import places

    if asked.json:
        write_json(to_builtins(plan))
        return
    if not plan:
        line("Nothing is due.")
        return
    table(
        ("row", "File_Name", "due", "why", "bytes", "files"),
        [
            (
                one.row,
                one.file_name,
                "yes" if one.due else "no",
                one.why,
                size(one.size_bytes) if one.size_bytes else "-",
                " ".join(one.paths),
            )
            for one in plan
        ],
        right=("row", "bytes"),
        keep=("due", "why", "bytes"),
    )
    due = [one for one in plan if one.due]
    files = counted(sum(len(one.paths) for one in due), "file")
    about = size(sum(one.size_bytes for one in due))
    line(f"{counted(len(due), 'row')} due: {files}, about {about}.")
    line(f"To: {places(program.workspace)}")
    line("Dry run: nothing was changed.")
