"""
The head file: the last position and hash, noted beside the journal after each commit.

It is written without waiting for the disk, and not more than once a millisecond but for the last
time, so after a kill or a power cut it may be behind; that is normal.
Ahead of the journal it can only be when the journal lost its tail. A note that cannot be read
(torn, empty) counts as none.

Not promised: that a cut tail is seen when the head file was removed as well.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from msgspec import Struct

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


NOTE_EVERY_S = 0.001
"""A commit in a burst does not pay for a note of its own."""


class Note(Struct, frozen=True):
    """What the head file says."""

    position: int
    hash: bytes
    uuid: str


class HeadFile:
    """Writes notes of a fixed length over each other. Only the holder of the lock may write."""

    _descriptor = -1
    _pending = False

    def __init__(self, path: Path, uuid: str) -> None:
        """Open the file and make it if need be."""
        self._descriptor = os.open(path, _FLAGS, 0o666)
        self._last = (0, b"")
        self._next = 0.0
        self._line = b"%020d %b " + uuid.encode()

    def write(self, position: int, hash: bytes) -> None:
        """Note a head, or leave it for the next time if the last note is fresh."""
        self._last = (position, hash)
        now = time.monotonic()
        self._pending = now < self._next
        if not self._pending:
            self._next = now + NOTE_EVERY_S
            self._note()

    def _note(self) -> None:
        """Write over the last note. Does not wait for the disk; a full one leaves it behind."""
        position, hash = self._last
        line = self._line % (position, hash.hex().encode())
        with suppress(OSError):
            _write_at_start(self._descriptor, b"%b %08x\n" % (line, crc32(line)))

    def close(self) -> None:
        """Note what is left, under the lock, and close the file."""
        if self._descriptor >= 0:
            if self._pending:
                self._note()
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self._pending = False  # nobody holds the lock for us any more
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
