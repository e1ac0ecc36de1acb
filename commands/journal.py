"""`journal`: the journal leaves, comes back, or is followed."""

import time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from commands.call import Call
from commands.options import Asked, ask
from commands.output import counted, emit, flush, line, reader_left, warn, write_json
from commands.progress import progress
from driver.errors import Misused

if TYPE_CHECKING:
    from driver.program import Program
    from driver.transfer import Exported
    from journal.importing import Plan

_ACTIONS = ("export", "import", "tail")
_POLL_S = 0.5
"""How long a follower waits before it looks again, in seconds."""


def journal(
    call: Call,
    asked: Asked,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="`export`, `import` or `tail`.")],
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="A file (NAME.jsonl), or a folder with a file for each segment.",
            show_default=False,
        ),
    ] = None,
    *,
    key: Annotated[
        str,
        typer.Option("--key", metavar="FINGERPRINT", help="For import: who must have signed it."),
    ] = "",
    lines: Annotated[
        int, typer.Option("--lines", "-n", metavar="N", min=0, help="For tail: so many events.")
    ] = 10,
    after: Annotated[
        int | None,
        typer.Option("--after", metavar="POSITION", help="For tail: all events after this one."),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="For tail: wait for further events, until Ctrl+C."),
    ] = False,
) -> None:
    """
    Export, import or follow the journal, as signed lines of JSON

    `export` writes every event in closed segments, each signed and chained to the one before; into
    a folder that has some already it adds what is new. `import` checks all of it first, then takes
    it into an empty journal or a shorter one of the same past; a second time nothing changes. What
    is foreign, changed, gapped or cut off is refused with line and position. `tail` prints the last
    events. Objects and settings are not in an export: see `photojournal backup`.
    """
    if action not in _ACTIONS:
        near = get_close_matches(action, _ACTIONS, n=1)
        msg = f"there is no `photojournal journal {action}`"
        raise Misused(msg, f"photojournal journal {near[0]}" if near else ", ".join(_ACTIONS))
    if action == "tail":
        if path is not None:
            msg = "tail prints this workspace's journal and takes no path"
            raise Misused(msg, "photojournal journal tail --lines 20")
        _tail(call, after=after, lines=lines, follow=follow)
    elif path is None:
        msg = f"say what to {action}: a file or a folder"
        raise Misused(msg, f"photojournal journal {action} journal.jsonl")
    elif action == "export":
        _export(call, asked, path)
    else:
        _import(call, asked, path, key)


def _export(call: Call, asked: Asked, path: Path) -> None:
    from driver.transfer import export, to_export

    call.find().refuse_incident()
    with call.opened(heading=not asked.json, readonly=True) as program:
        planned = to_export(program, path)
        if asked.dry_run or planned.after == planned.until:
            _say_export(planned, asked, done=False)
            return
        with progress("events") as shown:
            made = export(program, planned, shown.count)
        _say_export(made, asked, done=True)


def _say_export(found: "Exported", asked: Asked, *, done: bool) -> None:
    if asked.json:
        write_json(msgspec.to_builtins(found))
        return
    new = found.until - found.after
    if not new:
        line(f"Nothing changed: {found.target} has all {counted(found.until, 'event')}.")
        return
    span = f"{counted(new, 'event')} ({found.after + 1:,} to {found.until:,})"
    if not done:
        line(f"To be exported: {span} into {found.target}")
        line("Dry run: nothing was changed.")
        return
    line(f"Exported {span} in {counted(found.segments, 'segment')}:")
    line(f"  {found.target}")
    line(f"Signed by key {found.key}")
    if found.sha256:
        line(f"SHA-256 {found.sha256}")
    line("It holds texts, places and names in the clear: what is redacted later stays in it.")


def _import(call: Call, asked: Asked, path: Path, key: str) -> None:
    from driver.transfer import bring_in, knows_keys, to_take_in

    with call.opened(heading=not asked.json, accept_head=True) as program:
        with progress("events") as shown:
            found = to_take_in(program, path, key, shown.count)
        known = bool(key) or knows_keys(program, found)
        if not asked.json:
            _say_plan(found, known=known)
        if asked.dry_run or not found.new:
            _say_nothing_done(found, asked)
            return
        if not (known or asked.yes):
            ask()
        with progress("events") as shown:
            bring_in(program, found, shown.count)
        if asked.json:
            write_json(_as_json(found, taken=found.new))
        else:
            line(f"Taken in: {counted(found.new, 'event')}. The journal ends at {found.until:,}.")
            line("Objects are not in an export. To see what is missing: photojournal verify")
        _say_warnings(program)


def _say_plan(found: "Plan", *, known: bool) -> None:
    from journal.signing import fingerprint

    line(f"Export of journal {found.uuid}")
    segments = counted(found.segments, "segment")
    line(f"Up to event {found.until:,}, in {segments}; every line is what was signed.")
    for key in found.keys:
        line(f"Signed by key {fingerprint(key)}")
    if not known:
        line("This workspace does not know that key: compare it with what its owner says.")
    if found.new:
        span = f"{found.present + 1:,} to {found.until:,}"
        line(f"To be taken in: {counted(found.new, 'event')} ({span})")
    if found.redacted:
        line("Some of what stands here was redacted there: it goes here, too, with its objects.")
        line("In the gallery nothing is changed: photojournal verify --remote")
    if found.anew:
        line("The journal here is empty, and gets the UUID of the export.")


def _say_nothing_done(found: "Plan", asked: Asked) -> None:
    if asked.json:
        write_json(_as_json(found, taken=0))
    elif found.new:
        line("Dry run: nothing was changed.")
    else:
        line(f"Nothing changed: the journal ends at {found.present:,} and has all of it.")


def _as_json(found: "Plan", *, taken: int) -> dict[str, object]:
    from journal.signing import fingerprint

    return {
        "journal": found.uuid,
        "segments": found.segments,
        "until": found.until,
        "present": found.present,
        "new": found.new,
        "anew": found.anew,
        "taken": taken,
        "keys": [fingerprint(key) for key in found.keys],
    }


def _say_warnings(program: "Program") -> None:
    for words in program.warnings:
        warn(f"Warning: {words}")


def _tail(call: Call, *, after: int | None, lines: int, follow: bool) -> None:
    """Print events as an export has them, one a line."""
    from journal.segments import as_line, line_of

    with call.opened(heading=False, readonly=True, accept_head=True) as program:
        head = program.journal.head.position
        position = max(head - lines, 0) if after is None else after
        while True:
            for event in program.journal.read_raw(position):
                emit(as_line(line_of(event)).decode(), end="")
                position = event.position
                if reader_left():
                    return
            if not follow:
                return
            flush()
            time.sleep(_POLL_S)
