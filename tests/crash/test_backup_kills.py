"""
`backup` and `restore` are killed: what is left is never taken for a whole one, and again finishes.

One point alone: `CRASH_POINT=restore/objects.copy.after_copy:2 python -m pytest -m soak
tests/crash/test_backup_kills.py -k one_point`.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from driver.backups import PART, backups_in
from tests.adapters.crashing import was_killed
from tests.crash import workspace as ws
from tests.crash.campaign import Typist, say, wait_for_orphans
from tests.crash.scenario import LABELS


class Case(NamedTuple):
    """A workspace, a backup of it, and where the two commands can be killed."""

    before: Path
    place: Path
    backup: list[str]
    restore: list[str]
    queue: str


@pytest.fixture(scope="session")
def case(person: Typist, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Two photos of which copies are kept, and a damaged one, through all stages."""
    folder = tmp_path_factory.mktemp("backups")
    before, place = folder / "before", folder / "place"
    before.mkdir()
    assert person.type(before, "init", str(before)).code == 0
    ws.configure(before)
    settings = before / "photojournal.toml"
    text = settings.read_text(encoding="utf-8")
    assert "# copy = false" in text
    settings.write_text(text.replace("# copy = false", "copy = true"), encoding="utf-8")
    ws.make_photos(before / "photos", 2, damaged=True)
    done = person.type(before, "run", "photos", *LABELS)
    assert done.code in (0, 10), done
    wait_for_orphans(before)
    queue = person.type(before, "queue", "--json").stdout
    made, backup = person.points(ws.copy_of(before, folder / "w"), "backup", str(place))
    assert made.code == 0, made
    made, restore = person.points(folder, "restore", str(place), str(folder / "new"))
    assert made.code == 0, made
    return Case(before, place, backup, restore, queue)


def kinds(points: Iterable[str]) -> list[str]:
    """Return every kind of point once, the pass in its middle; not those about the disk's cache."""
    by_name: dict[str, list[str]] = {}
    for point in points:
        name = point.rpartition(":")[0]
        if not name.endswith("fsync") and not name.startswith(("shell.", "log.")):
            by_name.setdefault(name, []).append(point)
    return [passes[len(passes) // 2] for passes in by_name.values()]


def unfinished(folder: Path) -> list[str]:
    """Return what a dead process left and a finished one must not."""
    names = (one.name for one in folder.rglob("*"))
    left = [one for one in names if one.endswith((PART, ".tmp", ".part"))]
    return left + ["restoring.json"] * (folder / "restoring.json").exists()


def kill_backup(person: Typist, case: Case, point: str, folder: Path) -> None:
    """Kill one that finds an older one; then look, and type it again."""
    root, place = ws.copy_of(case.before, folder / "w"), folder / "place"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(case.place, place)
    shutil.rmtree(place / "objects")  # so that all have to be copied
    shutil.rmtree(backups_in(place)[0])
    killed = person.type(root, "backup", str(place), crash_at=point)
    assert was_killed(killed.code), killed
    wholes = len(backups_in(place))
    checked = person.type(root, "backup", "--check", str(place))
    assert checked.code == (0 if wholes else 2), checked
    assert checked.stdout.count(": whole (") == wholes, checked
    done = person.type(root, "backup", str(place))
    assert done.code == 0, done
    assert wholes + 1 == len(backups_in(place))
    checked = person.type(root, "backup", "--check", str(place))
    assert checked.code == 0, checked
    assert unfinished(place) == []
    check_workspace(person, root, case.queue)


def kill_restore(person: Typist, case: Case, point: str, folder: Path) -> None:
    """Kill it; what is there is no workspace yet, or a whole one. Type it again."""
    root, elsewhere = folder / "new", folder / "elsewhere"
    shutil.rmtree(root, ignore_errors=True)
    elsewhere.mkdir(exist_ok=True)
    argv = ("restore", str(case.place), str(root))
    killed = person.type(elsewhere, *argv, crash_at=point)
    assert was_killed(killed.code), killed
    looked = person.type(elsewhere, "-w", str(root), "status")
    if looked.code == 0:
        assert person.type(elsewhere, *argv).code == 2
    else:
        assert looked.code == 2, looked
        init = person.type(elsewhere, "init", str(root)) if (root / "data").exists() else looked
        assert init.code == 2, init
        done = person.type(elsewhere, *argv)
        assert done.code == 0, done
    assert unfinished(root) == []
    assert [one["type"] for one in ws.events(root)].count("Restored") == 1
    check_workspace(person, root, case.queue)


def check_workspace(person: Typist, root: Path, queue: str) -> None:
    """It is whole, and its rows are those of the first one."""
    ws.check_journal(root)
    done = person.type(root, "verify")
    assert done.code == 0, done
    assert person.type(root, "queue", "--json").stdout == queue


def kill_at_each(
    kill: Callable[[Typist, Case, str, Path], None],
    person: Typist,
    case: Case,
    points: list[str],
    folder: Path,
) -> None:
    """Go through points; tell all that fail."""
    faults = []
    for point in points:
        try:
            kill(person, case, point, folder)
        except AssertionError as error:
            faults.append(f"{point}: {error}")
            say(faults[-1])
    assert not faults, f"{len(faults)} of {len(points)} points:\n" + "\n\n".join(faults)


def test_a_killed_backup_is_none_and_the_next_one_is_whole(
    person: Typist, case: Case, tmp_path: Path
) -> None:
    """The sample: every second kind of point."""
    points = kinds(case.backup)
    names = {point.rpartition(":")[0] for point in points}
    assert {"journal.backup.before_rename", "objects.copy.after_copy", "backup.before_name"} < names
    kill_at_each(kill_backup, person, case, points[::2], tmp_path)


def test_a_killed_restore_is_no_workspace_and_again_it_is_whole(
    person: Typist, case: Case, tmp_path: Path
) -> None:
    """The sample: every second kind of point."""
    points = kinds(case.restore)
    names = {point.rpartition(":")[0] for point in points}
    assert {"objects.copy.after_copy", "restore.file.before_rename", "restore.before_done"} < names
    kill_at_each(kill_restore, person, case, points[::2], tmp_path)


@pytest.mark.soak
def test_killed_at_every_point_both_come_to_the_same_end(
    person: Typist, case: Case, tmp_path: Path
) -> None:
    """All points, each pass of them."""
    say(f"backup: {len(case.backup)} points, restore: {len(case.restore)} points")
    kill_at_each(kill_backup, person, case, case.backup, tmp_path)
    kill_at_each(kill_restore, person, case, case.restore, tmp_path)


@pytest.mark.soak
def test_one_point(person: Typist, case: Case, tmp_path: Path) -> None:
    """The point that `CRASH_POINT=backup/NAME:N` or `restore/NAME:N` names."""
    verb, _, wanted = os.environ.get("CRASH_POINT", "").partition("/")
    if verb not in ("backup", "restore"):
        pytest.skip("CRASH_POINT names no point")
    (kill_backup if verb == "backup" else kill_restore)(person, case, wanted, tmp_path)
