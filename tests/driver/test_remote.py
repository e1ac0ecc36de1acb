"""What stands in the gallery beside what the journal says: looked at, repaired, accepted."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from adapters.gallery import FolderGallery
from adapters.gallery_table import FILE_NAME
from driver.accepting import accept
from driver.errors import Misused
from driver.remote_check import RemoteVerdict, compare
from driver.repairing import by_row, mend
from driver.standing import refuse_behind
from driver.taking_back import Returned
from machine.events import PublicationStarted
from tests.driver.desk import Desk


class Elsewhere(FolderGallery):
    """A folder that goes by another name than the one that was published to."""

    @property
    def name(self) -> str:
        return "ftp"


def verdict(desk: Desk) -> RemoteVerdict:
    """Compare journal and gallery."""
    with desk.program() as program:
        numbers = desk.numbers(program)
        return compare(program.rehearsal("verify"), program.objects, program.gallery, numbers)


def problems(desk: Desk) -> list[tuple[str, str, str]]:
    """Return problem, part and repair of what is found, in one order."""
    return sorted((one.problem, one.part, one.repair) for one in verdict(desk).findings)


def repair(desk: Desk) -> list[Returned]:
    """Repair what can be repaired."""
    with desk.taking_back("repair") as (program, back):
        refuse_behind(program.journal, back.gallery)
        found = compare(program.shell, program.objects, back.gallery, desk.numbers(program))
        return [mend(back, number, some) for number, some in by_row(found.findings).items()]


def in_table(desk: Desk, statement: str) -> None:
    """Let a stranger change the published table."""
    with contextlib.closing(sqlite3.connect(desk.site / FILE_NAME)) as db, db:
        db.execute(statement)


def test_what_is_published_is_as_the_journal_says(desk: Desk) -> None:
    """Nothing differs, and what stands there is counted."""
    desk.published("coffee", "chelsea")
    found = verdict(desk)
    assert (0, 4, 2, ()) == (found.exit_code, found.files, found.records, found.findings)


def test_missing_and_half_files_and_a_missing_record_are_put_back(desk: Desk) -> None:
    """Byte for byte and value for value; the journal tells what was seen and done."""
    desk.published("coffee", "chelsea")
    pictures, records = desk.pictures(), desk.records()
    web, thumb = sorted(path for path in desk.row(1).happened.files)
    (desk.site / web).unlink()
    half = (desk.site / thumb).read_bytes()[:500]
    (desk.site / thumb).write_bytes(half)
    in_table(desk, "DELETE FROM photos_info WHERE rowid = 1")
    assert [
        ("half", "file", "put it back whole"),
        ("missing", "file", "put it back"),
        ("missing", "record", "put it back"),
    ] == problems(desk)
    (done,) = repair(desk)
    assert ("done", "Published") == (done.outcome, done.status)
    assert pictures == desk.pictures()
    again = desk.records()
    assert records == {name: one | {"id": records[name]["id"]} for name, one in again.items()}
    assert [] == problems(desk)
    assert ["OutsideObserved", "RepairStarted"] == desk.types(1)[-6:-4]
    assert "Repaired" == desk.types(1)[-1]
    assert "" == desk.line(1)["next_action"]
    desk.check()


def test_somebody_elses_bytes_and_values_are_told_and_left(desk: Desk) -> None:
    """A person has to look; repairing something else does not touch them."""
    desk.published("coffee")
    web, thumb = sorted(path for path in desk.row(1).happened.files)
    (desk.site / web).write_bytes(b"theirs")
    (desk.site / thumb).unlink()
    in_table(desk, "UPDATE photos_info SET Caption = 'theirs'")
    assert [
        ("changed", "file", ""),
        ("changed", "record", ""),
        ("missing", "file", "put it back"),
    ] == problems(desk)
    assert "Caption" in next(one.detail for one in verdict(desk).findings if one.part == "record")
    (done,) = repair(desk)
    assert "done" == done.outcome
    assert b"theirs" == (desk.site / web).read_bytes()
    assert {"theirs"} == {one["Caption"] for one in desk.records().values()}
    assert [("changed", "file", ""), ("changed", "record", "")] == problems(desk)
    (desk.site / web).unlink()  # a person moved it away
    (done,) = repair(desk)
    assert [("changed", "record", "")] == problems(desk)


def test_what_is_left_over_goes_and_what_is_not_ours_stays(desk: Desk) -> None:
    """An upload's half file, a picture and a record of a withdrawn row; not the neighbour's."""
    desk.published("coffee", "chelsea")
    web = min(desk.row(1).happened.files)
    picture, name = (desk.site / web).read_bytes(), desk.row(1).happened.file_name
    shutil.copy(desk.site / FILE_NAME, desk.root / "table before")
    desk.withdraw(1)
    (desk.site / web).parent.mkdir(parents=True, exist_ok=True)
    (desk.site / web).write_bytes(picture)
    with desk.reading() as journal:
        started = next(
            one.event
            for one in journal.read_stream("row/1")
            if isinstance(one.event, PublicationStarted)
        )
    travelled = next(step.temporary for step in started.steps if step.temporary)
    (desk.site / travelled).parent.mkdir(parents=True, exist_ok=True)
    (desk.site / travelled).write_bytes(b"half")
    (desk.site / "neighbour.jpg").write_bytes(b"not ours")
    shutil.copy(desk.root / "table before", desk.site / FILE_NAME)
    assert [("leftover", "file", "remove it")] * 2 + [
        ("leftover", "record", "remove it")
    ] == problems(desk)
    (done,) = repair(desk)
    assert ("done", "Withdrawn") == (done.outcome, done.status)
    assert [] == problems(desk)
    assert name not in desk.records()
    assert (desk.site / "neighbour.jpg").exists()
    assert not (desk.site / web).exists()
    assert not (desk.site / travelled).exists()


def test_a_record_that_was_never_ours_stays_whoever_it_names(desk: Desk) -> None:
    """An owner's line may have outlived its record: only values that we put there are ours."""
    desk.published("coffee")
    name = desk.row(1).happened.file_name
    shutil.copy(desk.site / FILE_NAME, desk.root / "table before")
    desk.withdraw(1)
    shutil.copy(desk.root / "table before", desk.site / FILE_NAME)
    in_table(desk, "UPDATE photos_info SET Caption = 'theirs'")
    assert [("changed", "record", "")] == problems(desk)
    assert [] == repair(desk)
    assert "theirs" == desk.records()[name]["Caption"]
    shutil.copy(desk.root / "table before", desk.site / FILE_NAME)
    assert [("leftover", "record", "remove it")] == problems(desk)


