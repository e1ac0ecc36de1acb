"""`triage` after several nights, and how the last one is brought to its end."""

import shlex
from pathlib import Path

import pytest

from driver import triage_elsewhere
from tests.commands.cli import Terminal

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def two_bad_nights(terminal: Terminal) -> Path:
    """Let row 4 fail in one run, and row 2 in the next; return what stands in row 2's way."""
    terminal.type("release", "4", "--reason", "another try")
    assert 10 == terminal.type("run").code
    name = terminal.type("queue", "2", "--json").json[0]["File_Name"]
    place: Path = terminal.root / "site" / "2009" / "travel" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("somebody else's")
    assert 10 == terminal.type("publish", "2").code
    return place


def test_what_another_run_left_open_is_said_with_the_command_that_tells_it(
    terminal: Terminal, tmp_path: Path
) -> None:
    """As JSON, in words and on the page; not where one run was asked for, nor once it is mended."""
    two_bad_nights(terminal)
    page = terminal.type("triage", "--json").json
    assert (["name-collision"], "publish") == (page["cause_classes"], page["runs"][0]["verb"])
    other = page["open_elsewhere"]
    assert (1, "run", "failed rows") == (
        other["runs"],
        other["newest"]["verb"],
        other["newest"]["outcome"],
    )
    said = terminal.type("triage", "--html", tmp_path / "x.html").lines
    place = said.index("Failed: name-collision") + 1
    newest = other["newest"]["run_id"][:13]
    assert said[place].startswith(f"Open elsewhere: run {newest}, began")
    assert other["command"] == said[place + 1].strip()
    assert other["command"] in (tmp_path / "x.html").read_text("utf-8")
    both = terminal.type(*shlex.split(other["command"])[1:], "--json").json
    assert ["file-failed", "name-collision"] == both["cause_classes"]
    assert {("score", 4), ("resize", 4), ("publish", 2)} == {
        (one["stage"], row) for one in both["impact"] for row in one["ids"]
    }
    assert "\nRows: 2, 4\n" in terminal.type(*shlex.split(other["command"])[1:]).out
    for words in (["--run", "last"], ["--since", "1d"]):
        assert terminal.type("triage", *words, "--json").json["open_elsewhere"] is None
    assert 0 == terminal.type("replace", "4", SAMPLES / "flower.jpg").code
    terminal.type("run")
    assert terminal.type("triage", "--json").json["open_elsewhere"] is None


def test_a_large_night_does_not_hide_the_one_before(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows the page itself is about: they are not among those that are asked."""
    two_bad_nights(terminal)
    monkeypatch.setattr(triage_elsewhere, "_ROWS", 1)
    page = terminal.type("triage", "--json").json
    assert ([2], 1) == (page["impact"][0]["ids"], page["open_elsewhere"]["runs"])


def test_what_is_settled_does_not_hide_another_run(terminal: Terminal) -> None:
    """The newest night is over, the one before is not: nobody reads that nothing is open."""
    two_bad_nights(terminal).unlink()
    assert 0 == terminal.type("publish", "2").code
    page = terminal.type("triage", "--json").json
    assert ("settled", 1) == (page["verdict"], page["open_elsewhere"]["runs"])
    said = terminal.type("triage").out
    assert "What failed is settled: name-collision\nOpen elsewhere: run " in said
    assert "Nothing is open" not in said


def test_a_good_run_does_not_hide_rows_that_another_one_left(terminal: Terminal) -> None:
    """Although that one ended well, too, since a failure was allowed."""
    page = terminal.type("triage", "--json").json
    assert ("nothing failed", "publish") == (page["verdict"], page["runs"][0]["verb"])
    assert (1, "run", "done") == (
        page["open_elsewhere"]["runs"],
        page["open_elsewhere"]["newest"]["verb"],
        page["open_elsewhere"]["newest"]["outcome"],
    )
    assert "Nothing failed.\nOpen elsewhere: run " in terminal.type("triage").out
    command = shlex.split(page["open_elsewhere"]["command"])[1:]
    assert 4 == terminal.type(*command, "--json").json["causes"][0]["id"]
    assert 0 == terminal.type("reject", "4").code
    assert terminal.type("triage", "--json").json["open_elsewhere"] is None


def test_the_last_command_goes_as_far_as_the_night_was_meant_to(
    terminal: Terminal, tmp_path: Path
) -> None:
    """With the rows of that run alone: nobody asked to publish others. Photos and labels are in."""
    photo = tmp_path / "torn.jpg"
    photo.write_bytes((SAMPLES / "damaged_coffee.jpg").read_bytes() + b"another")
    labels = ("--category", "Travel", "--subject", "Harbour at dusk", "--location", "Rotterdam")
    evening = ("run", photo, SAMPLES / "rocket.jpg", *labels, "--approve-at", "9.9", "--publish")
    assert 10 == terminal.type(*evening).code
    page = terminal.type("triage", "--json").json
    run = page["runs"][0]["run_id"]
    assert [
        "photojournal replace 5 FILE",
        f"photojournal run --run {run} --approve-at 9.9 --publish",
    ] == page["next_commands"]
    assert 0 == terminal.type("replace", "5", SAMPLES / "flower.jpg").code
    assert 0 == terminal.type(*shlex.split(page["next_commands"][-1])[1:]).code
    assert "settled" == terminal.type("triage", "--json").json["verdict"]
