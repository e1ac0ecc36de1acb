"""What people do: edit, relabel, pick, approve, reject. Their word stands."""

import pytest

from machine import events as e
from machine import intents as i
from machine.digests import pins_of, text_digest
from machine.next_action import next_action
from machine.row import Row
from machine.status import outside, publication_due, review_status, stage_status
from machine.values import STAGES, Author, Corrections, Labels, Stage, Text
from tests.machine.rows import FILE, LABELS, MODEL, RULE, TEXT, Told, photo, web_and_thumb

OTHER = Text(caption="Something else", alt_text="Something quite else", keywords=("x", "y", "z"))


# --- Whose text it is


def test_a_machine_replaces_the_text_of_a_machine() -> None:
    """Before approval the newest machine text counts."""
    told = Told().done(author=RULE).done("prefill", text=OTHER)
    assert (OTHER, MODEL) == (told.row.decided.prefill.text, told.row.decided.prefill.author)


@pytest.mark.parametrize("kind", ["human", "file", "approved", "published", "publishing"])
def test_a_machine_only_suggests_over_a_persons_text_and_over_what_is_approved(kind: str) -> None:
    """What it says lies beside the text and changes neither text nor decision."""
    told = Told().done(author=FILE if kind == "file" else MODEL)
    if kind == "human":
        told.edit("Mine")
    if kind in ("approved", "published", "publishing"):
        told.ask(i.Approve())
    if kind in ("published", "publishing"):
        told.publish()
    if kind == "published":
        told.finish()
    before = told.row.decided
    told.done("prefill", text=OTHER)
    after = told.row.decided
    assert before.prefill.text == after.prefill.text
    assert before.prefill.author == after.prefill.author
    assert before.prefill.findings == after.prefill.findings
    assert before.decision == after.decision
    assert [OTHER] == [one.text for one in after.prefill.suggestions]
    assert "done" == stage_status(told.row, "prefill")


def test_a_new_score_or_rendition_never_changes_a_decision() -> None:
    """What was approved was approved with the renditions of then."""
    told = Told().approved()
    decision = told.row.decided.decision
    told.done("score", "resize", made_of="new")
    assert decision == told.row.decided.decision
    assert web_and_thumb("new") == told.row.decided.resize.renditions
    assert web_and_thumb() == told.row.decided.decision.renditions


def test_a_persons_text_does_the_work_of_the_stage() -> None:
    """Whoever writes a caption need not wait for the captioner, even if it is set aside."""
    for policy in ("transient", "permanent", "native", "nobody"):
        told = Told().done("score", "resize")
        told.fail("prefill", policy)
        told.ask(i.EditText(caption="Mine", alt_text="Mine too", keywords=(), by="amir"))
        assert "done" == stage_status(told.row, "prefill")
        told.ask(i.Approve())


def test_an_edit_of_one_text_keeps_the_others() -> None:
    """None leaves a text as it is, and nobody vouches for it: it is still the rule's."""
    told = Told().done(author=RULE)
    told.edit("Mine")
    prefill = told.row.decided.prefill
    assert Text(caption="Mine", alt_text=TEXT.alt_text, keywords=TEXT.keywords) == prefill.text
    assert (Author(kind="human", name="amir"), False) == (prefill.author, prefill.grounded)
    assert "nobody checked" in str(told.refused(i.Approve()))
    told.ask(i.EditText(caption="Mine", alt_text=TEXT.alt_text, by="amir"))
    told.ask(i.Approve())


def test_texts_that_a_person_gives_one_after_the_other_add_up() -> None:
    """Caption first, alt text later, as the page saves them: all of it was looked at then."""
    told = Told().done(author=RULE)
    told.edit("Mine")
    told.ask(i.EditText(keywords=("crane",), by="amir"))
    assert "nobody checked" in str(told.refused(i.Approve()))
    told.ask(i.EditText(alt_text=TEXT.alt_text, by="amir"))  # the rule's words, confirmed
    assert told.row.decided.prefill.grounded
    told.ask(i.Approve())


