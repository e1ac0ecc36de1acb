"""Every writing verb takes rows the same way; which verbs those are, the live command line says."""

import inspect
from typing import Any

import pytest
import typer

from commands.app import app, function_of, load
from commands.options import Asked, Choice, Filter
from commands.verbs import VERBS
from tests.commands.cli import Terminal

LOOKING = {"status", "sets", "queue", "show", "history", "events", "runs", "verify", "doctor"}
LOOKING |= {"similar", "search", "report", "blame", "diff", "triage", "export"}
"""They append nothing."""
OF_THE_WHOLE = {
    "adopt",
    "init",
    "demo",
    "ingest",
    "import",
    "replay",
    "backup",
    "restore",
    "models",
    "replace",
    "relink",
    "review",
    "prune",
    "journal",
    "incident",
    "logs",
}
"""They are about a workspace, a folder, the journal or one photo, not about chosen rows."""
WITH_PATHS = {"run"}
"""What is typed there are photos; rows are chosen by the options."""

NEEDED: dict[str, list[str]] = {
    "edit": ["--caption", "New words"],
    "rename": ["--to", "Another name"],
    "release": ["--reason", "looked at it"],
    "rollback": ["--to-status", "Pending"],
    "erase": ["--reason", "asked for"],
    "redact": ["--reason", "asked for"],
}
"""What a verb cannot do without."""

WRITING = [verb for verb in VERBS if verb not in LOOKING | OF_THE_WHOLE]
SELECTORS: list[list[str]] = [
    ["3"],
    ["2", "3"],
    ["-"],
    ["--set", "{set}"],
    ["--run", "last"],
    ["--status", "Pending"],
    ["--qc", "ScoringUnreadable"],
    ["--tier", "Top"],
    ["--since", "1d"],
    ["--set", "{set}", "--status", "Pending", "--tier", "Top"],
]


def options_of(verb: str) -> set[str]:
    command: Any = load(verb)
    return {name for parameter in command.params for name in parameter.opts}


def test_the_lists_above_name_every_verb() -> None:
    """A new verb has to be put into one of them."""
    assert app is not None
    assert set(VERBS) == LOOKING | OF_THE_WHOLE | set(WRITING)


@pytest.mark.parametrize("verb", WRITING)
def test_every_writing_verb_has_every_selector(verb: str) -> None:
    """By the same names, and beside them what every one of them has."""
    shared = {f"--{name.removesuffix('_id')}" for name in Filter.__dataclass_fields__}
    shared |= {"--dry-run", "--yes", "--json"}
    assert set() == shared - options_of(verb)
    if verb not in WITH_PATHS:
        assert "rows" in options_of(verb)


@pytest.mark.parametrize("verb", WRITING)
def test_every_writing_verb_accepts_every_selector(verb: str, terminal: Terminal) -> None:
    """A dry run of each ends in words, and changes nothing."""
    head, files = terminal.head(), terminal.files()
    set_id = terminal.type("queue", "3", "--json").json[0]["set_id"]
    for selector in SELECTORS:
        words = [word.format(set=set_id) for word in selector]
        if verb in WITH_PATHS and not words[0].startswith("--"):
            continue
        said = terminal.type(verb, *words, *NEEDED.get(verb, []), "--dry-run", stdin="2\n3\n")
        assert said.code in (0, 2, 10), f"{verb} {words}: {said.out}{said.err}"
        assert "Traceback" not in said.err
        assert "No such option" not in said.err
        assert said.code != 2 or "Error:" in said.err + said.out, f"{verb} {words}: {said.out}"
    assert (head, files) == (terminal.head(), terminal.files())


@pytest.mark.parametrize("verb", WRITING)
def test_every_writing_verb_refuses_a_row_that_is_not_there(verb: str, terminal: Terminal) -> None:
    """With a hint, before anything is written."""
    if verb in WITH_PATHS:
        pytest.skip("takes photos")
    head = terminal.head()
    said = terminal.type(verb, "4711", *NEEDED.get(verb, []), "--yes")
    assert (2, head) == (said.code, terminal.head())
    assert "Error: there is no row 4711\nHint: photojournal queue\n" == said.err


@pytest.mark.parametrize("verb", WRITING)
def test_every_writing_verb_speaks_json(verb: str, terminal: Terminal) -> None:
    """And nothing else on standard output."""
    words = ["--status", "Pending"] if verb in WITH_PATHS else ["3"]
    said = terminal.type(verb, *words, *NEEDED.get(verb, []), "--dry-run", "--json")
    assert isinstance(said.json, list), said.out


@pytest.mark.parametrize("verb", ["approve", "reject", "withdraw", "rollback", "edit", "rename"])
def test_no_rows_chosen_is_refused_where_everything_would_be_too_much(
    verb: str, terminal: Terminal
) -> None:
    """Nobody means all rows by saying nothing."""
    said = terminal.type(verb, *NEEDED.get(verb, []), "--yes")
    assert 2 == said.code
    assert "Error: say which rows are meant" in said.err


def test_summaries_are_those_of_the_docstrings() -> None:
    """`--help` lists verbs without loading them, so the summary stands twice."""
    for verb, (_panel, summary) in VERBS.items():
        text = inspect.getdoc(function_of(verb)) or ""
        assert summary == text.splitlines()[0], verb
    assert isinstance(Choice(), Filter)
    assert Asked().yes is False
    assert typer is not None
