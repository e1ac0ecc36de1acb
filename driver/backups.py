"""Backups of the journal: a verified copy in one file, and an event that says where it went."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from driver.errors import Misused
from driver.program import Program
from driver.workspace import escape_name
from journal import Entry, Head, Journal, VersionConflict
from machine.run_events import BackedUp

_STREAM = "journal"


class Backup(Struct, frozen=True):
    """A copy that was made."""

    path: Path
    head: Head
    same_disk: bool


def target_of(program: Program, given: Path | None) -> Path:
    """Return the file to write: the one given, one in the folder given, or one in data/backups."""
    name = f"journal-{datetime.now().astimezone():%Y%m%d-%H%M%S}.db"
    if given is None:
        return program.workspace.data / "backups" / name
    given = given.absolute()
    return given / name if given.is_dir() else given


def back_up(program: Program, target: Path, argv: tuple[str, ...]) -> Backup:
    """
    Copy the journal, verify the copy, and record it.

    Raises:
        Misused: the file exists.
        JournalError: it cannot be written; nothing is kept.
    """
    if target.exists():
        msg = f"{target} exists"
        raise Misused(msg, "choose another name; a backup is never overwritten")
    if target.parent == program.workspace.data / "backups":
        target.parent.mkdir(exist_ok=True)
    head = program.journal.backup(target)
    with program.run("backup", argv) as shell:
        event = BackedUp(position=head.position, target=escape_name(str(target)))
        while True:
            version = len(program.journal.read_stream(_STREAM))
            try:
                shell.append([Entry(_STREAM, version, event)])
            except VersionConflict:
                continue
            break
    same_disk = target.stat().st_dev == program.workspace.journal.stat().st_dev
    return Backup(target, head, same_disk)


def newest(journal: Journal) -> tuple[str, BackedUp] | None:
    """Return when the newest backup was made, and what it was."""
    for recorded in reversed(journal.read_stream(_STREAM)):
        if isinstance(recorded.event, BackedUp):
            return recorded.at, recorded.event
    return None
