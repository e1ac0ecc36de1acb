"""A row whose events somebody changed in the database: nothing is decided upon it."""

import sqlite3

import pytest

from tests.commands.cli import Terminal
from tests.journal.damaging import behind_its_back


def position_of(terminal: Terminal, row: int, type: str) -> int:
    """Return where an event of a row stands."""
    with sqlite3.connect(terminal.root / "data" / "journal.db") as raw:
        query = "SELECT max(position) FROM events WHERE stream = ? AND type = ?"
        (position,) = raw.execute(query, (f"row/{row}", type)).fetchone()
    return int(position)


@pytest.fixture
def edited(terminal: Terminal) -> int:
    """The text of row 2, which is approved, says something else since; where it stands."""
    with behind_its_back(terminal.root / "data" / "journal.db") as raw:
        change = "UPDATE events SET payload = replace(payload, 'A cat looks', 'A dog barks')"
        assert raw.execute(change).rowcount
    return position_of(terminal, 2, "TextEdited")


@pytest.mark.parametrize("words", [["publish"], ["publish", 2], ["run", "--publish"]])
def test_a_changed_text_is_not_published(
    terminal: Terminal, edited: int, words: list[object]
) -> None:
    """Exit code 3, and the error names the event and the row; the site stays as it was."""
    before = terminal.files()
    said = terminal.type(*words)
    assert 3 == said.code, said.out
    assert f"Error: event {edited} (TextEdited) of row/2 was changed" in said.err
    assert "Hint: `photojournal verify`" in said.err
    assert before.keys() == terminal.files().keys()
    assert "PublicationStarted" not in terminal.type("history", 2).out


def test_a_dry_run_says_so_too_and_verify_names_the_same_event(
    terminal: Terminal, edited: int
) -> None:
    """What is refused later is refused in the plan; the hint leads to the damage."""
    assert 3 == terminal.type("publish", "--dry-run").code
    said = terminal.type("verify")
    assert 3 == said.code
    assert str(edited) in said.out


def test_rows_that_are_as_they_were_can_be_published_by_name(
    terminal: Terminal, edited: int
) -> None:
    """Each of their events was looked at; the changed row is in nobody's way but its own."""
    del edited
    terminal.type("edit", 1, "--caption", "Another cup", "--alt-text", "A cup on a table")
    said = terminal.type("publish", 1)
    assert 0 == said.code, said.err
    assert "Published: row 1" in said.out


@pytest.mark.parametrize(
    "words",
    [["approve", 2], ["edit", 2, "--caption", "x", "--alt-text", "y"], ["reject", 2]],
)
def test_no_decision_is_put_on_top_of_a_changed_event(
    terminal: Terminal, edited: int, words: list[object]
) -> None:
    """The journal ends where it ended."""
    head = terminal.head()
    said = terminal.type(*words)
    assert 3 == said.code, said.out
    assert f"event {edited} " in said.err
    assert head == terminal.head()
