"""`triage`: one command explains what went wrong, to a person and to a program."""

import contextlib
import re
import sqlite3
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from commands.app import run
from tests.commands.cli import Terminal, copied

_COLOUR = re.compile(r"\x1b\[\d+m")
EVIL = '<i>&"'
FIELDS = {
    *("workspace", "as_of", "position", "verdict", "cause_class", "cause_classes", "runs"),
    *("open_elsewhere", "later_runs", "causes", "first_error", "first_publish_failure", "impact"),
    *("rows_hit", "noticed", "evidence", "outside", "tracebacks", "damage", "next"),
    "next_commands",
}


def found(terminal: Terminal, *words: str) -> dict[str, Any]:
    """Return what `triage --json` says; it ends with 0."""
    said = terminal.type("triage", "--json", *words)
    assert 0 == said.code, said.err
    page: dict[str, Any] = said.json
    assert set(page) == FIELDS
    return page


@pytest.fixture(scope="module")
def scene(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after a run of which one photo, row 5, was damaged."""
    folder = tmp_path_factory.mktemp("night")
    root, photo = copied(template, folder / "pictures"), folder / f"{EVIL}.jpg"
    damaged = Path(__file__).resolve().parents[2] / "samples" / "damaged_coffee.jpg"
    photo.write_bytes(damaged.read_bytes() + b"another")
    labels = ("--category", "Travel", "--subject", "Harbour at dusk", "--location", "Rotterdam")
    assert 10 == run(["-w", str(root), "run", str(photo), *labels, "--new"])
    return root


def test_a_damaged_photo_is_explained_from_the_first_error_to_the_next_command(
    terminal: Terminal, tmp_path: Path
) -> None:
    """Event, log line, row, file, code, what helps; `status` names the way to it."""
    assert "What failed, and why: photojournal triage" in terminal.type("status").out
    page = found(terminal)
    assert ("failed", ["file-failed"]) == (page["verdict"], page["cause_classes"])
    first = page["first_error"]
    assert ("score", "ScoringUnreadable", 5) == (first["stage"], first["code"], first["id"])
    history = terminal.type("history", "5", "--json").json
    assert first["position"] in [one["position"] for one in history]
    assert first["log_line"] in (terminal.root / first["log"]).read_text("utf-8").splitlines()
    assert {("score", "ScoringUnreadable", "Quarantined", 1)} <= {
        (one["stage"], one["code"], one["status"], one["rows"]) for one in page["impact"]
    }
    assert "photojournal replace 5 FILE" in page["next_commands"]
    assert page["evidence"]["last_good_run"]
    said = terminal.type("triage").plain(terminal.root)
    for words in (
        "Failed: file-failed",
        "the photo cannot be decoded (ScoringUnreadable)",
        "First row  5 ",
        f"position {first['position']} of the journal",
        "photojournal replace 5 FILE",
    ):
        assert words in said, said


def test_the_run_that_failed_is_looked_at_although_a_good_one_came_after(
    terminal: Terminal, tmp_path: Path
) -> None:
    """And what came after is said; `--run last` looks at the newest, `--since` at all."""
    assert 0 == terminal.type("publish", "2").code
    assert "" == terminal.type("status", "--json").json["triage"]
    page = found(terminal)
    assert (["file-failed"], "run") == (page["cause_classes"], page["runs"][0]["verb"])
    assert (1, "done") == (page["later_runs"]["runs"], page["later_runs"]["newest"]["outcome"])
    last = found(terminal, "--run", "last")
    assert ("nothing failed", "publish") == (last["verdict"], last["runs"][0]["verb"])
    assert 1 == last["outside"]["published"]
    since = found(terminal, "--since", "1d")
    assert len(since["runs"]) > 3
    assert "file-failed" in since["cause_classes"]
    then = found(terminal, "--at", page["runs"][0]["run_id"])
    assert page["first_error"] == then["first_error"]
    assert then["later_runs"] is None


def test_the_next_commands_lead_to_a_clean_batch_and_then_it_is_over(
    terminal: Terminal, tmp_path: Path
) -> None:
    """Typed as they stand, but for the mended file; then nothing of the incident is left."""
    assert 0 == terminal.type("reject", "4").code, "it is of another night"
    mended = tmp_path / "mended.jpg"
    sample = Path(__file__).resolve().parents[2] / "samples" / "flower.jpg"
    mended.write_bytes(sample.read_bytes())
    commands = found(terminal)["next_commands"]
    assert ["photojournal replace 5 FILE", "photojournal run"] == commands
    for command in commands:
        words = [str(mended) if word == "FILE" else word for word in command.split()[1:]]
        assert 0 == terminal.type(*words).code, command
    assert "nothing failed" == found(terminal, "--run", "last")["verdict"]
    page = found(terminal)
    assert ("settled", [True], []) == (
        page["verdict"],
        [one["over"] for one in page["causes"]],
        page["next"],
    )
    said = terminal.type("triage").out
    assert "Nothing is open. What failed is settled: file-failed" in said
    assert "Settled    a later run ended well, and nothing of it is left" in said
    assert "Next: nothing of it waits for you; all that is due: photojournal status" in said


def test_a_workspace_without_a_run_has_no_incident(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told in words, and exit code 0."""
    empty = Terminal(tmp_path / "empty", capsys, monkeypatch)
    assert 0 == empty.type_anywhere("init", empty.root).code
    page = found(empty)
    assert ("no runs", [], []) == (page["verdict"], page["runs"], page["next"])
    assert "No runs yet" in empty.type("triage").out
    said = empty.type("triage", "--run", "last")
    assert (2, "Error: there is no run last") == (said.code, said.err.splitlines()[0])


def damage(root: Path, change: str) -> None:
    """Change a line of the journal behind the program's back."""
    with contextlib.closing(sqlite3.connect(root / "data" / "journal.db")) as db:
        db.execute("DROP TRIGGER events_update")
        db.execute(change)
        db.commit()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("payload = replace(payload, 'image file', 'another file')", "payload"),
        ("payload = '{}'", "payload"),
    ],
)
def test_in_a_damaged_journal_the_damage_comes_first_and_the_rest_is_told(
    terminal: Terminal, tmp_path: Path, change: str, kind: str
) -> None:
    """Exit code 3, the position; the run and what else can be read of it."""
    position = found(terminal)["first_error"]["position"]
    damage(terminal.root, f"UPDATE events SET {change} WHERE position = {position}")
    said = terminal.type("triage", "--json")
    page = said.json
    assert 3 == said.code
    assert "damaged" == page["cause_class"]
    assert {(position, kind)} <= {
        (one["position"], one["kind"]) for one in page["damage"]["problems"]
    }
    assert "file-failed" in page["cause_classes"], "the other stage's failure can still be read"
    assert ["photojournal verify", "photojournal restore BACKUP FOLDER"] == page["next_commands"][
        :2
    ]
    said = terminal.type("triage")
    assert 3 == said.code
    assert f"Damaged  position {position}: payload" in said.out


