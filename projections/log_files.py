"""
Files that only grow, line by line, each line ending in the position of its event.

The last complete line says how far a file has come. What a crash left behind it, half a line or
half of the lines of one event, is cut off and written again. Nothing is synced to the disk: a log
that is lost can be rendered again.
"""

import os
import re
from pathlib import Path

from journal.crashpoints import point

_POSITION = re.compile(rb" @(\d+)$")
_TAIL_BYTES = 65_536
"""More than the lines of one event can take."""


class LogFile:
    """One file; `resume` first, then `add` and `flush`."""

    def __init__(self, path: Path) -> None:
        """Look at nothing yet."""
        self.path = path
        self._lines: list[str] = []
        self._done = -1

    def resume(self, cursor: int) -> None:
        """
        Cut off what a crash left, and find out how far the file has come.

        Args:
            cursor: events up to here are known to be in the file, if they belong there.
        """
        if self._done >= 0:
            return
        self._done = cursor
        if self.path.exists():
            self._cut(cursor)

    def _cut(self, cursor: int) -> None:
        with self.path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            begin = file.seek(max(size - _TAIL_BYTES, 0))
            lines = file.read().splitlines(keepends=True)
            end, last = size, 0
            while lines:
                found = _POSITION.search(lines[-1].rstrip(b"\n"))
                whole = lines[-1].endswith(b"\n") and found is not None
                position = int(found.group(1)) if found and whole else 0
                if whole and (position <= cursor or (last and position != last)):
                    self._done = max(cursor, position)
                    break
                last = position
                end -= len(lines.pop())
            if end < size and (lines or begin == 0):
                file.truncate(end)

    def begins_at(self) -> int:
        """Return the position in the first line; 0 where there is none."""
        try:
            with self.path.open("rb") as file:
                found = _POSITION.search(file.readline(_TAIL_BYTES).rstrip(b"\n"))
        except FileNotFoundError:
            return 0
        return int(found.group(1)) if found else 0

    def add(self, position: int, lines: list[str]) -> None:
        """Note the lines of an event, unless the file has them."""
        if position > self._done:
            self._lines += lines

    def start_anew(self, first: str) -> None:
        """Let the file begin with this line; what stood in it is gone at once."""
        self._lines.clear()
        self._done = 0
        replace_text(self.path, f"{first}\n")

    def flush(self) -> None:
        """Write what was noted."""
        if not self._lines:
            return
        text = "".join(f"{line}\n" for line in self._lines)
        self._lines.clear()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            point("log.append.before")
            file.write(text.encode())


def replace_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Let `path` hold `text`, wholly or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(text.encode())
        if durable:
            file.flush()
            os.fsync(file.fileno())
    point("log.replace.before")
    draft.replace(path)
