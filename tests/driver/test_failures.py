"""What goes wrong in a stage costs what its failure says, and the other rows arrive."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from journal import Recorded
from machine.events import AttemptFailed, AttemptStarted
from machine.row import attempts_of
from tests.driver import moody
from tests.driver.desk import CONFIG, Desk

QUICK = CONFIG.replace("[score]\n", "[score]\ndeadline_s = 1.5\n")


@pytest.fixture(scope="module")
def moody_workers() -> Iterator[Workers]:
    """Two workers, whose scorer is in no good mood."""
    with Workers(2, functions=moody.FUNCTIONS) as two:
        yield two


@pytest.fixture
def moody_desk(tmp_path: Path, moody_workers: Workers) -> Desk:
    """A workspace with that scorer."""
    return Desk(tmp_path / "workspace", moody_workers, QUICK)


def history(desk: Desk, number: int) -> list[Recorded]:
    with desk.reading() as journal:
        return journal.read_stream(f"row/{number}")


def failures(desk: Desk, number: int) -> list[AttemptFailed]:
    return [one.event for one in history(desk, number) if isinstance(one.event, AttemptFailed)]


@pytest.mark.skipif(sys.platform == "win32", reason="dies by a POSIX signal")
def test_a_photo_that_kills_its_worker_is_tried_alone_and_set_aside(moody_desk: Desk) -> None:
    """It is known by name, with the exit code; its neighbours go on and are charged nothing."""
    desk = moody_desk
    desk.ingest(
        desk.photo("coffee", "1.jpg", b"1"),
        desk.photo("coffee", "2.jpg", b"<crash>"),
        desk.photo("coffee", "3.jpg", b"3"),
    )
    worked = desk.work()
    assert {2: "ScoringNativeCrash"} == worked.failed
    found = failures(desk, 2)
    assert [(-11, True), (-11, False)] == [(one.exit_code, one.alone_next) for one in found]
    assert all("SIGSEGV" in one.detail for one in found)
    started = [
        one.event.alone
        for one in history(desk, 2)
        if isinstance(one.event, AttemptStarted) and one.event.stage == "score"
    ]
    assert [False, True] == started
    line = desk.line(2)
    assert ("Quarantined", "ScoringNativeCrash") == (line["Review_Status"], line["QC_Status"])
    assert ["Pending", "Pending"] == [desk.status(1), desk.status(3)]
    assert [] == failures(desk, 1) + failures(desk, 3)
    desk.check()


def test_a_photo_that_hangs_costs_its_budget(moody_desk: Desk) -> None:
    """Three tries within their deadline, then it waits for a person."""
    desk = moody_desk
    desk.ingest(desk.photo("coffee", "1.jpg", b"<hang>"), desk.photo("rocket"))
    worked = desk.work()
    assert {1: "ScoringTimeout"} == worked.failed
    assert [2, 1, 0] == [one.budget_left for one in failures(desk, 1)]
    assert "no answer within 1.5 s" in failures(desk, 1)[0].detail
    assert "Quarantined" == desk.status(1)
    assert "Pending" == desk.status(2)


def test_a_stage_that_ends_well_later_hides_no_failure_of_another(moody_desk: Desk) -> None:
    """The row is told as failed, by the stage that failed, whichever came to its end last."""
    desk = moody_desk
    (desk.root / "photojournal.toml").write_text(
        CONFIG.replace("[score]\n", "[score]\nattempts = 1\n").replace("300x200", "3000x2000")
    )
    desk.ingest(desk.photo("coffee", "1.jpg", b"<half>"))
    worked = desk.work()
    assert 1 == worked.tallies["resize"].done
    assert {"prefill": {}, "score": {1: "ScoreIncomplete"}, "resize": {}} == worked.failures
    assert {1: "ScoreIncomplete"} == worked.failed


def test_a_bug_of_ours_leaves_its_traceback(moody_desk: Desk) -> None:
    """The event has the last line, the crash file all of it, with the row."""
    desk = moody_desk
    desk.ingest(desk.photo("coffee", "1.jpg", b"<bug>"))
    desk.work("score")
    assert {"KeyError: 'an ordinary bug'"} == {one.detail for one in failures(desk, 1)}
    text = (desk.root / "data" / "crash_runtime.log").read_text("utf-8")
    assert "score id=1 attempt=1" in text
    assert "moody.py" in text


def test_a_missing_library_pauses_the_stage_and_charges_nobody(moody_desk: Desk) -> None:
    """The other stages go on; mended, everything arrives."""
    desk = moody_desk
    photos = [
        desk.photo("coffee", f"{place}.jpg", b"%d<missing library>" % place) for place in range(6)
    ]
    desk.ingest(*photos)
    worked = desk.work()
    assert worked.paused == "a scoring library is missing or cannot be loaded: no cv2 here"
    assert "photojournal doctor" == worked.hint
    assert 6 == worked.tallies["resize"].done
    assert 6 == worked.tallies["prefill"].done
    assert 1 <= worked.tallies["score"].failed <= 3, "no more than were in flight"
    for number in range(1, 7):
        assert "Queued" == desk.status(number)
        ledger = attempts_of(desk.row(number), "score").ledger
        assert all(one.charged == 0 for one in ledger.values())
    with Workers(1) as mended:
        other = Desk(desk.root, mended, QUICK)
        assert 6 == other.work().tallies["score"].done
        assert {"Pending"} == {other.status(number) for number in range(1, 7)}


def test_a_score_that_is_missing_is_a_failure_and_no_number(moody_desk: Desk) -> None:
    """The profile demands it; the reason is told, and what was measured is kept."""
    desk = moody_desk
    desk.ingest(desk.photo("coffee", "1.jpg", b"<half>"))
    worked = desk.work("score")
    assert {1: "ScoreIncomplete"} == worked.failed
    line = desk.line(1)
    assert ("embedded", "ScoringFailed", "quarantined") == (
        line["score_profile"],
        line["QC_Status"],
        line["score_status"],
    )
    assert (None, None) == (line["QR"], line["brisque_score"])
    assert line["blur_score"] is not None
    assert "brisque_score" in failures(desk, 1)[0].detail


def test_where_nothing_can_be_measured_the_stage_pauses(moody_desk: Desk) -> None:
    """Each metric has its reason, none is the photo's: nobody is charged, nothing goes round."""
    desk = moody_desk
    desk.ingest(*[desk.photo("coffee", f"{one}.jpg", b"%d<nothing>" % one) for one in (1, 2)])
    worked = desk.work("score")
    assert "ScoringDependency" == worked.tallies["score"].paused
    assert "blur_score: cv2 is broken" in worked.paused
    assert {False} == {one.charged for number in (1, 2) for one in failures(desk, number)}
    assert {1} == {len(failures(desk, number)) for number in (1, 2)}
    assert ["due", "due"] == [desk.line(number)["score_status"] for number in (1, 2)]


