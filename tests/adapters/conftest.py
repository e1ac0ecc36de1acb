"""A disk that is really full and a real database server, for tests that must see one."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.mysql_site import MysqlSite, server_of
from tests.servers.mariadb import MariaDb

TINY_DISK_BYTES = 512 * 1024


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


@pytest.fixture
def read_only_disk(tiny_disk: Path) -> Path:
    """The same, read-only: what permissions do not do to root, this does."""
    mount = shutil.which("mount")
    assert mount is not None
    subprocess.run([mount, "-o", "remount,ro", str(tiny_disk)], check=True)
    return tiny_disk


@pytest.fixture
def mysql_site(mariadb: MariaDb) -> Iterator[MysqlSite]:
    """A database without any table, of the workspace `ours`."""
    site = MysqlSite(mariadb, server_of(mariadb, mariadb.new_database()))
    with contextlib.closing(site.table):
        yield site
