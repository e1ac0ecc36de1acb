"""
The reading half of a journal: many threads, short reads.

Every read is one short query on a connection of its own, taken from a small pool: a reader never
waits for the writer, never sees a part of an append, and never keeps the WAL from being emptied for
longer than a page takes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec

from journal.codec import REDACTED_EVENT, WITHHELD, Codec, is_redacted
from journal.database import Identity, connect, explain, read_head
from journal.errors import JournalDamaged, JournalError
from journal.kept import Kept
from journal.records import Head, RawEvent, Recorded, Touch
from journal.schema import COLUMNS
from machine.event_base import Event

PAGE = 256
"""Events read at once: some 100 kB, a millisecond; larger pages are slower (processor caches)."""

FIELDS = (
    "position, stream, version, type, schema_version, payload, run_id, step, cause, actor, at,"
    " append_key"
)
"""What a `Recorded` is made of."""

TOUCH_PAGE = 8_192
"""Positions looked through at once where no payload is read: some 10 ms."""

MANY = 50
"""Streams read at once: some 1,000 events."""

Page = list[tuple[int, str, Event]]
"""Position, stream and event: what a fold needs."""

Line = tuple[int, str, int, str, int, str, str, int, int | None, str, str, str]

LAST_NAME = "\U0010ffff"
"""Sorts behind every name that begins alike."""


class Reader:
    """Queries on connections of their own."""

    def __init__(self, path: Path, identity: Identity, codec: Codec) -> None:
        """Keep what to read; the first connection is made at the first read."""
        self._path = path
        self._identity = identity
        self._codec = codec
        self._kept = Kept(codec)
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    def head(self) -> Head:
        """Return where the journal ends now."""
        with self._connection() as connection:
            return read_head(connection, self._identity)

    def stream(self, stream: str, after: int, until_position: int | None) -> list[Recorded]:
        """Return the events of a stream beyond version `after`, in order."""
        query = f"SELECT {FIELDS} FROM events WHERE stream = ? AND version > ?"
        values: list[object] = [stream, after]
        if until_position is not None:
            query += " AND position <= ?"
            values.append(until_position)
        return self._decoded(self._lines(f"{query} ORDER BY version", values))

    def intact(self, stream: str, after: int) -> list[Recorded]:
        """Return what `stream` returns, if it is what was appended. Raises JournalDamaged."""
        query = (
            f"SELECT {FIELDS}, digest FROM events WHERE stream = ? AND version > ? ORDER BY version"
        )
        with self._connection() as connection:
            lines = connection.execute(query, (stream, after)).fetchall()
        for wanted, line in enumerate(lines, after + 1):
            payload, digest = line[5], line[-1]
            if line[2] != wanted:
                msg = f"version {wanted} of {stream} is missing before event {line[0]} ({line[3]})"
                raise JournalDamaged(msg, line[0])
            if sha256(payload.encode()).digest() != digest and not self._let_go(line[0], payload):
                msg = f"event {line[0]} ({line[3]}) of {stream} was changed after it was appended"
                raise JournalDamaged(msg, line[0])
        return self._decoded([line[:-1] for line in lines])

    def many(self, streams: Sequence[str], until_position: int) -> Iterator[list[Recorded]]:
        """Yield the events of each stream that has any up to `until_position`."""
        for begin in range(0, len(streams), MANY):
            some = streams[begin : begin + MANY]
            query = (
                f"SELECT {FIELDS} FROM events WHERE stream IN ({', '.join('?' * len(some))})"
                " AND position <= ? ORDER BY stream, version"
            )
            found = self._decoded(self._lines(query, (*some, until_position)))
            yield from (list(events) for _, events in groupby(found, key=attrgetter("stream")))

    def all(self, after: int, until: int | None, page: int) -> Iterator[Recorded]:
        """Yield the events beyond position `after`, up to and with `until`."""
        query = f"SELECT {FIELDS} FROM events WHERE position > ? AND position <= ? LIMIT ?"
        last = until if until is not None else self.head().position
        while after < last:
            lines = self._lines(query, (after, last, page))
            if not lines:
                return
            yield from self._decoded(lines)
            after = lines[-1][0]

    def events(self, after: int, until: int | None, page: int) -> Iterator[Page]:
        """Yield pages of (position, stream, event) beyond position `after`, up to `until`."""
        query = (
            "SELECT position, stream, type, schema_version, payload FROM events"
            " WHERE position > ? AND position <= ? LIMIT ?"
        )
        decoders, decode = self._codec.decoders, self._decode
        last = until if until is not None else self.head().position
        while after < last:
            with self._connection() as connection:
                lines = connection.execute(query, (after, last, page)).fetchall()
            if not lines:
                return
            try:
                yield [(p, s, decoders[tag, n](payload)) for p, s, tag, n, payload in lines]
            except (
                KeyError,
                ValueError,
                msgspec.MsgspecError,
            ):  # an old schema, a redacted payload, or damage
                yield [(p, s, decode(p, tag, n, payload)) for p, s, tag, n, payload in lines]
            after = lines[-1][0]

    def typed(self, types: Sequence[str]) -> Iterator[tuple[int, str, Event]]:
        """Yield (position, stream, event) of these types, in order."""
        marks = ", ".join("?" * len(types))
        query = (
            "SELECT position, stream, type, schema_version, payload FROM events"
            f" WHERE position > ? AND type IN ({marks}) ORDER BY position LIMIT ?"
        )
        after, decode = 0, self._decode
        while True:
            with self._connection() as connection:
                lines = connection.execute(query, (after, *types, PAGE)).fetchall()
            if not lines:
                return
            yield from ((p, s, decode(p, tag, n, payload)) for p, s, tag, n, payload in lines)
            after = lines[-1][0]

    def newest(self, types: Sequence[str], actor: str, until: int) -> int:
        """Return the last position up to `until` of what an actor did of these types; 0: none."""
        query = (
            "SELECT position FROM events WHERE position > ? AND position <= ?"
            f" AND type IN ({', '.join('?' * len(types))}) AND actor = ?"
            " ORDER BY position DESC LIMIT 1"
        )
        for high in range(until, 0, -TOUCH_PAGE):
            for line in self._lines(query, (high - TOUCH_PAGE, high, *types, actor)):
                return line[0]
        return 0

    def raw(self, after: int, until: int | None, page: int) -> Iterator[RawEvent]:
        """Yield lines as they are stored."""
        query = f"SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ? LIMIT ?"
        last = until if until is not None else self.head().position
        while after < last:
            with self._connection() as connection:
                connection.text_factory = bytes
                try:
                    lines = connection.execute(query, (after, last, page)).fetchall()
                finally:
                    connection.text_factory = str
            if not lines:
                return
            yield from (_raw_event(line) for line in lines)
            after = lines[-1][0]

    def touches(self, after: int, until: int) -> Iterator[Touch]:
        """Yield which run appended how much to which stream, range after range."""
        query = (
            "SELECT stream, run_id, count(*), min(position), max(position) FROM events"
            " WHERE position > ? AND position <= ? GROUP BY stream, run_id"
        )
        for low in range(after, until, TOUCH_PAGE):
            with self._connection() as connection:
                lines = connection.execute(query, (low, min(low + TOUCH_PAGE, until))).fetchall()
            yield from (Touch(*line) for line in lines)

    def run(
        self, run_id: str, types: Sequence[str], after: int, until: int | None
    ) -> Iterator[Recorded]:
        """Yield the events that a run appended, of these types or of all."""
        for lines in self._of_run(FIELDS, run_id, types, after, until):
            yield from self._decoded(lines)

    def outline(
        self, run_id: str, types: Sequence[str], after: int, until: int | None
    ) -> Iterator[tuple[int, str, str, str]]:
        """Yield (position, stream, type, at) of what a run appended; no payload is read."""
        for lines in self._of_run("position, stream, type, at", run_id, types, after, until):
            yield from lines  # type: ignore[misc]

    def _of_run(
        self, fields: str, run_id: str, types: Sequence[str], after: int, until: int | None
    ) -> Iterator[list[Line]]:
        """
        Yield pages of what a run appended.

        There is no index by run: the search begins where the run's own stream does.
        """
        query = "SELECT position FROM events WHERE stream = ? AND version = 1"
        first = self._lines(query, (f"run/{run_id}",))
        after = max(after, first[0][0] - 1 if first else 0)
        last = until if until is not None else self.head().position
        chosen = f" AND type IN ({', '.join('?' * len(types))})" if types else ""
        query = (
            f"SELECT {fields} FROM events"
            f" WHERE position > ? AND position <= ?{chosen} AND run_id = ? LIMIT ?"
        )
        while lines := self._lines(query, (after, last, *types, run_id, PAGE)):
            yield lines
            after = lines[-1][0]

    def streams(self, prefix: str) -> Iterator[str]:
        """Yield the names of the streams that begin with `prefix`, in the order of their bytes."""
        query = (
            "SELECT DISTINCT stream FROM events WHERE stream {} ? AND stream <= ?"
            " ORDER BY stream LIMIT ?"
        )
        beyond, after = ">=", prefix
        while lines := self._lines(query.format(beyond), (after, prefix + LAST_NAME, PAGE)):
            names = [str(line[0]) for line in lines]
            yield from names
            beyond, after = ">", names[-1]

    def position_at(self, at: str) -> int:
        """Return the last position whose time is not after `at`; 0 if there is none."""
        low, high = 0, self.head().position
        with self._connection() as connection:
            while low < high:
                middle = (low + high + 1) // 2
                query = "SELECT at FROM events WHERE position = ?"
                line = connection.execute(query, (middle,)).fetchone()
                if line is None:
                    msg = f"there is no event {middle}"
                    raise JournalDamaged(msg, middle)
                low, high = (middle, high) if line[0] <= at else (low, middle - 1)
        return low

    def lookup(self, key: str) -> tuple[int, ...]:
        """Return the positions that an append key stands for; none: it was never used."""
        query = (
            "SELECT position FROM events"
            " WHERE append_key >= ? || '#' AND append_key < ? || '$' ORDER BY position"
        )
        return tuple(line[0] for line in self._lines(query, (key, key)))

    def close(self) -> None:
        """Close the connections that are idle now; those in use are closed after use."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _lines(self, query: str, values: Sequence[object]) -> list[Line]:
        with self._connection() as connection:
            return connection.execute(query, values).fetchall()

    def _decode(self, position: int, tag: str, schema: int, payload: str) -> Event:
        """Return the event of a stored payload; of one that was redacted, what is left."""
        event = self._codec.decode(position, tag, schema, payload)
        if event is not REDACTED_EVENT:
            return event
        self._learn_of(position)
        return self._kept.event(position, tag)

    def _let_go(self, position: int, payload: str) -> bool:
        """Tell whether a payload is another one by right: redacted, or withheld from an excerpt."""
        if payload == WITHHELD:
            return self._identity.excerpt
        if not is_redacted(payload):
            return False
        self._learn_of(position)
        return self._kept.intact(position)

    def _learn_of(self, position: int) -> None:
        if not self._kept.known(position):
            with self._connection() as connection:
                self._kept.learn(connection)

    def _decoded(self, lines: list[Line]) -> list[Recorded]:
        decoders, decode = self._codec.decoders, self._decode
        try:
            return [
                Recorded(
                    position, stream, version, tag, decoders[tag, schema](payload),
                    run_id, step, cause, actor, at, append_key,
                )
                for position, stream, version, tag, schema, payload,
                run_id, step, cause, actor, at, append_key in lines
            ]  # fmt: skip
        except (
            KeyError,
            ValueError,
            msgspec.MsgspecError,
        ):  # an old schema, a redacted payload, or damage
            return [
                Recorded(
                    position, stream, version, tag, decode(position, tag, schema, payload),
                    run_id, step, cause, actor, at, append_key,
                )
                for position, stream, version, tag, schema, payload,
                run_id, step, cause, actor, at, append_key in lines
            ]  # fmt: skip

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; what SQLite finds wrong with the file is damage."""
        if self._closed:
            msg = "the journal is closed"
            raise JournalError(msg)
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self._path, readonly=True)
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            connection.close()
            raise explain(error, self._path) from error
        except BaseException:
            connection.close()
            raise
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)


def _raw_event(line: tuple[object, ...]) -> RawEvent:
    values = list(line)
    for place in (1, 3, 7, 8, 11, 12):
        text = values[place]
        assert isinstance(text, bytes)
        values[place] = text.decode("utf-8", "backslashreplace")
    return RawEvent(*values)  # type: ignore[arg-type]
