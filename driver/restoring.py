"""
Making a new workspace out of a backup.

Everything in the backup is read and compared with its manifest before anything is written. Then the
settings, the objects and the journal are copied, each under a temporary name, checked and renamed;
the read models and logs are made from the journal, and an event says from which backup all this is.

Until the end the folder holds `restoring.json`, and every other verb refuses the folder. Killed at
any moment, the same command goes on: objects that arrived are kept, the rest is made anew.
"""

import contextlib
import shlex
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from adapters.cloning import copy_checked
from adapters.errors import AdapterError
from adapters.files import (
    is_temporary,
    make_folder,
    sweep_temporaries,
    sync_folder,
    write_atomically,
)
from adapters.objects import Objects
from driver.backup_check import Progress, differences
from driver.backup_room import check_room_to_restore
from driver.backups import JOURNAL, KEY, SETTINGS, Backup, File, tell_journal
from driver.errors import Drift, Misused, Unreachable
from driver.originals import missing_of, referenced
from driver.program import Program
from driver.workspace import RESTORING, Workspace, remember
from journal import ProcessLock
from journal.crashpoints import point
from machine.run_events import Restored

_NAMED = 5
"""Files of a backup that are named in an error."""
_PUBLISHED = "SELECT id FROM review_queue WHERE Review_Status = 'Published' LIMIT 1"


class Whence(Struct, frozen=True):
    """What `restoring.json` says: which backup is being restored here."""

    backup: str
    head: str


class Outcome(Struct, frozen=True):
    """A workspace that was restored."""

    root: Path
    backup: Backup
    away: tuple[Path, ...]
    """Originals that are only referenced and do not lie where they lay."""
    warnings: tuple[str, ...]
    site_empty: bool
    """True: the gallery is the folder `site/`, and what is published has to be put there again."""


def restore(backup: Backup, root: Path, argv: tuple[str, ...], progress: Progress) -> Outcome:
    """
    Make the workspace `root` out of a backup.

    Args:
        backup: which.
        root: a folder that is empty, is not there yet, or holds the beginning of this restore.
        argv: the command line, for the journal.
        progress: is told how many files of how many were read, then how many were copied.

    Raises:
        Misused: the folder holds something else.
        Drift: the backup is not what its manifest says; nothing was written.
        Unreachable: the disk is too small, or cannot be written.
        JournalError: the journal cannot be appended to.
    """
    root = root.absolute()
    whence = Whence(backup.name, backup.manifest.head)
    _check_folder(root, whence)
    _check_backup(backup, progress)
    check_room_to_restore(backup, root)
    try:
        make_folder(root)
        with _alone(root, whence):
            _copy(backup, root, progress)
            outcome = _opened(backup, root, argv)
            point("restore.before_done")
            (root / RESTORING).unlink()
            sync_folder(root)
    except AdapterError as error:
        raise Unreachable(str(error), "see to that disk, then the same command again") from error
    remember(outcome.root)
    return outcome


def _check_folder(root: Path, whence: Whence) -> None:
    """Refuse a folder that holds anything but the beginning of the same restore."""
    begun = root / RESTORING
    if begun.is_file():
        with contextlib.suppress(ValueError):
            if msgspec.json.decode(begun.read_bytes(), type=Whence) == whence:
                return
        msg = f"{root} holds the beginning of another restore"
        raise Misused(msg, "finish that one, or choose a new folder")
    if root.exists() and not (root.is_dir() and all(is_temporary(p.name) for p in root.iterdir())):
        msg = f"{root} is not an empty folder"
        raise Misused(msg, "choose a new folder; nothing is ever restored over something")


def _check_backup(backup: Backup, progress: Progress) -> None:
    found = list(differences(backup, progress))
    if found:
        named = "; ".join(found[:_NAMED])
        more = f"; and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
        msg = f"the backup {backup.name} is damaged, nothing was restored: {named}{more}"
        raise Drift(msg, "restore another one with --at NAME, or from another copy of the backup")


@contextlib.contextmanager
def _alone(root: Path, whence: Whence) -> Iterator[None]:
    """Mark the folder as being restored, by us alone; reading the backup may have taken hours."""
    _check_folder(root, whence)
    begun, locks = root / RESTORING, root / "data" / "locks"
    if not begun.is_file():
        write_atomically(begun, msgspec.json.encode(whence))
    make_folder(locks)
    with contextlib.closing(ProcessLock(locks / "restore")) as lock:
        if not (lock.try_acquire() and begun.is_file()):
            msg = f"another process restores into {root}"
            raise Misused(msg, f"wait for it to end: photojournal -w {shlex.quote(str(root))}")
        yield


def _copy(backup: Backup, root: Path, progress: Progress) -> None:
    """Bring settings, objects and journal there, the journal last; remove what was begun."""
    data, store = root / "data", Objects(root / "data" / "objects")
    for begun in (*data.glob("journal.*"), *data.glob("review.*")):
        begun.unlink()
    shutil.rmtree(root / "logs", ignore_errors=True)
    for folder in (store.folder, root / "logs" / "runs"):
        make_folder(folder)
    sweep_temporaries(root, older_than_s=0)
    objects, files = backup.manifest.objects, backup.manifest.files
    for done, one in enumerate(objects, 1):
        if not (store.exists(one.sha256) and store.size_bytes(one.sha256) == one.size_bytes):
            store.copy_from(backup.objects, one.sha256)
        progress(done, len(objects))
    for file in sorted(files, key=lambda file: file.path == JOURNAL):
        _copy_file(backup, file, root)


def _copy_file(backup: Backup, file: File, root: Path) -> None:
    inside = PurePosixPath(file.path)
    target = root / "data" / JOURNAL
    if file.path != JOURNAL:
        target = root / inside.relative_to(SETTINGS)
    with (backup.folder / inside).open("rb") as opened:
        if file.path == KEY:
            content = opened.read()
            same = sha256(content).hexdigest() == file.sha256
            if same:
                write_atomically(target, content, private=True)
        else:
            same = copy_checked(opened, target, file.sha256, where="restore.file")
    if not same:
        msg = f"{backup.folder / inside} changed while it was copied"
        raise Drift(msg, "the same command again")


def _opened(backup: Backup, root: Path, argv: tuple[str, ...]) -> Outcome:
    """Say in the journal where this came from, and make from it all that is made from it."""
    workspace, manifest = Workspace(root), backup.manifest
    with Program(workspace) as program, program.run("restore", argv) as shell:
        event = Restored(
            position=manifest.position, backup=backup.name, missing=len(manifest.missing)
        )
        tell_journal(shell, event)
        _warn_of_authorities(program)
        away = missing_of(workspace, referenced(program.journal))
        published = bool(program.models.query(_PUBLISHED))
    site_empty = published and workspace.config.publish.gallery == "folder"
    return Outcome(workspace.root, backup, tuple(away), tuple(program.warnings), site_empty)


def _warn_of_authorities(program: Program) -> None:
    """Say which certificate of an authority lay outside the workspace, and is not here."""
    publish = program.workspace.config.publish
    for section, file in (("ftp", publish.ftp.ca_file), ("mysql", publish.mysql.ca_file)):
        path = program.workspace.root / file
        if file and not path.is_file():
            program.warn(
                f"not here: {path}, which [publish.{section}] ca_file names; copy it there"
            )
