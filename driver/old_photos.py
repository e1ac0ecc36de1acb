"""
Finding the photos of the predecessor's queue: where its rows say, else below a folder, by name.

Its paths may be of another machine or system. Names are compared without case. Several files of one
name are one photo only if their bytes are the same: the predecessor took the wrong one there.
"""

import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote, urlsplit

from adapters.errors import AdapterError
from driver.errors import Misused
from driver.old_queue import OldRow
from driver.reading_in import read_photo
from machine.naming import name_key

_LISTED = 3


class OldPhotos:
    """Where photos of the old queue may lie."""

    def __init__(self, folder: Path | None) -> None:
        """
        Read the names below `folder`; None: only the rows' own paths count.

        Raises:
            Misused: there is no such folder.
        """
        if folder is not None and not folder.is_dir():
            msg = f"there is no folder {folder}"
            raise Misused(msg, "--originals names the folder with the predecessor's originals")
        self._folder = folder
        self._by_name: dict[str, list[Path]] = {}
        for path in _files(folder) if folder else ():
            self._by_name.setdefault(name_key(path.name), []).append(path)

    def find(self, row: OldRow) -> tuple[Path | None, str]:
        """Return the row's photo, or None and why."""
        if row.path and _is_file(Path(row.path)):
            return Path(row.path), ""
        for name in _names(row):
            found = self._by_name.get(name_key(name), [])
            if found:
                return _one(name, found)
        where = "" if self._folder else "; --originals FOLDER looks for it"
        return None, f"its photo is not at {row.path or 'any path'}{where}"


def _names(row: OldRow) -> Iterator[str]:
    """Yield what the photo may be called: as it came in first; an exported row's path is a URL."""
    public = row.path.startswith(("http://", "https://"))
    path = unquote(urlsplit(row.path).path) if public else row.path
    for said in (row.original_name, row.file_name, path):
        name = PureWindowsPath(said).name  # knows both kinds of slashes
        if name:
            yield name


def _one(name: str, found: list[Path]) -> tuple[Path | None, str]:
    """Return the only photo of a name, or why it is not clear which is meant."""
    if len(found) == 1:
        return found[0], ""
    try:
        photos = {read_photo(path).sha256 for path in found}
    except AdapterError as error:
        return None, f"one of {len(found)} files called {name} cannot be read: {error.detail}"
    if len(photos) == 1:
        return found[0], ""
    listed = ", ".join(str(path) for path in found[:_LISTED])
    return None, f"{len(photos)} different photos are called {name}: {listed}"


def _files(folder: Path) -> Iterator[Path]:
    for inside, _, names in sorted(os.walk(folder)):
        yield from (Path(inside, name) for name in sorted(names) if not name.startswith("."))


def _is_file(path: Path) -> bool:
    """Tell whether a file lies there; what no path of this system can be is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
