"""A workspace of each release: opened, replayed, gone on with and taken back by this version."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.cli import Terminal
from tests.commands.frozen import frozen_workspaces, thaw

KEPT = (
    "id", "File_Name", "Original_File_Name", "Folder", "Subject", "Location", "Caption", "alt_text",
    "Review_Status", "QC_Status", "quality_tier", "decision", "sha256", "set_id", "last_position",
)  # fmt: skip
"""Columns that no later version may change in what is past."""


@pytest.fixture(params=frozen_workspaces(), ids=lambda path: path.stem)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What was frozen, unpacked."""
    return thaw(request.param, tmp_path).parent


@pytest.fixture
def frozen(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """A person before it."""
    return Terminal(place / "workspace", capsys, monkeypatch)


def kept(queue: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in KEPT} for one in queue]


def of_then(place: Path) -> list[dict[str, Any]]:
    return kept(json.loads((place / "queue.json").read_text("utf-8")))


def test_there_is_a_frozen_workspace() -> None:
    assert frozen_workspaces()


def test_it_is_whole_and_fits_its_head(frozen: Terminal, place: Path) -> None:
    said = frozen.type("verify", "--against", place / "head.jsonl")
    assert 0 == said.code, said.out + said.err


def test_its_queue_is_made_again_as_it_was(frozen: Terminal, place: Path) -> None:
    """From the read models of then, and from the journal alone."""
    assert of_then(place) == kept(frozen.type("queue", "--json").json)
    assert 0 == frozen.type("replay").code
    assert 0 == frozen.type("replay", "--check").code
    assert of_then(place) == kept(frozen.type("queue", "--json").json)
    for row in ("1", "2", "3", "4"):
        assert 0 == frozen.type("show", row).code
        assert 0 == frozen.type("history", row).code


def test_its_export_is_taken_in(frozen: Terminal, place: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    frozen.type_anywhere("init", new)
    said = frozen.type_anywhere("-w", new, "journal", "import", place / "journal.jsonl", "--yes")
    assert 0 == said.code, said.err
    assert of_then(place) == kept(frozen.type_anywhere("-w", new, "queue", "--json").json)


def test_it_is_rolled_back_and_published(frozen: Terminal) -> None:
    """What was published is taken down, what is approved goes out, and nothing is left over."""
    statuses = {one["id"]: one["Review_Status"] for one in frozen.type("queue", "--json").json}
    assert {1: "Published", 2: "Approved", 3: "Pending", 4: "Quarantined"} == statuses
    assert 0 == frozen.type("rollback", "1", "--to-status", "Approved", "--yes").code
    said = frozen.type("publish", "--yes")
    assert 0 == said.code, said.out + said.err
    queue = frozen.type("queue", "--json").json
    assert ["Published", "Published"] == [one["Review_Status"] for one in queue[:2]]
    assert 0 == frozen.type("withdraw", "2", "--yes").code
    assert 0 == frozen.type("verify").code
    assert 0 == frozen.type("verify", "--remote").code
