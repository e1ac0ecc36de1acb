"""Publications and withdrawals: planned, done step by step, failed, brought back, resumed."""

import pytest
from msgspec import structs

from machine import events as e
from machine import intents as i
from machine import step_events as s
from machine.digests import record_digest
from machine.effects import EndSaga, PerformStep, WorkStage, next_effects
from machine.outside_plan import plan_outside
from machine.record import record_of
from machine.row import FileFact
from machine.status import failure, publication_due, qc_status, review_status
from machine.values import Step, StepReport
from tests.machine.rows import Told

WEB, THUMB = "2024/web/Cranes_001.JPG", "2024/thumb/Cranes_001.JPG"
KEY = "Cranes_001.JPG"


def actions(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    """Return what steps do to what."""
    return [(step.action, step.target) for step in steps]


def undo(events: tuple[object, ...]) -> tuple[Step, ...]:
    """Return the steps of the PublicationFailed among events."""
    (failed,) = [event for event in events if isinstance(event, e.PublicationFailed)]
    return failed.undo


def edited() -> Told:
    """Return a published row whose new caption is being published."""
    told = Told().published()
    told.edit("Mine")
    told.publish()
    return told


# --- The plan


def test_files_go_first_then_the_record() -> None:
    """A visitor never reads a record whose picture is not there."""
    told = Told().approved()
    told.publish()
    (started,) = told.history[-1:]
    assert isinstance(started, e.PublicationStarted)
    saga = told.row.happened.saga
    assert saga
    assert ("publication-1", "folder", "run-1") == (saga.id, saga.gallery, saga.claimed_by)
    expected = [("put_file", WEB), ("put_file", THUMB), ("put_record", KEY)]
    assert expected == actions(started.steps)
    assert "Publishing" == review_status(told.row)
    assert ["", "", ""] == [step.expected for step in started.steps]
    temporaries = {step.temporary for step in started.steps[:2]}
    assert {
        "2024/web/.publication-1-Cranes_001.JPG",
        "2024/thumb/.publication-1-Cranes_001.JPG",
    } == temporaries


def test_an_update_names_what_may_stand_there_now() -> None:
    """Each step expects our last file or record, and nobody else's."""
    told = edited()
    saga = told.row.happened.saga
    assert saga
    before = told.row.decided.publication
    expected = [before.files[WEB].sha256, before.files[THUMB].sha256, record_digest(before.record)]
    assert expected == [step.expected for step in saga.steps]


def test_only_what_is_approved_goes_out() -> None:
    """Text that no person saw, and rows that nobody wants, stay here."""
    told = Told().done()
    for intent in (i.Pick(), i.Reject()):
        told.ask(intent)
        assert "photojournal approve 7" == told.refused(start()).hint
    told.ask(i.Approve())
    (started,) = told.ask(start())
    assert isinstance(started, e.PublicationStarted)
    assert told.row.decided.decision.pins == started.pins


def start() -> i.StartPublication:
    """Return the intent to publish nothing but a record."""
    record = record_of(Told().approved().row, "p", "t")
    return i.StartPublication(
        publication="x", gallery="folder", claimed_by="r", files=(), record=record
    )


def test_a_plan_from_a_to_a_has_no_steps_and_the_way_back_is_the_reverse() -> None:
    """Files that are not wanted go last."""
    row = Told().published().row
    now = row.happened
    assert () == plan_outside(row, now.files, now.record, "x")
    down = plan_outside(row, {}, None, "x")
    assert [("remove_record", KEY), ("remove_file", THUMB), ("remove_file", WEB)] == actions(down)
    moved = {"2025/web/x.JPG": FileFact("new", 9)}
    expected = [("put_file", "2025/web/x.JPG"), ("remove_file", THUMB), ("remove_file", WEB)]
    assert expected == actions(plan_outside(row, moved, now.record, "x"))
    assert now.record
    other = structs.replace(now.record, file_name="Other_001.JPG")
    expected = [("remove_record", KEY), ("put_record", "Other_001.JPG")]
    assert expected == actions(plan_outside(row, now.files, other, "x"))
    corrected = structs.replace(now.record, caption="Mine")
    assert [("put_record", KEY)] == actions(plan_outside(row, now.files, corrected, "x"))


# --- The good end


def test_a_publication_ends_as_published_with_what_was_approved() -> None:
    """What stands outside is what counts, and the row is finished."""
    told = Told().published()
    decided, happened = told.row.decided, told.row.happened
    assert decided.decision.pins == decided.publication.pins
    assert {WEB, THUMB} == set(happened.files) == set(decided.publication.files)
    assert happened.record == decided.publication.record
    assert happened.ever_published
    assert ("Published", False) == (review_status(told.row), publication_due(told.row))
    assert happened.record
    assert told.refused(structs.replace(start(), record=happened.record)).nothing
    (began, *_) = told.ask(start())
    assert isinstance(began, e.PublicationStarted), "under other public addresses it goes out again"


def test_finished_renditions_are_remembered() -> None:
    """By name: what they were made of, and what they are."""
    told = Told().approved()
    for name, made in (("web", "f1"), ("thumb", "f2"), ("web", "f3")):
        finished = i.RecordFinished(name=name, source_sha256=name, sha256=made, size_bytes=9)
        told.ask(finished)
    expected = {"web": ("web", "f3", 9), "thumb": ("thumb", "f2", 9)}
    assert expected == told.row.happened.finished


def test_what_stood_there_already_counts_as_done() -> None:
    """A crash between the effect and its event is finished by doing it again."""
    told = Told().approved()
    told.publish()
    told.finish(["already", "already", "already"])
    assert "Published" == review_status(told.row)


def test_the_effects_of_an_open_saga_come_one_at_a_time() -> None:
    """The next step, then the end; attempts of stages beside them."""
    told = Told().approved()
    told.publish()
    told.start("score", recipe="another")
    step, work = next_effects(told.row)
    assert isinstance(step, PerformStep)
    assert isinstance(work, WorkStage)
    assert ("put_file", WEB, "run-1") == (step.step.action, step.step.target, step.claimed_by)
    for _ in range(3):
        told.ask(i.RecordStep(outcome="done"))
    end, _ = next_effects(told.row)
    assert EndSaga(saga="publication-1", claimed_by="run-1") == end
    told.ask(i.CloseSaga())
    assert 1 == len(next_effects(told.row))


def test_a_run_that_takes_over_goes_on_where_the_dead_one_stopped() -> None:
    """Steps that have an outcome are not done again."""
    told = Told().approved()
    told.publish()
    told.ask(i.RecordStep(outcome="done"))
    told.ask(i.ResumeSaga(claimed_by="run-2"))
    (step,) = next_effects(told.row)
    assert isinstance(step, PerformStep)
    assert (THUMB, "run-2") == (step.step.target, step.claimed_by)


def test_an_edit_during_a_publication_is_due_afterwards() -> None:
    """What was approved when it began goes out; what is new waits."""
    told = Told().approved()
    told.publish()
    pins = told.row.decided.decision.pins
    told.edit("Mine")
    told.finish()
    assert pins == told.row.decided.publication.pins
    assert ("Published", True) == (review_status(told.row), publication_due(told.row))


@pytest.mark.parametrize(
    "intent",
    [
        i.Reject(),
        i.Approve(),
        i.Rename(file_name="Other_001.JPG"),
        i.Withdraw(withdrawal="w", claimed_by="r"),
        i.RollBack(to=2, rollback="x", claimed_by="r"),
    ],
    ids=lambda intent: type(intent).__name__,
)
def test_while_a_publication_is_open_others_wait(intent: i.Intent) -> None:
    """Whoever asks is told how to settle it."""
    told = Told().approved()
    told.publish()
    refusal = told.refused(intent)
    assert "a publication is open" in str(refusal)
    assert "photojournal repair 7" == refusal.hint


# --- The bad end


def test_a_publication_that_fails_at_once_leaves_the_row_approved() -> None:
    """The gallery refused the first file: it may have taken it all the same, so we look."""
    told = Told().approved()
    told.publish()
    (failed,) = told.ask(i.RecordPublicationFailure(code="PublishRefused", detail="530"))
    assert isinstance(failed, e.PublicationFailed)
    assert f"put_file {WEB}" == failed.step
    assert [("remove_file", WEB)] == actions(failed.undo)
    assert "2024/web/.publication-1-Cranes_001.JPG" == failed.undo[0].temporary
    (undone,) = told.finish(["already"])
    assert isinstance(undone, e.PublicationUndone)
    assert ("Approved", "PublishRefused") == (review_status(told.row), qc_status(told.row))
    assert ("PublishRefused", f"{WEB}: 530") == failure(told.row)
    told.publish()
    assert ("", "") == failure(told.row)


def test_a_gallery_that_was_never_reached_leaves_nothing_to_take_back() -> None:
    """The row is approved again at once, with its failure."""
    told = Told().approved()
    told.publish()
    away = i.RecordPublicationFailure(code="PublishUnreachable", untouched=True)
    assert () == undo(told.ask(away))
    assert ("Approved", "PublishUnreachable") == (review_status(told.row), qc_status(told.row))


def test_a_publication_that_fails_midway_takes_back_what_it_did() -> None:
    """In reverse; the step whose answer was lost is taken back as well."""
    told = Told().approved()
    told.publish()
    told.ask(i.RecordStep(outcome="done"))
    told.ask(i.RecordStep(outcome="done"))
    events = told.ask(i.RecordPublicationFailure(code="PublishUnreachable"))
    expected = [("remove_record", KEY), ("remove_file", THUMB), ("remove_file", WEB)]
    assert expected == actions(undo(events))
    told.finish()
    assert ({}, None) == (told.row.happened.files, told.row.happened.record)
    assert "Approved" == review_status(told.row)


def test_a_step_that_was_found_impossible_was_not_done_and_is_not_taken_back() -> None:
    """Else what cannot be put could not be taken back either, and the row were stuck for ever."""
    told = Told().approved()
    told.publish()
    told.ask(i.RecordStep(outcome="done"))
    left, failed = told.ask(i.RecordStep(outcome="impossible", detail="a folder is in the way"))
    assert isinstance(left, s.StepLeft)
    assert isinstance(failed, e.PublicationFailed)
    assert "PublishFailed" == failed.code
    assert [("remove_file", WEB)] == actions(failed.undo)
    told = Told().approved()
    told.publish()
    gone = i.RecordStep(outcome="impossible", code="ObjectMissing")
    assert "ObjectMissing" == getattr(told.ask(gone)[1], "code", "")


def test_an_update_that_fails_brings_back_what_stood_there() -> None:
    """From the objects; expected is the new file, and the old one if nothing was done."""
    told = edited()
    before = told.row.decided.publication
    told.ask(i.RecordStep(outcome="done"))
    back = undo(told.ask(i.RecordPublicationFailure(code="PublishUnreachable")))
    assert [("put_file", THUMB), ("put_file", WEB)] == sorted(actions(back))
    assert {before.files[WEB].sha256, before.files[THUMB].sha256} == {one.sha256 for one in back}
    told.finish(["done", "already"])
    assert before.files == told.row.happened.files
    assert ("Published", True) == (review_status(told.row), publication_due(told.row))


def test_a_failure_after_the_last_step_takes_everything_back() -> None:
    """Such as a check of the whole that does not come out right."""
    told = Told().approved()
    told.publish()
    for _ in range(3):
        told.ask(i.RecordStep(outcome="done"))
    (failed,) = told.ask(i.RecordPublicationFailure(code="PublishFailed"))
    assert isinstance(failed, e.PublicationFailed)
    assert ("", 3) == (failed.step, len(failed.undo))


def test_an_undo_that_cannot_be_done_is_left_for_repair() -> None:
    """The other steps go on; repair tries the rest again, as often as it takes."""
    told = Told().approved()
    told.publish()
    told.ask(i.RecordStep(outcome="done"))
    told.ask(i.RecordPublicationFailure(code="PublishUnreachable"))
    told.ask(i.RecordStep(outcome="done"))
    (left,) = told.ask(i.RecordPublicationFailure(code="PublishUnreachable", detail="gone"))
    assert isinstance(left, s.StepLeft)
    (incomplete,) = told.ask(i.CloseSaga())
    assert isinstance(incomplete, e.PublicationUndoIncomplete)
    assert ("PublishFailed", f"{WEB}: gone") == failure(told.row)
    assert () == next_effects(told.row)
    assert "photojournal repair 7" == told.refused(i.CloseSaga()).hint
    assert "Publishing" == review_status(told.row)
    told.ask(i.ResumeSaga(claimed_by="run-2"))
    saga = told.row.happened.saga
    assert saga
    assert [("remove_file", WEB)] == actions(saga.steps)
    told.finish()
    assert ("Approved", {}) == (review_status(told.row), told.row.happened.files)


def test_the_events_say_how_each_step_ended() -> None:
    """Done by us, so already, or theirs; and what was replaced."""
    told = Told().approved()
    told.publish()
    told.finish(["done", "already", "already"])
    first = told.row.happened
    told.edit("Mine")
    told.publish()
    told.finish(["done", "done", "done"])
    told.withdraw()
    told.finish(["changed", "already", "done"])
    steps = [one for one in told.history if type(one).__module__ == s.__name__]
    outcomes = [getattr(one, "outcome", "") for one in steps]
    assert ["done", "already", "already"] == outcomes[:3]
    assert ["done", "done", "done"] == outcomes[3:6]
    assert ["changed", "already", "done"] == outcomes[6:]
    replaced = [getattr(one, "replaced", "") for one in steps[:6]]
    assert ["", "", None] == replaced[:3]
    before = [first.files[WEB].sha256, first.files[THUMB].sha256, first.record]
    assert before == replaced[3:]


# --- Withdrawal


def test_a_withdrawal_opens_the_decision_again() -> None:
    """The row is down and finished, until somebody decides anew."""
    told = Told().published()
    told.withdraw()
    assert "Published" == review_status(told.row)
    (withdrawn,) = told.finish()
    assert isinstance(withdrawn, e.Withdrawn)
    decided = told.row.decided
    assert ("Withdrawn", "undecided") == (review_status(told.row), decided.decision.value)
    down = i.Withdraw(withdrawal="x", claimed_by="r")
    assert told.refused(down).nothing


def test_a_withdrawal_that_cannot_be_finished_stays_open() -> None:
    """What could not be removed is tried again by repair."""
    told = Told().published()
    told.withdraw()
    (incomplete,) = told.finish(["done", "impossible", "done"])
    assert isinstance(incomplete, e.WithdrawalIncomplete)
    report = StepReport(action="remove_file", target=THUMB, outcome="impossible")
    assert (report,) == incomplete.reports
    assert "Published" == review_status(told.row)
    told.ask(i.ResumeSaga(claimed_by="run-2"))
    told.finish()
    assert "Withdrawn" == review_status(told.row)


def test_without_an_open_saga_there_is_nothing_to_record_or_close() -> None:
    """Steps belong to sagas."""
    told = Told().published()
    assert "no step is open" in str(told.refused(i.RecordStep(outcome="done")))
    assert told.refused(i.CloseSaga()).nothing
    assert told.refused(i.ResumeSaga(claimed_by="r")).nothing
    assert "no publication" in str(told.refused(i.RecordPublicationFailure(code="x")))
    told.withdraw()
    assert "steps to do" in str(told.refused(i.CloseSaga()))
