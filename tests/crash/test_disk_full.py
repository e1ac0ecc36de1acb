"""
The workspace's disk is filled by another program while a run is at work.

The run stops with words that say what to do, nothing that was acknowledged is lost, and after space
was freed `run` comes to the end that it would have had.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, check_end
from tests.crash.scenario import LABELS

SIZE_MIB = 24
PHOTOS = 8
FILLER = """
import sys, time
from pathlib import Path
wal, ballast = map(Path, sys.argv[1:])


def written():
    try:
        return wal.stat().st_size
    except FileNotFoundError:
        return 0


print(flush=True)
while written() < 40_000:
    time.sleep(0.001)
with ballast.open("wb", buffering=0) as file:
    while True:
        for block in (bytes(65536), bytes(512)):
            try:
                while file.write(block) == len(block):
                    pass
            except OSError:
                time.sleep(0.001)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few MiB, in memory."""
    with mounted(tmp_path / "disk") as target:
        yield target


@contextmanager
def mounted(target: Path, size: str = f"{SIZE_MIB}m") -> Iterator[Path]:
    """Mount a file system of some size, in memory, while the block runs; skips where it cannot."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs to mount a tmpfs: only root on Linux may")
    target.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(target)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs to mount a tmpfs: it is not allowed here")
    try:
        yield target
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)


def prepare(person: Typist, root: Path, min_free: str) -> None:
    """Take photos in; nothing has been done with them yet."""
    root.mkdir()
    assert person.type(root, "init", str(root)).code == 0
    ws.configure(root, min_free=min_free)
    ws.make_photos(root / "photos", PHOTOS)
    done = person.type(root, "ingest", "photos", *LABELS)
    assert done.code == 0, done


@contextmanager
def another_program(root: Path, ballast: Path) -> Iterator[None]:
    """Run another program beside us, which eats every free block once the run is at work."""
    words = [sys.executable, "-c", FILLER, str(root / "data" / "journal.db-wal"), str(ballast)]
    program = subprocess.Popen(words, stdout=subprocess.PIPE)
    try:
        assert program.stdout is not None
        program.stdout.readline()
        yield
    finally:
        program.kill()
        program.wait()
        ballast.unlink(missing_ok=True)


@pytest.mark.parametrize("min_free", ["1 MiB", pytest.param("0", marks=pytest.mark.soak)])
def test_a_full_disk_stops_the_run_and_loses_nothing(
    person: Typist, small_disk: Path, min_free: str, tmp_path: Path
) -> None:
    """With space kept back, and with none: then the disk itself says no, in the middle."""
    before = tmp_path / "before"
    prepare(person, before, min_free)
    undisturbed = ws.copy_of(before, tmp_path / "undisturbed")
    assert person.type(undisturbed, "run").code == 0
    root, ballast = ws.copy_of(before, small_disk / "w"), small_disk / "ballast"
    with another_program(root, ballast):
        stopped = person.type(root, "run")
        assert stopped.code == 4, stopped
        told = stopped.stdout + stopped.stderr
        assert "Hint:" in told, stopped
        assert "space" in told.casefold(), stopped
        still = person.type(root, "run")
        assert still.code == 4, still
    ws.check_journal(root)
    ws.check_outside(root)
    done = person.type(root, "run")
    assert done.code == 0, done
    check_end(person, root, ws.end_of(undisturbed), f"{stopped}\n{still}\n{done}")
