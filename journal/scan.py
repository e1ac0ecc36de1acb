"""
Checks one range of lines, as fast as one core can.

A range needs from outside only the line before it. Damage is named and the check goes on behind it:
from there the hash that is stored counts as right, so that one changed byte is one finding.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from journal.chain import pack_numbers
from journal.clock import AT_LENGTH
from journal.codec import WITHHELD, Codec, is_redacted
from journal.database import connect
from journal.errors import UnreadableEvent
from journal.schema import COLUMNS
from machine.event_base import Event
from machine.events import EVENTS

MAX_FINDINGS = 1_000
"""So many findings of a range are named; the rest is counted."""

PAGE = 4_000
"""Lines of one query: some 20 ms."""

ENDINGS = tuple(b"#%d" % index for index in range(1_000))
"""How the append keys of an append end."""

Kind = Literal[
    "file", "trigger", "index", "tail", "missing", "unreadable", "line", "payload", "swapped",
    "undecodable", "version", "time", "cause", "key",
]  # fmt: skip
"""
file, trigger, index: the database itself. tail: the end is missing, or another one was noted.
missing: lines were dropped. unreadable: SQLite cannot read the page. line: a column was changed, or
the line is none that stood here. payload: the payload was changed. swapped: two lines stand in each
other's place. undecodable: sound, but not to be understood by this version. version, time, cause,
key: sound, but against the order that every append keeps.
"""


class Damage(Struct, frozen=True, order=True):
    """One thing that is wrong. Position 0: not about one line."""

    position: int
    kind: Kind
    detail: str


class _Place:
    """Where the check stands: what the next line is compared with."""

    __slots__ = ("at", "index", "key", "position", "previous", "stored")

    def __init__(self, previous: bytes) -> None:
        self.position = 0
        self.previous: bytes | None = previous
        self.at = b""
        self.key: bytes | None = b""
        self.index = 0


def check_range(
    path: str,
    after: int,
    until: int,
    *,
    redacted: frozenset[int],
    genesis: bytes,
    excerpt: bool = False,
    events: Mapping[str, type[Event]] = EVENTS,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[Damage], int]:
    """
    Return what is wrong with the lines beyond `after`, up to and with `until`, in order.

    And how many further findings there are that are not named.

    Args:
        path: the database file.
        after: the last position that is somebody else's.
        until: the last position to check.
        redacted: positions in the range that may have a redacted payload.
        genesis: the hash before the first line.
        excerpt: payloads may be withheld.
        events: the classes by their tags.
        progress: is told the position that it has come to, after some thousand lines each.
    """
    with closing(connect(Path(path), readonly=True)) as connection:
        connection.text_factory = bytes
        scan = _Scan(connection, redacted, events, excerpt=excerpt)
        place = _Place(genesis)
        if after:
            scan.start(place, after)
        while place.position < until:
            try:
                scan.lines(place, until)
            except sqlite3.DatabaseError as error:
                scan.skip_unreadable(place, until, error)
            if progress is not None:
                progress(place.position)
        return scan.damages, scan.unnamed


class _Scan:
    def __init__(
        self,
        connection: sqlite3.Connection,
        redacted: frozenset[int],
        events: Mapping[str, type[Event]],
        *,
        excerpt: bool,
    ) -> None:
        self.connection = connection
        self.redacted = redacted
        self.excerpt = excerpt
        self.damages: list[Damage] = []
        self.unnamed = 0
        self._codec = Codec(events)
        self._versions: dict[bytes, int] = {}
        self._decoders: dict[tuple[bytes, int], Callable[[bytes], Event]] = {
            (tag.encode(), cls.schema): msgspec.json.Decoder(cls).decode
            for tag, cls in events.items()
        }

    def start(self, place: _Place, after: int) -> None:
        """Look at the line before the range."""
        query = "SELECT hash, at, append_key FROM events WHERE position = ?"
        place.position = after
        try:
            row = self.connection.execute(query, (after,)).fetchone()
        except sqlite3.DatabaseError:
            row = None
        place.previous, place.at, place.key = None, b"", None
        if row is not None:
            place.previous, place.at, append_key = row
            place.key, _, index = append_key.rpartition(b"#")
            place.index = int(index) if index.isdigit() else 0

    def lines(self, place: _Place, until: int) -> None:
        """Check a page of lines, or what is left of the range; short, so as not to hold the WAL."""
        sha256, join, pack, decoders = hashlib.sha256, b"".join, pack_numbers, self._decoders
        versions, bad, endings = self._versions, self._bad, ENDINGS
        position, previous, last_at = place.position, place.previous, place.at
        key, index = place.key, place.index
        query = f"SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ? LIMIT {PAGE}"
        count = 0
        try:
            for row in self.connection.execute(query, (position, until)):
                count += 1
                (
                    here, stream, version, tag, schema, payload, digest,
                    append_key, run_id, step, cause, actor, at, hash,
                ) = row  # fmt: skip
                if here != position + 1:
                    bad(position + 1, "missing", f"{here - position - 1} lines up to {here - 1}")
                    previous = key = None
                if sha256(payload).digest() != digest:
                    self._other_payload(here, payload)
                else:
                    decode = decoders.get((tag, schema))
                    try:
                        if decode is None:
                            self._decode(here, tag, schema, payload)
                        else:
                            decode(payload)
                    except (UnreadableEvent, msgspec.MsgspecError, ValueError) as error:
                        bad(here, "undecodable", f"{tag.decode('utf-8', 'replace')}: {error}")
                if previous is not None:
                    numbers = pack(
                        here, version, step, cause or 0, schema,
                        len(stream), len(tag), len(append_key), len(run_id), len(actor), len(at),
                    )  # fmt: skip
                    line = (
                        previous, digest, numbers, stream, tag, append_key, run_id, actor, at,
                    )  # fmt: skip
                    if sha256(join(line)).digest() != hash:
                        bad(here, "line", "the hash does not fit: a column, or the line before")
                if versions.get(stream, 0) + 1 != version:
                    self._other_version(here, stream, version)
                versions[stream] = version
                if at < last_at or len(at) != AT_LENGTH:
                    bad(here, "time", f"{at!r} follows {last_at!r}")
                if cause is not None and not 0 < cause < here:
                    bad(here, "cause", f"{cause} is not before it")
                if append_key[-2:] == b"#0":
                    key, index = append_key[:-2], 0
                else:
                    index += 1
                    if key is None or append_key != key + (
                        endings[index] if index < len(endings) else b"#%d" % index
                    ):
                        key, index = self._other_key(here, key, append_key)
                position, previous, last_at = here, hash, at
        finally:
            place.position, place.previous, place.at = position, previous, last_at
            place.key, place.index = key, index
        if count < PAGE and position < until:
            bad(position + 1, "missing", f"{until - position} lines up to {until}")
            place.position = until

    def skip_unreadable(self, place: _Place, until: int, error: sqlite3.DatabaseError) -> None:
        """Find the next line that can be read, in growing steps."""
        first, step = place.position + 1, 1
        query = "SELECT position, hash, at FROM events WHERE position >= ? LIMIT 1"
        after = first
        while after <= until:
            try:
                row = self.connection.execute(query, (after + 1,)).fetchone()
            except sqlite3.DatabaseError:
                after += step
                step *= 2
                continue
            after = row[0] if row is not None else until + 1
            break
        place.position = min(after, until)
        place.previous, place.at, place.key = None, b"", None
        if after <= until:
            place.previous, place.at = row[1], row[2]
        self._bad(first, "unreadable", f"{error}; the next line read is {after}")

    def _bad(self, position: int, kind: Kind, detail: str) -> None:
        if len(self.damages) < MAX_FINDINGS:
            self.damages.append(Damage(position, kind, detail))
        else:
            self.unnamed += 1

    def _other_payload(self, here: int, payload: bytes) -> None:
        text = payload.decode("utf-8", "replace")
        withheld = self.excerpt and text == WITHHELD
        if not (withheld or (here in self.redacted and is_redacted(text))):
            self._bad(here, "payload", "the payload is not the one that was appended")

    def _decode(self, here: int, tag: bytes, schema: int, payload: bytes) -> None:
        self._codec.decode(here, tag.decode(), schema, payload.decode())

    def _other_version(self, here: int, stream: bytes, version: int) -> None:
        """A stream that began before the range: its version before has to be there."""
        name = stream.decode("utf-8", "replace")
        if stream not in self._versions and version > 1:
            query = "SELECT position FROM events WHERE stream = ? AND version = ?"
            row = self.connection.execute(query, (name, version - 1)).fetchone()
            if row is not None and row[0] < here:
                return
        known = self._versions.get(stream, 0)
        self._bad(here, "version", f"{name} goes from version {known} to {version}")

    def _other_key(
        self, here: int, key: bytes | None, append_key: bytes
    ) -> tuple[bytes | None, int]:
        prefix, _, index = append_key.rpartition(b"#")
        if key is not None:
            self._bad(here, "key", f"{append_key!r} does not follow {key!r}")
        return prefix, int(index) if index.isdigit() else 0
