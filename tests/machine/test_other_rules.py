"""The same events under other rules."""

import random

import pytest
from msgspec import structs

from machine import intents as i
from machine.event_base import Event
from machine.events import Prefilled
from machine.evolve import evolve, fold
from machine.other_rules import OtherRules, evolve_under, readiness
from machine.quality import TIERS, WEIGHTS
from machine.row import Row
from machine.values import STAGES, Labels, Text, TextLimits
from tests.histories import Teller, random_history

TODAY = OtherRules(tiers=TIERS, weights=WEIGHTS, limits=TextLimits())


def under(rules: OtherRules, events: list[Event]) -> Row:
    """Return the row after its events, folded under other rules."""
    row = Row()
    for event in events:
        row = evolve_under(rules, row, event)
    return row


def events_of(teller: Teller, number: int = 1) -> list[Event]:
    """Return the events of a row."""
    return [fact.event for fact in teller.facts if fact.stream == f"row/{number}"]


@pytest.fixture
def teller() -> Teller:
    """A row with scores, a picture and a text."""
    found = Teller()
    found.start_run("run")
    found.ingest(1, "20260501-1", Labels(category="Harbours", subject="Harbour"))
    for stage in STAGES:
        found.start(1, stage)
        found.finish(1, stage)
    return found


@pytest.mark.parametrize("rules", [OtherRules(), TODAY])
@pytest.mark.parametrize("seed", range(12))
def test_the_rules_of_today_change_nothing(seed: int, rules: OtherRules) -> None:
    """Whatever happened to a row: what the events say and what is made of them again are equal."""
    facts = random_history(random.Random(seed), 3, 250)
    for number in (1, 2, 3):
        events = [fact.event for fact in facts if fact.stream == f"row/{number}"]
        row, other = Row(), Row()
        for event in events:
            row, other = evolve(row, event), evolve_under(rules, other, event)
            assert row == other, event


def test_other_tiers_leave_the_rating(teller: Teller) -> None:
    """What was rated stays; only what that is called changes."""
    row = fold(events_of(teller))
    other = under(OtherRules(tiers=((9.9, "Top"), (0.0, "Low"))), events_of(teller))
    assert row.decided.score.qr == other.decided.score.qr
    assert ("Low", "Top") == (other.decided.score.tier, TIERS[0][1])
    assert row.decided.prefill == other.decided.prefill


def test_other_weights_rate_what_was_measured_anew(teller: Teller) -> None:
    """A metric that nobody measured makes the rating provisional, and is made up by no number."""
    alone = under(OtherRules(weights={"blur_score": 3.0}), events_of(teller)).decided.score
    measured = {one.metric: one.value for one in alone.scores}
    assert round(measured["blur_score"], 2) == alone.qr
    assert not alone.provisional
    unmeasured = under(OtherRules(weights={"nima_score": 1.0}), events_of(teller)).decided.score
    assert (None, "NA", True) == (unmeasured.qr, unmeasured.tier, unmeasured.provisional)


def test_other_rules_for_texts_open_and_close_the_way_to_approval(teller: Teller) -> None:
    """A finding can block, be ignored, or come from other limits."""
    events = events_of(teller)
    assert "ready" == readiness(fold(events))
    blocked = under(
        OtherRules(limits=TextLimits(keywords_min=9), blocking=frozenset({"keywords_few"})), events
    )
    assert "keywords_few" == readiness(blocked)
    ignored = under(OtherRules(limits=TextLimits(), ignored=frozenset({"keywords_few"})), events)
    assert () == ignored.decided.prefill.findings


def test_what_a_person_decided_stands_under_other_rules(teller: Teller) -> None:
    """An approved text that would not pass today is still approved, and that is said."""
    teller.ask(1, i.Approve())
    rules = OtherRules(limits=TextLimits(), blocking=frozenset({"keywords_few"}))
    row = under(rules, events_of(teller))
    assert "approved in spite of keywords_few" == readiness(row)
    assert "approved" == readiness(fold(events_of(teller)))


def test_a_text_that_was_redacted_is_judged_no_more(teller: Teller) -> None:
    """What was found then is all that is left of it."""
    events = [
        structs.replace(event, text=Text()) if isinstance(event, Prefilled) else event
        for event in events_of(teller)
    ]
    row = under(OtherRules(limits=TextLimits(keywords_min=1)), events)
    assert fold(events).decided.prefill == row.decided.prefill


def test_a_rollback_goes_back_to_what_the_other_rules_made_of_it(teller: Teller) -> None:
    """The version that is gone back to was folded under them, too."""
    version = len(events_of(teller))
    teller.ask(1, i.EditText(caption="", by="Ann"))
    teller.ask(1, i.RollBack(to=version, rollback="b", claimed_by=teller.run))
    rules = OtherRules(limits=TextLimits(), ignored=frozenset({"keywords_few"}))
    assert () == under(rules, events_of(teller)).decided.prefill.findings
    assert ["keywords_few"] == [
        finding.code for finding in fold(events_of(teller)).decided.prefill.findings
    ]
