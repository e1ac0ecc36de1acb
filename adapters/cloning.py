"""
Copies of files that share their blocks until one of the two is written, where the disk has that.

Linux: `FICLONE` (Btrfs, XFS, bcachefs). macOS: `fclonefileat` (APFS); that part was written but
not run. Elsewhere, between two disks, and on other file systems the bytes are copied. Never a hard
link, since writing into the original must not change our copy.
"""

import contextlib
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

from adapters.files import make_folder, replace_synced, sha256_of, sync_file, temporary_beside
from journal.crashpoints import point

_CHUNK_BYTES = 1 << 20
_FICLONE = 0x40049409
"""Request number of `ioctl_ficlone(2)`, from linux/fs.h."""
_AT_FDCWD = -2
"""From macOS' sys/fcntl.h."""


def copy_synced(source: BinaryIO, target: Path) -> None:
    """
    Copy an open file to `target`, which is not there yet, and fsync it; cloned where that works.

    Raises:
        OSError: it cannot be read or written.
    """
    cloned = clone(source, target)
    with target.open("r+b" if cloned else "xb") as file:
        if not cloned:
            while chunk := source.read(_CHUNK_BYTES):
                file.write(chunk)
        sync_file(file)


def copy_checked(source: BinaryIO, target: Path, sha256: str, *, where: str) -> bool:
    """
    Put a copy of an open file at `target`, durably, if its bytes have this SHA-256.

    The folder is made where it is missing; `where` names the points.

    Returns:
        False: they have another one, and `target` is what it was.

    Raises:
        OSError: it cannot be read or written.
    """
    make_folder(target.parent)
    with temporary_beside(target) as temporary:
        copy_synced(source, temporary)
        point(f"{where}.after_copy")
        if sha256_of(temporary) != sha256:
            return False
        replace_synced(temporary, target, where=where)
    return True


def clone(source: BinaryIO, target: Path) -> bool:
    """
    Make `target`, which is not there yet, share the blocks of an open file; False: it cannot.

    Raises:
        OSError: `target` cannot be made at all.
    """
    if sys.platform == "linux":
        import fcntl

        with target.open("xb") as file:
            try:
                fcntl.ioctl(file.fileno(), _FICLONE, source.fileno())
            except OSError:
                pass
            else:
                return True
        target.unlink()
    if sys.platform == "darwin":
        import ctypes

        system = ctypes.CDLL(None, use_errno=True)
        with contextlib.suppress(AttributeError):  # macOS before 10.12
            made: int = system.fclonefileat(source.fileno(), _AT_FDCWD, os.fsencode(target), 0)
            if made == 0:
                os.chflags(target, 0)
                make_own(target)
            return made == 0
    return False


def make_own(target: Path) -> None:
    """Make a clone that has the mode and the time of its original writable, and made now."""
    target.chmod(target.stat().st_mode | stat.S_IWUSR)
    os.utime(target)


def can_clone(source: Path, folder: Path) -> bool:
    """Try whether a file could be cloned into a folder; what the trial made is removed again."""
    try:
        with source.open("rb") as file, temporary_beside(folder / "x") as trial:
            return clone(file, trial)
    except OSError:
        return False
