"""
The crash files: what an error that nobody foresaw left behind, and where it stands.

`data/crash_runtime.log` has tracebacks of verbs, workers and the page's handlers,
`crash_startup.log` what kept a verb from opening the workspace. Each entry begins with
`--- TIME ABOUT`.
"""

import re
import traceback
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path

from msgspec import Struct

RUNTIME = "data/crash_runtime.log"
STARTUP = "crash_startup.log"

_READ_BYTES = 1_000_000
"""From the end of each file; older entries are of no interest."""

_BEGIN = re.compile(r"--- (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (.*)")
_LATE = timedelta(seconds=30)
"""A traceback is written a moment after its run has ended."""


class Crash(Struct, frozen=True, kw_only=True):
    """One entry."""

    at: str
    """UTC."""
    about: str
    """Such as `photojournal run run=0198...`, or the work of a worker: `score id=17`."""
    run: str = ""
    row: int | None = None
    error: str
    """Its last line: what was raised."""
    file: str
    """Relative to the workspace."""
    line: int
    """Where the entry begins, from 1; 0: the file is too long to say."""


def entry(about: str, run: str, error: BaseException, *, chain: bool = True) -> str:
    """
    Return what a crash file says about an error.

    Args:
        about: what was done, such as `photojournal run`.
        run: the run; empty: none was begun.
        error: its notes (`driver.errors.about`) stand in the first line.
        chain: False leaves out what led to it.
    """
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    notes = dict.fromkeys(getattr(error, "__notes__", ()))
    head = " ".join(filter(None, (f"--- {when} {about}", run and f"run={run}", *notes)))
    trace = "".join(traceback.format_exception(error, chain=chain))
    return f"{head}\n{trace}\n"


def crashes(root: Path, file: str) -> list[Crash]:
    """Return the entries of a crash file of a workspace, the oldest first; none: no such file."""
    try:
        with (root / file).open("rb") as opened:
            size = opened.seek(0, 2)
            skipped = opened.seek(max(size - _READ_BYTES, 0))
            lines = opened.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return []
    found: list[Crash] = []
    begins = [number for number, line in enumerate(lines) if _BEGIN.fullmatch(line)]
    for number, end in pairwise([*begins, len(lines)]):
        match = _BEGIN.fullmatch(lines[number])
        assert match is not None
        body = [line.strip() for line in takewhile(_is_raised, lines[number + 1 : end])]
        body = [line for line in body if line]
        crash = Crash(
            at=match[1],
            about=match[2],
            run=_named("run", match[2]),
            row=int(_named("id", match[2]) or 0) or None,
            error=body[-1] if body else "",
            file=file,
            line=0 if skipped else number + 1,
        )
        found.append(crash)
    return found


def _named(name: str, about: str) -> str:
    found = re.search(rf"\b{name}=([\w-]+)", about)
    return found[1] if found and (name != "id" or found[1].isdecimal()) else ""


def _is_raised(line: str) -> bool:
    """Tell whether a line is not yet what a native crash of a worker wrote behind an entry."""
    return not line.startswith(("Fatal Python error", "Timeout (", "Windows fatal exception"))


def within(crash: Crash, began: str, ended: str) -> bool:
    """Tell whether an entry was made while a run went on; `ended` empty: it has not ended."""
    at = _second(crash.at)
    return _second(began) <= at and (not ended or at <= _second(ended) + _LATE)


def _second(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(microsecond=0)
