"""`status`: what stands in the way of everything."""

import pytest

from driver.looking import typed
from tests.commands.cli import Terminal


def test_a_disk_that_is_low_stands_first_among_what_blocks(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both figures and what to do; with enough space it is not there."""
    assert "DiskLow" not in terminal.type("status").out
    monkeypatch.setenv("PHOTOJOURNAL_JOURNAL_MIN_FREE", "900000 GiB")
    said = terminal.type("status")
    blocked = next(one for one in said.lines if one.startswith("Blocked"))
    assert "the disk is low: " in blocked
    assert "stay free (min_free) (DiskLow)" in blocked
    assert "Free some space, then: photojournal run" in said.out
    first, *_ = terminal.type("status", "--json").json["blocked"]
    assert ("DiskLow", None) == (first["code"], first["id"])


def test_a_run_is_told_by_what_was_typed_and_not_by_where(terminal: Terminal) -> None:
    """The workspace heads the listing; in front of a verb it would leave no room for the rest."""
    terminal.type("pick", "3", "2")
    for said in (terminal.type("runs"), terminal.type("status")):
        assert 1 == said.out.count(str(terminal.root)), said.out
        assert "pick 3 2" in said.out
    assert str(terminal.root) in terminal.type("runs", "--json").json[0]["argv"]


def test_a_workspace_may_be_called_like_the_verb() -> None:
    """What is told can be typed in it."""
    assert "photojournal run --publish" == typed({"argv": "-w run run --publish", "verb": "run"})
    assert "photojournal approve" == typed({"argv": "demo", "verb": "approve"})
