"""
Making a backup of a workspace: its journal, the objects that this names, and its settings.

First the journal is copied and the copy is verified, then what the copy names; so a backup is of
one moment, though others go on with their work. Objects are shared by all backups in a folder and
copied once. Each file arrives under a temporary name and is checked there. The manifest is the last
one, and then the folder gets its name: killed at any moment, there is no backup that lacks
something, and the next one finds the objects that were copied.

Left out: originals that are only referenced, passwords, and all that is made again from the journal
or from a publication (`review.db`, `logs/`, `site/`).
"""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from itertools import count
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.files import (
    make_folder,
    sha256_of,
    sweep_temporaries,
    sync_folder,
    write_atomically,
)
from adapters.objects import Objects
from driver import backups, clock
from driver.backup_check import Progress
from driver.backup_room import check_room, same_disk
from driver.backups import (
    JOURNAL,
    KEY,
    MANIFEST,
    PART,
    SETTINGS,
    Backup,
    File,
    Left,
    Manifest,
    Object,
)
from driver.drafts import Drafts
from driver.errors import Drift, Misused, Unreachable
from driver.named_objects import Named, named_objects
from driver.originals import referenced, sizes_of
from driver.program import Program
from driver.workspace import MARKER, Workspace, escape_name
from journal import Journal, ProcessLock
from journal.crashpoints import point
from journal.database import beside
from machine.run_events import BackedUp


class Lacking(Struct, frozen=True):
    """An object that the workspace does not have as it should."""

    named: Named
    why: str
    saved: bool
    """The backup has it, from an earlier one."""


class Made(Struct, frozen=True):
    """A backup that was made."""

    backup: Backup
    copied: int
    """Objects that were not there yet."""
    lacking: tuple[Lacking, ...]
    same_disk: bool


def back_up(program: Program, given: Path | None, progress: Progress) -> Made:
    """
    Make a backup, inside a run, and record it.

    Args:
        program: the workspace.
        given: the folder that keeps the backups; by default `data/backups`.
        progress: is told how many objects of how many are in it.

    Raises:
        Misused: the folder cannot keep backups of this workspace, or another process makes one.
        Unreachable: the disk is too small, or cannot be written.
        JournalError: the journal cannot be copied; nothing is kept.
    """
    place = given.absolute() if given else program.workspace.data / "backups"
    _check_place(place, program.workspace)
    try:
        make_folder(place)
        with _alone(place):
            _check_journal(place, program.journal)
            check_room(program, place)
            made = _make(program, place, progress)
    except AdapterError as error:
        raise Unreachable(str(error), "see to that disk, then the same command again") from error
    manifest = made.backup.manifest
    event = BackedUp(
        position=manifest.position,
        target=escape_name(str(made.backup.folder)),
        objects=len(manifest.objects),
        missing=len(manifest.missing),
    )
    backups.tell_journal(program.shell, event)
    return made


