"""`erase` and `redact` on a family's photos: what is gone, what stays, and what they say."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import album
from tests.commands.album import ALT_TEXT, CAPTION, FORMER, ORIGINAL, holding, secrets
from tests.commands.cli import Terminal

WHY = ("--reason", "asked for by mail, case 12")


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace that tests get copies of."""
    folder = tmp_path_factory.mktemp("family")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOJOURNAL_ACTOR", "anna")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        return album.made(folder / "pictures", patch)


@pytest.fixture
def desk(
    family: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Terminal:
    """A person before a copy of it."""
    shutil.copytree(family, tmp_path / "pictures")
    shutil.copytree(family.parent / "pictures inbox", tmp_path / "pictures inbox")
    return Terminal(tmp_path / "pictures", capsys, monkeypatch)


def test_no_byte_of_an_erased_row_is_left_in_any_file(desk: Terminal) -> None:
    """Texts in every spelling, places, serial numbers, names and pieces of its pictures."""
    wanted = secrets(desk.root)
    before = holding(desk.root, wanted)
    assert {"data/journal.db", "data/review.db", "data/crash_runtime.log"} <= before.keys()
    assert {"site", "logs"} <= {name.partition("/")[0] for name in before}
    neighbour = {path: path.read_bytes() for path in (desk.root / "site").rglob("*002.JPG")}
    said = desk.type("erase", ORIGINAL, *WHY, "--yes")  # as it was typed, it is not noted
    assert 0 == said.code, said.err
    assert {} == holding(desk.root, wanted)
    assert "(erased)" in (desk.root / "data" / "crash_runtime.log").read_text(encoding="utf-8")
    assert {path: path.read_bytes() for path in neighbour} == neighbour
    assert 0 == desk.type("verify").code
    assert 0 == desk.type("verify", "--remote").code
    assert 0 == desk.type("replay", "--check").code
    assert {} == holding(desk.root, wanted)


def test_every_verb_goes_on_and_says_that_the_row_was_erased(desk: Terminal) -> None:
    """Looking works, also back in time; nothing brings the row back."""
    head = desk.head()
    name = desk.type("show", 1, "--json").json["File_Name"]
    assert 0 == desk.type("erase", 1, *WHY, "--yes").code
    line = desk.type("queue", "1", "--json").json[0]
    assert ("Erased", "", "", "") == tuple(
        line[column] for column in ("Review_Status", "Caption", "next_action", "due")
    )
    assert name == line["File_Name"]
    shown = desk.type("show", 1).out
    assert "Erased" in shown
    assert WHY[1] in shown
    history = desk.type("history", 1)
    assert 0 == history.code
    assert '"(erased)"' in history.out
    assert CAPTION not in history.out + desk.type("history", 1, "--json").out
    for position in range(1, int(head), 5):
        assert 0 == desk.type("queue", "--at", position, "--json").code, position
    then = desk.type("queue", "1", "--at", head, "--json").json[0]
    assert ("Published", "(erased)") == (then["Review_Status"], then["Caption"])
    for words in (
        ["edit", 1, "--caption", "Again", "--alt-text", "And again"],
        ["approve", 1],
        ["pick", 1],
        ["publish", 1],
        ["rollback", 1, "--to", 3, "--yes"],
        ["withdraw", 1, "--yes"],
        ["retry", 1],
    ):
        before = desk.head()
        said = desk.type(*words)
        assert before == desk.head(), words
        assert said.code in (0, 2, 10), words
    refused = desk.type("edit", 1, "--caption", "Again", "--alt-text", "And again")
    assert "row 1 was erased" in refused.out + refused.err
    assert "photojournal history 1" in refused.out + refused.err
    assert "row 1" not in desk.type("undo", "--dry-run").out
    for verb in ("status", "sets", "runs", "events", "verify"):
        assert 0 == desk.type(verb).code, verb


def test_the_same_photo_does_not_come_in_again(desk: Terminal) -> None:
    """Neither by chance nor under another name, and its path is not noted anew."""
    inbox = desk.root.parent / "pictures inbox"
    desk.type("erase", 1, *WHY, "--yes")
    other = inbox / "other.jpg"
    other.write_bytes((inbox / ORIGINAL).read_bytes())
    said = desk.type("ingest", inbox, "--category", "Family", "--json").json
    found = {Path(one["path"]).name: one for one in said}
    assert {"left out"} == {found[name]["outcome"] for name in (ORIGINAL, "other.jpg")}
    assert "row 1 was erased" == found[ORIGINAL]["detail"]
    assert {} == holding(desk.root, {ORIGINAL.encode()})


def test_the_plan_names_every_place_and_what_is_out_of_reach(desk: Terminal) -> None:
    """A dry run changes nothing; without a terminal and --yes nothing happens."""
    desk.type("backup", desk.root.parent / "safe")
    head, files = desk.head(), desk.files()
    said = desk.type("erase", 1, *WHY, "--dry-run")
    assert 0 == said.code
    for words in (
        "gallery folder",
        "originals",
        "renditions",
        "finished pictures",
        "data/journal.db",
        "data/drafts",
        "data/crash_runtime.log",
        "original file: ",
        f"pictures inbox/{ORIGINAL}",
        f"backup: {desk.root.parent / 'safe'}",
        "published copy: ",
        "Dry run: nothing was changed.",
    ):
        assert words in said.out, words
    assert 2 == desk.type("erase", 1, *WHY).code
    assert (head, files) == (desk.head(), desk.files())
    plan = desk.type("erase", 1, *WHY, "--dry-run", "--json").json[0]
    assert {"row", "held", "unreached", "shared", "erasure"} <= plan.keys()
    started = {"erase": desk.type("erase", 1, *WHY, "--yes").code}
    assert {"erase": 0} == started
    events = desk.type("events", "--json").json
    event = next(one for one in events if one["type"] == "ErasureStarted")
    unreached = {one["what"] for one in event["payload"]["unreached"]}
    assert {"original file", "published copy", "backup"} == unreached
    again = desk.type("erase", 1, *WHY, "--yes")
    assert (0, "Nothing changed.") == (again.code, again.lines[-1])


def test_a_reason_is_needed_and_must_not_quote_the_row(desk: Terminal) -> None:
    """It is kept for ever."""
    assert 2 == desk.type("erase", 1, "--yes").code
    head = desk.head()
    said = desk.type("erase", 1, "--yes", "--reason", f"remove {ORIGINAL} at once")
    assert (2, head) == (said.code, desk.head())
    assert "the reason quotes what row 1 says" in said.err


@pytest.mark.parametrize("name", ["journal.db", "review.db"])
def test_a_reader_that_holds_old_pages_is_said_and_the_command_repeated(
    desk: Terminal, name: str
) -> None:
    """Exit code 4 and the row waits for it; everything is gone after the next time."""
    wanted = secrets(desk.root)
    with closing(sqlite3.connect(desk.root / "data" / name)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        said = desk.type("erase", 1, *WHY, "--yes")
        assert 4 == said.code, said.out + said.err
        assert "another program reads" in said.err
        assert "repeat" in said.err
        (line,) = desk.type("queue", "1", "--json").json
        assert "photojournal erase 1 --reason '...'" == line["next_action"]
    assert 0 == desk.type("erase", 1, *WHY, "--yes").code
    assert {} == holding(desk.root, wanted)
    assert 0 == desk.type("verify").code


def test_redacting_a_row_takes_places_and_serial_numbers_and_leaves_the_rest(
    desk: Terminal,
) -> None:
    """Texts and pictures stay, and the row can still be worked with."""
    private = {one.encode() for one in (*album.PLACES, album.SERIAL, album.OWNER, album.PERSON)}
    said = desk.type("redact", 1, *WHY, "--yes")
    assert 0 == said.code, said.err
    assert "Redacted: 1 event." in said.out
    assert "Not reached" in said.err
    left = holding(desk.root, private)
    assert all(name.startswith("data/objects/") for name in left), left
    assert CAPTION == desk.type("show", 1, "--json").json["Caption"]
    assert 0 == desk.type("edit", 1, "--caption", "Berta laughs again on the balcony").code
    assert 0 == desk.type("verify").code
    assert "Nothing changed." in desk.type("redact", 1, *WHY).out


def test_an_old_text_is_redacted_by_its_position_and_todays_is_not(desk: Terminal) -> None:
    """What the row is made of is refused with the way out; what was is forgotten everywhere."""
    edits = [
        one["position"]
        for one in desk.type("history", 1, "--json").json
        if one["type"] == "TextEdited"
    ]
    refused = desk.type("redact", f"@{edits[-1]}", *WHY, "--yes")
    assert 2 == refused.code
    assert f"row 1 is what event {edits[-1]} (TextEdited) says" in refused.err
    assert "photojournal edit 1" in refused.err
    assert 0 == desk.type("redact", f"@{edits[0]}", *WHY, "--yes").code
    assert FORMER not in desk.type("history", 1, "--json").out
    line = desk.type("queue", "1", "--json").json[0]
    assert (CAPTION, ALT_TEXT, "Published") == (
        line["Caption"],
        line["alt_text"],
        line["Review_Status"],
    )
    version = next(
        one["version"]
        for one in desk.type("history", 1, "--json").json
        if one["position"] == edits[0]
    )
    back = desk.type("rollback", 1, "--to", version, "--yes")
    assert "was redacted" in back.out + back.err
    assert 2 == desk.type("redact", "@99999", *WHY, "--yes").code
    assert 2 == desk.type("redact", "@x", *WHY, "--yes").code
    assert 2 == desk.type("redact", 1, "--yes").code


def test_an_import_forgets_here_what_was_erased_there(desk: Terminal, tmp_path: Path) -> None:
    """Objects, texts, crash logs and the report on the texts; the gallery is not this journal's."""
    here = shutil.copytree(desk.root, tmp_path / "copy" / "pictures")
    wanted, file = secrets(desk.root), tmp_path / "e.jsonl"
    for words in (["erase", 1, *WHY, "--yes"], ["journal", "export", file]):
        assert 0 == desk.type(*words).code
    report = here / "data" / "prefill_qc_last.json"
    report.write_text(CAPTION, encoding="utf-8")
    before = holding(here, wanted)
    assert any(name.startswith("data/objects/") for name in before)
    planned = desk.type_anywhere("-w", here, "journal", "import", file, "--dry-run")
    assert "Some of what stands here was redacted there" in planned.out
    assert before == holding(here, wanted)
    said = desk.type_anywhere("-w", here, "journal", "import", file, "--yes")
    assert 0 == said.code, said.err
    left = holding(here, wanted)
    assert all(name.startswith("site/") for name in left), left
    assert '"rules"' in report.read_text(encoding="utf-8")
    again = desk.type_anywhere("-w", here, "journal", "import", file, "--yes")
    assert "Nothing changed" in again.out
    assert 0 == desk.type_anywhere("-w", here, "verify").code
    assert len([*desk.root.glob("data/objects/*/*")]) == len([*here.glob("data/objects/*/*")])


def test_rolling_a_set_back_leaves_erased_rows_out(desk: Terminal) -> None:
    """They are told apart from rows that are kept: exit code 0 if there are none of these."""
    assert 0 == desk.type("erase", 1, *WHY, "--yes").code
    (row,) = desk.type("queue", "2", "--json").json
    words = ("rollback", "--set", row["set_id"], "--yes")
    said = desk.type(*words, "--to-status", "Published")
    assert 0 == said.code, said.out
    assert "Left out: row 1 " in said.out
    assert "it was erased" in said.out
    assert "Kept:" not in said.out
    said = desk.type(*words, "--to-status", "Approved")
    assert 0 == said.code, said.out
    assert "Left out: row 1 " in said.out
    assert "Approved" == desk.type("queue", "2", "--json").json[0]["Review_Status"]
    first = desk.type("history", 1, "--json").json[0]["position"]
    planned = desk.type(*words[:3], "--to-position", first, "--dry-run", "--json").json
    assert [(1, True), (2, False)] == [(one["row"], one["erased"]) for one in planned]
