"""`repair`: what an interrupted run left open."""

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import outcome_code, working
from commands.options import Asked, Choice
from commands.output import line, write_json
from driver.errors import Misused, Unreachable, worst

if TYPE_CHECKING:
    from driver.program import Program
    from driver.taking_back import Returned


def repair(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    remote: Annotated[
        bool,
        typer.Option("--remote", help="Put back what is missing in the gallery: verify --remote."),
    ] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-gallery",
            help="With --remote, after an old backup: note what stands there and go on from it.",
        ),
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why the gallery is accepted.")
    ] = "",
) -> None:
    """
    Finish what an interrupted run left open

    Runs that are gone are settled, publications are finished or taken back, withdrawals and
    rollbacks are brought to their end. What a living run works on is left to it. Without a choice,
    everything that is open.

    `--remote` repairs what `verify --remote` found: missing and half files are put back, missing
    records too, leftovers are removed. What somebody else changed is left alone.
    """
    if remote or accept:
        _remote(call, choice, asked, accept=accept, reason=reason)
        return
    with call.opened(heading=not asked.json) as program:
        numbers = choice.numbers(program, everything=True)
        if asked.dry_run:
            _say_open(program, numbers, asked)
            return
        returned: list[Returned] = []
        stopped: Unreachable | None = None
        with working(call, program, "repair", as_json=asked.json):
            try:
                _finish(program, numbers, returned)
            except Unreachable as error:
                stopped = error
                program.detail = str(error)
            failed = any(one.failed for one in returned)
            code = outcome_code(failed=failed, unreachable=stopped is not None)
            program.exit_code = worst(program.exit_code, code)
        if asked.json:
            write_json(to_builtins(returned))
        else:
            _say(returned, settled=bool(program.settled), stopped=stopped is not None)
        if stopped:
            raise stopped


def _remote(call: Call, choice: Choice, asked: Asked, *, accept: bool, reason: str) -> None:
    from commands.remote import accept_gallery, repair_remote

    if not choice.is_empty():
        raise Misused("--remote looks at the whole gallery", "photojournal repair --remote")
    if accept and not reason:
        msg = "say why the gallery is accepted as it is"
        raise Misused(msg, "photojournal repair --remote --accept-gallery --reason '...'")
    accept_gallery(call, asked, reason) if accept else repair_remote(call, asked)


def _finish(program: "Program", numbers: list[int], returned: "list[Returned]") -> None:
    from driver.standing import refuse_behind
    from driver.taking_back import TakingBack

    opened = [number for number in numbers if program.shell.row(number).happened.saga]
    if not opened:
        return
    with program.publishing() as gallery:
        refuse_behind(program.journal, gallery)
        back = TakingBack(program.shell, program.objects, gallery)
        for number in opened:
            if program.stopping():
                return
            returned.append(back.repair(number))


def _say(returned: "list[Returned]", *, settled: bool, stopped: bool) -> None:
    from commands.remote import say_repaired

    say_repaired(returned)
    if not stopped and not settled and not any(one.outcome != "nothing" for one in returned):
        line("Nothing changed.")


def _say_open(program: "Program", numbers: list[int], asked: Asked) -> None:
    """Print what is open, who works on it, and what is left to do."""
    from driver.taking_back import open_things

    found = open_things(program.rehearsal("repair"), numbers)
    if asked.json:
        write_json(to_builtins(found))
    elif found:
        for one in found:
            by = f"run {one.run} is at it" if one.alive else "its run is gone"
            left = f"; left to do: {one.left}" if one.left else ""
            line(f"Row {one.row} {one.file_name}: {one.what}, {by}{left}")
        line("Dry run: nothing was changed.")
    else:
        line("Nothing is open.")
