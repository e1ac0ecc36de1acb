"""What the events of an attempt say, word for word, and who may claim what."""

import pytest
from msgspec import structs

from machine import events as e
from machine import intents as i
from machine.row import attempts_of
from machine.status import stage_status
from machine.values import STAGES, MissingScore, Stage
from tests.machine.rows import Told

stages = pytest.mark.parametrize("stage", STAGES)
LATER = "2024-05-01T06:00:00.000000Z"


@stages
def test_what_is_done_is_not_done_again(stage: Stage) -> None:
    """Two runs at once: the second finds the work done. Another recipe or a wish makes it due."""
    told = Told()
    told.start(stage)
    told.ask(told.result(stage))
    same = i.StartAttempt(stage=stage, recipe_digest="recipe", claimed_by="run-2")
    assert told.refused(same).nothing
    told.ask(structs.replace(same, recipe_digest="another"))
    told.ask(told.result(stage))
    told.ask(i.Retry(stage=stage, reason="again"))
    told.ask(same)
    (retried,) = [event for event in told.history if isinstance(event, e.Retried)]
    assert "again" == retried.reason


@stages
def test_only_what_waits_can_be_retried(stage: Stage) -> None:
    """What runs is left alone; what is set aside has to be released, or needs another file."""
    told = Told()
    told.start(stage)
    assert "running" in str(told.refused(i.Retry(stage=stage)))
    told.ask(told.failure(stage, "permanent"))
    hint = told.refused(i.Retry(stage=stage)).hint
    assert "photojournal replace 7 FILE" == hint
    told = Told()
    for _ in range(3):
        told.fail(stage, "transient")
    hint = told.refused(i.Retry(stage=stage)).hint
    assert hint.startswith(f"photojournal release 7 --stage {stage} --reason ")


@stages
def test_a_start_says_everything_about_the_attempt(stage: Stage) -> None:
    """Number, input, recipe, run, and whether it runs alone."""
    told = Told()
    told.fail(stage, "transient")
    claim = i.StartAttempt(stage=stage, recipe_digest="recipe", claimed_by="run-9", alone=True)
    (started,) = told.ask(claim)
    assert isinstance(started, e.AttemptStarted)
    said = (started.stage, started.attempt, started.recipe_digest, started.claimed_by)
    assert (stage, 2, "recipe", "run-9") == said
    assert started.alone
    assert started.input_digest
    assert started == attempts_of(told.row, stage).open


@stages
def test_a_result_says_how_long_it_took_and_that_it_counts(stage: Stage) -> None:
    """Scores and renditions count on approved rows too; the decision keeps what it pinned."""
    told = Told().approved()
    told.start(stage, recipe="another")
    answer = told.result(stage)
    assert isinstance(answer, i.RecordPrefilled | i.RecordScored | i.RecordResized)
    (event,) = told.ask(structs.replace(answer, duration_ms=1_234))
    assert isinstance(event, e.Prefilled | e.Scored | e.Resized)
    assert (2, 1_234, "recipe") == (event.attempt, event.duration_ms, event.recipe_digest)
    assert ("suggested" if stage == "prefill" else "applied") == event.applied


@stages
def test_a_failure_says_what_it_cost_and_when_it_is_due_again(stage: Stage) -> None:
    """Exit code and duration as they were; the time only where a run will try again by itself."""
    told = Told()
    told.start(stage)
    failure = structs.replace(told.failure(stage, "native"), exit_code=0xC0000005, duration_ms=9)
    (failed,) = told.ask(failure)
    assert isinstance(failed, e.AttemptFailed)
    assert (0xC0000005, 9, LATER) == (failed.exit_code, failed.duration_ms, failed.retry_at)
    (away,) = told.fail(stage, "nobody")
    assert isinstance(away, e.AttemptFailed)
    assert ("", False) == (away.retry_at, away.alone_next)
    failed, aside = told.fail(stage, "permanent")
    assert isinstance(failed, e.AttemptFailed)
    assert isinstance(aside, e.Quarantined)
    assert ("", False) == (failed.retry_at, failed.alone_next)
    assert (stage, failed.input_digest, failed.code) == (
        aside.stage,
        aside.input_digest,
        aside.code,
    )
    assert "why" == aside.reason


@stages
def test_two_deaths_in_a_crowd_are_no_proof(stage: Stage) -> None:
    """Only a row that was alone can have killed the worker twice."""
    told = Told()
    for _ in range(2):
        (died,) = told.fail(stage, "native")
        assert isinstance(died, e.AttemptFailed)
        assert died.alone_next
    assert "failed" == stage_status(told.row, stage)


@stages
def test_a_quarantine_after_three_deaths_says_so(stage: Stage) -> None:
    """In words that a person understands."""
    told = Told()
    for _ in range(2):
        told.die(stage, alone=True)
    interrupted, aside = told.die(stage, alone=True)
    assert isinstance(interrupted, e.AttemptInterrupted)
    assert isinstance(aside, e.Quarantined)
    assert (3, "run-1") == (interrupted.deaths_alone, interrupted.run)
    assert "died three times" in aside.reason


@stages
def test_the_death_of_a_run_that_holds_nothing_changes_nothing(stage: Stage) -> None:
    """Its attempt had ended."""
    assert () == Told().ask(i.RecordInterruption(stage=stage, run="run-1"))


def test_incomplete_scores_cost_what_the_configuration_says() -> None:
    """Budget, backoff and duration are those of the answer."""
    told = Told()
    told.start("score")
    answer = told.result("score")
    assert isinstance(answer, i.RecordScored)
    answer = structs.replace(
        answer,
        scores=answer.scores[:3],
        missing=(MissingScore(metric="contrast_score", code="NoContrast"),),
        retry_at=LATER,
        duration_ms=5,
        budget=2,
    )
    partly, failed = told.ask(answer)
    assert isinstance(partly, e.PartlyScored)
    assert answer.scores == partly.scores
    assert isinstance(failed, e.AttemptFailed)
    assert (1, LATER, 5) == (failed.budget_left, failed.retry_at, failed.duration_ms)
    assert "contrast_score: NoContrast" == failed.detail
    told.start("score")
    _, failed, aside = told.ask(structs.replace(answer, attempt=2))
    assert isinstance(aside, e.Quarantined)


def test_what_was_missing_beside_a_full_profile_is_recorded() -> None:
    """The neural metrics, where the embedded profile does without them."""
    told = Told()
    told.start("score")
    answer = told.result("score")
    assert isinstance(answer, i.RecordScored)
    missing = (MissingScore(metric="nima_score", code="ScoringDependency"),)
    (scored,) = told.ask(structs.replace(answer, missing=missing))
    assert isinstance(scored, e.Scored)
    assert missing == scored.missing
