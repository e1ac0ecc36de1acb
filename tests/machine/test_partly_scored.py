"""Scores that are there in part: what is kept, what it costs, and what it never costs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import events as e
from machine import intents as i
from machine.decide_stage import cause_of
from machine.failures import FAILURES
from machine.quality import PROFILES
from machine.row import attempts_of
from machine.status import due_stages, qc_status, review_status, satisfied, stage_status
from machine.values import MissingScore, Score, Stage
from tests.machine.rows import Told

FULL = PROFILES["full"]
NOBODY_S = ("ScoringWeights", "ScoringDependency", "OutOfMemory")
OF_THE_PHOTO = ("ScoringFailed", "ScoringNativeCrash", "ScoringTimeout", "ScoreIncomplete", "Novel")
NOW = "2024-05-01T05:00:00.000000Z"
LATER = "2024-05-01T06:00:00.000000Z"
RECIPES: dict[Stage, str] = {"score": "full"}

lacks = st.dictionaries(
    st.sampled_from(FULL), st.sampled_from(NOBODY_S + OF_THE_PHOTO), min_size=1, max_size=6
)


def answer(told: Told, missing: dict[str, str], exit_code: int | None = None) -> i.RecordScored:
    """Return an answer to the newest attempt of the profile `full` that lacks some metrics."""
    attempts = attempts_of(told.row, "score")
    return i.RecordScored(
        attempt=attempts.count,
        input_digest=attempts.digest,
        recipe_digest="full",
        profile="full",
        scores=tuple(Score(metric=one, value=5.0) for one in FULL if one not in missing),
        missing=tuple(
            MissingScore(metric=metric, code=code, detail=f"why {metric}")
            for metric, code in missing.items()
        ),
        exit_code=exit_code,
        retry_at=LATER,
    )


def try_once(told: Told, missing: dict[str, str], exit_code: int | None = None) -> e.AttemptFailed:
    """Try and lack something; return what failed."""
    told.start("score", recipe="full")
    events = told.ask(answer(told, missing, exit_code))
    return next(one for one in events if isinstance(one, e.AttemptFailed))


def spent(told: Told) -> int:
    """Return how many attempts are charged."""
    return sum(one.charged for one in attempts_of(told.row, "score").ledger.values())


@settings(deadline=None)
@given(lacks)
def test_an_attempt_is_charged_if_anything_was_missing_because_of_the_photo(
    missing: dict[str, str],
) -> None:
    """And the failure names each metric with its reason; what was measured is kept."""
    told = Told()
    failed = try_once(told, missing)
    charged = any(code in OF_THE_PHOTO for code in missing.values())
    assert (charged, 3 - charged) == (failed.charged, failed.budget_left)
    assert all(f"{metric}: why {metric}" in failed.detail for metric in missing)
    assert "failed" == stage_status(told.row, "score")
    score = told.row.decided.score
    assert set(FULL) - set(missing) == {one.metric for one in score.scores}
    assert (None, "NA") == (score.qr, score.tier)
    if len(missing) < len(FULL):
        assert "Error" == review_status(told.row)
        assert set(missing) == {one.metric for one in attempts_of(told.row, "score").lacking}


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FULL[:5]), st.sampled_from(NOBODY_S), min_size=1)))
def test_what_is_nobody_s_fault_never_spends_the_budget(answers: list[dict[str, str]]) -> None:
    """However often it is tried; the row stays due, and is done once everything is there."""
    told = Told()
    for missing in answers:
        failed = try_once(told, missing)
        assert ("ScoreIncomplete", False, "") == (failed.code, failed.charged, failed.retry_at)
        assert 0 == spent(told)
        assert "ScoringFailed" == qc_status(told.row)
        assert ("score",) == due_stages(told.row, RECIPES, NOW)[1:2]
    told.start("score", recipe="full")
    (scored,) = told.ask(answer(told, {}))
    assert isinstance(scored, e.Scored)
    assert "done" == stage_status(told.row, "score")
    assert () == attempts_of(told.row, "score").lacking


def test_where_nothing_could_be_measured_the_stage_is_told_why() -> None:
    """A reason that is nobody's fault is the failure itself, so that the stage can pause."""
    told = Told()
    failed = try_once(told, dict.fromkeys(FULL, "ScoringDependency"))
    assert ("ScoringDependency", False) == (failed.code, failed.charged)
    assert not any(isinstance(one, e.PartlyScored) for one in told.history)
    failed = try_once(told, dict.fromkeys(FULL, "ScoringFailed"))
    assert ("ScoreIncomplete", True) == (failed.code, failed.charged)


