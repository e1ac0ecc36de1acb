"""What is read to decide upon is what was appended, or nothing is decided."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from journal import Entry, Journal, JournalDamaged, RedactedEvent
from journal.codec import REDACTED
from machine.events import Picked, Rejected
from machine.run_events import Redacted
from tests.journal.damaging import behind_its_back
from tests.journal.stores import RUN, Appender, rejected

LEFT = Rejected(reason="(erased)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three decisions about row 1, of which the second is redacted, and one about row 2."""
    path = tmp_path / "journal.db"
    with Journal.open(path, create=True) as journal:
        append = Appender(journal)
        append(rejected("row/1", 0, "blurred"), rejected("row/1", 1, "private"))
        append(Entry("row/1", 2, Picked()), rejected("row/2", 0, "dark"))
        journal.redact(2, "asked for", kept=LEFT, key="r/1", run_id=RUN, step=1, actor="Ada")
    return path


def _edit(raw: sqlite3.Connection) -> None:
    raw.execute(
        "UPDATE events SET payload = replace(payload, 'blurred', 'blurry') WHERE position=1"
    )


def _blank(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE events SET payload = ? WHERE position = 1", (REDACTED,))


def _fill(raw: sqlite3.Connection) -> None:
    query = """UPDATE events SET payload = '{"reason":"private"}' WHERE position = 2"""
    raw.execute(query)


def _drop(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM events WHERE position = 1")


def _edit_what_is_left(raw: sqlite3.Connection) -> None:
    query = "UPDATE events SET payload = replace(payload, '(erased)', 'a lie') WHERE type = ?"
    raw.execute(query, (Redacted.tag,))


@pytest.mark.parametrize(
    ("damage", "position"),
    [(_edit, 1), (_blank, 1), (_fill, 2), (_drop, 2), (_edit_what_is_left, 2)],
)
def test_a_stream_that_was_changed_is_not_decided_upon(
    path: Path, damage: Callable[[sqlite3.Connection], None], position: int
) -> None:
    """The error names position and stream; another stream, and who only looks, goes on."""
    with behind_its_back(path) as raw:
        damage(raw)
    with Journal.open(path, readonly=True) as journal:
        with pytest.raises(JournalDamaged, match=r"row/1") as caught:
            journal.read_intact("row/1")
        assert position == caught.value.position
        assert "photojournal verify" in caught.value.hint
        assert "dark" in str(journal.read_intact("row/2")[0].event)
        assert journal.read_stream("row/1")


def test_what_was_redacted_by_right_is_intact(path: Path) -> None:
    """From the start, and from any version on; read like everything else."""
    with Journal.open(path, readonly=True) as journal:
        assert journal.read_stream("row/1") == journal.read_intact("row/1")
        assert LEFT == journal.read_intact("row/1", after=1)[0].event
        assert [] == journal.read_intact("row/1", after=3)
        assert journal.verify().ok


def test_a_redaction_that_came_while_the_journal_was_open_is_known(path: Path) -> None:
    """Whoever has read the stream before reads on."""
    with Journal.open(path) as journal:
        assert "dark" in str(journal.read_intact("row/2")[0].event)
        journal.redact(4, "asked for", key="r/2", run_id=RUN, step=1, actor="Ada")
        assert isinstance(journal.read_intact("row/2")[0].event, RedactedEvent)
