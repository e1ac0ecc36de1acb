"""
Reading what the predecessor kept: `review.db` and `used_filenames.json`. Nothing there is changed.

A file that cannot be read, or that says something else than it should, stops everything: an empty
list of names would give old names to new photos. Single rows that make no sense come back as
malformed.
"""

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from driver.errors import Misused
from machine.text import sound
from machine.values import Labels, Text

NEEDED = (
    "id",
    "Folder",
    "File_Name",
    "Path",
    "Keywords",
    "Caption",
    "alt_text",
    "Location",
    "Subject",
    "Review_Status",
    "Original_File_Name",
)
"""Columns of `review_queue` without which a row means nothing; others may be missing."""
METRICS = (
    "nima_score",
    "blur_score",
    "brightness_score",
    "contrast_score",
    "brisque_score",
    "clip_aesthetic_score",
)
_BUSY_TIMEOUT_S = 2.0
_WAL = 2
"""What stands in byte 18 of a database that uses a write-ahead log."""
_BACKUPS = "the predecessor kept copies beside it (.bak_...); give the newest that is whole"


class OldRow(Struct, frozen=True, kw_only=True):
    """A row of the predecessor's queue, as it stands there."""

    id: int
    status: str
    """Review_Status."""
    file_name: str
    path: str
    original_name: str
    labels: Labels
    text: Text
    date_time: str
    scores: dict[str, float]
    """By metric, those that are there."""
    qr: float | None
    qc_status: str
    decision: str
    """`manual_decision` of `metadata_quality`; empty: nothing is known."""

    @property
    def malformed(self) -> str:
        """Return what the row lacks; empty: it can be worked with."""
        named = self.file_name or self.original_name or self.path
        return "" if named else "it has neither a file name nor a path"


def read_queue(path: Path) -> list[OldRow]:
    """
    Return the rows of a `review.db` by id.

    Raises:
        Misused: there is no such file, or it is not the predecessor's.
    """
    if not path.is_file():
        msg = f"there is no file {path}"
        raise Misused(msg, "--review-db names the predecessor's data/review.db")
    try:
        with _opened(path) as db:
            _check_shape(path, db)
            decisions = _decisions(db)
            found = db.execute("SELECT rowid AS rowid_, * FROM review_queue ORDER BY 1")
            rows = [_row(dict(line), decisions) for line in found]
    except (sqlite3.Error, OSError) as error:
        msg = f"{path} cannot be read: {error}"
        raise Misused(msg, "close the predecessor, or give a whole copy of its file") from error
    if len({row.id for row in rows}) < len(rows):
        msg = f"{path} has several rows with one id"
        raise Misused(msg, "it is not the predecessor's own table; give its data/review.db")
    return rows


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading; one that is in use, or may be written to by that, as a copy."""
    if not _plain(path):
        with _copied(path) as copy, _connected(copy) as db:
            yield db
        return
    with _connected(path) as db:
        try:
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            locked = False
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            locked = True
        if not locked:
            yield db
            return
    with _copied(path) as copy, _connected(copy) as db:
        yield db


def _plain(path: Path) -> bool:
    """Tell whether reading leaves the folder as it is: no log beside it, and none is wanted."""
    with path.open("rb") as file:
        header = file.read(20)
    beside = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-journal"))
    return header[18:19] != bytes([_WAL]) and not any(one.exists() for one in beside)


@contextlib.contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Copy a database with its logs; a copy that was torn by a writer is refused."""
    with tempfile.TemporaryDirectory(prefix="photojournal-") as folder:
        copy = Path(folder) / "review.db"
        for end in ("", "-wal", "-journal"):
            part = path.with_name(f"{path.name}{end}")
            if part.exists():
                shutil.copyfile(part, f"{copy}{end}")
        with contextlib.closing(sqlite3.connect(copy)) as db:
            told = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if told != "ok":
            msg = f"{path} is in use, and its copy is not whole: {told}"
            raise Misused(msg, "close the predecessor, then repeat the command")
        yield copy


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_S)) as db:
        db.row_factory = sqlite3.Row
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield db


def _check_shape(path: Path, db: sqlite3.Connection) -> None:
    """Raise Misused unless the file holds the predecessor's queue."""
    there = _columns(db, "review_queue")
    if {"sha256", "last_position"} <= there:
        msg = f"{path} is the queue of a photojournal workspace, not the predecessor's"
        raise Misused(msg, "--review-db names the predecessor's data/review.db")
    missing = [name for name in NEEDED if name not in there]
    if missing:
        what = f"its review_queue lacks {', '.join(missing)}" if there else "it has no review_queue"
        msg = f"{path} is not the predecessor's review.db: {what}"
        raise Misused(msg, "open the predecessor once, which mends its own table, and close it")


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {line["name"] for line in db.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _decisions(db: sqlite3.Connection) -> dict[str, str]:
    """Return what a person decided about texts, by file name, where that was kept."""
    if not {"revamp_File_Name", "manual_decision"} <= _columns(db, "metadata_quality"):
        return {}
    found = db.execute("SELECT revamp_File_Name, manual_decision FROM metadata_quality")
    return {_text(name): _text(decision) for name, decision in found}


def _row(line: Mapping[str, Any], decisions: Mapping[str, str]) -> OldRow:
    said = {name: _text(line.get(name)) for name in line}
    labels = Labels(category=said["Folder"], subject=said["Subject"], location=said["Location"])
    words = tuple(word for part in said["Keywords"].split(",") if (word := part.strip()))
    numbers = {name: _number(line.get(name)) for name in METRICS}
    return OldRow(
        id=line["id"] if isinstance(line["id"], int) else line["rowid_"],
        status=said["Review_Status"],
        file_name=said["File_Name"],
        path=said["Path"],
        original_name=said["Original_File_Name"],
        labels=labels,
        text=Text(caption=said["Caption"], alt_text=said["alt_text"], keywords=words),
        date_time=said.get("DateTime", ""),
        scores={name: value for name, value in numbers.items() if value is not None},
        qr=_number(line.get("QR")),
        qc_status=said.get("QC_Status", ""),
        decision=decisions.get(said["File_Name"], ""),
    )


def _text(value: object) -> str:
    """Return what a column says; nothing for NULL and for bytes."""
    known = isinstance(value, str | int | float)
    return sound(str(value)).strip() if known else ""


def _number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < float("inf") else None


def read_names(path: Path) -> list[str]:
    """
    Return the file names of a `used_filenames.json`: a list, or in older ones an object.

    Of an object, the values that are lists hold the names, else its keys are names.

    Raises:
        Misused: there is no such file, or it is not whole.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read as a list of names: {error}"
        raise Misused(msg, _BACKUPS) from error
    if isinstance(found, dict):
        lists = [one for one in found.values() if isinstance(one, list)]
        found = [name for one in lists for name in one] if lists else list(found)
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        msg = f"{path} is no list of names"
        raise Misused(msg, _BACKUPS)
    return [sound(name) for name in found if name.strip()]
