"""Several processes, and processes that are killed. `make soak` does more rounds of the same."""

import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from journal import Journal, ProcessLock
from journal.locks import FairLock
from journal.verify import verify
from tests.adapters.crashing import points_of, run_snippet, was_killed
from tests.journal.stores import Appender, rejected

ROOT = Path(__file__).resolve().parents[2]


def start(path: Path, name: str, threads: int, count: int | None = None) -> subprocess.Popen[str]:
    """Start `tests.journal.appending`."""
    command = [sys.executable, "-m", "tests.journal.appending", str(path), name, str(threads)]
    if count is not None:
        command.append(str(count))
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def promises(lines: list[str]) -> dict[str, int]:
    """Read `key position` lines; the last one may have been cut by the kill."""
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {key: int(position) for key, position in whole}


def check(path: Path, promised: dict[str, int]) -> None:
    """Everything promised is there, positions are dense, the chain holds."""
    report = verify(path)
    assert report.ok, report.damages
    with Journal.open(path) as journal:
        first = {
            e.append_key[:-2]: e.position for e in journal.read_all() if e.append_key[-2:] == "#0"
        }
        missing = {key: p for key, p in promised.items() if first.get(key) != p}
        assert missing == {}
        positions = [event.position for event in journal.read_all()]
        assert positions == list(range(1, len(positions) + 1))


def test_processes_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal.open(path, create=True).close()
    children = [start(path, name, 2, 100) for name in ("a", "b", "c")]
    lines = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    promised = promises([line for text in lines for line in text.splitlines(keepends=True)])
    assert len(promised) == 600
    check(path, promised)


def kill_rounds(path: Path, rounds: int, seed: int) -> None:
    """Kill a program in the middle of its appends, again and again on one journal."""
    print(f"seed {seed}")  # noqa: T201  (shown when the test fails)
    chance = random.Random(seed)
    Journal.open(path, create=True).close()
    promised: dict[str, int] = {}
    for number in range(rounds):
        children = [start(path, f"{number}{name}", chance.choice((1, 8))) for name in "ab"]
        readers = []
        lines: list[str] = []
        for child in children:
            assert child.stdout is not None
            lines.append(child.stdout.readline())
            reader = threading.Thread(target=lines.extend, args=(child.stdout,))
            reader.start()
            readers.append(reader)
        time.sleep(chance.uniform(0, 0.25))
        for child in children:
            child.kill()
        for child, reader in zip(children, readers, strict=True):
            child.wait()
            reader.join()
            assert child.stdout is not None
            child.stdout.close()
        promised |= promises(lines)
        check(path, promised)
    assert len(promised) > rounds


def test_what_was_promised_survives_kills(tmp_path: Path) -> None:
    kill_rounds(tmp_path / "journal.db", rounds=3, seed=random.randrange(2**32))


@pytest.mark.soak
def test_what_was_promised_survives_many_kills(tmp_path: Path) -> None:
    kill_rounds(tmp_path / "journal.db", rounds=200, seed=random.randrange(2**32))


SNIPPET = """
    from pathlib import Path
    from journal import Journal
    from tests.journal.stores import Appender, rejected

    with Journal.open({path!r}, create=True) as journal:
        append = Appender(journal)
        version = len(journal.read_stream("row/1"))
        append(rejected("row/1", version), rejected("row/2", version), key=f"k/{{version}}")
"""


def test_an_append_is_whole_or_absent_at_every_crash_point(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    code = SNIPPET.format(path=str(path))
    points = points_of(code, tmp_path / "log")
    assert {"journal.before_commit:1", "journal.after_commit:1"} <= set(points)
    expected = 2
    for point in points:
        assert was_killed(run_snippet(code, crash_at=point))
        expected += 2 * point.startswith("journal.after_commit")
        assert verify(path).ok
        with Journal.open(path, readonly=True) as journal:
            assert journal.head.position == expected


def test_a_lock_is_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    code = f"""
import sys, time
from journal import ProcessLock
lock = ProcessLock({str(path)!r})
print(lock.try_acquire(), flush=True)
time.sleep(60)
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    lock = ProcessLock(path)
    assert not lock.try_acquire()
    assert not lock.acquire(timeout_s=0.05)
    assert not lock.held
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert lock.acquire(timeout_s=5)
    assert lock.held
    lock.release()
    assert not lock.held
    lock.close()


def test_two_locks_on_one_file_exclude_each_other_in_one_process(tmp_path: Path) -> None:
    first, second = ProcessLock(tmp_path / "x"), ProcessLock(tmp_path / "x")
    with first:
        assert not second.try_acquire()
    assert second.try_acquire()
    second.close()
    assert first.try_acquire()
    first.close()


def test_who_waits_for_a_fair_lock_is_next(tmp_path: Path) -> None:
    """A thread that takes the lock again at once never overtakes one that waits."""
    greedy, patient = FairLock(tmp_path / "x"), FairLock(tmp_path / "x")
    stop = threading.Event()
    holds = 0

    def hog() -> None:
        nonlocal holds
        while not stop.is_set():
            with greedy:
                holds += 1
                time.sleep(0.002)

    thread = threading.Thread(target=hog)
    thread.start()
    overtaken = []
    for _ in range(50):
        before = holds
        with patient:
            overtaken.append(holds - before)
    stop.set()
    thread.join()
    greedy.close()
    patient.close()
    assert statistics.median(overtaken) <= 4  # 5 ms of haste, 2 ms each
    assert max(overtaken) <= 8


def test_a_click_beside_a_bulk_run_does_not_wait_for_long(tmp_path: Path) -> None:
    """The figure is in bench/; here only that nobody is starved."""
    path = tmp_path / "journal.db"
    Journal.open(path, create=True).close()
    child = start(path, "bulk", 8)
    assert child.stdout is not None
    child.stdout.readline()
    drain = threading.Thread(target=child.stdout.read)
    drain.start()
    with Journal.open(path) as journal:
        append = Appender(journal)
        waits = []
        for version in range(50):
            begin = time.perf_counter()
            append(rejected("row/1", version), key=f"click/{version}")
            waits.append(time.perf_counter() - begin)
            time.sleep(0.005)
    child.kill()
    child.wait()
    drain.join()
    child.stdout.close()
    assert statistics.median(waits) < 0.2
    assert verify(path).ok
