"""The rating and its tiers, with figures worked out by hand from the predecessor's formula."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import events as e
from machine import intents as i
from machine.quality import PROFILES, WEIGHTS, normalised, rating, tier
from machine.row import attempts_of
from machine.values import MissingScore, Score
from tests.machine.rows import Told

FULL = {
    "clip_aesthetic_score": 6.0,
    "nima_score": 5.0,
    "blur_score": 8.0,
    "brightness_score": 9.0,
    "contrast_score": 7.0,
    "brisque_score": 20.0,
}


def without(*metrics: str) -> dict[str, float]:
    """Return the full scores but for some."""
    return {metric: value for metric, value in FULL.items() if metric not in metrics}


def test_the_weights_are_the_predecessors() -> None:
    """They add up to one, and the full profile has them all."""
    expected = {
        "clip_aesthetic_score": 0.23,
        "nima_score": 0.20,
        "blur_score": 0.17,
        "brightness_score": 0.17,
        "contrast_score": 0.13,
        "brisque_score": 0.10,
    }
    assert expected == WEIGHTS
    assert pytest.approx(1.0) == sum(WEIGHTS.values())
    assert tuple(WEIGHTS) == PROFILES["full"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # .23*6 + .20*5 + .17*8 + .17*9 + .13*7 + .10*8 = 1.38 + 1 + 1.36 + 1.53 + .91 + .8
        (FULL, 6.98),
        # (1.36 + 1.53 + .91 + .8) / (.17 + .17 + .13 + .10) = 4.60 / .57 = 8.0702
        (without("clip_aesthetic_score", "nima_score"), 8.07),
        # (1.38 + 1 + 1.36 + 1.53 + .91) / .90 = 6.18 / .90 = 6.8667
        (without("brisque_score"), 6.87),
        ({"brisque_score": 20.0}, 8.0),
        ({"brisque_score": 0.0}, 10.0),
        ({"brisque_score": 100.0}, 0.0),
        ({"brisque_score": 140.0}, 0.0),
        ({"brisque_score": -5.0}, 10.0),
        ({"blur_score": 11.0}, 10.0),
        ({"blur_score": -1.0}, 0.0),
        # (.17*10 + .13*0) / .30 = 5.6667
        ({"blur_score": 10.0, "contrast_score": 0.0}, 5.67),
        ({"blur_score": 4.0, "unheard_of_score": 9.0}, 4.0),
        ({"unheard_of_score": 9.0}, None),
        ({}, None),
    ],
)
def test_the_rating_by_hand(values: dict[str, float], expected: float | None) -> None:
    """A metric that was not measured is left out; the other weights are scaled up to one."""
    assert expected == rating(values)


@pytest.mark.parametrize(
    ("qr", "expected"),
    [
        (10.0, "Top"),
        (7.5, "Top"),
        (7.49, "Good"),
        (6.5, "Good"),
        (6.49, "Average"),
        (5.5, "Average"),
        (5.49, "Low"),
        (4.5, "Low"),
        (4.49, "Very Low"),
        (0.0, "Very Low"),
        (None, "NA"),
    ],
)
def test_the_tiers(qr: float | None, expected: str) -> None:
    """The lower bound belongs to its tier."""
    assert expected == tier(qr)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(tuple(WEIGHTS)), st.floats(allow_nan=False), min_size=1))
def test_a_rating_lies_between_its_metrics(values: dict[str, float]) -> None:
    """Whatever was measured, 0 to 10."""
    parts = [normalised(metric, value) for metric, value in values.items()]
    found = rating(values)
    assert found is not None
    assert min(parts) - 0.01 <= found <= max(parts) + 0.01
    assert 0 <= found <= 10


def scored(profile: str, scores: dict[str, float], *missing: str) -> e.Scored | e.AttemptFailed:
    """Return what follows from a scorer's answer."""
    told = Told()
    told.start("score")
    answer = i.RecordScored(
        attempt=1,
        input_digest=attempts_of(told.row, "score").digest,
        recipe_digest="recipe",
        profile=profile,
        scores=tuple(Score(metric=metric, value=value) for metric, value in scores.items()),
        missing=tuple(MissingScore(metric=one, code="x", detail="no weights") for one in missing),
    )
    *_, event = told.ask(answer)
    assert isinstance(event, e.Scored | e.AttemptFailed)
    return event


def test_the_embedded_profile_is_rated_over_its_own_metrics_and_provisional() -> None:
    """More metrics than the profile has are kept and do not count."""
    embedded = scored("embedded", without("clip_aesthetic_score"))
    assert isinstance(embedded, e.Scored)
    assert (8.07, "Top", True) == (embedded.qr, embedded.tier, embedded.provisional)
    assert PROFILES["embedded"] == embedded.required
    assert 5 == len(embedded.scores)


def test_the_full_profile_is_final() -> None:
    """All six metrics, one rating."""
    full = scored("full", FULL)
    assert isinstance(full, e.Scored)
    assert (6.98, "Good", False) == (full.qr, full.tier, full.provisional)


def test_a_profile_that_lacks_a_metric_is_a_failure_and_never_a_stand_in() -> None:
    """The missing metrics and why are in its detail."""
    failed = scored("full", without("nima_score", "blur_score"), "nima_score")
    assert isinstance(failed, e.AttemptFailed)
    assert ("ScoreIncomplete", "nima_score: no weights; blur_score: no reason was given") == (
        failed.code,
        failed.detail,
    )
