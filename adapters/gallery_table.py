"""
The published table of a folder gallery: `photos_info.db`, an SQLite file beside the pictures.

`photos_info` has the 26 published columns of `machine.values.Record` by their names on the wire,
and nothing else but `id`, so that a website reads it as it read the predecessor's. Who a row
belongs to stands in `photos_info_owner`: workspace, row, and the digest of what was written; how
far the journal of each workspace had come, in `photos_info_workspace`.

Every change is one transaction that reads, judges and writes, durable on return (rollback journal,
`synchronous=EXTRA`: with FULL alone a power cut after the commit can bring the old journal file
back, and with it the old row). After the commit the row is read back.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from adapters.errors import AdapterError
from adapters.ports import Mark, PublishedRecord
from journal.crashpoints import point
from machine.digests import digest_of, record_digest
from machine.values import Outcome, Record, Step

FILE_NAME = "photos_info.db"
_BUSY_TIMEOUT_S = 10.0
_COLUMNS = tuple(field.encode_name for field in msgspec.structs.fields(Record))
_KEY = "File_Name"
_REFUSED = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,
}
_UNREACHABLE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_PRIMARY_CODE = 0xFF
"""The low byte of an extended SQLite result code names the kind of failure."""

Judged = tuple[Outcome, str]
"""How a step ended, and the detail."""


def _column(field: msgspec.structs.FieldInfo) -> str:
    kinds = {str: "TEXT NOT NULL", str | None: "TEXT", int | None: "INTEGER", float | None: "REAL"}
    unique = " UNIQUE" if field.encode_name == _KEY else ""
    return f'"{field.encode_name}" {kinds[field.type]}{unique}'


_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_MARKS = ", ".join("?" * len(_COLUMNS))
_NEW = ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS if name != _KEY)
_DEFINITIONS = ", ".join(_column(field) for field in msgspec.structs.fields(Record))
_TABLE = f"CREATE TABLE IF NOT EXISTS photos_info (id INTEGER PRIMARY KEY, {_DEFINITIONS})"
_OWNER_TABLE = """
    CREATE TABLE IF NOT EXISTS photos_info_owner (
        File_Name TEXT PRIMARY KEY NOT NULL, workspace TEXT NOT NULL, row_id INTEGER NOT NULL,
        digest TEXT NOT NULL
    )
"""
_WORKSPACE_TABLE = """
    CREATE TABLE IF NOT EXISTS photos_info_workspace (
        workspace TEXT PRIMARY KEY NOT NULL, position INTEGER NOT NULL, hash TEXT NOT NULL
    )
"""
# Names come from the fields of `Record`, values are bound.
_SELECT_ALL = f"SELECT {_NAMES} FROM photos_info"  # noqa: S608
_SELECT = f"{_SELECT_ALL} WHERE File_Name = ?"
_UPSERT = f"""
    INSERT INTO photos_info ({_NAMES}) VALUES ({_MARKS})
    ON CONFLICT (File_Name) DO UPDATE SET {_NEW}
"""  # noqa: S608
_DELETE = "DELETE FROM photos_info WHERE File_Name = ?"
_SELECT_OWNER = "SELECT workspace, row_id FROM photos_info_owner WHERE File_Name = ?"
_UPSERT_OWNER = """
    INSERT INTO photos_info_owner (File_Name, workspace, row_id, digest) VALUES (?, ?, ?, ?)
    ON CONFLICT (File_Name) DO UPDATE SET workspace = excluded.workspace, row_id = excluded.row_id,
        digest = excluded.digest
"""
_DELETE_OWNER = "DELETE FROM photos_info_owner WHERE File_Name = ?"
_SELECT_MARK = "SELECT position, hash FROM photos_info_workspace WHERE workspace = ?"
_UPSERT_MARK = """
    INSERT INTO photos_info_workspace (workspace, position, hash) VALUES (?, ?, ?)
    ON CONFLICT (workspace) DO UPDATE SET position = excluded.position, hash = excluded.hash
        WHERE excluded.position > position
