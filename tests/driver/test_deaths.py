"""Processes that die, are interrupted, run out of disk, or work side by side."""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal import Recorded
from machine.events import AttemptInterrupted, Scored
from machine.row import attempts_of
from machine.status import stage_status
from machine.values import STAGES
from tests.driver.desk import CONFIG, SAMPLES, Desk
from tests.driver.processes import KILLED, do, end, kill, start, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")

SMALL = (
    "[resize]\nweb = '60x40'\nthumb = '30x20'\n[run]\nworkers = 2\n[journal]\nmin_free = '1 MiB'\n"
)


def photos(desk: Desk, count: int, sample: str = "coffee") -> list[Path]:
    return [desk.photo(sample, f"{place:03}.jpg", ending=b"%d" % place) for place in range(count)]


def effects(desk: Desk) -> Counter[str]:
    """Return how often each row came to each outcome."""
    counts: Counter[str] = Counter()
    with desk.reading() as journal:
        for recorded in journal.read_all():
            if recorded.type in ("RowIngested", "Prefilled", "Scored", "Resized", "Published"):
                counts[f"{recorded.stream} {recorded.type}"] += 1
    return counts


def test_two_processes_do_each_thing_once(tmp_path: Path) -> None:
    """Both ingest the same folder and run at once; every row has each outcome once."""
    desk = Desk(tmp_path / "workspace", config=SMALL)
    photos(desk, 10)
    both = [start(desk.root, "run", desk.inbox, "--subject", "Harbour") for _ in range(2)]
    answers = [end(one) for one in both]
    assert {0} == {code for code, _ in answers}, answers
    desk.work()
    counts = effects(desk)
    assert {1} == set(counts.values()), counts
    assert 10 * 4 == len(counts)
    names = [line["File_Name"] for line in desk.queue()]
    assert 10 == len(set(names))
    desk.check()


def test_two_processes_publish_each_row_once(tmp_path: Path) -> None:
    """One publishes, the other is told to wait; nothing is sent twice."""
    desk = Desk(tmp_path / "workspace", config=SMALL)
    desk.ingest(*photos(desk, 8))
    desk.work()
    desk.approve(*range(1, 9))
    both = [start(desk.root, "publish") for _ in range(2)]
    answers = [end(one) for one in both]
    assert {0, 2} >= {code for code, _ in answers}, answers
    desk.publish()
    published = [count for name, count in effects(desk).items() if name.endswith("Published")]
    assert [1] * 8 == published
    desk.check()


def test_a_run_that_is_killed_is_settled_by_the_next_and_charged_to_nobody(
    tmp_path: Path,
) -> None:
    """Rows in flight are interrupted, tried alone, and arrive; `run_log.txt` counts all of it."""
    desk = Desk(tmp_path / "workspace", config=SMALL)
    desk.ingest(*photos(desk, 12))
    process = start(desk.root, "score")

    def three_are_done() -> bool:
        return sum(name.endswith("Scored") for name in effects(desk)) >= 3

    wait_for(three_are_done)
    kill(process)
    in_flight = [number for number in range(1, 13) if attempts_of(desk.row(number), "score").open]
    assert 1 <= len(in_flight) <= 3
    code, said = do(desk.root, "score")
    assert 0 == code, said
    assert f"{len(in_flight)} attempt" in said
    for number in range(1, 13):
        row = desk.row(number)
        assert "done" == stage_status(row, "score")
        assert (2 if number in in_flight else 1) == row.happened.score.count
        assert all(one.charged == 0 for one in row.happened.score.ledger.values())
        if number in in_flight:
            started = [one for one in events(desk, number) if one.type == "AttemptStarted"]
            assert started[-1].event.alone  # type: ignore[attr-defined]
    assert counted(desk) == accounts(desk)
    desk.check()


def counted(desk: Desk) -> dict[tuple[str, str, str], int]:
    """Return what the events say of each run: scores done, attempts interrupted."""
    found: Counter[tuple[str, str, str]] = Counter()
    with desk.reading() as journal:
        for recorded in journal.read_all():
            if isinstance(recorded.event, Scored):
                found[recorded.run_id, "score", "done"] += 1
            elif isinstance(recorded.event, AttemptInterrupted):
                found[recorded.event.run, "score", "interrupted"] += 1
    return dict(found)


def accounts(desk: Desk) -> dict[tuple[str, str, str], int]:
    """Return what `data/run_log.txt` says of the same."""
    found: dict[tuple[str, str, str], int] = {}
    for line in (desk.root / "data" / "run_log.txt").read_text("utf-8").splitlines():
        told = dict(word.split("=", 1) for word in line.split() if "=" in word)
        if told["stage"] == "score":
            for name in ("done", "failed", "quarantined", "interrupted", "skipped"):
                if int(told[name]):
                    found[told["run"], "score", name] = int(told[name])
    return found


def events(desk: Desk, number: int) -> list[Recorded]:
    with desk.reading() as journal:
        return journal.read_stream(f"row/{number}")


