"""The disk fails, answers get lost, no room is left: nothing promised is lost or doubled."""

import itertools
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journal import (
    DiskLow,
    Entry,
    Journal,
    JournalBusy,
    JournalError,
    OutcomeUnknown,
)
from journal.handle import Handle
from journal.reserve import LOOK_EVERY_S, RESERVE_BYTES
from journal.verify import verify
from machine.run_events import StoppedDiskLow
from tests.journal.contract import StoreContract
from tests.journal.stores import RUN, Appender, Clock, Store, rejected

FULL, IOERR = sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_FSYNC


class Faulty:
    """A connection whose COMMITs go wrong when the plan says so."""

    def __init__(self, connection: sqlite3.Connection, plan: Iterator[tuple[int, bool]]) -> None:
        self._connection = connection
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement != "COMMIT":
            return self._connection.execute(statement, *values)
        code, done = next(self._plan, (0, True))
        if done:
            cursor = self._connection.execute(statement)
        if code:
            error = sqlite3.OperationalError("made up")
            error.sqlite_errorcode = code
            raise error
        return cursor


def handle_of(journal: Journal) -> Handle:
    assert journal._writer is not None
    return journal._writer._handle


def spoil(journal: Journal, plan: Iterator[tuple[int, bool]]) -> None:
    """Let this journal's commits go wrong: (error code or 0, whether it was done before)."""
    handle = handle_of(journal)
    connect = handle.connect
    handle.connect = lambda: Faulty(connect(), plan)  # type: ignore[assignment,return-value]
    handle.reopen()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db", create=True) as journal:
        yield journal


class TestLostAnswers(StoreContract):
    """The whole contract, while every second commit is done and then reported as failed."""

    def make_store(self, folder: Path, clock: Clock) -> Store:
        journal = Journal.open(folder / "journal.db", create=True, clock=clock)
        spoil(journal, itertools.cycle([(IOERR, True), (0, True), (FULL, True)]))
        return journal


def test_a_lost_answer_is_found_by_its_key(journal: Journal) -> None:
    spoil(journal, iter([(IOERR, True)]))
    append = Appender(journal)
    assert append(rejected("row/1", 0), rejected("row/2", 0), key="k/1") == (1, 2)
    assert append(rejected("row/1", 1), key="k/2") == (3,)
    assert journal.head.position == 3


@pytest.mark.parametrize(("code", "error"), [(IOERR, OutcomeUnknown), (FULL, DiskLow)])
def test_an_append_that_was_not_done_is_no_success(
    journal: Journal, code: int, error: type[JournalError]
) -> None:
    spoil(journal, iter([(code, False)]))
    append = Appender(journal)
    with pytest.raises(error):
        append(rejected("row/1", 0), key="k/1")
    assert journal.lookup("k/1") == ()
    assert append(rejected("row/1", 0), key="k/1") == (1,)
    assert verify(journal.path).ok


def test_a_disk_that_stays_broken_leaves_the_outcome_unknown(journal: Journal) -> None:
    append = Appender(journal)
    append(rejected("row/1", 0))
    handle = handle_of(journal)
    connect = handle.connect
    spoil(journal, iter([(IOERR, True)]))

    def broken() -> sqlite3.Connection:
        msg = "unable to open"
        raise sqlite3.OperationalError(msg)

    handle.connect = broken
    with pytest.raises(OutcomeUnknown):
        append(rejected("row/1", 1), key="k/1")
    with pytest.raises(JournalError, match="unable to open"):
        append(rejected("row/1", 2), key="k/2")
    handle.connect = connect
    assert append(rejected("row/1", 1), key="k/1") == (2,)
    assert journal.lookup("k/1") == (2,)


def test_every_append_of_a_failed_batch_gets_its_own_answer(journal: Journal) -> None:
    spoil(journal, itertools.cycle([(IOERR, True), (FULL, True), (0, True), (FULL, False)]))
    answers: dict[str, tuple[int, ...]] = {}

    def work(number: int) -> None:
        for version in range(10):
            key = f"{number}/{version}"
            while key not in answers:
                try:
                    answers[key] = journal.append(
                        [rejected(f"row/{number}", version)],
                        key=key, run_id=RUN, step=1, actor="Ada",
                    )  # fmt: skip
                except DiskLow:
                    continue

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key: journal.lookup(key) for key in answers} == answers
    assert sorted(p for (p,) in answers.values()) == list(range(1, 121))
    assert verify(journal.path).ok


