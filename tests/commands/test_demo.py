"""The demo, in a folder where nothing is."""

from pathlib import Path

import pytest

from driver.demo import FOLDER, SETS, samples
from tests.commands.cli import Terminal
from tests.driver.desk import Desk


def test_the_demo_publishes_real_photos_and_shows_the_damaged_one(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again, nothing changes; what it suggests works."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    said = terminal.type_anywhere("demo")
    assert 0 == said.code, said.out + said.err
    assert "7 photos published below " in said.out
    assert "Error: row 5 damaged_coffee.jpg: the photo cannot be decoded" in said.out
    assert "Hint: Put a mended copy in its place: photojournal replace 5 FILE" in said.out
    page = (here / FOLDER / "site" / "index.html").read_text("utf-8")
    assert 7 == page.count("<figure>")
    pictures = list((here / FOLDER / "site").rglob("*.JPG"))
    assert 14 == len(pictures)
    desk = Desk.__new__(Desk)
    desk.root, desk._workers = here / FOLDER, None
    desk.check()

    again = terminal.type_anywhere("demo")
    assert 0 == again.code
    assert "Nothing changed: it was all there." in again.lines
    assert "  prefill, score, resize: 7 of 8 rows" in again.lines
    at_demo = ("-w", here / FOLDER)
    assert 0 == terminal.type_anywhere(*at_demo, "edit", 1, "--caption", "My own words").code
    assert 0 == terminal.type_anywhere(*at_demo, "undo").code
    assert 0 == terminal.type_anywhere(*at_demo, "rollback", 1, "--to", 6, "--dry-run").code
    assert 0 == terminal.type_anywhere(*at_demo, "withdraw", 1).code
    page = (here / FOLDER / "site" / "index.html").read_text("utf-8")
    assert 6 == page.count("<figure>")
    assert 0 == terminal.type_anywhere(*at_demo, "verify").code
    assert "Blocked" in terminal.type_anywhere(*at_demo, "status").out
    assert 0 == terminal.type_anywhere(*at_demo, "reject", 5).code
    assert "Blocked" not in terminal.type_anywhere(*at_demo, "status").out


def test_the_demo_keeps_away_from_other_photos(terminal: Terminal) -> None:
    """Nobody's workspace becomes the demo's by mistake."""
    head = terminal.head()
    desk = Desk.__new__(Desk)
    desk.root, desk._workers = terminal.root, None
    desk.inbox = terminal.root.parent
    other = desk.photo("coffee", "mine.jpg", ending=b"mine")
    assert 0 == terminal.type("ingest", other).code
    head = terminal.head()
    said = terminal.type("demo")
    assert (2, head) == (said.code, terminal.head())
    assert "Error: this workspace holds other photos" in said.err


def test_every_sample_is_shown() -> None:
    """And nothing that is not there."""
    named = {name for _labels, names in SETS for name in names}
    assert named == {path.name for path in samples().glob("*.jpg")}
