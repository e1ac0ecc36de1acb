"""Another version of a photo in the place of a row's: what stays, what is due, the way back."""

import shlex
from pathlib import Path

import pytest

from driver import taking_in
from driver.errors import Misused
from driver.last_read import last_read
from driver.publishing import plan_publication
from driver.replacing import Replacement, Replacing
from machine.intents import CorrectMetadata, Reject
from machine.refusals import Refused
from machine.row import source_of
from machine.status import publication_due, stage_status
from machine.values import Corrections
from tests.adapters.packets import packet
from tests.driver.desk import HARBOUR, SAMPLES, Desk


def replace(desk: Desk, number: int, path: Path, *, copy: bool = False) -> Replacement:
    """Replace the photo of a row."""
    with desk.program("replace") as program:
        replacing = Replacing(program.shell, program.objects, program.workers, number, path)
        return replacing.carry_out("a new export", copy=copy)


def test_a_published_row_goes_out_again_with_the_new_pixels_only(desk: Desk) -> None:
    """Name, URL and texts stay; between replacing and resizing nothing old is sent."""
    desk.published()
    desk.write(1, "A cup of coffee on a table in the morning")
    desk.publish()
    before, record = desk.pictures(), desk.records()
    done = replace(desk, 1, desk.photo("chelsea"))
    assert ("score", "resize") == done.due
    assert done.published
    row = desk.row(1)
    assert publication_due(row)
    assert ("done", "stale", "stale") == tuple(
        stage_status(row, stage) for stage in ("prefill", "score", "resize")
    )
    assert "Published" == desk.status(1)
    assert "photojournal score 1" == desk.line(1)["next_action"]
    (sent,), _ = desk.publish()
    assert ("refused", "photojournal resize 1") == (sent.outcome, sent.hint)
    assert before == desk.pictures()
    desk.work()
    assert "photojournal publish 1" == desk.line(1)["next_action"]
    with desk.program() as program:
        (plan,) = plan_publication(program, [1])
    assert "changed since it was published" == plan.why
    (sent,), _ = desk.publish()
    assert "published" == sent.outcome
    assert before.keys() == desk.pictures().keys()
    assert not set(before.values()) & set(desk.pictures().values())
    assert record.keys() == desk.records().keys()
    (old,), (new,) = record.values(), desk.records().values()
    for column in ("Path", "Thumb_Path", "Caption", "alt_text", "Keywords"):
        assert old[column] == new[column]
    assert (451, 300) == (new["Width"], new["Height"])
    assert old["brisque_score"] != new["brisque_score"]
    assert "" == desk.line(1)["next_action"]
    desk.check()


def test_what_was_replaced_comes_back_byte_for_byte(desk: Desk) -> None:
    """A rollback across it restores pictures, scores and record; a second one goes forth again."""
    desk.published()
    version, pictures, records = desk.row(1).version, desk.pictures(), desk.records()
    line = desk.line(1)
    replace(desk, 1, desk.photo("chelsea"))
    desk.work()
    desk.publish()
    there, later = desk.row(1).version, desk.pictures()
    assert "done" == desk.roll_back(1, version).outcome
    assert (pictures, records) == (desk.pictures(), desk.records())
    for column in ("sha256", "Width", "brisque_score", "QR", "Review_Status", "next_action"):
        assert line[column] == desk.line(1)[column]
    desk.check()
    assert "done" == desk.roll_back(1, there).outcome
    assert later == desk.pictures()
    desk.check()


def test_undo_takes_a_replacement_back_at_once(desk: Desk) -> None:
    """Before anything else was done, nothing is due afterwards."""
    desk.published()
    decided = desk.row(1).decided
    replace(desk, 1, desk.photo("chelsea"))
    (back,) = desk.undo()
    assert "done" == back.outcome
    assert decided == desk.row(1).decided
    assert not publication_due(desk.row(1))
    desk.check()


def test_the_place_goes_and_comes_back_with_the_photo_it_belongs_to(desk: Desk) -> None:
    """Another photo without one has none; taking it back brings the first one's."""

    def latitude() -> float | None:
        with desk.reading() as journal:
            private = last_read(journal.read_stream("row/1")).private
        return private.latitude_deg if private else None

    place = {"exif_GPSLatitude": "54,53.5N", "exif_GPSLongitude": "10,24.5E"}
    (desk.inbox / "coffee.xmp").write_bytes(packet(**place))
    desk.ingest(desk.photo("coffee"))
    assert 54.8916667 == latitude()
    replace(desk, 1, desk.photo("chelsea"))
    assert latitude() is None
    desk.undo()
    assert 54.8916667 == latitude()


