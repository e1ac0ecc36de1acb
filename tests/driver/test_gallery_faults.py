"""When the gallery is away, full of somebody else's things, or changes under our hands."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.errors import AdapterError
from adapters.gallery import FolderGallery
from adapters.gallery_table import FILE_NAME
from adapters.ports import Mark, Probe
from driver.errors import Misused, Unreachable
from driver.program import Program
from driver.publication import Publisher
from machine.values import Step, StepReport
from tests.driver.desk import Desk


def approved(desk: Desk, *samples: str) -> Desk:
    desk.ingest(*[desk.photo(sample) for sample in samples])
    desk.work()
    desk.approve(*[line["id"] for line in desk.queue()])
    return desk


@pytest.mark.usefixtures("hurried")
def test_a_site_that_cannot_be_written_stops_the_stage_and_no_row_fails(desk: Desk) -> None:
    """A file in the place of the folder: said once, with what to do; then everything arrives."""
    approved(desk, "coffee", "rocket")
    desk.site.write_text("in the way", "utf-8")
    sent, stopped = desk.publish()
    assert [] == sent
    assert stopped is not None
    assert "photojournal doctor" == stopped.hint
    assert ["Approved", "Approved"] == [desk.status(1), desk.status(2)]
    assert "PublicationStarted" not in desk.types(1)
    desk.site.unlink()
    sent, stopped = desk.publish()
    assert ["published", "published"] == [one.outcome for one in sent]
    desk.check()


def test_somebody_elses_file_is_left_alone(desk: Desk) -> None:
    """The row is not lost: it stays approved, says what stands in the way, and goes out later."""
    approved(desk, "coffee", "rocket")
    name = desk.row(1).happened.file_name
    theirs = desk.site / "undated" / "thumbs" / "travel" / name
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"not ours")
    sent, stopped = desk.publish()
    assert stopped is None
    assert ["failed", "published"] == [one.outcome for one in sent]
    assert "TargetChanged" == sent[0].code
    assert "other bytes stand there" in sent[0].detail
    assert "photojournal rename 1 --to NAME; what stands there: photojournal show 1" in sent[0].hint
    assert b"not ours" == theirs.read_bytes()
    assert "Approved" == desk.status(1)
    assert "TargetChanged" == desk.line(1)["QC_Status"]
    assert [theirs] == list(desk.site.rglob(name))
    theirs.unlink()
    sent, _ = desk.publish()
    assert ["published", "nothing"] == [one.outcome for one in sent]
    desk.check()


def test_somebody_elses_row_in_the_table_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    """Another workspace that publishes under the same name keeps its row."""
    approved(desk, "coffee")
    other = Desk(tmp_path / "other", config="[run]\nworkers = 1\n")
    approved(other, "coffee")
    assert desk.row(1).happened.file_name == other.row(1).happened.file_name
    other.publish()
    table = other.site / FILE_NAME
    desk.site.mkdir()
    (desk.site / FILE_NAME).write_bytes(table.read_bytes())
    before = desk.records()
    sent, _ = desk.publish()
    assert ["failed"] == [one.outcome for one in sent]
    assert before == desk.records()
    assert {} == desk.pictures()
    assert "Approved" == desk.status(1)


def test_what_somebody_replaced_is_not_taken_down(desk: Desk) -> None:
    """Withdrawing leaves their file, removes ours, and says so."""
    desk.published("coffee")
    web = next(path for path in desk.pictures() if "thumbs" not in path)
    (desk.site / web).write_bytes(b"replaced by hand")
    returned = desk.withdraw(1)
    assert "done" == returned.outcome
    assert "somebody else's now, left alone" in returned.detail
    assert [web] == list(desk.pictures())
    assert "Withdrawn" == desk.status(1)


def test_what_is_gone_already_is_no_obstacle(desk: Desk) -> None:
    """A visitor with a file manager was there first."""
    desk.published("coffee")
    for path in desk.pictures():
        (desk.site / path).unlink()
    returned = desk.withdraw(1)
    assert "done" == returned.outcome
    assert "gone already" in returned.detail
    assert "Withdrawn" == desk.status(1)
    desk.check()


def test_a_gallery_knows_how_far_the_journal_had_come(desk: Desk) -> None:
    """What was published is later than the backup that a journal may be put back from."""
    desk.published("coffee")
    with desk.program() as program:
        mark = FolderGallery(desk.site, workspace=program.journal.uuid).mark()
        assert mark is not None
        raw = next(program.journal.read_raw(after=mark.position - 1))
        assert (mark.hash, "FileUploaded") == (raw.hash.hex(), raw.type)


class Flaky(FolderGallery):
    """A folder gallery whose connection is lost after so many steps."""

    def __init__(self, root: Path, workspace: str, good: int, code: str) -> None:
        super().__init__(root, workspace=workspace)
        self.good, self.code = good, code

    def _step(self) -> None:
        self.good -= 1
        if self.good < 0:
            raise AdapterError(self.code, "the line is dead")

    def check(self) -> tuple[Probe, ...]:
        return (Probe(name="fake", ok=True),)

    def put_file(self, step: Step, data: bytes) -> StepReport:
        self._step()
        return super().put_file(step, data)

    def remove_file(self, step: Step) -> StepReport:
        self._step()
        return super().remove_file(step)

    def put_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        self._step()
        return super().put_record(step, row=row, mark=mark)

    def remove_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        self._step()
        return super().remove_record(step, row=row, mark=mark)


@contextlib.contextmanager
def lost_after(
    monkeypatch: pytest.MonkeyPatch, good: int, code: str = "PublishUnreachable"
) -> Iterator[None]:
    """Let every program of this test have a gallery that is lost after `good` steps."""

    def gallery(program: Program) -> Flaky:
        return Flaky(program.workspace.site, program.journal.uuid, good, code)

    with monkeypatch.context() as patch:
        patch.setattr(Program, "gallery", property(gallery))
        yield


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("good", range(3))
def test_a_connection_lost_while_publishing_costs_no_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    """Whatever was sent is brought back, now or by the next publish; the stage is paused."""
    approved(desk, "coffee", "rocket")
    with lost_after(monkeypatch, good):
        sent, stopped = desk.publish()
    assert stopped is not None
    assert ["failed"] == [one.outcome for one in sent]
    assert desk.status(1) in ("Approved", "Publishing")
    assert "Approved" == desk.status(2)
    assert sent[0].hint.endswith(f"then: {desk.line(1)['next_action']}")
    if desk.status(1) == "Publishing":
        assert "done" == desk.repair(1).outcome
    desk.check()
    sent, stopped = desk.publish()
    assert stopped is None
    assert ["published", "published"] == [one.outcome for one in sent]
    desk.check()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("good", range(3))
def test_a_connection_lost_while_going_back_leaves_the_rollback_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    """The row stays what it was and says what to type; repair goes on where it stopped."""
    desk.published("coffee")
    with lost_after(monkeypatch, good), pytest.raises(Unreachable):
        desk.roll_back_run(desk.newest_run("publish"))
    line = desk.line(1)
    assert "photojournal repair 1" == line["next_action"]
    assert "Published" == line["Review_Status"]
    assert "done" == desk.repair(1).outcome
    assert "Approved" == desk.status(1)
    assert {} == desk.pictures()
    desk.check()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("good", range(3))
def test_a_step_that_fails_for_good_leaves_a_report(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    """The other steps are done; what is left is told, and repair tries just that again."""
    desk.published("coffee")
    with lost_after(monkeypatch, good, "PublishFailed"):
        returned = desk.withdraw(1)
    assert "incomplete" == returned.outcome
    assert "the line is dead" in returned.detail
    assert returned.hint.endswith("photojournal repair 1")
    assert "done" == desk.repair(1).outcome
    assert "Withdrawn" == desk.status(1)
    desk.check()


def test_one_publisher_at_a_time(desk: Desk) -> None:
    """The second one is told to wait; nothing is done twice."""
    approved(desk, "coffee")
    with (
        desk.program() as other,
        other.publishing(),
        pytest.raises(Misused, match="another process is publishing"),
    ):
        desk.publish()
    sent, _ = desk.publish()
    assert ["published"] == [one.outcome for one in sent]


def test_a_made_picture_that_is_gone_is_made_again(desk: Desk) -> None:
    """Losing data/objects loses no row: the stage makes the pictures anew, the same bytes."""
    approved(desk, "coffee")
    from driver.decisions import retry

    for path in sorted(desk.workspace.objects.rglob("*")):
        if path.is_file():
            path.unlink()
    sent, stopped = desk.publish()
    assert stopped is None
    assert ["ObjectMissing"] == [one.code for one in sent]
    assert "retry" in sent[0].hint
    with desk.program("retry", effects=False) as program:
        retry(program.shell, [1], "resize", "gone")
    desk.work()
    sent, _ = desk.publish()
    assert ["published"] == [one.outcome for one in sent]
    desk.check()


def test_a_file_that_was_never_sent_is_not_taken_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second picture is lost on its way to the gallery: only the first one is removed."""
    approved(desk, "coffee")
    removed: list[str] = []
    original = FolderGallery.put_file

    def put(gallery: FolderGallery, step: Step, data: bytes) -> StepReport:
        for path in sorted(desk.workspace.objects.rglob("*")):
            if path.is_file():
                path.unlink()
        return original(gallery, step, data)

    def remove(gallery: FolderGallery, step: Step) -> StepReport:
        removed.append(step.target)
        return taking(gallery, step)

    taking = FolderGallery.remove_file
    monkeypatch.setattr(FolderGallery, "put_file", put)
    monkeypatch.setattr(FolderGallery, "remove_file", remove)
    with desk.program("publish") as program:
        folder = FolderGallery(program.workspace.site, workspace=program.journal.uuid)
        row = Publisher(program.shell, program.objects, folder, program.workers).publish(1)
    assert ("Approved", "ObjectMissing") == (desk.status(1), desk.line(1)["QC_Status"])
    assert row.happened.saga is None
    assert 1 == len(removed)
    assert {} == desk.pictures()


