"""`status`: what stands in the way of everything."""

import pytest

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
