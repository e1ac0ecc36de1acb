"""`ingest` as a person types it: pairs, patterns, disk, photos that look alike."""

from pathlib import Path

import pytest
from PIL import Image

from tests.adapters.photos import encoded, scene
from tests.adapters.raw_files import dng
from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A memory card: a pair, and a photo that is in the workspace already, smaller."""
    card = tmp_path / "card"
    card.mkdir()
    (card / "IMG_1.JPG").write_bytes(encoded(scene(640, 480)))
    (card / "IMG_1.DNG").write_bytes(dng(encoded(scene(640, 480)), (640, 480)))
    with Image.open(SAMPLES / "coffee.jpg") as image:
        image.resize((300, 200)).save(card / "small.png")
    return card


def test_a_card_comes_in_with_all_that_is_to_be_said(terminal: Terminal, card: Path) -> None:
    """Disk first, then what became of each file, and what looks like what at the end."""
    coffee = terminal.type("ingest", SAMPLES / "coffee.jpg", "--json").json[0]["row"]
    said = terminal.type("ingest", str(card / "*"), "--subject", "Card")
    assert 0 == said.code, said.err
    text = said.plain()
    assert text.index("Disk: about") < text.index("IMG_1.DNG") < text.index("looks like row")
    assert "3 files: 2 ingested, 1 paired" in text
    assert f"looks like row {coffee} " in text
    assert "Nothing is dropped for that. To compare: photojournal similar" in text
    row = terminal.type("show", "IMG_1.DNG", "--json").json
    assert "IMG_1.JPG" == row["Original_File_Name"]
    assert ["IMG_1.DNG"] == [one["original_name"] for one in row["companions"]]
    assert "RAW file" in terminal.type("show", "IMG_1.JPG").plain()
    assert "RAW file" in terminal.type("history", str(row["id"])).plain()


def test_a_raw_file_that_joins_its_row_is_a_change(terminal: Terminal, card: Path) -> None:
    """Given once more it is none."""
    terminal.type("ingest", card / "IMG_1.JPG")
    first, again = (terminal.type("ingest", card / "IMG_1.DNG").out for _ in range(2))
    assert ("1 paired" in first, "Nothing changed." in first) == (True, False)
    assert ("1 skipped" in again, "Nothing changed." in again) == (True, True)


def test_json_says_what_looks_like_what(terminal: Terminal, card: Path) -> None:
    """For each file, in the order that they were taken in."""
    coffee = terminal.type("ingest", SAMPLES / "coffee.jpg", "--json").json[0]["row"]
    taken = terminal.type("ingest", card, "--json").json
    assert [None, None, coffee] == [one["looks_like"] for one in taken]
    assert ["ingested", "paired", "ingested"] == [one["outcome"] for one in taken]


@pytest.mark.parametrize("verb", ["ingest", "run"])
@pytest.mark.parametrize("dry", [True, False])
def test_a_set_that_does_not_fit_on_the_disk_is_refused_before_it_begins(
    terminal: Terminal, card: Path, verb: str, *, dry: bool
) -> None:
    """Exit code 4 with the figures, and nothing was begun; what is there already needs nothing."""
    terminal.type("ingest", SAMPLES / "coffee.jpg")
    settings = terminal.root / "photojournal.toml"
    settings.write_text('[ingest]\ncopy = true\n[journal]\nmin_free = "900000 GiB"\n', "utf-8")
    head = terminal.head()
    said = terminal.type(verb, card, *(["--dry-run"] if dry else []))
    assert 4 == said.code
    assert "Error: the disk of the workspace is too small for this set: about" in said.err
    assert "2 photos (copies" in said.err
    assert "Hint: free " in said.err
    assert "[ingest] copy = false" in said.err
    assert head == terminal.head()
    if verb == "ingest":
        assert "Error" not in terminal.type("ingest", SAMPLES / "coffee.jpg", "--dry-run").err
