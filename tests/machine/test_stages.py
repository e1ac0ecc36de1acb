"""Stages: claims, outcomes that come late, budgets, quarantine, release."""

import math

import pytest

from machine import events as e
from machine import intents as i
from machine.digests import digest_of
from machine.event_base import Event
from machine.row import Ledger, attempts_of, input_digest
from machine.status import due_stages, failure, review_status, stage_status
from machine.values import STAGES, Author, Labels, Score, Stage, Text
from tests.machine.rows import FILE, LABELS, MODEL, RULE, TEXT, Told

stages = pytest.mark.parametrize("stage", STAGES)


def kinds(events: tuple[Event, ...]) -> list[str]:
    """Return the names of events."""
    return [type(event).__name__ for event in events]


def charged(told: Told, stage: Stage) -> int:
    """Return what the present input has cost."""
    ledger = attempts_of(told.row, stage).ledger
    return ledger.get(input_digest(told.row, stage), Ledger()).charged


@stages
def test_a_stage_is_claimed_once(stage: Stage) -> None:
    """Who appends the start owns the stage; the second one is refused."""
    told = Told()
    told.start(stage)
    assert "running" == stage_status(told.row, stage)
    again = i.StartAttempt(stage=stage, recipe_digest="recipe", claimed_by="run-2")
    assert "claimed" in str(told.refused(again))


@stages
def test_transient_failures_are_charged_until_the_budget_is_spent(stage: Stage) -> None:
    """Three failures of one input: the third sets the stage aside."""
    told = Told()
    for left in (2, 1):
        (failed,) = told.fail(stage, "transient")
        assert isinstance(failed, e.AttemptFailed)
        assert (True, left, False) == (failed.charged, failed.budget_left, failed.alone_next)
        assert failed.retry_at
        assert "failed" == stage_status(told.row, stage)
        assert "Error" == review_status(told.row)
    assert ["AttemptFailed", "Quarantined"] == kinds(told.fail(stage, "transient"))
    assert "quarantined" == stage_status(told.row, stage)
    assert "Quarantined" == review_status(told.row)
    claim = i.StartAttempt(stage=stage, recipe_digest="recipe", claimed_by="run-2")
    assert f"photojournal release 7 --stage {stage}" in told.refused(claim).hint


@stages
def test_a_permanent_failure_is_set_aside_at_once(stage: Stage) -> None:
    """A photo that cannot be decoded is not tried again."""
    assert ["AttemptFailed", "Quarantined"] == kinds(Told().fail(stage, "permanent"))


@stages
def test_nobodys_failure_is_neither_charged_nor_shown_as_the_rows(stage: Stage) -> None:
    """A service that is down pauses the stage; the row waits as before, however often."""
    told = Told()
    for _ in range(5):
        (failed,) = told.fail(stage, "nobody")
        assert isinstance(failed, e.AttemptFailed)
        assert (False, 3) == (failed.charged, failed.budget_left)
    assert 0 == charged(told, stage)
    assert "due" == stage_status(told.row, stage)
    assert ("Queued", ("", "")) == (review_status(told.row), failure(told.row))


@stages
@pytest.mark.parametrize("first", ["nothing", "transient"])
def test_a_retry_of_a_stage_with_a_result_outlives_a_pause(stage: Stage, first: str) -> None:
    """The person who asked is not told `done` because the service was down for a moment."""
    told = Told().done()
    told.ask(i.Retry(stage=stage))
    if first != "nothing":
        told.fail(stage, first)
    told.fail(stage, "nobody")
    assert "due" == stage_status(told.row, stage)
    told.done(stage)
    assert "done" == stage_status(told.row, stage)


@stages
def test_a_worker_that_dies_gets_one_retry_alone(stage: Stage) -> None:
    """Native death: charged, once more alone, then aside, though one try would be left."""
    told = Told()
    (died,) = told.fail(stage, "native")
    assert isinstance(died, e.AttemptFailed)
    assert died.alone_next
    assert attempts_of(told.row, stage).alone_next
    assert ["AttemptFailed", "Quarantined"] == kinds(told.fail(stage, "native", alone=True))


@stages
def test_a_worker_that_dies_while_its_row_happened_to_be_alone_gets_its_retry_too(
    stage: Stage,
) -> None:
    """The first death is never the last chance."""
    told = Told()
    assert ["AttemptFailed"] == kinds(told.fail(stage, "native", alone=True))
    assert ["AttemptFailed", "Quarantined"] == kinds(told.fail(stage, "native", alone=True))


@stages
def test_a_suspect_stays_alone_when_the_service_fails_its_retry(stage: Stage) -> None:
    """What is nobody's fault does not lift the suspicion."""
    told = Told()
    told.fail(stage, "native")
    (failed,) = told.fail(stage, "nobody", alone=True)
    assert isinstance(failed, e.AttemptFailed)
    assert failed.alone_next
    assert ["AttemptFailed", "Quarantined"] == kinds(told.fail(stage, "native", alone=True))


