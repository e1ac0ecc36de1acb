"""
Files that are either whole and durable or not there: the only place that knows fsync.

A final name never stands over half a file: bytes travel under a temporary name beside the target,
are fsynced, renamed over the target, and the folder is fsynced. After a crash a temporary may be
left over (`sweep_temporaries`); the target is the old file or the new one.

Raises `AdapterError`: `DiskLow` (no space, quota), `WriteFailed` (anything else that keeps a file
of the workspace from being written). Other codes where a caller names them.

Not guaranteed: Windows has no folder fsync, so a rename there may be lost, never torn, by a power
cut; a disk that lies about fsync; and nothing about two processes writing one target, except that
it ends as one of the two.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from adapters.errors import AdapterError
from journal.crashpoints import point
from journal.ownership import PRIVATE

PREFIX = ".photojournal-"
SUFFIX = ".tmp"
SWEEP_AGE_S = 24 * 3600
"""Older temporaries belong to no living process: no write takes a day."""
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_RENAME_TRIES = 10
_RENAME_PAUSE_S = 0.05


def error_of(
    error: OSError, *, doing: str, forbidden: str = "WriteFailed", other: str = "WriteFailed"
) -> AdapterError:
    """
    Return the `AdapterError` for an operating system's error.

    `doing` says what was tried, such as `write site/2008/x.jpg`; `forbidden` and `other` are the
    codes for a refused permission and for the rest. A full disk is always `DiskLow`.
    """
    code = other
    if error.errno in _FULL:
        code = "DiskLow"
    elif error.errno in _FORBIDDEN:
        code = forbidden
    return AdapterError(code=code, detail=f"{doing}: {error.strerror or error}")


def is_temporary(name: str) -> bool:
    """Tell whether a file name is one of this program's temporary names."""
    return name.startswith(PREFIX) and name.endswith(SUFFIX)


def write_atomically(path: Path, data: bytes, *, private: bool = False) -> None:
    """
    Make `data` the content of `path`, durably; the folder is made where it is missing.

    After return a power cut cannot take it back (see the module for Windows). On an error the
    target is what it was and the temporary is gone. What is `private` is closed to other users from
    the first byte on (mode 0600).

    Raises:
        AdapterError: `DiskLow` or `WriteFailed`.
    """
    try:
        make_folder(path.parent)
        with temporary_beside(path) as temporary:
            if private:
                temporary.touch(PRIVATE)
            write_synced(temporary, data, where="files.write")
            replace_synced(temporary, path, where="files.write")
    except OSError as error:
        raise error_of(error, doing=f"write {path.name}") from error


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Give a fresh temporary name in the folder of `path`; what is left under it goes on exit."""
    temporary = path.with_name(f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}")
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_synced(path: Path, data: bytes, *, where: str) -> None:
    """Write `data` to `path` in place and fsync it; `where` names the points. Raises OSError."""
    point(f"{where}.before_write")
    with path.open("wb") as file:
        half = len(data) // 2
        file.write(data[:half])
        point(f"{where}.half_written")
        file.write(data[half:])
        point(f"{where}.before_fsync")
        sync_file(file)
    point(f"{where}.after_fsync")


def replace_synced(source: Path, target: Path, *, where: str) -> None:
    """Rename `source` over `target` in one folder and fsync the folder. Raises OSError."""
    point(f"{where}.before_rename")
    _replace(source, target)
    point(f"{where}.before_folder_fsync")
    sync_folder(target.parent)
    point(f"{where}.after_folder_fsync")


def _replace(source: Path, target: Path) -> None:
    """Rename; on Windows wait up to half a second for a reader or a virus scanner to let go."""
    for attempt in range(1, _RENAME_TRIES + 1):
        try:
            source.replace(target)
        except PermissionError:
            if sys.platform != "win32" or attempt == _RENAME_TRIES:
                raise
            time.sleep(_RENAME_PAUSE_S)
        else:
            return


def sync_file(file: BinaryIO) -> None:
    """Force what was written to `file` onto the disk, through the drive's cache on macOS."""
    file.flush()
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):  # Not every file system knows it.
            fcntl.fcntl(file.fileno(), fcntl.F_FULLFSYNC)
            return
    os.fsync(file.fileno())


def sync_standing(path: Path) -> None:
    """Make a file durable that was found complete: another process may have died just before."""
    if sys.platform != "win32":  # fsync needs a writable file there.
        with path.open("rb") as file:
            sync_file(file)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames, new names and removals in `folder` durable; without effect on Windows."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and FUSE file systems cannot sync a folder; there is nothing better to do.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, durably. Raises OSError."""
    missing = []
    above = folder
    while not above.is_dir():
        missing.append(above)
        above = above.parent
        if above == above.parent:
            break
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        point("files.make_folder.before_fsync")
        sync_folder(one.parent)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, 64 hex digits; memory use is flat. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_verified(path: Path, sha256: str) -> bytes:
    """
    Return the bytes of a photo's original, if they still are those that came in.

    Raises:
        AdapterError: `OriginalMissing`, `OriginalUnreadable` (permissions, a folder in its place, a
            failing disk) or `OriginalChanged` (other bytes).
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AdapterError(code="OriginalMissing", detail=f"{path.name} is not there") from error
    except OSError as error:
        raise error_of(
            error,
            doing=f"read {path.name}",
            forbidden="OriginalUnreadable",
            other="OriginalUnreadable",
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        detail = f"{path.name}: SHA-256 is {found[:12]}…, was {sha256[:12]}…"
        raise AdapterError(code="OriginalChanged", detail=detail)
    return data


def sweep_temporaries(
    folder: Path, *, older_than_s: float = SWEEP_AGE_S, below: bool = True
) -> tuple[Path, ...]:
    """
    Remove the temporaries of dead processes in `folder`, and `below` it; return what was removed.

    Only files by this program's own name pattern, last written more than `older_than_s` seconds
    ago. 0 is right where a lock says that nobody else writes. What cannot be removed is left.
    """
    limit = time.time() - older_than_s
    removed = []
    pattern = f"{PREFIX}*{SUFFIX}"
    for path in sorted(folder.rglob(pattern) if below else folder.glob(pattern)):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime <= limit and not path.is_dir():
                path.unlink()
                removed.append(path)
    return tuple(removed)
