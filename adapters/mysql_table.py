"""
The published table on a MySQL or MariaDB server: the predecessor's `photos_info_revamp`.

Every change is one transaction: the row is locked, judged, written, read back, and only then
committed. So what the table cannot hold (a text cut off, a score rounded) is found before anybody
sees it and refused with the column's name. Where the answer to a COMMIT is lost, the table is asked
on a new connection whether it was done; nothing is assumed.

- File_Names are compared as bytes. A collation that takes `A.jpg` for `a.jpg` never makes one
  overwrite the other: the row that stands there is somebody else's.
- Scores are compared as numbers, as the server prints them. FLOAT gives back six significant
  digits and records have four decimals below 10, so that FLOAT, DOUBLE and DECIMAL with four
  decimals (two for QR) lose nothing; a narrower column is refused.
- Tables are made by `create` alone: on MySQL, making one commits whatever is open.

A connection that was closed meanwhile is opened again by the next call. Not for two threads.
"""

import contextlib
import random
import reprlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from adapters.errors import AdapterError
from adapters.judging import (
    COLUMNS,
    KEY,
    NOBODY,
    Judged,
    Owner,
    judge_put,
    judge_removal,
    normal,
    published,
)
from adapters.mysql_schema import (
    OWNER_TABLE,
    WORKSPACE_TABLE,
    Tables,
    create_tables,
    problems_of,
    quoted,
)
from adapters.mysql_server import Connection, MysqlError, MysqlServer
from adapters.ports import Mark, PublishedRecord
from journal.crashpoints import point
from machine.digests import record_digest
from machine.values import Record, Step

TRIES = 4
"""Of one transaction, while others are at the same rows or the answer to its COMMIT was lost."""
PAUSE_S = 0.05
"""Before the second try at most; twice as long before each further one."""
_PAGE = 200
"""Rows that are read at a time."""

Values = Mapping[str, Any]
Change = Callable[[Connection], Judged]

_KINDS = {field.encode_name: field.type for field in msgspec.structs.fields(Record)}
_NUMBERS: dict[object, type[int | float]] = {int | None: int, float | None: float}
_NAMES = ", ".join(quoted(name) for name in COLUMNS)
_MARKS = ", ".join(["%s"] * len(COLUMNS))
_NEW = ", ".join(f"{quoted(name)} = %s" for name in COLUMNS)
# Names come from constants and the settings, quoted; values are bound.
_SELECT_OWNERS = (
    f"SELECT file_name, workspace, row_id, digest FROM {OWNER_TABLE} WHERE file_name IN %s"  # noqa: S608
)
_LOCK = " FOR UPDATE"
"""Waits for whoever is at the row, and then sees what they committed."""
_UPSERT_OWNER = f"""
    INSERT INTO {OWNER_TABLE} (file_name, workspace, row_id, digest, `position`)
    VALUES (%s, %s, %s, %s, %s)
    ON DUPLICATE KEY UPDATE workspace = VALUES(workspace), row_id = VALUES(row_id),
        digest = VALUES(digest), `position` = VALUES(`position`)
"""  # noqa: S608
_DELETE_OWNER = f"""
    DELETE FROM {OWNER_TABLE} WHERE file_name = %s AND workspace = %s AND row_id = %s
"""  # noqa: S608
_SELECT_MARK = f"SELECT `position`, hash FROM {WORKSPACE_TABLE} WHERE workspace = %s"  # noqa: S608
# Assignments happen from left to right: `hash` is judged by the position that was there before.
_UPSERT_MARK = f"""
    INSERT INTO {WORKSPACE_TABLE} (workspace, `position`, hash) VALUES (%s, %s, %s)
    ON DUPLICATE KEY UPDATE hash = IF(VALUES(`position`) > `position`, VALUES(hash), hash),
        `position` = GREATEST(`position`, VALUES(`position`))
"""  # noqa: S608


_TRY_MARK = f"""
    INSERT INTO {WORKSPACE_TABLE} (workspace, `position`, hash)
    SELECT '', 0, '' FROM DUAL WHERE 1 = 0
    ON DUPLICATE KEY UPDATE hash = VALUES(hash)
"""  # noqa: S608
"""Needs the rights of the one before, changes nothing, and waits for nobody's lock."""

_REPLACE_MARK = f"REPLACE INTO {WORKSPACE_TABLE} (workspace, `position`, hash) VALUES (%s, %s, %s)"  # noqa: S608


