"""An incident handed to somebody else, as both of them see it."""

import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from commands.app import run
from journal import Journal
from tests.adapters.packets import packet
from tests.commands.cli import Said, Terminal, copied
from tests.commands.test_selectors import NEEDED, OF_THE_WHOLE, WRITING
from tests.driver import bundles
from tests.driver.desk import SAMPLES

PLACE = {"exif_GPSLatitude": "54,53.5N", "exif_GPSLongitude": "10,24.5E"}
PRIVATE = (b"54.89", b"54,53.5N", b"10.408")
HIDDEN = (b"Hidden cove", b"Nobody knows this place")
"""What was said about the row that the incident has nothing to do with."""


@pytest.fixture(scope="module")
def scene(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the other tests, and one photo more, with GPS, from another day."""
    root = copied(template, tmp_path_factory.mktemp("scene") / "pictures")
    card = root.parent / "card"
    card.mkdir()
    shutil.copy(SAMPLES / "astronaut.jpg", card / "cove.jpg")
    (card / "cove.xmp").write_bytes(packet(**PLACE))
    assert 0 == run(["-w", str(root), "ingest", str(card), "--location", "Hidden cove"])
    caption = "Nobody knows this place"
    assert 0 == run(["-w", str(root), "edit", "5", "--caption", caption])
    return root


@pytest.fixture
def maker(terminal: Terminal) -> Terminal:
    """A person before a copy of that workspace."""
    return terminal


def run_of(terminal: Terminal, verb: str) -> str:
    """Return the newest run of a verb."""
    runs = terminal.type("runs", "--json").json
    return next(str(one["run_id"]) for one in runs if one["verb"] == verb)


def exported(maker: Terminal, verb: str, *options: str) -> tuple[Path, Said]:
    """Export the newest run of a verb."""
    bundle = maker.root.parent / f"{verb}.zip"
    said = maker.type("incident", "export", run_of(maker, verb), bundle, *options)
    assert 0 == said.code, said.err
    return bundle, said


@pytest.fixture(scope="module")
def handed_over(scene: Path) -> tuple[Path, Path]:
    """The workspace, which was moved away, and the opened bundle of the work on rows 1 to 4."""
    root, bundle = copied(scene, scene.parent / "studio"), scene.parent / "work.zip"
    with Journal.open(root / "data" / "journal.db", readonly=True) as journal:
        began = next(one for one in journal.read_all() if one.type == "StageStarted")
    words = ["incident", "export", began.run_id, str(bundle), "--thumbnails"]
    assert 0 == run(["-w", str(root), *words])
    assert 0 == run(["incident", "open", str(bundle), str(scene.parent / "received")])
    return root.rename(scene.parent / "elsewhere"), scene.parent / "received"


@pytest.fixture
def receiver(
    handed_over: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Terminal:
    """Somebody who got that bundle, and nothing else."""
    return Terminal(handed_over[1], capsys, monkeypatch)


@pytest.fixture
def at_home(
    handed_over: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Terminal:
    """Somebody who has the whole workspace."""
    return Terminal(handed_over[0], capsys, monkeypatch)


def listed(root: Path) -> dict[str, bytes]:
    """Return every file but read models and what SQLite puts beside a journal."""
    made_again = ("review.", "journal.db-")
    files = (one for one in root.rglob("*") if one.is_file())
    files = (one for one in files if not one.name.startswith(made_again))
    return {str(one.relative_to(root)): one.read_bytes() for one in files}


def test_a_bundle_says_what_is_in_it_what_is_withheld_and_what_to_keep(maker: Terminal) -> None:
    """Its hash is that of the file, and nothing was appended for it."""
    before = maker.head()
    bundle, said = exported(maker, "run", "--thumbnails")
    text = said.plain()
    assert "\nIn it  4 rows, " in text
    assert " of 87 events whole, 3 thumbnails\n" in text
    assert "of what the run did not touch (1 row)" in text
    assert "before.json.gz" in text
    assert "Changed  neither versions nor settings" not in text  # there was no run before
    assert f"--sha256 {sha256(bundle.read_bytes()).hexdigest()} --key " in said.out
    assert before == maker.head()
    again = maker.type("incident", "export", run_of(maker, "run"), bundle)
    assert (2, f"Error: {bundle} exists") == (again.code, again.err.splitlines()[0])


def test_a_dry_run_lists_the_same_and_writes_nothing(maker: Terminal, tmp_path: Path) -> None:
    """Not even the key that would sign."""
    for name in ("journal.key", "journal.pub"):
        (maker.root / "data" / name).unlink()
    before = listed(maker.root)
    said = maker.type("incident", "export", "last", tmp_path / "x.zip", "--dry-run")
    assert (0, "Dry run: nothing was written.") == (said.code, said.lines[-1])
    assert "photojournal.toml" in said.out
    assert before == listed(maker.root)
    assert not (tmp_path / "x.zip").exists()
    told = maker.type("incident", "export", "last", "--dry-run", "--json").json
    assert ([5], 4) == (told["rows"], told["withheld"]["rows"])


def test_the_receiver_sees_the_rows_of_the_run_with_the_same_verbs(
    at_home: Terminal, receiver: Terminal
) -> None:
    """Far from the workspace, which is gone; as it was then, too."""
    mine = [one for one in at_home.type("queue", "--json").json if one["id"] != 5]
    assert mine == receiver.type("queue", "--json").json
    for words in ("history 1 --json", "history 4 --json", "events --row 2 --json"):
        assert at_home.type(*words.split()).json == receiver.type(*words.split()).json, words
    past = run_of(receiver, "ingest")
    early = at_home.type("queue", "--at", past, "--json").json
    assert early == receiver.type("queue", "--at", past, "--json").json != []
    shown = receiver.type("show", 4)
    assert (0, "") == (shown.code, shown.err)
    assert "Status    Quarantined" in shown.out


def test_the_receiver_is_told_the_same_first_cause(at_home: Terminal, receiver: Terminal) -> None:
    """Of the run that the bundle is about; what is withheld is no damage."""
    there = receiver.type("triage", "--json").json
    assert [] == there["damage"]["problems"]
    home = at_home.type("triage", "--run", there["runs"][0]["run_id"], "--json").json
    assert home["causes"] == there["causes"] != []


def test_withheld_is_never_taken_for_absent(receiver: Terminal) -> None:
    """Each listing says so, and so does whoever is asked for the row, by id or by name."""
    said = receiver.type("queue")
    assert "4 rows; 1 other row withheld, not absent" in said.lines[1]
    assert "4 rows; 1 other row withheld" in receiver.type("queue", "--json").err
    name = next(
        one["stream"].removeprefix("name/")
        for one in receiver.type("events", "--stream", "name/", "--json").json
        if one["payload"] == {"withheld": True}
    )
    for words in (["show", 5], ["history", 5], ["queue", 5], ["show", f"{name}.JPG"],
                  ["blame", 5, "Caption"], ["replay", 5, "--step"]):  # fmt: skip
        said = receiver.type(*words)
        assert 2 == said.code
        assert f"row {words[1]} is withheld from this bundle: " in said.err
        assert "photojournal events --stream " in said.err
    assert "there is no row 4711" in receiver.type("show", 4711).err
    skeleton = receiver.type("events", "--row", 5)
    assert 0 == skeleton.code
    assert skeleton.lines[-1].endswith("  TextEdited  by root  (withheld)")


def test_runs_that_did_something_else_are_counted_and_not_told(
    at_home: Terminal, receiver: Terminal
) -> None:
    """What was typed there may name what is withheld."""
    there, here = (one.type("runs", "--json").json for one in (at_home, receiver))
    assert there[2:] == here[2:]
    for whole, told in zip(there[:2], here[:2], strict=True):
        assert ("withheld", "", "", "") == tuple(
            told[name] for name in ("outcome", "verb", "argv", "host")
        )
        for name in ("run_id", "actor", "started_at", "ended_at", "rows", "events"):
            assert whole[name] == told[name]
    assert "withheld" in receiver.type("runs").lines[3]
    assert 1 == len(receiver.type("sets", "--json").json)


def test_an_opened_bundle_proves_itself(receiver: Terminal, tmp_path: Path) -> None:
    """`verify` checks the chain, the withheld lines in it, read models and thumbnails."""
    receiver.root = copied(receiver.root, tmp_path / "mine")
    said = receiver.type("verify")
    assert (0, "Everything is as it was: journal, reservations, read models, objects.") == (
        said.code,
        said.lines[-1],
    )
    assert " of them withheld, head " in said.out
    assert "Objects: 3 objects" in said.out
    picture = next(one for one in (receiver.root / "data" / "objects").rglob("*") if one.is_file())
    picture.unlink()
    assert 5 == receiver.type("verify").code
    assert 0 == receiver.type("replay", "--check").code


LOOKING_TOO = {"replay", "models", "demo", "prune", "init", "restore", "logs", "journal", "review"}
"""They look, or work elsewhere, unless something else is asked of them."""
WORDS: dict[str, list[str]] = {
    **NEEDED,
    "import": ["--csv", "x.csv"],
    "ingest": ["."],
    "replace": ["1", "x.jpg"],
    "relink": [".", "/elsewhere"],
    "journal": ["import", "x.jsonl"],
    "logs": ["hold", "last", "--reason", "mine"],
}


@pytest.mark.parametrize("words", [
    *[[verb, "1", *WORDS.get(verb, []), "--yes"] for verb in WRITING if verb != "run"],
    ["run"],
    *[[verb, *WORDS.get(verb, [])] for verb in sorted(OF_THE_WHOLE - LOOKING_TOO - {"incident"})],
    ["init"], ["doctor"], ["verify", "--remote"], ["verify", "--accept-head"],
    ["repair", "--remote"], ["publish", "--dry-run"], ["prune", "objects", "--yes"],
    ["incident", "export", "last", "again.zip"], ["verify", "--head"],
    ["journal", "export", "again.jsonl"], ["journal", "import", "x.jsonl"],
    ["logs", "prune", "--keep", "0", "--yes"], ["logs", "hold", "last"],
], ids=" ".join)  # fmt: skip
def test_whatever_would_change_something_is_refused(
    receiver: Terminal, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hint, and without touching a file."""
    monkeypatch.chdir(receiver.root)
    before = listed(receiver.root)
    said = receiver.type(*words)
    assert 2 == said.code, said.out
    assert "is an opened incident bundle" in said.err
    assert "Hint: " in said.err
    assert before == listed(receiver.root)


def test_gps_and_serial_numbers_stay_at_home_unless_asked_for(
    maker: Terminal, tmp_path: Path
) -> None:
    """Nothing in the bundle has them, and the history says that they are withheld."""
    bundle, said = exported(maker, "ingest")
    assert "and 1 event with place, serial numbers and owner" in said.out
    assert [] == [one for one in PRIVATE if one in bundles.plain(bundle)]
    maker.type_anywhere("incident", "open", bundle, tmp_path / "o")
    there = Terminal(tmp_path / "o", maker._capsys, maker._monkeypatch)
    assert "(withheld: what it said is not in this bundle)" in there.type("history", 5).out
    assert "are withheld from this bundle" in there.type("show", 5, "--tags").out
    assert {"withheld": True} == there.type("show", 5, "--json").json["private"]
    with_private = maker.root.parent / "private.zip"
    maker.type("incident", "export", run_of(maker, "ingest"), with_private, "--with-private")
    assert [] != [one for one in PRIVATE if one in bundles.plain(with_private)]


def test_nothing_that_was_said_about_other_rows_is_in_it(maker: Terminal) -> None:
    """In no event, read model, log, report or setting."""
    told = bundles.plain(exported(maker, "ingest")[0])
    assert all(one in told for one in HIDDEN)
    others = bundles.plain(exported(maker, "run", "--thumbnails")[0])
    assert [] == [one for one in HIDDEN if one in others]
    assert b'"payload":null' in others


def test_logs_and_read_models_are_those_of_the_run(maker: Terminal) -> None:
    """The log byte for byte, although it was made from what is in the bundle alone."""
    run_id = run_of(maker, "run")
    bundle, _ = exported(maker, "run")
    found = bundles.members(bundle)
    assert (maker.root / "logs" / "runs" / f"{run_id}.log").read_bytes() == found["logs/run.log"]
    states = [bundles.tables(bundle, name) for name in ("before", "after")]
    assert [{"Queued"}, {"Pending", "Quarantined"}] == [
        {one["Review_Status"] for one in state["review_queue"]} for state in states
    ]
    expected = maker.type("queue", "--at", run_id, "--json").json
    assert expected == states[1]["review_queue"]


def test_settings_are_told_and_understood(maker: Terminal, tmp_path: Path) -> None:
    """Those in use; what somebody noted beside them stays at home."""
    path = maker.root / "photojournal.toml"
    note = '\n# the password is hunter2\n[resize.renditions.square]\nsize = "100x100"\n'
    path.write_text(path.read_text("utf-8") + note, "utf-8")
    bundle, said = exported(maker, "run")
    assert "those of today; the run had others" in said.out
    assert b"hunter2" not in bundles.plain(bundle)
    assert 0 == maker.type_anywhere("incident", "open", bundle, tmp_path / "o").code
    settings: Any = bundles.settings(tmp_path / "o")
    assert settings == bundles.settings(maker.root)


def test_what_is_wrong_with_a_bundle_is_said(maker: Terminal, tmp_path: Path) -> None:
    """With exit code 5, and nothing is unpacked; asked wrongly, with 2."""
    bundle, _ = exported(maker, "ingest")
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[:5000] + b"?" + whole[5001:])
    said = maker.type_anywhere("incident", "open", bundle, tmp_path / "o")
    assert 5 == said.code
    assert f"Error: {bundle} is no incident bundle as it was made: " in said.err
    assert "Hint: ask whoever made it for the file again" in said.err
    assert not (tmp_path / "o").exists()
    bundle.write_bytes(whole)
    other = "0" * 64
    for option in ("--sha256", "--key"):
        said = maker.type_anywhere("incident", "open", bundle, tmp_path / "o", option, other)
        assert 5 == said.code
        assert "not " in said.err
        assert "one given" in said.err
    for words in (["open", "missing.zip"], ["show", "1"], ["export", "last"],
                  ["export", "nothing", "x.zip"], ["open", bundle, "--thumbnails"],
                  ["export", "last", "x.zip", "--key", other]):  # fmt: skip
        said = maker.type("incident", *words)
        assert 2 == said.code, words
        assert "Hint: " in said.err


