"""What a person left open before the first prefill is filled by it; what they wrote stays."""

from machine import events as e
from machine import intents as i
from machine.status import review_status, stage_status
from tests.machine.rows import TEXT, Told


def test_a_caption_written_first_is_kept_and_the_rest_filled() -> None:
    """The text stays the person's, and the model's own is a suggestion."""
    told = Told().done("score", "resize")
    told.ask(i.EditText(caption="Mine", by="amir"))
    assert ("due", "Queued") == (stage_status(told.row, "prefill"), review_status(told.row))
    told.done("prefill")
    part = told.row.decided.prefill
    assert ("Mine", TEXT.alt_text, TEXT.keywords) == (
        part.text.caption,
        part.text.alt_text,
        part.text.keywords,
    )
    assert part.author
    assert ("human", "amir", True, "done") == (
        part.author.kind,
        part.author.name,
        part.grounded,
        part.status,
    )
    assert [TEXT] == [one.text for one in part.suggestions]
    assert "Pending" == review_status(told.row)
    told.done("prefill")
    assert "Mine" == told.row.decided.prefill.text.caption


def test_what_is_given_later_is_no_longer_open() -> None:
    """Given in two edits, also as nothing at all, it needs no machine's."""
    told = Told().done("score", "resize")
    told.ask(i.EditText(caption="Mine", by="amir"))
    told.ask(i.EditText(alt_text="A crane", by="amir"))
    assert "Pending" == review_status(told.row)
    told.ask(i.EditText(keywords=(), by="amir"))
    assert "done" == stage_status(told.row, "prefill")


def test_nothing_is_filled_once_the_row_is_approved() -> None:
    """Keywords alone were open: what was approved goes out, the model's text is a suggestion."""
    told = Told().done("score", "resize")
    told.ask(i.EditText(caption="Mine", alt_text="A crane in the harbour", by="amir"))
    told.ask(i.Approve(waive="short on purpose"))
    told.done("prefill")
    assert () == told.row.decided.prefill.text.keywords
    assert "Approved" == review_status(told.row)
    assert not [one for one in told.history if isinstance(one, e.TextEdited) and one.completed]


def test_where_the_prefill_failed_a_text_is_enough() -> None:
    """Nothing stays due or set aside."""
    told = Told()
    told.fail("prefill", "permanent")
    told.ask(i.EditText(caption="Mine", by="amir"))
    assert "done" == stage_status(told.row, "prefill")