def test_a_journal_that_cannot_be_opened_leaves_what_the_read_models_knew(
    terminal: Terminal, tmp_path: Path
) -> None:
    """Exit code 3; the run that failed last is still named."""
    run = found(terminal)["runs"][0]["run_id"]
    (terminal.root / "data" / "journal.db").write_bytes(b"no database" * 1000)
    for path in (terminal.root / "data").glob("journal.db-*"):
        path.unlink()
    said = terminal.type("triage", "--json")
    page = said.json
    assert (3, ["damaged"]) == (said.code, page["cause_classes"])
    assert [run] == [one["run_id"] for one in page["runs"]]
    assert set(page) == FIELDS
    assert "photojournal verify" in terminal.type("triage").out


def test_a_line_of_the_queue_that_was_changed_is_damage_of_the_read_models(
    terminal: Terminal,
) -> None:
    """The row, the column, and the command that makes them again; then it is over."""
    with contextlib.closing(sqlite3.connect(terminal.root / "data" / "review.db")) as db:
        db.execute("UPDATE review_queue SET Caption = 'Not what was written' WHERE id = 2")
        db.commit()
    page = found(terminal)
    told = next(one for one in page["causes"] if one["type"] == "drift")
    assert ("damaged", 2) == (told["class"], told["id"])
    assert "review_queue/2/Caption" in told["detail"]
    assert "photojournal replay" in page["next_commands"]
    assert 0 == terminal.type("replay").code
    assert ["file-failed"] == found(terminal)["cause_classes"]