def test_a_row_that_stands_in_the_table_is_what_the_journal_says(desk: Desk) -> None:
    """photos_info here and there are equal, column by column."""
    desk.published("coffee", "rocket")
    with desk.program() as program:
        mirror = {one["File_Name"]: one for one in program.models.photos_info()}
    for name, record in desk.records().items():
        assert {**record, "id": None} == {**mirror[name], "id": None}


def test_a_table_that_is_no_table_refuses_nothing_in_silence(desk: Desk) -> None:
    """A damaged published table stops the stage before any file is sent."""
    approved(desk, "coffee")
    desk.site.mkdir()
    (desk.site / FILE_NAME).write_bytes(b"this is not SQLite at all, sorry" * 64)
    sent, stopped = desk.publish()
    assert [] == sent
    assert stopped is not None
    assert {} == desk.pictures()
    with pytest.raises(sqlite3.DatabaseError):
        desk.records()


def test_a_rollback_without_the_kept_picture_is_not_begun(desk: Desk) -> None:
    """It says what is gone and what helps; the row stays as it is, and nothing is open."""
    desk.published("coffee")
    to, was = desk.row(1).version, desk.row(1).happened.files
    desk.write(1, "A cup of coffee on a table in the morning")
    desk.publish()
    pictures = desk.pictures()
    with desk.program() as program:
        program.objects.path(was[min(was)].sha256).unlink()
    done = desk.roll_back(1, to)
    assert "refused" == done.outcome
    assert "is gone" in done.detail
    assert "copy it back into data/objects from a backup" == done.hint
    assert "Published" == desk.status(1)
    assert "RollbackStarted" not in desk.types(1)
    assert pictures == desk.pictures()
    desk.check()
