"""What an error means to a person: message, hint, exit code. For the command line and the page."""

import errno
import sqlite3

from driver.errors import BUG, MISUSED, UNREACHABLE, DriverError, journal_exit_code

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
