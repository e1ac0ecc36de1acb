"""Which workspace is meant: `-w`, the environment, the nearest above; never made in silence."""

import sys
from pathlib import Path

import pytest

from tests.commands.cli import Terminal


def test_it_is_found_upwards(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From any folder below it."""
    below = terminal.root / "data" / "objects"
    monkeypatch.chdir(below)
    assert f"Workspace {terminal.root}" == terminal.type_anywhere("queue").lines[0]


def test_the_environment_names_it_and_the_option_overrides(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`-w`, then PHOTOJOURNAL_WORKSPACE, then upwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHOTOJOURNAL_WORKSPACE", str(terminal.root))
    assert f"Workspace {terminal.root}" == terminal.type_anywhere("queue").lines[0]
    said = terminal.type_anywhere("-w", tmp_path, "queue")
    assert 2 == said.code
    assert f"Error: there is no workspace in {tmp_path}; the one used last is" in said.err


def test_none_is_misuse_and_names_the_one_used_last(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit code 2; nothing is made."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    said = terminal.type_anywhere("queue")
    assert 2 == said.code
    assert [
        f"Error: there is no workspace in {elsewhere} or above it",
        "Hint: photojournal init FOLDER",
    ] == said.err.splitlines()
    terminal.type("queue")
    said = terminal.type_anywhere("queue")
    assert f"Hint: photojournal -w {terminal.root} status" in said.err.splitlines()
    assert [] == list(elsewhere.iterdir())


def test_a_workspace_without_its_journal_says_so(terminal: Terminal) -> None:
    """No journal is made in silence."""
    for path in (terminal.root / "data").glob("journal.*"):
        path.unlink()
    said = terminal.type("queue")
    assert 2 == said.code
    assert said.err.startswith("Error: there is no journal at ")
    assert "Hint: " in said.err
    assert not (terminal.root / "data" / "journal.db").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")
@pytest.mark.parametrize("name", ["Zürich 🌊", 'it\'s "mine"', "-w", "a\nb"])
def test_odd_names_of_workspaces(terminal: Terminal, name: str) -> None:
    """Any folder will do; its name is printed on one line."""
    other = terminal.root.parent / name
    terminal.root.rename(other)
    said = terminal.type_anywhere("-w", other, "queue")
    assert 0 == said.code
    assert f"Workspace {other}".replace("\n", "\\n") == said.lines[0]


@pytest.mark.parametrize("words", [("status", "-w", "x"), ("queue", "--workspace=x")])
def test_the_workspace_behind_the_verb_is_told_its_place(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    """The hint can be typed."""
    said = terminal.type_anywhere(*words)
    assert 2 == said.code
    assert f"Hint: -w stands before the verb: photojournal -w FOLDER {words[0]}\n" in said.err


@pytest.mark.parametrize("ids", ["1,2", "1-3", "1,"])
def test_ids_are_separated_by_blanks(terminal: Terminal, ids: str) -> None:
    """No guess is made at what was meant."""
    said = terminal.type("show", ids)
    assert (2, True) == (said.code, "Hint: ids are separated by blanks" in said.err)
