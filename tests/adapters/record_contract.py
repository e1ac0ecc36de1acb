"""
What any published table must do, whatever holds it: inherit `RecordContract`, provide the fixtures.

They are those of `tests.adapters.gallery_contract`; `gallery` needs its record half only.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from adapters.ports import Mark, PublishedRecord
from machine.digests import record_digest
from machine.values import Record, Step, StepReport

ROW = 7
MARK = Mark(position=12, hash="a" * 64)


class Records(Protocol):
    """The half of `adapters.ports.Gallery` that is about the published table."""

    def look_record(self, key: str) -> PublishedRecord | None:
        """See `Gallery.look_record`."""

    def put_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """See `Gallery.put_record`."""

    def remove_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """See `Gallery.remove_record`."""

    def mark(self) -> Mark | None:
        """See `Gallery.mark`."""

    def accept(self, mark: Mark) -> None:
        """See `Gallery.accept`."""

    def records(self) -> Iterator[PublishedRecord]:
        """See `Gallery.records`."""


class Editor(Protocol):
    """A stranger with his own hands on the table."""

    def edit_caption(self, key: str, caption: str) -> None:
        """Change one column of a published row by hand."""

    def rename_record(self, key: str, other: str) -> None:
        """Give a published row another File_Name by hand."""


def a_record(caption: str = "A lighthouse.", **changes: object) -> Record:
    """A record with every kind of value in it."""
    record = Record(
        folder="Harbour",
        file_name="Lighthouse_Harbour_Photography_2008_001.JPG",
        path="https://example.org/2008/harbour/Lighthouse_Harbour_Photography_2008_001.JPG",
        thumb_path="https://example.org/2008/thumbs/harbour/x.JPG",
        date_time="2008:06:01 21:14:03",
        camera=None,
        lens_model='It\'s a 50mm "f/1.8"; DROP TABLE photos_info',
        width=3000,
        height=2000,
        exposure="1/250 sec",
        aperture="f/2.8",
        iso=100,
        focal_length="35 mm",
        keywords="lighthouse, København, 灯台",
        caption=caption,
        alt_text="A white lighthouse\non a rock.",
        location="",
        subject="Lighthouse",
        nima_score=None,
        blur_score=7.1234,
        brightness_score=0.1 + 0.2,
        contrast_score=5.0,
        brisque_score=1e-9,
        clip_aesthetic_score=None,
        qr=6.5,
        qc_status="Good",
    )
    return msgspec.structs.replace(record, **changes)


def put_record(record: Record, *, over: Record | None = None) -> Step:
    return Step(
        action="put_record", target=record.file_name, record=record, expected=record_digest(over)
    )


def remove_record(record: Record) -> Step:
    return Step(
        action="remove_record",
        target=record.file_name,
        record=record,
        expected=record_digest(record),
    )


def standing(gallery: Records) -> PublishedRecord:
    found = gallery.look_record(a_record().file_name)
    assert found is not None
    return found


class RecordContract:
    """The published table: one transaction a step, guarded by digest and owner."""

    def test_a_record_comes_back_as_it_was(self, gallery: Records) -> None:
        """All 26 columns, quotes, newlines, other scripts and unknown values included."""
        assert gallery.look_record(a_record().file_name) is None
        assert gallery.put_record(put_record(a_record()), row=ROW, mark=MARK).outcome == "done"
        assert standing(gallery) == PublishedRecord(
            key=a_record().file_name,
            record=a_record(),
            digest=record_digest(a_record()),
            workspace="ours",
            row=ROW,
            written=record_digest(a_record()),
        )

    def test_putting_a_record_twice_is_putting_it_once(self, gallery: Records) -> None:
        """already, and a whole number in a score's column is no difference."""
        gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
        assert gallery.put_record(put_record(a_record()), row=ROW, mark=MARK).outcome == "already"
        whole = a_record(contrast_score=5)
        assert gallery.put_record(put_record(whole), row=ROW, mark=MARK).outcome == "already"

    def test_our_older_record_is_replaced(self, gallery: Records) -> None:
        """The record that the step expects gives way, also the second time."""
        old, new = a_record("old"), a_record("new")
        gallery.put_record(put_record(old), row=ROW, mark=MARK)
        assert gallery.put_record(put_record(new, over=old), row=ROW, mark=MARK).outcome == "done"
        assert (
            gallery.put_record(put_record(new, over=old), row=ROW, mark=MARK).outcome == "already"
        )
        assert standing(gallery).record == new

    def test_a_record_that_somebody_changed_is_left_alone(
        self, gallery: Records, outside: Editor
    ) -> None:
        """changed: neither overwritten nor removed, whatever we once wrote about it."""
        old = a_record("old")
        gallery.put_record(put_record(old), row=ROW, mark=MARK)
        outside.edit_caption(old.file_name, "by hand")
        report = gallery.put_record(put_record(a_record("new"), over=old), row=ROW, mark=MARK)
        assert (report.outcome, bool(report.detail)) == ("changed", True)
        assert (
            gallery.put_record(put_record(old, over=old), row=ROW, mark=MARK).outcome == "changed"
        )
        assert gallery.remove_record(remove_record(old), row=ROW, mark=MARK).outcome == "changed"
        found = standing(gallery)
        assert found.record == a_record("by hand")
        assert found.digest == record_digest(a_record("by hand"))
        assert found.written == record_digest(old)

    def test_a_record_that_we_expect_not_at_all_is_left_alone(self, gallery: Records) -> None:
        """changed: the step thought the place was free."""
        gallery.put_record(put_record(a_record("old")), row=ROW, mark=MARK)
        assert (
            gallery.put_record(put_record(a_record("new")), row=ROW, mark=MARK).outcome == "changed"
        )
        assert standing(gallery).record == a_record("old")

    def test_nobody_takes_over_the_record_of_another(
        self, gallery: Records, neighbour: Records
    ) -> None:
        """changed: another workspace's row, and another row of our own, even if all is equal."""
        record, new = a_record(), a_record("new")
        gallery.put_record(put_record(record), row=ROW, mark=MARK)
        for other, row in ((neighbour, ROW), (gallery, ROW + 1)):
            assert other.put_record(put_record(record), row=row, mark=MARK).outcome == "changed"
            assert (
                other.put_record(put_record(new, over=record), row=row, mark=MARK).outcome
                == "changed"
            )
            assert (
                other.remove_record(remove_record(record), row=row, mark=MARK).outcome == "changed"
            )
        found = standing(neighbour)
        assert (found.record, found.workspace, found.row) == (record, "ours", ROW)

    def test_a_record_that_is_gone_is_put_again(self, gallery: Records) -> None:
        """Nothing is lost by it."""
        step = put_record(a_record("new"), over=a_record("old"))
        assert gallery.put_record(step, row=ROW, mark=MARK).outcome == "done"

    def test_our_record_is_removed_once(self, gallery: Records) -> None:
        """done, then already; in an empty gallery already at once."""
        record = a_record()
        assert gallery.remove_record(remove_record(record), row=ROW, mark=MARK).outcome == "already"
        gallery.put_record(put_record(record), row=ROW, mark=MARK)
        assert gallery.remove_record(remove_record(record), row=ROW, mark=MARK).outcome == "done"
        assert gallery.look_record(record.file_name) is None
        assert gallery.remove_record(remove_record(record), row=ROW, mark=MARK).outcome == "already"

    def test_a_removed_record_is_free_for_its_next_owner(
        self, gallery: Records, neighbour: Records
    ) -> None:
        """Nothing of the claim stays behind."""
        record = a_record()
        gallery.put_record(put_record(record), row=ROW, mark=MARK)
        gallery.remove_record(remove_record(record), row=ROW, mark=MARK)
        assert neighbour.put_record(put_record(record), row=1, mark=MARK).outcome == "done"

    def test_who_owned_a_record_that_somebody_removed_is_forgotten_with_it(
        self, gallery: Records, outside: Editor
    ) -> None:
        """What comes under its name later is not ours."""
        record = a_record()
        gallery.put_record(put_record(record), row=ROW, mark=MARK)
        outside.rename_record(record.file_name, "aside.JPG")
        assert gallery.remove_record(remove_record(record), row=ROW, mark=MARK).outcome == "already"
        outside.rename_record("aside.JPG", record.file_name)
        assert (standing(gallery).workspace, standing(gallery).row) == ("", None)

    def test_a_record_that_nobody_claims_is_not_taken_for_ours(
        self, gallery: Records, outside: Editor
    ) -> None:
        """changed, even if all is equal; ours is one that we put there, or that we expect."""
        record, other = a_record(), a_record(file_name="aside.JPG")
        gallery.put_record(put_record(other), row=ROW, mark=MARK)
        outside.rename_record("aside.JPG", record.file_name)
        assert gallery.put_record(put_record(record), row=ROW, mark=MARK).outcome == "changed"
        assert standing(gallery).workspace == ""
        step = put_record(a_record("new"), over=record)
        assert gallery.put_record(step, row=ROW, mark=MARK).outcome == "done"

    def test_a_text_that_no_table_can_hold_is_refused(self, gallery: Records) -> None:
        """impossible: half a surrogate pair, as in names that are not UTF-8."""
        record = a_record("broken \udc80 text")
        assert gallery.put_record(put_record(record), row=ROW, mark=MARK).outcome == "impossible"
        assert gallery.look_record(record.file_name) is None

    def test_the_gallery_keeps_how_far_each_workspace_had_come(
        self, gallery: Records, neighbour: Records
    ) -> None:
        """Each change leaves its mark, for each workspace its own, also when no row is left."""
        assert gallery.mark() is None
        record, later = a_record(), Mark(position=13, hash="b" * 64)
        gallery.put_record(put_record(record), row=ROW, mark=MARK)
        assert (gallery.mark(), neighbour.mark()) == (MARK, None)
        gallery.remove_record(remove_record(record), row=ROW, mark=later)
        assert gallery.mark() == later
        neighbour.put_record(put_record(record), row=ROW, mark=MARK)
        assert (gallery.mark(), neighbour.mark()) == (later, MARK)

    def test_a_mark_never_goes_back(self, gallery: Records) -> None:
        """A journal that was put back from a backup does not hide what it lacks."""
        old, new = a_record("old"), a_record("new")
        earlier = Mark(position=11, hash="c" * 64)
        gallery.put_record(put_record(old), row=ROW, mark=MARK)
        gallery.put_record(put_record(new, over=old), row=ROW, mark=earlier)
        gallery.remove_record(remove_record(new), row=ROW, mark=earlier)
        assert gallery.mark() == MARK

    def test_a_person_may_set_the_mark_back(self, gallery: Records, neighbour: Records) -> None:
        """From then on a journal is behind that lacks what follows; the neighbour's stays."""
        earlier = Mark(position=11, hash="c" * 64)
        gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
        neighbour.put_record(put_record(a_record(file_name="1.JPG")), row=ROW, mark=MARK)
        gallery.accept(earlier)
        assert (gallery.mark(), neighbour.mark()) == (earlier, MARK)

    def test_all_records_can_be_read(self, gallery: Records, neighbour: Records) -> None:
        """Whosever they are, in the order of their names as bytes."""
        assert list(gallery.records()) == []
        names = ["a.JPG", "B.JPG", "Ä.JPG", "10.JPG", "9.JPG"]
        for number, name in enumerate(names):
            owner = neighbour if number % 2 else gallery
            owner.put_record(put_record(a_record(file_name=name)), row=number, mark=MARK)
        found = list(gallery.records())
        assert [one.key for one in found] == ["10.JPG", "9.JPG", "B.JPG", "a.JPG", "Ä.JPG"]
        assert found == [gallery.look_record(one.key) for one in found]

    def test_records_can_be_changed_while_they_are_read(self, gallery: Records) -> None:
        """Nobody waits until the last one was looked at."""
        for name in ("1.JPG", "2.JPG"):
            gallery.put_record(put_record(a_record(file_name=name)), row=ROW, mark=MARK)
        for one in gallery.records():
            assert one.record
            report = gallery.remove_record(remove_record(one.record), row=ROW, mark=MARK)
            assert report.outcome == "done"
