"""What is left of a row that was erased: its place in every listing, and nothing that it said."""

import random
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from journal import RedactedEvent
from machine import events as e
from machine import intents as i
from machine import run_events as r
from machine.decide import _RULES, decide
from machine.erasure_events import Unreached
from machine.event_base import Event
from machine.events import EVENTS, RolledBack
from machine.evolve import _ARMS, evolve
from machine.forgetting import _LEFT, _NOTHING_LEFT, ERASED, WITHOUT_CONTENT, left_of
from machine.next_action import next_action
from machine.refusals import Refused
from machine.row import Row
from machine.status import ReviewStatus, due_stages, outside, review_status
from machine.values import Author
from tests.machine.anything import anything
from tests.machine.laws import Laws
from tests.machine.wire import _filled, example
from tests.simulation import Simulation

SEEDS = 6
START = i.StartErasure(reason="asked for", unreached=(Unreached(what="backup", where="/mnt/b"),))
FINISH = i.FinishErasure(events=7, objects=2, size_bytes=9)
KEPT = ("file_name", "former", "target", "path", "thumb_path", "temporary", "step")
"""Fields with names of the row, which it keeps for ever."""


def lived(seed: int) -> tuple[Simulation, int]:
    """Return a made-up history of one row, with nothing open at its end."""
    simulation = Simulation(random.Random(seed), rows=1, foreign=False)
    Laws(simulation)
    for _ in simulation.history(80):
        pass
    number = max(simulation.rows)
    simulation.settle(number)
    if outside(simulation.rows[number]):
        simulation.ask(number, i.Withdraw(withdrawal="last", claimed_by="settler"))
        simulation.settle(number)
    return simulation, number


def erased(row: Row) -> Row:
    """Return the row after its erasure."""
    for intent in (START, FINISH):
        for event in decide(row, intent):
            row = evolve(row, event)
    return row


def texts(value: Any, field: str = "") -> Iterator[str]:
    """Yield what is said in an event, but for names, ids, words of the program and digests."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner, field)
    elif isinstance(value, str) and field not in KEPT:
        yield value


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_is_done_with_a_row_after_its_erasure(seed: int) -> None:
    """Whatever is asked or comes in late is refused, and there is nothing left to type."""
    simulation, number = lived(seed)
    row = erased(simulation.rows[number])
    assert "Erased" == review_status(row)
    assert None is next_action(row)
    assert () == due_stages(row, {}, "9999")
    assert not outside(row)
    for kind in _RULES.keys() - {i.StartErasure, i.FinishErasure}:
        with pytest.raises(Refused, match="was erased"):
            decide(row, msgspec.convert(_filled(inspect.type_info(kind), kind.__name__), kind))
    with pytest.raises(Refused) as refused:
        decide(row, START)
    assert refused.value.nothing


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_left_of_a_life_folds_to_the_same_statuses_without_a_word(seed: int) -> None:
    """So `--at` a moment before shows the row as what it was, and says nothing of it."""
    simulation, number = lived(seed)
    history = [event for stream, event in simulation.log if stream == f"row/{number}"]
    said = {text for event in history for text in texts(msgspec.to_builtins(event))}
    row, left_row = Row(), Row()
    for event in history:
        left = left_of(event)
        row, left_row = evolve(row, event), evolve(left_row, left or RedactedEvent())
        assert review_status(left_row) in get_args(ReviewStatus)
        next_action(left_row)  # The queue of any moment can be shown.
        assert row.happened.row == left_row.happened.row
        assert row.happened.file_name == left_row.happened.file_name
        assert (row.happened.saga is None) is (left_row.happened.saga is None)
        assert row.happened.files.keys() == left_row.happened.files.keys()
        if left is not None:
            again = left_of(left)
            assert again is left, "what is left never has to be forgotten again"
            kept = msgspec.json.encode(left).decode()
            assert not [one for one in said if " " in one and one in kept], event
    assert erased(row).happened == erased(left_row).happened
    assert row.decided.publication.value == left_row.decided.publication.value


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_left_of_any_event_can_be_written(data: st.DataObject) -> None:
    """Of its class, and the same after a second look."""
    kind = data.draw(st.sampled_from(sorted(EVENTS.values(), key=lambda one: one.tag)))
    event = data.draw(anything(kind))
    left = left_of(event)
    if left is not None:
        read = msgspec.json.decode(msgspec.json.encode(left), type=kind)
        assert read == left
        assert left_of(left) is left


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.tag)
def test_of_every_event_of_a_row_it_is_known_what_is_left(event: type[Event]) -> None:
    """A new one has to be put into one of the three lists of `machine.forgetting`."""
    lists = (event in _NOTHING_LEFT, event in _LEFT, event in WITHOUT_CONTENT)
    of_rows = event in _ARMS or event in (RolledBack, e.PrivateMetadataRead)
    assert sum(lists) == 1 or not of_rows
    if event in _LEFT:
        salted = {"salt": ""} if event.salted else {}
        words = set(texts(msgspec.to_builtins(left_of(example(event))) | salted))
        assert not [one for one in words if one.startswith(("caption ", "original_name ", "path "))]


def test_a_command_line_keeps_its_verb_its_options_and_its_numbers() -> None:
    """What was typed as a value is gone, whichever way it was typed."""
    started = r.RunStarted(
        verb="edit",
        argv=("-w", "/home/anna/ws", "edit", "17", "--caption", "Berta", "--location=Berlin"),
        pid=1,
        host="h",
        program="1",
        versions={},
        config_digest="",
        effects=False,
    )
    left = left_of(started)
    assert isinstance(left, r.RunStarted)
    assert ("-w", ERASED, "edit", "17", "--caption", ERASED, f"--location={ERASED}") == left.argv


def test_an_erasure_begins_when_nothing_is_open_or_outside() -> None:
    """And until it is over, the next command is to go on with it."""
    for seed in range(SEEDS):
        simulation = Simulation(random.Random(seed), rows=1)
        for _ in simulation.history(60):
            for row in simulation.rows.values():
                free = not outside(row) and row.happened.saga is None
                free = free and not any(
                    getattr(row.happened, stage).open for stage in ("prefill", "score", "resize")
                )
                if not free:
                    with pytest.raises(Refused, match=r"cannot erase|take it down"):
                        decide(row, START)
                    continue
                (started,) = decide(row, START)
                begun = evolve(row, started)
                action = next_action(begun)
                assert action is not None
                assert f"photojournal erase {row.happened.row} --reason '...'" == action.command
                assert decide(begun, action.intent)


def test_going_back_to_a_text_that_was_redacted_is_refused() -> None:
    """Else `(erased)` would go out as a caption."""
    simulation, number = lived(3)
    row, redacted = Row(), Row()
    for stream, event in simulation.log:
        if stream == f"row/{number}":
            row = evolve(row, event)
            forgotten = isinstance(event, e.Prefilled | e.TextEdited | e.TextCleaned)
            redacted = evolve(redacted, (left_of(event) if forgotten else None) or event)
    mine = [
        mark.version for mark in row.marks if mark.decided.prefill.text.caption and mark.settled
    ]
    wanted = i.RollBack(to=mine[0], rollback="back", parts=("prefill",), claimed_by="me")
    now = evolve(
        redacted,
        e.TextEdited(text=row.decided.prefill.text, author=Author(kind="human"), based_on=""),
    )
    with pytest.raises(Refused, match="was redacted"):
        decide(now, wanted)