def test_a_record_that_came_after_ours_was_gone_is_not_ours(desk: Desk) -> None:
    """Withdrawn when it was gone already: who owned it is forgotten."""
    desk.published("coffee")
    in_table(desk, "CREATE TABLE aside AS SELECT * FROM photos_info")
    in_table(desk, "DELETE FROM photos_info")
    desk.withdraw(1)
    in_table(desk, "INSERT INTO photos_info SELECT * FROM aside")
    found = verdict(desk)
    assert ((), 1) == (found.findings, found.foreign_records)


def test_a_repair_without_the_kept_picture_is_refused_and_publish_makes_it_again(
    desk: Desk,
) -> None:
    """Nothing stays open; the ways out are said, and one of them does."""
    desk.published("coffee")
    pictures, web = desk.pictures(), min(desk.row(1).happened.files)
    (desk.site / web).unlink()
    with desk.program() as program:
        program.objects.path(desk.row(1).happened.files[web].sha256).unlink()
    (done,) = repair(desk)
    assert "refused" == done.outcome
    assert "is gone" in done.detail
    assert "copy it back into data/objects from a backup" in done.hint
    assert "photojournal publish 1" in done.hint
    assert desk.row(1).happened.saga is None
    assert "photojournal publish 1" == desk.line(1)["next_action"]
    (done,) = repair(desk)
    assert "photojournal publish 1" in done.hint
    (sent,), _ = desk.publish()
    assert "published" == sent.outcome
    assert pictures == desk.pictures()
    assert [] == problems(desk)
    desk.check()


