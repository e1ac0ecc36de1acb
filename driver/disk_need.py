"""
How much disk a set will need, said before anything of it is taken in.

An estimate: copies are as large as their originals, pictures by what JPEGs of their size weigh, the
journal by what it takes for a row. What is published later (`site/`, and the finished pictures that
are kept for going back) comes on top.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from adapters.cloning import can_clone
from adapters.files import make_folder, sha256_of
from adapters.sniffing import sniff
from driver.errors import Unreachable
from driver.listing import Found
from driver.program import Program
from driver.reading_in import MAX_FILE_BYTES, owner_of_bytes
from driver.shell import Shell
from journal.disk import free_bytes
from machine.text import size

PICTURE_BYTES_PER_PX = 0.4
"""
Of a rendition's box. Source: 24 photos of cameras and telephones at quality 90, 2025: 0.2 to 0.56
bytes for each pixel of a large picture, which seldom fills its box.
"""
ROW_BYTES = 16 << 10
"""Journal, read models and logs for each photo. Source: 14 kB measured, same photos."""
_HEAD_BYTES = 4096


class DiskNeed(Struct, frozen=True, kw_only=True):
    """What a set will take, in bytes, and what is there."""

    photos: int
    copies_bytes: int
    """Of the originals, where copies are kept."""
    pictures_bytes: int
    journal_bytes: int
    free_bytes: int
    min_free_bytes: int

    @property
    def needed_bytes(self) -> int:
        """Return all of it."""
        return self.copies_bytes + self.pictures_bytes + self.journal_bytes

    @property
    def lacking_bytes(self) -> int:
        """Return how much is missing, with `[journal] min_free` left alone; 0: it fits."""
        if not self.needed_bytes:
            return 0
        return max(0, self.needed_bytes + self.min_free_bytes - self.free_bytes)

    def in_words(self) -> str:
        """Return one line with the figures."""
        parts = [("copies", self.copies_bytes)] if self.copies_bytes else []
        parts += [("pictures", self.pictures_bytes), ("journal", self.journal_bytes)]
        told = ", ".join(f"{name} {size(amount)}" for name, amount in parts)
        photos = f"{self.photos:,} photo{'' if self.photos == 1 else 's'}"
        need = f"about {size(self.needed_bytes)} for {photos} ({told})"
        return f"{need}; {size(self.free_bytes)} free"


def disk_need(program: Program, shell: Shell, files: Sequence[Found]) -> DiskNeed:
    """
    Return what taking these files in will need.

    From the sizes of the files that begin like photos. Only where that would not fit, each file is
    read, since what is in the workspace already needs nothing, and it is tried whether copies are
    clones, which take no space.
    """
    need = _estimate(program, files)
    if not need.lacking_bytes:
        return need
    new = [found for found in files if not _is_known(shell, found.path)]
    return _estimate(program, new, try_clones=True)


def check_disk(need: DiskNeed, *, copy: bool) -> None:
    """
    Refuse what will not fit, before it begins.

    Raises:
        Unreachable: with the figures.
    """
    if not need.lacking_bytes:
        return
    msg = (
        f"the disk of the workspace is too small for this set: {need.in_words()}, of which"
        f" {size(need.min_free_bytes)} stay free ([journal] min_free)"
    )
    ways = [f"free {size(need.lacking_bytes)}", "or ingest fewer photos at once"]
    if copy:
        ways.append("or leave the originals where they are: [ingest] copy = false")
    raise Unreachable(msg, ", ".join(ways) + "; then the same command again")


def _estimate(program: Program, files: Iterable[Found], *, try_clones: bool = False) -> DiskNeed:
    config, photos, copies, cloned = program.workspace.config, 0, 0, dict[int, bool]()
    objects = program.workspace.objects
    for found in files:
        amount = 0 if found.left_out else _photo_bytes(found.path)
        photos += amount > 0
        if amount and config.ingest.copy:
            device = found.path.stat().st_dev
            if try_clones and device not in cloned:
                make_folder(objects)
                cloned[device] = can_clone(found.path, objects)
            copies += 0 if cloned.get(device) else amount + sum(map(_photo_bytes, found.raws))
    boxes = (table.size.partition("x") for table in config.resize.tables().values())
    pixels = sum(int(width) * int(height) for width, _, height in boxes)
    return DiskNeed(
        photos=photos,
        copies_bytes=copies,
        pictures_bytes=round(photos * pixels * PICTURE_BYTES_PER_PX),
        journal_bytes=photos * ROW_BYTES,
        free_bytes=free_bytes(program.workspace.data),
        min_free_bytes=config.min_free_bytes(),
    )


def _photo_bytes(path: Path) -> int:
    """Return the size of what begins like a photo; 0 for all else, which is refused later."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return 0
        with path.open("rb") as file:
            begins = file.read(_HEAD_BYTES)
        amount = path.stat().st_size
    except OSError:
        return 0
    return amount if sniff(begins) and amount <= MAX_FILE_BYTES else 0


def _is_known(shell: Shell, path: Path) -> bool:
    try:
        return path.is_file() and owner_of_bytes(shell, sha256_of(path)) is not None
    except OSError:
        return False
