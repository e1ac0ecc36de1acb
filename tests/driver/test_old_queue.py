"""Photos of the predecessor's queue come in with what counts of it; the rest is listed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.files import sha256_of
from driver import workspace
from driver.adoption_plan import QueueRow
from driver.errors import Misused
from driver.old_queue import read_names, read_queue
from machine.decide import decide
from machine.events import Approved, PastAdopted
from machine.intents import Approve, EditText
from machine.refusals import Refused
from machine.status import due_stages, review_status
from tests.adapters.photos import with_exif
from tests.driver import old_site
from tests.driver.desk import CONFIG, Desk
from tests.driver.old_site import SCORES, SERIES, TEXT, queued, write_queue
from tests.driver.test_adopting import TEMPLATE, adopt, head, site_of


@pytest.fixture(autouse=True)
def short_names(desk: Desk) -> None:
    (desk.root / workspace.MARKER).write_text(TEMPLATE + CONFIG, encoding="utf-8")


def came(desk: Desk, *rows: dict[str, Any], originals: Path | None = None) -> list[QueueRow]:
    """Adopt a queue of these rows."""
    path = desk.inbox / "old" / "review.db"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    given = {"originals": originals} if originals else {}
    return adopt(desk, review_db=write_queue(path, *rows), **given).queue


def past(desk: Desk, row: int) -> PastAdopted:
    with desk.reading() as journal:
        events = [one.event for one in journal.read_stream(f"row/{row}")]
    (found,) = [one for one in events if isinstance(one, PastAdopted)]
    return found


def test_a_row_comes_in_with_its_name_its_labels_its_text_and_its_scores(desk: Desk) -> None:
    """Nobody knows who wrote the text, so nobody has seen it."""
    (one,) = came(desk, queued(17, desk.photo()))
    assert ("ingested", 1, f"{SERIES}_017.JPG") == (one.outcome, one.row, one.file_name)
    line = desk.line(1)
    expected = {"Folder": "Travel", "Location": "Rotterdam", "Subject": "Harbour at dusk"}
    expected |= {"text_author": "model:predecessor", **TEXT}
    assert expected == {name: line[name] for name in expected}
    assert SCORES == {name: line[name] for name in SCORES}
    assert ("due", None, "NA") == (line["score_status"], line["QR"], line["quality_tier"])
    told = past(desk, 1).past
    assert (17, "Pending", 6.1) == (told.row, told.status, told.qr)
    assert {"predecessor"} == {score.implementation for score in told.scores}
    assert False is desk.row(1).decided.prefill.grounded


def test_the_stages_measure_again_and_leave_the_text(desk: Desk) -> None:
    """Scores of unknown make are not enough; a text that took a night is not thrown away."""
    came(desk, queued(17, desk.photo()))
    assert ("score", "resize") == due_stages(desk.row(1), {"prefill": "another"}, "9999")
    desk.work()
    line = desk.line(1)
    assert (TEXT["Caption"], "Pending") == (line["Caption"], line["Review_Status"])
    assert line["brightness_score"] != SCORES["brightness_score"]
    assert line["QR"] is not None
    assert "" == line["due"]


def test_a_text_that_nobody_saw_does_not_go_out_by_itself(desk: Desk) -> None:
    """A person who stands by it approves it."""
    came(desk, queued(17, desk.photo()))
    desk.work()
    with pytest.raises(Refused, match="nobody checked its text"):
        decide(desk.row(1), Approve())
    (answer,) = desk.ask(1, intents=[EditText(by="anna"), Approve()])
    assert "done" == answer.outcome
    assert "human:anna" == desk.line(1)["text_author"]


def test_an_approval_of_there_is_told_and_is_none_here(desk: Desk) -> None:
    """The row waits for a decision."""
    (one,) = came(desk, queued(17, desk.photo(), Review_Status="Approved"))
    assert "was approved" == one.detail
    desk.work()
    assert "Pending" == review_status(desk.row(1))
    assert not any(kind == Approved.tag for kind in desk.types(1))
    assert "Approved" == past(desk, 1).past.status


def test_a_text_that_a_person_approved_is_a_persons(desk: Desk) -> None:
    """Without a name: the predecessor did not keep one."""
    path = write_queue(
        desk.inbox / "review.db",
        queued(17, desk.photo()),
        decisions={f"{SERIES}_017.JPG": "MANUAL_APPROVED"},
    )
    adopt(desk, review_db=path)
    desk.work()
    assert ("human", TEXT["Caption"]) == (desk.line(1)["text_author"], desk.line(1)["Caption"])
    assert decide(desk.row(1), Approve())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"Caption": "Harbour at dusk in Rotterdam."}, "its caption was a placeholder"),
        ({"alt_text": "Harbour at dusk Rotterdam Travel"}, "its alt text was a placeholder"),
        ({"Caption": None}, "it had no text"),
    ],
)
def test_a_text_that_nobody_wrote_is_left_out(
    desk: Desk, changes: dict[str, Any], why: str
) -> None:
    """The stage writes one, as for any photo."""
    came(desk, queued(17, desk.photo(), Review_Status="Queued", **changes))
    assert ("", "due") == (desk.line(1)["Caption"], desk.line(1)["prefill_status"])
    assert (why,) == past(desk, 1).past.notes


def test_scores_of_a_photo_that_could_not_be_read_are_left_out(desk: Desk) -> None:
    """The predecessor wrote zeros and a hundred there."""
    zeros = dict.fromkeys(SCORES, 0) | {"brisque_score": 100, "QR": 0.8}
    came(desk, queued(17, desk.photo(), **zeros))
    told = past(desk, 1).past
    assert ((), None) == (told.scores, told.qr)
    assert desk.line(1)["blur_score"] is None


def test_a_name_that_is_not_the_rows_alone_is_not_kept(desk: Desk) -> None:
    """The next of the series is given; a name that is public stays the site's."""
    old_site.put_up(site_of(desk)(), [old_site.record(5)])
    (desk.site / "2019" / "travel" / f"{SERIES}_006.JPG").write_bytes(b"an orphan")
    photos = [desk.photo(name=f"{n}.jpg", ending=b"%d" % n) for n in range(5)]
    twice = {"File_Name": f"{SERIES}_008.JPG"}
    rows = [
        queued(1, photos[0], **twice),
        queued(2, photos[1], **twice),
        queued(3, photos[2], File_Name=f"{SERIES}_006.JPG"),
        queued(4, photos[3], File_Name="Brücke am Abend.JPG"),
        queued(5, photos[4], File_Name=f"{SERIES}_009.jpg"),
    ]
    names = {one.old_id: one.file_name for one in came(desk, *rows)}
    assert f"{SERIES}_009.JPG" == names.pop(5)
    assert [f"{SERIES}_{number:03d}.JPG" for number in range(10, 14)] == sorted(names.values())
    with desk.reading() as journal:
        owned = [stream.removeprefix("name/") for stream in journal.streams("name/")]
    assert {"brücke am abend", f"{SERIES}_006".casefold()} <= set(owned)


