"""
Reading the files of an ingest: their bytes, their SHA-256, and what the journal knows of them.

What cannot be read has a code of `machine.failures`; nothing is decoded here.
"""

import hashlib
from pathlib import Path

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.sniffing import HEIF, RAW_TYPES, sniff
from driver.listing import is_pattern, twin_key, unlisted
from driver.shell import Shell
from driver.workspace import escape_name
from machine.events import BytesReserved
from machine.row import Row
from projections.reader import Reader

PAIRED_TYPES = {"image/jpeg", HEIF}
"""What a camera writes beside a RAW file."""
MAX_FILE_BYTES = 2 << 30
"""A larger file is no photo that this program can hold in memory."""


class Photo(Struct, frozen=True):
    """A file that was read."""

    path: Path
    data: bytes
    sha256: str
    media_type: str
    """What the bytes announce; empty: they are not those of a photo."""

    @property
    def is_raw(self) -> bool:
        """Tell whether the bytes are those of a RAW file."""
        return self.media_type in RAW_TYPES


def read_photo(path: Path) -> Photo:
    """Return a file with its SHA-256. Raises AdapterError as `read_file` does."""
    data = read_file(path)
    return Photo(path, data, hashlib.sha256(data).hexdigest(), sniff(data) or "")


def read_file(path: Path) -> bytes:
    """
    Return the bytes of a file.

    Raises:
        AdapterError: there is none, it is empty, too large, or cannot be read.
    """
    try:
        if path.is_dir() and (why := unlisted(path)):
            raise AdapterError("FolderUnreadable", why)
        if not path.is_file():
            raise AdapterError("NotAFile", _what(path))
        if path.stat().st_size > MAX_FILE_BYTES:
            raise AdapterError("NotAPhoto", f"larger than {MAX_FILE_BYTES >> 30} GiB")
        data = path.read_bytes()
    except OSError as error:
        raise AdapterError("FileUnreadable", error.strerror or str(error)) from error
    if not data:
        raise AdapterError("EmptyFile", "the file has no bytes")
    return data


def _what(path: Path) -> str:
    if path.is_symlink():
        return "a link that leads to no file"
    if is_pattern(path):
        return "nothing matches this pattern"
    return "neither a file nor a folder" if path.exists() else "there is no such file"


def owner_of_bytes(shell: Shell, sha256: str) -> int | None:
    """Return the row that has these bytes."""
    for recorded in shell.journal.read_intact(f"bytes/{sha256}"):
        if isinstance(recorded.event, BytesReserved):
            return recorded.event.row
    return None


def is_companion(row: Row, sha256: str) -> bool:
    """Tell whether these bytes are a RAW file beside the row's photo."""
    return any(one.sha256 == sha256 for one in row.happened.companions)


def belongs_to(row: Row, sha256: str) -> str:
    """Return in words what these bytes, which are reserved for the row, are to it."""
    what = "the RAW file of" if is_companion(row, sha256) else "the same bytes as"
    return f"{what} row {row.happened.row}"


def lives(row: Row, sha256: str) -> bool:
    """Tell whether a file with these bytes adds nothing: the row is there, or has it beside it."""
    wanted = row.decided.intake and row.decided.decision.value != "rejected"
    return wanted or is_companion(row, sha256)


def row_beside(shell: Shell, models: Reader, photo: Photo) -> int | None:
    """
    Return the row whose photo and this file are one: a RAW file and a JPEG or HEIC of one name.

    An original of the row lies (or lay) in the same folder and has the same stem. Rows that were
    taken back do not count; those that came in since the read models were caught up are not found.
    """
    others = PAIRED_TYPES if photo.is_raw else RAW_TYPES
    if not photo.is_raw and photo.media_type not in PAIRED_TYPES:
        return None
    wanted = twin_key(photo.path.parent.resolve() / photo.path.name)
    for one in models.find(escape_name(photo.path.stem)):
        row = shell.row(one.row)
        if not row.decided.intake or row.decided.photo.metadata.media_type not in others:
            continue
        lie = (shell.workspace.path_of(source) for source in row.happened.sources.values())
        if any(twin_key(path) == wanted for path in lie):
            return one.row
    return None
