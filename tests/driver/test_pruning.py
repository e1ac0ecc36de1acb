"""`prune objects`: what killed runs left goes, and nothing that any version of any row needs."""

import os
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from adapters.files import PREFIX, SUFFIX
from adapters.objects import Objects
from driver import pruning
from driver.checks import check_everything
from driver.errors import Damaged, Misused
from driver.recovery import runs_with_lock_file
from driver.shell import pruning_lock
from journal.locks import ProcessLock
from machine.refusals import Refused
from machine.run_events import ObjectsPruned, PruningStarted
from machine.status import review_status
from tests.driver.desk import CONFIG, Desk
from tests.driver.processes import KILLED, do, end, start, wait_for

OLD_S = pruning.GRACE_S + 60
ORPHAN = b"what a run put there and never named"


def objects(desk: Desk) -> Objects:
    return Objects(desk.root / "data" / "objects")


def aged(desk: Desk, age_s: float = OLD_S) -> None:
    """Let time pass: every object was written so long ago."""
    then = time.time() - age_s
    for one in objects(desk).standing():
        os.utime(one.path, (then, then))


def pruned(desk: Desk) -> pruning.Pruned:
    with desk.program("prune") as program:
        return pruning.prune(program)


def told(desk: Desk) -> list[str]:
    """Return the events of the newest run."""
    with desk.reading() as journal:
        run = desk.newest_run("prune")
        return [one.type for one in journal.read_stream(f"run/{run}")]


def verified(desk: Desk) -> list[object]:
    with desk.program() as program:
        return list(check_everything(program).problems)


@pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")
def test_what_a_killed_run_left_goes(desk: Desk) -> None:
    """A picture that no event names, and a file that was never finished; what came later stays."""
    desk.ingest(desk.photo())
    code, said = do(desk.root, "resize", crash_at="objects.put.after_folder_fsync:1")
    assert KILLED == code, said
    (orphan,) = objects(desk).standing()
    (desk.root / "photojournal.toml").write_text(CONFIG.replace("300x200", "200x300"))
    desk.published("chelsea")
    half = orphan.path.with_name(f"{PREFIX}0123456789abcdef{SUFFIX}")
    half.write_bytes(orphan.path.read_bytes()[:100])  # of a run that was settled beside another one
    aged(desk)
    with desk.program() as program:
        plan = pruning.plan(program)
    assert {orphan.path, half} == {one.path for one in plan.unneeded}
    gone = pruned(desk)
    assert plan.unneeded == gone.removed
    assert () == gone.failed
    assert {"object"} == {one.kind for one in objects(desk).standing()}
    assert [] == verified(desk)
    assert ["RunStarted", "PruningStarted", "ObjectsPruned", "RunEnded"] == told(desk)


def busy(desk: Desk) -> Desk:
    """A row with a past: published, edited, made smaller, published again, taken down, approved."""
    desk.published("coffee")
    desk.write(1, "A cup of coffee on a table, seen from above")
    desk.publish()
    (desk.root / "photojournal.toml").write_text(CONFIG.replace("300x200", "150x100"))
    desk.withdraw(1)
    desk.work("resize")
    desk.approve(1)
    desk.publish()
    desk.withdraw(1)
    desk.approve(1)
    return desk


def gone_back(desk: Desk, to: int, place: Path) -> tuple[object, ...]:
    """Say what comes of going back to a version, in a copy of the workspace."""
    copy = Desk(Path(shutil.copytree(desk.root, place)), desk._workers)
    try:
        returned = copy.roll_back(1, to)
        outcome: tuple[object, ...] = (returned.outcome, returned.detail)
    except Refused as refused:
        outcome = ("refused", str(refused))
    found = (*outcome, copy.pictures(), review_status(copy.row(1)))
    shutil.rmtree(place)
    return found


def test_every_version_can_still_be_gone_back_to(desk: Desk, tmp_path: Path) -> None:
    """With the same outcome, and the same files on the site, as without pruning."""
    busy(desk)
    kept = {one.sha256 for one in objects(desk).standing()}
    whole = Desk(Path(shutil.copytree(desk.root, tmp_path / "whole")), desk._workers)
    objects(desk).put(ORPHAN)
    aged(desk)
    assert len(ORPHAN) == pruned(desk).size_bytes
    assert kept == {one.sha256 for one in objects(desk).standing()}
    outcomes = set()
    for to in range(1, whole.row(1).version + 1):
        found = gone_back(desk, to, tmp_path / "copy")
        assert gone_back(whole, to, tmp_path / "copy") == found, to
        outcomes.add((found[0], found[-1]))
    assert {"Published", "Pending", "Approved"} <= {status for _, status in outcomes}
    assert "incomplete" not in {outcome for outcome, _ in outcomes}


def test_the_plan_says_what_is_kept_only_for_going_back(desk: Desk) -> None:
    """Pictures of earlier versions are counted apart from those of today; all of them stay."""
    busy(desk)
    aged(desk)
    with desk.program() as program:
        plan = pruning.plan(program)
    counts = {(one.kind, one.fate): one.files for one in plan.groups}
    assert {
        ("renditions", "in use"): 2,
        ("renditions", "of before"): 1,
        ("finished pictures", "in use"): 2,
        ("finished pictures", "of before"): 3,
    } == counts, "only the picture that became smaller was made anew"
    assert () == plan.unneeded


