"""A desk with a workspace for each test, and workers for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from tests.driver.desk import Desk
from tests.driver.evening import Evening, EveningWebsite, copied, made_evening
from tests.servers.mariadb import MariaDb


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """Real worker processes."""
    with Workers(1) as started:
        yield started


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna, on a computer without any other workspace."""
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "anna")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def desk(tmp_path: Path, workers: Workers) -> Desk:
    """A new workspace."""
    return Desk(tmp_path / "workspace", workers)


@pytest.fixture(scope="session")
def evening(
    tmp_path_factory: pytest.TempPathFactory, workers: Workers, mariadb: MariaDb
) -> Evening:
    """A website with one row published and edited since, two more approved; to be copied."""
    return made_evening(tmp_path_factory.mktemp("evening"), workers, mariadb)


@pytest.fixture
def website(evening: Evening, tmp_path: Path, mariadb: MariaDb) -> Iterator[EveningWebsite]:
    """A copy of it, with servers of its own."""
    with copied(evening, tmp_path, mariadb) as website:
        yield website
