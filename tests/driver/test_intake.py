"""Whatever people drop in becomes a row or is refused by name; nothing is left out in silence."""

import json
import os
import sys
import unicodedata
import zlib
from pathlib import Path

import pytest

from driver.errors import Misused
from driver.ingest import Taken
from driver.ingest_plan import check_paths
from driver.selection import resolve
from machine.intents import Reject
from machine.row import source_of
from machine.values import Labels
from tests.driver.desk import HARBOUR, SAMPLES, Desk

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")


def outcomes(taken: list[Taken]) -> list[str]:
    return [one.outcome for one in taken]


def png_bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in a few hundred bytes of header and nothing behind."""

    def chunk(name: bytes, data: bytes) -> bytes:
        size, check = len(data), zlib.crc32(name + data)
        return size.to_bytes(4, "big") + name + data + check.to_bytes(4, "big")

    header = (30_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def test_what_is_no_photo_is_refused_and_the_others_go_on(desk: Desk) -> None:
    """One line for each, with the reason; the refusals stand in the journal, too."""
    files = {
        "text.jpg": b"this is no photo",
        "empty.jpg": b"",
        "header.jpg": (SAMPLES / "coffee.jpg").read_bytes()[:20],
        "bomb.png": png_bomb(),
    }
    for name, data in files.items():
        (desk.inbox / name).write_bytes(data)
    good, missing = desk.photo("rocket"), desk.inbox / "missing.jpg"
    got = desk.ingest(*[desk.inbox / name for name in files], missing, good)
    refused = {Path(one.path).name: one for one in got.taken if one.outcome == "refused"}
    assert {
        "text.jpg": "NotAPhoto",
        "empty.jpg": "EmptyFile",
        "header.jpg": "NotAPhoto",
        "bomb.png": "ResizeTooLarge",
        "missing.jpg": "NotAFile",
    } == {name: one.code for name, one in refused.items()}
    assert all(one.detail for one in refused.values())
    assert [1] == got.rows()
    with desk.program() as program:
        (line,) = program.models.sets()
    assert (1, 5) == (line["rows"], line["refused"])
    assert "Pending" == (desk.work(), desk.status(1))[1]


def test_a_damaged_photo_is_set_aside_and_released(desk: Desk) -> None:
    """It comes in, its stages cannot be done, it waits for a person; the others arrive."""
    from driver.decisions import release

    desk.ingest(desk.photo("damaged_coffee"), desk.photo("rocket"))
    worked = desk.work()
    assert [1] == list(worked.failed)
    line = desk.line(1)
    assert "Quarantined" == line["Review_Status"]
    assert "ScoringUnreadable" == line["QC_Status"]
    assert "photojournal replace 1 FILE" == line["next_action"]
    assert "Pending" == desk.status(2)
    assert all(tally.rows == 0 for tally in desk.work().tallies.values())
    with desk.program("release", effects=False) as program:
        (answer,) = release(program.shell, [1], None, "look again")
    assert "done" == answer.outcome
    assert "Queued" == desk.status(1)
    assert 1 == desk.work().tallies["score"].failed
    assert "Quarantined" == desk.status(1)
    assert 2 == desk.row(1).happened.score.count


def test_the_same_bytes_are_one_row(desk: Desk) -> None:
    """In one set, in the next one, under another name: the row that has them is named."""
    first, twin = desk.photo(), desk.photo(name="twin.jpg")
    got = desk.ingest(first, twin)
    assert ["ingested", "skipped"] == outcomes(got.taken)
    assert (1, "the same bytes as row 1") == (got.taken[1].row, got.taken[1].detail)
    before = len(desk.types(1))
    again = desk.ingest(twin, labels=Labels(subject="Other"))
    assert ["skipped"] == outcomes(again.taken)
    assert "" == again.set_id
    assert before == len(desk.types(1))


def test_a_rejected_row_lives_again_with_its_name(desk: Desk) -> None:
    """And keeps what was known of it."""
    photo = desk.photo()
    desk.ingest(photo)
    desk.work()
    name = desk.row(1).happened.file_name
    desk.ask(1, intents=[Reject()])
    got = desk.ingest(photo)
    assert [("reopened", 1, name, "row 1 was rejected")] == [
        (one.outcome, one.row, one.file_name, one.detail) for one in got.taken
    ]
    assert "Pending" == desk.status(1)
    assert got.set_id == desk.row(1).happened.set_id


def test_a_rolled_back_ingest_lives_again_with_the_labels_of_the_new_set(desk: Desk) -> None:
    """Its labels went with it, so those of the new set count."""
    photo = desk.photo()
    desk.ingest(photo)
    desk.undo()
    assert "Rejected" == desk.status(1)
    got = desk.ingest(photo, labels=Labels(subject="Quay"))
    assert ["row 1 was taken back"] == [one.detail for one in got.taken]
    assert "Quay" == desk.row(1).decided.labels.subject
    desk.work()
    assert "Pending" == desk.status(1)


def test_two_photos_with_one_name_get_two_names(desk: Desk) -> None:
    """The original's name finds both, so it has to be said which one is meant."""
    photos = []
    for folder in ("a", "b"):
        (desk.inbox / folder).mkdir()
        photos.append(desk.photo("coffee", f"{folder}/IMG_1.jpg", ending=folder.encode()))
    desk.ingest(*photos)
    names = [desk.row(number).happened.file_name for number in (1, 2)]
    assert 2 == len(set(names))
    with desk.program() as program:
        assert 2 == resolve(program.models, names[1])
        with pytest.raises(Misused, match=r"several rows: 1 .*, 2 "):
            resolve(program.models, "IMG_1.jpg")


