"""What a path on the command line stands for: patterns that no shell expanded, and their limits."""

import os
from pathlib import Path

import pytest

from driver.errors import Misused
from driver.ingest_plan import check_paths
from driver.listing import files_of
from tests.driver.desk import SAMPLES, Desk
from tests.driver.permissions import locked


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def found(*given: Path) -> list[str]:
    """Names below the folder of the test, in the order they are taken in."""
    return [one.path.name for one in files_of(given, recursive=False)]


def test_a_pattern_is_expanded_in_natural_order(tmp_path: Path) -> None:
    """Quoted, or on Windows, where no shell does it; hidden files stay out, each comes once."""
    put(tmp_path, "IMG_10.jpg", "IMG_2.jpg", ".IMG_3.jpg", "notes.txt", "IMG_1.png")
    assert ["IMG_2.jpg", "IMG_10.jpg"] == found(tmp_path / "*.jpg")
    assert ["IMG_2.jpg"] == found(tmp_path / "IMG_[0-9].jpg")
    assert ["IMG_1.png", "IMG_2.jpg"] == found(tmp_path / "IMG_?.*", tmp_path / "IMG_2.jpg")


def test_two_stars_reach_any_depth_and_end_in_a_circle(tmp_path: Path) -> None:
    """Only files are meant, and folders that are links are not followed."""
    put(tmp_path, "a/1.jpg", "a/b/2.jpg", "c/3.jpg", ".hidden/4.jpg", "c/notes.txt")
    if os.name != "nt":
        (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert ["1.jpg", "2.jpg", "3.jpg"] == found(tmp_path / "**" / "*.jpg")
    assert ["1.jpg", "2.jpg"] == found(tmp_path / "a" / "**")


def test_a_folder_that_a_pattern_matches_is_read_like_a_named_one(tmp_path: Path) -> None:
    """As when a shell had expanded it."""
    put(tmp_path, "card1/1.jpg", "card2/2.jpg", "other/3.jpg")
    assert ["1.jpg", "2.jpg"] == found(tmp_path / "card*")


def test_a_file_with_brackets_in_its_name_is_that_file(tmp_path: Path) -> None:
    """What is there is no pattern."""
    put(tmp_path, "IMG[1].jpg", "IMG1.jpg")
    assert ["IMG[1].jpg"] == found(tmp_path / "IMG[1].jpg")


def test_a_pattern_that_matches_nothing_is_said(desk: Desk) -> None:
    """Alone it is a mistake of the command; beside others it is refused, and they come in."""
    with pytest.raises(Misused, match="there is nothing at"):
        check_paths([desk.inbox / "*.cr2"])
    got = desk.ingest(desk.inbox / "*.cr2", desk.photo("coffee"))
    assert ["refused", "ingested"] == [one.outcome for one in got.taken]
    assert ("NotAFile", "nothing matches this pattern") == (got.taken[0].code, got.taken[0].detail)
    check_paths([desk.inbox / "*.jpg"])


def test_a_pattern_leaves_out_what_the_program_made(desk: Desk) -> None:
    """`**` in the workspace itself finds the photos of the user only."""
    desk.published("coffee")
    (desk.root / "mine.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    got = desk.ingest(desk.root / "**" / "*.[jJ][pP][gG]")
    by_name = {Path(one.path).name: one.outcome for one in got.taken}
    assert {"mine.jpg": "ingested", "site": "left out"} == by_name


def test_a_folder_that_cannot_be_listed_is_refused_by_name(desk: Desk) -> None:
    """In a folder, in a pattern, and where it was named itself; the others come in."""
    desk.photo("coffee")
    put(desk.inbox, "locked/1.jpg")
    with locked(desk.inbox / "locked") as folder:
        for given in (desk.inbox / "*" / "*.jpg", folder / "*.jpg", folder, folder / "1.jpg"):
            check_paths([given])
            told = [(one.path, one.outcome) for one in desk.ingest(given).taken]
            where = folder / "1.jpg" if given.suffix and "*" not in given.name else folder
            assert [(str(where), "refused")] == told
        got = desk.ingest(desk.inbox, recursive=True)
    assert ["ingested", "refused"] == [one.outcome for one in got.taken]
    assert ("FolderUnreadable", "Permission denied") == (got.taken[1].code, got.taken[1].detail)