@pytest.mark.parametrize("code", ["ScoringNativeCrash", "ScoringOutOfMemory"])
def test_a_death_is_called_what_it_is_and_tried_once_more_alone(code: str) -> None:
    """Beside weights that are missing, too; the second death alone sets the row aside."""
    told = Told()
    missing = {"clip_aesthetic_score": "ScoringWeights", "nima_score": code}
    failed = try_once(told, missing, exit_code=-11)
    assert (code, -11, True, True) == (
        failed.code,
        failed.exit_code,
        failed.charged,
        failed.alone_next,
    )
    told.start("score", alone=True, recipe="full")
    told.ask(answer(told, missing, exit_code=-11))
    assert "quarantined" == stage_status(told.row, "score")
    assert code == qc_status(told.row)


def test_three_tries_that_lack_a_score_are_enough() -> None:
    """Then it waits for a person, with all that was measured; a release gives it a new budget."""
    told = Told()
    missing = {"nima_score": "ScoringFailed"}
    assert [2, 1, 0] == [try_once(told, missing).budget_left for _ in range(3)]
    assert "quarantined" == stage_status(told.row, "score")
    assert "ScoringFailed" == qc_status(told.row)
    assert 5 == len(told.row.decided.score.scores)
    told.ask(i.Release(stage="score", reason="mended"))
    assert 2 == try_once(told, missing).budget_left


def test_complete_scores_are_not_given_up_for_some_of_a_larger_profile() -> None:
    """The status says what failed; on what stands the row can be approved; then all count."""
    told = Told().done("score")
    before = told.row.decided.score
    failed = try_once(told, {"nima_score": "ScoringWeights"})
    (partly,) = [one for one in told.history if isinstance(one, e.PartlyScored)]
    assert ("suggested", False) == (partly.applied, failed.charged)
    assert before == told.row.decided.score
    assert "failed" == stage_status(told.row, "score")
    assert ("ScoringFailed", True) == (
        qc_status(told.row),
        satisfied(told.row, "score", "failed"),
    )
    told.start("score", recipe="full")
    told.ask(answer(told, {}))
    assert ("done", "full") == (stage_status(told.row, "score"), told.row.decided.score.profile)


def test_a_late_answer_changes_nothing_that_counts() -> None:
    """It is recorded, and the attempt that is open goes on."""
    told = Told()
    told.start("score", recipe="full")
    late = answer(told, {"nima_score": "ScoringFailed"})
    told.ask(i.RecordInterruption(stage="score", run="run-1"))
    told.start("score", recipe="full")
    partly, failed = told.ask(late)
    assert isinstance(partly, e.PartlyScored)
    assert isinstance(failed, e.AttemptFailed)
    assert "superseded" == partly.applied
    assert "running" == stage_status(told.row, "score")
    assert () == told.row.decided.score.scores
    assert () == attempts_of(told.row, "score").lacking


@given(st.lists(st.sampled_from(NOBODY_S + OF_THE_PHOTO), max_size=6))
def test_the_gravest_reason_is_the_cause(codes: list[str]) -> None:
    """What kills comes before what fails, and that before what merely lacks."""
    order = ("native", "transient", "nobody")
    cause = cause_of([MissingScore(metric="nima_score", code=code) for code in codes])
    if not codes:
        assert "ScoreIncomplete" == cause
        return
    policies = [FAILURES[code].policy if code in FAILURES else "transient" for code in codes]
    found = FAILURES[cause].policy if cause in FAILURES else "transient"
    assert min(policies, key=order.index) == found
