"""`adopt` at the keyboard: the plan first, what came of it, and names of the site."""

import shutil
from pathlib import Path

import pytest

from adapters.gallery import FolderGallery
from tests.commands.cli import Terminal
from tests.driver import old_site
from tests.driver.desk import SAMPLES
from tests.driver.old_site import SERIES, queued, write_names, write_queue

LEGACY = 3


@pytest.fixture
def old(terminal: Terminal, tmp_path: Path) -> Path:
    """A folder with what the predecessor kept; its website stands in the workspace's gallery."""
    gallery = FolderGallery(terminal.root / "site", workspace="")
    old_site.put_up(gallery, [old_site.record(number) for number in range(1, LEGACY + 1)])
    folder = tmp_path / "old"
    folder.mkdir()
    shutil.copyfile(SAMPLES / "astronaut.jpg", folder / "IMG_1.JPG")
    write_names(folder / "used.json", ["Gone_001.JPG"])
    rows = (
        queued(17, folder / "IMG_1.JPG", Review_Status="Approved"),
        queued(18, r"C:\incoming\IMG_2.JPG"),
    )
    write_queue(folder / "review.db", *rows)
    return folder


def words(old: Path) -> tuple[object, ...]:
    return ("adopt", "--review-db", old / "review.db", "--used-names", old / "used.json")


def test_the_plan_comes_first_and_a_dry_run_stops_there(terminal: Terminal, old: Path) -> None:
    """With counts, and the reason of each row that does not come in."""
    before = terminal.head(), terminal.files()
    said = terminal.type(*words(old), "--dry-run")
    assert 10 == said.code
    assert f"Published rows: {LEGACY} for the site, 0 known already" in said.lines
    assert "Old queue: 2 rows: 1 new, 1 missing" in said.lines
    assert r"its photo is not at C:\incoming\IMG_2.JPG; --originals FOLDER looks" in said.out
    assert "Dry run: nothing was changed." == said.lines[-1]
    assert before == (terminal.head(), terminal.files())
    planned = terminal.type(*words(old), "--dry-run", "--json").json
    assert (LEGACY, ["new", "missing"]) == (
        planned["rows"],
        [one["outcome"] for one in planned["queue"]],
    )


def test_rows_without_a_picture_are_told_before_they_are_adopted(
    terminal: Terminal, old: Path
) -> None:
    """The folder of the gallery may be the wrong one: then no picture of the site is found."""
    said = "published row without a picture in the gallery: is its folder the right one"
    assert said not in terminal.type(*words(old), "--dry-run").out
    for path in (terminal.root / "site").rglob(f"{SERIES}_001.JPG"):
        path.unlink()
    assert f"Warning: 1 {said}" in terminal.type(*words(old), "--dry-run").out


def test_what_came_of_it_is_said_and_the_second_time_there_is_nothing(
    terminal: Terminal, old: Path
) -> None:
    """The names, the rows, and the photos that somebody had approved there."""
    said = terminal.type(*words(old))
    assert 10 == said.code
    row = terminal.type("show", f"{SERIES}_017.JPG", "--json").json["id"]
    assert f"The site keeps 5 names and {LEGACY} rows; 1 photo came in" in said.lines
    assert f"Approved before, to be approved here: {row}" in said.lines
    assert "was row 17 of another program, Approved" in terminal.type("history", row).out
    log = (terminal.root / "logs" / "latest_run.log").read_text("utf-8")
    assert f"Adopted: rows={LEGACY} names=5 photos=1 left=1" in log
    before = terminal.head()
    said = terminal.type(*words(old))
    assert (10, "Nothing changed.") == (said.code, said.lines[-1])
    assert before == terminal.head()


def test_the_site_is_not_in_the_queue_but_told(terminal: Terminal, old: Path) -> None:
    """`status` has its count, `show` what stands under a name and since when, `--at` not before."""
    before = terminal.head()
    terminal.type(*words(old))
    names = [one["File_Name"] for one in terminal.type("queue", "--json").json]
    assert f"{SERIES}_017.JPG" in names
    assert f"{SERIES}_001.JPG" not in names
    assert LEGACY == terminal.type("status", "--json").json["site_rows"]
    assert f"{LEGACY} published rows of the site" in terminal.type("status").out
    said = terminal.type("show", f"{SERIES}_002.JPG")
    assert 0 == said.code
    assert f"{SERIES}_002.JPG belongs to the site since 2" in said.out
    assert old_site.record(2).caption in said.out
    shown = terminal.type("show", "gone_001.jpg", "--json").json
    assert ("site", None, ["used names"]) == (
        shown["belongs_to"],
        shown["record"],
        shown["found_in"],
    )
    assert 2 == terminal.type("show", f"{SERIES}_002.JPG", "--at", before).code
    said = terminal.type("rename", "3", "--to", "Gone_001")
    assert 2 == said.code
    assert "the name Gone_001.JPG belongs to the site" in said.err


def test_a_damaged_file_of_the_predecessor_stops_everything(terminal: Terminal, old: Path) -> None:
    """With a hint, and before anything is appended."""
    (old / "used.json").write_text('["Gone_00')
    before = terminal.head()
    said = terminal.type(*words(old))
    assert (2, before) == (said.code, terminal.head())
    assert "cannot be read as a list of names" in said.err
    assert "Hint: the predecessor kept copies beside it" in said.err


def test_a_row_that_is_called_like_one_of_the_site_is_an_error(terminal: Terminal) -> None:
    """Until it is renamed; the exit code says so."""
    name = terminal.type("show", "3", "--json").json["File_Name"]
    gallery = FolderGallery(terminal.root / "site", workspace="")
    old_site.put_up(gallery, [old_site.record(1, file_name=name)])
    said = terminal.type("adopt")
    assert 10 == said.code
    assert f"Error: row 3 is called {name}, as a published row of the site" in said.lines
    assert "Hint: photojournal rename 3 --to NAME" in said.lines
    assert 0 == terminal.type("rename", "3", "--to", "Another name").code
    assert 0 == terminal.type("adopt").code
