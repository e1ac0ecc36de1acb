"""
Opens the SQLite file: pragmas, checks of what it is, making a new one.

Never open or close the database file by other means within a process that has a journal open:
closing it drops SQLite's own locks on it.
"""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from journal.chain import FORMAT, genesis
from journal.disk import free_bytes, network_file_system, sync_folder
from journal.errors import (
    CannotOpen,
    DiskLow,
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalMissing,
    JournalTooNew,
    NetworkFileSystem,
    NotAJournal,
)
from journal.headfile import read_note
from journal.locks import FairLock
from journal.records import Head
from journal.schema import APPLICATION_ID, creation

BUSY_TIMEOUT_MS = 10_000
"""How long to wait for a foreign program; ours queue at `journal.lock`."""

CHECKPOINT_PAGES = 1_000
"""
The WAL goes into the database when it has so many pages of 4 KiB.

More is slower for single appends: a commit into a WAL that still grows takes twice as long.
"""

SHARED_MEMORY_BYTES = 128 * 1024
"""What SQLite needs at least for the files beside a database in WAL mode."""

_NO_ROOM = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN)

EXCERPT = "excerpt"
"""A name in `meta` that an excerpt has and a journal never."""

SELECT_HEAD = "SELECT position, hash, at FROM events ORDER BY position DESC LIMIT 1"


class Identity(Struct, frozen=True):
    """What the table `meta` says."""

    format: int
    uuid: str
    created: str
    excerpt: bool = False
    """True: made from another journal, of which some payloads are withheld; it only can be read."""

    @property
    def genesis(self) -> Head:
        """The head of the journal while it was empty."""
        return Head(0, genesis(self.uuid, self.format), self.created)


def beside(path: Path, ending: str) -> Path:
    """Return the path of a companion file: `journal.db` -> `journal.<ending>`."""
    return path.with_suffix(f".{ending}")


def wal_of(path: Path) -> Path:
    """Return the path of the write-ahead log."""
    return path.with_name(path.name + "-wal")


def connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """
    Open an existing database; transactions are begun by hand.

    A read-only one never writes, not even a checkpoint. On a medium that cannot be written it is
    read as it is, which is right only as long as nobody else writes.
    """
    if not readonly:
        return _connect(path, "mode=rw")
    connection = _connect(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        wal = wal_of(path)
        if wal.exists() and wal.stat().st_size:
            msg = f"{path} has a WAL that cannot be read without writing"
            raise CannotOpen(msg, "Make its folder writable, or copy it elsewhere.") from error
        connection = _connect(path, "mode=ro&immutable=1")
    except sqlite3.DatabaseError:
        pass  # damaged, or no database: whoever reads will say so
    return connection


def prepare_writer(connection: sqlite3.Connection) -> None:
    """
    Set what the one writing connection of a process needs.

    Its automatic checkpoints happen inside COMMIT and so under `journal.lock`; every other
    connection makes none. (SQLite before 3.51.3 can lose commits when two connections checkpoint.)
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cache_size = -16384")


def explain(error: sqlite3.Error, path: Path) -> JournalError:
    """Return what an error of SQLite means for a journal."""
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF
    if kind == sqlite3.SQLITE_BUSY:
        return JournalBusy(f"another program holds {path}")
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return JournalDamaged(f"{path} is damaged: {error}")
    if code is None and "decode" in str(error):  # a text that is no UTF-8 any more
        return JournalDamaged(f"{path} is damaged: {error}")
    return JournalError(f"{path}: {error}", "Check the disk and who owns the file and its folder.")


def identify(connection: sqlite3.Connection, path: Path) -> Identity:
    """
    Return who the journal is.

    Raises:
        NotAJournal: the file is something else.
        JournalTooNew: its format is newer than `FORMAT`.
        JournalDamaged: SQLite cannot read it.
        DiskLow: SQLite cannot open it, since the disk has no room for its shared memory.
    """
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION_ID:
            msg = f"{path} is no journal"
            raise NotAJournal(msg)
        meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        found = Identity(int(meta["format"]), meta["uuid"], meta["created"], EXCERPT in meta)
    except (sqlite3.DatabaseError, KeyError, ValueError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
            msg = f"{path} is no SQLite database"
            raise NotAJournal(msg) from error
        refuse_full_disk(error, path)
        msg = f"{path} cannot be read: {error}"
        raise JournalDamaged(msg) from error
    if found.format > FORMAT:
        msg = f"{path} has format {found.format}, this version knows {FORMAT}"
        raise JournalTooNew(msg)
    return found


def refuse_full_disk(error: Exception, path: Path) -> None:
    """Raise DiskLow where SQLite failed since the files beside a database have no room."""
    free = free_bytes(path.parent)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM and free < SHARED_MEMORY_BYTES:
        raise DiskLow(free, SHARED_MEMORY_BYTES) from error


def identity_of(path: Path) -> Identity:
    """Return who the journal at this path is. Raises like `identify`."""
    with closing(connect(path, readonly=True)) as connection:
        return identify(connection, path)


def find(path: Path, *, create: bool, created: str) -> None:
    """
    Make sure that there is a file at `path` on a local disk.

    Raises:
        JournalMissing: there is none and `create` is false, or one was here and is gone.
        NetworkFileSystem: the disk is not local.
    """
    kind = network_file_system(path.parent)
    if kind:
        msg = f"{path.parent} lies on a network file system ({kind})"
        raise NetworkFileSystem(msg)
    if path.exists():
        return
    if not create:
        _refuse_over_remains(path)
        msg = f"there is no journal at {path}"
        raise JournalMissing(msg)
    lock = FairLock(beside(path, "lock"))
    try:
        with lock:
            if not path.exists():
                _refuse_over_remains(path)
                create_empty(path, str(uuid.uuid4()), created)
    finally:
        lock.close()


def _refuse_over_remains(path: Path) -> None:
    """A new journal beside what is left of another would hide the loss, or take in its WAL."""
    wal, note = wal_of(path), read_note(beside(path, "head"))
    if note is None and not (wal.exists() and wal.stat().st_size):
        return
    ended = f" at event {note.position}" if note else ""
    msg = f"{path} is gone: there was a journal, which ended{ended}"
    hint = "Restore a backup as journal.db; to begin anew, make a workspace in another folder."
    raise JournalMissing(msg, hint)


def read_head(connection: sqlite3.Connection, identity: Identity) -> Head:
    """Return the last line's position, hash and time."""
    row = connection.execute(SELECT_HEAD).fetchone()
    return Head(*row) if row else identity.genesis


def _connect(path: Path, options: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?{options}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_TIMEOUT_MS / 1000,
        )
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    except sqlite3.OperationalError as error:
        msg = f"{path} cannot be opened: {error}"
        raise CannotOpen(msg, "Check who owns the file and its folder.") from error
    return connection


def create_empty(path: Path, uuid: str, created: str) -> None:
    """Make an empty journal, under another name first, so that there is never half a one."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch()
    with closing(_connect(draft, "mode=rw")) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(creation(uuid, created))
    draft.replace(path)
    sync_folder(path.parent)
