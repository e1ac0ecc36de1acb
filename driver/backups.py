"""
What a backup is: a folder with a journal, the settings, and a manifest that names every file.

```
DEST/objects/ab/abcdef...            objects by their SHA-256, shared by all backups in DEST
DEST/20260714-183000Z/journal.db     a verified copy of the journal
                      settings/...   photojournal.toml, vocabulary.toml, the image of the watermark,
                                     drafts, data/journal.key (closed to other users), journal.pub
                      manifest.json  written last: every file, and every object, with its SHA-256
```

A backup is called after the time it was begun, in UTC, so that names stand in the order of time.
While it is made its folder ends in `.part`: what ends so is never taken for a backup.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from adapters.objects import Objects
from driver.errors import Drift, Misused
from driver.shell import Shell
from journal import Entry, Journal, VersionConflict
from journal.schema import JOURNAL_STREAM
from machine.event_base import Event
from machine.run_events import BackedUp

FORMAT = 1
MANIFEST = "manifest.json"
JOURNAL = "journal.db"
SETTINGS = "settings"
KEY = f"{SETTINGS}/data/journal.key"
"""The private key of the journal."""
PART = ".part"
"""How the folder of a backup ends that is not complete."""
LATEST = "latest"

NAME = re.compile(r"\d{8}-\d{6}Z(-\d+)?")

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Amount = Annotated[int, Meta(ge=0)]


class File(Struct, frozen=True, kw_only=True):
    """A file of a backup; its path is relative to the backup's folder."""

    path: str
    sha256: Sha256
    size_bytes: Amount


class Object(Struct, frozen=True):
    """An object that the journal names and the backup has."""

    sha256: Sha256
    size_bytes: Amount


class Left(Struct, frozen=True):
    """Originals that are only referenced, and so are not in the backup."""

    files: Amount = 0
    size_bytes: Amount = 0
    """Of those that were found where they lie."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup is made of."""

    format: int = FORMAT
    program: str
    """Version of photojournal."""
    made_at: str
    """UTC, as the journal writes it."""
    journal: str
    """UUID of the journal."""
    position: Amount
    """Where its copy ends."""
    head: Sha256
    """Hash of its last event."""
    files: tuple[File, ...]
    objects: tuple[Object, ...]
    missing: tuple[Sha256, ...] = ()
    """Objects that the journal names and the workspace lacked."""
    originals: Left = Left()

    @property
    def size_bytes(self) -> int:
        """Return the size of all that is in it."""
        files = sum(one.size_bytes for one in self.files)
        return files + sum(one.size_bytes for one in self.objects)


class Backup(Struct, frozen=True):
    """A complete backup."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.folder.name

    @property
    def objects(self) -> Objects:
        """Return the objects, which it shares with those beside it."""
        return Objects(objects_of(self.folder.parent))


def objects_of(place: Path) -> Path:
    """Return the folder of the objects of all backups in `place`."""
    return place / "objects"


def backups_in(place: Path) -> list[Path]:
    """
    Return the folders of the backups in `place`, the oldest first; no manifest is read.

    `place` may be the folder of one backup itself.
    """
    if not place.is_dir():
        return []
    if NAME.fullmatch(place.absolute().name):
        return [place.absolute()]
    return sorted(one for one in place.iterdir() if NAME.fullmatch(one.name))


def read(folder: Path) -> Backup:
    """
    Return the backup in `folder`.

    Raises:
        Drift: its manifest is gone, or is none.
        Misused: a later version of the program made it.
    """
    path = folder / MANIFEST
    hint = "another backup may be whole: photojournal backup --check DEST"
    try:
        found = path.read_bytes()
        form = msgspec.json.decode(found, type=_Form).format
        if form > FORMAT:
            msg = f"{path} has format {form}, and this version knows up to {FORMAT}"
            raise Misused(msg, "install a newer photojournal")
        manifest = msgspec.json.decode(found, type=Manifest)
        _check_paths(manifest)
    except FileNotFoundError as error:
        msg = f"{folder} is no complete backup: {MANIFEST} is not there"
        raise Drift(msg, hint) from error
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read: {error}"
        raise Drift(msg, hint) from error
    return Backup(folder, manifest)


class _Form(Struct):
    format: int


def _check_paths(manifest: Manifest) -> None:
    """Raise ValueError where the journal lacks, or a path leads out of the backup."""
    if JOURNAL not in {one.path for one in manifest.files}:
        msg = "it names no journal"
        raise ValueError(msg)
    for one in manifest.files:
        parts = PurePosixPath(one.path).parts
        known = one.path == JOURNAL or (len(parts) > 1 and parts[0] == SETTINGS)
        if not known or ".." in parts or "\\" in one.path or ":" in one.path:
            msg = f"a backup has no file {one.path!r}"
            raise ValueError(msg)


def chosen(place: Path, at: str = LATEST) -> Backup:
    """
    Return the backup in `place` that is called `at`; see `backups_in`.

    Raises:
        Misused: there is none, or none of this name.
        Drift: it has no manifest that can be read.
    """
    folders = {one.name: one for one in some_in(place)}
    if at == LATEST:
        return read(max(folders.items())[1])
    if at not in folders:
        msg = f"there is no backup {at} in {place}"
        raise Misused(msg, f"--at takes one of {', '.join(folders)}")
    return read(folders[at])


def some_in(place: Path) -> list[Path]:
    """Return what `backups_in` does. Raises Misused where that is nothing."""
    folders = backups_in(place)
    if not folders:
        msg = f"there is no backup in {place}"
        raise Misused(msg, "name the folder that `photojournal backup FOLDER` was given")
    return folders


def tell_journal(shell: Shell, event: Event) -> None:
    """Append an event about the journal itself, whoever else does so at the same time."""
    while True:
        version = len(shell.journal.read_stream(JOURNAL_STREAM))
        try:
            shell.append([Entry(JOURNAL_STREAM, version, event)])
        except VersionConflict:
            continue
        return


def newest(journal: Journal) -> tuple[str, BackedUp] | None:
    """Return when the newest backup was made, and what it was."""
    for recorded in reversed(journal.read_stream(JOURNAL_STREAM)):
        if isinstance(recorded.event, BackedUp):
            return recorded.at, recorded.event
    return None
