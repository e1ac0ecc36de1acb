"""
Relinking: telling rows where their originals lie after a drive or a folder was moved.

Every file is read at its new place and has to have the very bytes that came in; a row whose file is
missing there, or is another one, is left as it is and named. Nothing on the disk is touched.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.files import read_verified
from driver.shell import Shell
from driver.workspace import shown_name
from machine.intents import MoveOriginal
from machine.refusals import Refused
from machine.values import Source


class Relinked(Struct, frozen=True, kw_only=True):
    """What became of one original."""

    row: int
    file_name: str
    former: str
    path: str
    outcome: str
    """`done`, `nothing`, `missing`, `changed` or `unreadable`; in a dry run `would be done`."""
    detail: str = ""


_OUTCOMES = {"OriginalMissing": "missing", "OriginalChanged": "changed"}


def relink(
    shell: Shell,
    numbers: Iterable[int],
    old: Path,
    new: Path,
    *,
    dry_run: bool,
) -> list[Relinked]:
    """
    Look at every original that lay at `old` or below it, and say that it lies at `new` now.

    Args:
        shell: the run, or a rehearsal.
        numbers: the rows that are looked at.
        old: a file or folder that was; it need not be there any more.
        new: what stands in its place.
        dry_run: read and compare only.
    """
    found: list[Relinked] = []
    before = _absolute(old)
    for number in numbers:
        row = shell.row(number)
        for sha256, source in row.happened.sources.items():
            lay = shell.workspace.path_of(source)
            if not _absolute(lay).is_relative_to(before):
                continue
            place = new / _absolute(lay).relative_to(before)
            one = _look(number, row.happened.file_name, lay, place, sha256)
            if one.outcome == "done":
                moved = shell.workspace.source_of(place, copied=source.copied)
                one = _say(shell, one, sha256, moved, dry_run=dry_run)
            found.append(one)
    return found


def _absolute(path: Path) -> Path:
    """Return a path to compare: absolute, links above it resolved; it need not exist."""
    path = Path(os.path.abspath(path))  # noqa: PTH100  (`resolve` would follow the last link, too)
    return path.parent.resolve() / path.name


def _look(number: int, file_name: str, lay: Path, place: Path, sha256: str) -> Relinked:
    """Read the file at its new place and compare it with what came in."""
    outcome, detail = "done", ""
    try:
        read_verified(place, sha256)
    except AdapterError as error:
        outcome, detail = _OUTCOMES.get(error.code, "unreadable"), error.detail
    return Relinked(
        row=number,
        file_name=file_name,
        former=shown_name(str(lay)),
        path=shown_name(str(place)),
        outcome=outcome,
        detail=detail,
    )


def _say(shell: Shell, one: Relinked, sha256: str, moved: Source, *, dry_run: bool) -> Relinked:
    """Append where the original lies now."""
    try:
        shell.ask(one.row, MoveOriginal(sha256=sha256, source=moved))
    except Refused as refused:
        return replace(one, outcome="nothing", detail=str(refused))
    return replace(one, outcome="would be done") if dry_run else one
