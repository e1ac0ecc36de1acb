"""Crash points kill at the pass that was asked for, and do nothing in daily life."""

from pathlib import Path

from journal import crashpoints
from tests.adapters.crashing import points_of, run_snippet, was_killed

SNIPPET = """
    from journal.crashpoints import point
    point("one")
    point("two")
    point("one")
"""


def test_points_do_nothing_when_nobody_asks() -> None:
    """Without the variable a point is passed in silence."""
    crashpoints.point("one")


def test_points_are_listed_in_order(tmp_path: Path) -> None:
    """A campaign learns where it can kill, each pass counted."""
    assert points_of(SNIPPET, tmp_path / "log") == ["one:1", "two:1", "one:2"]


def test_the_process_is_killed_at_that_pass_and_no_other() -> None:
    """`NAME:N` is the N-th pass; one that is never reached kills nobody."""
    assert was_killed(run_snippet(SNIPPET, crash_at="one:2"))
    assert run_snippet(SNIPPET, crash_at="one:3") == 0
    assert run_snippet(SNIPPET, crash_at="three:1") == 0
