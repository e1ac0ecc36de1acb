"""Scores that a row lacks: never unnoticed, and told apart by why."""

from hypothesis import given, settings
from hypothesis import strategies as st

from machine import events as e
from machine import intents as i
from machine.completeness import (
    in_words,
    lacking,
    missing_in_words,
    missing_scores,
    reasons_in,
    told,
    without,
)
from machine.evolve import evolve
from machine.quality import METRICS, PROFILES, WEIGHTS
from machine.row import attempts_of
from machine.status import failure, qc_status, review_status, stage_status
from machine.values import MissingScore, Score
from tests.machine.rows import SCORES, Told

NEURAL = ("clip_aesthetic_score", "nima_score")
EMBEDDED = "not measured (profile embedded)"


def answer(
    row: Told, profile: str, scores: dict[str, float], missing: dict[str, str] | None = None
) -> i.RecordScored:
    """Return a scorer's answer to the newest attempt."""
    attempts = attempts_of(row.row, "score")
    return i.RecordScored(
        attempt=attempts.count,
        input_digest=attempts.digest,
        recipe_digest="recipe",
        profile=profile,
        scores=tuple(Score(metric=metric, value=value) for metric, value in scores.items()),
        missing=tuple(
            MissingScore(metric=metric, code="ScoreIncomplete", detail=why)
            for metric, why in (missing or {}).items()
        ),
        budget=3,
        retry_at="2024-05-01T06:00:00.000000Z",
    )


def black_frame(row: Told) -> Told:
    """Score a photo that has no BRISQUE."""
    row.start("score")
    rest = {metric: value for metric, value in SCORES.items() if metric != "brisque_score"}
    row.ask(answer(row, "embedded", rest, {"brisque_score": "too little structure"}))
    return row


metrics = st.sampled_from([*METRICS, "unheard_of_score"])
values = st.dictionaries(metrics, st.floats(), max_size=7)
reasons = st.dictionaries(metrics, st.text(max_size=9), max_size=7)
outcomes = st.lists(
    st.tuples(st.sampled_from([*PROFILES, "grand"]), values, reasons, st.booleans()), max_size=6
)


@settings(deadline=None)
@given(outcomes)
def test_no_stage_is_done_without_a_score_that_its_profile_requires(
    answers: list[tuple[str, dict[str, float], dict[str, str], bool]],
) -> None:
    """Whatever a scorer answers, however often: complete, or no success. Late answers, too."""
    row = Told().done("prefill", "resize")
    for profile, scores, missing, late in answers:
        if stage_status(row.row, "score") == "quarantined":
            row.ask(i.Release(stage="score", reason="again"))
        elif stage_status(row.row, "score") == "done":
            row.ask(i.Retry(stage="score"))
        row.start("score")
        outcome = answer(row, profile, scores, missing)
        if late:
            row.ask(i.RecordInterruption(stage="score", run="run-1"))
        row.ask(outcome)
        status, score = stage_status(row.row, "score"), row.row.decided.score
        assert in_words(missing_scores(row.row)) == missing_in_words(row.row, status)
        finite = {one.metric for one in score.scores if abs(one.value) < float("inf")}
        assert set(score.required) == (set(score.required) & finite) | set(lacking(score))
        if stage_status(row.row, "score") == "done":
            assert () == lacking(score)
            assert set(PROFILES[score.profile]) <= finite
            assert set(missing_scores(row.row).values()).isdisjoint({"not scored yet"})
        else:
            assert review_status(row.row) != "Pending"
            refusal = row.refused(i.Approve())
            assert "cannot be approved: score is" in str(refusal)


@given(st.dictionaries(st.sampled_from(tuple(METRICS)), st.text("abc :,()0é", max_size=20)))
def test_the_reasons_can_be_read_from_the_detail_again(missing: dict[str, str]) -> None:
    """Each metric, with its reason."""
    said = [
        MissingScore(metric=metric, code="ScoreIncomplete", detail=why)
        for metric, why in missing.items()
    ]
    expected = {metric: why or "ScoreIncomplete" for metric, why in missing.items()}
    assert expected == reasons_in(told(missing, said))


