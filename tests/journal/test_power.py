"""
Power loss: what was promised had been given to the disk, and what was not may only be missing.

A kill leaves the system's cache as it was, a power cut does not. So the system calls are traced,
and the WAL is cut where a power cut may cut it.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from journal import Journal
from journal.verify import verify
from tests.journal.stores import Appender, rejected

ROOT = Path(__file__).resolve().parents[2]
CALL = re.compile(r"(?P<name>pwrite64|write|fsync|fdatasync)\(\d+<(?P<file>[^>]*)>(?P<rest>.*)")


@pytest.fixture
def strace() -> str:
    program = shutil.which("strace")
    if program is None:
        pytest.skip("needs strace")
    probe = subprocess.run([program, "-qq", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("strace may not trace here")
    return program


def trace(strace: str, tmp_path: Path, threads: int, count: int) -> list[re.Match[str]]:
    """Return the writes and syncs of a program that appends, in order."""
    path, log = tmp_path / "journal.db", tmp_path / "trace"
    Journal.open(path, create=True).close()
    calls = "trace=pwrite64,write,fsync,fdatasync"
    subprocess.run(
        [
            *(strace, "-f", "-qq", "-y", "-e", calls, "-o", str(log)),
            *(sys.executable, "-m", "tests.journal.appending", str(path), "a", str(threads)),
            str(count),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    lines = log.read_text("utf-8", "replace").splitlines()
    return [call for line in lines if (call := CALL.search(line))]


def test_every_promise_follows_a_sync_of_the_wal(strace: str, tmp_path: Path) -> None:
    """With one thread: whatever was written to the WAL is synced before the next promise."""
    promises = syncs = unsynced = 0
    for call in trace(strace, tmp_path, threads=1, count=60):
        wal = call["file"].endswith("-wal")
        if wal and call["name"] == "pwrite64":
            unsynced += 1
        elif wal and call["name"] in ("fsync", "fdatasync"):
            unsynced = 0
            syncs += 1
        elif call["name"] == "write" and '"a-0/' in call["rest"]:
            assert unsynced == 0, call.string
            promises += 1
    assert promises == 60
    assert syncs >= 60


def test_the_database_is_written_after_the_wal_and_synced(strace: str, tmp_path: Path) -> None:
    """A checkpoint: WAL synced, pages into the database, database synced, only then WAL reused."""
    unsynced_wal = unsynced_database = written = 0
    for call in trace(strace, tmp_path, threads=4, count=20):
        if call["name"] not in ("pwrite64", "fsync", "fdatasync"):
            continue
        sync = call["name"] != "pwrite64"
        if call["file"].endswith("-wal"):
            assert sync or unsynced_database == 0, call.string
            unsynced_wal = 0 if sync else unsynced_wal + 1
        elif call["file"].endswith("journal.db"):
            assert sync or unsynced_wal == 0, call.string
            unsynced_database = 0 if sync else unsynced_database + 1
            written += not sync
    assert written
    assert unsynced_database == 0


def test_a_wal_cut_anywhere_leaves_the_first_appends(tmp_path: Path) -> None:
    """At every frame's end, inside its header and inside its page: a prefix, never a part."""
    path = tmp_path / "journal.db"
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for version in range(12):
            append(rejected("row/1", version), rejected("row/2", version))
        database = path.read_bytes()
        wal = path.with_name("journal.db-wal").read_bytes()
    frame = 24 + 4096
    cuts = sorted(
        cut
        for start in range(32, len(wal) + 1, frame)
        for cut in (start, start + 7, start + 24, start + 2000)
        if cut <= len(wal)
    )
    found = []
    for number, cut in enumerate([0, 20, *cuts]):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        copy = folder / "journal.db"
        copy.write_bytes(database)
        copy.with_name("journal.db-wal").write_bytes(wal[:cut])
        with Journal.open(copy, min_free_bytes=0) as journal:
            events = list(journal.read_all())
            assert len(events) % 2 == 0
            assert [event.position for event in events] == list(range(1, len(events) + 1))
            found.append(len(events))
            Appender(journal)(rejected("row/3", 0), key="after")
        assert verify(copy).ok
        shutil.rmtree(folder)
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == 24
    assert set(found) == set(range(0, 25, 2))


def test_torn_pages_in_the_wal_leave_the_first_appends(tmp_path: Path) -> None:
    """A frame in the middle never reached the disk, later ones did."""
    path = tmp_path / "journal.db"
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for version in range(12):
            append(rejected("row/1", version))
        database = path.read_bytes()
        wal = path.with_name("journal.db-wal").read_bytes()
    frame = 24 + 4096
    for number, start in enumerate(range(32, len(wal), 5 * frame)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        copy = folder / "journal.db"
        copy.write_bytes(database)
        torn = wal[: start + 24] + bytes(512) + wal[start + 24 + 512 :]
        copy.with_name("journal.db-wal").write_bytes(torn)
        with Journal.open(copy, min_free_bytes=0) as journal:
            count = journal.head.position
            assert [event.version for event in journal.read_stream("row/1")] == [
                *range(1, count + 1)
            ]
            assert count < 12
        assert verify(copy).ok
