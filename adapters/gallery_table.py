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
from adapters.judging import (
    COLUMNS,
    KEY,
    NOBODY,
    Judged,
    judge_put,
    judge_removal,
    normal,
    published,
)
from adapters.ports import Mark, PublishedRecord
from journal.crashpoints import point
from machine.digests import record_digest
from machine.values import Record, Step

FILE_NAME = "photos_info.db"
_BUSY_TIMEOUT_S = 10.0
_PAGE = 500
"""Rows that are read at a time."""
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


def _column(field: msgspec.structs.FieldInfo) -> str:
    kinds = {str: "TEXT NOT NULL", str | None: "TEXT", int | None: "INTEGER", float | None: "REAL"}
    unique = " UNIQUE" if field.encode_name == KEY else ""
    return f'"{field.encode_name}" {kinds[field.type]}{unique}'


_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_MARKS = ", ".join("?" * len(COLUMNS))
_NEW = ", ".join(f'"{name}" = excluded."{name}"' for name in COLUMNS if name != KEY)
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
_SELECT_OWNER = "SELECT workspace, row_id, digest FROM photos_info_owner WHERE File_Name = ?"
_UPSERT_OWNER = """
    INSERT INTO photos_info_owner (File_Name, workspace, row_id, digest) VALUES (?, ?, ?, ?)
    ON CONFLICT (File_Name) DO UPDATE SET workspace = excluded.workspace, row_id = excluded.row_id,
        digest = excluded.digest
"""
_DELETE_OWNER = """
    DELETE FROM photos_info_owner WHERE File_Name = ? AND workspace = ? AND row_id = ?
"""
_SELECT_MARK = "SELECT position, hash FROM photos_info_workspace WHERE workspace = ?"
_REPLACE_MARK = """
    INSERT INTO photos_info_workspace (workspace, position, hash) VALUES (?, ?, ?)
    ON CONFLICT (workspace) DO UPDATE SET position = excluded.position, hash = excluded.hash
"""
_UPSERT_MARK = f"{_REPLACE_MARK} WHERE excluded.position > position"


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
        wanted = record_digest(normal(record))
        with self._open("put the record") as connection, _transaction(connection, "put_record"):
            _make_tables(connection)
            there = _standing(connection, step.target)
            claim = (self.workspace, row)
            judged = judge_put(there, claim, wanted=wanted, expected=step.expected)
            if judged[0] == "changed":
                return judged
            if judged[0] == "done":
                values = msgspec.to_builtins(record)
                connection.execute(_UPSERT, [values[name] for name in COLUMNS])
            connection.execute(_UPSERT_OWNER, (step.target, self.workspace, row, wanted))
            self._leave(connection, mark)
        self._read_back(step.target, wanted)
        return judged

    def remove(self, step: Step, *, row: int, mark: Mark) -> Judged:
        """Delete the row if it is `row`'s and still the expected one."""
        if not self.path.exists():
            return "already", ""
        with (
            self._open("remove the record") as connection,
            _transaction(connection, "remove_record"),
        ):
            there = _standing(connection, step.target)
            judged = judge_removal(there, (self.workspace, row), expected=step.expected)
            if judged[0] == "changed":
                return judged
            _make_tables(connection)
            if judged[0] == "done":
                connection.execute(_DELETE, (step.target,))
            connection.execute(_DELETE_OWNER, (step.target, self.workspace, row))
            self._leave(connection, mark)
        self._read_back(step.target, "")
        return judged

    def probe(self, record: Record) -> None:
        """Insert a row and roll it back. Raises AdapterError."""
        with self._open("try the published table") as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _make_tables(connection)
                values = msgspec.to_builtins(record)
                connection.execute(_UPSERT, [values[name] for name in COLUMNS])
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

    def accept(self, mark: Mark) -> None:
        """Leave `mark`, whatever was left before."""
        with self._open("note the workspace") as connection, _transaction(connection, "accept"):
            _make_tables(connection)
            connection.execute(_REPLACE_MARK, (self.workspace, mark.position, mark.hash))

    def records(self) -> Iterator[PublishedRecord]:
        """Yield every row, in the order of File_Name; nothing is held open in between."""
        page = self._page()
        while page:
            yield from page
            page = self._page(after=page[-1].key)

    def vacuum(self) -> None:
        """Write the file anew, so that no page holds what was removed from it."""
        if self.path.exists():
            with self._open("write the table anew") as connection:
                connection.execute("VACUUM")

    def _page(self, after: str | None = None) -> list[PublishedRecord]:
        if not self.path.exists():
            return []
        beyond, bound = ("", ()) if after is None else (" WHERE File_Name > ?", (after,))
        with self._open("read the records") as connection:
            if not _has(connection, "photos_info"):
                return []
            query = f"{_SELECT_ALL}{beyond} ORDER BY File_Name LIMIT {_PAGE}"
            return [_published(connection, values) for values in connection.execute(query, bound)]

    def _leave(self, connection: sqlite3.Connection, mark: Mark) -> None:
        connection.execute(_UPSERT_MARK, (self.workspace, mark.position, mark.hash))

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
                connection.execute("PRAGMA secure_delete = ON")
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
    row: dict[str, Any] = dict(zip(COLUMNS, values, strict=True))
    owned = _has(connection, "photos_info_owner")
    owner = connection.execute(_SELECT_OWNER, (row[KEY],)).fetchone() if owned else None
    return published(row, owner or NOBODY)


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
