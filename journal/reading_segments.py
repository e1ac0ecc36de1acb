"""
Reads exported segments back, and checks every line of them.

The signature of a segment is compared with the key that stands beside it; whose key that is, is for
the caller to judge.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Struct

from journal.chain import genesis
from journal.codec import Codec
from journal.errors import SegmentRefused, UnreadableEvent
from journal.records import Head, RawEvent
from journal.segments import (
    EVENTS,
    FORMAT,
    Closing,
    Line,
    Opening,
    event_of,
    problem_with,
)
from machine.events import EVENTS as CLASSES

MAX_LINE_BYTES = 40_000_000
"""A payload of the longest has 16,000,000 bytes, each at most two in JSON, and names beside it."""


class Checked(Struct, frozen=True):
    """A segment that is whole, fits the one before it and is signed."""

    opening: Opening
    events: list[RawEvent]
    closing: Closing
    file: Path
    line: int
    """Where its last line stands in the file."""

    def place_of(self, position: int) -> str:
        """Return where an event of it stands, in words."""
        line = self.line - 1 - (self.closing.until - position)
        return f"{self.file} line {line}, position {position}"


def checked(files: Sequence[Path]) -> Iterator[Checked]:
    """
    Yield the segments in files, each checked, in their order.

    One segment is in memory at a time.

    Raises:
        SegmentRefused: names file, line and position of the first thing that is wrong.
        OSError: a file cannot be read.
    """
    reading = _Reading()
    for file in files:
        yield from reading.segments(file)
    if not reading.any:
        msg = f"there is no segment in {', '.join(str(file) for file in files) or 'there'}"
        raise SegmentRefused(msg)


class _Reading:
    """Where a reader of segments stands."""

    def __init__(self) -> None:
        self.any = False
        self._file, self._number = Path(), 0
        self._codec = Codec(CLASSES)
        self._uuid, self._last = "", Head(0, b"", "")

    def segments(self, file: Path) -> Iterator[Checked]:
        """Yield the segments of one file."""
        self._file, self._number = file, 0
        with file.open("rb") as lines:
            while line := lines.readline(MAX_LINE_BYTES):
                self._number += 1
                opening = self._opened(line)
                digest, events = sha256(line), list[RawEvent]()
                while not (line := lines.readline(MAX_LINE_BYTES)).startswith(b'{"photojournal"'):
                    self._number += 1
                    if not line.endswith(b"\n"):
                        self._refuse("the file ends in the middle of a segment")
                    if len(events) == EVENTS:
                        self._refuse(f"a segment has {EVENTS:,} events at most")
                    events.append(self._event(line))
                    digest.update(line)
                self._number += 1
                closing = self._closed(line, digest.hexdigest())
                self.any = True
                yield Checked(opening, events, closing, file, self._number)

    def _opened(self, line: bytes) -> Opening:
        try:
            opening = msgspec.json.decode(line, type=Opening)
        except (msgspec.MsgspecError, ValueError) as error:
            self._refuse(f"no segment begins here: {error}", cause=error)
        if opening.format > FORMAT:
            self._refuse(f"it has format {opening.format}, this version knows {FORMAT}")
        if self.any:
            if opening.journal != self._uuid:
                self._refuse(f"it is of journal {opening.journal}, what came before {self._uuid}")
            if opening.after != self._last.position:
                self._refuse(f"it begins after event {opening.after}: a gap or an overlap")
            if opening.previous != self._last.hash.hex():
                self._refuse("it does not follow what came before")
        elif not opening.after and opening.previous != genesis(opening.journal).hex():
            self._refuse("it does not begin as a journal of this UUID does")
        else:
            self._last = Head(opening.after, bytes.fromhex(opening.previous), opening.created)
        self._uuid = opening.journal
        return opening

    def _event(self, line: bytes) -> RawEvent:
        try:
            event = event_of(msgspec.json.decode(line, type=Line))
        except (msgspec.MsgspecError, ValueError) as error:
            self._refuse(f"no event: {error}", cause=error)
        if event.position != self._last.position + 1:
            self._refuse(f"event {event.position} stands here: a gap or an overlap")
        problem = problem_with(event, self._last.hash, self._last.at)
        if problem:
            self._refuse(problem)
        try:
            payload = event.payload.decode()
            self._codec.decode(event.position, event.type, event.schema_version, payload)
        except (UnreadableEvent, UnicodeDecodeError) as error:
            self._refuse(f"{error}; a newer photojournal may know it", cause=error)
        self._last = Head(event.position, event.hash, event.at)
        return event

    def _closed(self, line: bytes, digest: str) -> Closing:
        try:
            closing = msgspec.json.decode(line, type=Closing)
        except (msgspec.MsgspecError, ValueError) as error:
            self._refuse(f"no segment ends here: {error}", cause=error)
        if closing.until != self._last.position or closing.sha256 != digest:
            self._refuse("the lines of the segment are not those that were signed")
        if not closing.is_signed:
            self._refuse("the signature is not that of the key beside it")
        return closing

    def _refuse(self, why: str, cause: Exception | None = None) -> NoReturn:
        place = f"{self._file} line {self._number}, position {self._last.position + 1}"
        msg = f"{place}: {why}"
        raise SegmentRefused(msg) from cause
