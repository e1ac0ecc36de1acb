"""
Drafts: what a person typed about a row and has not saved, kept as they type.

One small file a row, `data/drafts/<row>.json`, replaced whole. A draft is nobody's edit: no event
tells of it, nothing is published from it, and it is dropped once it is saved, or the row forgotten.
A file that cannot be read is no draft.
"""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from adapters.files import make_folder, sweep_temporaries, write_atomically
from driver.typed_fields import TypedFields

FOLDER = "drafts"

_DEAD_S = 5.0
"""A draft is written in milliseconds; a temporary that is so old has no writer any more."""


class Draft(TypedFields, frozen=True, kw_only=True):
    """What was typed and not saved, with the texts and labels that the person began with."""

    at: str = ""
    """When it was kept: UTC, as the journal writes it."""


class Drafts:
    """The drafts of a workspace."""

    def __init__(self, data: Path) -> None:
        """Keep them below `data`; the folder is made with the first one."""
        self.folder = data / FOLDER
        self._guard = threading.Lock()
        self._newest: dict[int, str] = {}
        """Of a row: when what was kept or dropped last was asked for."""

    def read(self, number: int) -> Draft | None:
        """Return the draft of a row, if there is one."""
        try:
            return msgspec.json.decode(self._path(number).read_bytes(), type=Draft)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def write(self, number: int, draft: Draft) -> None:
        """
        Keep a draft in the place of one from before: the one typed last, whichever comes last.

        Raises AdapterError.
        """
        with self._guard:
            if draft.at < self._newest.get(number, ""):
                return
            make_folder(self.folder)
            write_atomically(self._path(number), msgspec.json.encode(draft), private=True)
            self._newest[number] = draft.at

    def drop(self, number: int, at: str = "") -> None:
        """Forget the draft of a row, if there is one; `at`: unless it was kept after that time."""
        with self._guard:
            if at and at < self._newest.get(number, ""):
                return
            self._path(number).unlink(missing_ok=True)
            self._newest[number] = at

    def forget(self, number: int) -> None:
        """Drop the draft of a row, and what a process left that died while it wrote one."""
        self.drop(number)
        sweep_temporaries(self.folder, older_than_s=_DEAD_S)

    def size_bytes(self, number: int) -> int:
        """Return the size of the draft of a row; 0: there is none."""
        with contextlib.suppress(OSError):
            return self._path(number).stat().st_size
        return 0

    def paths(self) -> list[Path]:
        """Return the files of all drafts."""
        return sorted(self._path(number) for number in self.rows())

    def rows(self) -> Iterator[int]:
        """Yield the rows that have one."""
        with contextlib.suppress(OSError):
            for path in self.folder.glob("*.json"):
                if path.stem.isdecimal():
                    yield int(path.stem)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}.json"
