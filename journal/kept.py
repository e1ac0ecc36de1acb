"""
What is left of events that were redacted.

A redacted payload says nothing. What folds need of the event all the same (ids, names, codes) was
taken out of it before, by whoever redacted it, and stands in the `Redacted` event that names the
position (`machine.run_events`); a reader gets an event of the same class made from that. The
newest `Redacted` event of a position counts.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec

from journal.codec import REDACTED_EVENT, Codec
from journal.errors import JournalError, UnreadableEvent, UnwritableEvent
from journal.records import Entry, RawEvent, Recorded
from journal.schema import JOURNAL_STREAM
from machine.event_base import Event
from machine.run_events import Redacted

_QUERY = (
    "SELECT version, position, schema_version, payload, digest FROM events"
    " WHERE stream = ? AND version > ? AND type = ? ORDER BY version"
)


def line_at(found: Iterator[RawEvent], position: int) -> RawEvent:
    """
    Return the line that was found at a position, if it can be redacted.

    Raises:
        JournalError: there is none, or it is about the journal itself.
    """
    line = next(found, None)
    if line is None or line.stream == JOURNAL_STREAM:
        msg = f"there is no event {position} that could be redacted"
        raise JournalError(msg, "`photojournal events` lists the events and their positions.")
    return line


def redacted(codec: Codec, line: RawEvent, reason: str, kept: Event | None) -> Redacted:
    """
    Return the event that says that what stands in a line was forgotten.

    Raises:
        UnwritableEvent: what is kept is of another class, or would not come back as it is.
    """
    position = line.position
    if kept is None:
        return Redacted(position=position, reason=reason)
    if kept.tag != line.type:
        msg = f"event {position} is a {line.type}: no {kept.tag} can be left of it"
        raise UnwritableEvent(msg)
    text = msgspec.json.encode(kept).decode()
    if codec.decode(position, kept.tag, kept.schema, text) != kept:
        msg = f"what is kept of event {position} would not come back as it is"
        raise UnwritableEvent(msg)
    return Redacted(position=position, reason=reason, kept=text, kept_schema=kept.schema)


def about_itself(
    history: Sequence[Recorded], events: Sequence[Event], causes: Sequence[int]
) -> list[Entry]:
    """
    Return entries for the stream `journal`.

    Args:
        history: what stands in the stream.
        events: what follows.
        causes: the position that each event is about; none: they are about no other event.
    """
    version = history[-1].version if history else 0
    return [
        Entry(JOURNAL_STREAM, version + index, event, causes[index] if causes else None)
        for index, event in enumerate(events)
    ]


class Kept:
    """Finds what is left of redacted events. For all threads of a process."""

    def __init__(self, codec: Codec) -> None:
        """Look at nothing yet."""
        self._codec = codec
        self._by_position: dict[int, Redacted] = {}
        self._intact: dict[int, bool] = {}
        self._version = 0
        self._guard = threading.Lock()

    def known(self, position: int) -> bool:
        """Tell whether `learn` has met the event that redacted this position."""
        return position in self._by_position

    def intact(self, position: int) -> bool:
        """Tell whether an event redacted this position, and is what was appended."""
        return self._intact.get(position, False)

    def learn(self, connection: sqlite3.Connection) -> None:
        """Read the `Redacted` events that came since the last time."""
        with self._guard:
            found = connection.execute(_QUERY, (JOURNAL_STREAM, self._version, Redacted.tag))
            for version, position, schema, payload, digest in found.fetchall():
                event = self._codec.decode(position, Redacted.tag, schema, payload)
                if isinstance(event, Redacted):  # else an excerpt of the journal withholds it
                    self._by_position[event.position] = event
                    self._intact[event.position] = sha256(payload.encode()).digest() == digest
                self._version = version

    def event(self, position: int, tag: str) -> Event:
        """
        Return what is left of an event; a `RedactedEvent` where that is nothing.

        Raises:
            UnreadableEvent: what is kept does not fit the type.
        """
        said = self._by_position.get(position)
        if said is None or not said.kept:
            return REDACTED_EVENT
        left = self._codec.decode(position, tag, said.kept_schema, said.kept)
        if left is REDACTED_EVENT:
            raise UnreadableEvent(position, tag, "nothing is kept of it")
        return left
