"""The contract on SQLite, and what only SQLite's journal promises."""

import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal import (
    CannotOpen,
    Entry,
    Journal,
    JournalDamaged,
    JournalError,
    JournalMissing,
    JournalTooNew,
    NetworkFileSystem,
    NotAJournal,
    UnreadableEvent,
    disk,
)
from journal.reader import PAGE
from machine.event_base import Event
from machine.events import EVENTS, Picked
from tests.journal.contract import StoreContract
from tests.journal.stores import RUN, Appender, Clock, Store, rejected


class TestSQLite(StoreContract):
    def make_store(self, folder: Path, clock: Clock) -> Store:
        return Journal.open(folder / "journal.db", create=True, clock=clock)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal.open(path, create=True) as journal:
        yield journal


def test_a_journal_is_never_made_in_silence(path: Path) -> None:
    with pytest.raises(JournalMissing) as caught:
        Journal.open(path)
    assert "init" in caught.value.hint
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("left", ["journal.head", "journal.db-wal"])
def test_no_new_journal_is_made_beside_what_is_left_of_another(path: Path, left: str) -> None:
    with Journal.open(path, create=True) as journal:
        journal.append([Entry("row/1", 0, Picked())], key="k", run_id=RUN, step=1, actor="a")
        kept = path.with_name(left).read_bytes()
    for each in path.parent.iterdir():
        each.unlink()
    path.with_name(left).write_bytes(kept)
    for create in (True, False):
        with pytest.raises(JournalMissing) as caught:
            Journal.open(path, create=create)
        assert "backup" in caught.value.hint
    assert kept == path.with_name(left).read_bytes()
    assert not path.exists()


def test_a_journal_in_no_folder_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen):
        Journal.open(tmp_path / "none" / "journal.db", create=True)
    (tmp_path / "file").touch()
    with pytest.raises(CannotOpen):
        Journal.open(tmp_path / "file" / "journal.db", create=True)
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(CannotOpen):
        Journal.open(tmp_path / "folder.db", create=True)


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be one" * 100])
def test_another_file_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(NotAJournal):
        Journal.open(path, create=True)
    assert path.read_bytes() == content


def test_another_database_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE events (position INTEGER PRIMARY KEY)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(NotAJournal):
        Journal.open(path)
    assert path.read_bytes() == before


def test_a_newer_format_is_refused(path: Path) -> None:
    Journal.open(path, create=True).close()
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER meta_update")
        raw.execute("UPDATE meta SET value = '2' WHERE name = 'format'")
    raw.close()
    with pytest.raises(JournalTooNew):
        Journal.open(path)


def test_a_network_file_system_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = [("/", "ext4"), (str(path.parent), "nfs4"), (str(path.parent / "deeper"), "ext4")]
    monkeypatch.setattr(disk, "_mounts", lambda: mounts)
    if sys.platform == "win32":
        pytest.skip("asks Windows for the kind of drive instead")
    with pytest.raises(NetworkFileSystem, match="nfs4"):
        Journal.open(path, create=True)
    assert disk.network_file_system(path.parent / "deeper") == ""


def test_a_mount_point_with_a_blank_is_understood() -> None:
    assert disk._unescape("/media/My\\040Disk\\134x") == "/media/My Disk\\x"


def test_the_lines_of_a_mac_are_understood(tmp_path: Path) -> None:
    mounts = [("/", "apfs"), ("/Volumes/photos", "smbfs")]
    assert disk._kind_of(Path("/Volumes/photos/data"), mounts) == "smbfs"
    assert disk._kind_of(Path("/Volumes/photos2"), mounts) == "apfs"


def test_a_reader_never_writes(path: Path, journal: Journal) -> None:
    Appender(journal)(rejected("row/1", 0))
    with Journal.open(path, readonly=True) as reader:
        assert reader.head == journal.head
        with pytest.raises(JournalError, match="reading only"):
            Appender(reader)(rejected("row/1", 1))
        Appender(journal)(rejected("row/1", 1), key="later")
        assert reader.head.position == 2


def test_a_reader_opens_what_a_dead_writer_left(path: Path, tmp_path: Path) -> None:
    """A copy of database and WAL, taken while the writer lives, is what a kill leaves."""
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for version in range(5):
            append(rejected("row/1", version))
        left = tmp_path / "left"
        left.mkdir()
        for name in ("journal.db", "journal.db-wal", "journal.head"):
            (left / name).write_bytes((tmp_path / name).read_bytes())
    with Journal.open(left / "journal.db", readonly=True) as reader:
        assert reader.head.position == 5
    with Journal.open(left / "journal.db") as again:
        assert again.head.position == 5