def test_the_third_death_on_one_lone_row_sets_it_aside(tmp_path: Path) -> None:
    """The program is not killed by the same photo for ever; others arrive meanwhile."""
    desk = Desk(tmp_path / "workspace", config=SMALL)
    desk.ingest(*photos(desk, 1))
    for _ in range(4):  # in company first, then three times alone
        code, _ = do(desk.root, "resize", crash_at="stage.resize.before:1")
        assert code == KILLED
    assert 0 == do(desk.root, "repair")[0]
    row = desk.row(1)
    assert "quarantined" == stage_status(row, "resize")
    line = desk.line(1)
    assert ("Quarantined", "ResizeInterrupted") == (line["Review_Status"], line["QC_Status"])
    assert 0 == do(desk.root, "release", 1, "--reason", "the machine was at fault")[0]
    assert 0 == do(desk.root, "resize")[0]
    assert "done" == stage_status(desk.row(1), "resize")
    desk.check()


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("publish.finish.after:1", marks=pytest.mark.soak),
        pytest.param("gallery.put_file.half_written:3", marks=pytest.mark.soak),
        pytest.param("gallery.put_record.after_commit:1", marks=pytest.mark.soak),
    ],
)
def test_a_publication_that_is_killed_is_finished_by_the_next(tmp_path: Path, point: str) -> None:
    """Typed again, it goes on where it stopped; nothing is published twice or half."""
    desk = Desk(tmp_path / "workspace", config=SMALL)
    desk.ingest(*photos(desk, 2))
    desk.work()
    desk.approve(1, 2)
    code, said = do(desk.root, "publish", crash_at=point)
    assert KILLED == code, said
    code, said = do(desk.root, "publish")
    assert 0 == code, said
    assert ["Published", "Published"] == [desk.status(1), desk.status(2)]
    published = [count for name, count in effects(desk).items() if name.endswith("Published")]
    assert [1, 1] == published
    desk.check()


@pytest.mark.soak
def test_the_first_ctrl_c_finishes_what_is_in_flight(tmp_path: Path) -> None:
    """Exit code 130, nothing left open, and the command that goes on is printed and works."""
    desk = Desk(tmp_path / "workspace", config=SMALL)
    desk.ingest(*photos(desk, 16))
    process = start(desk.root, "score", "--set", desk.row(1).happened.set_id)
    wait_for(lambda: sum(name.endswith("Scored") for name in effects(desk)) >= 2)
    process.send_signal(signal.SIGINT)
    code, said = end(process)
    assert 130 == code, said
    assert "Stopping after the rows in flight." in said
    assert "Stopped. To go on: photojournal -w " in said
    done = sum(stage_status(desk.row(number), "score") == "done" for number in range(1, 17))
    assert 2 <= done < 16
    assert not any(attempts_of(desk.row(number), "score").open for number in range(1, 17))
    with desk.program() as program:
        newest = program.models.runs()[0]
    assert ("interrupted", 130) == (newest["outcome"], newest["exit_code"])
    assert 0 == do(desk.root, "score")[0]
    assert {1} == {count for name, count in effects(desk).items() if "Scored" in name}
    desk.check()


@pytest.mark.soak
def test_the_second_ctrl_c_leaves_at_once_and_is_settled(tmp_path: Path) -> None:
    """What was in flight is interrupted by the next start and arrives."""
    desk = Desk(tmp_path / "workspace", config=SMALL)
    desk.ingest(*photos(desk, 16))
    process = start(desk.root, "score")
    wait_for(lambda: any(name.endswith("Scored") for name in effects(desk)))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    code, said = end(process)
    assert 130 == code, said
    assert 0 == do(desk.root, "score")[0]
    assert {1} == {count for name, count in effects(desk).items() if "Scored" in name}
    desk.check()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A file system of its own, of 24 MiB; needs root on Linux."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if sys.platform != "linux" or os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("a small file system is mounted by root on Linux only")
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=24M", "photojournal-test"]
    done = subprocess.run([mount, *options, str(folder)], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.decode().strip()}")
    return folder


@pytest.fixture
def full_disk(disk: Path) -> Iterator[Path]:
    """The disk, unmounted afterwards."""
    yield disk
    umount = shutil.which("umount")
    assert umount is not None
    subprocess.run([umount, "-l", str(disk)], check=True)


def fill(folder: Path, leave_bytes: int = 0) -> Path:
    """Fill a disk, as another program would, but for so many bytes."""
    path = folder / "somebody's film.mov"
    free = shutil.disk_usage(folder).free
    with path.open("wb") as film:
        film.write(bytes(max(free - leave_bytes, 0)))
    return path


@pytest.mark.parametrize(
    "left", [0, *[pytest.param(kib * 1024, marks=pytest.mark.soak) for kib in (700, 1536)]]
)
def test_a_disk_that_is_filled_meanwhile_stops_the_run_and_loses_nothing(
    full_disk: Path, left: int
) -> None:
    """Exit code 4 with what to do; after room was made, the same command finishes."""
    desk = Desk(full_disk / "workspace", config=CONFIG.replace("300x200", "1500x1000"))
    taken = photos(desk, 6, "rocket")
    desk.ingest(*taken)
    film = fill(full_disk, left)
    code, said = do(desk.root, "run")
    assert 4 == code, said
    assert "Hint: Free some space" in said, said
    assert "Traceback" not in said
    before = effects(desk)
    film.unlink()
    code, said = do(desk.root, "run")
    assert 0 == code, said
    assert before.items() <= effects(desk).items()
    assert {"Pending"} == {desk.status(number) for number in range(1, 7)}
    assert {1} == set(effects(desk).values())
    for number in range(1, 7):
        for stage in STAGES:
            ledger = attempts_of(desk.row(number), stage).ledger
            assert all(one.charged == 0 for one in ledger.values())
    desk.check()


def test_a_disk_that_is_full_refuses_an_ingest_before_it_begins(full_disk: Path) -> None:
    """Nothing comes in by halves."""
    desk = Desk(full_disk / "workspace")
    film = fill(full_disk)
    code, said = do(desk.root, "ingest", SAMPLES / "rocket.jpg")
    assert (4, True) == (code, "Hint: Free some space" in said), said
    film.unlink()
    assert [] == desk.queue()
    assert 0 == do(desk.root, "ingest", SAMPLES / "rocket.jpg")[0]
    desk.check()
