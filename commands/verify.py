"""`verify`: is everything still what it was?"""

from typing import Annotated

import msgspec
import typer

from commands.call import Call
from commands.output import counted, line, warn, write_json
from driver.checks import Verdict, accept_head, check_everything
from driver.errors import DONE, Misused, worst

_LISTED = 50


def verify(
    call: Call,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-head", help="The journal was restored on purpose: go on from its end."
        ),
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why the head is accepted.")
    ] = "",
    remote: Annotated[
        bool,
        typer.Option("--remote", help="Compare what stands in the gallery with the journal."),
    ] = False,
) -> None:
    """
    Check that nothing was lost or changed

    The journal: hash chain, order, decodability, its end. Then the read models against the journal,
    and every object that an event names. Exit code 3: the journal is damaged; 5: something else
    differs. What `verify` cannot see: a journal rewritten from some point on with all its hashes;
    compare the head with one that you noted elsewhere.

    `--remote` looks at the gallery instead: every file and record of ours by its bytes and values.
    What is missing, half, changed or left over is named, with what `repair --remote` does about it.
    """
    if remote:
        from commands.remote import verify_remote

        if accept or reason:
            raise Misused("--remote goes with --json only", "photojournal verify --remote")
        verify_remote(call, json=json)
        return
    if accept:
        with call.opened(accept_head=True) as program:
            position = accept_head(program, call.argv, reason)
            if position:
                line(f"Accepted: the journal goes on from here (event {position}).")
            else:
                line("Nothing changed: the journal ends where it was noted.")
        return
    with call.opened(heading=not json, readonly=True, accept_head=True) as program:
        verdict = check_everything(program)
        program.exit_code = worst(program.exit_code, verdict.exit_code)
    if json:
        write_json(msgspec.to_builtins(verdict))
    else:
        _say(verdict)


def _say(verdict: Verdict) -> None:
    redacted = f", {verdict.redacted} of them redacted" if verdict.redacted else ""
    withheld = f", {verdict.withheld} of them withheld" if verdict.withheld else ""
    line(f"Journal: {counted(verdict.events, 'event')}{redacted}{withheld}, head {verdict.head}")
    if verdict.lines_checked:
        line(f"Objects: {counted(verdict.objects, 'object')} named by events")
    if verdict.exit_code == DONE:
        line("Everything is as it was: journal, read models, objects.")
        return
    for one in verdict.problems[:_LISTED]:
        detail = f": {one.detail}" if one.detail else ""
        line(f"{one.part}: {one.where}: {one.problem}{detail}")
    left = len(verdict.problems) - _LISTED + verdict.unnamed
    if left > 0:
        line(f"... and {left} more: photojournal verify --json")
    if not verdict.lines_checked:
        warn("Error: the journal is not what was appended")
        if all(one.problem == "tail" for one in verdict.problems):
            warn("Hint: was a backup restored on purpose? photojournal verify --accept-head")
        warn("Hint: keep a copy of data/, then: photojournal restore BACKUP NEW-FOLDER")
        return
    hints = dict.fromkeys(one.hint for one in verdict.problems if one.hint)
    warn(f"Error: {counted(len(verdict.problems), 'thing')} not as the journal says")
    for hint in list(hints)[:3]:
        warn(f"Hint: {hint}")