def test_replacing_words_in_many_rows_adds_nothing_to_what_was_looked_at() -> None:
    """Nobody has the photo before them then."""
    told = Told().done(author=RULE)
    told.edit("Mine")
    told.ask(i.EditText(alt_text="A quay, by night", by="amir", unseen=True))
    assert "nobody checked" in str(told.refused(i.Approve()))


def test_a_new_text_of_a_rule_has_to_be_looked_at_anew() -> None:
    """What a person gave stands for what they saw: after going back it no longer counts."""
    told = Told().done(author=RULE)
    before = told.row.version
    told.edit("Mine")
    told.roll_back(before)
    told.ask(i.EditText(alt_text="A quay by night", by="amir"))
    assert "nobody checked" in str(told.refused(i.Approve()))


def test_a_person_may_take_a_machines_text_for_their_own() -> None:
    """Saving it unchanged says that somebody looked at the picture."""
    told = Told().done(author=RULE)
    told.ask(i.EditText(by="amir"))
    prefill = told.row.decided.prefill
    assert prefill.author
    assert (TEXT, "human", True) == (prefill.text, prefill.author.kind, prefill.grounded)


def test_an_edit_keeps_the_language() -> None:
    """It is not among the things that an edit changes."""
    dutch = Text(caption="Kranen", alt_text="Vier kranen", keywords=("a", "b", "c"), language="nl")
    told = Told().done(text=dutch)
    told.edit("Havenkranen")
    assert "nl" == told.row.decided.prefill.text.language


def test_edits_pin_nothing_before_the_approval() -> None:
    """A row that is not approved has no pins, and may be edited to nothing."""
    told = Told().done()
    told.edit("")
    assert "caption_empty" in str(told.refused(i.Approve()))
    told.ask(i.Relabel(labels=Labels(subject="Other")))
    told.ask(i.Rename(file_name="Other_001.JPG"))
    edits = [
        one for one in told.history if isinstance(one, e.TextEdited | e.Relabelled | e.Renamed)
    ]
    assert [None, None, None] == [edit.repinned for edit in edits]
    assert told.row.decided.decision.pins is None


def test_a_photo_comes_in_once() -> None:
    """Its row exists then."""
    assert "row 7 exists" in str(Told().refused(photo()))


def test_the_way_to_an_approval_is_named_for_every_state_of_a_stage() -> None:
    """Released, retried, replaced or simply run."""
    told = Told().done("prefill", "score")
    told.fail("resize", "transient")
    assert "photojournal retry 7 --stage resize" == told.refused(i.Approve()).hint
    told.fail("resize", "transient")
    told.fail("resize", "transient")
    hint = told.refused(i.Approve()).hint
    assert hint.startswith("photojournal release 7 --stage resize --reason ")
    told = Told().done("prefill", "score")
    told.fail("resize", "permanent")
    assert "photojournal replace 7 FILE" == told.refused(i.Approve()).hint


def test_an_edit_of_a_text_that_has_changed_is_refused() -> None:
    """Nobody overwrites what they have not seen."""
    told = Told().done()
    seen = text_digest(told.row.decided.prefill.text)
    told.done("prefill", text=OTHER)
    stale = i.EditText(caption="Mine", based_on=seen)
    assert "changed since you saw it" in str(told.refused(stale))
    told.ask(i.EditText(caption="Mine", based_on=text_digest(OTHER)))
    assert told.refused(i.EditText(caption="Mine")).nothing


def test_an_edit_that_cannot_be_stored_is_refused() -> None:
    """Bytes that are no characters reach argv at times."""
    told = Told().done()
    assert "no characters" in str(told.refused(i.EditText(caption="\udcff")))
    assert "no characters" in str(told.refused(i.Relabel(labels=Labels(subject="\udcff"))))


# --- Approval


def test_an_approval_pins_what_was_seen() -> None:
    """Text, renditions, labels and name, as they were then."""
    told = Told().done()
    (approved,) = told.ask(i.Approve(reason="good"))
    assert "good" == told.row.decided.decision.reason
    seen = pins_of(TEXT, web_and_thumb(), LABELS, "Cranes_001.JPG")
    assert isinstance(approved, e.Approved)
    assert seen == approved.pins == told.row.decided.decision.pins
    assert (TEXT, web_and_thumb()) == (
        told.row.decided.decision.text,
        told.row.decided.decision.renditions,
    )