@stages
def test_an_interruption_is_not_charged_and_the_next_try_is_alone(stage: Stage) -> None:
    """The program died with several rows in flight: nobody is charged."""
    told = Told()
    for _ in range(5):
        (interrupted,) = told.die(stage, alone=False)
        assert isinstance(interrupted, e.AttemptInterrupted)
        assert 0 == interrupted.deaths_alone
        assert attempts_of(told.row, stage).alone_next
        assert ("interrupted", 0) == (stage_status(told.row, stage), charged(told, stage))
        assert "Queued" == review_status(told.row)
        assert stage in due_stages(told.row, {}, "2024")


@stages
def test_the_third_death_of_the_lone_row_sets_it_aside(stage: Stage) -> None:
    """Two deaths alone may be chance."""
    told = Told()
    told.die(stage, alone=False)
    assert ["AttemptInterrupted"] == kinds(told.die(stage, alone=True))
    assert ["AttemptInterrupted"] == kinds(told.die(stage, alone=True))
    assert ["AttemptInterrupted", "Quarantined"] == kinds(told.die(stage, alone=True))
    code, _ = failure(told.row)
    assert code.endswith("Interrupted")


@stages
@pytest.mark.parametrize("alone", [False, True])
def test_a_person_who_leaves_is_no_death(stage: Stage, alone: bool) -> None:
    """However often; a row is tried alone afterwards only if it was before."""
    told = Told()
    told.die(stage, alone=False)
    told.die(stage, alone=True)
    for _ in range(5):
        told.start(stage, alone=alone)
        (left,) = told.ask(i.RecordInterruption(stage=stage, run="run-1", asked=True))
        assert isinstance(left, e.AttemptInterrupted)
        assert (True, 1) == (left.asked, left.deaths_alone)
        assert alone == attempts_of(told.row, stage).alone_next
        assert ("interrupted", 0) == (stage_status(told.row, stage), charged(told, stage))
        assert stage in due_stages(told.row, {}, "2024")
    told.die(stage, alone=True)
    assert ["AttemptInterrupted", "Quarantined"] == kinds(told.die(stage, alone=True))


@stages
def test_only_the_run_that_claimed_is_interrupted(stage: Stage) -> None:
    """The death of another run says nothing about this attempt."""
    told = Told()
    told.start(stage)
    assert () == told.ask(i.RecordInterruption(stage=stage, run="run-2"))
    assert "running" == stage_status(told.row, stage)


@stages
def test_release_grants_a_full_budget_and_n_goes_on(stage: Stage) -> None:
    """After a release three tries may fail again; attempts are numbered on."""
    told = Told()
    for _ in range(3):
        told.fail(stage, "transient")
    told.ask(i.Release(stage=stage, reason="mended"))
    assert ("due", 0) == (stage_status(told.row, stage), charged(told, stage))
    for number in (4, 5):
        (failed,) = told.fail(stage, "transient")
        assert isinstance(failed, e.AttemptFailed)
        assert number == failed.attempt
    assert ["AttemptFailed", "Quarantined"] == kinds(told.fail(stage, "transient"))


@stages
def test_release_forgets_deaths_and_crashes(stage: Stage) -> None:
    """A released row is no suspect any more."""
    told = Told()
    told.fail(stage, "native")
    told.fail(stage, "native", alone=True)
    told.ask(i.Release(stage=stage, reason="another worker"))
    assert ["AttemptFailed"] == kinds(told.fail(stage, "native", alone=True))


@stages
def test_only_what_is_set_aside_can_be_released(stage: Stage) -> None:
    """There is nothing to release on a healthy row."""
    told = Told()
    assert "not quarantined" in str(told.refused(i.Release(stage=stage, reason="x")))
    told.done(stage)
    assert told.refused(i.Release(stage=stage, reason="x")).nothing


@stages
def test_a_retry_makes_a_done_stage_due_and_keeps_the_budget(stage: Stage) -> None:
    """Retrying is a wish, not a fresh budget."""
    told = Told()
    told.fail(stage, "transient")
    told.ask(i.Retry(stage=stage))
    assert ("due", 1) == (stage_status(told.row, stage), charged(told, stage))
    told.done(stage)
    told.ask(i.Retry(stage=stage))
    assert "due" == stage_status(told.row, stage)


@stages
def test_a_budget_belongs_to_one_input(stage: Stage) -> None:
    """New labels are a new input for the captions only; the pixels stay what they were."""
    told = Told()
    for _ in range(3):
        told.fail(stage, "transient")
    told.ask(i.Relabel(labels=Labels(subject="Something else")))
    expected = "due" if stage == "prefill" else "quarantined"
    assert expected == stage_status(told.row, stage)
    told.ask(i.Relabel(labels=LABELS))
    assert "quarantined" == stage_status(told.row, stage)


@stages
def test_the_outcome_of_an_interrupted_attempt_is_recorded_as_superseded(stage: Stage) -> None:
    """A fact is never refused, but what came too late does not count."""
    told = Told()
    told.start(stage)
    late, late_failure = told.result(stage), told.failure(stage, "permanent")
    told.ask(i.RecordInterruption(stage=stage, run="run-1"))
    before = told.row.decided
    (event,) = told.ask(late)
    assert "superseded" == getattr(event, "applied", "")
    told.start(stage)
    assert ["AttemptFailed"] == kinds(told.ask(late_failure))
    assert "running" == stage_status(told.row, stage)
    assert before == told.row.decided