def test_photos_are_found_by_name_below_a_folder(desk: Desk) -> None:
    """The queue's paths are those of another machine, or the public address of an export."""
    archive = desk.inbox / "archive" / "2019"
    archive.mkdir(parents=True)
    for name in ("IMG_1.JPG", f"{SERIES}_002.JPG", "three one.JPG"):
        desk.photo(name=name, ending=name.encode()).rename(archive / name)
    public = "https://example.org/photos/2019/travel/three%20one.JPG"
    rows = [
        queued(1, r"C:\Photos\incoming\IMG_1_001.JPG", Original_File_Name="img_1.jpg"),
        queued(2, r"D:\incoming\gone.jpg", Original_File_Name=None),
        queued(3, public, Original_File_Name=None, File_Name="Third_003.JPG"),
        queued(4, r"C:\Photos\incoming\nowhere.JPG", Original_File_Name="nowhere.JPG"),
    ]
    told = came(desk, *rows, originals=desk.inbox / "archive")
    assert ["ingested", "ingested", "ingested", "missing"] == [one.outcome for one in told]
    assert r"C:\Photos\incoming\nowhere.JPG" in told[3].detail


def test_a_photo_is_never_taken_for_another_of_its_name(desk: Desk) -> None:
    """Two cameras count from one: neither several of a name nor one of another time is taken."""
    for folder, ending in (("a", b"1"), ("b", b"2")):
        (desk.inbox / "archive" / folder).mkdir(parents=True)
        photo = desk.photo(name="IMG_1.JPG", ending=ending)
        photo.rename(desk.inbox / "archive" / folder / "IMG_1.JPG")
    shot = desk.inbox / "archive" / "IMG_2.JPG"
    shot.write_bytes(with_exif({}, {0x9003: "2024:05:01 10:00:00"}))
    rows = [
        queued(1, "/gone/IMG_1.JPG"),
        queued(2, "/gone/IMG_2.JPG", DateTime="2019:01:01 08:00:00"),
    ]
    before = head(desk)
    told = came(desk, *rows, originals=desk.inbox / "archive")
    assert ["missing", "refused"] == [one.outcome for one in told]
    assert "2 different photos are called IMG_1.JPG" in told[0].detail
    assert "another photo is called so: taken 2024:05:01 10:00:00" in told[1].detail
    assert [] == desk.queue()
    after = head(desk)
    assert before < after
    came(desk, *rows, originals=desk.inbox / "archive")
    assert after == head(desk)


