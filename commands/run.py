"""`run`: everything up to the review, in one go."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import (
    code_of_work,
    say_if_time,
    say_where_rows_are,
    say_work,
    work_as_json,
    working,
)
from commands.options import Asked, Filter
from commands.output import counted, line, write_json
from commands.portion import Portion
from commands.publish import say_sent, send_within
from commands.rehearsing import rehearse, say_again
from commands.spelling import spelt
from commands.taking import (
    Taking,
    rehearse_intake,
    say_ingested,
    take_in,
)
from driver.errors import Misused, worst
from driver.vocabulary import Spelt
from machine.values import STAGES, Labels

if TYPE_CHECKING:
    from driver.decisions import Answer
    from driver.pipeline import Worked
    from driver.program import Program
    from driver.publishing import Sent
    from driver.taking_in import Ingested


class Came:
    """What a run came to, part by part."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.ingested: Ingested | None = None
        self.worked: Worked | None = None
        self.answers: list[Answer] = []
        self.sent: list[Sent] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return all of it."""
        return {
            "set_id": self.ingested.set_id if self.ingested else "",
            "files": to_builtins(self.ingested.taken) if self.ingested else [],
            "stages": work_as_json(self.worked) if self.worked else [],
            "approved": [one.row for one in self.answers if one.outcome == "done"],
            "published": to_builtins(self.sent or []),
        }


def run(
    call: Call,
    taking: Taking,
    choice: Filter,
    portion: Portion,
    asked: Asked,
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH...]", help="Taken in first, as by ingest."),
    ] = None,
    approve_at: Annotated[
        float | None,
        typer.Option(
            "--approve-at", metavar="QR", help="Approve from this rating on.", min=0, max=10
        ),
    ] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publish what is approved.")] = False,
    allow_failed: Annotated[
        int,
        typer.Option("--allow-failed", metavar="N", help="So many failures are fine.", min=0),
    ] = 0,
) -> None:
    """
    Do everything up to the review, and go on after an interruption

    With paths, photos are taken in and worked on; without, every row that is due, or those chosen.
    Given again, it goes on where it stopped. Approving and publishing only where the options say.
    """
    from driver.ingest_plan import check_paths

    if paths and not (choice.is_empty() and not portion.picked):
        msg = "either photos to take in, or rows to choose"
        raise Misused(msg, "photojournal run --help")
    check_paths(paths or [])
    end = portion.end()
    with call.opened(heading=not asked.json) as program:
        program.until = end
        found = Spelt(labels=Labels())
        if paths:
            found = spelt(program, taking.labels(), new=taking.new, quiet=asked.json)
        if asked.dry_run and paths:
            rehearse_intake(program, paths, taking, as_json=asked.json)
            return
        if asked.dry_run:
            _rehearse_work(program, choice, portion, asked)
            return
        came = Came()
        with working(call, program, "run", as_json=asked.json):
            numbers = portion.picks(
                program.shell,
                _rows(program, came, paths or [], taking, found, choice=choice, as_json=asked.json),
            )
            now = portion.first(program, program.shell, numbers, STAGES)
            say_again(program, program.shell, now, STAGES, asked)
            _work(program, came, now, allow_failed)
            if approve_at is not None and not program.stopping():
                _approve(program, came, numbers, approve_at)
            if publish and not program.stopping():
                came.sent = send_within(program, _due(program, numbers))
        _say(program, came, numbers, asked)
        if came.ingested and came.ingested.stopped:
            raise came.ingested.stopped


def _rows(
    program: "Program",
    came: Came,
    paths: Sequence[Path],
    taking: Taking,
    found: Spelt,
    *,
    choice: Filter,
    as_json: bool,
) -> list[int]:
    """Take in what was given and return the rows that are meant."""
    if not paths:
        return choice.numbers(program, everything=True)
    came.ingested = take_in(program, paths, taking, found, as_json=as_json)
    rows = [one.row for one in came.ingested.taken if one.row is not None]
    return list(dict.fromkeys(rows))


def _work(program: "Program", came: Came, numbers: Sequence[int], allow_failed: int) -> None:
    from commands.progress import progress
    from driver.pipeline import work

    with progress() as shown:
        came.worked = work(program, numbers, STAGES, shown.stages)
    program.exit_code = worst(program.exit_code, code_of_work(came.worked, allow_failed))


def _approve(program: "Program", came: Came, numbers: Sequence[int], least: float) -> None:
    """Approve what is rated high enough; what may not be approved waits for a person."""
    from driver.decisions import ask_each
    from machine.intents import Approve

    rated = [
        one["id"]
        for one in program.models.queue(numbers)
        if one["Review_Status"] == "Pending" and one["QR"] is not None and one["QR"] >= least
    ]
    intent = Approve(
        allow_ungrounded=program.workspace.config.publish.allow_ungrounded,
        reason=f"QR {least:g} or higher",
    )
    came.answers = ask_each(program.shell, rated, lambda _row: [intent])
    program.refresh()


def _due(program: "Program", numbers: Sequence[int]) -> list[int]:
    from driver.publishing import plan_publication

    return [one.row for one in plan_publication(program, numbers) if one.due or one.refused]


def _say(program: "Program", came: Came, numbers: Sequence[int], asked: Asked) -> None:
    if asked.json:
        write_json([came.as_json()])
        return
    if came.ingested:
        say_ingested(came.ingested)
    if came.worked:
        say_work(program, came.worked)
    approved = sum(one.outcome == "done" for one in came.answers)
    if came.answers:
        line(f"Approved: {counted(approved, 'row')} of {len(came.answers)} rated high enough")
    for one in [one for one in came.answers if one.outcome == "refused"][:1]:
        line(f"Left for the review: {one.detail}")
        line(f"Hint: {one.hint}")
    if came.sent is not None:
        say_sent(came.sent)
    say_if_time(program, "run")
    if not program.shell.started:
        line("Nothing changed.")
    line()
    say_where_rows_are(program, numbers)


def _rehearse_work(program: "Program", choice: Filter, portion: Portion, asked: Asked) -> None:
    """Say which stages a run would do first."""
    shell = program.rehearsal("run")
    numbers = portion.rows(program, shell, choice.numbers(program, everything=True), STAGES)
    rehearse(program, shell, numbers, STAGES, asked)
