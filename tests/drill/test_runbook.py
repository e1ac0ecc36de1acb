"""Every block of docs/runbook.md is typed as it stands, and says what stands below it."""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.drill import domains
from tests.drill.batch import Batch
from tests.drill.conftest import Stage
from tests.driver.nights import MODEL, SECOND
from tests.standins.ollama_server import Model, StandIn, Step

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"(?:<!-- (setup|ollama: \w+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
EXIT_CODE = re.compile(r"^(.*\S) +# exit code (\d+)$", re.MULTILINE)
QUERY = re.compile(r"^\| ([^|`]+) \| .+ \| `([^`]+)` \|$", re.MULTILINE)
QUICK = "12 The program is killed"
"""A section that `make test` executes, too."""


class Section(NamedTuple):
    """A section of the page: a title, and blocks as note, language and text."""

    title: str
    blocks: list[tuple[str, str, str]]


def sections() -> list[Section]:
    """Return the parts of the page, the first one without a title."""
    title, *rest = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    texts = dict(zip(["", *rest[::2]], [title, *rest[1::2]], strict=True))
    return [
        Section(title, [(note, kind, text) for note, kind, text in BLOCK.findall(part)])
        for title, part in texts.items()
    ]


SETUP, *PARTS = sections()
SCRIPTS = {one.title: one for one in PARTS if one.blocks}
QUERIES = dict(QUERY.findall(PAGE))


class Shell:
    """A shell in a folder; what is exported stays from block to block."""

    def __init__(self, folder: Path, tools: Path) -> None:
        """Sit down; `tools` is a folder for the command `photojournal`."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        tools.mkdir(exist_ok=True)
        command = tools / "photojournal"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m photojournal "$@"\n')
        command.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "SAMPLES": str(ROOT / "samples"),
            "PHOTOJOURNAL_ACTOR": "anna",
            "XDG_STATE_HOME": str(tools / "state"),
            "COLUMNS": "200",
        }
        self._kept = tools / "environment"

    def type(self, block: str) -> str:
        """Type a block; every line ends with 0 or as it says. Return all that was said."""
        script = EXIT_CODE.sub(r"\1 || [ $? = \2 ]", block)
        end = f'\nexport -p > "{self._kept}"\n'
        kept = f'[ ! -e "{self._kept}" ] || . "{self._kept}"\n'
        done = subprocess.run(
            ["bash", "-e", "-c", kept + script + end],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        return done.stdout


@contextlib.contextmanager
def ollama(mood: str) -> Iterator[str]:
    """Serve a stand-in for Ollama that does as the page says; return its URL."""
    steps = {"echo": domains.SAME, "drift": domains.DRIFTING}
    script = {"*": steps[mood]} if mood in steps else None
    with StandIn(script, models=(Model(name=MODEL),)) as server:
        if mood == "cpu":
            server.go_to_cpu()
        yield server.url


def follow(section: Section, shell: Shell) -> None:
    """Type the blocks of a section, and look for what stands below them."""
    with contextlib.ExitStack() as running:
        said = "\n".join(shell.type(text) for _, _, text in SETUP.blocks)
        for note, kind, text in section.blocks:
            if note.startswith("ollama"):
                url = running.enter_context(ollama(note.removeprefix("ollama: ")))
                shell.type(f"export OLLAMA_HOST={url}")
            if kind == "sh":
                said = shell.type(text)
                continue
            plain = " ".join(said.split())
            for line in text.splitlines():
                assert " ".join(line.split()) in plain, f"{line!r} is not in\n{said}"


def test_a_section_that_needs_no_server_does_what_it_says(tmp_path: Path) -> None:
    """Each block ends as it says, and the next one mends it."""
    follow(SCRIPTS[QUICK], Shell(tmp_path / "scratch", tmp_path / "tools"))


@pytest.mark.soak
@pytest.mark.parametrize("title", SCRIPTS)
def test_every_section_does_what_it_says(title: str, tmp_path: Path) -> None:
    """With a stand-in where a section needs Ollama."""
    follow(SCRIPTS[title], Shell(tmp_path / "scratch", tmp_path / "tools"))


def test_each_failure_domain_has_a_section() -> None:
    """One to thirteen, in order, each with something to type and something to see."""
    assert [f"{number}" for number in range(1, 14)] == [one.split()[0] for one in SCRIPTS]
    for section in SCRIPTS.values():
        assert {"sh"} <= {kind for _, kind, _ in section.blocks}


# --- saved queries


def asked(root: Path, query: str) -> str:
    """Return what a new form says in a workspace; it has to be understood."""
    if query.startswith("SELECT"):
        with contextlib.closing(sqlite3.connect(root / "data" / "review.db")) as db:
            return "\n".join(map(str, db.execute(query.replace("\\|", "|")).fetchall()))
    shell = Shell(root, root.parent / "tools")
    return shell.type(query)


@pytest.mark.soak
def test_the_new_form_of_each_saved_query_finds_what_the_old_one_was_for(stage: Stage) -> None:
    """After a night in which every one of them has something to say."""
    with stage() as made:
        batch = made(6, domains.cut_off)
        bad_night(batch)
        said = {what: asked(batch.root, query) for what, query in QUERIES.items()}
    assert [] == [what for what, lines in said.items() if not lines.strip()]
    assert len(said) == 22


def test_the_new_form_of_each_saved_query_is_understood(stage: Stage) -> None:
    """By SQLite, whatever there is to find."""
    with stage() as made:
        batch = made(4, None, "score", "resize")
        for query in QUERIES.values():
            if query.startswith("SELECT"):
                asked(batch.root, query)


def bad_night(batch: Batch) -> None:
    """Let a photo be cut off, a name be taken, a model fail once, two texts be equal."""
    batch.set(prefill={"fallback_models": [SECOND]})
    batch.models(
        lambda row, request: Step(kind="bad_json") if (row, request.model) == (2, MODEL) else None
    )
    taken = batch.queue()[3]["File_Name"]
    (batch.root / "site" / "undated" / "travel").mkdir(parents=True)
    (batch.root / "site" / "undated" / "travel" / taken).write_bytes(b"somebody else's")
    assert 10 == batch.night().code
    batch.well("edit", "5", "6", "--caption", "Two boats", "--alt-text", "Two boats", "--yes")
