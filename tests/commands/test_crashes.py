"""Errors that nobody foresaw, wherever they happen: one traceback each, in the right file."""

import sys
import threading

import pytest

import photojournal
from commands.call import Call
from commands.threads import watched_threads
from tests.commands.cli import Terminal

ROWS: dict[str, int] = {}


def test_a_bug_while_a_row_is_published_names_run_and_row(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It happens in a thread of the pool; one traceback is left, in data/crash_runtime.log."""

    def fail(*_given: object) -> None:
        raise KeyError("nobody thought of this")

    monkeypatch.setattr("driver.publication.Publisher.publish", fail)
    said = terminal.type("publish", "2", "--yes")
    assert 70 == said.code
    (run, *_) = terminal.type("runs", "--json").json
    assert ("publish", "bug") == (run["verb"], run["outcome"])
    text = (terminal.root / "data" / "crash_runtime.log").read_text()
    assert f" photojournal publish run={run['run_id']} publish id=2\n" in text
    assert 1 == text.count("Traceback (most recent call last)") == text.count("--- ")
    assert not (terminal.root / "crash_startup.log").exists()


def test_a_thread_that_an_error_ends_leaves_its_traceback(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits for it, and still it is told, with exit code 70."""
    call = Call(["run"])
    call.given, call.verb = terminal.root, "run"
    with watched_threads(call), call.opened(heading=False) as program, program.run("run") as shell:
        thread = threading.Thread(target=lambda: ROWS["row"], name="watcher")
        thread.start()
        thread.join()
        run = shell.run_id
    assert 70 == call.exit_code
    assert "Error: a thread ended: KeyError: 'row'" in capsys.readouterr().err
    text = (terminal.root / "data" / "crash_runtime.log").read_text()
    assert f" photojournal run run={run} thread=watcher\n" in text


def test_a_verb_that_cannot_be_loaded_leaves_its_traceback_in_the_workspace(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In crash_startup.log: no workspace was open yet. Named by -w or by the environment."""
    monkeypatch.setitem(sys.modules, "commands.queue", None)
    said = terminal.type("queue")
    log = terminal.root / "crash_startup.log"
    assert 70 == said.code
    assert f"the details are in {log}" in said.err
    monkeypatch.setenv("PHOTOJOURNAL_WORKSPACE", str(terminal.root))
    assert 70 == terminal.type_anywhere("queue").code
    assert 2 == log.read_text().count("ModuleNotFoundError")


def test_an_installation_that_cannot_begin_leaves_its_traceback(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Typer or whatever else the command line stands on."""
    monkeypatch.setitem(sys.modules, "commands.app", None)
    monkeypatch.setattr(sys, "argv", ["photojournal", "-w", str(terminal.root), "queue"])
    with pytest.raises(SystemExit) as ended:
        photojournal.main()
    assert 70 == ended.value.code
    log = terminal.root / "crash_startup.log"
    assert f"the details are in {log}" in capsys.readouterr().err
    assert 1 == log.read_text().count("Traceback")


def test_a_setting_that_cannot_be_meant_is_found_in_the_morning(terminal: Terminal) -> None:
    """Nobody saw the terminal at night: crash_startup.log has it, and repeats no value."""
    settings = "[publish]\ngallery = 'ftp://anna:secret@example.org'\n"
    (terminal.root / "photojournal.toml").write_text(settings)
    said = terminal.type("run")
    log = terminal.root / "crash_startup.log"
    assert (2, f"Noted in {log}") == (said.code, said.err.splitlines()[-1])
    text = log.read_text()
    assert " photojournal run\n" in text
    assert "photojournal.toml:2:" in text
    assert 1 == text.count("Traceback")
    assert "secret" not in text
