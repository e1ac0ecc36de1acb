"""Help, endings, exit codes, tracebacks: what holds for every verb."""

import errno
import inspect
import re
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from adapters.errors import AdapterError
from commands.app import app, function_of, load, run
from commands.call import Call
from commands.verbs import GROUPS, VERBS
from driver.errors import Damaged, Drift, Misused, Unreachable
from driver.explaining import explain
from driver.program import Program
from journal import DiskLow, JournalDamaged, JournalMissing, OutcomeUnknown, UnreadableEvent
from machine.refusals import Refused
from tests.commands.cli import Terminal

COMMAND: Any = typer.main.get_command(app)


def verbs() -> list[str]:
    """Return the verbs of the live command line."""
    return list(COMMAND.commands)


def test_help_lists_every_verb_with_its_summary_in_its_group(terminal: Terminal) -> None:
    """Daily, Repair, Evidence, in the order of the table."""
    said = terminal.type_anywhere("--help")
    assert 0 == said.code
    text = said.out
    groups = [text.index(f"\n{group}:\n") for group in GROUPS]
    assert sorted(groups) == groups
    for verb in verbs():
        group, summary = VERBS[verb]
        line = re.search(rf"^  {verb} +{re.escape(summary)}$", text, re.MULTILINE)
        assert line
        assert group == GROUPS[sum(begin < line.start() for begin in groups) - 1]
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_a_file_a_summary_and_a_story(verb: str, terminal: Terminal) -> None:
    """The summary of the table is the first line of the docstring, without a full stop."""
    text = inspect.getdoc(function_of(verb))
    assert text
    first, _, story = text.partition("\n")
    assert VERBS[verb][1] == first
    assert not first.endswith(".")
    assert first[0].isupper()
    assert story.strip().endswith((".", "--yes"))
    said = terminal.type_anywhere(verb, "--help")
    assert 0 == said.code
    assert f"Usage: photojournal {verb}" in said.out
    assert first in said.out


@pytest.mark.parametrize("verb", verbs())
def test_every_option_of_every_verb_says_what_it_does(verb: str) -> None:
    """Options and arguments have help, in sentences."""
    for param in load(verb).params:
        assert param.help, (verb, param.name)
        assert param.help[0].isupper() or not param.help[0].isalpha(), (verb, param.name)


def test_every_verb_of_the_table_is_there() -> None:
    """The table names no verb that nobody wrote."""
    assert list(VERBS) == verbs()


def test_help_goes_to_standard_output_and_is_no_mistake(terminal: Terminal) -> None:
    """`-h` is the same."""
    assert terminal.type_anywhere("-h").out == terminal.type_anywhere("--help").out


def test_version(terminal: Terminal) -> None:
    """One line."""
    said = terminal.type_anywhere("--version")
    assert re.fullmatch(r"photojournal \d+\.\d+\.\d+\S*\n", said.out)
    assert 0 == said.code


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["aprove"], "No such command 'aprove'. Did you mean 'approve'?", "photojournal --help"),
        (["answers"], "No such command 'answers'.", "photojournal --help"),
        (["queue", "--colour"], "No such option: --colour", "photojournal queue --help"),
        (["show"], "Missing argument 'ROW'.", "photojournal show --help"),
        (["runs", "--limit", "x"], "'x' is not a whole number", "photojournal runs --help"),
        (["pick"], "say which rows are meant", "ROW..., --set, --run"),
    ],
)
def test_a_command_that_cannot_be_read_is_misuse(
    terminal: Terminal, words: list[str], error: str, hint: str
) -> None:
    """Exit code 2, never 1; an error and a hint on standard error."""
    said = terminal.type(*words)
    assert 2 == said.code
    assert error in said.err.splitlines()[0]
    assert said.err.splitlines()[1].startswith(f"Hint: {hint}")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Misused("x", "y"), 2),
        (Unreachable("x", "y"), 4),
        (Drift("x", "y"), 5),
        (Damaged("x", "y"), 3),
        (Refused("x", "y"), 2),
        (Refused("x", "y", nothing=True), 0),
        (JournalMissing("x"), 2),
        (JournalDamaged("x", 7), 3),
        (UnreadableEvent(7, "Approved", "x"), 3),
        (DiskLow(1, 2), 4),
        (OutcomeUnknown("x"), 4),
        (AdapterError("PublishUnreachable", "x"), 4),
        (sqlite3.OperationalError("database or disk is full"), 4),
        (OSError(errno.ENOSPC, "No space left on device"), 4),
        (PermissionError(errno.EACCES, "Permission denied", "site"), 4),
        (ValueError("x"), 70),
        (FileNotFoundError(errno.ENOENT, "No such file"), 70),
    ],
)
def test_every_kind_of_error_has_its_exit_code_and_a_hint(error: Exception, code: int) -> None:
    """Whatever a person can do about it is said; a bug has no hint of its own."""
    message, hint, found = explain(error)
    assert code == found
    assert message
    assert bool(hint) == (code != 70)


