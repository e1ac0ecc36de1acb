"""
Journals of former versions are read for ever, and their hashes can be computed by anybody.

The recipe is written out here a second time, from the decision record and without our own code.
"""

import hashlib
import re
import shutil
import sqlite3
import struct
from pathlib import Path

import msgspec
import pytest

from journal import Entry, Journal
from journal.codec import Codec
from journal.verify import verify
from machine.events import EVENTS
from tests.journal.golden import covered, describe, expected, golden_journals, sample
from tests.journal.stores import Appender, rejected

RECORD = Path(__file__).resolve().parents[2] / "docs/decisions/0001-journal-format.md"


@pytest.fixture(params=golden_journals(), ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def copy(golden: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(golden, tmp_path / "journal.db"))


def hashed(row: sqlite3.Row, previous: bytes) -> bytes:
    """Return the bytes that are hashed for a line, as the decision record describes them."""
    names = ("stream", "type", "append_key", "run_id", "actor", "at")
    texts = [row[name].encode("utf-8") for name in names]
    line: bytes = previous + row["digest"]
    for name in ("position", "version", "step"):
        line += struct.pack(">Q", row[name])
    line += struct.pack(">Q", row["cause"] if row["cause"] is not None else 0)
    line += struct.pack(">I", row["schema_version"])
    for text in texts:
        line += struct.pack(">I", len(text))
    return line + b"".join(texts)


def lines(path: Path) -> tuple[bytes, list[sqlite3.Row]]:
    """Return the genesis hash and all lines, read with nothing but SQLite."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    rows = connection.execute("SELECT * FROM events ORDER BY position").fetchall()
    connection.close()
    start = f"photojournal/{meta['format']}/{meta['uuid']}"
    return hashlib.sha256(start.encode()).digest(), rows


def test_a_golden_journal_reads_as_ever(golden: Path, copy: Path) -> None:
    assert describe(copy) == expected(golden)


def test_a_golden_journal_is_sound(golden: Path, copy: Path) -> None:
    report = verify(copy)
    assert report.ok, report.damages
    assert report.head.hash.hex() == expected(golden)["head"]["hash"]


def test_the_hashes_can_be_computed_by_anybody(golden: Path) -> None:
    previous, rows = lines(golden)
    stored = expected(golden)["events"]
    assert len(rows) == len(stored)
    for row, known in zip(rows, stored, strict=True):
        if known["event"] is not None:
            assert hashlib.sha256(row["payload"].encode()).digest() == row["digest"]
        previous = hashlib.sha256(hashed(row, previous)).digest()
        assert previous == row["hash"] == bytes.fromhex(known["hash"])


def test_the_example_in_the_decision_record_is_right() -> None:
    """The bytes in the record are those of line 2 of the first golden journal."""
    text = RECORD.read_text("utf-8")
    block = text.split("<!-- example -->")[1]
    fields = dict(re.findall(r"^ +(\w+) +([0-9a-f ]+?)(?:  .*)?$", block, re.MULTILINE))
    result = bytes.fromhex(fields.pop("hash"))
    line = b"".join(bytes.fromhex(value) for value in fields.values())
    assert hashlib.sha256(line).digest() == result
    _, rows = lines(golden_journals()[0])
    assert line == hashed(rows[1], rows[0]["hash"])
    assert result == rows[1]["hash"]


def test_every_event_is_in_a_golden_journal() -> None:
    """`python -m tests.journal.golden NAME` adds a journal with those that are not."""
    assert {(tag, cls.schema) for tag, cls in EVENTS.items()} <= covered()


def test_a_golden_journal_can_be_appended_to(copy: Path) -> None:
    with Journal.open(copy) as journal:
        before = journal.head.position
        assert Appender(journal)(rejected("new", 0)) == (before + 1,)
        assert journal.verify().ok


@pytest.mark.parametrize("tag", sorted(EVENTS))
def test_every_event_goes_through_the_codec(tag: str) -> None:
    """Also those that nobody thought of here: a class with a field that JSON cannot hold fails."""
    event = sample(EVENTS[tag])
    codec = Codec(EVENTS)
    (sealed,) = codec.seal([Entry("row/1", 0, event)])
    again = codec.decode(1, tag, EVENTS[tag].schema, sealed.payload)
    if EVENTS[tag].salted:
        again = msgspec.structs.replace(again, salt="")
    assert again == event