@pytest.fixture(scope="module")
def moody_readers() -> Iterator[Workers]:
    """Two workers, whose reader is in no good mood."""
    with Workers(2, deadline_s=1.5, functions=moody.READING) as two:
        yield two


@pytest.mark.skipif(sys.platform == "win32", reason="dies by a POSIX signal")
def test_a_photo_that_could_not_be_read_is_not_called_no_photo(
    tmp_path: Path, moody_readers: Workers
) -> None:
    """A worker that hung, died or met a bug of ours is told apart; a death has a second try."""
    desk = Desk(tmp_path / "workspace", moody_readers)
    once = b"<crash once>" + bytes(tmp_path / "died once")
    moods = {"hang": b"<hang>", "crash": b"<crash>", "bug": b"<bug>", "once": once, "good": b"1"}
    got = desk.ingest(*[desk.photo("coffee", f"{name}.jpg", moods[name]) for name in moods])
    found = {Path(one.path).stem: one for one in got.taken}
    assert {
        "hang": "IngestTimeout",
        "crash": "IngestNativeCrash",
        "bug": "IngestFailed",
        "once": "",
        "good": "",
    } == {name: one.code for name, one in found.items()}
    assert {"ingested"} == {found["once"].outcome, found["good"].outcome}
    assert "SIGSEGV" in found["crash"].detail
    assert "KeyError: 'an ordinary bug'" == found["bug"].detail
    text = (desk.root / "data" / "crash_runtime.log").read_text("utf-8")
    assert "bug.jpg run=" in text
    assert "moody.py" in text
    desk.check()
