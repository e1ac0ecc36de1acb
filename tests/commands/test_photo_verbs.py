"""replace, relink, and what `edit` mends of a file's own facts, as a person types them."""

from pathlib import Path

import pytest

from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES


def test_replace_plans_then_does_and_undo_takes_it_back(terminal: Terminal) -> None:
    """The plan changes nothing; the tour ends where it began."""
    before = terminal.type("show", "2", "--json").json
    new = str(SAMPLES / "rocket.jpg")
    said = terminal.type("replace", "2", new, "--dry-run").plain()
    assert "Would replace: the photo of row 2" in said
    assert "Dry run: nothing was changed." in said
    assert before == terminal.type("show", "2", "--json").json
    said = terminal.type("replace", "2", new, "--reason", "a better export").plain()
    assert "Replaced: the photo of row 2" in said
    assert "Next: photojournal run" in said
    assert "a better export" in terminal.type("history", "2").plain()
    terminal.type("undo", "--yes")
    assert before["sha256"] == terminal.type("show", "2", "--json").json["sha256"]


def test_replace_refuses_with_the_row_and_the_file(terminal: Terminal, tmp_path: Path) -> None:
    """Exit code 2 and a hint."""
    text = tmp_path / "notes.jpg"
    text.write_text("no photo")
    said = terminal.type("replace", "2", str(text))
    assert 2 == said.code
    assert "row 2 keeps its photo" in said.err
    assert "Hint: " in said.err


def test_relink_says_what_it_needs(terminal: Terminal, tmp_path: Path) -> None:
    """A place that is not there, and one where no original was."""
    said = terminal.type("relink", "nowhere", str(tmp_path / "none"))
    assert 2 == said.code
    assert "there is nothing at" in said.err
    said = terminal.type("relink", str(tmp_path / "other"), str(tmp_path))
    assert 2 == said.code
    assert "no row has its original at" in said.err


def test_a_wrong_clock_is_mended_and_the_name_follows(terminal: Terminal) -> None:
    """An event of its own; undo brings the file's time back."""
    before = terminal.type("show", "2", "--json").json
    assert "2009:02:09 09:11:30" == before["DateTime"]
    said = terminal.type("edit", "2", "--camera", "Leica M6", "--shift-time", "+1d30m").plain()
    after = terminal.type("show", "2", "--json").json
    assert ("2009:02:10 09:41:30", "Leica M6") == (after["DateTime"], after["Camera"])
    assert {"date_time": "2009:02:10 09:41:30", "camera": "Leica M6"} == after["corrections"]
    assert after["File_Name"] in said
    assert "Leica_M6" in after["File_Name"]
    assert (
        "corrected: date 2009:02:10 09:41:30, camera Leica M6"
        in terminal.type("history", "2").plain()
    )
    terminal.type("undo", "--yes")
    again = terminal.type("show", "2", "--json").json
    assert (before["DateTime"], before["Camera"]) == (again["DateTime"], again["Camera"])


def test_what_is_so_already_holds_nothing_else_up(terminal: Terminal) -> None:
    """A camera that is right beside a label that is new; with nothing left, that is said."""
    camera = terminal.type("show", "2", "--json").json["Camera"]
    wanted = ("edit", "2", "--camera", camera, "--location", "Delft", "--new", "--yes")
    assert "Nothing changed" not in terminal.type(*wanted).plain()
    assert "Delft" == terminal.type("show", "2", "--json").json["Location"]
    again = terminal.type(*wanted)
    assert 0 == again.code
    assert "the metadata is already so" in again.out
    written = ("--caption", "A cat looks at us", "--alt-text", "A ginger cat on a sofa")
    terminal.type("edit", "2", *written)
    terminal.type("edit", "2", *written, "--subject", "Cats")
    assert "Cats" == terminal.type("show", "2", "--json").json["Subject"]


@pytest.mark.parametrize("shift", ["1h", "+", "+1x", "1 hour", "+1h1d"])
def test_a_shift_that_is_none_is_refused(terminal: Terminal, shift: str) -> None:
    """With examples."""
    said = terminal.type("edit", "2", "--shift-time", shift)
    assert 2 == said.code
    assert "is no shift of a clock" in said.err
    assert "+1h" in said.err


def test_a_photo_without_a_time_is_named(terminal: Terminal) -> None:
    """Row 1 says no time at all."""
    said = terminal.type("edit", "1", "--shift-time", "+1h")
    assert "row 1 has no time, which cannot be shifted" in said.out + said.err


def test_after_a_move_relink_names_what_leads_its_rows_on(
    terminal: Terminal, tmp_path: Path
) -> None:
    """All stages of a photo that was missing too often, at once; typed as it stands."""
    old, new = tmp_path / "card", tmp_path / "archive"
    old.mkdir()
    new.mkdir()
    (old / "rocket.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes() + b"another")
    (old / "other.txt").write_text("so that the folder is there")
    assert 0 == terminal.type("ingest", old / "rocket.jpg").code
    (old / "rocket.jpg").rename(new / "rocket.jpg")
    assert 10 == terminal.type("run").code
    (line,) = terminal.type("queue", "5", "--json").json
    assert "Quarantined" == line["Review_Status"]
    said = terminal.type("relink", old, new)
    assert f"Next: {line['next_action']}" == said.lines[-1]
    words = ["back" if word == "'...'" else word for word in line["next_action"].split()[1:]]
    assert 0 == terminal.type(*words).code
    assert 0 == terminal.type("run").code
    assert "Pending" == terminal.type("queue", "5", "--json").json[0]["Review_Status"]


def test_rollback_names_no_text_as_lost_that_stays_as_it_is(terminal: Terminal) -> None:
    """Only the caption is another one there; alt text and keywords are the same."""
    before = terminal.type("history", "2", "--json").json[-1]["version"]
    terminal.type("edit", "2", "--caption", "A cat, asleep")
    said = terminal.type("rollback", "2", "--to", before, "--dry-run")
    assert 0 == said.code, said.out + said.err
    assert "  caption: A cat, asleep" in said.lines
    assert not [one for one in said.lines if one.startswith(("  alt text:", "  keywords:"))]
