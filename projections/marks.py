"""
Where each projection stands: the table `projections` in `data/review.db`, and opening that file.

The file is disposable. It is opened with `synchronous=NORMAL`: after a power cut it may lack the
newest pages, but never half of one, and what is lacking is made again from the journal.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct

from journal import Journal
from projections.tables import Projection

BUSY_TIMEOUT_S = 10.0
"""How long to wait for another program that writes; readers never hold us up."""

READERS_WAIT_MS = 1_000
"""For readers that keep the WAL from being emptied."""

WAL_LEFT_BYTES = 2_000_000
"""The write-ahead log is cut to this when it begins again from its start."""

APPLICATION_ID = 0x706A7276
"""`pjrv`, in the file's header."""

_CREATE = """
CREATE TABLE IF NOT EXISTS projections (
    name       TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,  -- of the projection's rules
    generation INTEGER NOT NULL,  -- how often its tables were built anew
    journal    TEXT NOT NULL,     -- the journal's uuid
    position   INTEGER NOT NULL,  -- the lines are as of here
    hash       BLOB NOT NULL,     -- of that event; empty at 0
    error      TEXT NOT NULL,     -- why it stays behind; empty: it does not
    failed_at  INTEGER NOT NULL   -- the event that it could not take
) STRICT, WITHOUT ROWID
"""


class Mark(Struct, frozen=True):
    """Where a projection stands."""

    name: str
    version: int
    generation: int
    journal: str
    position: int
    hash: bytes
    error: str
    failed_at: int


class Status(Struct, frozen=True):
    """Where a projection stands, for people: `behind` events, and why."""

    name: str
    position: int
    behind: int
    error: str = ""
    failed_at: int = 0


def connect(path: Path) -> sqlite3.Connection:
    """Open the read model, or make an empty one; transactions are begun by hand."""
    db = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
    )
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("PRAGMA secure_delete = FAST")
        db.execute("PRAGMA cache_size = -16384")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA journal_size_limit = {WAL_LEFT_BYTES}")
        if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            db.execute("PRAGMA journal_mode = WAL")
        if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            with transaction(db):
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(_CREATE)
    except BaseException:
        db.close()
        raise
    return db


def emptied(db: sqlite3.Connection) -> bool:
    """Bring the WAL into the database and empty it; False where a reader is still in the way."""
    db.execute(f"PRAGMA busy_timeout = {READERS_WAIT_MS}")
    try:
        return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")


def open_or_replace(path: Path) -> sqlite3.Connection:
    """Open the read model; one that SQLite cannot read, or that is another file, is thrown away."""
    try:
        db = connect(path)
        db.execute("SELECT count(*) FROM projections").fetchone()
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        remove(path)
        return connect(path)
    return db


def remove(path: Path) -> None:
    """Delete the read model and its companions."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


@contextmanager
def transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """Commit what is done inside, or nothing of it."""
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def read_marks(db: sqlite3.Connection) -> dict[str, Mark]:
    """Return where every projection stands."""
    lines = db.execute(
        "SELECT name, version, generation, journal, position, hash, error, failed_at"
        " FROM projections"
    )
    return {line[0]: Mark(*line) for line in lines.fetchall()}


def noted_in(path: Path) -> dict[str, Mark]:
    """Return where every projection stands in a file that is only looked at; none: no such file."""
    if not path.is_file():
        return {}
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return read_marks(db)
    except sqlite3.Error:
        return {}


def write_mark(db: sqlite3.Connection, mark: Mark) -> None:
    """Note where a projection stands."""
    db.execute(
        "INSERT OR REPLACE INTO projections VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            mark.name, mark.version, mark.generation, mark.journal, mark.position, mark.hash,
            mark.error, mark.failed_at,
        ),
    )  # fmt: skip


def hash_at(journal: Journal, position: int) -> bytes:
    """Return the hash of an event; empty at 0 and where there is none."""
    for raw in journal.read_raw(position - 1, position) if position else ():
        return raw.hash
    return b""


def stale(
    marks: dict[str, Mark], projections: Iterable[Projection], journal: Journal
) -> list[Projection]:
    """Return the projections whose lines were not made by these rules from this journal."""
    hashes: dict[int, bytes] = {}
    found: list[Projection] = []
    for projection in projections:
        mark = marks.get(projection.name)
        if mark is None or (mark.version, mark.journal) != (projection.version, journal.uuid):
            found.append(projection)
            continue
        if mark.position not in hashes:
            hashes[mark.position] = hash_at(journal, mark.position)
        if mark.hash != hashes[mark.position]:
            found.append(projection)
    return found


def columns(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Return the names of the columns of a table; none where there is no such table."""
    with closing(db.execute("SELECT name FROM pragma_table_info(?)", (table,))) as cursor:
        return tuple(name for (name,) in cursor.fetchall())
