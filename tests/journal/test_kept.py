"""What is left of redacted events: read in their place, whoever reads and however."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal import Entry, Journal, JournalBusy, RedactedEvent, UnwritableEvent
from machine.event_base import Event
from machine.events import Approved, Rejected, TextEdited
from machine.run_events import Redacted
from machine.values import Author, Pins, Text
from tests.journal.stores import RUN, Appender, rejected

LEFT = Rejected(reason="(erased)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """Three decisions about two rows."""
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        append(rejected("row/1", 0, "secret one"), rejected("row/1", 1, "secret two"))
        append(rejected("row/2", 0, "kept"))
        yield journal


def forget(journal: Journal, forgotten: dict[int, Event | None], key: str = "r/1") -> None:
    journal.redact_all(forgotten, "asked for", key=key, run_id=RUN, step=1, actor="Ada")


def test_every_way_of_reading_gives_what_is_left(path: Path, journal: Journal) -> None:
    """Also to a process that had the journal open before, and to one that opens it later."""
    with Journal.open(path, readonly=True) as other:
        assert "secret one" in str(other.read_stream("row/1")[0].event)
        forget(journal, {1: LEFT, 2: None})
        for one in (journal, other):
            first, second = (recorded.event for recorded in one.read_stream("row/1"))
            assert (LEFT, RedactedEvent()) == (first, second)
            assert LEFT == next(iter(one.read_all())).event
            assert LEFT == next(one.read_events())[0][2]
            assert LEFT == next(one.read_types(("Rejected",)))[2]
            assert LEFT == next(one.by_run(RUN)).event
    with Journal.open(path, readonly=True) as later:
        assert LEFT == later.read_stream("row/1")[0].event


def test_several_are_redacted_in_one_commit_each_with_its_own_event(
    path: Path, journal: Journal
) -> None:
    """The chain stays whole, the causes are the positions, and no byte is left."""
    forget(journal, {1: LEFT, 2: LEFT})
    said = journal.read_stream("journal")
    assert [1, 2] == [one.cause for one in said]
    assert {one.at for one in said} == {said[0].at}
    assert all(isinstance(one.event, Redacted) for one in said)
    report = journal.verify()
    assert report.ok
    assert 2 == report.redacted
    for file in path.parent.iterdir():
        assert b"secret" not in file.read_bytes(), file


def test_the_newest_redaction_of_an_event_says_what_is_left(journal: Journal) -> None:
    """One that keeps nothing takes away what an earlier one had kept."""
    forget(journal, {1: LEFT})
    forget(journal, {1: None}, "r/2")
    assert isinstance(journal.read_stream("row/1")[0].event, RedactedEvent)
    assert journal.verify().ok


def test_what_is_left_has_to_be_of_the_class_that_was_there(journal: Journal) -> None:
    """Else nobody could read it: nothing is written."""
    wrong = Approved(pins=Pins(text="", renditions="", labels=""))
    with pytest.raises(UnwritableEvent, match="event 1 is a Rejected"):
        forget(journal, {1: wrong})
    assert 3 == journal.head.position
    assert "secret one" in str(journal.read_stream("row/1")[0].event)


def test_what_is_left_says_the_version_of_its_own_shape(path: Path, journal: Journal) -> None:
    """That is today's, which may be newer than that of the redacted line."""
    forget(journal, {1: LEFT})
    with sqlite3.connect(path) as raw:
        (payload,) = raw.execute("SELECT payload FROM events WHERE position = 4").fetchone()
    assert '"kept_schema":1' in payload


def test_a_reader_in_the_way_is_said_and_the_events_are_redacted_all_the_same(
    path: Path, journal: Journal
) -> None:
    """Old pages stay in the log until it is gone; then they can be emptied without a redaction."""
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    with pytest.raises(JournalBusy, match="old bytes"):
        forget(journal, {1: LEFT})
    assert LEFT == journal.read_stream("row/1")[0].event
    reader.close()
    journal.empty_wal()
    assert 0 == path.with_name("journal.db-wal").stat().st_size


def test_texts_of_any_length_leave_nothing_behind(path: Path) -> None:
    """Redacted together among many others, from a line's cell to overflow pages."""
    texts = [f"Secret-{n}-" + "xy" * n * 400 for n in range(1, 12)]
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        for number, text in enumerate(texts, 1):
            edited = TextEdited(text=Text(caption=text), author=Author(kind="human"), based_on="")
            append(rejected(f"row/{number}", 0, "z" * 300), Entry("row/0", number - 1, edited))
        positions = [one.position for one in journal.read_stream("row/0")]
        left = TextEdited(text=Text(), author=Author(kind="human"), based_on="")
        forget(journal, dict.fromkeys(positions, left))
        files = [one.read_bytes() for one in path.parent.iterdir()]
        assert not [text for text in texts for held in files if text[:12].encode() in held]
        assert journal.verify().ok
