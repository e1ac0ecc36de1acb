"""Going back: what counts is set back part by part; what happened never is."""

import pytest

from machine import events as e
from machine import intents as i
from machine.row import PARTS, Decided, attempts_of
from machine.status import review_status, stage_status
from tests.machine.rows import TEXT, Told


def versions(told: Told, *kinds: type[object]) -> list[int]:
    """Return the versions at which events of these classes stand."""
    return [number for number, event in enumerate(told.history, 1) if isinstance(event, kinds)]


def test_going_back_restores_what_counted_and_erases_nothing() -> None:
    """Every part is what it was at that version."""
    told = Told().done()
    version, then = told.row.version, told.row.decided
    told.edit("Mine")
    told.ask(i.Pick())
    (back,) = told.roll_back(version)
    assert isinstance(back, e.RolledBack)
    assert {"prefill", "decision"} == set(back.parts)
    assert then == told.row.decided
    assert version + 3 == told.row.version


def test_going_back_from_going_back_restores_the_later_state() -> None:
    """Redo is a rollback to a later version."""
    told = Told().done()
    version = told.row.version
    told.edit("Mine")
    later, then = told.row.version, told.row.decided
    told.roll_back(version)
    told.roll_back(later)
    assert then == told.row.decided


def test_every_version_can_be_reached_from_every_other() -> None:
    """Rolled-back ones too."""
    told = Told().done()
    told.edit("Mine")
    told.ask(i.Pick())
    states = {mark.version: mark.decided for mark in told.row.marks[1:]}
    for version, state in (*states.items(), *reversed(states.items())):
        if state != told.row.decided:
            told.roll_back(version)
        assert state == told.row.decided


def test_before_its_beginning_a_row_is_nothing_but_its_bytes() -> None:
    """So that it can live again when they come in once more."""
    told = Told().done()
    photo = told.row.decided.photo
    told.roll_back(0)
    assert Decided(photo=photo) == told.row.decided
    told.ask(i.ReopenRow(set_id="20240501-2"))
    assert photo == told.row.decided.photo


def test_single_parts_go_back_alone() -> None:
    """As `rollback --run` takes back only what the run touched."""
    told = Told().done()
    version = told.row.version
    told.edit("Mine")
    told.ask(i.Pick())
    (back,) = told.roll_back(version, "prefill", "score")
    assert isinstance(back, e.RolledBack)
    assert ("prefill",) == back.parts
    assert TEXT == told.row.decided.prefill.text
    assert "picked" == told.row.decided.decision.value


def test_nothing_to_go_back_to_is_said_so() -> None:
    """The version that is, one that never was, and one that makes no difference."""
    told = Told().done()
    here = i.RollBack(to=told.row.version, rollback="x", claimed_by="r")
    assert told.refused(here).nothing
    future = i.RollBack(to=told.row.version + 1, rollback="x", claimed_by="r")
    assert "has no version" in str(told.refused(future))
    past = i.RollBack(to=-1, rollback="x", claimed_by="r")
    assert "has no version" in str(told.refused(past))


def test_a_version_inside_a_publication_is_no_target() -> None:
    """Nobody knows what stood outside in the middle of it."""
    told = Told().published()
    (start,), (end,) = versions(told, e.PublicationStarted), versions(told, e.Published)
    for version in range(start, end):
        inside = i.RollBack(to=version, rollback="x", claimed_by="r")
        assert "lies inside a publication" in str(told.refused(inside))
    told.roll_back(start - 1)


def test_going_back_past_a_publication_takes_the_outside_along() -> None:
    """The row changes only when the outside has."""
    told = Told().approved()
    version, then = told.row.version, told.row.decided
    told.publish()
    told.finish()
    published, public = told.row.version, told.row
    (started,) = told.roll_back(version)
    assert isinstance(started, e.RollbackStarted)
    assert public.decided == told.row.decided
    (back,) = told.finish()
    assert isinstance(back, e.RolledBack)
    assert then == told.row.decided
    assert ({}, None) == (told.row.happened.files, told.row.happened.record)
    told.roll_back(published)
    told.finish()
    assert public.decided == told.row.decided
    assert public.happened.files == told.row.happened.files
    assert public.happened.record == told.row.happened.record


def test_going_back_from_a_withdrawal_puts_the_same_bytes_up_again() -> None:
    """From the recorded objects."""
    told = Told().published()
    version, public = told.row.version, told.row
    told.withdraw()
    told.finish()
    told.roll_back(version)
    told.finish()
    assert public.decided == told.row.decided
    assert public.happened.files == told.row.happened.files


def test_a_rollback_that_meets_something_foreign_stays_incomplete() -> None:
    """Status unchanged, what stands in the way is named, repair tries again."""
    told = Told().approved()
    version = told.row.version
    told.publish()
    told.finish()
    public = told.row.decided
    told.roll_back(version)
    (incomplete,) = told.finish(["impossible", "done", "done"])
    assert isinstance(incomplete, e.RollbackIncomplete)
    assert ("Published", public) == (review_status(told.row), told.row.decided)
    told.ask(i.ResumeSaga(claimed_by="run-2"))
    told.finish()
    assert "Approved" == review_status(told.row)


