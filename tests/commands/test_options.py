"""What verbs have in common is the same for all, computed from the live command line."""

from pathlib import Path
from typing import Any

import pytest
import typer

from commands.app import app, load
from tests.commands.cli import Terminal

ROOT = Path(__file__).resolve().parents[2]
COMMAND: Any = typer.main.get_command(app)
LOOKING = {
    "report",
    "status",
    "queue",
    "show",
    "history",
    "blame",
    "sets",
    "runs",
    "events",
    "similar",
    "search",
    "triage",
    "export",
}
CHOOSING = {"--set", "--run", "--status", "--qc", "--tier", "--since"}
OF_ITS_OWN = {"rename", "rollback", "edit"}
"""Verbs some of whose options mean something else, or more."""


def options(verb: str) -> dict[str, Any]:
    """Return the options of a verb by their long name."""
    return {name: param for param in load(verb).params for name in param.opts}


def verbs() -> list[str]:
    """Return the verbs of the live command line."""
    return list(COMMAND.commands)


def test_verbs_that_choose_rows_choose_them_alike() -> None:
    """Who has one of the selectors has all of them, with the same words."""
    reference = {name: options("queue")[name].help for name in CHOOSING}
    choosing = [verb for verb in verbs() if CHOOSING <= set(options(verb))]
    assert {"queue", "prefill", "score", "resize", "pick", "approve", "reject", "edit"} <= set(
        choosing
    )
    assert {"retry", "release", "publish", "withdraw"} <= set(choosing)
    for verb in choosing:
        found = options(verb)
        assert reference == {name: found[name].help for name in CHOOSING}, verb


@pytest.mark.parametrize("verb", sorted(LOOKING))
def test_verbs_that_look_can_look_back_and_print_json(verb: str) -> None:
    """`--json` and `--at`."""
    assert {"--json", "--at"} <= set(options(verb))


def test_the_page_about_looking_back_names_every_verb_that_can() -> None:
    """In one sentence: what is not there is a verb that somebody does not try."""
    page = (ROOT / "docs" / "looking-back.md").read_text("utf-8")
    (sentence,) = [one for one in page.splitlines() if one.endswith("take `--at`.")]
    assert LOOKING == set(sentence.split("`")[1::2]) - {"--at"}


@pytest.mark.parametrize("verb", sorted(set(verbs()) - LOOKING - {"restore"}))
def test_verbs_that_change_something_cannot_look_back(verb: str) -> None:
    """The past is not changed: they do not have `--at`. That of `restore` names a backup."""
    assert "--at" not in options(verb)


def test_without_a_terminal_nobody_is_asked(terminal: Terminal) -> None:
    """Several rows that a filter found need `--yes`; exit code 2, nothing changed."""
    before = terminal.head()
    said = terminal.type("pick", "--status", "Pending", "--status", "Quarantined")
    assert 2 == said.code
    assert "Pick 2 rows: 3 Harbour" in said.out
    assert [
        "Error: this needs a yes, and there is no terminal to ask at",
        "Hint: look at it with --dry-run, then give --yes",
    ] == said.err.splitlines()
    assert before == terminal.head()
    assert 0 == terminal.type("pick", "--status", "Pending", "--qc", "Top", "--yes").code
    assert before < terminal.head()


def test_ids_on_standard_input_are_asked_about(terminal: Terminal) -> None:
    """Nobody typed them."""
    assert 2 == terminal.type("pick", "-", stdin="3\n4\n").code
    assert 0 == terminal.type("pick", "-", "--yes", stdin="3\n4\n").code


def test_rows_that_were_typed_are_meant(terminal: Terminal) -> None:
    """They are counted and not asked about."""
    said = terminal.type("pick", "3", "4")
    assert 0 == said.code
    assert "Pick 2 rows: 3 Harbour" in said.out


def test_a_dry_run_changes_nothing(terminal: Terminal) -> None:
    """It says what would happen."""
    before = terminal.head(), terminal.files()
    said = terminal.type("pick", "3", "--dry-run")
    assert 0 == said.code
    assert "Dry run: nothing was changed." == said.lines[-1]
    assert before == (terminal.head(), terminal.files())


def test_nothing_to_do_is_a_success_with_words(terminal: Terminal) -> None:
    """A filter that finds nothing, and rows that are so already."""
    said = terminal.type("pick", "--status", "Error")
    assert (0, "Nothing changed.") == (said.code, said.lines[-1])
    terminal.type("pick", "3")
    said = terminal.type("pick", "3")
    assert (0, "Nothing changed.") == (said.code, said.lines[-1])


SEVERAL = ("pick", "--status", "Pending", "--status", "Approved")


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "nein\n"])
def test_anything_but_yes_is_no(terminal: Terminal, answer: str) -> None:
    """Also when the terminal is closed at the question: exit code 2."""
    before = terminal.head()
    said = terminal.answer(*SEVERAL, answer=answer)
    assert "Pick 2 rows" in said.out
    assert (2, "Nothing changed.") == (said.code, said.lines[-1].removeprefix("Go on? [y/N] "))
    assert before == terminal.head()


@pytest.mark.parametrize("answer", ["y\n", "Yes\n"])
def test_yes_is_yes(terminal: Terminal, answer: str) -> None:
    """In one letter or three."""
    before = terminal.head()
    said = terminal.answer(*SEVERAL, answer=answer)
    assert "Go on? [y/N] " in said.out
    assert 0 == said.code
    assert before < terminal.head()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("run", "--limit", "0"), "0 is not at least 1."),
        (("run", "--limit", "many"), "'many' is not a whole number."),
        (("run", "--approve-at", "11"), "11.0 is not at most 10."),
        (("run", "--approve-at", "nan"), "nan is not at least 0."),
        (("run", "--approve-at", "good"), "'good' is not a number."),
    ],
)
def test_a_number_out_of_bounds_is_refused_by_name(
    terminal: Terminal, words: tuple[str, ...], complaint: str
) -> None:
    """Nothing is run, and the option is named."""
    before = terminal.head()
    said = terminal.type(*words)
    assert (2, before) == (said.code, terminal.head())
    assert f"Error: Invalid value for '{words[1]}': {complaint}" in said.err
    assert "Hint: photojournal run --help" in said.err