@pytest.mark.parametrize("stage", STAGES)
def test_approval_needs_every_needed_stage(stage: Stage) -> None:
    """Whatever is missing is named, with the command that makes it."""
    told = Told().done(*(one for one in STAGES if one != stage))
    refusal = told.refused(i.Approve())
    assert f"{stage} is due" in str(refusal)
    assert f"photojournal {stage} 7" == refusal.hint


def test_approval_needs_only_the_needed_stages() -> None:
    """A profile without scores is one."""
    told = Told(needed=("prefill", "resize")).done("prefill", "resize")
    told.ask(i.Approve())


def test_rule_text_is_approved_only_where_the_owner_allows_it() -> None:
    """Written without looking at the picture: refused, or allowed and recorded so."""
    told = Told().done(author=RULE)
    assert "nobody checked its text" in str(told.refused(i.Approve()))
    (approved,) = told.ask(i.Approve(allow_ungrounded=True))
    assert isinstance(approved, e.Approved)
    assert approved.allowed_ungrounded
    assert not Told().approved().row.decided.decision.allowed_ungrounded


def test_a_blocking_finding_keeps_a_row_from_approval() -> None:
    """The way out is an edit."""
    told = Told().done(text=Text(caption="", alt_text="x", keywords=("a", "b", "c")))
    refusal = told.refused(i.Approve(allow_ungrounded=True))
    assert "caption_empty" in str(refusal)
    assert refusal.hint.startswith("photojournal edit 7")
    told.edit("Mine")
    told.ask(i.Approve())


def test_an_edit_keeps_the_approval_and_pins_the_new_text() -> None:
    """The person who edits has seen it."""
    told = Told().approved()
    told.edit("Mine")
    decision = told.row.decided.decision
    assert ("approved", "Mine") == (decision.value, decision.text.caption)
    assert decision.pins == pins_of(decision.text, web_and_thumb(), LABELS, "Cranes_001.JPG")
    assert "Approved" == review_status(told.row)


def test_an_edit_that_would_send_an_approved_row_out_without_caption_is_refused() -> None:
    """Blocking findings block whatever way leads to publication."""
    told = Told().approved()
    assert "caption_empty" in str(told.refused(i.EditText(caption=" ")))
    assert "alt_text_empty" in str(told.refused(i.EditText(alt_text="")))


def test_an_edit_of_a_published_row_makes_it_due_and_taking_it_back_does_not() -> None:
    """Due is what differs from what stands outside."""
    told = Told().published()
    assert next_action(told.row) is None
    told.edit("Mine")
    action = next_action(told.row)
    assert ("Published", True) == (review_status(told.row), publication_due(told.row))
    assert action
    assert "photojournal publish 7" == action.command
    told.edit(TEXT.caption)
    assert not publication_due(told.row)
    assert next_action(told.row) is None


def test_new_labels_make_machine_text_stale_and_leave_a_persons_alone() -> None:
    """A rule or a model used the labels; a person's text does not change under them."""
    for author, expected in ((MODEL, "stale"), (RULE, "stale"), (FILE, "done")):
        told = Told().done(author=author)
        told.ask(i.Relabel(labels=Labels(subject="Cranes at night")))
        assert expected == stage_status(told.row, "prefill")
    told.edit("Mine")
    told.ask(i.Relabel(labels=LABELS))
    assert "done" == stage_status(told.row, "prefill")


def test_a_corrected_date_makes_a_rules_text_stale() -> None:
    """It names the day; a text of a model or a person does not come from the clock."""
    for author, time, expected in (
        (RULE, "2024:05:02 05:10:00", "stale"),
        (RULE, "2024:05:01 06:10:00", "done"),
        (MODEL, "2024:05:02 05:10:00", "done"),
    ):
        told = Told().done(author=author)
        told.ask(i.CorrectMetadata(corrections=Corrections(date_time=time)))
        assert expected == stage_status(told.row, "prefill")


