"""
Looking: queries on the read model, live or as of an earlier position.

The same questions can be asked of `data/review.db` and of a moment in the past; whoever shows a
queue need not know which of the two it has.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from machine.naming import name_key

MAX_VALUES = 500
"""Values bound in one query. Source: SQLite's limit is 999 in old builds."""


class FoundName(Struct, frozen=True):
    """A row that bears a name, or bore it."""

    row: int
    name: str
    kind: str
    """`current`, `former` or `original`."""


class Reader:
    """Queries over the tables of the projections. For all threads of a process."""

    def __init__(self, db: sqlite3.Connection, position: int = 0) -> None:
        """Ask `db`; `position` is what a moment in the past stands at."""
        self._db = db
        self._lock = threading.RLock()
        self._position = position

    @property
    def position(self) -> int:
        """The position that the queue stands at."""
        return self._position

    def query(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Return the lines of any SELECT as dicts, keyed by column."""
        with self._lock:
            cursor = self._db.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]

    def queue(self, rows: Iterable[int] | None = None) -> list[dict[str, Any]]:
        """Return the lines of `review_queue`, all or those of `rows`, by id."""
        if rows is None:
            return self.query("SELECT * FROM review_queue ORDER BY id")
        wanted, found = sorted(set(rows)), list[dict[str, Any]]()
        for begin in range(0, len(wanted), MAX_VALUES):
            some = wanted[begin : begin + MAX_VALUES]
            marks = ", ".join("?" * len(some))
            found += self.query(
                f"SELECT * FROM review_queue WHERE id IN ({marks}) ORDER BY id", some
            )
        return found

    def line(self, row: int) -> dict[str, Any] | None:
        """Return one line of `review_queue`; None where there is no such row."""
        return next(iter(self.queue([row])), None)

    def find(self, name: str) -> list[FoundName]:
        """
        Return the rows that bear a name, or bore it: as File_Name, or as the original's name.

        With or without its extension; case and Unicode form do not matter. The names of today come
        first; each row is named once.
        """
        key = name_key(name)
        sql = (
            "SELECT row, name, kind FROM row_names WHERE name_key = ?"
            " UNION SELECT row, name, kind FROM row_names WHERE name_key > ? AND name_key < ?"
        )
        # "/" is the character behind ".": the range holds the names that go on with a dot.
        lines = self.query(sql, (key, f"{key}.", f"{key}/"))
        order = ("current", "former", "original")
        lines.sort(key=lambda line: (order.index(line["kind"]), line["row"], line["name"]))
        found: dict[int, FoundName] = {}
        for line in lines:
            found.setdefault(line["row"], FoundName(**line))
        return list(found.values())

    def photos_info(self) -> list[dict[str, Any]]:
        """Return the mirror of what is published, by id."""
        return self.query("SELECT * FROM photos_info ORDER BY id")

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs, the newest first."""
        return self.query("SELECT * FROM runs ORDER BY first_position DESC")

    def sets(self) -> list[dict[str, Any]]:
        """Return the sets, the newest first, with the number of their rows by Review_Status."""
        counts: dict[str, dict[str, int]] = {}
        grouped = (
            "SELECT set_id, Review_Status, count(*) AS rows FROM review_queue"
            " GROUP BY set_id, Review_Status ORDER BY Review_Status"
        )
        for line in self.query(grouped):
            counts.setdefault(line["set_id"], {})[line["Review_Status"]] = line["rows"]
        found = self.query("SELECT * FROM sets ORDER BY created_at DESC, set_id DESC")
        for line in found:
            by_status = counts.get(line["set_id"], {})
            line["rows"], line["by_status"] = sum(by_status.values()), by_status
        return found

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