@pytest.mark.parametrize(
    "intent",
    [i.EditText(caption="Mine"), i.Relabel(labels=Told().row.decided.labels), i.Pick()],
    ids=lambda intent: type(intent).__name__,
)
def test_people_wait_for_an_open_rollback(intent: i.Intent) -> None:
    """What they do now might be lost at its end, and its plan had not named it."""
    told = Told().approved()
    version = told.row.version
    told.publish()
    told.finish()
    told.roll_back(version)
    assert "a rollback is open" in str(told.refused(intent))


@pytest.mark.parametrize("parts", [("intake",), ("decision",), ("intake", "decision")])
def test_single_parts_never_leave_an_unwanted_row_outside(parts: tuple[str, ...]) -> None:
    """Going back to before it was wanted takes the publication along, or is refused."""
    told = Told().done()
    told.ask(i.Reject())
    rejected = told.row.version
    told.ask(i.Approve())
    told.publish()
    told.finish()
    to = 0 if "intake" in parts else rejected
    apart = i.RollBack(to=to, rollback="x", claimed_by="r", parts=parts)
    assert "published and not wanted" in str(told.refused(apart))
    told.roll_back(to)
    told.finish()
    assert "Rejected" == review_status(told.row)
    assert {} == told.row.happened.files


def test_a_publication_does_not_come_back_alone_to_a_rejected_row() -> None:
    """It would be published and rejected at once."""
    told = Told().published()
    version = told.row.version
    told.withdraw()
    told.finish()
    told.ask(i.Reject())
    alone = i.RollBack(to=version, rollback="x", claimed_by="r", parts=("publication",))
    assert "published and not wanted" in str(told.refused(alone))
    told.roll_back(version)
    told.finish()
    assert "Published" == review_status(told.row)


def test_parts_that_do_not_touch_the_decision_go_back_on_a_published_row() -> None:
    """Also to versions at which the row was rejected."""
    told = Told().done()
    told.ask(i.Reject())
    version = told.row.version
    told.ask(i.Approve())
    told.publish()
    told.finish()
    told.edit("Mine")
    told.roll_back(version, "prefill")
    assert TEXT == told.row.decided.prefill.text
    told.roll_back(0, "prefill")
    assert "Published" == review_status(told.row)


@pytest.mark.parametrize("outside", [False, True])
def test_going_back_says_why_and_what_it_undoes(outside: bool) -> None:
    """`undo` finds its way by these words, with or without a saga between."""
    told = Told().approved()
    version = told.row.version
    if outside:
        told.publish()
        told.finish()
    else:
        told.ask(i.Reject())
    back = i.RollBack(
        to=version, rollback="r1", claimed_by="r", reason="oops", undoes="undo run-1#3"
    )
    told.ask(back)
    told.finish()
    last = told.history[-1]
    assert isinstance(last, e.RolledBack)
    assert ("oops", "undo run-1#3") == (last.reason, last.undoes)
    assert ("r1" if outside else "") == last.rollback


def test_a_name_stays_when_the_row_goes_back_past_it() -> None:
    """Both names find it; the newer one counts."""
    told = Told().approved()
    version = told.row.version
    told.ask(i.Rename(file_name="Other_001.JPG"))
    told.roll_back(version)
    happened = told.row.happened
    assert ("Other_001.JPG", ("Cranes_001.JPG",)) == (happened.file_name, happened.former_names)
    told.publish()
    told.finish()
    assert "Published" == review_status(told.row)


def test_attempts_and_budgets_do_not_go_back() -> None:
    """What was tried was tried; a row that is suspect stays so."""
    told = Told().done("score", "resize")
    version = told.row.version
    told.done("prefill")
    told.start("prefill", recipe="another")
    told.ask(i.RecordInterruption(stage="prefill", run="run-1"))
    told.fail("prefill", "transient")
    told.die("prefill", alone=False)
    told.roll_back(version)
    attempts = attempts_of(told.row, "prefill")
    assert (4, True) == (attempts.count, attempts.alone_next)
    assert [1] == [ledger.charged for ledger in attempts.ledger.values()]
    assert "due" == stage_status(told.row, "prefill")


def test_an_attempt_that_is_open_survives_a_rollback() -> None:
    """Its outcome comes in, and counts if its input is still the row's."""
    told = Told().done("score", "resize")
    version = told.row.version
    told.done("prefill")
    told.start("prefill", recipe="another")
    told.roll_back(version)
    assert "running" == stage_status(told.row, "prefill")
    told.ask(told.result("prefill"))
    assert "done" == stage_status(told.row, "prefill")


def test_all_parts_are_named() -> None:
    """The list that rollbacks and `parts_of` speak of."""
    expected = "intake labels photo prefill score rating resize decision publication"
    assert expected == " ".join(PARTS)
