"""Erasing rows: what stands outside, what others share, and what is in the way."""

import pytest

from driver import erasing
from driver.erasing import Erased
from driver.errors import Misused, Unreachable
from machine import events as e
from machine.repair_events import OutsideObserved
from tests.driver.desk import Desk
from tests.driver.evening import EveningWebsite
from tests.servers.ftp import Trouble

REASON = "asked for by mail"


def erased(desk: Desk, *numbers: int) -> list[Erased]:
    """Erase rows."""
    with desk.program("erase") as program:
        return erasing.erase(program, numbers, REASON)


def test_a_file_that_a_dead_upload_left_goes_too(desk: Desk) -> None:
    """It holds the picture under a name that visitors do not see; what is not ours stays."""
    desk.published("coffee")
    with desk.reading() as journal:
        (started,) = [
            one.event
            for one in journal.read_stream("row/1")
            if isinstance(one.event, e.PublicationStarted)
        ]
    left = desk.root / "site" / started.steps[0].temporary
    left.write_bytes((desk.root / "site" / started.steps[0].target).read_bytes()[:5000])
    foreign = left.with_name("guest.jpg")
    foreign.write_bytes(b"of a guest")
    (one,) = erased(desk, 1)
    assert "done" == one.outcome
    assert not left.exists()
    assert b"of a guest" == foreign.read_bytes()
    assert OutsideObserved.tag in desk.types(1)


def test_pictures_that_another_row_refers_to_stay(desk: Desk) -> None:
    """Two files with the same pixels: their renditions are the same objects."""
    desk.ingest(desk.photo("coffee"), desk.photo("coffee", "again.jpg", ending=b"x"))
    desk.work("resize")
    shared = {one.sha256 for one in desk.row(2).decided.resize.renditions}
    assert shared == {one.sha256 for one in desk.row(1).decided.resize.renditions}
    (first,) = erased(desk, 1)
    assert 0 == first.objects
    with desk.program() as program:
        assert all(map(program.objects.is_whole, shared))
    (second,) = erased(desk, 2)
    assert len(shared) == second.objects
    with desk.program() as program:
        assert not any(map(program.objects.exists, shared))


def test_what_somebody_else_put_in_its_place_is_left_and_named(desk: Desk) -> None:
    """It is not the row's; the event says where it stands."""
    desk.published("coffee")
    target = next(path for path in desk.row(1).happened.files if "thumb" not in path)
    (desk.root / "site" / target).write_bytes(b"of somebody else")
    (one,) = erased(desk, 1)
    assert "done" == one.outcome
    assert b"of somebody else" == (desk.root / "site" / target).read_bytes()
    with desk.reading() as journal:
        (started,) = [
            one.event
            for one in journal.read_stream("row/1")
            if isinstance(one.event, e.ErasureStarted)
        ]
    assert target in {one.where for one in started.unreached if "somebody else" in one.what}


def test_beside_a_living_run_nothing_is_begun(desk: Desk) -> None:
    """It may be about to write about the row."""
    desk.ingest(desk.photo("coffee"))
    with desk.program("score") as other:
        run = other.shell.run_id
        with pytest.raises(Misused, match=f"run {run} is at work"):
            erased(desk, 1)
    assert "ErasureStarted" not in desk.types(1)
    assert ["done"] == [one.outcome for one in erased(desk, 1)]


def test_several_rows_go_at_once_in_whatever_state(desk: Desk) -> None:
    """Published, waiting, rejected: none of them needs anything else before."""
    desk.published("coffee")
    desk.ingest(desk.photo("chelsea"), desk.photo("china"))
    with desk.program("reject", effects=False) as program:
        from machine.intents import Reject

        program.shell.ask(3, Reject(reason="blurred"))
    assert ["done"] * 3 == [one.outcome for one in erased(desk, 1, 2, 3)]
    assert {"Erased"} == {desk.status(number) for number in (1, 2, 3)}
    assert ["nothing"] == [one.outcome for one in erased(desk, 2)]


@pytest.mark.usefixtures("hurried")
def test_a_row_that_cannot_be_taken_down_is_not_erased_before_it_can(
    website: EveningWebsite,
) -> None:
    """A server that lets nobody in, or deletes nothing: the same command goes on afterwards."""
    caption = website.desk.line(1)["Caption"]
    name = website.name(1)
    assert website.standing().of(name).files
    website.ftp.trouble("PASS", *[Trouble(reply="530 Not logged in.")] * 40)
    with pytest.raises(Unreachable):
        erased(website.desk, 1)
    website.ftp.forgive()
    website.ftp.trouble("DELE", *[Trouble(reply="421 Service not available.")] * 40)
    (one,) = erased(website.desk, 1)
    assert "stopped" == one.outcome
    assert "photojournal repair 1" in one.hint
    assert "ErasureStarted" not in website.desk.types(1)
    assert caption == website.desk.line(1)["Caption"]
    website.ftp.forgive()
    (one,) = erased(website.desk, 1)
    assert "done" == one.outcome
    assert not website.standing().of(name).files
    assert not website.standing().of(name).records
    assert "Erased" == website.desk.status(1)