def test_each_row_that_does_not_come_in_has_its_reason(desk: Desk) -> None:
    """Published, rejected, without a name, damaged, twice the same: nothing left in silence."""
    old_site.put_up(site_of(desk)(), [old_site.record(5)])
    photo = desk.photo()
    damaged = desk.inbox / "damaged.jpg"
    damaged.write_bytes(b"no photo at all")
    rows = [
        queued(1, photo, File_Name=f"{SERIES}_005.JPG"),
        queued(2, photo, Review_Status="Rejected"),
        {"id": 3, "Review_Status": "Pending"},
        queued(4, damaged),
        queued(5, photo, File_Name="Other_001.JPG", Review_Status="FAIL_BLOCKED"),
        queued(6, photo, File_Name=f"{SERIES}_036.JPG"),
        queued(7, photo, File_Name=f"{SERIES}_037.JPG"),
    ]
    told = came(desk, *rows)
    outcomes = ["published", "rejected", "malformed", "refused", "malformed", "ingested", "here"]
    assert outcomes == [one.outcome for one in told]
    assert all(one.detail for one in told if one.outcome != "ingested")
    assert [f"{SERIES}_036.JPG"] == [line["File_Name"] for line in desk.queue()]


# --- the files themselves


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Have the predecessor write into its database meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield
        db.execute("ROLLBACK")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The predecessor's `data`."""
    (tmp_path / "old").mkdir()
    return tmp_path / "old"


def test_a_queue_that_is_in_use_is_read_from_a_copy(folder: Path) -> None:
    """And nothing in its folder changes."""
    path = write_queue(folder / "review.db", queued(1, "/x.jpg"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE review_queue SET Caption = 'Newest'")
        db.commit()
        before = {one.name: sha256_of(one) for one in folder.iterdir()}
        (row,) = read_queue(path)
        assert before == {one.name: sha256_of(one) for one in folder.iterdir()}
    assert "Newest" == row.text.caption


def test_a_queue_that_is_locked_is_read_from_a_copy(folder: Path) -> None:
    """The predecessor may be open beside."""
    path = write_queue(folder / "review.db", queued(1, "/x.jpg"))
    with written_to(path):
        assert [1] == [row.id for row in read_queue(path)]
    assert [path] == [*folder.iterdir()]


def test_a_database_of_another_shape_is_refused(desk: Desk, tmp_path: Path) -> None:
    """With what it lacks; our own read models are named as such."""
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("CREATE TABLE review_queue (id INTEGER, File_Name TEXT)")
    with pytest.raises(Misused, match="lacks Folder, Path, Keywords"):
        read_queue(other)
    text = tmp_path / "text.db"
    text.write_text("no database " * 100)
    with pytest.raises(Misused, match="cannot be read"):
        read_queue(text)
    desk.queue()
    with pytest.raises(Misused, match="of a photojournal workspace"):
        read_queue(desk.root / "data" / "review.db")
    with pytest.raises(Misused, match="there is no file"):
        read_queue(tmp_path / "none.db")


def test_a_photo_that_was_taken_back_is_not_brought_in_again_in_silence(desk: Desk) -> None:
    """It is told; `redo` brings it back as it was."""
    row = queued(17, desk.photo())
    came(desk, row)
    desk.undo()
    (one,) = came(desk, row)
    assert ("here", "its photo is row 1, which was taken back") == (one.outcome, one.detail)
    desk.redo()
    assert TEXT["Caption"] == desk.line(1)["Caption"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('["b.JPG", "a.JPG"]', ["b.JPG", "a.JPG"]),
        ('{"a.JPG": true, "b.JPG": 1}', ["a.JPG", "b.JPG"]),
        ('{"used": ["a.JPG"], "more": ["b.JPG"]}', ["a.JPG", "b.JPG"]),
        ("[]", []),
    ],
)
def test_lists_of_used_names_are_read_in_both_forms(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    """A list; in older ones an object."""
    path = tmp_path / "used_filenames.json"
    path.write_text(text)
    assert names == read_names(path)


@pytest.mark.parametrize("text", ["", '["a.JPG", "b', "null", '"a.JPG"', "[1, 2]", "\0\0\0"])
def test_a_damaged_list_of_used_names_is_never_an_empty_one(tmp_path: Path, text: str) -> None:
    """Else the names of published photos would be given again."""
    path = tmp_path / "used_filenames.json"
    path.write_text(text)
    with pytest.raises(Misused) as caught:
        read_names(path)
    assert ".bak_" in caught.value.hint
    with pytest.raises(Misused):
        read_names(tmp_path / "none.json")