def _check_place(place: Path, workspace: Workspace) -> None:
    hint = "name a folder for the backups: photojournal backup FOLDER"
    if place.suffix == ".db" or (place.exists() and not place.is_dir()):
        msg = f"{place} is a file: a backup is a folder, with the journal in FOLDER/NAME/{JOURNAL}"
        raise Misused(msg, hint)
    inside = (place.resolve().is_relative_to(one) for one in (workspace.objects, workspace.site))
    if (place / MARKER).exists() or any(inside):
        msg = f"{place} is a workspace, or part of one"
        raise Misused(msg, hint)
    if not place.parent.is_dir():
        msg = f"there is no folder {place.parent}"
        raise Misused(msg, "is the disk mounted? If so, make the folder first")


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Be the one who writes there, and remove what those left who were killed."""
    with contextlib.closing(ProcessLock(place / ".lock")) as lock:
        if not _acquired(lock):
            msg = f"another process makes a backup in {place}"
            raise Misused(msg, "wait for it to end, then repeat the command")
        for torn in place.glob(f"*{PART}"):
            if backups.NAME.fullmatch(torn.stem):
                shutil.rmtree(torn, ignore_errors=True)
        sweep_temporaries(backups.objects_of(place), older_than_s=0)
        yield


def _acquired(lock: ProcessLock) -> bool:
    try:
        return lock.try_acquire()
    except OSError:  # a network disk that knows no locks; two at once are a person's affair there
        return True


def _check_journal(place: Path, journal: Journal) -> None:
    """Refuse to mix two workspaces: nobody could tell whose the latest backup is."""
    for folder in reversed(backups.backups_in(place)):
        try:
            found = backups.read(folder)
        except Drift:
            continue
        if found.manifest.journal != journal.uuid:
            msg = f"{place} keeps the backups of another workspace"
            raise Misused(msg, "name another folder: photojournal backup FOLDER")
        return


def _make(program: Program, place: Path, progress: Progress) -> Made:
    workspace, store = program.workspace, Objects(backups.objects_of(place))
    with _draft(place) as draft:
        made_at = clock.now()
        head = program.journal.backup(draft / JOURNAL)
        with Journal.open(draft / JOURNAL, readonly=True) as journal:
            named, sources = named_objects(journal), referenced(journal)
        files = [_measured(draft, JOURNAL), *_keep_settings(program, draft)]
        kept, lacking, copied = _keep_objects(program.objects, store, named, progress)
        lying = list(sizes_of(workspace, sources))
        manifest = Manifest(
            program=metadata.version("photojournal"),
            made_at=made_at,
            journal=program.journal.uuid,
            position=head.position,
            head=head.hash.hex(),
            files=tuple(files),
            objects=tuple(kept),
            missing=tuple(sorted(named.keys() - {one.sha256 for one in kept})),
            originals=Left(len(sources), sum(lying)),
        )
        write_atomically(draft / MANIFEST, msgspec.json.encode(manifest))
        folder = _named(draft)
    return Made(Backup(folder, manifest), copied, tuple(lacking), same_disk(workspace, place))


@contextlib.contextmanager
def _draft(place: Path) -> Iterator[Path]:
    """Give a new folder for a backup; it goes again where it does not get its name."""
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}Z"
    taken = {one.name for one in backups.backups_in(place)}
    number = next(n for n in count(1) if (name if n == 1 else f"{name}-{n}") not in taken)
    draft = place / f"{name if number == 1 else f'{name}-{number}'}{PART}"
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _named(draft: Path) -> Path:
    """Give a complete backup its name, durably."""
    point("backup.before_name")
    folder = draft.rename(draft.with_suffix(""))
    sync_folder(folder.parent)
    point("backup.after_name")
    return folder


def _measured(draft: Path, path: str) -> File:
    place = draft / path
    return File(path=path, sha256=sha256_of(place), size_bytes=place.stat().st_size)


def _keep_settings(program: Program, draft: Path) -> Iterator[File]:
    """
    Copy what nothing else can make again: settings, drafts, and the key of the journal.

    Passwords never stand there.
    """
    workspace = program.workspace
    config = workspace.config
    named = (
        config.resize.watermark.image,
        config.publish.ftp.ca_file,
        config.publish.mysql.ca_file,
    )
    files = dict.fromkeys((workspace.root / name).resolve() for name in named)
    keys = (beside(workspace.journal, ending) for ending in ("key", "pub"))
    drafts = Drafts(workspace.data).paths()
    for path in (workspace.root / MARKER, workspace.vocabulary, *files, *keys, *drafts):
        if not path.is_file():
            continue
        if not path.is_relative_to(workspace.root):
            program.warn(f"{path} lies outside the workspace and is not in the backup")
            continue
        kept = (PurePosixPath(SETTINGS) / path.relative_to(workspace.root).as_posix()).as_posix()
        write_atomically(draft / kept, path.read_bytes(), private=kept == KEY)
        yield _measured(draft, kept)


def _keep_objects(
    objects: Objects, store: Objects, named: dict[str, Named], progress: Progress
) -> tuple[list[Object], list[Lacking], int]:
    """Return the objects in the backup, what the workspace lacks, and how many are new."""
    kept, lacking, copied = [], [], 0
    for done, (sha256, what) in enumerate(named.items(), 1):
        here, there = _size(objects, sha256), _size(store, sha256)
        if here is None or here != there:
            why = _copied(objects, store, sha256)
            copied += not why
            saved = not why or (there is not None and store.is_whole(sha256))
            if why:
                lacking.append(Lacking(what, why, saved))
            if not saved:
                continue
        kept.append(Object(sha256, store.size_bytes(sha256)))
        progress(done, len(named))
    return kept, lacking, copied


def _copied(objects: Objects, store: Objects, sha256: str) -> str:
    """Copy an object; return in words why the workspace does not have it."""
    try:
        store.copy_from(objects, sha256)
    except AdapterError as error:
        if error.code != "ObjectMissing":
            raise
        return error.detail
    return ""


def _size(objects: Objects, sha256: str) -> int | None:
    """Return the size of an object; None: it is not there."""
    return objects.size_bytes(sha256) if objects.exists(sha256) else None