ODD_NAMES = [
    unicodedata.normalize("NFC", "Café.jpg"),
    unicodedata.normalize("NFD", "Café.jpg"),
    "\N{CAMERA WITH FLASH}.jpg",
    'it\'s "quoted".jpg',
    "-rf.jpg",
    "a;b&&c|d$(e).jpg",
    "CON.jpg",
    "x" * 200 + ".jpg",
]


@POSIX
def test_odd_names_are_kept_as_they_are_and_published_safely(desk: Desk) -> None:
    """What the file was called is known for ever; what is published is safe everywhere."""
    names = [*ODD_NAMES, "two\nlines.jpg", "back\\slash.jpg", "\x1b[2Jclear.jpg"]
    raw = os.fsencode(desk.inbox) + b"/latin\xe9.jpg"
    photos = []
    for place, name in enumerate(names):
        photos.append(desk.photo("coffee", name, ending=b"%d" % place))
    Path(os.fsdecode(raw)).write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    got = desk.ingest(*photos, Path(os.fsdecode(raw)), labels=Labels())
    assert {"ingested"} == set(outcomes(got.taken)), got.taken
    assert all(one.path.isprintable() for one in got.taken)
    stored = [desk.row(number).happened.original_name for number in got.rows()]
    assert [name.replace("\\", "\\\\") for name in names] == stored[:-1]
    assert "latin\\xe9.jpg" == stored[-1]
    desk.work()
    desk.approve(*got.rows())
    for number in got.rows():
        if desk.status(number) != "Approved":  # nothing is known about the photo: no text by rule
            desk.write(number, "A cup of coffee", "A cup on a saucer")
            desk.approve(number)
    sent, stopped = desk.publish()
    assert stopped is None
    assert {"published"} == {one.outcome for one in sent}
    published = [Path(path).name for path in desk.pictures()]
    assert all(name.isascii() and len(name) <= 150 and name.endswith(".JPG") for name in published)
    assert all(
        name.partition("_")[0].upper() != "CON" or name.startswith("CON__") for name in published
    )
    desk.check()


def test_a_path_that_climbs_is_stored_as_where_it_leads(desk: Desk) -> None:
    """`../` in what was typed never leads out of a named root later."""
    desk.photo()
    (desk.inbox / "deeper").mkdir()
    desk.ingest(desk.inbox / "deeper" / ".." / "coffee.jpg")
    source = source_of(desk.row(1))
    assert ".." not in source.path
    assert desk.workspace.path_of(source).read_bytes() == (SAMPLES / "coffee.jpg").read_bytes()
    assert 1 == desk.work().tallies["score"].done


@POSIX
def test_links_lead_to_files_and_never_in_circles(desk: Desk) -> None:
    """A loop ends, a dangling link is refused, a link to a file is that file."""
    folder = desk.inbox / "folder"
    folder.mkdir()
    desk.photo("coffee", "folder/real.jpg")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    (folder / "link.jpg").symlink_to(desk.photo("rocket"))
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe.jpg")
    got = desk.ingest(folder, recursive=True)
    by_name = {Path(one.path).name: (one.outcome, one.detail) for one in got.taken}
    assert {
        "real.jpg": ("ingested", ""),
        "link.jpg": ("ingested", ""),
        "loop.jpg": ("refused", "a link that leads to no file"),
        "dangling.jpg": ("refused", "a link that leads to no file"),
        "pipe.jpg": ("refused", "neither a file nor a folder"),
        "again": ("left out", "a link to a folder; name it to take it in"),
    } == by_name


def test_a_folder_is_read_one_level_deep_unless_asked(desk: Desk) -> None:
    """What is left out is said; hidden files are no photos; IMG_2 comes before IMG_10."""
    (desk.inbox / "deeper").mkdir()
    for place, name in enumerate(("IMG_10.jpg", "IMG_2.jpg", ".hidden.jpg", "deeper/IMG_1.jpg")):
        desk.photo("coffee", name, ending=b"%d" % place)
    got = desk.ingest(desk.inbox)
    assert [("IMG_2.jpg", "ingested"), ("IMG_10.jpg", "ingested"), ("deeper", "left out")] == [
        (Path(one.path).name, one.outcome) for one in got.taken
    ]
    more = desk.ingest(desk.inbox, recursive=True)
    assert ["skipped", "skipped", "ingested"] == outcomes(more.taken)