def test_what_any_event_holds_stays_whatever_the_event_is(desk: Desk) -> None:
    """Also where no table says that such an event names an object: a set's path, here."""
    sha256 = objects(desk).put(ORPHAN)
    desk.ingest(desk.photo("coffee", f"{sha256}.jpg"))
    aged(desk)
    with desk.program() as program:
        plan = pruning.plan(program)
    assert [("unknown", "named")] == [(one.kind, one.fate) for one in plan.groups]
    assert () == pruned(desk).removed


def test_young_files_and_those_of_others_stay(desk: Desk) -> None:
    """An hour counts from the last change; a name that the program never gives is not ours."""
    young = objects(desk).put(ORPHAN)
    stray = desk.root / "data" / "objects" / "holiday.jpg"
    stray.touch()
    wrong = desk.root / "data" / "objects" / "00" / young
    wrong.parent.mkdir()
    wrong.touch()
    aged(desk, pruning.GRACE_S - 60)
    assert () == pruned(desk).removed
    with pytest.raises(StopIteration):
        desk.newest_run("prune")  # nothing to do is no run
    aged(desk)
    assert [young] == [one.sha256 for one in pruned(desk).removed]
    assert stray.exists()
    assert wrong.exists()


def test_beside_a_living_run_nothing_is_removed(desk: Desk) -> None:
    """It may be about to name the object: refused, with the run; afterwards it can be done."""
    sha256 = objects(desk).put(ORPHAN)
    aged(desk)
    with desk.program("score") as other:
        run = other.shell.run_id
        with pytest.raises(Misused, match=f"run {run} is at work") as refused:
            pruned(desk)
        assert "photojournal status" in refused.value.hint
    assert objects(desk).exists(sha256)
    assert 1 == len(pruned(desk).removed)


@pytest.mark.skipif(sys.platform == "win32", reason="starts a program of its own")
def test_a_run_waits_until_the_pruning_is_over(desk: Desk) -> None:
    """It puts nothing meanwhile, and then does its work."""
    desk.ingest(desk.photo())
    with closing(ProcessLock(pruning_lock(desk.workspace))) as lock:
        assert lock.try_acquire()
        process = start(desk.root, "resize")
        wait_for(lambda: bool(runs_with_lock_file(desk.workspace)))
        time.sleep(0.5)
        assert "AttemptStarted" not in desk.types(1)
        assert [] == list(objects(desk).standing())
        with pytest.raises(Misused, match="is at work"):
            pruning.refuse_beside_others(desk.workspace)
    code, said = end(process)
    assert 0 == code, said
    assert 2 == len(list(objects(desk).standing()))


@pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")
@pytest.mark.parametrize("point", ["objects.remove.before:2", "objects.remove.after:3"])
def test_killed_in_the_middle_the_next_time_removes_the_rest(desk: Desk, point: str) -> None:
    """What was meant stands in the journal before, what was done after; a rerun completes it."""
    for number in range(3):
        objects(desk).put(ORPHAN + b"%d" % number)
    aged(desk)
    code, said = do(desk.root, "prune", "objects", "--yes", crash_at=point)
    assert KILLED == code, said
    left = len(list(objects(desk).standing()))
    code, said = do(desk.root, "prune", "objects", "--yes")
    assert 0 == code, said
    assert [] == list(objects(desk).standing())
    with desk.reading() as journal:
        events = [one.event for one in journal.read_all()]
    assert [3, left][: 1 + bool(left)] == [
        one.files for one in events if isinstance(one, PruningStarted)
    ]
    assert [left][: bool(left)] == [one.objects for one in events if isinstance(one, ObjectsPruned)]
    assert [] == verified(desk)


def test_a_file_that_cannot_be_removed_stops_no_other(desk: Desk) -> None:
    """It is named with the reason, and counted in the event."""
    first, second = sorted(objects(desk).put(ORPHAN + end) for end in (b"1", b"2"))
    aged(desk)
    with desk.program() as program:
        plan = pruning.plan(program)
        objects(desk).path(first).unlink()
        objects(desk).path(first).mkdir()  # a folder in its place: no system unlinks that
        gone = pruning.remove_all(program, plan.unneeded)
    assert [second] == [one.sha256 for one in gone.removed]
    (words,) = gone.failed
    assert words.startswith(f"remove object {first[:2]}/{first}: ")


def test_a_damaged_journal_cannot_say_what_is_needed(desk: Desk) -> None:
    """Nothing is removed on the word of an event that somebody changed."""
    desk.ingest(desk.photo())
    objects(desk).put(ORPHAN)
    aged(desk)
    with closing(sqlite3.connect(desk.root / "data" / "journal.db")) as db, db:
        db.execute("DROP TRIGGER events_update")
        db.execute("UPDATE events SET actor = 'somebody else' WHERE position = 3")
    with desk.program() as program, pytest.raises(Damaged, match="cannot tell which objects"):
        pruning.plan(program)
