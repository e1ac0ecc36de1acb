"""Every kind of damage is found, named, and put at its first position."""

import os
import sqlite3
from pathlib import Path

import pytest

from journal import Entry, Journal, JournalDamaged, JournalMissing, NotAJournal
from journal.chain import genesis
from journal.scan import check_range
from journal.verify import Report, verify
from machine.events import Picked
from tests.journal.stores import RUN, Appender, rejected

EVENTS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of 60 events on a dozen streams, closed, its triggers gone."""
    path = tmp_path / "journal.db"
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for number in range(EVENTS // 3):
            append(
                rejected(f"row/{number % 6}", number // 6, f"naïve {number}"),
                Entry(f"row/{number % 6}x", number // 6, Picked(), cause=max(1, number)),
                rejected(f"bytes/{number}", 0, "x" * 30),
            )
    assert verify(path).ok
    return path


def damage(path: Path, *statements: str) -> None:
    """Do what the triggers forbid, and put them back."""
    with sqlite3.connect(path) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = triggers.fetchall()
        for name, _ in kept:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        for _, sql in kept:
            raw.execute(sql)
    raw.close()


def swap(first: int, second: int) -> tuple[str, ...]:
    return (
        f"UPDATE events SET position = -1 WHERE position = {first}",
        f"UPDATE events SET position = {first} WHERE position = {second}",
        f"UPDATE events SET position = {second} WHERE position = -1",
    )


def kinds(report: Report) -> list[tuple[int, str]]:
    return [(found.position, found.kind) for found in report.damages]


def test_a_changed_payload_is_found(path: Path) -> None:
    damage(path, "UPDATE events SET payload = replace(payload, 've 5', 've 6') WHERE position = 16")
    report = verify(path)
    assert kinds(report) == [(16, "payload")]
    assert report.first_bad == 16


@pytest.mark.parametrize(
    "change",
    [
        "stream = 'row/99'", "type = 'RowReopened'", "schema_version = 2", "append_key = 'x#1'",
        "run_id = 'x'", "step = 7", "cause = 3", "cause = NULL", "actor = 'x'",
        "at = '2026-01-02T03:04:05.000679Z'", "hash = zeroblob(32)", "digest = zeroblob(32)",
        "version = 99",
    ],
)  # fmt: skip
def test_a_changed_column_is_found(path: Path, change: str) -> None:
    damage(path, f"UPDATE events SET {change} WHERE position = 20")
    report = verify(path)
    assert report.first_bad == 20
    assert {found.position for found in report.damages} <= {20, 21, 38}


def test_every_column_is_covered(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        columns = {line[1] for line in raw.execute("PRAGMA table_info(events)")}
    raw.close()
    assert columns == {
        "position", "stream", "version", "type", "schema_version", "payload", "digest",
        "append_key", "run_id", "step", "cause", "actor", "at", "hash",
    }  # fmt: skip


@pytest.mark.parametrize("gone", [1, 2, 30, 59])
def test_a_dropped_line_is_found(path: Path, gone: int) -> None:
    damage(path, f"DELETE FROM events WHERE position = {gone}")
    assert kinds(verify(path))[0] == (gone, "missing")


def test_a_line_dropped_and_closed_up_is_found(path: Path) -> None:
    damage(
        path,
        "DELETE FROM events WHERE position = 30",
        "UPDATE events SET position = position - 1 WHERE position > 30",
    )
    assert verify(path).first_bad == 30


@pytest.mark.parametrize(("first", "second"), [(10, 11), (10, 12), (1, 2), (1, 60), (7, 44)])
def test_swapped_lines_are_found_as_such(path: Path, first: int, second: int) -> None:
    damage(path, *swap(first, second))
    report = verify(path)
    assert (first, "swapped") in kinds(report)
    assert report.first_bad == first
    assert not [found for found in report.damages if found.kind == "line"]


def test_a_cut_tail_is_found(path: Path) -> None:
    damage(path, "DELETE FROM events WHERE position > 50")
    assert kinds(verify(path)) == [(51, "tail")]
    with pytest.raises(JournalDamaged) as caught:
        Journal.open(path)
    assert caught.value.position == 51


def test_another_tail_is_found(path: Path) -> None:
    """The tail was cut and somebody appended again: the noted event is another one."""
    damage(path, "DELETE FROM events WHERE position > 50")
    note = path.with_suffix(".head")
    noted = note.read_bytes()
    note.unlink()
    with Journal.open(path) as journal:
        for number in range(10):
            Appender(journal)(rejected(f"new/{number}", 0), key=f"new/{number}")
    note.write_bytes(noted)
    assert kinds(verify(path)) == [(60, "tail")]


def test_all_lines_gone_is_a_cut_tail(path: Path) -> None:
    damage(path, "DELETE FROM events")
    assert kinds(verify(path)) == [(1, "tail")]


def test_an_inserted_line_is_found(path: Path) -> None:
    damage(
        path,
        "UPDATE events SET position = -position - 1 WHERE position > 30",
        "UPDATE events SET position = -position WHERE position < 0",
        """INSERT INTO events SELECT 31, 'alien', 1, type, schema_version, payload, digest,
           'alien#0', run_id, step, cause, actor, at, hash FROM events WHERE position = 30""",
    )
    assert verify(path).first_bad == 31


def test_a_missing_trigger_is_found(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER events_insert")
    raw.close()
    (found,) = verify(path).damages
    assert (found.kind, found.position) == ("trigger", 0)
    assert "events_insert" in found.detail


def test_an_unknown_type_is_undecodable_not_damaged(path: Path) -> None:
    """A line that is sound in itself, written by a later version."""
    with Journal.open(path) as journal:
        Appender(journal)(Entry("row/new", 0, Picked()), key="new")
    report = verify(path, events={"Rejected": type(rejected("x", 0).event)})
    assert {found.kind for found in report.damages} == {"undecodable"}
    assert report.first_bad == 2


def test_a_redacted_form_without_its_event_is_damage(path: Path) -> None:
    damage(path, """UPDATE events SET payload = '{"redacted":true}' WHERE position = 9""")
    assert kinds(verify(path)) == [(9, "payload")]


def test_another_payload_at_a_redacted_position_is_damage(path: Path) -> None:
    with Journal.open(path) as journal:
        journal.redact(9, "asked for", key="r/1", run_id=RUN, step=1, actor="Ada")
    assert verify(path).ok
    damage(path, """UPDATE events SET payload = '{"reason":"forged"}' WHERE position = 9""")
    assert kinds(verify(path)) == [(9, "payload")]


def test_an_emptied_index_is_found(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        page = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_events_2'"
        ).fetchone()[0]
    raw.close()
    content = bytearray(path.read_bytes())
    start = (page - 1) * 4096
    content[start : start + 8] = bytes([10, 0, 0, 0, 0, 0x10, 0, 0])  # an empty index page
    path.write_bytes(content)
    found = {found.kind for found in verify(path).damages}
    assert "index" in found


def test_any_changed_byte_of_the_file_is_found_or_harmless(path: Path) -> None:
    """Flip bytes all over the file: either verify says so, or every event still reads the same."""
    with Journal.open(path, readonly=True) as journal:
        before = list(journal.read_raw())
    content = path.read_bytes()
    harmless = 0
    for place in range(100, len(content), max(1, len(content) // 150)):
        changed = bytearray(content)
        changed[place] ^= 0x20
        path.write_bytes(changed)
        try:
            report = verify(path)
        except (JournalDamaged, NotAJournal):
            continue
        if report.ok:
            harmless += 1
            with Journal.open(path, readonly=True) as journal:
                assert list(journal.read_raw()) == before, place
    assert harmless < 150


def test_a_page_that_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    """The lines before and behind it are still checked."""
    path = tmp_path / "journal.db"
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for number in range(200):
            append(rejected(f"row/{number}", 0, "x" * 500))
    content = bytearray(path.read_bytes())
    where = content.index(b'"reason":"xxx', len(content) // 2)
    page = where // 4096 * 4096
    content[page : page + 8] = b"\xff" * 8
    path.write_bytes(content)
    damage(path, "UPDATE events SET actor = 'x' WHERE position IN (3, 198)")
    report = verify(path)
    found = kinds(report)
    assert (3, "line") in found
    assert (198, "line") in found
    assert "unreadable" in {kind for _, kind in found}


def test_ranges_find_the_same_as_one_pass(path: Path) -> None:
    damage(
        path,
        "UPDATE events SET actor = 'x' WHERE position IN (5, 40)",
        "DELETE FROM events WHERE position = 20",
    )
    with Journal.open(path, readonly=True) as journal:
        start = genesis(journal.uuid)
    whole, _ = check_range(str(path), 0, EVENTS, redacted=frozenset(), genesis=start)
    for cut in range(1, EVENTS):
        first, _ = check_range(str(path), 0, cut, redacted=frozenset(), genesis=start)
        second, _ = check_range(str(path), cut, EVENTS, redacted=frozenset(), genesis=start)
        assert sorted({d.position for d in first + second}) == [d.position for d in whole]


def test_processes_find_the_same_as_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(path, "UPDATE events SET actor = 'x' WHERE position IN (5, 40)")
    alone = verify(path, jobs=1)
    monkeypatch.setattr("journal.verify.INLINE", 10)
    assert verify(path, jobs=2).damages == alone.damages


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_journal_on_a_read_only_disk_is_verified(path: Path) -> None:
    """Nothing is written beside it: no WAL, no shared memory."""
    before = sorted(name.name for name in path.parent.iterdir())
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        assert verify(path).ok
    finally:
        path.parent.chmod(0o755)
    assert sorted(name.name for name in path.parent.iterdir()) == before


def test_what_is_no_journal_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(JournalMissing):
        verify(tmp_path / "none.db")
    (tmp_path / "x.db").write_bytes(b"hello" * 1000)
    with pytest.raises(NotAJournal):
        verify(tmp_path / "x.db")