def test_a_foreign_writer_makes_the_journal_busy(journal: Journal) -> None:
    handle_of(journal).ready().execute("PRAGMA busy_timeout = 50")
    raw = sqlite3.connect(journal.path, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalBusy):
        Appender(journal)(rejected("row/1", 0))
    raw.execute("ROLLBACK")
    raw.close()
    assert Appender(journal)(rejected("row/1", 0)) == (1,)


def test_appends_stop_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 100_000_000
    monkeypatch.setattr("journal.reserve.free_bytes", lambda _: free)
    path = tmp_path / "journal.db"
    reserve = path.with_suffix(".reserve")
    with Journal.open(path, create=True, min_free_bytes=50_000_000) as journal:
        assert reserve.stat().st_size == RESERVE_BYTES
        append = Appender(journal)
        append(rejected("row/1", 0))
        free = 49_000_000
        time.sleep(2 * LOOK_EVERY_S)
        with pytest.raises(DiskLow) as caught:
            append(rejected("row/1", 1))
        assert (caught.value.free_bytes, caught.value.needed_bytes) == (49_000_000, 50_000_000)
        event = StoppedDiskLow(free_bytes=free, needed_bytes=50_000_000)
        entry = Entry("journal", 0, event)
        where = journal.append_last([entry], key="last", run_id=RUN, step=1, actor="Ada")
        assert where == (2,)
        assert not reserve.exists()
        with pytest.raises(DiskLow):
            append(rejected("row/1", 1))
        free = 100_000_000
        append(rejected("row/1", 1))
        assert reserve.stat().st_size == RESERVE_BYTES


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MiB that can be filled for real."""
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    command = [mount, "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path, leave_bytes: int = 0) -> None:
    """Another program takes all space but `leave_bytes`."""
    with path.open("ab", buffering=0) as file:
        while (room := shutil.disk_usage(path.parent).free - leave_bytes) > 0:
            file.write(bytes(min(room, 65536)))


def append_until_low(journal: Journal, acknowledged: list[int]) -> None:
    append = Appender(journal)
    version = len(journal.read_stream("row/1"))
    for number in range(version, version + 5_000):
        acknowledged += append(rejected("row/1", number, "x" * 3_000), key=f"k/{number}")


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    """Without a minimum, another program fills the disk to the last byte during appends."""
    path, ballast = small_disk / "journal.db", small_disk / "ballast"
    acknowledged: list[int] = []
    with Journal.open(path, create=True, min_free_bytes=0) as journal:
        Appender(journal)(rejected("row/0", 0))
        fill(ballast, leave_bytes=300_000)
        with pytest.raises(DiskLow):
            append_until_low(journal, acknowledged)
        for _ in range(3):
            with pytest.raises(DiskLow):
                append_until_low(journal, acknowledged)
        assert len(acknowledged) > 10
        assert [e.position for e in journal.read_stream("row/1")] == acknowledged
        ballast.unlink()
        before = len(acknowledged)
        with pytest.raises(DiskLow):
            append_until_low(journal, acknowledged)
        assert len(acknowledged) > before + 100
        assert [e.position for e in journal.read_stream("row/1")] == acknowledged
    report = verify(path)
    assert report.ok, report.damages


def test_the_reserve_holds_the_last_word_on_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    acknowledged: list[int] = []
    with Journal.open(path, create=True, min_free_bytes=1_000_000) as journal:
        Appender(journal)(rejected("row/0", 0))
        fill(small_disk / "ballast", leave_bytes=1_500_000)
        with pytest.raises(DiskLow):
            append_until_low(journal, acknowledged)
        assert acknowledged
        fill(small_disk / "ballast")
        event = StoppedDiskLow(free_bytes=0, needed_bytes=1_000_000)
        entry = Entry("journal", 0, event)
        journal.append_last([entry], key="last", run_id=RUN, step=1, actor="Ada")
        assert journal.read_stream("journal")[0].event == event
    assert verify(path).ok
