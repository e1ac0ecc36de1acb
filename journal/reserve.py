"""
Space kept back: appends stop before the disk is full, and a last word can still be written.

`journal.reserve` is a file that is of no use but for its size. Who has to stop gives it up and
appends why. It comes back when there is room again.

Not promised: that another program does not take the freed space first.
"""

import math
import os
import time
from pathlib import Path

from journal.disk import free_bytes
from journal.errors import DiskLow

RESERVE_BYTES = 1024 * 1024
"""Enough for some hundred pages of WAL and database."""

LOOK_EVERY_S = 0.005
"""How long a look at the free space holds, in seconds: 5 ms of a fast disk are some 10 MB."""

MIN_FREE_BYTES = 32 * 1024 * 1024
"""How much stays free on the disk of the journal unless the caller says otherwise."""


class Reserve:
    """The space that has to stay free, and the reserve file."""

    def __init__(self, path: Path, min_free_bytes: int) -> None:
        """Make the reserve file at `path` if there is room for it; 0 bytes to keep free: none."""
        self.path = path
        self.min_free_bytes = min_free_bytes
        self._given_up = False
        self._look_again = 0.0 if min_free_bytes > 0 else math.inf
        self.fill()

    def free_bytes(self) -> int:
        """Return the bytes that are free on the disk of the journal."""
        return free_bytes(self.path.parent)

    def disk_low(self) -> DiskLow | None:
        """Return the error to answer an append with, None while there is space."""
        now = time.monotonic()
        if now < self._look_again:
            return None
        free = self.free_bytes()
        if free < self.min_free_bytes:
            return DiskLow(free, self.min_free_bytes)
        self._look_again = now + LOOK_EVERY_S
        if self._given_up:
            self.fill()
        return None

    def fill(self) -> None:
        """Write the reserve file where it is missing and the disk has room for it."""
        if self.min_free_bytes <= 0 or self.path.exists():
            return
        if self.free_bytes() < self.min_free_bytes + RESERVE_BYTES:
            self._given_up = True
            return
        try:
            self.path.write_bytes(os.urandom(RESERVE_BYTES))  # nothing that a disk could compress
        except OSError:
            self.path.unlink(missing_ok=True)
        self._given_up = False

    def give_up(self) -> None:
        """Free the space of the reserve file."""
        self.path.unlink(missing_ok=True)
        self._given_up = True
