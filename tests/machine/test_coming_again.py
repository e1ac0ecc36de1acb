"""Bytes that come in again: a live row is left alone, another one lives again."""

from machine import intents as i
from machine.next_action import next_action
from machine.status import review_status
from machine.values import Labels
from tests.machine.rows import LABELS, Told


def test_the_bytes_of_a_live_row_come_in_twice() -> None:
    """Said so, and nothing happens."""
    assert Told().refused(i.ReopenRow(set_id="20240502-1")).nothing


def test_a_rejected_row_lives_again_with_its_labels_and_its_name() -> None:
    """It came in again with another set; it is undecided and keeps what was made."""
    told = Told().done()
    told.ask(i.Reject())
    told.ask(i.ReopenRow(set_id="20240502-1", labels=Labels(subject="Other")))
    assert "Pending" == review_status(told.row)
    assert ("20240502-1", LABELS) == (told.row.happened.set_id, told.row.decided.labels)


def test_a_row_whose_ingestion_was_rolled_back_lives_again_with_the_labels_of_its_set() -> None:
    """It had lost its own; until then nothing can be asked of it but to go forth again."""
    told = Told().done()
    told.roll_back(0)
    assert "Rejected" == review_status(told.row)
    assert next_action(told.row) is None
    assert "not in the queue" in str(told.refused(i.Approve()))
    labels = Labels(subject="Other")
    told.ask(i.ReopenRow(set_id="20240502-1", labels=labels))
    assert labels == told.row.decided.labels
    assert "Queued" == review_status(told.row)
    assert "Cranes_001.JPG" == told.row.happened.file_name