def test_a_caption_of_other_labels_is_superseded() -> None:
    """The labels were corrected while the model wrote: it has to write again."""
    told = Told()
    told.start("prefill")
    answer = told.result("prefill")
    told.ask(i.Relabel(labels=Labels(subject="Something else")))
    (event,) = told.ask(answer)
    assert isinstance(event, e.Prefilled)
    assert "superseded" == event.applied
    assert "due" == stage_status(told.row, "prefill")
    assert Text() == told.row.decided.prefill.text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_a_missing_one(value: float) -> None:
    """No journal can hold it, and no tier may rest on it."""
    told = Told()
    told.start("score")
    answer = told.result("score")
    assert isinstance(answer, i.RecordScored)
    scores = (*answer.scores[1:], Score(metric="brisque_score", value=value))
    broken = i.RecordScored(
        attempt=1,
        input_digest=answer.input_digest,
        recipe_digest="recipe",
        profile="embedded",
        scores=scores,
    )
    partly, failed = told.ask(broken)
    assert isinstance(partly, e.PartlyScored)
    assert isinstance(failed, e.AttemptFailed)
    assert ("ScoreIncomplete", f"brisque_score: measured {value}") == (failed.code, failed.detail)


def test_an_unknown_profile_is_a_failure_of_the_attempt() -> None:
    """A fact is recorded, whatever it says."""
    told = Told()
    told.start("score")
    digest = attempts_of(told.row, "score").digest
    answer = i.RecordScored(
        attempt=1, input_digest=digest, recipe_digest="r", profile="grand", scores=()
    )
    (failed,) = told.ask(answer)
    assert isinstance(failed, e.AttemptFailed)
    assert "there is no profile grand" == failed.detail


def test_an_unknown_failure_code_counts_as_transient() -> None:
    """A newer adapter may know more codes than this machine."""
    told = Told()
    told.start("score")
    digest = attempts_of(told.row, "score").digest
    unknown = i.RecordFailure(stage="score", attempt=1, input_digest=digest, code="Novel")
    (failed,) = told.ask(unknown)
    assert isinstance(failed, e.AttemptFailed)
    assert (True, 2) == (failed.charged, failed.budget_left)


def test_halves_of_characters_do_not_keep_a_fact_from_being_recorded() -> None:
    """Models answer with lone surrogates at times, and file names are full of surprises."""
    told = Told()
    told.start("prefill")
    odd = Text(caption="A \ud83d crane", alt_text="\udcff", keywords=("\udcff", "b", "c"))
    (event,) = told.ask(told.result("prefill", text=odd))
    assert isinstance(event, e.Prefilled)
    assert Text(caption="A ? crane", alt_text="?", keywords=("?", "b", "c")) == event.text
    assert digest_of(event)


def test_a_rejected_row_is_not_worked_on() -> None:
    """Its way back is `pick`; then the stages go on."""
    told = Told()
    told.ask(i.Reject())
    assert () == due_stages(told.row, {}, "2024")
    claim = i.StartAttempt(stage="score", recipe_digest="recipe", claimed_by="run-1")
    assert "photojournal pick 7" == told.refused(claim).hint
    assert "photojournal pick 7" == told.refused(i.Approve()).hint
    told.ask(i.Pick())
    told.start("score")


@pytest.mark.parametrize(
    ("author", "again"),
    [(MODEL, True), (RULE, True), (FILE, False)],
    ids=["model", "rule", "file"],
)
def test_another_recipe_makes_machine_text_due(author: Author, again: bool) -> None:
    """What a person wrote has no recipe; what is approved is left as it is."""
    told = Told().done(author=author)
    recipes: dict[Stage, str] = {"prefill": "recipe", "score": "recipe", "resize": "recipe"}
    assert () == due_stages(told.row, recipes, "2024")
    recipes["prefill"] = "another"
    assert (("prefill",) if again else ()) == due_stages(told.row, recipes, "2024")
    recipes["resize"] = "another"
    assert "resize" in due_stages(told.row, recipes, "2024")
    told.ask(i.Approve(allow_ungrounded=True))
    assert () == due_stages(told.row, recipes, "2024")


@stages
def test_a_failed_stage_waits_for_its_time(stage: Stage) -> None:
    """Due again after its backoff, not before."""
    told = Told().done(*(other for other in STAGES if other != stage))
    told.fail(stage, "transient")
    assert () == due_stages(told.row, {}, "2024-05-01T05:59:59.999999Z")
    assert (stage,) == due_stages(told.row, {}, "2024-05-01T06:00:00.000000Z")


def test_stages_are_independent() -> None:
    """A dead caption service stops neither scoring nor resizing."""
    told = Told()
    told.fail("prefill", "permanent")
    told.done("score", "resize")
    assert "done" == stage_status(told.row, "score") == stage_status(told.row, "resize")
    assert TEXT != told.row.decided.prefill.text
