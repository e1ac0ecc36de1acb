"""
The command line as a person uses it, inside the test's own process.

Whatever is different each time (run ids, times, places) is written in the same way each time, so
that whole outputs can be compared.
"""

import io
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from commands.app import run
from journal import Journal

_RUN = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_RUN_SHOWN = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}\b")
_TIME = re.compile(r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?")
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_DURATION = re.compile(r"\(\d[\d.]* (ms|s|min)\)")
_BLANKS = re.compile(r"(?<=\S) {2,}")
_SET = re.compile(r"\b20\d{6}-(\d+)\b")


class Said:
    """What a command said, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        """Keep it."""
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        """Standard output, which has to be JSON and nothing else."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()

    def plain(self, *places: Path) -> str:
        """Return standard output with what differs each time in one form."""
        text = self.out
        for place in places:
            text = text.replace(str(place), "WORKSPACE")
        text = _RUN_SHOWN.sub("RUN-SHOWN", _RUN.sub("RUN", text))
        text = _SET.sub(r"DAY-\1", _SHA256.sub("SHA256", _TIME.sub("TIME", text)))
        return _BLANKS.sub("  ", _DURATION.sub("(DURATION)", text))


class Typed(io.StringIO):
    """What comes from the keyboard, or from a file."""

    def __init__(self, text: str, *, terminal: bool = False) -> None:
        """Keep what comes."""
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        """Tell whether somebody sits there."""
        return self._terminal


class Terminal:
    """A person before a workspace."""

    def __init__(
        self, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Sit down before the workspace in `root`."""
        self.root = root
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def type(self, *words: object, stdin: str = "") -> Said:
        """Type a command about this workspace."""
        return self.type_anywhere("-w", self.root, *words, stdin=stdin)

    def type_anywhere(self, *words: object, stdin: str = "") -> Said:
        """Type a command as it is."""
        return self._type(words, Typed(stdin))

    def _type(self, words: Sequence[object], stdin: "Typed") -> Said:
        self._monkeypatch.setattr(sys, "stdin", stdin)
        self._capsys.readouterr()
        code = run([str(word) for word in words])
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def answer(self, *words: object, answer: str) -> Said:
        """Type a command in a real terminal, as far as it can tell, and answer its question."""
        with self._monkeypatch.context() as patch:
            patch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
            return self._type(["-w", self.root, *words], Typed(answer, terminal=True))

    def head(self) -> int:
        """Return the journal's last position."""
        with Journal.open(self.root / "data" / "journal.db", readonly=True) as journal:
            return journal.head.position

    def files(self) -> dict[str, bytes]:
        """Return everything that a verb which only looks must leave as it is."""
        kept = [
            path
            for folder in ("logs", "site", "data/objects", "data/locks")
            for path in (self.root / folder).rglob("*")
            if path.is_file()
        ]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in kept}


def copied(template: Path, target: Path) -> Path:
    """Return a copy of a workspace that a test may spoil."""
    shutil.copytree(template, target)
    return target
