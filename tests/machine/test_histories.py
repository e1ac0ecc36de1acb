"""
The laws of the machine over random histories, and over events and intents that nobody would make.

`make test` runs a sample, `make soak` 20,000 histories; a failing one is named by its seed.
"""

import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from machine import intents as i
from machine.decide import _RULES, decide
from machine.effects import next_effects
from machine.event_base import Event
from machine.events import EVENTS
from machine.evolve import evolve, fold
from machine.next_action import next_action
from machine.parts import parts_of
from machine.refusals import Refused
from machine.row import PARTS, Row
from machine.status import due_stages, failure, qc_status, review_status
from machine.values import STAGES
from tests.machine.anything import anything
from tests.machine.laws import Laws
from tests.simulation import Simulation

ACTIONS = 150
SAMPLE = 300
CAMPAIGN = 20_000


def tell(chance: random.Random, *, foreign: bool, actions: int = ACTIONS) -> Simulation:
    """Let a history happen under the eyes of the laws, and settle it; return it."""
    simulation = Simulation(chance, rows=chance.randint(1, 3), foreign=foreign)
    laws = Laws(simulation)
    for _ in simulation.history(actions):
        pass
    for number in simulation.rows:
        simulation.settle(number)
    if not foreign:
        laws.check_settled()
    return simulation


def check_folded_again(simulation: Simulation) -> None:
    """The events alone, through their bytes, give the same rows."""
    rows: dict[str, Row] = {}
    for stream, event in simulation.log:
        if stream.startswith("row/"):
            read = msgspec.json.decode(msgspec.json.encode(event), type=type(event))
            assert event == read
            rows[stream] = evolve(rows.get(stream, Row()), read)
    assert {f"row/{number}": row for number, row in simulation.rows.items()} == rows


@pytest.mark.parametrize("seed", range(SAMPLE))
def test_the_laws_hold_over_random_histories(seed: int) -> None:
    """A sample; every second one without anybody else writing to the gallery."""
    check_folded_again(tell(random.Random(seed), foreign=bool(seed % 2)))


@pytest.mark.soak
def test_the_laws_hold_over_20000_random_histories() -> None:
    """The whole campaign, with seeds that were never tried."""
    first = random.SystemRandom().randrange(10**9)
    print(f"seeds {first} to {first + CAMPAIGN - 1}")  # noqa: T201  (to try a failing one again)
    for seed in range(first, first + CAMPAIGN):
        try:
            check_folded_again(tell(random.Random(seed), foreign=bool(seed % 2)))
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.booleans(), st.integers(1, 100))
def test_the_laws_hold_over_histories_that_hypothesis_makes(
    chance: random.Random, foreign: bool, actions: int
) -> None:
    """Hypothesis shrinks what fails to a short history."""
    tell(chance, foreign=foreign, actions=actions)


def test_the_sample_reaches_every_event_of_a_row_and_most_refusals() -> None:
    """Laws over histories in which nothing happens would say little."""
    seen, refused = set[str](), set[str]()
    for seed in range(SAMPLE):
        simulation = tell(random.Random(seed), foreign=True)
        seen |= {type(event).__name__ for _, event in simulation.log}
        refused |= simulation.refusals.keys()
    elsewhere = {  # the end of a row has tests of its own: test_erasing.py
        event.__name__
        for event in EVENTS.values()
        if event.__module__ in ("machine.run_events", "machine.erasure_events")
    }
    assert set() == {event.__name__ for event in EVENTS.values()} - elsewhere - seen
    people = {
        "Approve",
        "EditText",
        "Pick",
        "Reject",
        "Rename",
        "ReopenRow",
        "RollBack",
        "Withdraw",
    }
    assert people <= refused


# --- Anything at all


def states(seed: int) -> list[Row]:
    """Return all the states that the rows of a random history went through."""
    simulation = tell(random.Random(seed), foreign=True)
    rows: dict[str, Row] = {}
    found = [Row()]
    for stream, event in simulation.log:
        if stream.startswith("row/"):
            rows[stream] = evolve(rows.get(stream, Row()), event)
            found.append(rows[stream])
    return found


STATES = [row for seed in (1, 3, 5, 8) for row in states(seed)]

any_state = st.sampled_from(STATES)
any_event: st.SearchStrategy[Event] = st.one_of(*map(anything, EVENTS.values()))
any_intent: st.SearchStrategy[i.Intent] = st.one_of(*map(anything, _RULES))


def test_every_intent_has_a_rule() -> None:
    """What can be asked is answered."""
    assert set(i.Intent.__subclasses__()) == set(_RULES)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_state, any_event)
def test_any_event_can_be_folded_into_any_state(row: Row, event: Event) -> None:
    """A newer or an older program may have written it; looking at the row never fails."""
    after = evolve(row, event)
    assert row.version + 1 == after.version
    changed = {part for part in PARTS if getattr(row.decided, part) != getattr(after.decided, part)}
    assert changed <= set(parts_of(event)) or after.happened.erasure  # from which no way leads back
    look_at(after)


def look_at(row: Row) -> None:
    """Compute everything that the projections and the driver compute."""
    review_status(row)
    qc_status(row)
    failure(row)
    next_action(row)
    next_effects(row)
    due_stages(row, dict.fromkeys(STAGES, "recipe"), "2024")


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_state, any_intent)
def test_any_intent_is_answered_or_refused(row: Row, intent: i.Intent) -> None:
    """Nothing but `Refused` is ever raised, and what is answered can be folded."""
    try:
        events = decide(row, intent)
    except Refused:
        return
    look_at(fold(events, row))
    for event in events:
        assert event == msgspec.json.decode(msgspec.json.encode(event), type=type(event))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_state, st.integers(0, 400), st.lists(st.sampled_from(PARTS), unique=True))
def test_going_back_and_forth_from_any_state(row: Row, to: int, parts: list[str]) -> None:
    """Where nothing outside has to change: back is the state of then, forth is that of now."""
    there = i.RollBack(to=to, rollback="a", claimed_by="r", parts=tuple(parts))
    try:
        back = fold(decide(row, there), row)
        if back.happened.saga:
            return
        forth = fold(decide(back, i.RollBack(to=row.version, rollback="b", claimed_by="r")), back)
    except Refused:
        return
    assert row.decided == forth.decided or forth.happened.saga
