"""`replay`: read models, files and other rules from the journal alone, and never an effect."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.cli import Terminal

ROOT = Path(__file__).resolve().parents[2]

REPLAYS = [
    ["replay"],
    ["replay", "--only", "runs"],
    ["replay", "--check"],
    ["replay", "2", "--step"],
    ["replay", "--until", "40", "--into", "{file}"],
    ["replay", "--rules", "{rules}"],
    ["logs", "show", "last"],
]

UNDER_WATCH = """
import json, os, sys

root, file, state = (os.path.realpath(one) for one in sys.argv[1:4])
MAY_CHANGE = (os.path.join(root, "data", "review."), file, state)
NEVER = {
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "ftplib.connect",
    "smtplib.connect", "urllib.Request", "webbrowser.open", "subprocess.Popen", "os.system",
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
}
CHANGES = {
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.link",
    "os.symlink", "os.utime", "shutil.copyfile", "shutil.move", "shutil.rmtree",
}
WATCHED = NEVER | CHANGES | {"open", "sqlite3.connect"}
caught = []

def elsewhere(*paths):
    named = [os.path.realpath(os.fsdecode(one)) for one in paths if isinstance(one, (str, bytes))]
    return [one for one in named if not one.startswith(MAY_CHANGE) and one != os.devnull]

def is_effect(event, args):
    if event == "open":
        return args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and elsewhere(args[0])
    if event == "sqlite3.connect":
        return args[0] and "mode=ro" not in str(args[0]) and elsewhere(args[0])
    return event in NEVER or elsewhere(*args)

def watch(event, args):
    if event in WATCHED and is_effect(event, args):
        caught.append([event, repr(args)])
        raise PermissionError(event)

from commands.app import run

sys.dont_write_bytecode = True
sys.addaudithook(watch)
codes = [run(["-w", root, *words]) for words in json.loads(sys.argv[4])]
adapters = [name.partition(".")[2] for name in sys.modules if name.startswith("adapters.")]
print(json.dumps({"codes": codes, "caught": caught, "adapters": adapters}), file=sys.stderr)
"""

HARMLESS = {"errors", "files", "cloning", "objects", "packet", "recipes", "gallery_paths"}
"""Adapters that say what settings mean, or that name objects; none of them can begin anything."""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Rules under which every photo is worth more and no text needs keywords."""
    file = tmp_path / "rules.toml"
    file.write_text(
        "[tiers]\nTop = 9.9\nGood = 9\n"
        "[text]\ncaption_words = [1, 40]\nignore = ['keywords_few']\n"
        "blocking = ['caption_equals_alt_text']\n",
        encoding="utf-8",
    )
    return file


def test_no_replay_has_an_effect(terminal: Terminal, tmp_path: Path, rules: Path) -> None:
    """No network, no process, no write but to the read models and the file that was asked for."""
    file = tmp_path / "then.db"
    words = [[one.format(file=file, rules=rules) for one in words] for words in REPLAYS]
    before = terminal.head(), terminal.files()
    state = os.environ["XDG_STATE_HOME"]
    done = subprocess.run(
        [sys.executable, "-c", UNDER_WATCH, terminal.root, file, state, json.dumps(words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stderr.splitlines()[-1])
    assert [] == told["caught"]
    assert [0] * len(REPLAYS) == told["codes"], done.stderr
    assert set() == set(told["adapters"]) - HARMLESS
    assert before == (terminal.head(), terminal.files())
    assert file.is_file()


def test_one_read_model_is_made_again_alone(terminal: Terminal) -> None:
    """The others keep what they say, right or wrong; a name that is none is refused."""
    from journal import Journal
    from projections.engine import ReadModels

    data = terminal.root / "data"
    with (
        Journal.open(data / "journal.db", readonly=True) as journal,
        ReadModels.open(data / "review.db", journal) as models,
    ):
        models.query("UPDATE runs SET verb = 'x' RETURNING 1")
        models.query("UPDATE review_queue SET Caption = 'x' RETURNING 1")
    assert {"runs"} == {
        one["table"] for one in terminal.type("replay", "--check", "--only", "runs", "--json").json
    }
    said = terminal.type("replay", "--only", "runs")
    assert ["runs"] == [line.partition(":")[0] for line in said.lines if "made anew" in line]
    found = terminal.type("replay", "--check", "--json").json
    assert {("review_queue", "Caption")} == {(one["table"], one["column"]) for one in found}
    said = terminal.type("replay", "--only", "rnus")
    assert (2, "Hint: did you mean runs?") == (said.code, said.err.splitlines()[-1])


def test_rows_that_would_end_otherwise_are_listed_with_counts(
    terminal: Terminal, rules: Path
) -> None:
    """Each column as recorded and under the rules; nothing is changed."""
    before = terminal.head(), terminal.files(), terminal.type("queue", "--json").json
    said = terminal.type("replay", "--rules", rules)
    assert 0 == said.code
    assert "column  as recorded  under rules.toml" in said.plain()
    assert "3  Harbour_at_dusk_Rotterdam_Travel_Photography_002.JPG  QC_Status  Top  Good" in (
        said.plain()
    )
    assert "quality_tier: Top (provisional) -> Average (provisional): 2 rows" in said.lines
    assert "4 rows as of position" in said.lines[-2]
    assert "Nothing was changed: the rules were only tried." == said.lines[-1]
    assert before == (terminal.head(), terminal.files(), terminal.type("queue", "--json").json)


def test_each_change_is_one_line_in_a_terminal_of_eighty_columns(
    terminal: Terminal, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long name the middle is cut out."""
    monkeypatch.setenv("COLUMNS", "80")
    said = terminal.answer("replay", "--rules", rules, answer="").lines
    changes = [one for one in said if one.lstrip()[:2] in ("2 ", "3 ")]
    assert len(changes) > 3, said
    assert all("..." in one and ".JPG" in one and len(one) <= 80 for one in changes), changes


def test_other_rules_for_programs(terminal: Terminal, rules: Path) -> None:
    """One object: counts by column, moves between tiers, each change; also as of then."""
    found = terminal.type("replay", "--rules", rules, "--json").json
    assert (4, len(found["changes"])) == (found["rows"], found["different"])
    changes = {one["id"]: one["changes"] for one in found["changes"]}
    assert {"before": "Top", "after": "Good"} == changes[3]["QC_Status"]
    assert {"before": "caption_short, keywords_few", "after": ""} == changes[3]["findings"]
    assert found["by_column"]["quality_tier"] == sum(
        one["rows"] for one in found["moves"] if one["column"] == "quality_tier"
    )
    then = terminal.type("replay", "--rules", rules, "--until", "20", "--json").json
    assert (20, 0) == (then["position"], then["by_column"].get("quality_tier", 0))


def test_a_file_of_rules_with_a_mistake_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    """Exit code 2, line and key, where to read on."""
    file = tmp_path / "rules.toml"
    file.write_text("[tiers]\nTopp = 8\n", encoding="utf-8")
    said = terminal.type("replay", "--rules", file)
    assert 2 == said.code
    assert [
        f"Error: {file}:2: unknown key Topp; did you mean Top?",
        "Hint: mend rules.toml; docs/replay.md shows the rules of today",
    ] == said.err.splitlines()