def test_a_metric_without_reason_is_named_all_the_same() -> None:
    """A reason may name other metrics, too; what is no metric is none."""
    assert {"nima_score": "", "blur_score": "too dark"} == reasons_in(
        "nima_score; blur_score: too dark"
    )
    assert {"nima_score": "as blur_score: x"} == reasons_in("nima_score: as blur_score: x")
    assert {} == reasons_in("there is no profile grand")


def test_a_missing_score_is_called_a_failure_of_scoring() -> None:
    """QC_Status is the word that people look for; the failure says which metric and why."""
    row = black_frame(Told().done("prefill", "resize")).row
    assert "ScoringFailed" == qc_status(row)
    assert ("ScoreIncomplete", "brisque_score: too little structure") == failure(row)
    assert "Error" == review_status(row)


def test_missing_scores_are_told_apart() -> None:
    """Failed, not measured by the profile, not scored yet."""
    row = Told()
    assert dict.fromkeys(WEIGHTS, "not scored yet") == missing_scores(row.row)
    black_frame(row)
    assert "failed (too little structure)" == missing_scores(row.row)["brisque_score"]
    assert EMBEDDED == missing_scores(row.row)["nima_score"]
    row.done("score")
    assert dict.fromkeys(NEURAL, EMBEDDED) == missing_scores(row.row)
    row.ask(i.Retry(stage="score"))
    row.start("score")
    row.ask(answer(row, "full", SCORES, {"nima_score": "no weights"}))
    assert {
        "nima_score": "failed (no weights)",
        "clip_aesthetic_score": "failed (no reason was given)",
    } == missing_scores(row.row)
    row.start("score")
    row.ask(answer(row, "full", {**SCORES, "nima_score": 5, "clip_aesthetic_score": 6}))
    assert {} == missing_scores(row.row)


def test_a_failure_of_the_whole_stage_is_the_reason_for_each_metric() -> None:
    """An unreadable photo has no scores at all."""
    row = Told()
    row.fail("score", "permanent")
    assert dict.fromkeys(WEIGHTS, "failed (ScoringUnreadable: why)") == missing_scores(row.row)
    other = Told()
    other.start("score")
    other.ask(answer(other, "grand", {}))
    why = "failed (ScoreIncomplete: there is no profile grand)"
    assert dict.fromkeys(WEIGHTS, why) == missing_scores(other.row)


def test_equal_reasons_are_said_once() -> None:
    """A column that can be read, and counted by."""
    row = Told().done("score").row
    assert f"clip_aesthetic_score, nima_score: {EMBEDDED}" == missing_in_words(row, "done")
    assert "a, c: x; b: y" == in_words({"a": "x", "b": "y", "c": "x"})
    assert "b: failed (y); a: x" == in_words({"a": "x", "b": "failed (y)"})
    assert "" == in_words({})


def test_a_row_without_scores_is_known_before_it_goes_out() -> None:
    """Scores that were rolled back after the approval; rows that need none are complete."""
    row = Told().done("prefill", "resize")
    version = row.row.version
    row.done("score")
    row.ask(i.Approve())
    assert "" == without(row.row)
    row.roll_back(version, "score")
    assert "approved" == row.row.decided.decision.value
    assert "without scores, not scored yet" == without(row.row)
    assert "" == without(Told(needed=("prefill", "resize")).done("prefill", "resize").row)


def test_an_event_of_another_program_that_lacks_a_score_is_noticed() -> None:
    """What is required is what the row's own event says."""
    row = Told().done("prefill", "resize")
    row.start("score")
    attempts = attempts_of(row.row, "score")
    scored = e.Scored(
        attempt=attempts.count,
        input_digest=attempts.digest,
        recipe_digest="recipe",
        profile="novel",
        required=("topiq_nr", "blur_score"),
        scores=(Score(metric="blur_score", value=5.0),),
        missing=(MissingScore(metric="topiq_nr", code="x", detail="no weights"),),
        qr=5.0,
        tier="Low",
        provisional=True,
        applied="applied",
        duration_ms=1,
    )
    after = evolve(row.row, scored)
    assert ("topiq_nr",) == lacking(after.decided.score)
    assert "without topiq_nr" == without(after)
