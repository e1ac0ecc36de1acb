"""
A workspace with one row of each kind, made once and copied for each test.

Row 1 is published, 2 approved with a text by Anna, 3 waits for a review, 4 is a damaged photo and
set aside; a fifth file was refused. It is summer in Amsterdam, two hours ahead of UTC.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.cli import Terminal, copied
from tests.driver.desk import Desk


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Anna, on a computer without any other workspace."""
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "anna")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("PHOTOJOURNAL_WORKSPACE", raising=False)
    monkeypatch.setenv("TZ", "UTC-2")
    _tell_time()
    yield
    monkeypatch.undo()
    _tell_time()


def _tell_time() -> None:
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace that tests get copies of."""
    before = {name: os.environ.get(name) for name in ("PHOTOJOURNAL_ACTOR", "XDG_STATE_HOME")}
    os.environ["PHOTOJOURNAL_ACTOR"] = "anna"
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    try:
        desk = Desk(tmp_path_factory.mktemp("template") / "pictures")
        empty = desk.inbox / "empty.jpg"
        empty.touch()
        photos = [desk.photo(one) for one in ("coffee", "chelsea", "china", "damaged_coffee")]
        desk.ingest(*photos, empty)
        desk.work()
        desk.approve(1)
        desk.publish(1)
        desk.write(2, "A cat looks at us", "The head of a ginger cat")
        desk.approve(2)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return desk.root


@pytest.fixture(scope="module")
def scene(template: Path) -> Path:
    """The workspace that the tests of a module get copies of; a module may have one of its own."""
    return template


@pytest.fixture
def terminal(
    scene: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Terminal:
    """A person before a copy of that workspace."""
    return Terminal(copied(scene, tmp_path / "pictures"), capsys, monkeypatch)
