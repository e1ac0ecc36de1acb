"""
Erasing rows: taken down, cleared out of the store and the crash logs, redacted, rendered again.

In this order, since what a row said is known from its events only as long as these can be read.
Each part can be repeated: after a death the same command goes on where it stopped, and the row is
erased (`RowErased`) when nothing of it is left in any file of the workspace.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.files import sweep_temporaries, write_atomically
from adapters.gallery import FolderGallery
from adapters.gallery_paths import aside_of
from adapters.ports import Gallery
from driver.drafts import Drafts
from driver.erasure_plan import (
    Objects,
    crash_logs,
    forgettable,
    objects_of,
    redacted_in,
    unreached_of,
)
from driver.errors import Unreachable
from driver.kept_pictures import kept_of
from driver.known_puts import steps_of
from driver.program import Program
from driver.pruning import alone_with_objects, remove_all
from driver.quality_control import FILE as REPORT
from driver.quality_control import report_texts
from driver.standing import refuse_behind, unreachable
from driver.taking_back import Returned, TakingBack
from driver.traces import Traces
from driver.workspace import Workspace
from journal.crashpoints import point
from machine.forgetting import ERASED
from machine.intents import FinishErasure, ObserveOutside, StartErasure
from machine.refusals import Refused
from machine.row import Row
from machine.status import outside
from machine.values import ObservedFile


class Erased(Struct, frozen=True, kw_only=True):
    """What became of one row."""

    row: int
    file_name: str
    outcome: str
    """`done`, `nothing` or `stopped`."""
    events: int = 0
    objects: int = 0
    size_bytes: int = 0
    """Of the objects."""
    detail: str = ""
    hint: str = ""


def erase(program: Program, numbers: Sequence[int], reason: str) -> list[Erased]:
    """
    Erase rows, inside a run; a row that cannot be taken down is left as it is, with why.

    Raises:
        Misused: another run is at work.
        Unreachable: the gallery does not answer, or another program keeps old bytes from going.
        JournalBusy: likewise.
    """
    with alone_with_objects(program):
        stopped = _take_down(program, numbers)
        going = [number for number in numbers if number not in stopped]
        removed = {number: _forget(program, number, reason) for number in going}
        point("erase.renew.before")
        renew(program)
        done = {number: _finish(program, number, removed[number]) for number in going}
    return [stopped.get(number) or done[number] for number in numbers]


# --- outside


def _take_down(program: Program, numbers: Sequence[int]) -> dict[int, Erased]:
    """Take rows down; return those that something stands in the way of."""
    shell, stopped = program.shell, dict[int, Erased]()
    there = [number for number in numbers if _may_be_outside(program, number)]
    if not there:
        return {}
    with program.publishing() as gallery:
        refuse_behind(program.journal, gallery)
        back = TakingBack(shell, program.objects, gallery)
        for number in there:
            try:
                left = _down(back, number)
            except Refused as refused:
                name = shell.row(number).happened.file_name
                left = Returned(
                    row=number, file_name=name, outcome="refused", detail=str(refused),
                    hint=refused.hint,
                )  # fmt: skip
            if left:
                stopped[number] = Erased(
                    row=number, file_name=left.file_name, outcome="stopped", detail=left.detail,
                    hint=left.hint or f"photojournal repair {number}",
                )  # fmt: skip
    return stopped


def _may_be_outside(program: Program, number: int) -> bool:
    row = program.shell.row(number)
    began = any(steps_of(one.event) for one in program.journal.read_stream(f"row/{number}"))
    return not row.happened.erasure and (outside(row) or began or row.happened.saga is not None)


def _down(back: TakingBack, number: int) -> Returned | None:
    """Bring what is open to its end, take the row down, and look for what a dead run left."""
    shell, gallery = back.shell, back.gallery
    if shell.row(number).happened.saga:
        returned = back.repair(number)
        if shell.row(number).happened.saga:
            return returned
    if outside(shell.row(number)):
        returned = back.withdraw(number, "")
        if outside(shell.row(number)) or shell.row(number).happened.saga:
            return returned
    if shell.row(number).happened.gallery not in ("", gallery.name):
        return None
    try:
        left = tuple(_left_over(back, number))
    except AdapterError as error:
        raise unreachable(error) from error
    if not left:
        return None
    shell.ask(number, ObserveOutside(gallery=gallery.name, files=left))
    returned = back.withdraw(number, "")
    return returned if outside(shell.row(number)) else None


def _left_over(back: TakingBack, number: int) -> Iterator[ObservedFile]:
    """Yield files of the row that interrupted steps left: by their names, or by their bytes."""
    put: dict[str, set[str]] = {}
    travelled: dict[str, None] = {}
    for recorded in back.shell.journal.read_stream(f"row/{number}"):
        for step in steps_of(recorded.event):
            if step.action == "put_file":
                put.setdefault(step.target, set()).add(step.sha256)
                travelled |= dict.fromkeys((step.temporary, aside_of(step.temporary)))
    for path in (*travelled, *(path for path in put if path not in travelled)):
        standing = _look(back.gallery, path)
        if standing and (path in travelled or standing in put[path]):
            yield ObservedFile(path=path, sha256=standing)


def _look(gallery: Gallery, path: str) -> str | None:
    """Return the SHA-256 of what stands at a path; None for nothing, and for what is no file."""
    try:
        return gallery.look(path)
    except AdapterError as error:
        if error.code != "TargetChanged":
            raise
        return None


# --- inside


def _forget(program: Program, number: int, reason: str) -> Objects:
    """Begin, remove the objects, clear the crash logs, redact; return what was removed."""
    shell, stream, workspace = program.shell, f"row/{number}", program.workspace
    history = program.journal.read_stream(stream)
    traces = Traces(history)
    found = objects_of(program, number)
    row = shell.row(number)
    if not row.happened.erasure:
        unreached = tuple(unreached_of(workspace, program.journal, row, history))
        shell.ask(number, StartErasure(reason=reason, unreached=unreached))
    point("erase.objects.before")
    remove_objects(program, found, f"photojournal erase {number} --reason '...'")
    sweep_temporaries(program.workspace.objects, older_than_s=0)
    drop_beside(workspace, row)
    point("erase.logs.before")
    clear_crash_logs(program, traces)
    point("erase.redact.before")
    forgotten = forgettable(program.journal, number, traces)
    if forgotten:
        shell.forget(forgotten, reason)
    point("erase.redact.after")
    return found


def remove_objects(program: Program, found: Objects, again: str) -> None:
    """
    Remove the objects that nothing else refers to, within `alone_with_objects`.

    Args:
        program: the workspace.
        found: which.
        again: the command that goes on where this one stops.

    Raises:
        Unreachable: some are left.
    """
    removed = remove_all(program, found.own)
    if removed.failed or len(removed.removed) < len(found.own):
        msg = f"objects are left: {'; '.join(removed.failed) or 'stopped'}"
        raise Unreachable(msg, f"see to it, then go on: {again}")


def drop_beside(workspace: Workspace, row: Row) -> None:
    """Remove a row's draft and the pictures of it that were made for looking."""
    Drafts(workspace.data).forget(row.happened.row)
    for path in [one for sha256 in row.happened.sources for one in kept_of(workspace, sha256)]:
        path.unlink(missing_ok=True)


