"""A desk with a workspace for each test, and workers for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from adapters.workers import Workers
from tests.driver.desk import Desk


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


@pytest.fixture
def hurried() -> Iterator[None]:
    """A fault that may pass is tried twice, and not waited for."""
    with stamina.set_testing(True, attempts=2, cap=True):
        yield
