"""
Writes a journal, or what follows a position, as signed segments of lines (`journal.segments`).

Each line is checked before it is signed, and nothing is held open meanwhile. What was redacted is
exported together with the event that says so, also if that happened while we were at it.
"""

from collections.abc import Iterator

from msgspec import Struct

from journal.database import identity_of
from journal.errors import JournalDamaged
from journal.records import Head, RawEvent
from journal.schema import JOURNAL_STREAM
from journal.segments import EVENTS, Opening, as_line, close, is_blank, line_of, problem_with
from journal.signing import SigningKey
from journal.store import Journal
from machine.run_events import Redacted


class Segment(Struct, frozen=True):
    """A closed segment: the positions before its first event and of its last one, and its lines."""

    after: int
    until: int
    content: bytes


def segments(journal: Journal, key: SigningKey, after: int = 0) -> Iterator[Segment]:
    """
    Yield the segments of all events beyond position `after`, up to where the journal ends now.

    Raises:
        JournalDamaged: a line is not what was appended; its segment is not yielded.
    """
    unnamed: set[int] = set()
    """Redacted, and the event that says so was not met yet."""
    identity = identity_of(journal.path)
    stored = next(journal.read_raw(after - 1, after)) if after else None
    last = Head(after, stored.hash, stored.at) if stored else identity.genesis
    until = journal.head.position
    while last.position < until:
        opening = Opening(
            journal=identity.uuid,
            created=identity.created,
            after=last.position,
            previous=last.hash.hex(),
        )
        lines = [as_line(opening)]
        for event in journal.read_raw(last.position, min(last.position + EVENTS, until)):
            _refuse_damaged(event, last)
            if is_blank(event):
                unnamed.add(event.position)
            elif event.stream == JOURNAL_STREAM and event.type == Redacted.tag:
                unnamed.discard(event.cause or 0)
            lines.append(as_line(line_of(event)))
            last = Head(event.position, event.hash, event.at)
        content = b"".join(lines)
        yield Segment(opening.after, last.position, content + close(last.position, content, key))
        if last.position == until and unnamed:
            until = journal.head.position


def _refuse_damaged(event: RawEvent, last: Head) -> None:
    gap = event.position != last.position + 1
    problem = "the line before it is missing" if gap else problem_with(event, last.hash, last.at)
    if problem:
        msg = f"position {event.position}: {problem}; nothing was exported from there on"
        raise JournalDamaged(msg, event.position)
