"""Excerpts: the whole chain without all payloads, and never taken for a journal."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from journal import CannotOpen, Entry, Journal, JournalError, RedactedEvent, WithheldEvent
from journal.chain import FORMAT
from journal.codec import WITHHELD
from journal.excerpts import line_of, write_excerpt
from journal.verify import verify
from machine.events import NameReserved, Rejected


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Four events, one of them redacted."""
    with Journal.open(tmp_path / "journal.db", create=True, min_free_bytes=0) as journal:
        events = [NameReserved(row=n, file_name=f"Secret_{n}.JPG") for n in (1, 2, 3)]
        entries = [Entry(f"name/{n}", 0, event) for n, event in enumerate(events)]
        journal.append(entries, key="k", run_id="r", step=1, actor="anna")
        journal.redact(2, "asked", key="l", run_id="r", step=2, actor="anna")
        yield journal


def excerpt_of(journal: Journal, path: Path, *withheld: int) -> Path:
    lines = [line_of(one, withheld=one.position in withheld) for one in journal.read_raw()]
    assert 4 == write_excerpt(path, journal.uuid, journal.created, FORMAT, lines)
    return path


def test_the_chain_of_an_excerpt_holds_and_leads_to_the_same_head(
    journal: Journal, tmp_path: Path
) -> None:
    path = excerpt_of(journal, tmp_path / "excerpt.db", 1)
    report = verify(path)
    assert ((), 1, 1, journal.head) == (
        report.damages,
        report.withheld,
        report.redacted,
        report.head,
    )
    assert b"Secret_1" not in path.read_bytes()
    with Journal.open(path, readonly=True) as excerpt:
        assert (True, journal.uuid) == (excerpt.is_excerpt, excerpt.uuid)
        told = [type(one.event) for one in excerpt.read_all()]
        assert [WithheldEvent, RedactedEvent, NameReserved] == told[:3]
        assert ["name/0", "NameReserved"] == [
            (line := next(excerpt.read_raw(0, 1))).stream,
            line.type,
        ]


def test_an_excerpt_is_never_appended_to(journal: Journal, tmp_path: Path) -> None:
    path = excerpt_of(journal, tmp_path / "excerpt.db")
    with pytest.raises(CannotOpen, match="is an excerpt of a journal") as refused:
        Journal.open(path)
    assert "only be read" in refused.value.hint
    entry = Entry("row/1", 0, Rejected())
    with Journal.open(path, readonly=True) as excerpt, pytest.raises(JournalError):
        excerpt.append([entry], key="m", run_id="r", step=3, actor="anna")


def test_a_journal_never_withholds(journal: Journal, tmp_path: Path) -> None:
    """There, a payload that is not what was appended is damage, whatever it says."""
    assert not journal.is_excerpt
    journal.backup(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        db.execute("DROP TRIGGER events_update")
        db.execute("UPDATE events SET payload = ? WHERE position = 3", (WITHHELD,))
        db.commit()
    found = verify(tmp_path / "copy.db").damages
    assert (3, "payload") in [(one.position, one.kind) for one in found]


@pytest.mark.parametrize(
    "line",
    [b"{}", b"[]", b"not JSON", b'{"position": "1"}', b"\xff\n", b"", b"null"],
)
def test_what_is_no_line_is_refused(journal: Journal, tmp_path: Path, line: bytes) -> None:
    lines = [line_of(one, withheld=False) for one in journal.read_raw()]
    with pytest.raises(JournalError, match="no lines of a journal") as refused:
        write_excerpt(tmp_path / "x.db", journal.uuid, "", FORMAT, [*lines, line])
    assert refused.value.hint
    with pytest.raises(JournalError, match="no lines of a journal"):
        write_excerpt(tmp_path / "y.db", journal.uuid, "", FORMAT, [*lines, lines[0]])