def test_a_repair_that_cannot_be_done_holds_nothing_up(desk: Desk) -> None:
    """Somebody puts a file there meanwhile: it is told and left, and the row can be withdrawn."""
    desk.published("coffee")
    web = min(desk.row(1).happened.files)
    (desk.site / web).unlink()
    found = verdict(desk).findings
    (desk.site / web).write_bytes(b"theirs")
    with desk.taking_back("repair") as (_, back):
        done = mend(back, 1, found)
    assert "incomplete" == done.outcome
    assert "somebody else's now" in done.detail
    assert "RepairIncomplete" == desk.types(1)[-1]
    assert [("changed", "file", "")] == problems(desk)
    assert "done" == desk.withdraw(1).outcome
    assert b"theirs" == (desk.site / web).read_bytes()


def test_one_damaged_picture_does_not_end_the_comparison(desk: Desk) -> None:
    """What it should be is not known then: it is said, and all else is compared."""
    desk.published("coffee", "chelsea")
    web = min(desk.row(1).happened.files)
    with desk.program() as program:
        kept = program.objects.path(desk.row(1).happened.files[web].sha256)
    kept.chmod(0o644)
    kept.write_bytes(b"damaged")
    (desk.site / web).write_bytes((desk.site / web).read_bytes()[:100])
    (desk.site / min(desk.row(2).happened.files)).unlink()
    assert [("changed", "file", ""), ("missing", "file", "put it back")] == problems(desk)
    assert "is damaged" in next(one.detail for one in verdict(desk).findings if one.row == 1)


def test_rows_of_another_gallery_are_not_missed_in_this_one(desk: Desk, tmp_path: Path) -> None:
    """They are counted, and nothing of them passes for gone."""
    desk.published("coffee", "chelsea")
    other = Elsewhere(tmp_path / "other", workspace="ours")
    with desk.program() as program:
        shell = program.rehearsal("verify")
        found = compare(shell, program.objects, other, desk.numbers(program))
    assert (2, 0, 0, ()) == (found.elsewhere, found.files, found.records, found.findings)


def test_a_journal_from_an_old_backup_publishes_nothing_until_it_is_accepted(desk: Desk) -> None:
    """It says why and what to type; accepted, it knows what stands there and goes on from it."""
    desk.published("coffee")
    shutil.copytree(desk.root / "data", desk.root / "old data")
    desk.write(1, "A cup of coffee on a table in the morning")
    desk.publish()
    shutil.rmtree(desk.root / "data")
    (desk.root / "old data").rename(desk.root / "data")
    desk.write(1, "A cup of coffee on a wooden table at noon")
    there = desk.records()
    with pytest.raises(Misused, match="behind the gallery") as refused:
        desk.publish()
    assert "--accept-gallery" in refused.value.hint
    assert there == desk.records()
    assert verdict(desk).behind
    with desk.program("repair") as program, program.publishing() as gallery:
        accepted = accept(program, gallery, desk.numbers(program), "no newer backup")
    assert {"noted": [1], "gone": [], "unsent": [], "left": []} == accepted.told()
    assert there == desk.records()
    found = verdict(desk)
    assert ("", ()) == (found.behind, found.findings)
    assert "photojournal approve 1" == desk.line(1)["next_action"]
    assert {"refused"} == {one.outcome for one in desk.publish()[0]}
    assert there == desk.records(), "nothing older goes over it by itself"
    desk.approve(1)
    (sent,), _ = desk.publish()
    assert "published" == sent.outcome
    assert {"A cup of coffee on a wooden table at noon"} == {
        one["Caption"] for one in desk.records().values()
    }
    assert [] == problems(desk)
    desk.check()