def test_a_corrected_label_keeps_the_approval() -> None:
    """As an edit does; on a published row it is due."""
    told = Told().published()
    labels = Labels(category="Harbour", subject="Cranes", location="Antwerp")
    told.ask(i.Relabel(labels=labels))
    pins = pins_of(TEXT, web_and_thumb(), labels, "Cranes_001.JPG")
    assert pins == told.row.decided.decision.pins
    assert ("Published", True) == (review_status(told.row), publication_due(told.row))
    assert told.refused(i.Relabel(labels=labels)).nothing


# --- Picked, rejected, withdrawn


def test_picking_and_rejecting_are_possible_from_the_first_moment() -> None:
    """2,000 photos can be culled before one is captioned."""
    told = Told()
    told.ask(i.Pick())
    assert ("picked", "Queued") == (told.row.decided.decision.value, review_status(told.row))
    assert told.refused(i.Pick()).nothing
    told.ask(i.Reject(reason="blurred"))
    assert ("Rejected", "blurred") == (review_status(told.row), told.row.decided.decision.reason)
    assert told.refused(i.Reject()).nothing
    assert next_action(told.row) is None


def test_approval_leads_out_of_rejected_and_withdrawn() -> None:
    """Nothing is final."""
    told = Told().done()
    told.ask(i.Reject())
    told.ask(i.Approve())
    assert "Approved" == review_status(told.row)
    told.publish()
    told.finish()
    told.withdraw()
    told.finish()
    assert "Withdrawn" == review_status(told.row)
    assert "undecided" == told.row.decided.decision.value
    assert next_action(told.row) is None
    told.ask(i.Approve())
    assert "Approved" == review_status(told.row)
    assert publication_due(told.row)


@pytest.mark.parametrize("intent", [i.Pick(), i.Reject()])
def test_a_new_decision_ends_a_withdrawal(intent: i.Intent) -> None:
    """Withdrawn is a state to leave."""
    told = Told().published()
    told.withdraw()
    told.finish()
    told.ask(intent)
    assert "none" == told.row.decided.publication.value
    assert review_status(told.row) in ("Pending", "Rejected")


def test_what_stands_outside_cannot_be_rejected() -> None:
    """Withdraw it first; a photo nobody wants does not stay on the web by mistake."""
    told = Told().published()
    assert "photojournal withdraw 7" == told.refused(i.Reject()).hint
    assert told.refused(i.Approve()).nothing
    told.withdraw()
    told.finish()
    told.ask(i.Reject())


def test_a_published_row_whose_files_somebody_took_away_is_withdrawn_not_rejected() -> None:
    """It counts as published until the machine has been told to take it down."""
    told = Told().published()
    told.edit("Mine")
    told.publish()
    told.finish(["changed"])
    told.edit("Mine again")
    told.publish()
    told.finish(["done", "changed", "changed"])
    assert "Published" == review_status(told.row)
    assert outside(told.row)
    assert "photojournal withdraw 7" == told.refused(i.Reject()).hint
    told.withdraw()
    told.finish()
    assert ("Withdrawn", False) == (review_status(told.row), outside(told.row))


def test_nothing_can_be_asked_of_a_row_that_never_was() -> None:
    """Not even to live again."""
    told = Told()
    told.row = Row()
    for intent in (i.Pick(), i.ReopenRow(set_id="s"), i.Retry(stage="score")):
        assert "no such row" in str(told.refused(intent))


def test_new_pictures_of_an_approved_row_can_be_approved() -> None:
    """What is there now differs from what was approved: the same command approves it."""
    told = Told().done()
    told.ask(i.Approve())
    assert told.refused(i.Approve()).nothing
    told.done("resize", made_of="other pixels")
    assert told.row.decided.resize.renditions != told.row.decided.decision.renditions
    told.ask(i.Approve())
    assert told.row.decided.resize.renditions == told.row.decided.decision.renditions


def test_a_failed_new_try_of_the_machine_does_not_block_a_persons_text() -> None:
    """The machine could only have made a suggestion."""
    told = Told().done()
    told.edit("Mine")
    told.ask(i.Retry(stage="prefill"))
    told.fail("prefill", "permanent")
    assert "Pending" == review_status(told.row)
    told.ask(i.Approve())
