"""A RAW file and the JPEG or HEIC beside it are one photo: one row, and nothing is lost."""

import importlib.util
from pathlib import Path

import pytest

from adapters.files import sha256_of
from driver import taking_in
from driver.details import details_of
from driver.ingest import Taken
from driver.looking import look
from driver.relinking import relink
from driver.selection import resolve
from machine.intents import Reject
from tests.adapters.photos import encoded, scene
from tests.adapters.raw_files import dng
from tests.driver.desk import HARBOUR, Desk

NEEDS_RAW = pytest.mark.skipif(
    importlib.util.find_spec("rawpy") is None, reason="needs the extra `raw`"
)


def raw(desk: Desk, name: str, quality: int = 90) -> Path:
    """Put a RAW file into the inbox; another quality of its preview makes another one."""
    path = desk.inbox / name
    path.write_bytes(dng(encoded(scene(640, 480), quality=quality), (640, 480)))
    return path


def told(taken: list[Taken]) -> dict[str, tuple[str, int | None]]:
    return {Path(one.path).name: (one.outcome, one.row) for one in taken}


def test_a_raw_file_and_its_jpeg_are_one_row(desk: Desk) -> None:
    """The JPEG is the photo, its RAW file is known to the row; the case of names is no matter."""
    desk.photo("coffee", "IMG_1.JPG")
    beside = raw(desk, "img_1.dng")
    got = desk.ingest(desk.inbox)
    assert {"IMG_1.JPG": ("ingested", 1), "img_1.dng": ("paired", 1)} == told(got.taken)
    assert [1] == got.rows()
    row = desk.row(1)
    assert "image/jpeg" == row.decided.photo.metadata.media_type
    (companion,) = row.happened.companions
    assert (sha256_of(beside), "image/x-adobe-dng") == (companion.sha256, companion.media_type)
    with desk.program() as program:
        assert 1 == resolve(program.models, "img_1.dng")
        with look(program, "") as seen:
            (shown,) = details_of(seen, 1)["companions"]
    assert str(beside.resolve()) == shown["path"]
    desk.work()
    assert "Pending" == desk.status(1)
    desk.check()


def test_a_heic_has_a_raw_file_too_and_a_jpeg_goes_first(desk: Desk) -> None:
    """With both there, the JPEG has it; the HEIC stays a photo of its own."""
    (desk.inbox / "A.HEIC").write_bytes(encoded(scene(64, 48), "HEIF"))
    raw(desk, "A.DNG")
    (desk.inbox / "B.HEIC").write_bytes(encoded(scene(80, 60), "HEIF"))
    desk.photo("coffee", "B.jpeg")
    raw(desk, "B.DNG", 80)
    got = told(desk.ingest(desk.inbox).taken)
    assert ("paired", got["A.HEIC"][1]) == got["A.DNG"]
    assert ("paired", got["B.jpeg"][1]) == got["B.DNG"]
    assert got["B.HEIC"][1] != got["B.jpeg"][1]


def test_the_same_names_in_another_folder_are_no_pair(desk: Desk) -> None:
    """IMG_1 of another card is another photo."""
    (desk.inbox / "a").mkdir()
    (desk.inbox / "b").mkdir()
    desk.photo("coffee", "a/IMG_1.JPG")
    raw(desk, "b/IMG_1.DNG")
    got = desk.ingest(desk.inbox, recursive=True)
    assert "paired" not in {one.outcome for one in got.taken}


def test_a_jpeg_that_is_called_like_a_raw_file_is_a_photo(desk: Desk) -> None:
    """The bytes have the last word."""
    desk.photo("coffee", "IMG_1.JPG")
    desk.photo("rocket", "IMG_1.CR2")
    got = desk.ingest(desk.inbox)
    assert ["ingested", "ingested"] == [one.outcome for one in got.taken]


@pytest.mark.parametrize("whole", [True, False])
def test_a_raw_file_that_comes_later_joins_the_row(desk: Desk, *, whole: bool) -> None:
    """Whether the folder is given again or the RAW file alone; given once more, nothing happens."""
    photo = desk.photo("coffee", "IMG_1.JPG")
    desk.ingest(photo)
    beside = raw(desk, "IMG_1.DNG")
    given = desk.inbox if whole else beside
    assert ("paired", 1) == told(desk.ingest(given).taken)["IMG_1.DNG"]
    again = desk.ingest(given)
    assert {"skipped"} == {one.outcome for one in again.taken}
    assert "" == again.set_id
    assert 1 == len(desk.queue())
    assert 1 == desk.types(1).count("CompanionAdded")


@NEEDS_RAW
@pytest.mark.parametrize("as_new", [False, True])
def test_a_raw_file_does_not_vanish_in_a_row(desk: Desk, *, as_new: bool) -> None:
    """Not in one that was taken back, and not where --as-new asks for a row of its own."""
    desk.ingest(desk.photo("coffee", "IMG_1.JPG"))
    if not as_new:
        desk.undo()
    beside = raw(desk, "IMG_1.DNG")
    with desk.program("ingest") as program:
        plan = taking_in.plan_ingest(program, [beside], recursive=False, as_new=as_new)
        assert {"IMG_1.DNG": ("new", None)} == told(plan.taken)
        got = taking_in.ingest(
            program, [beside], HARBOUR, recursive=False, progress=lambda *_: None, as_new=as_new
        )
    assert {"IMG_1.DNG": ("ingested", 2)} == told(got.taken)
    assert () == desk.row(1).happened.companions


