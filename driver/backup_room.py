"""How much disk a backup and a restored workspace will need, said before anything is copied."""

from pathlib import Path

from msgspec import Struct

from adapters.cloning import can_clone
from adapters.objects import Objects
from driver import config
from driver.backups import JOURNAL, SETTINGS, Backup, objects_of
from driver.errors import Unreachable
from driver.named_objects import named_objects
from driver.program import Program
from driver.workspace import MARKER, Workspace
from journal.database import wal_of
from journal.disk import free_bytes
from machine.text import size

_ENTRY_BYTES = 100
"""Of the manifest for each object: hash and size as JSON."""


class _Need(Struct, frozen=True, kw_only=True):
    """What is to be copied to a disk."""

    place: Path
    """A folder on it that exists."""
    objects: Objects
    """Where objects come from."""
    due: list[str]
    """Those that are there and have to be copied."""
    others_bytes: int
    """Journal, read models, manifest."""
    stays_bytes: int = 0
    """What `[journal] min_free` keeps."""

    def check(self, what: str, hint: str) -> None:
        """
        Refuse what does not fit; objects whose blocks can be shared take no room.

        Raises:
            Unreachable: with the figures.
        """
        copies_bytes, free = sum(map(self.objects.size_bytes, self.due)), free_bytes(self.place)
        lacks = copies_bytes + self.others_bytes + self.stays_bytes - free
        if lacks > 0 and self.due and can_clone(self.objects.path(self.due[0]), self.place):
            lacks -= copies_bytes
        if lacks <= 0:
            return
        stays = f", of which {size(self.stays_bytes)} stay free ([journal] min_free)"
        msg = (
            f"the disk of {self.place} is too small for {what}: about {size(copies_bytes)} for"
            f" {len(self.due):,} objects and {size(self.others_bytes)} for all else;"
            f" {size(free)} free{stays if self.stays_bytes else ''}"
        )
        raise Unreachable(msg, f"free {size(lacks)} there, or {hint}")


def check_room(program: Program, place: Path) -> None:
    """
    Refuse a backup for which the disk of `place` is too small.

    Raises:
        Unreachable: with the figures.
    """
    workspace, store = program.workspace, Objects(objects_of(place))
    named = named_objects(program.journal)
    journal = (workspace.journal, wal_of(workspace.journal))
    journal_bytes = sum(one.stat().st_size for one in journal if one.exists())
    _Need(
        place=place,
        objects=program.objects,
        due=[one for one in named if not store.exists(one) and program.objects.exists(one)],
        others_bytes=journal_bytes + len(named) * _ENTRY_BYTES,
        stays_bytes=workspace.config.min_free_bytes() if same_disk(workspace, place) else 0,
    ).check("this backup", "name a folder elsewhere: photojournal backup FOLDER")


def check_room_to_restore(backup: Backup, root: Path) -> None:
    """
    Refuse a restore for which the disk of the new workspace is too small.

    Raises:
        Unreachable: with the figures.
        Misused: the settings in the backup cannot be read.
    """
    there = Objects(root / "data" / "objects")
    settings = config.load(backup.folder / SETTINGS / MARKER)
    journal_bytes = sum(one.size_bytes for one in backup.manifest.files if one.path == JOURNAL)
    _Need(
        place=next(one for one in (root, *root.parents) if one.is_dir()),
        objects=backup.objects,
        due=[one.sha256 for one in backup.manifest.objects if not there.exists(one.sha256)],
        others_bytes=2 * journal_bytes,  # read models and logs are about as large
        stays_bytes=settings.min_free_bytes(),
    ).check("this workspace", "choose a folder on another disk")


def same_disk(workspace: Workspace, place: Path) -> bool:
    """Tell whether what is in `place` is lost with the disk of the workspace."""
    return place.stat().st_dev == workspace.journal.stat().st_dev
