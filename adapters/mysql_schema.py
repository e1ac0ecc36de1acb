"""
The tables on a MySQL server: how they are made, and what is wrong with those that are there.

The published table is the predecessor's `photos_info_revamp`. One that exists is used as it is,
whatever its types, collation and further columns, as long as it can hold what records say. Beside
it stand two tables of ours: who a record belongs to, and how far the journal of each workspace had
come.
"""

from typing import Any

import msgspec

from adapters.judging import COLUMNS, KEY
from adapters.mysql_server import Connection
from machine.naming import MAX_LENGTH
from machine.values import Record

OWNER_TABLE = "photojournal_owner"
WORKSPACE_TABLE = "photojournal_workspace"

_KEY_CHARACTERS = 191
"""764 bytes in utf8mb4: the longest key that every InnoDB can index."""
_TYPES: dict[object, str] = {
    str: "TEXT NOT NULL",
    str | None: "TEXT",
    int | None: "BIGINT",
    float | None: "DOUBLE",
}
_FIELDS = {field.encode_name: field.type for field in msgspec.structs.fields(Record)}
_OPTIONS = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
_OURS = (
    f"""
    CREATE TABLE IF NOT EXISTS {OWNER_TABLE} (
        file_name VARCHAR({_KEY_CHARACTERS}) NOT NULL PRIMARY KEY,
        workspace VARCHAR(64) NOT NULL, row_id BIGINT NOT NULL,
        digest CHAR(64) NOT NULL, `position` BIGINT NOT NULL
    ) {_OPTIONS}
    """,
    f"""
    CREATE TABLE IF NOT EXISTS {WORKSPACE_TABLE} (
        workspace VARCHAR(64) NOT NULL PRIMARY KEY,
        `position` BIGINT NOT NULL, hash CHAR(64) NOT NULL
    ) {_OPTIONS}
    """,
)
_SURVEY = """
    SELECT t.TABLE_NAME, t.ENGINE, e.TRANSACTIONS
    FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
    WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME IN %s
"""
_DESCRIBE = """
    SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, CHARACTER_SET_NAME, NUMERIC_SCALE,
        IS_NULLABLE, COLUMN_DEFAULT, EXTRA
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s
"""
_UNIQUE = """
    SELECT COUNT(*) AS parts, MIN(COLUMN_NAME), MAX(SUB_PART IS NOT NULL)
    FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s AND NON_UNIQUE = 0 GROUP BY INDEX_NAME
"""
_TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}
_BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
_DATES = {"datetime", "timestamp"}
_WHOLE = {"mediumint", "int", "bigint"}
_FLOATING = {"float", "double"}
_SCALES = {"QR": 2}
"""Decimals that a score needs; the others have four."""
_CHARACTERS = {
    KEY: MAX_LENGTH,
    "Path": 255,
    "Thumb_Path": 255,
    "Keywords": 255,
    "Caption": 255,
    "alt_text": 255,
    "QC_Status": 10,
    "ISO": 10,
    "Width": 6,
    "Height": 6,
}
"""Characters that a text needs; the others 20."""


class _Column:
    """A column as the server describes it."""

    def __init__(self, name: str, *described: Any) -> None:  # noqa: ANN401  (pymysql's values)
        self.name = name
        self.kind, self.characters, self.charset, self.scale, null, *rest = described
        self.nullable = null == "YES"
        self.default, self.extra = rest


class Tables:
    """Which of the three tables a database has, by name, and with what engines."""

    def __init__(self, connection: Connection, table: str) -> None:
        """Look them up."""
        names = (table, OWNER_TABLE, WORKSPACE_TABLE)
        lines = connection.execute(_SURVEY, (names,))
        found = {line[0].casefold(): line[1:] for line in lines}  # Windows keeps no capitals.
        self.missing = [name for name in names if name.casefold() not in found]
        self._engines = {name: line[0] for name, line in found.items() if line[1] != "YES"}

    @property
    def problems(self) -> list[str]:
        """Return what keeps a record from being put in one transaction, as sentences."""
        missing = [
            f"The table {name} is missing: photojournal doctor --create-table."
            for name in self.missing
        ]
        engines = [
            f"The table {name} cannot roll back ({engine or 'a view'}): it has to be InnoDB."
            for name, engine in self._engines.items()
        ]
        return missing + engines


def quoted(name: str) -> str:
    """Return a name for a statement whose values are bound."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def create_tables(connection: Connection, table: str) -> None:
    """Make those of the three tables that are missing; on MySQL, each is committed at once."""
    columns = ", ".join(f"{quoted(name)} {_definition(name)}" for name in COLUMNS)
    connection.execute(
        f"""
        CREATE TABLE IF NOT EXISTS {quoted(table)}
            (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, {columns}) {_OPTIONS}
        """
    )
    for statement in _OURS:
        connection.execute(statement)


def _definition(name: str) -> str:
    if name == KEY:
        return f"VARCHAR({_KEY_CHARACTERS}) NOT NULL UNIQUE"
    return _TYPES[_FIELDS[name]]


def problems_of(connection: Connection, table: str) -> list[str]:
    """Return what is wrong with the columns of the published table, as sentences."""
    lines = connection.execute(_DESCRIBE, (table,))
    columns = {line[0]: _Column(*line) for line in lines}
    problems = [f"The column {name} is missing." for name in COLUMNS if name not in columns]
    for name, column in columns.items():
        if name in _FIELDS:
            problems += _unfit(column)
        elif not column.nullable and column.default is None and not column.extra:
            problems.append(f"The column {name} has no default, and records do not fill it.")
    if not any(line == (1, KEY, 0) for line in connection.execute(_UNIQUE, (table,))):
        problems.append(f"The column {KEY} is not UNIQUE.")
    return problems


def _unfit(column: _Column) -> list[str]:
    name, wanted, kind, size = column.name, _FIELDS[column.name], column.kind, column.characters
    needed, problems = _CHARACTERS.get(name, 20), list[str]()
    if not _fits(column):
        problems.append(f"The column {name} cannot hold what records say: its type is {kind}.")
    if kind in _TEXTS | _BYTES and size is not None and size < needed:
        problems.append(f"The column {name} holds {size} characters; {needed} are needed.")
    if column.charset not in (None, "utf8mb4"):
        problems.append(f"The column {name} is {column.charset}, not utf8mb4: it lacks letters.")
    if not column.nullable and wanted is not str:
        problems.append(f"The column {name} has to allow NULL: not every photo says it.")
    return problems


def _fits(column: _Column) -> bool:
    kind, wanted = column.kind, _FIELDS[column.name]
    if wanted in (str, str | None):
        return kind in _TEXTS | _BYTES or (column.name == "DateTime" and kind in _DATES)
    if wanted == int | None:
        return kind in _WHOLE | _FLOATING | _TEXTS | {"decimal"}
    exact = kind == "decimal" and (column.scale or 0) >= _SCALES.get(column.name, 4)
    return exact or kind in _FLOATING | _TEXTS
