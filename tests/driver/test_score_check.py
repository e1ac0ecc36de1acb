"""Scores that rows lack: said at the end of the stage, found by a choice, told in the plans."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import neural
from adapters.workers import Workers
from driver import pipeline, publishing
from driver.score_plan import EARLIER_VERSION, change_of
from driver.sections import Score
from driver.selection import Selector, select
from machine.row import Decided, Row, ScorePart
from machine.run_events import ScoresChecked
from tests.driver import moody
from tests.driver.desk import Desk
from tests.driver.scoring_desk import EMBEDDED, FULL, NIMA, ScoringDesk, moody_scoring

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
        plan = publishing.plan_publication(program, [1, 2])
    assert [(False, "it is Quarantined"), (True, "approved")] == [
        (one.due, one.why) for one in plan
    ]
    sent, _ = desk.publish()
    assert ["refused", "published"] == [one.outcome for one in sent]
    assert 1 == len(desk.records())


def test_a_row_whose_scores_were_taken_back_is_not_published_in_silence(desk: Desk) -> None:
    """It is refused with what it lacks and stays approved; a person may force it."""
    desk.work("prefill", "resize", rows=[2])
    desk.work("score", rows=[2])
    scoring = desk.newest_run("run")
    desk.approve(2)
    assert ["done"] == [one.outcome for one in desk.roll_back_run(scoring)]
    assert "Approved" == desk.status(2)
    with desk.program() as program:
        (plan,) = publishing.plan_publication(program, [2])
    assert not plan.due
    assert f"it is {UNSCORED}: photojournal score 2 (or: " in plan.why
    (refused,), _ = desk.publish(2)
    assert ("refused", {}) == (refused.outcome, desk.records())
    with desk.program("publish") as program:
        sent, _ = publishing.publish(program, [2], lambda _uploads: None, forced="it is urgent")
        warnings = program.warnings
    assert ["published"] == [one.outcome for one in sent]
    (warning,) = warnings
    assert UNSCORED in warning
    assert warning.endswith("photojournal score 2")
    assert "not scored yet" in desk.line(2)["metrics_missing_why"]


# --- with models


@pytest.fixture
def full(
    tmp_path: Path, moody_worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScoringDesk]:
    """A workspace with the profile `full` and two good photos."""
    with moody_scoring(tmp_path / "workspace", moody_worker, monkeypatch) as one:
        one.take("", "")
        yield one


def plans(desk: Desk) -> list[tuple[bool, str]]:
    """Return what publishing would do and why."""
    with desk.program() as program:
        return [(one.due, one.why) for one in publishing.plan_publication(program, [1, 2])]


def test_part_of_the_scores_is_neither_complete_nor_approved_nor_published(
    full: ScoringDesk,
) -> None:
    """The check counts it as failed; with the weights back it is complete."""
    (full.weights / NIMA).rename(full.weights / "elsewhere")
    full.work()
    counts = ScoresChecked(profile="full", rows=2, complete=0, failed=2, not_measured=0)
    assert [counts] == checks(full)
    assert ["refused", "refused"] == [one.outcome for one in full.approve(1, 2)]
    assert [(False, "it is Error")] * 2 == plans(full)
    (full.weights / "elsewhere").rename(full.weights / NIMA)
    full.work()
    counts = ScoresChecked(profile="full", rows=2, complete=2, failed=0, not_measured=0)
    assert counts == checks(full)[-1]
    assert ["done", "done"] == [one.outcome for one in full.approve(1, 2)]
    assert [(True, "approved")] * 2 == plans(full)


def test_scores_that_were_taken_back_to_a_part_are_named_before_publishing(
    full: ScoringDesk,
) -> None:
    """The approval stays; it is refused with the score that is not there, and may be forced."""
    (full.weights / NIMA).rename(full.weights / "elsewhere")
    full.work()
    (full.weights / "elsewhere").rename(full.weights / NIMA)
    full.work("score")
    complete = full.newest_run("run")
    full.approve(1)
    assert {"done"} == {one.outcome for one in full.roll_back_run(complete)}
    due, why = plans(full)[0]
    assert not due
    assert "row 1 is not published: it is without nima_score: photojournal score 1" in why
    with full.program("publish") as program:
        sent, _ = publishing.publish(program, [1], lambda _uploads: None, forced="it is urgent")
        warnings = program.warnings
    assert ["published"] == [one.outcome for one in sent]
    assert any("was published without nima_score: photojournal score 1" in one for one in warnings)


def test_what_further_metrics_ask_for_is_counted_where_a_row_was_left_alone(
    full: ScoringDesk,
) -> None:
    """An approved row keeps its scores: complete by its own profile, less than is asked today."""
    full.configure(EMBEDDED)
    full.work()
    full.approve(1)
    full.configure(FULL.replace("[score]\n", '[score]\nmetrics = ["entropy"]\n'))
    full.work()
    full.check_complete(2)
    row = full.row(2).decided.score
    assert "entropy" in row.required
    with full.program("run") as program:
        pipeline.work(program, [1, 2], ["resize"], lambda _tallies: None)
        plan = pipeline.plan_scoring(program, program.shell, [1, 2], [])
    assert plan is not None
    assert (0, 1, 0) == (plan.rows, plan.again.approved, plan.again.published)
    counts = ScoresChecked(profile="full", rows=2, complete=2, failed=0, not_measured=1)
    assert counts == checks(full)[-1]


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (("embedded",), ("full",), "profile embedded -> full"),
        (("full",), ("embedded",), "profile full -> embedded"),
        (("full",), ("full", "topiq_nr"), "metrics + topiq_nr"),
        (("full", "topiq_nr", "niqe"), ("full", "musiq", "niqe"), "metrics + musiq - topiq_nr"),
        (("embedded", "nima_score"), ("full",), "profile embedded -> full"),
        (("full",), ("embedded", "nima_score"), "profile full -> embedded"),
        (("full", "niqe"), ("full", "niqe"), EARLIER_VERSION),
    ],
)
def test_what_changed_is_said_in_the_words_of_the_settings(
    before: tuple[str, ...], now: tuple[str, ...], words: str
) -> None:
    """Profile first, then what was added and what was left out."""
    was, is_now = (Score(profile=one[0], metrics=one[1:]) for one in (before, now))  # type: ignore[arg-type]
    required = neural.required(was.profile, was.metrics)
    score = ScorePart(status="done", profile=was.profile, required=required, recipe_digest="old")
    row = Row(decided=Decided(intake=True, score=score))
    assert words == change_of(row, is_now, "new")
    assert "" == change_of(row, is_now, "old")