def test_checking_alone_unpacks_nothing(maker: Terminal, tmp_path: Path) -> None:
    """A dry run says what holds."""
    bundle, _ = exported(maker, "ingest")
    said = maker.type_anywhere("incident", "open", bundle, tmp_path / "o", "--dry-run")
    assert (0, "Dry run: nothing was unpacked.") == (said.code, said.lines[-1])
    assert "holds from the first event to the head " in said.out
    told = maker.type_anywhere("incident", "open", bundle, "--dry-run", "--json").json
    assert (None, [5]) == (told["workspace"], told["manifest"]["rows"])
    assert not (tmp_path / "o").exists()


COMMAND = re.compile(r"photojournal ([a-z]+(?: --[a-z]+)?)")


@pytest.mark.parametrize("words", ["status", "triage", "show 4", "show 3"])
def test_what_is_proposed_in_a_bundle_can_be_typed_there_or_says_where(
    receiver: Terminal, words: str
) -> None:
    """The receiver looks; what mends is typed where the bundle was made."""
    said = receiver.type(*words.split())
    assert 0 == said.code
    proposed = [line for line in said.lines if COMMAND.search(line) and "by anna" not in line]
    assert proposed
    for line in proposed:
        (verb, *_) = COMMAND.findall(line)
        looks = verb in ("triage", "history", "status", "queue --status")
        at_work = line.startswith(("Last run", "   Log"))
        assert looks or at_work or line.endswith("(where the bundle was made)"), line
    assert "Next: photojournal triage" in receiver.type("status").lines


def test_a_redacted_event_stays_redacted(maker: Terminal, tmp_path: Path) -> None:
    """And the chain of the bundle holds with it."""
    with Journal.open(maker.root / "data" / "journal.db") as journal:
        victim = next(one for one in journal.read_all() if one.type == "PrivateMetadataRead")
        journal.redact(victim.position, "asked", key="k", run_id="r", step=1, actor="anna")
    bundle, _ = exported(maker, "ingest", "--with-private")
    assert [] == [one for one in PRIVATE if one in bundles.plain(bundle)]
    assert 0 == maker.type_anywhere("incident", "open", bundle, tmp_path / "o").code
    there = Terminal(tmp_path / "o", maker._capsys, maker._monkeypatch)
    assert 0 == there.type("verify").code
    assert "(redacted: what it said was forgotten on purpose)" in there.type("history", 5).out
