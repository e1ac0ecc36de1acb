"""
The head file: the last position and hash, noted beside the journal after each commit.

It is written without waiting for the disk, so after a power cut it may be behind; that is normal.
Ahead of the journal it can only be when the journal lost its tail. A note that cannot be read
(torn, empty) counts as none.

Not promised: that a cut tail is seen when the head file was removed as well.
"""

import os
import sys
from pathlib import Path
from zlib import crc32

from msgspec import Struct

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Note(Struct, frozen=True):
    """What the head file says."""

    position: int
    hash: bytes
    uuid: str


class HeadFile:
    """Writes notes of a fixed length over each other. Only the holder of the lock may write."""

    _descriptor = -1

    def __init__(self, path: Path, uuid: str) -> None:
        """Open the file and make it if need be."""
        self._descriptor = os.open(path, _FLAGS, 0o666)
        self._line = b"%020d %b " + uuid.encode()

    def write(self, position: int, hash: bytes) -> None:
        """Note a head. Does not wait for the disk; a full disk leaves it behind."""
        line = self._line % (position, hash.hex().encode())
        try:
            _write_at_start(self._descriptor, b"%b %08x\n" % (line, crc32(line)))
        except OSError:
            return

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


def read_note(path: Path) -> Note | None:
    """Return what the file says; None if it is missing, empty or torn."""
    try:
        line, _, check = path.read_bytes().rstrip(b"\n").rpartition(b" ")
    except OSError:
        return None
    if check != b"%08x" % crc32(line):
        return None
    position, hash, uuid = line.decode("ascii").split(" ")
    return Note(int(position), bytes.fromhex(hash), uuid)


def _write_at_start(descriptor: int, content: bytes) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, content)
    else:
        os.pwrite(descriptor, content, 0)