def test_the_program_does_not_eat_its_own_pictures(desk: Desk) -> None:
    """Taking in the workspace's folder leaves out what was made there."""
    desk.published("coffee")
    (desk.root / "mine.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes())
    got = desk.ingest(desk.root, recursive=True)
    by_name = {Path(one.path).name: one.outcome for one in got.taken}
    assert "ingested" == by_name.pop("mine.jpg")
    assert "refused" == by_name.pop("photojournal.toml") == by_name.pop("vocabulary.toml")
    assert {"data": "left out", "logs": "left out", "site": "left out"} == by_name


def test_paths_that_are_not_there_are_a_mistake_of_the_command(desk: Desk) -> None:
    """Nothing is begun for a folder that was misspelt."""
    with pytest.raises(Misused, match="there is nothing at"):
        check_paths([desk.inbox / "nonsense"])
    with pytest.raises(Misused) as refused:
        check_paths([Path("1"), Path("2")])
    assert "photojournal prefill 1" in refused.value.hint


def test_an_original_that_is_gone_or_changed_is_told_apart(desk: Desk) -> None:
    """Gone: again, once it is back. Changed: set aside until somebody looked."""
    gone, changed = desk.photo("coffee"), desk.photo("rocket")
    desk.ingest(gone, changed)
    bytes_of = gone.read_bytes()
    gone.unlink()
    changed.write_bytes(changed.read_bytes() + b"x")
    desk.work()
    assert "OriginalMissing" == desk.line(1)["QC_Status"]
    assert "OriginalChanged" == desk.line(2)["QC_Status"]
    assert "Quarantined" == desk.status(2)
    gone.write_bytes(bytes_of)
    from driver.decisions import release, retry

    with desk.program("retry", effects=False) as program:
        answers = [*retry(program.shell, [1], None, ""), *release(program.shell, [1], None, "back")]
    assert any(one.outcome == "done" for one in answers), answers
    desk.work()
    assert "Pending" == desk.status(1)
    assert all(tally.rows == 0 for tally in desk.work().tallies.values())


def test_a_drive_that_is_not_connected_charges_no_row(desk: Desk) -> None:
    """The stages that need the originals pause, whatever the number of rows; then all is done."""
    desk.ingest(*[desk.photo("coffee", f"{place}.jpg", b"%d" % place) for place in range(4)])
    away = desk.inbox.rename(desk.inbox.with_name("unplugged"))
    for _ in range(4):
        worked = desk.work()
        assert f"the folder of the originals is not there: {desk.inbox.name}" == worked.paused
        assert worked.hint.startswith("Connect the drive")
    assert {"Queued"} == {desk.status(number) for number in range(1, 5)}
    away.rename(desk.inbox)
    assert "" == desk.work().paused
    assert {"Pending"} == {desk.status(number) for number in range(1, 5)}
    desk.check()


def test_a_copied_original_is_worked_on_without_the_file(tmp_path: Path, desk: Desk) -> None:
    """`[ingest] copy` keeps the bytes; the file may go."""
    marker = desk.root / "photojournal.toml"
    marker.write_text(marker.read_text("utf-8") + "[ingest]\ncopy = true\n", "utf-8")
    photo = desk.photo()
    desk.ingest(photo)
    photo.unlink()
    desk.work()
    assert "Pending" == desk.status(1)


def test_an_ingest_that_was_cut_short_goes_on_in_its_set(desk: Desk) -> None:
    """The same command again takes the rest into the same set."""
    photos = [desk.photo("coffee", f"{place}.jpg", ending=b"%d" % place) for place in range(6)]
    from driver import taking_in

    with desk.program("ingest") as program:

        def stop_after_two(done: int, _all: int) -> None:
            if done == 2:
                program.stop()

        first = taking_in.ingest(program, photos, HARBOUR, recursive=False, progress=stop_after_two)
        program.exit_code = 130
    assert 2 <= len(first.rows()) < 6
    second = desk.ingest(*photos)
    assert first.set_id == second.set_id
    assert 6 == len(first.rows()) + len(second.rows())
    third = desk.ingest(desk.photo("rocket"), *photos)
    assert third.set_id != first.set_id


GOLDEN = Path(__file__).resolve().parents[1] / "golden"
REAL = Path(__file__).resolve().parents[3] / "shared" / "photos"


@pytest.mark.skipif(
    not REAL.is_dir(), reason="needs the collection of real photos beside the clone"
)
def test_real_photos_arrive_or_say_why_not(desk: Desk) -> None:
    """Cameras, phones, GPS, orientations, TIFF, HEIC, damaged ones: each has an ending."""
    got = desk.ingest(REAL)
    endings = {Path(one.path).name: one.outcome for one in got.taken}
    expected = json.loads((GOLDEN / "photos.json").read_text("utf-8"))
    assert {name: known["outcome"] for name, known in expected.items()} == endings
    desk.work()
    statuses = {line["Original_File_Name"]: line["Review_Status"] for line in desk.queue()}
    assert {"Pending"} == set(statuses.values()), statuses
    pending = [line["id"] for line in desk.queue()]
    desk.approve(*pending)
    sent, stopped = desk.publish(*pending)
    assert stopped is None
    assert {"published"} == {one.outcome for one in sent}
    desk.check()
