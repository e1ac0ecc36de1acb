"""A gallery that is taken as it is: what is surely ours is noted, and all else is left alone."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from driver.accepting import accept
from driver.errors import Misused
from driver.standing import why_behind
from tests.driver.desk import Desk
from tests.driver.test_remote import Elsewhere, in_table, verdict


@pytest.fixture
def old(desk: Desk) -> Desk:
    """A workspace from before the last publication of its row."""
    desk.published("coffee")
    shutil.copytree(desk.root / "data", desk.root / "old data")
    desk.write(1, "A cup of coffee on a table in the morning")
    desk.publish()
    put_back(desk, desk.root / "old data")
    return desk


def put_back(desk: Desk, folder: Path) -> None:
    """Let the workspace be what it was then."""
    shutil.rmtree(desk.root / "data")
    shutil.copytree(folder, desk.root / "data")


def take(desk: Desk) -> dict[str, list[Any]]:
    """Take the gallery as it is."""
    with desk.program("repair") as program, program.publishing() as gallery:
        return accept(program, gallery, desk.numbers(program), "the disk died").told()


def test_what_somebody_changed_is_not_noted_as_ours(old: Desk) -> None:
    """Other values and other bytes are told, and no publication replaces them."""
    web, thumb = sorted(old.row(1).happened.files)
    before = old.row(1).happened
    (old.site / web).write_bytes(b"theirs")
    (old.site / thumb).write_bytes(b"theirs, too")
    in_table(old, "UPDATE photos_info SET Caption = 'theirs'")
    told = take(old)
    assert [] == told["noted"]
    assert 3 == len(told["left"])
    assert (before.files, before.record) == (old.row(1).happened.files, old.row(1).happened.record)
    assert {"changed"} == {one.problem for one in verdict(old).findings}
    old.write(1, "A cup of coffee on a wooden table at noon")
    (sent,), _ = old.publish()
    assert ("failed", "TargetChanged") == (sent.outcome, sent.code)
    assert b"theirs" == (old.site / web).read_bytes()
    assert {"theirs"} == {one["Caption"] for one in old.records().values()}


def test_what_was_taken_down_since_the_backup_stays_down(desk: Desk) -> None:
    """The row is withdrawn, and only a person brings it back."""
    desk.published("coffee")
    shutil.copytree(desk.root / "data", desk.root / "old data")
    desk.withdraw(1)
    put_back(desk, desk.root / "old data")
    assert {"noted": [1], "gone": [1], "unsent": [], "left": []} == take(desk)
    assert ("Withdrawn", "") == (desk.status(1), desk.line(1)["next_action"] or "")
    assert ({"refused"}, {}) == ({one.outcome for one in desk.publish()[0]}, desk.records())
    assert () == verdict(desk).findings
    desk.approve(1)
    desk.publish()
    assert ("Published", 1) == (desk.status(1), len(desk.records()))


def test_what_went_out_and_was_taken_down_since_is_not_sent_by_an_old_approval(desk: Desk) -> None:
    """The old journal knows of neither; whoever has looked approves it again."""
    desk.published("coffee")
    desk.ingest(desk.photo("chelsea"))
    desk.work()
    desk.write(2, "A cat looks at us", "The head of a ginger cat")
    desk.approve(2)
    shutil.copytree(desk.root / "data", desk.root / "old data")
    desk.publish()
    desk.withdraw(2)
    put_back(desk, desk.root / "old data")
    assert {"noted": [2], "gone": [], "unsent": [2], "left": []} == take(desk)
    assert "photojournal approve 2" == desk.line(2)["next_action"]
    assert {"refused"} == {one.outcome for one in desk.publish(2)[0]}
    assert 1 == len(desk.records())


def test_no_record_leads_to_somebody_elses_file(old: Desk) -> None:
    """A path comes from what we wrote; the neighbour's picture stays when the row is withdrawn."""
    (old.site / "neighbour.jpg").write_bytes(b"not ours")
    in_table(old, "UPDATE photos_info SET Path = 'neighbour.jpg'")
    take(old)
    assert "neighbour.jpg" not in old.row(1).happened.files
    old.withdraw(1)
    assert b"not ours" == (old.site / "neighbour.jpg").read_bytes()


def test_a_row_of_another_gallery_is_told_and_the_others_are_noted(old: Desk) -> None:
    """Only a row of which there is nothing to note is passed over in silence."""
    with old.program("repair") as program, program.publishing():
        other = Elsewhere(old.site, workspace=program.journal.uuid)
        told = accept(program, other, old.numbers(program), "why").told()
    assert [] == told["noted"]
    assert ["row 1 was published to the gallery `folder`, not to `ftp`"] == [
        one["why"] for one in told["left"]
    ]


def test_an_accepted_gallery_knows_at_once_which_journal_it_is(old: Desk) -> None:
    """A second old backup is behind, however many events the journal before had."""
    take(old)
    shutil.copytree(old.root / "data", old.root / "accepted data")
    old.write(1, "A cup of coffee on a wooden table at noon")
    old.approve(1)
    old.publish()
    with old.program() as program:
        assert "" == why_behind(program.journal, program.gallery)
    put_back(old, old.root / "accepted data")
    assert "last changed at event" in verdict(old).behind
    old.write(1, "A cup of coffee as nobody has seen it before")
    with pytest.raises(Misused, match="behind the gallery"):
        old.publish()
