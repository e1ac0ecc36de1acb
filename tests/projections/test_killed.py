"""The program is killed while it catches up or swaps tables: the next one goes on."""

from pathlib import Path

import pytest

from tests.adapters.crashing import run_snippet, was_killed
from tests.histories import write
from tests.projections.workspaces import dump, history, settled, workspace

WORK = """
from pathlib import Path
from journal import Journal
from projections.engine import ReadModels

data = Path({data!r})
with Journal.open(data / "journal.db", readonly=True) as journal:
    with ReadModels.open(data / "review.db", journal) as models:
        models.catch_up()
        if {work!r} == "rebuild":
            models.rebuild()
"""


def killed_at(data: Path, point: str, work: str) -> None:
    """Run a program that is killed at a named moment."""
    assert was_killed(run_snippet(WORK.format(data=str(data), work=work), crash_at=point))


@pytest.mark.parametrize(
    ("point", "work"),
    [
        ("projection.catch_up.before_commit:1", "catch up"),
        ("projection.catch_up.before_commit:2", "catch up"),
        ("projection.catch_up.after_commit:1", "catch up"),
        ("projection.rebuild.before_swap:1", "rebuild"),
        ("projection.swap.before:1", "rebuild"),
        ("projection.swap.after:1", "rebuild"),
    ],
)
def test_killed_at_any_moment_the_lines_stay_whole(tmp_path: Path, point: str, work: str) -> None:
    """What is there after the kill is as of one position; then it is as if nothing had been."""
    facts = history(32, rows=6, length=1300)
    with workspace(tmp_path, facts[:50]) as place:
        settled(place.models)
        write(place.journal, facts[50:])
        place.models.close()
        killed_at(place.data, point, work)
        models = place.reopen()
        assert [] == models.check()
        with models.at(models.position) as past:
            assert dump(past) == dump(models)
        settled(models)
        assert [] == models.check()
        assert [] == models.query("SELECT name FROM sqlite_master WHERE name GLOB '*_new'")


@pytest.mark.parametrize("point", ["projection.rebuild.before_swap:1", "projection.swap.before:1"])
def test_killed_in_the_first_build(tmp_path: Path, point: str) -> None:
    """Half-filled tables of a program that died are never taken for the queue."""
    with workspace(tmp_path, history(33)) as place:
        place.models.close()
        killed_at(place.data, point, "catch up")
        settled(place.reopen())
        assert [] == place.models.check()
        assert [] == place.models.query("SELECT name FROM sqlite_master WHERE name GLOB '*_new'")