def test_a_raw_file_alone_leaves_a_rejected_row_rejected(desk: Desk) -> None:
    """It is no photo that lives again; its JPEG is."""
    photo = desk.photo("coffee", "IMG_1.JPG")
    raw(desk, "IMG_1.DNG")
    desk.ingest(desk.inbox)
    desk.ask(1, intents=[Reject()])
    assert {"IMG_1.DNG": ("skipped", 1)} == told(desk.ingest(desk.inbox / "IMG_1.DNG").taken)
    assert "Rejected" == desk.status(1)
    assert {"IMG_1.JPG": ("reopened", 1)} == told(desk.ingest(photo).taken)


@NEEDS_RAW
def test_a_jpeg_that_comes_after_its_raw_file_is_offered_as_a_version(desk: Desk) -> None:
    """One photo never becomes two rows unless a person says so; `replace` makes them a pair."""
    raw(desk, "IMG_1.DNG")
    desk.ingest(desk.inbox)
    photo = desk.photo("coffee", "IMG_1.JPG")
    for given in (photo, desk.inbox):
        (one,) = [one for one in desk.ingest(given).taken if one.path.endswith("JPG")]
        assert ("refused", "AnotherVersion") == (one.outcome, one.code)
        assert "row 1 stands for its RAW file" == one.detail
    from driver.replacing import Replacing

    with desk.program("replace") as program:
        Replacing(program.shell, program.objects, program.workers, 1, photo).carry_out(
            "", copy=False
        )
    assert {"IMG_1.JPG": ("skipped", 1), "IMG_1.DNG": ("paired", 1)} == told(
        desk.ingest(desk.inbox).taken
    )


@NEEDS_RAW
def test_the_raw_file_of_a_jpeg_that_cannot_be_read_is_the_photo(desk: Desk) -> None:
    """The picture is not lost with its JPEG."""
    (desk.inbox / "IMG_1.JPG").write_bytes(b"\xff\xd8\xff damaged")
    raw(desk, "IMG_1.DNG")
    got = told(desk.ingest(desk.inbox).taken)
    assert {"IMG_1.JPG": ("refused", None), "IMG_1.DNG": ("ingested", 1)} == got


def test_both_files_are_copied_in_where_asked(desk: Desk) -> None:
    """`[ingest] copy` keeps the RAW file, too, and `prune` leaves it alone."""
    from driver.named_objects import in_use, named_objects

    marker = desk.root / "photojournal.toml"
    marker.write_text(marker.read_text("utf-8") + "[ingest]\ncopy = true\n", "utf-8")
    photo, beside = desk.photo("coffee", "IMG_1.JPG"), raw(desk, "IMG_1.DNG")
    desk.ingest(desk.inbox)
    with desk.program() as program:
        for path in (photo, beside):
            assert path.read_bytes() == program.objects.get(sha256_of(path))
            assert sha256_of(path) in named_objects(program.journal)
            assert sha256_of(path) in set(in_use(desk.row(1)))


def test_a_moved_folder_is_followed_for_both(desk: Desk) -> None:
    """`relink` reads the RAW file at its new place, too."""
    desk.photo("coffee", "IMG_1.JPG")
    raw(desk, "IMG_1.DNG")
    desk.ingest(desk.inbox)
    moved = desk.inbox.rename(desk.inbox.with_name("moved"))
    with desk.program("relink", effects=False) as program:
        found = relink(program.shell, [1], desk.inbox, moved, dry_run=False)
    assert ["done", "done"] == [one.outcome for one in found]


def test_a_dry_run_tells_pairs(desk: Desk) -> None:
    """Before the first row, and of one that is there."""
    photo, beside = desk.photo("coffee", "IMG_1.JPG"), raw(desk, "IMG_1.DNG")
    with desk.program() as program:
        plan = taking_in.plan_ingest(program, [desk.inbox], recursive=False)
    assert {"IMG_1.JPG": ("new", None), "IMG_1.DNG": ("paired", None)} == told(plan.taken)
    desk.ingest(photo, labels=HARBOUR)
    with desk.program() as program:
        plan = taking_in.plan_ingest(program, [beside], recursive=False)
    assert {"IMG_1.DNG": ("paired", 1)} == told(plan.taken)


def test_an_ingest_that_is_stopped_says_what_it_skipped(desk: Desk) -> None:
    """The copy of the last photo cannot be kept; what came before it is told."""
    marker = desk.root / "photojournal.toml"
    marker.write_text(marker.read_text("utf-8") + "[ingest]\ncopy = true\n", "utf-8")
    known, new, last = (desk.photo("coffee", f"{at}.jpg", ending=b"%d" % at) for at in range(3))
    desk.ingest(known)
    with desk.program() as program:
        blocked = program.objects.path(sha256_of(last)).parent
    blocked.write_bytes(b"")
    got = desk.ingest(known, new, last)
    assert got.stopped is not None
    with desk.reading() as journal:
        types = [one.type for one in journal.read_stream(f"set/{got.set_id}")]
    assert ["SetCreated", "FileSkipped"] == types
