"""What is printed when a verb fails: message, hint, exit code; and where tracebacks go."""

import datetime as dt
import errno
import os
import sqlite3
import tempfile
import traceback
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from commands.call import Call
from driver.errors import (
    BUG,
    MISUSED,
    UNREACHABLE,
    DriverError,
    Misconfigured,
    journal_exit_code,
)

_OF_THE_HOST = {
    getattr(errno, name, errno.ENOSPC)
    for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE", "ENFILE")
}
"""What the operating system refuses for reasons of its own: no error of the program."""


def explain(error: Exception) -> tuple[str, str, int]:
    """Return message, hint and exit code of an error; 70 for one that nobody foresaw."""
    try:
        foreseen = _foreseen(error)
    except Exception:  # noqa: BLE001  (an installation so broken that it cannot even say so)
        foreseen = None
    return foreseen or (f"{type(error).__name__}: {error}", "", BUG)


def _foreseen(error: Exception) -> tuple[str, str, int] | None:
    from adapters.errors import AdapterError
    from journal import JournalError
    from machine.failures import FAILURES
    from machine.refusals import Refused

    if isinstance(error, DriverError):
        return str(error), error.hint, error.exit_code
    if isinstance(error, Refused):
        return str(error), error.hint, 0 if error.nothing else MISUSED
    if isinstance(error, JournalError):
        return str(error), error.hint, journal_exit_code(error)
    if isinstance(error, AdapterError):
        hint = error.hint or FAILURES[error.code].hint.format(row="ROW")
        return str(error), hint, UNREACHABLE
    if isinstance(error, sqlite3.DatabaseError):
        hint = "check the disk and who may write to data/; photojournal replay makes review.db anew"
        return f"a database cannot be used: {error}", hint, UNREACHABLE
    if isinstance(error, OSError) and error.errno in _OF_THE_HOST:
        return str(error), "check the disk, its free space and who may write there", UNREACHABLE
    return None


def leave_traceback(call: Call, error: BaseException) -> Path | str:
    """
    Append the traceback to the workspace's crash file, or to one beside; return its path.

    Its first line names the run and the row, as far as they are known. Of a setting that cannot be
    meant, what led to the error is left out: it may repeat a value.
    """
    when = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    run = f"run={call.program.run_id}" if call.program and call.program.run_id else ""
    notes = dict.fromkeys(getattr(error, "__notes__", ()))
    head = " ".join(filter(None, (f"--- {when} photojournal {call.verb}", run, *notes)))
    chain = not isinstance(error, Misconfigured)
    trace = "".join(traceback.format_exception(error, chain=chain))
    text = call.redacted(f"{head}\n{trace}\n")
    for path in _places(call):
        try:
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return "no file: none could be written"


def _places(call: Call) -> list[Path]:
    if call.workspace:
        return [call.workspace.data / "crash_runtime.log", *_startup(call.workspace.root)]
    named = call.given or _typed(call.argv) or os.environ.get("PHOTOJOURNAL_WORKSPACE")
    folders = [Path(named)] if named else [Path.cwd(), *Path.cwd().parents]
    meant = next((folder for folder in folders if (folder / "data").is_dir()), Path.cwd())
    return _startup(meant)


def _typed(argv: Sequence[str]) -> str:
    """Return what `-w` says, where it was not read yet: the verb itself cannot be loaded."""
    return next((value for word, value in pairwise(argv) if word in ("-w", "--workspace")), "")


def _startup(folder: Path) -> list[Path]:
    return [one / "crash_startup.log" for one in (folder, Path.cwd(), Path(tempfile.gettempdir()))]
