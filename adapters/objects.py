"""
Bytes by their SHA-256: renditions, originals copied in, replaced remote files, raw replies.

`data/objects/ab/abcdef…`: a file's name is the SHA-256 of its bytes, so that equal bytes stand
there once and every read can check itself. `put` returns when the bytes are durable, so that an
event may name them. Any number of processes may put at once.

An object that is damaged is never handed out: `get` raises, `verify_all` lists it, and putting the
right bytes again mends it. What may be removed is for the caller to know (`driver.pruning`).
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

from adapters.cloning import copy_checked, copy_synced
from adapters.errors import AdapterError
from adapters.files import (
    error_of,
    is_temporary,
    make_folder,
    replace_synced,
    sha256_of,
    sync_folder,
    sync_standing,
    temporary_beside,
    write_synced,
)
from journal.crashpoints import point

_SHA256 = re.compile(r"[0-9a-f]{64}")


def _short(sha256: str) -> str:
    return f"{sha256[:12]}…"


def _missing(sha256: str, why: str) -> AdapterError:
    return AdapterError(code="ObjectMissing", detail=f"object {_short(sha256)} {why}")


def _damage_of(path: Path) -> "Damage | None":
    """Compare an object with its name."""
    try:
        found = sha256_of(path)
    except OSError as error:
        detail = error.strerror or str(error)
        return Damage(sha256=path.name, path=str(path), problem="unreadable", detail=detail)
    if found == path.name:
        return None
    detail = f"{path.stat().st_size} bytes with SHA-256 {_short(found)}"
    return Damage(sha256=path.name, path=str(path), problem="damaged", detail=detail)


def _is_readable(path: Path) -> bool:
    try:
        sha256_of(path)
    except OSError:
        return False
    return True


class Damage(Struct, frozen=True):
    """An object that is not what its name says."""

    sha256: str
    path: str
    problem: Literal["damaged", "unreadable", "stray"]
    """stray: a file in the store whose name is no SHA-256 in its place; never touched."""
    detail: str = ""


class Standing(Struct, frozen=True):
    """A file in the store, as its folder tells of it."""

    place: str
    """Its path, as text: there may be tens of thousands."""
    kind: Literal["object", "temporary", "stray"]
    size_bytes: int
    changed_at: float
    """When it was last written, in seconds since 1970."""

    @property
    def sha256(self) -> str:
        """Return what an object is called."""
        return os.path.basename(self.place)  # noqa: PTH119  (see `place`)

    @property
    def path(self) -> Path:
        """Return where it stands."""
        return Path(self.place)


def _standing(entry: "os.DirEntry[str]", folder: str) -> Iterator[Standing]:
    with contextlib.suppress(FileNotFoundError):
        known, name = entry.stat(follow_symlinks=False), entry.name
        plain = entry.is_file(follow_symlinks=False)
        kind: Literal["object", "temporary", "stray"] = "stray"
        if plain and name[:2] == folder and _SHA256.fullmatch(name):
            kind = "object"
        elif plain and is_temporary(name):
            kind = "temporary"
        yield Standing(entry.path, kind, known.st_size, known.st_mtime)


class Objects:
    """The content-addressed store below one folder, made when it is first written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the object lies or would lie. Raises ValueError for what is no SHA-256."""
        if not _SHA256.fullmatch(sha256):
            msg = f"not a SHA-256: {sha256!r}"
            raise ValueError(msg)
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """
        Keep `data` and return its SHA-256; durable before return, once however often it is put.

        Raises:
            AdapterError: `DiskLow` or `WriteFailed`.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        try:
            if self._is_whole(path, sha256, len(data)):
                sync_standing(path)
            else:
                make_folder(path.parent)
                with temporary_beside(path) as temporary:
                    write_synced(temporary, data, where="objects.put")
                    replace_synced(temporary, path, where="objects.put")
        except OSError as error:
            raise error_of(error, doing=f"write object {_short(sha256)}") from error
        return sha256

    def put_file(self, source: Path) -> str:
        """
        Keep a copy of a file (reflink where the disk can, never a hard link); return its SHA-256.

        The digest is that of the copy, whatever happens to the source meanwhile.

        Raises:
            AdapterError: `NotAFile`, `FileUnreadable` (the source); `DiskLow`, `WriteFailed`.
        """
        try:
            opened = source.open("rb")
        except PermissionError as error:
            raise AdapterError(
                code="FileUnreadable", detail=f"{source.name}: {error.strerror}"
            ) from error
        except OSError as error:
            raise AdapterError(
                code="NotAFile", detail=f"{source.name}: {error.strerror}"
            ) from error
        with opened:
            try:
                make_folder(self.folder)
                with temporary_beside(self.folder / "x") as temporary:
                    copy_synced(opened, temporary)
                    point("objects.put_file.after_copy")
                    return self._take_in(temporary)
            except OSError as error:
                raise error_of(error, doing=f"copy {source.name}") from error

    def _take_in(self, temporary: Path) -> str:
        sha256 = sha256_of(temporary)
        path = self.path(sha256)
        if self._is_whole(path, sha256, temporary.stat().st_size):
            sync_standing(path)
        else:
            make_folder(path.parent)
            replace_synced(temporary, path, where="objects.put_file")
        return sha256

    def copy_from(self, other: "Objects", sha256: str) -> None:
        """
        Keep a copy of an object of another store; what stands here under its name is replaced.

        Raises:
            AdapterError: `ObjectMissing`: it is gone, damaged or unreadable there; `DiskLow` or
                `WriteFailed` here.
        """
        try:
            opened = other.path(sha256).open("rb")
        except FileNotFoundError as error:
            raise _missing(sha256, "is gone") from error
        except OSError as error:
            raise _missing(sha256, f"cannot be read: {error.strerror}") from error
        with opened:
            try:
                whole = copy_checked(opened, self.path(sha256), sha256, where="objects.copy")
            except OSError as error:
                if not _is_readable(other.path(sha256)):
                    raise _missing(sha256, f"cannot be read: {error.strerror}") from error
                raise error_of(error, doing=f"write object {_short(sha256)}") from error
        if not whole:
            raise _missing(sha256, "is damaged")

    @staticmethod
    def _is_whole(path: Path, sha256: str, size_bytes: int) -> bool:
        """Tell whether the object stands there undamaged: putting it again mends it otherwise."""
        try:
            return path.stat().st_size == size_bytes and sha256_of(path) == sha256
        except FileNotFoundError:
            return False

    def get(self, sha256: str) -> bytes:
        """
        Return the object's bytes, checked against its name.

        Raises:
            AdapterError: `ObjectMissing`: it is gone, damaged or cannot be read; see the detail.
        """
        path = self.path(sha256)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise _missing(sha256, "is gone") from error
        except OSError as error:
            raise _missing(sha256, f"cannot be read: {error.strerror}") from error
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise _missing(sha256, f"is damaged: SHA-256 is {_short(found)}")
        return data

    def exists(self, sha256: str) -> bool:
        """Tell whether the object stands there, without reading it."""
        return self.path(sha256).is_file()

    def is_whole(self, sha256: str) -> bool:
        """Tell whether the object stands there undamaged; all of it is read."""
        try:
            return sha256_of(self.path(sha256)) == sha256
        except OSError:
            return False

    def size_bytes(self, sha256: str) -> int:
        """Return the object's size. Raises AdapterError `ObjectMissing`."""
        path = self.path(sha256)
        try:
            return path.stat().st_size
        except OSError as error:
            raise AdapterError(
                code="ObjectMissing", detail=f"object {_short(sha256)}: {error.strerror}"
            ) from error

    def all(self) -> Iterator[str]:
        """Give the SHA-256 of every object, in order, without reading any."""
        for path in self._files():
            if self._is_in_place(path):
                yield path.name

    def verify_all(self, progress: Callable[[int], None] = lambda _: None) -> Iterator[Damage]:
        """
        Read every object and give those that are not what their name says.

        `progress` is told how many were read.
        """
        done = 0
        for path in self._files():
            if not self._is_in_place(path):
                yield Damage(sha256="", path=str(path), problem="stray")
                continue
            found = _damage_of(path)
            if found:
                yield found
            progress(done := done + 1)

    def total_bytes(self) -> int:
        """Return the size of all objects together."""
        return sum(one.size_bytes for one in self.standing() if one.kind != "temporary")

    def standing(self) -> Iterator[Standing]:
        """Give every file in the store, unread; one that goes meanwhile is left out."""
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as found:
            for entry in found:
                if not entry.is_dir(follow_symlinks=False):
                    yield from _standing(entry, "")
                    continue
                with os.scandir(entry.path) as inside:
                    for one in inside:
                        yield from _standing(one, entry.name)

    def remove(self, one: Standing) -> None:
        """
        Remove a file from the store, durably; one that is gone already is no error.

        Raises:
            AdapterError: `WriteFailed`: the system does not let go of it.
        """
        assert one.kind != "stray", one
        try:
            point("objects.remove.before")
            one.path.unlink(missing_ok=True)
            sync_folder(one.path.parent)
            point("objects.remove.after")
        except OSError as error:
            where = one.path.relative_to(self.folder).as_posix()
            raise error_of(error, doing=f"remove object {where}") from error

    def _files(self) -> Iterator[Path]:
        """Give every file in the store but temporaries, one folder after the other."""
        if not self.folder.is_dir():
            return
        for path in sorted(self.folder.iterdir()):
            inside = sorted(path.iterdir()) if path.is_dir() else (path,)
            yield from (one for one in inside if not is_temporary(one.name) and one.is_file())

    def _is_in_place(self, path: Path) -> bool:
        return bool(_SHA256.fullmatch(path.name)) and path == self.path(path.name)