def test_the_triggers_stop_every_change(path: Path, journal: Journal) -> None:
    append = Appender(journal)
    append(rejected("row/1", 0), rejected("row/2", 0))
    raw = sqlite3.connect(path)
    columns = [line[1] for line in raw.execute("PRAGMA table_info(events)")]
    copy = ", ".join(columns)

    def values(**changed: str) -> str:
        return ", ".join(changed.get(column, column) for column in columns)

    statements = [
        "DELETE FROM events",
        "DELETE FROM events WHERE position = 2",
        *(f"UPDATE events SET {c} = {c} WHERE position = 1" for c in columns if c != "payload"),
        "UPDATE events SET payload = payload",
        """UPDATE events SET payload = '{"redacted":true}'""",
        "UPDATE OR REPLACE events SET position = 1 WHERE position = 2",
        # The same position, (stream, version) or key again, each with all else new.
        f"INSERT OR REPLACE INTO events SELECT {values()} FROM events WHERE position = 1",
        f"""INSERT OR REPLACE INTO events ({copy}) SELECT
            {values(position="3", append_key="'new#0'")} FROM events WHERE position = 1""",
        f"""INSERT OR REPLACE INTO events ({copy}) SELECT
            {values(position="3", stream="'new'")} FROM events WHERE position = 1""",
        f"""REPLACE INTO events ({copy}) SELECT
            {values(stream="'new'", append_key="'new#0'")} FROM events WHERE position = 1""",
        # Nothing to replace, but a gap.
        f"""INSERT INTO events ({copy}) SELECT
            {values(position="9", stream="'new'", append_key="'new#0'")}
            FROM events WHERE position = 1""",
        f"""INSERT INTO events ({copy}) SELECT
            {values(position="NULL", stream="'new'", append_key="'new#0'")}
            FROM events WHERE position = 1""",
        f"""INSERT INTO events ({copy}) SELECT
            {values(position="3", version="7", append_key="'new#0'")}
            FROM events WHERE position = 1""",
        "UPDATE meta SET value = 'x'",
        "DELETE FROM meta",
        "REPLACE INTO meta VALUES ('uuid', 'x')",
        "INSERT INTO meta VALUES ('new', 'x')",
    ]
    for recursive in ("OFF", "ON"):
        raw.execute(f"PRAGMA recursive_triggers = {recursive}")
        for statement in statements:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(statement)
            raw.rollback()
    raw.close()
    assert journal.head.position == 2
    assert journal.verify().ok


