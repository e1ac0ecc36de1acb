"""A journal of 30 events, an empty one, and the export of the first."""

from pathlib import Path

import pytest

from tests.journal.exports import append, export


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of 30 events."""
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "journal.db"
    append(path, 0, 30)
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An empty journal with a UUID of its own."""
    (tmp_path / "target").mkdir()
    path = tmp_path / "target" / "journal.db"
    append(path, 0, 0)
    return path


@pytest.fixture
def file(path: Path, tmp_path: Path) -> Path:
    """The export of the journal."""
    return export(path, tmp_path / "e.jsonl")
