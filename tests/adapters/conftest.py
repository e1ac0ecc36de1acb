"""A disk that is really full and a real database server, for tests that must see one."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.mysql_site import MysqlSite, server_of
from tests.servers.mariadb import MariaDb


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
