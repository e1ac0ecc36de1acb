"""
Locks that the operating system releases when their holder dies.

`ProcessLock` is one lock on one file. `FairLock` is two of them, so that nobody waits behind a
process that takes the lock again and again: who wants it first takes its turn, and keeps the turn
until it has the lock. So whoever releases cannot overtake whoever waits, except for a few ms.

A lock belongs to the object: two objects exclude each other within one process, too. The files stay
behind and mean nothing by themselves. Not promised: anything on a network file system; the order
among three or more waiters.

The one module that calls fcntl or msvcrt. The Windows half was written but not run.
"""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> bool:
        # Byte ranges are locked from the current place, which nothing else moves here.
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
                time.sleep(0.001)
            else:
                return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> bool:
        # flock, not lockf: its locks belong to the open file, not to the process.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


HASTE_S = 0.005
"""
For so long after a turn, a lock that is free is taken without another one, which saves two calls.

So who waits is overtaken for 5 ms at most.
"""


class ProcessLock:
    """
    An exclusive lock on a file that is made if need be. Not re-entrant, not for two threads.

    `held` says whether this object has it.
    """

    _descriptor = -1

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file; nothing is locked yet. Raises OSError where it cannot be made."""
        self.path = Path(path)
        self.held = False
        self._descriptor = os.open(self.path, _FLAGS, 0o666)

    def try_acquire(self) -> bool:
        """Take the lock if it is free, and say whether we have it now."""
        self.held = self.held or _lock(self._descriptor, wait=False)
        return self.held

    def acquire(self, timeout_s: float | None = None) -> bool:
        """Wait for the lock, at most `timeout_s` seconds, and say whether we have it now."""
        if timeout_s is None:
            self.held = self.held or _lock(self._descriptor, wait=True)
            return self.held
        end = time.monotonic() + timeout_s
        while not self.try_acquire():
            if time.monotonic() >= end:
                return False
            time.sleep(0.001)
        return True

    def release(self) -> None:
        """Give the lock back; does nothing if it is not held."""
        if self.held:
            _unlock(self._descriptor)
            self.held = False

    def close(self) -> None:
        """Release the lock and close its file; the object is of no use any more."""
        if self._descriptor >= 0:
            self.release()
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        """Wait for the lock."""
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self.release()

    def __del__(self) -> None:
        self.close()


class FairLock:
    """An exclusive lock that passes to a waiting process when it is released."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open `path` and, for the turns, `path` + `-turn`."""
        self._main = ProcessLock(path)
        self._turn = ProcessLock(f"{os.fspath(path)}-turn")
        self._hasty_until = 0.0

    def __enter__(self) -> Self:
        """Wait for our turn, then for the lock."""
        now = time.monotonic()
        if now < self._hasty_until and self._main.try_acquire():
            return self
        self._turn.acquire()
        try:
            self._main.acquire()
        finally:
            self._turn.release()
        self._hasty_until = now + HASTE_S
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Pass the lock on."""
        self._main.release()

    def close(self) -> None:
        """Release everything and close the files."""
        self._main.close()
        self._turn.close()
