"""
A verified copy of a journal in one file.

SQLite's backup API reads one state of the database while others go on appending. The copy gets its
final name only after all of it was read back and checked. It is in no WAL mode: one file is all.

Not promised: that a payload redacted later disappears from the copy; make a new one and remove it.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from journal.crashpoints import point
from journal.disk import sync_folder
from journal.errors import JournalDamaged, JournalError
from journal.records import Head
from journal.verify import verify


def copy_journal(connect: Callable[[], sqlite3.Connection], target: Path) -> Head:
    """
    Copy a journal to `target`, which must not exist, and return the head of the copy.

    Raises:
        JournalError: the target exists or cannot be written.
        JournalDamaged: what arrived there is damaged; it is not kept.
    """
    if target.exists():
        msg = f"{target} exists"
        raise JournalError(msg, "Choose another name; a backup is never overwritten.")
    draft = target.with_name(target.name + ".part")
    draft.unlink(missing_ok=True)
    try:
        with closing(connect()) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        point("journal.backup.before_fsync")
        _sync(draft)
        report = verify(draft)
        if not report.ok:
            first = report.damages[0]
            msg = f"the copy is damaged at {first.position}: {first.kind}, {first.detail}"
            raise JournalDamaged(msg, first.position)
        point("journal.backup.before_rename")
        draft.rename(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        msg = f"{target} cannot be written: {error}"
        raise JournalError(msg, "Choose a folder that can be written and has room.") from error
    finally:
        draft.unlink(missing_ok=True)
    return report.head


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
