"""
What any gallery must do, folder or FTP: inherit `GalleryContract`, provide the three fixtures.

`gallery` is empty at first, workspace `ours`; `neighbour` publishes into the same place from the
workspace `theirs`; `outside` is a stranger with his own hands on files and table.
"""

import hashlib
from typing import Protocol

import msgspec
import pytest

from adapters.ports import Gallery
from machine.values import Step, StepReport
from tests.adapters.record_contract import (
    MARK,
    ROW,
    Editor,
    RecordContract,
    a_record,
    put_record,
    standing,
)

WEB = "2008/harbour/Lighthouse_Harbour_Photography_2008_001.JPG"
TEMPORARY = "2008/harbour/.019b-Lighthouse_Harbour_Photography_2008_001.JPG"
OLD, NEW, FOREIGN = b"old picture" * 500, b"new picture" * 700, b"not ours" * 300


class Outside(Editor, Protocol):
    """A stranger in the gallery."""

    def write(self, target: str, data: bytes) -> None:
        """Put bytes somewhere, whatever stands there."""

    def read(self, target: str) -> bytes | None:
        """Return the bytes that stand somewhere."""

    def targets(self) -> list[str]:
        """Return every file, temporaries included, the table left out; sorted."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(data: bytes, *, over: bytes | None = None, target: str = WEB) -> Step:
    return Step(
        action="put_file",
        target=target,
        sha256=sha256(data),
        size_bytes=len(data),
        temporary=TEMPORARY if target == WEB else "",
        expected=sha256(over) if over else "",
    )


def remove(data: bytes) -> Step:
    return Step(action="remove_file", target=WEB, sha256=sha256(data), expected=sha256(data))


class FileContract:
    """Files: done once, done twice, someone else's, and every picture that a crash can leave."""

    def test_an_empty_gallery_shows_nothing(self, gallery: Gallery) -> None:
        """Looking makes nothing and finds nothing."""
        assert gallery.look(WEB) is None
        assert gallery.fetch(WEB) is None

    def test_a_file_is_put_and_read_back(self, gallery: Gallery, outside: Outside) -> None:
        """done: the bytes stand there under the final name, and nothing else does."""
        assert gallery.put_file(put(NEW), NEW).outcome == "done"
        assert gallery.look(WEB) == sha256(NEW)
        assert gallery.fetch(WEB) == NEW
        assert outside.targets() == [WEB]

    def test_every_file_is_listed_with_its_size(self, gallery: Gallery, outside: Outside) -> None:
        """Ours, a stranger's, what a dead upload left, in every folder."""
        assert list(gallery.files()) == []
        gallery.put_file(put(NEW), NEW)
        outside.write(TEMPORARY, NEW[:100])
        outside.write("2008/mine, 1 of 2.txt", b"mine")
        outside.write("København.jpg", b"")
        assert sorted(gallery.files()) == sorted(
            [(WEB, len(NEW)), (TEMPORARY, 100), ("2008/mine, 1 of 2.txt", 4), ("København.jpg", 0)]
        )

    def test_a_report_names_its_step(self, gallery: Gallery) -> None:
        """What came of it can be recorded as it is."""
        assert gallery.put_file(put(NEW), NEW) == StepReport(
            action="put_file", target=WEB, outcome="done"
        )

    def test_putting_twice_is_putting_once(self, gallery: Gallery, outside: Outside) -> None:
        """already: the same step again changes nothing."""
        gallery.put_file(put(NEW), NEW)
        assert gallery.put_file(put(NEW), NEW).outcome == "already"
        assert outside.targets() == [WEB]

    def test_our_older_file_is_replaced(self, gallery: Gallery) -> None:
        """The file that the step expects gives way, also the second time."""
        gallery.put_file(put(OLD), OLD)
        assert gallery.put_file(put(NEW, over=OLD), NEW).outcome == "done"
        assert gallery.put_file(put(NEW, over=OLD), NEW).outcome == "already"
        assert gallery.fetch(WEB) == NEW

    def test_other_bytes_are_never_overwritten(self, gallery: Gallery, outside: Outside) -> None:
        """changed: whoever put them there, they stay, whether we expected a file or none."""
        for step in (put(NEW), put(NEW, over=OLD)):
            outside.write(WEB, FOREIGN)
            report = gallery.put_file(step, NEW)
            assert report.outcome == "changed"
            assert report.detail
            assert outside.read(WEB) == FOREIGN
            assert outside.targets() == [WEB]

    def test_a_file_that_is_gone_is_put_again(self, gallery: Gallery) -> None:
        """Nothing is lost by putting where our older file should stand and does not."""
        assert gallery.put_file(put(NEW, over=OLD), NEW).outcome == "done"

    def test_what_a_dead_upload_left_is_cleared(self, gallery: Gallery, outside: Outside) -> None:
        """A temporary, whole, half or foreign, beside no file, the old one or the new one."""
        for left in (NEW, NEW[:100], b"", FOREIGN):
            for there in (None, OLD, NEW):
                if there:
                    outside.write(WEB, there)
                outside.write(TEMPORARY, left)
                report = gallery.put_file(put(NEW, over=OLD), NEW)
                assert report.outcome == ("already" if there == NEW else "done")
                assert gallery.fetch(WEB) == NEW
                assert outside.targets() == [WEB]
                gallery.remove_file(remove(NEW))

    def test_a_temporary_goes_even_where_the_target_is_not_ours(
        self, gallery: Gallery, outside: Outside
    ) -> None:
        """A refused step leaves nothing of ours behind."""
        outside.write(WEB, FOREIGN)
        outside.write(TEMPORARY, NEW[:100])
        assert gallery.put_file(put(NEW), NEW).outcome == "changed"
        assert outside.targets() == [WEB]

    def test_bytes_that_are_not_the_planned_ones_are_refused(
        self, gallery: Gallery, outside: Outside
    ) -> None:
        """impossible: other bytes of the same size, and other sizes."""
        for wrong in (NEW[:-1] + b"!", NEW[:-1], b""):
            assert gallery.put_file(put(NEW), wrong).outcome == "impossible"
        assert outside.targets() == []

    def test_nothing_leaves_the_gallery(self, gallery: Gallery, outside: Outside) -> None:
        """impossible: targets that climb out, absolute ones, devices, hidden separators."""
        bad = ("../x.jpg", "/etc/x.jpg", "a/../../x.jpg", "a//x.jpg", "", "a\\x.jpg", "CON.jpg")
        for target in (*bad, "c:/x.jpg", "a/x.jpg.", "a/\0.jpg", "a/nul"):
            assert gallery.put_file(put(NEW, target=target), NEW).outcome == "impossible"
            step = msgspec.structs.replace(remove(NEW), target=target)
            assert gallery.remove_file(step).outcome == "impossible"
        assert outside.targets() == []

    def test_our_file_is_removed_once(self, gallery: Gallery, outside: Outside) -> None:
        """done, then already."""
        gallery.put_file(put(NEW), NEW)
        assert gallery.remove_file(remove(NEW)).outcome == "done"
        assert gallery.look(WEB) is None
        assert gallery.remove_file(remove(NEW)).outcome == "already"
        assert outside.targets() == []

    def test_other_bytes_are_never_removed(self, gallery: Gallery, outside: Outside) -> None:
        """changed: they stay."""
        outside.write(WEB, FOREIGN)
        assert gallery.remove_file(remove(NEW)).outcome == "changed"
        assert outside.read(WEB) == FOREIGN

    @pytest.mark.parametrize("standing", [NEW, FOREIGN, None])
    def test_taking_a_put_back_removes_what_it_left(
        self, gallery: Gallery, outside: Outside, standing: bytes | None
    ) -> None:
        """The bytes under the name by which they travelled go, whatever stands at the target."""
        outside.write(TEMPORARY, NEW[:5])
        if standing:
            outside.write(WEB, standing)
        step = msgspec.structs.replace(remove(NEW), temporary=TEMPORARY)
        wanted = {NEW: "done", FOREIGN: "changed", None: "already"}[standing]
        assert gallery.remove_file(step).outcome == wanted
        assert outside.targets() == ([WEB] if standing == FOREIGN else [])
        assert gallery.remove_file(step).outcome == wanted.replace("done", "already")

    def test_neighbours_of_a_removed_file_stay(self, gallery: Gallery, outside: Outside) -> None:
        """Clearing away what a removal left empty touches nothing that holds something."""
        gallery.put_file(put(NEW), NEW)
        outside.write("2008/holiday.txt", b"mine")
        gallery.remove_file(remove(NEW))
        assert outside.targets() == ["2008/holiday.txt"]


class GalleryContract(FileContract, RecordContract):
    """All promises of `adapters.ports.Gallery`."""

    def test_it_has_a_name(self, gallery: Gallery) -> None:
        """Events name the gallery."""
        assert gallery.name

    def test_a_check_tries_all_and_leaves_nothing(self, gallery: Gallery, outside: Outside) -> None:
        """Before the first publication and after it."""
        assert all(probe.ok and probe.detail for probe in gallery.check())
        assert outside.targets() == []
        gallery.put_file(put(NEW), NEW)
        gallery.put_record(put_record(a_record()), row=ROW, mark=MARK)
        assert all(probe.ok for probe in gallery.check())
        assert outside.targets() == [WEB]
        assert standing(gallery).record == a_record()