def clear_crash_logs(program: Program, traces: Traces) -> None:
    """Replace the lines of crash logs that hold something of a row. Raises Unreachable."""
    for path in crash_logs(program.workspace):
        _clear(path, traces)


def _clear(path: Path, traces: Traces) -> None:
    """Replace the lines of a file that hold something of the row."""
    try:
        lines = path.read_bytes().decode(errors="surrogateescape").splitlines(keepends=True)
        if not any(map(traces.in_text, lines)):
            return
        kept = (f"{ERASED}\n" if traces.in_text(one) else one for one in lines)
        write_atomically(path, "".join(kept).encode(errors="surrogateescape"))
    except (OSError, AdapterError) as error:
        msg = f"{path} cannot be cleared: {error}"
        raise Unreachable(msg, "see who owns it, then repeat the command") from error


def renew(program: Program) -> None:
    """
    Make everything again that is made from events, and leave no redacted byte in any of it.

    Raises:
        Unreachable: another program has a file open and keeps old bytes in it.
        JournalBusy: likewise, the journal.
    """
    program.models.catch_up()
    problem = program.logs.catch_up()
    renew_report(program)
    program.list_published()
    if isinstance(program.gallery, FolderGallery):
        try:
            program.gallery.table.vacuum()
        except AdapterError as error:
            raise unreachable(error) from error
    if program.models.holds_traces:
        msg = "redacted, but another program reads data/review.db and keeps the old bytes in it"
        raise Unreachable(msg, "close other programs that read it, then repeat the command")
    if problem:
        msg = f"redacted, but the logs still say it: {problem}"
        raise Unreachable(msg, "see to it, then repeat the command")
    program.journal.empty_wal()


def renew_report(program: Program) -> None:
    """Make the report on the texts again, if there is one."""
    if (program.workspace.data / REPORT).exists():
        report_texts(program, begun=program.shell.started)


def _finish(program: Program, number: int, found: Objects) -> Erased:
    """Say that the row is erased, and how much that was."""
    row = program.shell.row(number)
    size_bytes = sum(one.size_bytes for one in found.own)
    erased = Erased(
        row=number,
        file_name=row.happened.file_name,
        outcome="nothing" if row.happened.erasure == "done" else "done",
        events=redacted_in(program.journal, number),
        objects=len(found.own),
        size_bytes=size_bytes,
    )
    if erased.outcome == "done":
        intent = FinishErasure(events=erased.events, objects=erased.objects, size_bytes=size_bytes)
        program.shell.ask(number, intent)
    return erased
