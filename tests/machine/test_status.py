"""What a row's state is called, by a table of its corners, and what to type next in each."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from machine import intents as i
from machine.decide import decide
from machine.failures import FAILURES, hint_for
from machine.next_action import next_action
from machine.status import (
    due_stages,
    failure,
    publication_due,
    qc_status,
    review_status,
    statuses,
)
from machine.values import STAGES, Labels, Text
from tests.machine.rows import RULE, TEXT, Told

BLANK = Text(caption="", alt_text="x", keywords=("a", "b", "c"))


def fresh() -> Told:
    """Return a row that just came in."""
    return Told()


def running() -> Told:
    """Return a row whose last stage is claimed."""
    told = Told().done("prefill", "score")
    told.start("resize")
    return told


def failing(policy: str, *, times: int = 1) -> Callable[[], Told]:
    """Return a row whose scoring failed."""

    def make() -> Told:
        told = Told().done("prefill", "resize")
        for _ in range(times):
            told.fail("score", policy)
        return told

    return make


def interrupted() -> Told:
    """Return a row during whose scoring the program died."""
    told = Told().done("prefill", "resize")
    told.die("score", alone=False)
    return told


def set_aside_and_failed() -> Told:
    """Return a row with one stage set aside and another that failed."""
    told = Told().done("prefill")
    told.fail("score", "transient")
    told.fail("resize", "permanent")
    return told


def both_set_aside() -> Told:
    """Return a row whose original was missing whenever a stage looked for it."""
    told = Told().done("prefill")
    for _ in range(3):
        told.fail("score", "transient")
        told.fail("resize", "transient")
    return told


def never_scored(text: Text = TEXT) -> Told:
    """Return a row that is ready but for a score that cannot be had."""
    told = Told().done("resize")
    told.done("prefill", text=text)
    for _ in range(3):
        told.start("score")
        told.ask(replace(told.failure("score", "transient"), code="ScoreIncomplete"))
    return told


def unneeded_failure() -> Told:
    """Return a row of a profile without scores, whose scoring failed all the same."""
    told = Told(needed=("prefill", "resize")).done("prefill", "resize")
    told.fail("score", "transient")
    return told


def stale() -> Told:
    """Return a row whose labels were corrected after a machine wrote."""
    told = Told().done()
    told.ask(i.Relabel(labels=Labels(subject="Other")))
    return told


def asked(*intents: i.Intent) -> Callable[[], Told]:
    """Return a row that is done, of which something was asked."""

    def make() -> Told:
        told = Told().done()
        for intent in intents:
            told.ask(intent)
        return told

    return make


def publishing() -> Told:
    """Return a row that goes out."""
    told = Told().approved()
    told.publish()
    return told


def publication_failed() -> Told:
    """Return a row whose publication failed with nothing left outside."""
    told = publishing()
    told.ask(i.RecordPublicationFailure(code="PublishRefused"))
    told.finish()
    return told


def undoing() -> Told:
    """Return a row whose failed publication is being taken back."""
    told = publishing()
    told.ask(i.RecordPublicationFailure(code="PublishRefused"))
    return told


def published_and_edited() -> Told:
    """Return a published row with a newer text."""
    told = Told().published()
    told.edit("Mine")
    return told


def withdrawing() -> Told:
    """Return a row that is being taken down."""
    told = Told().published()
    told.withdraw()
    return told


def withdrawn() -> Told:
    """Return a row that was taken down."""
    told = withdrawing()
    told.finish()
    return told


def withdrawn_and_approved() -> Told:
    """Return a withdrawn row that was approved again."""
    told = withdrawn()
    told.ask(i.Approve())
    return told


def approval_taken_back_from_a_published_row() -> Told:
    """Return a published row whose decision alone went back."""
    told = Told().done()
    version = told.row.version
    told.ask(i.Approve())
    told.publish()
    told.finish()
    told.roll_back(version, "decision")
    return told


def withdrawal_kept_and_decision_taken_back() -> Told:
    """Return a row that is down, and whose decision alone went back to approved."""
    told = Told().approved()
    version = told.row.version
    told.publish()
    told.finish()
    told.withdraw()
    told.finish()
    told.roll_back(version, "decision")
    return told


def scored_again_in_vain() -> Told:
    """Return an approved row whose new scores failed."""
    told = Told().approved()
    told.ask(i.Retry(stage="score"))
    told.fail("score", "transient")
    return told


def approved_and_out_of_the_queue() -> Told:
    """Return an approved row whose ingestion alone was rolled back."""
    told = Told().approved()
    told.roll_back(0, "intake")
    return told


def gone() -> Told:
    """Return a row whose ingestion was rolled back."""
    told = Told().done()
    told.roll_back(0)
    return told


CORNERS: list[tuple[Callable[[], Told], str, str, str]] = [
    (fresh, "Queued", "NA", "prefill 7"),
    (running, "Queued", "Good", "repair 7"),
    (failing("transient"), "Error", "ScoringFailed", "retry 7"),
    (failing("transient", times=3), "Quarantined", "ScoringFailed", "release 7 --stage score"),
    (failing("native"), "Error", "ScoringNativeCrash", "retry 7"),
    (failing("permanent"), "Quarantined", "ScoringUnreadable", "replace 7 FILE"),
    (failing("nobody"), "Queued", "NA", "score 7"),
    (interrupted, "Queued", "NA", "score 7"),
    (set_aside_and_failed, "Quarantined", "ScoringFailed", "replace 7 FILE"),
    (both_set_aside, "Quarantined", "ScoringFailed", "release 7 --reason"),
    (never_scored, "Quarantined", "ScoringFailed", "approve 7 --waive"),
    (lambda: never_scored(BLANK), "Quarantined", "ScoringFailed", "release 7 --stage score"),
    (unneeded_failure, "Pending", "ScoringFailed", "approve 7"),
    (stale, "Queued", "Good", "prefill 7"),
    (lambda: Told().done(), "Pending", "Good", "approve 7"),
    (lambda: Told().done(author=RULE), "Pending", "Good", "edit 7"),
    (lambda: Told().done(text=BLANK), "Pending", "Good", "edit 7"),
    (asked(i.Pick()), "Pending", "Good", "approve 7"),
    (asked(i.Approve()), "Approved", "Good", "publish 7"),
    (asked(i.Reject()), "Rejected", "Good", ""),
    (asked(i.Retry(stage="score")), "Queued", "Good", "score 7"),
    (asked(i.Approve(), i.Retry(stage="score")), "Approved", "Good", "publish 7"),
    (publishing, "Publishing", "Good", "repair 7"),
    (undoing, "Publishing", "PublishRefused", "repair 7"),
    (publication_failed, "Approved", "PublishRefused", "publish 7"),
    (lambda: Told().published(), "Published", "Good", ""),
    (published_and_edited, "Published", "Good", "publish 7"),
    (withdrawing, "Published", "Good", "repair 7"),
    (withdrawn, "Withdrawn", "Good", ""),
    (withdrawn_and_approved, "Approved", "Good", "publish 7"),
    (approval_taken_back_from_a_published_row, "Published", "Good", ""),
    (withdrawal_kept_and_decision_taken_back, "Approved", "Good", "publish 7"),
    (scored_again_in_vain, "Approved", "ScoringFailed", "publish 7"),
    (approved_and_out_of_the_queue, "Rejected", "Good", ""),
    (gone, "Rejected", "NA", ""),
]


@pytest.mark.parametrize(("make", "status", "qc", "command"), CORNERS)
def test_every_corner_has_a_name_and_a_next_command(
    make: Callable[[], Told], status: str, qc: str, command: str
) -> None:
    """Review_Status, QC_Status, next_action; finished rows have no next command."""
    row = make().row
    assert (status, qc) == (review_status(row), qc_status(row))
    assert status == review_status(row, statuses(row))
    action = next_action(row)
    assert bool(command) is (action is not None)
    if action:
        assert action.command.startswith(f"photojournal {command}")
        assert decide(row, action.intent)


def test_what_is_out_of_the_queue_is_not_due() -> None:
    """Neither for a stage nor for publication."""
    row = approved_and_out_of_the_queue().row
    assert not publication_due(row)
    assert () == due_stages(row, dict.fromkeys(STAGES, "another"), "2024")


def test_scores_that_came_after_the_publication_are_due() -> None:
    """The published record lacked them; once it has them, all is well."""
    told = Told(needed=("prefill", "resize")).done("prefill", "resize")
    told.ask(i.Approve())
    told.publish()
    told.finish()
    assert not publication_due(told.row)
    told.done("score")
    action = next_action(told.row)
    assert action
    assert "photojournal publish 7" == action.command
    told.publish()
    told.finish()
    assert not publication_due(told.row)
    told.done("score")
    assert not publication_due(told.row)


def test_a_failed_publication_is_forgotten_when_it_is_no_longer_due() -> None:
    """Nothing is wrong with a row that somebody rejected."""
    told = publication_failed()
    assert "PublishRefused" == failure(told.row)[0]
    told.ask(i.Reject())
    assert ("", "") == failure(told.row)


def test_every_code_says_what_it_means_and_what_to_do() -> None:
    """A table without gaps: each code has a stage, a domain and words."""
    stages = {"prefill", "score", "resize", "publish", "ingest", "any"}
    for code, known in FAILURES.items():
        assert code == known.code
        assert code.isalnum()
        assert known.stage in stages
        assert 1 <= known.domain <= 13
        assert known.meaning[0].islower()
        assert known.hint or known.stage == "ingest"
        assert "{" not in hint_for(code, 7)
    assert "" == hint_for("Novel", 7)


def test_the_codes_that_other_parts_rely_on_exist() -> None:
    """People grep for these."""
    codes = {"PrefillNativeCrash", "PrefillTimeout", "ScoringFailed", "ResizeFailed"}
    assert codes <= FAILURES.keys()


@pytest.mark.parametrize(
    "code", [code for code in FAILURES if FAILURES[code].hint.endswith("photojournal retry {row}")]
)
def test_the_hint_of_a_stage_that_is_set_aside_is_its_release(code: str) -> None:
    """A retry would be refused there."""
    release = "photojournal release 7 --stage score --reason '...'"
    assert hint_for(code, 7).endswith("photojournal retry 7")
    assert release in hint_for(code, 7, release)
    assert "photojournal retry" not in hint_for(code, 7, release)
