"""`verify`: is everything still what it was?"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from commands.call import Call
from commands.output import counted, emit, line, warn, write_json
from commands.progress import progress
from driver.checks import Verdict, accept_head, check_everything
from driver.errors import DONE, Misused, worst

if TYPE_CHECKING:
    from journal.heads import SignedHead

_LISTED = 50

Fitting = Callable[[str], str]
"""Says a hint as it fits the workspace."""


def verify(
    call: Call,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    head: Annotated[
        bool,
        typer.Option("--head", help="Check the journal and print its head, signed, on one line."),
    ] = False,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="FILE",
            help="Compare with heads that were kept elsewhere; - reads them from standard input.",
        ),
    ] = None,
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

    The journal: hash chain, order, versions, append keys, decodability, its end. Then reservations
    and read models against the journal, and every object that an event names. Every fault is named.
    Exit code 3: the journal is damaged; 5: something else differs.

    Somebody who rewrites the journal can make all hashes anew, and sign with the key that lies
    beside it. What cannot be rewritten is a head that you keep elsewhere: `--head` prints one,
    `--against FILE` compares later.

    `--remote` looks at the gallery instead: every file and record of ours by its bytes and values.
    What is missing, half, changed or left over is named, with what `repair --remote` does about it.
    """
    _refuse_together(head=head, against=bool(against), accept=accept or bool(reason), remote=remote)
    if remote:
        from commands.remote import verify_remote

        verify_remote(call, json=json)
    elif accept:
        _accept(call, reason)
    elif head:
        _print_head(call)
    else:
        _check(call, against or [], json=json)


def _refuse_together(**asked: bool) -> None:
    if sum(asked.values()) > 1:
        msg = "--head, --against, --accept-head and --remote are separate questions"
        raise Misused(msg, "photojournal verify --help")


def _accept(call: Call, reason: str) -> None:
    with call.opened(accept_head=True) as program:
        position = accept_head(program, call.argv, reason)
        if position:
            line(f"Accepted: the journal goes on from here (event {position}).")
        else:
            line("Nothing changed: the journal ends where it was noted.")


def _print_head(call: Call) -> None:
    """Print the head alone on standard output, so that it can go into a file."""
    from driver.heads import signed_head
    from journal.signing import fingerprint

    call.find().refuse_incident()
    with call.opened(heading=False, readonly=True) as program:
        with progress("events") as shown:
            signed = signed_head(program, shown.count)
        emit(signed.line)
        warn(f"Signed by key {fingerprint(signed.public)}")
        warn("Keep the line where who may write to this disk cannot: another computer, paper.")
        warn("To check it later: photojournal verify --against FILE")


def _check(call: Call, files: list[str], *, json: bool) -> None:
    heads = [one for name in files for one in _heads_in(name)]
    with call.opened(heading=not json, readonly=True, accept_head=True) as program:
        with progress() as shown:
            verdict = check_everything(program, heads, shown.part)
        program.exit_code = worst(program.exit_code, verdict.exit_code)
    if json:
        write_json(msgspec.to_builtins(verdict))
    else:
        _say(verdict, heads, program.workspace.fitting)


def _heads_in(name: str) -> list[tuple[str, "SignedHead"]]:
    from driver.heads import read_heads

    if name == "-":
        return read_heads("standard input", sys.stdin.read().encode())
    try:
        return read_heads(name, Path(name).read_bytes())
    except OSError as error:
        msg = f"{name} cannot be read: {error.strerror or error}"
        raise Misused(msg, "--against takes a file with heads, or -") from error


def _say(verdict: Verdict, heads: list[tuple[str, "SignedHead"]], fitting: Fitting) -> None:
    redacted = f", {verdict.redacted} of them redacted" if verdict.redacted else ""
    withheld = f", {verdict.withheld} of them withheld" if verdict.withheld else ""
    line(f"Journal: {counted(verdict.events, 'event')}{redacted}{withheld}, head {verdict.head}")
    if verdict.lines_checked:
        line(f"Objects: {counted(verdict.objects, 'object')} named by events")
    _say_heads(verdict, heads)
    for note in verdict.notes:
        warn(f"Warning: {note}")
    if verdict.exit_code == DONE:
        line("Everything is as it was: journal, reservations, read models, objects.")
        return
    for one in verdict.problems[:_LISTED]:
        detail = f": {one.detail}" if one.detail else ""
        line(f"{one.part}: {one.where}: {one.problem}{detail}")
    left = len(verdict.problems) - _LISTED + verdict.unnamed
    if left > 0:
        line(f"... and {left} more: photojournal verify --json")
    if verdict.lines_checked:
        warn(f"Error: {counted(len(verdict.problems), 'thing')} not as the journal says")
        _say_hints(fitting(one.hint) for one in verdict.problems)
    else:
        _say_damage(verdict, fitting)


def _say_heads(verdict: Verdict, heads: list[tuple[str, "SignedHead"]]) -> None:
    """Say up to where the heads prove the journal, and whose signature they bear."""
    from journal.signing import fingerprint

    if not heads or not verdict.lines_checked:
        return
    wrong = {one.where for one in verdict.problems if one.part == "heads"}
    for where, head in heads:
        if where not in wrong:
            line(f"Head: {where}: nothing changed up to event {head.position:,}")
    for public in sorted({head.public for where, head in heads if where not in wrong}):
        line(f"Head: signed by key {fingerprint(public)}")


def _say_damage(verdict: Verdict, fitting: Fitting) -> None:
    damages = [one for one in verdict.problems if one.part == "journal"]
    kinds = {one.problem for one in damages}
    if kinds == {"undecodable"}:
        warn(f"Error: {counted(len(damages), 'event')} this version cannot read")
        warn("Hint: the chain holds; a newer photojournal wrote them: install that one")
        return
    warn("Error: the journal is not what was appended")
    if kinds == {"tail"}:
        warn("Hint: was a backup restored on purpose? photojournal verify --accept-head")
    _say_hints(fitting(one.hint) for one in damages)
    warn(fitting("Hint: keep a copy of data/, then: photojournal restore BACKUP NEW-FOLDER"))


def _say_hints(hints: Iterable[str]) -> None:
    """Print the first few hints, each once."""
    for hint in list(dict.fromkeys(filter(None, hints)))[:3]:
        warn(f"Hint: {hint}")