def test_settings_that_cannot_be_used_are_told_and_hide_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    """What failed before comes first; then where the settings are wrong."""
    settings = terminal.root / "photojournal.toml"
    settings.write_text(settings.read_text("utf-8") + "\n[scores]\n", encoding="utf-8")
    page = found(terminal)
    assert ["file-failed", "unclassified"] == page["cause_classes"]
    told = page["causes"][1]
    assert "settings" == told["type"]
    assert "did you mean [score]?" in told["detail"]
    assert "photojournal.toml:" in page["next"][-1]["words"] + page["next"][0]["words"]


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, source: str) -> None:
        """Read it."""
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Keep the tag; nothing may be loaded."""
        self.tags.add(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onclick"}, attrs

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def test_the_page_says_the_same_and_loads_nothing(terminal: Terminal, tmp_path: Path) -> None:
    """A page of ours is replaced, what is somebody else's is not."""
    path = tmp_path / "night.html"
    for _ in range(2):
        said = terminal.type("triage", "--html", path)
        assert (0, True) == (said.code, f"Incident page: {path}" in said.out), said.err
    page = Page(path.read_text("utf-8"))
    known = found(terminal)
    for words in (
        "Failed: file-failed",
        known["first_error"]["log_line"],
        known["causes"][0]["File_Name"],
        *known["next_commands"],
        f"{EVIL}.jpg",
    ):
        assert words in page.text, words
    assert not page.tags & {"script", "link", "img", "iframe", "i"}
    said = terminal.type("triage", "--json", "--html", path)
    assert ("failed", [f"Incident page: {path}"]) == (
        said.json["verdict"],
        said.err.splitlines(),
    )
    foreign = tmp_path / "mine.html"
    foreign.write_text("<p>mine", encoding="utf-8")
    said = terminal.type("triage", "--html", foreign)
    assert (2, "<p>mine") == (said.code, foreign.read_text("utf-8"))
    assert "Hint: choose another name" in said.err
    assert 2 == terminal.type("triage", "--html", tmp_path / "no" / "x.html").code


def test_looking_at_an_incident_changes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    """No event, no log, no object."""
    before = terminal.head(), terminal.files()
    found(terminal)
    terminal.type("triage", "--html", tmp_path / "x.html")
    assert before == (terminal.head(), terminal.files())


def test_objects_that_are_missing_after_an_import_are_said(
    terminal: Terminal, tmp_path: Path
) -> None:
    """How many, an example, and what to type; also beside what failed."""
    new, file = Terminal(tmp_path / "new", terminal._capsys, terminal._monkeypatch), tmp_path / "e"
    assert 0 == terminal.type("journal", "export", file.with_suffix(".jsonl")).code
    for words in (
        ["init", new.root],
        ["-w", new.root, "journal", "import", f"{file}.jsonl", "--yes"],
    ):
        assert 0 == new.type_anywhere(*words).code
    page = found(new, "--run", "last")
    (missing,) = [one for one in page["causes"] if one["type"] == "missing"]
    assert ("damaged", "warning") == (missing["class"], missing["level"])
    assert "not in data/objects: row 1: picture" in missing["detail"]
    assert "photojournal verify" in page["next_commands"]
    said = new.type("triage")
    assert "photojournal verify" in said.out
    assert "not in data/objects" in said.out
    assert [] == [one for one in found(terminal)["causes"] if one["type"] == "missing"]
    gone = next(one for one in (terminal.root / "data" / "objects").rglob("*") if one.is_file())
    gone.unlink()
    assert "missing" in {one["type"] for one in found(terminal)["causes"]}


def test_triage_and_queue_name_the_same_command_and_the_words_do_not_repeat_it(
    terminal: Terminal,
) -> None:
    """A person follows either; what is to be typed stands on a line of its own, once."""
    page = found(terminal)
    (line,) = terminal.type("queue", "5", "--json").json
    assert line["next_action"] == page["next_commands"][0]
    assert (
        "photojournal queue --status Pending"
        == terminal.type("status", "--json").json["next_command"]
    )
    assert not [one for one in page["next"] if one["command"] and one["command"] in one["words"]]
    said = terminal.type("triage").out
    assert 1 == said.count("photojournal replace 5 FILE"), said