class MysqlTable:
    """
    The table that `server` names; `workspace` is who writes here.

    Its methods raise `AdapterError`: `PublishUnreachable`, `PublishRefused` (the login, the
    access, a table that is missing or cannot roll back), `RemoteFull`, or `PublishFailed`.
    """

    def __init__(self, server: MysqlServer, *, workspace: str) -> None:
        """Connect to nothing yet."""
        self.server = server
        self.workspace = workspace
        self._connection: Connection | None = None
        self._tables: Tables | None = None
        table = quoted(server.table)
        self._all = f"SELECT {_NAMES} FROM {table} WHERE {KEY}"  # noqa: S608
        self._names = f"SELECT {KEY} FROM {table} WHERE {KEY} IS NOT NULL"  # noqa: S608
        self._insert = f"INSERT INTO {table} ({_NAMES}) VALUES ({_MARKS})"  # noqa: S608
        self._update = f"UPDATE {table} SET {_NEW} WHERE {KEY} = %s"  # noqa: S608
        self._delete = f"DELETE FROM {table} WHERE {KEY} = %s"  # noqa: S608

    def close(self) -> None:
        """Close the connection, if there is one; the next call opens another."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def create(self) -> None:
        """Make the tables that are missing."""
        with self._reading() as connection:
            create_tables(connection, self.server.table)

    def problems(self) -> list[str]:
        """Return what is wrong with the tables, as sentences; empty: records can be put."""
        with self._reading() as connection:
            tables = Tables(connection, self.server.table)
            if self.server.table in tables.missing:
                return tables.problems
            return tables.problems + problems_of(connection, self.server.table)

    def look(self, key: str) -> PublishedRecord | None:
        """Return the row under `key` as it stands; None without one."""
        with self._reading() as connection:
            return self._standing(connection, self._alike(connection, key), key)

    def records(self) -> Iterator[PublishedRecord]:
        """Yield every row, in the order of File_Name as bytes; nothing is held open in between."""
        with self._reading() as connection:
            names = sorted({_plain(KEY, line[0]) for line in connection.execute(self._names)})
        for start in range(0, len(names), _PAGE):
            page = names[start : start + _PAGE]
            with self._reading() as connection:
                lines = connection.execute(f"{self._all} IN %s", (page,))
                rows = [row for row in map(_row, lines) if row[KEY] in page]
                owners = self._owners(connection, page)
            for row in sorted(rows, key=lambda row: str(row[KEY])):
                yield published(row, owners.get(row[KEY], NOBODY))

    def mark(self) -> Mark | None:
        """Return the latest mark that this workspace left; None without one."""
        with self._reading() as connection:
            if WORKSPACE_TABLE in self._surveyed(connection).missing:
                return None
            found = connection.execute(_SELECT_MARK, (self.workspace,))
        return Mark(position=found[0][0], hash=found[0][1]) if found else None

    def put(self, step: Step, *, row: int, mark: Mark) -> Judged:
        """Insert or replace the row, unless one stands there that is not ours as expected."""
        record = step.record
        assert record is not None
        assert record.file_name == step.target
        try:
            wanted = record_digest(normal(record))
        except UnicodeEncodeError:
            return "impossible", "a text holds what is not Unicode"

        def change(connection: Connection) -> Judged:
            rows = self._alike(connection, step.target, locked=True)
            there = self._standing(connection, rows, step.target, locked=True)
            judged = judge_put(there, (self.workspace, row), wanted=wanted, expected=step.expected)
            judged = _clash(rows, step.target) or judged
            if judged[0] == "done":
                self._write(connection, record, new=there is None)
                lost = self._lost(connection, record)
                judged = ("impossible", lost) if lost else judged
            if judged[0] in ("done", "already"):
                claim = (step.target, self.workspace, row, wanted, mark.position)
                connection.execute(_UPSERT_OWNER, claim)
                connection.execute(_UPSERT_MARK, (self.workspace, mark.position, mark.hash))
            return judged

        return self._change("put_record", change)

    def remove(self, step: Step, *, row: int, mark: Mark) -> Judged:
        """Delete the row if it is `row`'s and still the expected one."""

        def change(connection: Connection) -> Judged:
            rows = self._alike(connection, step.target, locked=True)
            there = self._standing(connection, rows, step.target, locked=True)
            judged = judge_removal(there, (self.workspace, row), expected=step.expected)
            if judged[0] == "done":
                judged = _clash(rows, step.target) or judged
            if judged[0] == "done":
                connection.execute(self._delete, (step.target,))
                if self._alike(connection, step.target):
                    return "impossible", "the record still stands there after it was deleted"
            if judged[0] in ("done", "already"):
                connection.execute(_DELETE_OWNER, (step.target, self.workspace, row))
                connection.execute(_UPSERT_MARK, (self.workspace, mark.position, mark.hash))
            return judged

        return self._change("remove_record", change)

    def accept(self, mark: Mark) -> None:
        """Leave `mark`, whatever was left before."""

        def change(connection: Connection) -> Judged:
            connection.execute(_REPLACE_MARK, (self.workspace, mark.position, mark.hash))
            return "done", ""

        self._change("accept", change)

    def probe(self, record: Record) -> None:
        """
        Insert a row, read it back, change and delete it, and roll it all back.

        So an account that lacks a right is found before a row needs it. Raises AdapterError.
        """
        with self._reading() as connection:
            self._require(connection)
            self._write(connection, record, new=True)
            connection.execute(_UPSERT_OWNER, (record.file_name, self.workspace, 0, "", 0))
            lost = self._lost(connection, record)
            self._write(connection, record, new=False)
            connection.execute(self._delete, (record.file_name,))
            connection.execute(_DELETE_OWNER, (record.file_name, self.workspace, 0))
            connection.execute(_TRY_MARK)
        if lost:
            raise AdapterError("PublishRefused", lost)

    # --- transactions

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give a connection that is alive; what is done with it is rolled back."""
        connection = self._alive()
        try:
            yield connection
        finally:
            connection.roll_back()

    def _alive(self) -> Connection:
        if self._connection and not self._connection.is_alive:
            self.close()
        if self._connection is None:
            self._connection, self._tables = Connection(self.server), None
        return self._connection

    def _change(self, name: str, change: Change) -> Judged:
        """Do a transaction, again where others were in the way or nobody knows how it ended."""
        unknown = False
        for attempt in range(1, TRIES + 1):
            try:
                judged = self._try(name, change)
            except _Unheard as unheard:
                unknown, error = True, unheard.error
            except MysqlError as failure:
                if not failure.contended:
                    return _verdict(failure)
                error = failure
            else:
                ours = unknown and judged[0] == "already"
                return ("done", "") if ours else judged
            if attempt == TRIES:
                raise error
            time.sleep(PAUSE_S * 2 ** (attempt - 1) * random.random())  # noqa: S311
        raise AssertionError

    def _try(self, name: str, change: Change) -> Judged:
        point(f"gallery.{name}.before_begin")
        with self._reading() as connection:
            self._require(connection)
            judged = change(connection)
            if judged[0] not in ("done", "already"):
                return judged
            point(f"gallery.{name}.before_commit")
            try:
                connection.commit()
            except MysqlError as error:
                if error.lost:
                    raise _Unheard(error) from error
                raise
        point(f"gallery.{name}.after_commit")
        return judged

    def _surveyed(self, connection: Connection) -> Tables:
        if self._tables is None or self._tables.problems:
            self._tables = Tables(connection, self.server.table)
        return self._tables

    def _require(self, connection: Connection) -> None:
        problems = self._surveyed(connection).problems
        if problems:
            raise AdapterError("PublishRefused", " ".join(problems))

    # --- rows

    def _alike(self, connection: Connection, key: str, *, locked: bool = False) -> list[Values]:
        """Return the rows whose File_Name the table's collation takes for `key`."""
        lines = connection.execute(f"{self._all} = %s" + _LOCK * locked, (key,))
        return [_row(line) for line in lines]

    def _standing(
        self, connection: Connection, rows: list[Values], key: str, *, locked: bool = False
    ) -> PublishedRecord | None:
        row = next((row for row in rows if row[KEY] == key), None)
        if row is None:
            return None
        owners = self._owners(connection, [key], locked=locked)
        return published(row, owners.get(key, NOBODY))

    def _owners(
        self, connection: Connection, keys: list[str], *, locked: bool = False
    ) -> dict[str, Owner]:
        if OWNER_TABLE in self._surveyed(connection).missing:
            return {}
        lines = connection.execute(_SELECT_OWNERS + _LOCK * locked, (keys,))
        return {line[0]: line[1:] for line in lines}

    def _write(self, connection: Connection, record: Record, *, new: bool) -> None:
        named = msgspec.to_builtins(record)
        values = [named[name] for name in COLUMNS]
        if new:
            connection.execute(self._insert, values)
        else:
            connection.execute(self._update, [*values, record.file_name])

    def _lost(self, connection: Connection, record: Record) -> str:
        """Return what the table did not keep of a record that was just written; empty: nothing."""
        rows = self._alike(connection, record.file_name)
        there = next((row for row in rows if row[KEY] == record.file_name), {})
        for name, value in msgspec.to_builtins(normal(record)).items():
            if there.get(name) != value:
                gave = reprlib.repr(there.get(name))
                return f"the column {name} gave back {gave} for {reprlib.repr(value)}"
        return ""