def test_a_payload_that_only_looks_redacted_stays_refused(path: Path, journal: Journal) -> None:
    append = Appender(journal)
    append(rejected("row/1", 0), rejected("row/2", 0))
    journal.redact(1, "asked for", key="r/1", run_id=RUN, step=1, actor="Ada")
    raw = sqlite3.connect(path)
    for statement in (
        """UPDATE events SET payload = '{"redacted":true}' WHERE position = 2""",
        """UPDATE events SET payload = '{"redacted":false}' WHERE position = 1""",
        """UPDATE events SET payload = '{"redacted":true}', actor = 'x' WHERE position = 1""",
        """UPDATE events SET payload = '{"redacted":true}' WHERE position = 3""",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
        raw.rollback()
    raw.close()


def test_redaction_leaves_no_byte(path: Path) -> None:
    """Short, long (overflow pages) and non-ASCII payloads; looked for in every file's raw bytes."""
    secrets = ["GPS 48.8584 N " + "short", "SERIAL-" + "9F3A7C" * 4_000, "Ünïcödé-Gehéimnis-ß"]
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for number in range(50):
            append(rejected(f"row/{number}", 0, f"before {number} " * 20))
        positions = [append(rejected("row/1", 1 + n, s))[0] for n, s in enumerate(secrets)]
        for number in range(50, 100):
            append(rejected(f"row/{number}", 0, f"after {number} " * 20))
        sizes = [len(line.payload) for line in journal.read_raw()]
        for number, position in enumerate(positions):
            journal.redact(
                position, "asked for", key=f"r/{number}", run_id=RUN, step=1, actor="Ada"
            )
        assert [len(line.payload) for line in journal.read_raw()][: len(sizes)] == sizes
        files = {name.name: name.read_bytes() for name in path.parent.iterdir()}
        report = journal.verify()
        assert report.ok, report.damages
        assert report.redacted == 3
    files |= {f"{name.name} closed": name.read_bytes() for name in path.parent.iterdir()}
    for secret in ("48.8584", "9F3A7C9F3A7C", "Gehéimnis"):
        for name, content in files.items():
            assert secret.encode() not in content, f"{secret} is still in {name}"
    assert any(b"before 7" in content for content in files.values())


def test_redacting_again_is_allowed(journal: Journal) -> None:
    Appender(journal)(rejected("row/1", 0, "secret"))
    for _ in range(2):
        where = journal.redact(1, "asked for", key="r/1", run_id=RUN, step=1, actor="Ada")
        assert where == 2
    assert journal.head.position == 2
    journal.redact(1, "asked for again", key="r/2", run_id=RUN, step=1, actor="Ada")
    assert journal.verify().ok


def test_an_unknown_type_names_position_and_type(path: Path, journal: Journal) -> None:
    Appender(journal)(Entry("row/1", 0, Picked()), rejected("row/1", 1))
    events: dict[str, type[Event]] = {k: v for k, v in EVENTS.items() if k != "Rejected"}
    with Journal.open(path, readonly=True, events=events) as older:
        with pytest.raises(UnreadableEvent) as caught:
            older.read_stream("row/1")
        assert (caught.value.position, caught.value.type) == (2, "Rejected")
        with pytest.raises(UnreadableEvent):
            list(older.read_all())
        with pytest.raises(UnreadableEvent):
            list(older.read_events())
        assert [line.type for line in older.read_raw()] == ["Picked", "Rejected"]


def test_folding_everything_reads_the_same_events(journal: Journal) -> None:
    append = Appender(journal)
    for version in range(PAGE // 2):
        append(rejected("row/1", version, "x"), Entry("row/2", version, Picked()))
    append(Entry("row/2", PAGE // 2, Picked()))
    journal.redact(5, "asked for", key="r/1", run_id=RUN, step=1, actor="Ada")
    lean = [line for page in journal.read_events() for line in page]
    assert lean == [(e.position, e.stream, e.event) for e in journal.read_all()]
    some = [line[0] for page in journal.read_events(3, 9, page=2) for line in page]
    assert some == [4, 5, 6, 7, 8, 9]


def test_a_backup_is_verified_and_complete(journal: Journal, tmp_path: Path) -> None:
    append = Appender(journal)
    for version in range(300):
        append(rejected("row/1", version))
    target = tmp_path / "backup" / "journal-copy.db"
    target.parent.mkdir()
    head = journal.backup(target)
    assert head == journal.head
    assert [name.name for name in target.parent.iterdir()] == ["journal-copy.db"]
    with Journal.open(target) as copy:
        assert list(copy.read_all()) == list(journal.read_all())
        assert copy.uuid == journal.uuid
    with pytest.raises(JournalError, match="exists"):
        journal.backup(target)
    with pytest.raises(JournalError, match="cannot be written"):
        journal.backup(tmp_path / "none" / "x.db")


def test_a_restored_backup_has_to_be_accepted(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        append(rejected("row/1", 0))
        journal.backup(copy)
        append(rejected("row/1", 1))
    path.write_bytes(copy.read_bytes())
    for readonly in (True, False):
        with pytest.raises(JournalDamaged) as caught:
            Journal.open(path, readonly=readonly)
        assert caught.value.position == 2
        assert "--accept-head" in caught.value.hint
    with Journal.open(path, accept_head=True) as journal:
        with pytest.raises(JournalDamaged):
            Appender(journal)(rejected("row/1", 1), key="k/1")
        position = journal.accept_head("restored", key="k/2", run_id=RUN, step=1, actor="Ada")
        assert position == 2
        assert Appender(journal)(rejected("row/1", 1), key="k/1") == (3,)
        (event,) = journal.read_stream("journal")
        assert event.type == "HeadAccepted"
        assert (event.event.position, event.event.noted) == (1, 2)  # type: ignore[attr-defined]
    with Journal.open(path) as journal:
        assert journal.verify().ok


def test_a_head_file_that_is_behind_torn_or_gone_is_normal(path: Path) -> None:
    head = path.with_suffix(".head")
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        append(rejected("row/1", 0))
        behind = head.read_bytes()
        append(rejected("row/1", 1))
    for content in (behind, behind[:50], b"", b"\0" * len(behind)):
        head.write_bytes(content)
        with Journal.open(path) as journal:
            assert journal.verify().ok
    head.unlink()
    with Journal.open(path) as journal:
        assert journal.head.position == 2


def test_an_unclean_stop_is_followed_by_a_look_over_the_file(path: Path, tmp_path: Path) -> None:
    """Damage that a read would not meet is found before anything is appended."""
    left = tmp_path / "left"
    left.mkdir()
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for version in range(200):
            append(rejected("row/1", version, "x" * 200))
    with Journal.open(path) as journal:
        Appender(journal)(rejected("row/1", 200), key="k")
        for name in ("journal.db", "journal.db-wal"):
            (left / name).write_bytes((tmp_path / name).read_bytes())
    content = bytearray((left / "journal.db").read_bytes())
    content[5 * 4096 : 5 * 4096 + 8] = b"\xff" * 8  # a page's header
    (left / "journal.db").write_bytes(content)
    with pytest.raises(JournalDamaged):
        Journal.open(left / "journal.db")


def test_opening_is_quick(path: Path, journal: Journal) -> None:
    Appender(journal)(rejected("row/1", 0))
    start = time.perf_counter()
    Journal.open(path, readonly=True).close()
    assert time.perf_counter() - start < 0.5
