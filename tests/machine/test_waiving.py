"""Letting a text pass in spite of its findings: with the approval, or later."""

import pytest

from machine import events as e
from machine import intents as i
from machine.digests import text_digest
from machine.next_action import next_action
from machine.status import failure
from machine.values import Stage, Text
from tests.machine.rows import FILE, Told


def test_findings_of_an_approved_row_can_be_let_pass_later() -> None:
    """Alone, and once; the approval stays as it was."""
    told = Told().done(author=FILE, text=Text(caption="Cranes", alt_text="x", keywords=("a",)))
    told.ask(i.Approve())
    decision, text = told.row.decided.decision, told.row.decided.prefill.text
    found = tuple(one.code for one in told.row.decided.prefill.findings)
    (passed,) = told.ask(i.Approve(waive="a sign"))
    assert isinstance(passed, e.QcWaived)
    assert (text_digest(text), found, "a sign") == (
        passed.text_digest,
        passed.codes,
        passed.reason,
    )
    assert found
    assert decision == told.row.decided.decision
    for waive in ("a sign", ""):
        refusal = told.refused(i.Approve(waive=waive))
        assert ("row 7 is approved already", True) == (str(refusal), refusal.nothing)


@pytest.mark.parametrize("approved", [False, True])
def test_where_nothing_was_found_nothing_can_be_let_pass(*, approved: bool) -> None:
    """Or a person would believe that something had been found."""
    text = Text(
        caption="Four cranes stand over the dark water of the harbour at dawn.",
        alt_text="Four cranes over dark water at dawn",
        keywords=("cranes", "harbour", "dawn", "water", "steel", "port"),
    )
    told = Told().done(text=text)
    assert () == told.row.decided.prefill.findings
    if approved:
        told.ask(i.Approve())
    refusal = told.refused(i.Approve(waive="a sign"))
    assert ("row 7 has no findings to let pass", False) == (str(refusal), refusal.nothing)
    assert "photojournal approve 7" == refusal.hint


def test_a_photo_that_no_metric_can_measure_is_approved_when_a_person_says_so() -> None:
    """The refusal names both ways; what is published afterwards waits for nothing more."""
    told = Told().done("prefill", "resize")
    for _ in range(3):
        told.fail("score", "transient")
    refusal = told.refused(i.Approve())
    assert "photojournal release 7 --stage score --reason '...'" in refusal.hint
    assert "photojournal approve 7 --waive '...'" in refusal.hint
    *_, approved = told.ask(i.Approve(waive="a title card of one colour"))
    assert isinstance(approved, e.Approved)
    assert (True, "a title card of one colour") == (approved.without_scores, approved.reason)
    told.publish()
    told.finish()
    assert (None, ("", "")) == (next_action(told.row), failure(told.row))


@pytest.mark.parametrize(("stage", "others"), [("resize", "score"), ("score", "resize")])
def test_only_scores_that_were_set_aside_can_be_let_pass(stage: Stage, others: Stage) -> None:
    """Not pictures, and not scores that are still to be measured."""
    told = Told().done("prefill", others)
    if stage == "resize":
        told.fail("resize", "permanent")
    assert f"{stage} is " in str(told.refused(i.Approve(waive="a title card")))