"""


class Table:
    """The table in one file, made by the first put; `workspace` is who writes here."""

    def __init__(self, path: Path, *, workspace: str) -> None:
        self.path = path
        self.workspace = workspace

    def look(self, key: str) -> PublishedRecord | None:
        """Return the row under `key` as it stands; None without one, or without a table."""
        if not self.path.exists():
            return None
        with self._open("look up the record") as connection:
            return _standing(connection, key)

    def put(self, step: Step, *, row: int, mark: Mark) -> Judged:
        """Insert or replace the row, unless one stands there that is not ours as expected."""
        record = step.record
        assert record is not None
        assert record.file_name == step.target
        wanted = record_digest(_normal(record))
        with self._open("put the record") as connection, _transaction(connection, "put_record"):
            _make_tables(connection)
            there = _standing(connection, step.target)
            judged = self._judge_put(there, row=row, wanted=wanted, expected=step.expected)
            if judged[0] == "changed":
                return judged
            if judged[0] == "done":
                values = msgspec.to_builtins(record)
                connection.execute(_UPSERT, [values[name] for name in _COLUMNS])
            connection.execute(_UPSERT_OWNER, (step.target, self.workspace, row, wanted))
            self._leave(connection, mark)
        self._read_back(step.target, wanted)
        return judged

    def _judge_put(
        self, there: PublishedRecord | None, *, row: int, wanted: str, expected: str
    ) -> Judged:
        if there is None:
            return "done", ""
        if not self._may_touch(there, row):
            return "changed", f"the record belongs to {_owner(there)}"
        if there.digest == wanted:
            return "already", ""
        if there.digest == expected:
            return "done", ""
        return "changed", "the record is not the one that was published"

    def remove(self, step: Step, *, row: int, mark: Mark) -> Judged:
        """Delete the row if it is `row`'s and still the expected one."""
        if not self.path.exists():
            return "already", ""
        with (
            self._open("remove the record") as connection,
            _transaction(connection, "remove_record"),
        ):
            there = _standing(connection, step.target)
            if there is None:
                return "already", ""
            if not self._may_touch(there, row):
                return "changed", f"the record belongs to {_owner(there)}"
            if there.digest != step.expected:
                return "changed", "the record is not the one that was published"
            connection.execute(_DELETE, (step.target,))
            _make_tables(connection)
            connection.execute(_DELETE_OWNER, (step.target,))
            self._leave(connection, mark)
        self._read_back(step.target, "")
        return "done", ""

    def probe(self, record: Record) -> None:
        """Insert a row and roll it back. Raises AdapterError."""
        with self._open("try the published table") as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _make_tables(connection)
                values = msgspec.to_builtins(record)
                connection.execute(_UPSERT, [values[name] for name in _COLUMNS])
            finally:
                connection.execute("ROLLBACK")

    def mark(self) -> Mark | None:
        """Return the latest mark that this workspace left; None without one."""
        if not self.path.exists():
            return None
        with self._open("look up the workspace") as connection:
            known = _has(connection, "photos_info_workspace")
            found = connection.execute(_SELECT_MARK, (self.workspace,)).fetchone() if known else ()
        return Mark(position=found[0], hash=found[1]) if found else None

    def records(self) -> Iterator[PublishedRecord]:
        """Yield every row, in the order of File_Name."""
        if not self.path.exists():
            return
        with self._open("read the records") as connection:
            if _has(connection, "photos_info"):
                for values in connection.execute(f"{_SELECT_ALL} ORDER BY File_Name"):
                    yield _published(connection, values)

    def _leave(self, connection: sqlite3.Connection, mark: Mark) -> None:
        connection.execute(_UPSERT_MARK, (self.workspace, mark.position, mark.hash))

    def _may_touch(self, there: PublishedRecord, row: int) -> bool:
        return not there.workspace or (there.workspace, there.row) == (self.workspace, row)

    def _read_back(self, key: str, wanted: str) -> None:
        there = self.look(key)
        if (there.digest if there else "") != wanted:
            raise AdapterError(
                code="PublishFailed", detail=f"{key}: the table gave back another record"
            )

    @contextlib.contextmanager
    def _open(self, doing: str) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(
                sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA synchronous = EXTRA")
                yield connection
        except sqlite3.Error as error:
            raise _error_of(error, doing) from error


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, name: str) -> Iterator[None]:
    """One transaction; left early or by an error, it is rolled back or was empty."""
    point(f"gallery.{name}.before_begin")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        point(f"gallery.{name}.before_commit")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    point(f"gallery.{name}.after_commit")


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute(_TABLE)
    connection.execute(_OWNER_TABLE)
    connection.execute(_WORKSPACE_TABLE)


def _has(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,))
    return found.fetchone() is not None


def _standing(connection: sqlite3.Connection, key: str) -> PublishedRecord | None:
    """Return the row as it stands, whoever made the tables; None without one."""
    known = _has(connection, "photos_info")
    values = connection.execute(_SELECT, (key,)).fetchone() if known else None
    return None if values is None else _published(connection, values)


def _published(connection: sqlite3.Connection, values: Sequence[Any]) -> PublishedRecord:
    row: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
    try:
        record = msgspec.convert(row, Record)
    except msgspec.ValidationError:
        record = None
    key = str(row[_KEY])
    owned = _has(connection, "photos_info_owner")
    owner = connection.execute(_SELECT_OWNER, (key,)).fetchone() if owned else None
    workspace, number = owner or ("", None)
    return PublishedRecord(
        key=key,
        record=record,
        digest=record_digest(record) if record else digest_of(repr(row)),
        workspace=workspace,
        row=number,
    )


def _normal(record: Record) -> Record:
    """Return the record as it comes back: a score of 7 is stored as 7.0."""
    return msgspec.convert(msgspec.to_builtins(record), Record)


def _owner(there: PublishedRecord) -> str:
    return f"row {there.row} of workspace {there.workspace}"


def _error_of(error: sqlite3.Error, doing: str) -> AdapterError:
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & _PRIMARY_CODE
    code = "PublishFailed"
    if kind == sqlite3.SQLITE_FULL:
        code = "DiskLow"
    elif kind in _REFUSED:
        code = "PublishRefused"
    elif kind in _UNREACHABLE:
        code = "PublishUnreachable"
    return AdapterError(code=code, detail=f"{doing}: {error}")