class _Unheard(Exception):
    """The connection was lost while a COMMIT was under way."""

    def __init__(self, error: MysqlError) -> None:
        super().__init__(error.detail)
        self.error = error


def _verdict(failure: MysqlError) -> Judged:
    """Return how a step ended that the server did not take; raise what hits every row."""
    if failure.unfit:
        return "impossible", failure.detail
    if failure.duplicate:
        return "changed", failure.detail
    raise failure


def _clash(rows: list[Values], key: str) -> Judged | None:
    """Return the verdict where the table takes other rows for this one."""
    others = [row[KEY] for row in rows if row[KEY] != key] or [row[KEY] for row in rows[1:]]
    if not others:
        return None
    return "changed", f"a record stands there that the table takes for the same: {others[0]}"


def _row(line: tuple[Any, ...]) -> Values:
    return {name: _plain(name, value) for name, value in zip(COLUMNS, line, strict=True)}


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401  (whatever a column holds)
    """Return a value as a record holds it, where the column's type is another one."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return f"{value:%Y:%m:%d %H:%M:%S}"
    number = _NUMBERS.get(_KINDS[name])
    if number and isinstance(value, Decimal | str):
        with contextlib.suppress(ValueError):
            return number(value)
    if number is float and isinstance(value, int):
        return float(value)
    return value
