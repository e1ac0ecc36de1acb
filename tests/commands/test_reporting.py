"""Verbs that change texts, or what texts are judged beside, leave a report as of now."""

import json
from typing import Any

import pytest

from tests.commands.cli import Terminal


def report(terminal: Terminal) -> dict[str, Any]:
    """Return the report on the texts."""
    path = terminal.root / "data" / "prefill_qc_last.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def newest_run(terminal: Terminal) -> str:
    """Return the newest run."""
    run: str = terminal.type("runs", "--json").json[0]["run_id"]
    return run


@pytest.mark.parametrize(
    "verbs",
    [
        [("edit", "3", "--caption", "A cat looks at us")],
        [("edit", "3", "--caption", "Else"), ("undo", "--yes")],
        [("edit", "3", "--caption", "Else"), ("undo", "--yes"), ("redo", "--yes")],
        [("edit", "3", "--caption", "Else"), ("rollback", "3", "--to", "2", "--yes")],
        [("rename", "3", "--to", "Another_name")],
        [("publish", "2")],
        [("run", "--publish")],
    ],
    ids=lambda verbs: verbs[-1][0],
)
def test_the_newest_report_is_of_the_newest_run(
    terminal: Terminal, verbs: list[tuple[str, ...]]
) -> None:
    """Whatever changes texts, and each publication."""
    for argv in verbs:
        terminal.type(*argv)
    assert newest_run(terminal) == report(terminal)["run_id"]


def test_a_decision_writes_no_report(terminal: Terminal) -> None:
    """A report is about texts."""
    terminal.type("edit", "3", "--caption", "Else")
    before = report(terminal)
    assert 0 == terminal.type("reject", "3").code
    assert before == report(terminal)
    assert 0 == terminal.type("undo", "--yes").code
    assert before == report(terminal)
