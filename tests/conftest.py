"""
What every test shares.

`make test` draws the same examples every time: a red run means that the code changed, not the dice.
`make soak` (SOAK=1) draws new ones and prints how to draw them again.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from hypothesis import settings

from tests.prepared_workers import prepared
from tests.servers.mariadb import MariaDb, running

TINY_DISK_BYTES = 512 * 1024

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Images of containers set it; each of a thousand processes would compile all libraries anew."""

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
"""Threads of torch that wait for each other leave the cores to the tests beside them."""

settings.register_profile("same", derandomize=True)
settings.register_profile("new", print_blob=True)
settings.load_profile("new" if os.environ.get("SOAK") else "same")


WITH_TORCH = {
    *("test_clip.py", "test_neural_batches.py", "test_neural_side.py", "test_pyiqa_models.py"),
    *("test_models_contract.py", "test_scoring_full.py"),
}
"""Tests that load torch into their own process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Put first what needs something that takes long to have: torch, a browser, a database server.

    Processes that test side by side get their share in order, and take from another's end when they
    are through: so one of them has all of these, and the others need not have it as well.
    """

    def place(item: pytest.Item) -> int:
        if item.path.name in WITH_TORCH:
            return 0
        needed = getattr(item, "fixturenames", ())
        return 1 if "chromium" in needed else 2 if "mariadb" in needed else 3

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def prepared_workers() -> Iterator[None]:
    """Worker processes are there at once."""
    with prepared():
        yield


@pytest.fixture
def hurried() -> Iterator[None]:
    """A fault that may pass is tried twice, and not waited for."""
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def few_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """`doctor` loads one small library: what it says of all of them, test_checking asks."""
    monkeypatch.setattr("driver.doctor._LIBRARIES", ("msgspec",))


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A real MariaDB server, empty; whoever kills it or gives it options brings it back."""
    with running() as server:
        yield server


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a MiB; needs root on Linux."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a tiny file system is mounted by root on Linux only")
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("needs mount")
    options = f"size={TINY_DISK_BYTES}"
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "photojournal-test", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"cannot mount a tiny file system here: {done.stderr.strip()}")
    yield folder
    subprocess.run([umount, str(folder)], check=True)
