"""`edit --rating`, `approve --clean`: a person's judgement of many photos or of one."""

from typing import Any

import pytest

from tests.commands.cli import Terminal

WORDS = "harbour, crane, ship, water, quay, morning, steel"


def line(terminal: Terminal, row: int) -> dict[str, Any]:
    found: dict[str, Any] = terminal.type("queue", row, "--json").json[0]
    return found


def test_a_rating_is_shown_wherever_one_looks(terminal: Terminal) -> None:
    """Row, queue, history, blame; who gave it, why, and what was measured."""
    measured = line(terminal, 3)
    said = terminal.type("edit", 3, "--rating", "9.25", "--reason", "the light")
    assert 0 == said.code
    found = line(terminal, 3)
    assert (9.25, "Top", "anna") == (found["QR"], found["quality_tier"], found["rated_by"])
    assert [3] == [
        one["id"]
        for one in terminal.type("queue", "--tier", "Top", "--json").json
        if one["rated_by"]
    ]
    assert "Rated by a person, not by scores: 3" in terminal.type("queue").lines
    shown = terminal.type("show", 3).out
    assert "9.25 of 10, Top" in shown
    assert "anna: the light" in shown
    assert f"{measured['QR']} of 10" in shown
    assert "rated 9.25 (Top) by anna: the light" in terminal.type("history", 3).out
    assert "anna" in terminal.type("blame", 3, "QR").out
    assert "QR 9.25 by anna" in _report(terminal)
    terminal.type("retry", 3, "--stage", "score")
    terminal.type("score", 3)
    assert 9.25 == line(terminal, 3)["QR"]
    terminal.type("edit", 3, "--rating", "")
    assert (measured["QR"], "") == (line(terminal, 3)["QR"], line(terminal, 3)["rated_by"])
    assert "the rating that was measured counts again" in terminal.type("history", 3).out
    terminal.type("undo")
    assert 9.25 == line(terminal, 3)["QR"]


def _report(terminal: Terminal) -> str:
    path = terminal.root.parent / "report.html"
    assert 0 == terminal.type("report", 3, "--no-pictures", "--out", path).code
    return path.read_text("utf-8")


def test_a_rating_that_cannot_be_meant_is_refused(terminal: Terminal) -> None:
    """A word, a number out of bounds, one without a reason, a reason without one."""
    head = terminal.head()
    for words, complaint in (
        (("--rating", "good", "--reason", "x"), "Error: `good` is no rating"),
        (("--rating", "11", "--reason", "x"), "a rating is 0 to 10"),
        (("--rating", "5"), "is not rated otherwise without a reason"),
        (("--reason", "x"), "Error: --reason is the reason of a rating"),
    ):
        said = terminal.type("edit", 3, *words)
        assert 2 == said.code, words
        assert complaint in said.err
        assert "Hint: photojournal edit" in said.err
    assert head == terminal.head()


def test_clean_rows_are_looked_for_where_somebody_says(terminal: Terminal) -> None:
    """The hint can be typed as it stands."""
    said = terminal.type("approve", "--clean", "--sample", "3")
    hint = "Hint: photojournal approve --clean --status Pending (or: --set SET)"
    assert (2, True) == (said.code, hint in said.err)


def test_clean_rows_are_shown_before_they_are_approved(terminal: Terminal) -> None:
    """Row 3 has a text without findings; the others are counted with why; one undo."""
    texts = ("--caption", "A crane lifts a red container from a ship at dawn")
    terminal.type("edit", 3, *texts, "--alt-text", "A crane above a ship", "--keywords", WORDS)
    everything = ("--status", "Pending", "--status", "Quarantined", "--status", "Published")
    said = terminal.type("approve", *everything, "--clean", "--dry-run")
    assert 0 == said.code
    assert "1 row of 1, drawn at random:" in said.out
    assert "  Caption: A crane lifts a red container from a ship at dawn" in said.out
    assert "Not clean, 1 row: decided already" in said.out
    assert (
        "Not clean, 1 row: failed: ScoringUnreadable" in said.out
        or "Not clean, 1 row: failed" in said.out
    )
    assert 2 == terminal.type("approve", *everything, "--clean").code
    of_the_set = ("--set", line(terminal, 3)["set_id"], "--clean", "--sample", 10, "--dry-run")
    assert "Approve 1 row: 3 " in terminal.type("approve", *of_the_set).out
    plan = terminal.type("approve", *everything, "--clean", "--dry-run", "--json").json
    assert ([3], [3]) == (plan[0]["clean"], [one["id"] for one in plan[0]["sample"]])
    assert 0 == terminal.type("approve", *everything, "--clean", "--yes").code
    assert "Approved" == line(terminal, 3)["Review_Status"]
    said = terminal.type("approve", *everything, "--clean", "--yes")
    assert (0, "Nothing changed.") == (said.code, said.lines[-1])
    terminal.type("undo", "--yes")
    assert "Pending" == line(terminal, 3)["Review_Status"]


def test_a_clean_row_that_changed_at_the_question_is_not_approved(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another text came in while the sample was read: nobody saw it."""
    texts = ("--caption", "A crane lifts a red container from a ship at dawn")
    terminal.type("edit", 3, *texts, "--alt-text", "A crane above a ship", "--keywords", WORDS)
    other = ("--caption", "A crane lifts a blue container from a ship at dusk")

    def another_terminal() -> None:
        assert 0 == terminal.type("edit", 3, *other).code

    monkeypatch.setattr("commands.options.ask", another_terminal)
    said = terminal.type("approve", 3, "--clean")
    assert (2, "Pending") == (said.code, line(terminal, 3)["Review_Status"])
    assert "row 3 has another text than the one that you saw" in said.err + said.out
    assert 0 == terminal.type("approve", 3, "--clean", "--yes").code
