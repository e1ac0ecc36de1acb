"""
A journal whose newest events are gone, or that lies somewhere alone: recognised and explained.

Each damage is done to the files that a killed program leaves: database, WAL, head file.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from journal import Journal, JournalDamaged, JournalTooNew
from journal.verify import verify
from tests.journal.damaging import behind_its_back
from tests.journal.stores import Appender, rejected

BEFORE, AFTER = 20, 9
"""Events in the database, and events that stand in the WAL only."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """What is left of a journal after the program was killed."""
    source = tmp_path / "source"
    source.mkdir()
    with Journal.open(source / "journal.db", create=True, min_free_bytes=0) as journal:
        Appender(journal)(*[rejected("row/1", number) for number in range(BEFORE)], key="first")
    with Journal.open(source / "journal.db", min_free_bytes=0) as journal:
        append = Appender(journal)
        for number in range(AFTER):
            append(rejected("row/2", number, "x" * 500), key=f"later/{number}")
        left = Path(shutil.copytree(source, tmp_path / "left"))
    (left / "journal.db-shm").unlink()
    note_the_end(source, left)
    return left / "journal.db"


def note_the_end(source: Path, left: Path) -> None:
    """A burst leaves the head file a millisecond behind; here it saw the last event."""
    shutil.copy(source / "journal.head", left / "journal.head")


def wal(path: Path) -> Path:
    return path.with_name("journal.db-wal")


def test_what_stands_in_the_wal_alone_is_there(path: Path) -> None:
    """A kill loses nothing."""
    assert wal(path).stat().st_size > 0
    found = verify(path)
    assert (BEFORE + AFTER, (), "") == (found.head.position, found.damages, found.note)


def cut_in_a_frame(path: Path) -> None:
    """The disk was given half of the last page."""
    with wal(path).open("r+b") as file:
        file.truncate(wal(path).stat().st_size - 2_000)


def cut_between_frames(path: Path) -> None:
    with wal(path).open("r+b") as file:
        file.truncate(wal(path).stat().st_size - 4096 - 24)


def flip_in_the_middle(path: Path) -> None:
    """SQLite reads a WAL up to the first frame whose checksum is wrong."""
    content = bytearray(wal(path).read_bytes())
    content[len(content) // 2] ^= 1
    wal(path).write_bytes(content)


def remove(path: Path) -> None:
    wal(path).unlink()


TORN = "journal.db-wal, where the newest events stand, is torn"
GONE = "journal.db-wal, where the newest events stood, is gone or empty"


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (cut_in_a_frame, TORN),
        (cut_between_frames, TORN),
        (flip_in_the_middle, TORN),
        (remove, GONE),
    ],
)
def test_a_torn_or_missing_wal_is_found_and_explained(
    path: Path, damage: Callable[[Path], None], why: str
) -> None:
    """By the head file; how many events are there, and how many there were."""
    damage(path)
    (found,) = verify(path).damages
    assert "tail" == found.kind
    assert BEFORE < found.position <= BEFORE + AFTER or damage in (remove, flip_in_the_middle)
    assert f"ends at {found.position - 1}, but {BEFORE + AFTER} was noted: {why}" in found.detail


@pytest.mark.parametrize("damage", [cut_in_a_frame, cut_between_frames, flip_in_the_middle])
def test_nothing_is_lost_by_looking_at_a_torn_wal(
    path: Path, damage: Callable[[Path], None]
) -> None:
    """Opened for writing it is refused, and every byte stays for whoever can save more."""
    damage(path)
    before = wal(path).read_bytes(), path.read_bytes()
    with pytest.raises(JournalDamaged, match="is torn") as caught:
        Journal.open(path)
    assert "verify" in caught.value.hint
    assert before == (wal(path).read_bytes(), path.read_bytes())


def test_a_database_copied_over_a_newer_one_is_found(path: Path, tmp_path: Path) -> None:
    """`cp` of journal.db alone into a workspace that had gone on."""
    only = Path(shutil.copy(path, tmp_path / "only.db"))
    for one in path.parent.glob("journal.db*"):
        one.unlink()
    shutil.copy(only, path)
    (found,) = verify(path).damages
    assert ("tail", BEFORE + 1) == (found.kind, found.position)
    assert "or journal.db is an older copy" in found.detail


def test_a_database_copied_alone_to_another_place_is_told_of(path: Path, tmp_path: Path) -> None:
    """Nothing there remembers the rest: no damage can be proved, so it is said in words."""
    (tmp_path / "usb").mkdir()
    only = Path(shutil.copy(path, tmp_path / "usb" / "journal.db"))
    found = verify(only)
    assert (BEFORE, ()) == (found.head.position, found.damages)
    assert "looks like a copy of this file alone" in found.note


def test_a_backup_is_no_copy_made_alone(path: Path, tmp_path: Path) -> None:
    """It lies alone, too, but all of it is in one file."""
    with Journal.open(path, readonly=True) as journal:
        journal.backup(tmp_path / "backup.db")
    assert ("", BEFORE + AFTER) == (
        verify(tmp_path / "backup.db").note,
        verify(tmp_path / "backup.db").head.position,
    )


def test_a_database_copied_while_it_was_written_is_found(path: Path, tmp_path: Path) -> None:
    """Half its pages are of before a checkpoint, the others of after it."""
    old = path.read_bytes()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    new = path.read_bytes()
    torn = tmp_path / "torn.db"
    middle = len(old) // 2 // 4096 * 4096
    torn.write_bytes(new[:middle] + old[middle:])
    with suppress(JournalDamaged):
        assert not verify(torn).ok


def test_a_journal_of_a_newer_format_is_explained(path: Path) -> None:
    """Neither opened nor called damaged."""
    with behind_its_back(path) as raw:
        raw.execute("UPDATE meta SET value = '2' WHERE name = 'format'")
    for look in (Journal.open, verify):
        with pytest.raises(JournalTooNew, match="has format 2, this version knows 1") as caught:
            look(path)
        assert "Install a newer photojournal." == caught.value.hint