def test_bytes_belong_to_one_row(desk: Desk) -> None:
    """Those of another row are refused, both versions of this one are known to be its own."""
    desk.ingest(desk.photo("coffee"), desk.photo("chelsea"))
    with pytest.raises(Misused, match="is the photo of row 2") as refused:
        replace(desk, 1, desk.photo("chelsea"))
    assert "photojournal show 2" == refused.value.hint
    with desk.program("reject") as program:
        program.shell.ask(2, Reject(reason="soft"))
    with pytest.raises(Misused) as refused:
        replace(desk, 1, desk.photo("chelsea"))
    back, _, then = refused.value.hint.partition(" brings row 2 back; then: ")
    _, verb, path = shlex.split(back)
    assert ("ingest", "photojournal reject 1") == (verb, then)
    assert ["reopened"] == [one.outcome for one in desk.ingest(Path(path)).taken]
    replace(desk, 1, desk.photo("astronaut"))
    again = desk.ingest(desk.photo("astronaut"), desk.photo("coffee", "other name.jpg"))
    assert ["skipped", "skipped"] == [one.outcome for one in again.taken]
    assert [1, 1] == [one.row for one in again.taken]
    with pytest.raises(Refused) as nothing:
        replace(desk, 1, desk.photo("astronaut"))
    assert nothing.value.nothing
    replace(desk, 1, desk.photo("coffee"))
    assert 3 == desk.types(1).count("MetadataRead")
    desk.check()


def test_what_is_no_photo_replaces_nothing(desk: Desk) -> None:
    """The row, the file and the reason are named; the row stays at its version."""
    desk.ingest(desk.photo("coffee"))
    version = desk.row(1).version
    (desk.inbox / "notes.jpg").write_text("not a photo")
    for path, why in (
        (desk.inbox / "notes.jpg", r"row 1 keeps its photo: .*notes\.jpg: "),
        (desk.inbox / "none.jpg", r"there is no such file"),
    ):
        with pytest.raises(Misused, match=why) as refused:
            replace(desk, 1, path)
        assert refused.value.hint
    assert version == desk.row(1).version
    desk.check()


def test_a_damaged_version_is_set_aside_and_the_old_pictures_stay_out(desk: Desk) -> None:
    """The site keeps what was published; the row says what to do."""
    desk.published()
    pictures = desk.pictures()
    replace(desk, 1, desk.photo("damaged_coffee"))
    desk.work()
    line = desk.line(1)
    assert "Published" == line["Review_Status"]
    assert "photojournal replace 1 FILE" == line["next_action"]
    (sent,), _ = desk.publish()
    assert "refused" == sent.outcome
    assert pictures == desk.pictures()
    version = next(
        number for number, kind in enumerate(desk.types(1), 1) if kind == "PhotoReplaced"
    )
    desk.roll_back(1, version - 1)
    assert "" == desk.line(1)["next_action"]
    desk.check()


def test_a_copy_is_kept_where_the_configuration_says_so(desk: Desk) -> None:
    """The new version may be deleted afterwards."""
    desk.ingest(desk.photo("coffee"))
    path = desk.photo("chelsea")
    replace(desk, 1, path, copy=True)
    path.unlink()
    desk.work()
    assert source_of(desk.row(1)).copied
    assert "done" == stage_status(desk.row(1), "resize")


def test_a_rejected_row_takes_a_new_version_without_living_again(desk: Desk) -> None:
    """Replacing decides nothing."""
    desk.ingest(desk.photo("coffee"))
    desk.ask(1, intents=[Reject()])
    replace(desk, 1, SAMPLES / "chelsea.jpg")
    assert "Rejected" == desk.status(1)


def test_another_version_of_a_photo_is_offered_at_ingest(desk: Desk) -> None:
    """Same name, time and camera in the files: named with the command, taken in where meant."""
    folder = desk.inbox / "again"
    folder.mkdir()
    desk.ingest(desk.photo("chelsea"))
    mended = Corrections(camera="Leica M6", date_time="2024:05:01 11:00:00")
    desk.ask(1, intents=[CorrectMetadata(corrections=mended)])
    desk.photo("chelsea", "export.jpg", ending=b" ").rename(folder / "chelsea.jpg")
    (one,) = desk.ingest(folder).taken
    assert ("refused", "AnotherVersion") == (one.outcome, one.code)
    assert "row 1" in one.detail
    assert 1 == len(desk.queue())
    with desk.program("ingest") as program:
        taking_in.ingest(
            program, [folder], HARBOUR, recursive=False, progress=lambda *_: None, as_new=True
        )
    assert 2 == len(desk.queue())
    desk.check()
