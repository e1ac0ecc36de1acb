"""`verify --remote`, `repair --remote`, `publish --force` at the keyboard."""

import shutil
from pathlib import Path

from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES


def a_picture(terminal: Terminal) -> Path:
    """Return the published thumb of row 1."""
    return next((terminal.root / "site").rglob("thumbs/**/*.JPG"))


def test_a_gallery_that_differs_is_told_and_repaired(terminal: Terminal) -> None:
    """Exit code 5 and what to type; a dry run changes nothing; afterwards all is well."""
    assert 0 == terminal.type("verify", "--remote").code
    picture = a_picture(terminal)
    whole = picture.read_bytes()
    picture.unlink()
    said = terminal.type("verify", "--remote")
    assert 5 == said.code
    assert "missing" in said.out
    assert "Error: 1 thing not as the journal says" in said.err
    assert "Hint: photojournal repair --remote" in said.err
    (finding,) = terminal.type("verify", "--remote", "--json").json["findings"]
    assert ("missing", "put it back", 1) == (
        finding["problem"],
        finding["repair"],
        finding["row"],
    )
    head = terminal.head()
    said = terminal.type("repair", "--remote", "--dry-run")
    assert (0, head) == (said.code, terminal.head())
    assert not picture.exists()
    said = terminal.type("repair", "--remote")
    assert 0 == said.code, said.err
    assert "Repaired: row 1" in said.out
    assert whole == picture.read_bytes()
    assert 0 == terminal.type("verify", "--remote").code
    assert "Nothing changed." == terminal.type("repair", "--remote").lines[-1]
    history = terminal.type("history", "1").out
    assert "is gone" in history
    assert "stands outside as published again" in history


def test_what_somebody_else_put_there_is_left_to_a_person(terminal: Terminal) -> None:
    """It is told with exit code 5, and no repair touches it."""
    picture = a_picture(terminal)
    picture.write_bytes(b"theirs")
    said = terminal.type("repair", "--remote")
    assert 5 == said.code
    assert "left for a person to look at" in said.err
    assert b"theirs" == picture.read_bytes()
    said = terminal.type("verify", "--remote")
    assert 5 == said.code
    assert "move it away" in said.err


def test_what_goes_not_together_is_refused(terminal: Terminal) -> None:
    """With what to type instead."""
    for words in (
        ("verify", "--remote", "--accept-head"),
        ("repair", "1", "--remote"),
        ("repair", "--remote", "--accept-gallery"),
        ("publish", "--force"),
        ("publish", "1", "--reason", "now"),
    ):
        said = terminal.type(*words)
        assert 2 == said.code, words
        assert "Hint: photojournal " in said.err


def test_a_journal_that_is_not_behind_accepts_nothing(terminal: Terminal) -> None:
    """There is nothing to accept."""
    head = terminal.head()
    said = terminal.type("repair", "--remote", "--accept-gallery", "--reason", "why not")
    assert (0, head) == (said.code, terminal.head())
    assert "Nothing changed" in said.out


def withdraw_and_forget(terminal: Terminal) -> None:
    """Put the workspace back to before its photo was withdrawn."""
    older = terminal.root.parent / "older"
    shutil.copytree(terminal.root / "data", older)
    terminal.type("withdraw", "1", "--yes")
    shutil.rmtree(terminal.root / "data")
    older.rename(terminal.root / "data")


def test_accepting_a_gallery_speaks_to_programs_too(terminal: Terminal) -> None:
    """JSON and nothing else, also of a dry run; what is left alone ends with exit code 10."""
    picture = a_picture(terminal)
    withdraw_and_forget(terminal)
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"theirs")
    accept = ("repair", "--remote", "--accept-gallery", "--reason", "no newer one")
    head = terminal.head()
    said = terminal.type(*accept, "--dry-run")
    assert (0, head) == (said.code, terminal.head())
    assert "Left as it is: row 1" in said.out
    assert "Published otherwise since, taken as it is: row 1" in said.lines
    said = terminal.type(*accept, "--json", "--dry-run")
    assert (0, [1, 2]) == (said.code, said.json["noted"])
    assert "the journal is behind the gallery" in said.err.lower()
    said = terminal.type(*accept, "--json", "--yes")
    (left,) = said.json["left"]
    assert (10, [1, 2]) == (said.code, said.json["noted"]), said.err
    assert (1, True) == (left["row"], left["target"].endswith(picture.name))
    assert b"theirs" == picture.read_bytes()
    nothing: dict[str, list[int]] = {"noted": [], "gone": [], "unsent": [], "left": []}
    assert nothing == terminal.type(*accept, "--json").json


def test_a_journal_that_is_behind_repairs_nothing(terminal: Terminal) -> None:
    """What it takes for wrong may be newer than it: refused, with the ways out."""
    withdraw_and_forget(terminal)
    for words in (("--dry-run",), ("--yes",), ("--json", "--yes")):
        said = terminal.type("repair", "--remote", *words)
        assert (2, []) == (said.code, said.lines[1:])
        assert "the journal is behind the gallery" in said.err
        assert "--accept-gallery" in said.err


def test_an_approved_row_that_is_refused_is_never_passed_over(terminal: Terminal) -> None:
    """Without a choice it is named with what helps, and the exit code is 10."""
    terminal.type("release", "2", "--reason", "again")
    photo = terminal.root.parent / "another.jpg"
    photo.write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    assert 0 == terminal.type("replace", "2", photo, "--yes").code
    plan = {one["row"]: one for one in terminal.type("publish", "--dry-run", "--json").json}
    assert (False, True) == (plan[2]["due"], plan[2]["refused"])
    said = terminal.type("publish")
    assert 10 == said.code
    assert "Error: row 2" in said.err
    assert "Hint: photojournal resize 2" in said.err
