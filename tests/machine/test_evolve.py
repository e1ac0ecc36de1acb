"""The fold keeps what events say, and what they do not speak of stays."""

from msgspec import structs

from machine import events as e
from machine import intents as i
from machine.evolve import evolve, fold
from machine.parts import parts_of
from machine.row import PARTS, Row, Suggestion, attempts_of
from machine.status import stage_status
from machine.values import EmbeddedText, Labels, Metadata, MissingScore, Score, Text
from tests.machine.rows import MODEL, RULE, TEXT, Told, photo

OTHER = Text(caption="Other", alt_text="Quite other", keywords=("x", "y", "z"))


def test_everything_that_came_in_stands_in_the_row() -> None:
    """Field by field."""
    metadata, embedded = Metadata(camera="Leica M6"), EmbeddedText(title="Untitled")
    told = Told()
    told.row = Row()
    intent = structs.replace(photo(), metadata=metadata, embedded=embedded)
    came_in, _ = told.ask(intent)
    happened = told.row.happened
    assert isinstance(came_in, e.RowIngested)
    for field in came_in.__struct_fields__:
        if field in ("salt", "labels"):
            continue
        assert getattr(intent, field) == getattr(came_in, field)
        if field not in ("source", "sha256", "size_bytes"):
            assert getattr(intent, field) == getattr(happened, field)
    stands = told.row.decided.photo
    assert (intent.sha256, intent.size_bytes) == (stands.sha256, stands.size_bytes)
    assert {intent.sha256: intent.source} == happened.sources
    assert (metadata, embedded) == (stands.metadata, stands.embedded)
    assert (True, intent.labels) == (told.row.decided.intake, told.row.decided.labels)


def test_scores_stand_in_the_row_as_they_were_recorded() -> None:
    """With their profile and with what is missing."""
    told = Told()
    told.start("score")
    answer = told.result("score")
    assert isinstance(answer, i.RecordScored)
    missing = (MissingScore(metric="nima_score", code="ScoringDependency", detail="no torch"),)
    (scored,) = told.ask(structs.replace(answer, missing=missing))
    part = told.row.decided.score
    assert isinstance(scored, e.Scored)
    for field in ("profile", "scores", "missing", "qr", "tier", "provisional", "recipe_digest"):
        assert getattr(scored, field) == getattr(part, field), field
    assert missing == part.missing
    assert Score(metric="blur_score", value=8.0) in part.scores


def test_suggestions_stay_whatever_becomes_of_the_text() -> None:
    """A person may still look at them."""
    told = Told().done()
    told.edit("Mine")
    told.done("prefill", text=OTHER, author=RULE)
    offered = (Suggestion(text=OTHER, author=RULE, grounded=False),)
    recipe = told.row.decided.prefill.recipe_digest
    told.edit("Mine again")
    assert offered == told.row.decided.prefill.suggestions
    assert recipe == told.row.decided.prefill.recipe_digest
    prefilled = e.Prefilled(
        attempt=9,
        input_digest="",
        recipe_digest="",
        text=TEXT,
        author=MODEL,
        grounded=True,
    )
    assert offered == evolve(told.row, prefilled).decided.prefill.suggestions


def test_a_failure_says_why_until_something_else_happens() -> None:
    """The detail of the failure, then of the quarantine, then nothing."""
    told = Told()
    told.fail("score", "transient")
    assert "why" == attempts_of(told.row, "score").detail
    told.fail("score", "permanent")
    assert "why" == attempts_of(told.row, "score").detail
    ledger = attempts_of(told.row, "score").ledger
    assert ["ScoringUnreadable"] == [one.quarantined for one in ledger.values()]
    digest = attempts_of(told.row, "score").digest
    for reason, expected in (("worse", "worse"), ("", "why")):
        aside = e.Quarantined(stage="score", input_digest=digest, code="x", reason=reason)
        assert expected == attempts_of(evolve(told.row, aside), "score").detail


def test_a_suspect_is_tried_alone_also_after_a_retry() -> None:
    """A person's wish does not make it harmless."""
    told = Told()
    told.fail("score", "native")
    told.ask(i.Retry(stage="score"))
    assert attempts_of(told.row, "score").alone_next
    told.die("resize", alone=False)
    told.ask(i.Retry(stage="resize"))
    assert attempts_of(told.row, "resize").alone_next


def test_a_persons_text_ends_an_interruption_and_a_wish() -> None:
    """The stage is done."""
    for make in ("interrupted", "wanted", "failed"):
        told = Told().done("score", "resize")
        if make == "interrupted":
            told.die("prefill", alone=False)
        elif make == "wanted":
            told.ask(i.Retry(stage="prefill"))
        else:
            told.fail("prefill", "transient")
        told.ask(i.EditText(caption="Mine", alt_text="Mine too", by="amir"))
        attempts = attempts_of(told.row, "prefill")
        assert "done" == stage_status(told.row, "prefill")
        assert ("", "", "") == (attempts.failed, attempts.detail, attempts.retry_at)


def test_failures_of_other_parts_stay_when_one_part_goes_back() -> None:
    """A rollback of the text does not mend the scoring."""
    told = Told().done("prefill", "resize")
    version = told.row.version
    told.edit("Mine")
    told.fail("score", "transient")
    told.roll_back(version, "prefill")
    assert "failed" == stage_status(told.row, "score")


def test_edits_that_pin_nothing_leave_the_decision_alone() -> None:
    """Only approved rows are pinned."""
    told = Told().done()
    told.ask(i.Pick())
    decision = told.row.decided.decision
    told.edit("Mine")
    told.ask(i.Relabel(labels=Labels(subject="Other")))
    told.ask(i.Rename(file_name="Other_001.JPG"))
    assert decision == told.row.decided.decision


def test_an_approval_remembers_that_nobody_had_looked() -> None:
    """The badge stays."""
    told = Told().done(author=RULE)
    told.ask(i.Approve(allow_ungrounded=True))
    assert told.row.decided.decision.allowed_ungrounded


def test_the_decided_state_is_kept_once_per_change() -> None:
    """What changes nothing that counts needs no mark."""
    told = Told()
    marks = len(told.row.marks)
    told.start("score")
    told.start("resize")
    assert marks == len(told.row.marks)
    told.ask(told.result("score"))
    assert marks + 1 == len(told.row.marks)


def test_folding_goes_on_where_it_is_told_to() -> None:
    """From nothing, or from a row."""
    told = Told().done()
    half = fold(told.history[:4])
    assert told.row == fold(told.history[4:], half) == fold(told.history)


def test_the_parts_of_an_event_are_those_that_it_changes() -> None:
    """`rollback --run` takes back these and no others."""
    told = Told().approved()
    told.edit("Mine")
    told.ask(i.Relabel(labels=Labels(subject="Other")))
    told.ask(i.Rename(file_name="Other_001.JPG"))
    edits = (e.TextEdited, e.Relabelled, e.Renamed)
    pinned = [parts_of(one) for one in told.history if isinstance(one, edits)]
    expected = [("prefill", "decision"), ("labels", "prefill", "decision"), ("decision",)]
    assert expected == pinned
    told = Told().done()
    told.edit("Mine")
    told.ask(i.Relabel(labels=Labels(subject="Other")))
    told.ask(i.Rename(file_name="Other_001.JPG"))
    free = [parts_of(one) for one in told.history if isinstance(one, edits)]
    assert [("prefill",), ("labels", "prefill"), ()] == free
    assert PARTS == parts_of(told.history[0])
    assert ("photo",) == parts_of(told.history[1])
    assert told.roll_back(2)
    assert ("labels", "prefill", "score", "resize") == parts_of(told.history[-1])
