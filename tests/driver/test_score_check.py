"""Scores that rows lack: said at the end of the stage, found by a choice, told in the plan."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from driver import pipeline
from driver.selection import Selector, select
from machine.run_events import ScoresChecked
from tests.driver import moody
from tests.driver.desk import Desk

UNSCORED = "without scores, not scored yet"


@pytest.fixture(scope="module")
def moody_worker() -> Iterator[Workers]:
    """One worker, in a mood."""
    with Workers(1, functions=moody.FUNCTIONS) as one:
        yield one


@pytest.fixture
def desk(tmp_path: Path, moody_worker: Workers) -> Desk:
    """A workspace with a photo that loses a score, and a good one."""
    desk = Desk(tmp_path / "workspace", moody_worker)
    desk.ingest(desk.photo("coffee", "1.jpg", b"<half>"), desk.photo("coffee", "2.jpg", b"2"))
    return desk


def checks(desk: Desk) -> list[ScoresChecked]:
    """Return the checks that the journal holds."""
    with desk.reading() as journal:
        events = [one.event for one in journal.read_all()]
    return [event for event in events if isinstance(event, ScoresChecked)]


def test_the_end_of_the_stage_says_which_rows_lack_a_score(desk: Desk) -> None:
    """In the journal, in the run's log, on the terminal."""
    with desk.program("run") as program:
        pipeline.work(program, [1, 2], ["score"], lambda _tallies: None)
        warnings = program.warnings
    expected = ScoresChecked(profile="embedded", rows=2, complete=1, failed=1, not_measured=1)
    assert [expected] == checks(desk)
    hint = "photojournal queue --missing-scores"
    assert [f"1 of 2 rows lack a required score: {hint}"] == warnings
    log = (desk.root / "logs" / "latest_run.log").read_text(encoding="utf-8")
    counts = "rows=2 complete=1 failed=1 not_measured=1 profile=embedded"
    assert f"[WARN] [QC] Scores checked: {counts} @" in log
    assert "QC_Status=ScoringFailed" in log, "set aside after three tries"
    assert "score failed: ScoreIncomplete: brisque_score" in log


def test_a_complete_stage_says_so_and_warns_of_nothing(desk: Desk) -> None:
    """A run without the stage says nothing about scores."""
    with desk.program("run") as program:
        pipeline.work(program, [2], ["score"], lambda _tallies: None)
        assert [] == program.warnings
    desk.work("prefill", "resize", rows=[2])
    expected = ScoresChecked(profile="embedded", rows=1, complete=1, failed=0, not_measured=1)
    assert [expected] == checks(desk)
    logs = [one.read_text("utf-8") for one in (desk.root / "logs" / "runs").glob("*.log")]
    assert 1 == sum("[INFO] [QC] Scores checked: rows=1 complete=1" in log for log in logs)


def test_both_words_find_a_row_that_lacks_a_score(desk: Desk) -> None:
    """QC_Status says the wider word; the code that `failure` says works all the same."""
    desk.work()
    line = desk.line(1)
    assert "ScoringFailed" == line["QC_Status"]
    assert line["failure"].startswith("ScoreIncomplete: brisque_score")
    assert line["metrics_missing_why"].startswith("brisque_score: failed (")
    assert "photojournal release 1 --stage score --reason '...'" == line["next_action"]
    with desk.program() as program:
        for words in (("ScoringFailed",), ("scoreincomplete",), ("ScoreIncomplete", "NA")):
            found = select(program.models, program.journal, Selector(qc=words))
            assert [1] == found, words
        assert [] == select(program.models, program.journal, Selector(qc=("ScoringTimeout",)))


def test_a_row_that_lacks_a_score_is_not_approved_and_so_not_published(desk: Desk) -> None:
    """The approval is the gate, and names the stage."""
    desk.work()
    answers = desk.approve(1, 2)
    assert ["refused", "done"] == [one.outcome for one in answers]
    assert "row 1 cannot be approved: score is quarantined" == answers[0].detail
    with desk.program() as program:
        plan = pipeline.plan_publication(program, [1, 2])
    assert [(False, "it is Quarantined"), (True, "approved")] == [
        (one.due, one.why) for one in plan
    ]
    sent, _ = desk.publish()
    assert ["refused", "published"] == [one.outcome for one in sent]
    assert 1 == len(desk.records())


def test_a_row_whose_scores_were_taken_back_is_not_published_in_silence(desk: Desk) -> None:
    """The plan says what it lacks, and so does the end; the approval itself stays."""
    desk.work("prefill", "resize", rows=[2])
    desk.work("score", rows=[2])
    scoring = desk.newest_run("run")
    desk.approve(2)
    assert ["done"] == [one.outcome for one in desk.roll_back_run(scoring)]
    assert "Approved" == desk.status(2)
    with desk.program() as program:
        (plan,) = pipeline.plan_publication(program, [2])
    assert (True, f"approved, {UNSCORED}") == (plan.due, plan.why)
    with desk.program("publish") as program:
        sent, _ = pipeline.publish(program, [2], lambda _done, _all: None)
        warnings = program.warnings
    assert ["published"] == [one.outcome for one in sent]
    (warning,) = warnings
    assert UNSCORED in warning
    assert warning.endswith("photojournal score 2")
    assert "not scored yet" in desk.line(2)["metrics_missing_why"]
