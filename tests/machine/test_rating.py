"""A person's rating stands over the machine's, until the person takes it away."""

import math

import pytest

from machine import events as e
from machine import intents as i
from machine.evolve import evolve
from machine.forgetting import has_forgotten, left_of
from machine.record import record_of
from machine.row import rating_of
from machine.status import publication_due, qc_status, review_status
from machine.worth import worth
from tests.machine.rows import Told

BETTER = i.OverrideRating(qr=9.0, reason="the light", by="amir")


def test_a_persons_rating_counts_whatever_is_measured_later() -> None:
    """Before the first score and after the next one; taken away, the newest score counts."""
    told = Told()
    told.ask(BETTER)
    assert (9.0, "Top") == rating_of(told.row.decided)
    told.done()
    told.ask(i.Retry(stage="score"))
    told.done("score")
    assert (9.0, "Top", "Top") == (*rating_of(told.row.decided), qc_status(told.row))
    told.ask(i.OverrideRating(qr=None))
    measured = told.row.decided.score
    assert (measured.qr, measured.tier) == rating_of(told.row.decided)
    assert told.refused(i.OverrideRating(qr=None)).nothing


def test_going_back_takes_the_rating_and_leaves_the_scores() -> None:
    """The rating is a part of its own."""
    told = Told()
    before = told.row.version
    told.ask(BETTER)
    told.done("score")
    told.roll_back(before, "rating")
    assert told.row.decided.score.qr == rating_of(told.row.decided)[0]


def test_an_approved_row_stays_approved_and_a_published_one_is_due() -> None:
    """The published record holds the rating."""
    told = Told().published()
    told.ask(BETTER)
    assert ("Published", True) == (review_status(told.row), publication_due(told.row))
    record = record_of(told.row, "x", "y")
    assert (9.0, "Top") == (record.qr, record.qc_status)
    told.publish()
    told.finish()
    assert not publication_due(told.row)
    told.ask(i.OverrideRating(qr=None))
    assert publication_due(told.row)


def test_what_a_person_rates_best_is_captioned_first() -> None:
    """As if the scores had said so."""
    low, high = Told(), Told()
    low.done("score")
    high.done("score")
    high.ask(BETTER)
    assert worth(high.row) < worth(low.row)


@pytest.mark.parametrize("qr", [-0.1, 10.01, math.inf, math.nan])
def test_no_other_number_is_a_rating(qr: float) -> None:
    """It goes from 0 to 10."""
    assert "a rating is 0 to 10" in str(Told().refused(i.OverrideRating(qr=qr, reason="why")))


def test_a_rating_needs_a_reason_and_two_decimals_are_kept() -> None:
    """Who reads it a year later wants to know why."""
    told = Told()
    assert "without a reason" in str(told.refused(i.OverrideRating(qr=9.0, reason=" ")))
    (event,) = told.ask(i.OverrideRating(qr=7.456, reason=" why ", by="amir"))
    assert isinstance(event, e.RatingOverridden)
    assert (7.46, "why", "Good") == (event.qr, event.reason, event.tier)
    assert told.refused(i.OverrideRating(qr=7.46, reason="why")).nothing


def test_a_rating_that_was_forgotten_cannot_come_back() -> None:
    """Going back to it would bring the measured one, in silence."""
    told = Told()
    told.ask(BETTER)
    (event,) = told.ask(i.OverrideRating(qr=None))
    assert not has_forgotten(evolve(told.row, event).decided, ("rating",))
    left = left_of(e.RatingOverridden(qr=9.0, tier="Top", reason="why"))
    assert left is not None
    forgotten = evolve(told.row, left)
    assert rating_of(forgotten.decided) == rating_of(told.row.decided)
    assert has_forgotten(forgotten.decided, ("rating",))
