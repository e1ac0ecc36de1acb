"""Somebody else's files and records in the gallery: left alone, and never claimed as ours."""

from machine import intents as i
from machine import step_events as s
from machine.digests import record_digest
from machine.next_action import next_action
from machine.status import failure, left_outside, review_status
from machine.values import Outcome
from tests.machine.rows import Told
from tests.machine.test_sagas import KEY, THUMB, WEB, actions, edited, undo


def test_what_somebody_put_there_first_is_neither_overwritten_nor_claimed() -> None:
    """A name clash in the gallery: nothing of ours stands there, so nothing is taken back there."""
    told = Told().approved()
    told.publish()
    events = told.ask(i.RecordStep(outcome="changed", detail="other bytes"))
    assert () == undo(events)
    assert {} == told.row.happened.files
    assert ("TargetChanged", f"{WEB}: other bytes") == failure(told.row)
    assert "Approved" == review_status(told.row)


def test_our_file_that_somebody_replaced_is_ours_no_longer() -> None:
    """The update stops, leaves theirs alone and brings back only what is ours."""
    told = edited()
    before = told.row.decided.publication
    told.ask(i.RecordStep(outcome="done"))
    events = told.ask(i.RecordStep(outcome="changed"))
    assert [("put_file", WEB)] == actions(undo(events))
    told.finish()
    assert {WEB: before.files[WEB]} == told.row.happened.files
    told.withdraw()
    saga = told.row.happened.saga
    assert saga
    looked_at = ("remove_file", THUMB)
    assert [("remove_record", KEY), ("remove_file", WEB), looked_at] == actions(saga.steps)
    assert before.files[THUMB].sha256 == saga.steps[-1].expected


def test_what_turned_out_not_to_be_ours_is_not_put_back_either() -> None:
    """The row moved; one of its old files was replaced by somebody, then the gallery went away."""
    told = Told().published()
    told.edit("Mine")
    told.publish(folder="2025")
    for outcome in ("done", "done", "done", "changed"):
        told.ask(i.RecordStep(outcome=outcome))
    assert [WEB] == [path for path in told.row.happened.files if path.startswith("2024")]
    back = undo(told.ask(i.RecordPublicationFailure(code="PublishUnreachable")))
    assert [WEB] == [step.target for step in back if step.action == "put_file"]
    told.finish()
    assert [WEB] == list(told.row.happened.files)


def test_our_record_that_somebody_replaced_is_ours_no_longer() -> None:
    """Their row is neither overwritten nor removed."""
    told = edited()
    told.ask(i.RecordStep(outcome="done"))
    told.ask(i.RecordStep(outcome="done"))
    events = told.ask(i.RecordStep(outcome="changed"))
    assert [("put_file", WEB), ("put_file", THUMB)] == sorted(actions(undo(events)), reverse=True)
    told.finish()
    assert told.row.happened.record is None
    assert "Published" == review_status(told.row)


def test_taking_down_leaves_what_somebody_put_in_our_place() -> None:
    """Ours is gone then; the event says that it was theirs."""
    told = Told().published()
    told.withdraw()
    told.finish(["done", "changed", "done"])
    (removed,) = [
        event
        for event in told.history
        if isinstance(event, s.FileRemoved) and event.outcome == "changed"
    ]
    assert THUMB == removed.target
    assert ("Withdrawn", {}) == (review_status(told.row), told.row.happened.files)


def test_what_was_left_is_looked_at_until_it_is_gone() -> None:
    """The row is not finished, and the next withdrawal does nothing but look."""
    told = Told().published()
    told.withdraw()
    told.finish(["done", "changed", "done"])
    looks: list[tuple[Outcome, tuple[str, ...]]] = [("changed", (THUMB,)), ("already", ())]
    for outcome, left in looks:
        action = next_action(told.row)
        assert action
        assert f"photojournal withdraw {told.row.happened.row}" == action.command
        assert "TargetChanged" == failure(told.row)[0]
        told.withdraw()
        saga = told.row.happened.saga
        assert saga
        assert [("remove_file", THUMB)] == actions(saga.steps)
        assert "" == saga.steps[0].expected
        told.finish([outcome])
        assert left == left_outside(told.row)
    assert (None, ("", "")) == (next_action(told.row), failure(told.row))


def test_a_line_that_a_publication_met_is_looked_at_before_the_pictures_go() -> None:
    """It is removed only if what was published stands there again."""
    told = edited()
    published = told.row.decided.publication.record
    told.ask(i.RecordStep(outcome="done"))
    told.ask(i.RecordStep(outcome="done"))
    told.ask(i.RecordStep(outcome="changed"))
    told.finish()
    told.withdraw()
    saga = told.row.happened.saga
    assert saga
    assert [("remove_record", KEY), ("remove_file", THUMB), ("remove_file", WEB)] == actions(
        saga.steps
    )
    assert record_digest(published) == saga.steps[0].expected
