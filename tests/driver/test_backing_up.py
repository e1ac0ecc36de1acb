"""Backups where something goes wrong: small disks, moved originals, interruptions, other work."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.objects import Objects
from driver.backing_up import Made, back_up
from driver.backup_check import differences
from driver.backups import backups_in, chosen
from driver.checks import check_everything
from driver.errors import Unreachable
from driver.program import Program
from driver.restoring import Outcome, restore
from driver.workspace import Workspace
from journal.verify import verify
from tests.driver.desk import CONFIG, Desk
from tests.driver.processes import KILLED, do


def quiet(_done: int, _all: int) -> None:
    """Show nothing."""


def backed_up(desk: Desk, place: Path) -> Made:
    with desk.program("backup", effects=False) as program:
        return back_up(program, place, quiet)


def restored(place: Path, root: Path) -> Outcome:
    return restore(chosen(place), root, ("photojournal", "restore"), quiet)


def set_copying(desk: Desk) -> None:
    """Keep copies of originals from now on."""
    settings = desk.root / "photojournal.toml"
    settings.write_text(f"{CONFIG}[ingest]\ncopy = true\n", encoding="utf-8")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 256 KiB, in memory."""
    mount, umount, folder = shutil.which("mount"), shutil.which("umount"), tmp_path / "disk"
    if sys.platform != "linux" or mount is None or umount is None:
        pytest.skip("a small file system is mounted on Linux only")
    folder.mkdir()
    words = [mount, "-t", "tmpfs", "-o", "size=256k", "photojournal-test", str(folder)]
    done = subprocess.run(words, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run([umount, "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


# --- originals


def test_originals_stay_where_they_are_and_are_asked_for_where_they_are_not(
    desk: Desk, tmp_path: Path
) -> None:
    """Those that are only referenced; a copied one comes along, whatever became of the file."""
    referenced, copied = desk.photo("coffee"), desk.photo("chelsea")
    desk.ingest(referenced)
    set_copying(desk)
    desk.ingest(copied)
    made = backed_up(desk, tmp_path / "usb")
    originals = made.backup.manifest.originals
    assert (1, referenced.stat().st_size) == (originals.files, originals.size_bytes)
    outcome = restored(tmp_path / "usb", tmp_path / "first")
    assert () == outcome.away
    copied.unlink()
    moved = referenced.rename(tmp_path / referenced.name)
    outcome = restored(tmp_path / "usb", tmp_path / "second")
    assert (referenced,) == outcome.away
    code, said = do(outcome.root, "relink", str(referenced), str(moved))
    assert 0 == code, said
    code, said = do(outcome.root, "run")
    assert 0 == code, said


def test_a_photo_inside_the_workspace_is_looked_for_in_the_new_one(
    desk: Desk, tmp_path: Path
) -> None:
    """Its path is relative to the workspace: copied over, it is where it belongs."""
    inside = desk.root / "photos" / "coffee.jpg"
    inside.parent.mkdir()
    shutil.copy(desk.photo("coffee"), inside)
    desk.ingest(inside)
    backed_up(desk, tmp_path / "usb")
    new = tmp_path / "new"
    assert (new / "photos" / "coffee.jpg",) == restored(tmp_path / "usb", new).away
    shutil.copytree(inside.parent, new / "photos")
    code, said = do(new, "run")
    assert 0 == code, said


# --- disks


def test_a_disk_that_is_too_small_is_said_before_anything_is_copied(
    desk: Desk, small_disk: Path
) -> None:
    """With what is needed; with room the same command goes through, and again needs little."""
    set_copying(desk)
    desk.published("coffee", "chelsea")
    with pytest.raises(Unreachable, match="is too small for this backup: about") as refused:
        backed_up(desk, small_disk)
    assert refused.value.hint.startswith("free ")
    assert [] == [one for one in small_disk.rglob("*") if one.is_file() and one.name != ".lock"]
    remount(small_disk, "size=4m")
    made = backed_up(desk, small_disk)
    assert not made.same_disk
    assert [] == list(differences(made.backup, quiet))


def test_a_disk_that_fills_up_meanwhile_leaves_no_backup_and_the_next_one_goes_on(
    desk: Desk, small_disk: Path
) -> None:
    """What was copied is not copied again."""
    set_copying(desk)
    desk.published("coffee", "chelsea")
    remount(small_disk, "size=4m")
    ballast = small_disk / "ballast"

    def fill(done: int, _all: int) -> None:
        if done == 2:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass

    with pytest.raises(Unreachable, match="No space left"), desk.program("backup") as program:
        back_up(program, small_disk, fill)
    assert [] == backups_in(small_disk)
    there = set(Objects(small_disk / "objects").all())
    assert 2 <= len(there)
    ballast.unlink()
    made = backed_up(desk, small_disk)
    assert len(made.backup.manifest.objects) - len(there) == made.copied
    assert [] == list(differences(made.backup, quiet))


def test_a_workspace_is_not_restored_onto_a_disk_that_is_too_small(
    desk: Desk, small_disk: Path, tmp_path: Path
) -> None:
    """Nothing is begun there; with room it is restored."""
    set_copying(desk)
    desk.published("coffee", "chelsea")
    backed_up(desk, tmp_path / "usb")
    with pytest.raises(Unreachable, match="is too small for this workspace: about"):
        restored(tmp_path / "usb", small_disk)
    assert [] == list(small_disk.iterdir())
    remount(small_disk, "size=32m")
    root = restored(tmp_path / "usb", small_disk).root
    with Program(Workspace(root), readonly=True) as program:
        assert () == check_everything(program).problems


# --- interruptions and other work


def test_ctrl_c_leaves_no_backup_and_keeps_what_was_copied(desk: Desk, tmp_path: Path) -> None:
    """The journal says nothing of it."""
    desk.published("coffee")
    with desk.reading() as journal:
        before = journal.head.position

    def interrupt(done: int, _all: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), desk.program("backup") as program:
        back_up(program, tmp_path / "usb", interrupt)
    assert [] == backups_in(tmp_path / "usb")
    assert 2 == sum(1 for _ in Objects(tmp_path / "usb" / "objects").all())
    with desk.reading() as journal:
        assert before == journal.head.position
    made = backed_up(desk, tmp_path / "usb")
    assert len(made.backup.manifest.objects) - 2 == made.copied


def test_a_backup_is_of_one_moment_though_work_goes_on(desk: Desk, tmp_path: Path) -> None:
    """What comes in while objects are copied is in the next one."""
    desk.published("coffee")

    def go_on(done: int, _all: int) -> None:
        if done == 1:
            code, said = do(desk.root, "edit", "1", "--caption", "Steam above a cup")
            assert 0 == code, said

    with desk.program("backup", effects=False) as program:
        made = back_up(program, tmp_path / "usb", go_on)
    assert made.backup.manifest.position < verify(desk.workspace.journal).head.position - 3
    restored(tmp_path / "usb", tmp_path / "new")
    with Program(Workspace(tmp_path / "new"), readonly=True) as program:
        (line,) = program.models.queue()
    assert "Steam above a cup" != line["Caption"]


@pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")
def test_what_a_killed_run_left_open_is_settled_in_the_restored_workspace(
    desk: Desk, tmp_path: Path
) -> None:
    """The backup of a workspace in which a run died: the copy goes on as the first one would."""
    desk.ingest(desk.photo("coffee"))
    code, said = do(desk.root, "resize", crash_at="stage.resize.after_put:1")
    assert KILLED == code, said
    backed_up(desk, tmp_path / "usb")
    new = restored(tmp_path / "usb", tmp_path / "new").root
    code, said = do(new, "run")
    assert 0 == code, said
    code, said = do(new, "verify")
    assert 0 == code, said
