"""A row that stands in one gallery, while another one is configured."""

from machine import intents as i
from machine.record import record_of
from tests.machine.rows import Told


def start(told: Told, gallery: str) -> i.StartPublication:
    """Return the intent to publish what is approved to a gallery."""
    record = record_of(told.row, "p", "t")
    return i.StartPublication(
        publication="x", gallery=gallery, claimed_by="r", files=(), record=record
    )


def test_what_stands_in_one_gallery_is_not_taken_down_in_another() -> None:
    """It would pass for gone there; the hint says what to set."""
    told = Told().published()
    refused = told.refused(i.Withdraw(withdrawal="w", gallery="ftp", claimed_by="r"))
    assert "row 7 was published to the gallery `folder`, not to `ftp`" == str(refused)
    assert '[publish] gallery = "folder"' in refused.hint
    told.ask(i.Withdraw(withdrawal="w", gallery="folder", claimed_by="r"))


def test_an_update_goes_where_the_row_stands() -> None:
    """To publish it elsewhere, it has to be withdrawn first."""
    told = Told().published()
    told.edit("Mine")
    assert "gallery `folder`" in str(told.refused(start(told, "ftp")))
    told.withdraw()
    told.finish()
    told.ask(i.Approve())
    told.ask(start(told, "ftp"))
    told.finish()
    assert "ftp" == told.row.happened.gallery
    assert "ftp" == told.row.decided.publication.gallery


def test_what_is_open_is_finished_where_it_was_begun() -> None:
    """A publication, and a withdrawal."""
    told = Told().approved()
    told.publish()
    assert "gallery `folder`" in str(told.refused(i.ResumeSaga(gallery="ftp", claimed_by="r")))
    told.ask(i.ResumeSaga(gallery="folder", claimed_by="r"))
    told.finish()
    told.ask(i.Withdraw(withdrawal="w", gallery="folder", claimed_by="r"))
    assert "gallery `folder`" in str(told.refused(i.ResumeSaga(gallery="ftp", claimed_by="r")))


def test_a_rollback_looks_only_where_the_row_stands_or_stood() -> None:
    """Neither takes from another gallery nor puts there what belonged to this one."""
    told = Told().approved()
    before = told.row.version
    told.publish()
    told.finish()
    published = told.row.version
    down = i.RollBack(to=before, rollback="b", gallery="ftp", claimed_by="r")
    assert "gallery `folder`" in str(told.refused(down))
    told.withdraw()
    told.finish()
    again = i.RollBack(to=published, rollback="b", gallery="ftp", claimed_by="r")
    assert "gallery `folder`" in str(told.refused(again))
    told.ask(i.RollBack(to=published, rollback="b", gallery="folder", claimed_by="r"))


def test_what_does_not_touch_the_outside_is_free() -> None:
    """Texts of a published row go back whatever gallery is configured."""
    told = Told().published()
    before = told.row.version
    told.edit("Mine")
    told.ask(i.RollBack(to=before, rollback="b", gallery="ftp", claimed_by="r", parts=("prefill",)))
