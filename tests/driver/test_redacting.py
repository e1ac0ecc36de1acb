"""Redacting an event: what it alone names in the store goes with it, at once."""

import pytest

from driver import redacting
from driver.errors import Misused
from machine.events import AttemptFailed
from machine.intents import RecordFailure, StartAttempt
from machine.values import ModelCall
from tests.driver.desk import Desk

RAW = b'{"response": "the neighbour, drunk again"}'


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Two photos; about each a model said the same that was refused, and the texts came later."""
    desk.ingest(desk.photo("coffee"), desk.photo("chelsea"))
    with desk.program("prefill") as program:
        reply, shell = program.objects.put(RAW), program.shell
        for number in (1, 2):
            claim = StartAttempt(stage="prefill", recipe_digest="a", claimed_by=shell.run_id)
            shell.ask(number, claim)
            failed = RecordFailure(
                stage="prefill",
                attempt=1,
                input_digest=shell.row(number).happened.prefill.digest,
                code="PrefillRefused",
                detail="the neighbour",
                call=ModelCall(model="m", reply_digest=reply),
            )
            shell.ask(number, failed)
    desk.work("prefill")
    return desk


def failure_of(desk: Desk, number: int) -> int:
    """Return where it stands that the model failed."""
    with desk.reading() as journal:
        history = journal.read_stream(f"row/{number}")
    return next(one.position for one in history if isinstance(one.event, AttemptFailed))


def redact(desk: Desk, *positions: int) -> int:
    """Redact events; return how many objects went with them."""
    with desk.program("redact", effects=False) as program:
        found = redacting.plan(program.journal, [], positions)
        objects = len(redacting.objects_of(program, found).own)
        redacting.redact(program, found, "asked for")
    return objects


def replies(desk: Desk) -> int:
    """Return how many files of the store hold the reply."""
    files = (one for one in desk.workspace.objects.rglob("*") if one.is_file())
    return sum(RAW in one.read_bytes() for one in files)


def test_the_raw_reply_of_a_model_goes_with_the_last_event_that_names_it(desk: Desk) -> None:
    """As long as another event refers to it, it stays; then it does not wait for `prune`."""
    assert 0 == redact(desk, failure_of(desk, 1))
    assert 1 == replies(desk)
    assert 1 == redact(desk, failure_of(desk, 2))
    assert 0 == replies(desk)
    assert 0 == redact(desk, failure_of(desk, 2))
    desk.check()


def test_both_events_at_once_take_it_along(desk: Desk) -> None:
    """What is forgotten together is nobody else's."""
    assert 1 == redact(desk, failure_of(desk, 1), failure_of(desk, 2))
    assert 0 == replies(desk)


def test_beside_a_living_run_nothing_is_begun(desk: Desk) -> None:
    """It may be about to name the same bytes."""
    with desk.program("score"), pytest.raises(Misused, match="is at work"):
        redact(desk, failure_of(desk, 1), failure_of(desk, 2))
    assert 1 == replies(desk)
    assert 1 == redact(desk, failure_of(desk, 1), failure_of(desk, 2))