def test_both_listings_fit_eighty_columns(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are cut in the middle on one line; the stage and the code are there."""
    monkeypatch.setenv("COLUMNS", "80")
    said = _COLOUR.sub("", terminal.answer("triage", answer="").out)
    hit = said.partition("Hit: ")[2].partition("\n\n")[0].splitlines()
    assert ["stage", "code", "now", "rows", "first", "File_Name"] == hit[1].split()
    assert hit[2].startswith("score   ScoringUnreadable"), said
    assert hit[2].rstrip().endswith(".JPG"), said
    rows = _COLOUR.sub("", terminal.answer("queue", answer="").out).splitlines()
    assert rows[1].rstrip().endswith("photojournal ..."), rows
    assert 1 == sum(one.rstrip().endswith("  replace 5 FILE") for one in rows), rows
    assert all(len(one) <= 80 for one in rows[1:] + hit)


def test_settings_that_were_mended_since_are_noticed_only(terminal: Terminal) -> None:
    """The crash file still has them; what can be used now stands in nobody's way."""
    settings = terminal.root / "photojournal.toml"
    good = settings.read_text("utf-8")
    settings.write_text(good + "\n[scores]\n", encoding="utf-8")
    assert 2 == terminal.type("run").code
    assert "settings" in [one["type"] for one in found(terminal)["causes"]]
    settings.write_text(good, encoding="utf-8")
    page = found(terminal)
    assert ["file-failed"] == page["cause_classes"]
    assert ["settings"] == [one["type"] for one in page["noticed"] if not one["domain"]]
    assert [] == page["tracebacks"]


def test_several_runs_are_told_with_what_each_cause_struck_and_what_is_settled(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The headline has what is open; a line each for what was mended since."""
    terminal.type("retry", "3", "--stage", "prefill")
    away = {"CAPTIONER": "ollama", "HOST": "http://127.0.0.1:9", "WAIT_FOR_SERVICE": "0"}
    with monkeypatch.context() as patch:
        for name, value in away.items():
            patch.setenv(f"PHOTOJOURNAL_PREFILL_{name}", value)
        assert 4 == terminal.type("prefill", "3").code
    paused = found(terminal)["runs"][0]
    assert 0 == terminal.type("prefill", "3").code
    terminal.type("retry", "3", "--stage", "score")
    assert 0 == terminal.type("score", "3").code
    name = terminal.type("queue", "2", "--json").json[0]["File_Name"]
    place = terminal.root / "site" / "2009" / "travel" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("somebody else's")
    assert 10 == terminal.type("publish", "2").code
    page = found(terminal, "--since", paused["started_at"])
    away_then, taken = page["causes"]
    assert (True, [paused["run_id"]]) == (away_then["over"], away_then["runs"])
    assert (False, "TargetChanged") == (taken["over"], taken["code"])
    said = terminal.type("triage", "--since", paused["started_at"]).out
    assert "Runs   4, begun from " in said
    assert "Failed: name-collision (settled since: ollama-unreachable)" in said
    assert "Settled since" in said


def test_a_disk_too_full_to_begin_on_is_named_with_the_way_out(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at it tells; the run that could not begin leaves an event, once, from the reserve."""
    monkeypatch.setenv("PHOTOJOURNAL_JOURNAL_MIN_FREE", "900 TiB")
    told = found(terminal)["causes"][-1]
    assert ("disk", "DiskLow", "file-failed") == (told["type"], told["code"], told["class"])
    assert 4 == terminal.type("publish", "2").code
    head = terminal.head()
    assert 4 == terminal.type("publish", "2").code
    assert head == terminal.head(), "said once"
    page = found(terminal)
    assert (["file-failed"], "DiskLow") == (page["cause_classes"], page["causes"][0]["code"])
    assert ("StoppedDiskLow", "paused") == (page["first_error"]["type"], page["runs"][0]["outcome"])
    assert ("Free some space", "photojournal run") == tuple(page["next"][0].values())
    monkeypatch.delenv("PHOTOJOURNAL_JOURNAL_MIN_FREE")
    assert ["StoppedDiskLow"] == [one["type"] for one in found(terminal)["causes"]]
    assert 0 == terminal.type("publish", "2").code
    assert "settled" == found(terminal)["verdict"]