def broken(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `queue` fail as nobody foresaw."""

    def fail(_self: Program) -> None:
        msg = "nobody thought of this"
        raise RuntimeError(msg)

    monkeypatch.setattr(Program, "journal", property(fail))


def test_a_bug_leaves_its_traceback_in_the_workspace(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 70, one line on the screen, the rest in data/crash_runtime.log."""
    broken(terminal, monkeypatch)
    said = terminal.type("queue")
    log = terminal.root / "data" / "crash_runtime.log"
    assert 70 == said.code
    assert [
        "Error: RuntimeError: nobody thought of this",
        f"Hint: please report it; the details are in {log}",
    ] == said.err.splitlines()
    text = log.read_text()
    assert "Traceback (most recent call last)" in text
    assert text.startswith("--- 20")
    assert " photojournal queue\n" in text


def test_a_bug_before_a_workspace_is_known_leaves_its_traceback_here(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In crash_startup.log of the current folder; its path is printed."""

    def fail(_self: Call) -> None:
        raise RuntimeError

    monkeypatch.setattr(Call, "find", fail)
    monkeypatch.chdir(tmp_path)
    said = terminal.type_anywhere("queue")
    assert 70 == said.code
    assert (
        f"Hint: please report it; the details are in {tmp_path / 'crash_startup.log'}" in said.err
    )
    assert (tmp_path / "crash_startup.log").read_text()


def test_an_interrupted_verb_that_looks_is_130(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+C while nothing is written."""

    def fail(_self: Program) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Program, "journal", property(fail))
    said = terminal.type("queue")
    assert (130, "Interrupted.\n") == (said.code, said.err)


def test_a_damaged_configuration_names_its_line(terminal: Terminal) -> None:
    """Exit code 2, the file, the line, the key."""
    (terminal.root / "photojournal.toml").write_text("[publish]\ncolour = 1\n")
    said = terminal.type("queue")
    assert 2 == said.code
    assert "photojournal.toml:2:" in said.err
    assert "colour" in said.err


def test_a_broken_installation_is_a_bug_too(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not even the errors can be told apart, and still the exit code is 70."""
    monkeypatch.setitem(sys.modules, "machine.refusals", None)
    monkeypatch.setattr(Call, "find", lambda _self: 1 / 0)
    monkeypatch.chdir(tmp_path)
    assert 70 == terminal.type_anywhere("queue").code


def test_rows_and_texts_cannot_move_the_cursor_in_messages(terminal: Terminal) -> None:
    """What a person typed comes back with its control characters visible."""
    said = terminal.type("show", "\x1b[2J\nx")
    assert "Error: there is no row \\x1b[2J\\nx\n" in said.err


def test_run_never_raises(terminal: Terminal) -> None:
    """Whatever is typed, there is an exit code."""
    assert run([]) in (0, 2)
    assert 2 == run(["-w"])
    assert 2 == run(["-w", str(terminal.root / "nowhere"), "queue"])
