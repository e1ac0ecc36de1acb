"""
Excerpts: a journal for others to read, of which some payloads are withheld.

Every line of the journal is in it, from the first to the last, so the hash chain holds from the
beginning and nothing can have been left out; a payload that is withheld leaves its digest, type,
stream and time. An excerpt travels as JSON lines, one event a line, and is read as a file that
has the tables of a journal and one mark more, by which everything else knows that it is no whole
journal: it is never appended to, and `verify` accepts a payload that is missing.

Not promised: that a line tells nothing. Names of streams, times, actors and types stay.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from journal.codec import WITHHELD
from journal.database import EXCERPT
from journal.errors import JournalError
from journal.records import RawEvent
from journal.schema import COLUMNS, FILE, TABLES, TRIGGERS


class ExcerptLine(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """One event as it travels: every column, digest and hash as hex digits."""

    position: int
    stream: str
    version: int
    type: str
    schema_version: int
    payload: str | None
    """The exact text whose SHA-256 is `digest`; None: withheld."""
    digest: str
    append_key: str
    run_id: str
    step: int
    cause: int | None
    actor: str
    at: str
    hash: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ExcerptLine).decode


def line_of(event: RawEvent, *, withheld: bool) -> bytes:
    """Return an event as a line of JSON, its end included. Raises ValueError for damaged text."""
    line = ExcerptLine(
        position=event.position,
        stream=event.stream,
        version=event.version,
        type=event.type,
        schema_version=event.schema_version,
        payload=None if withheld else event.payload.decode(),
        digest=event.digest.hex(),
        append_key=event.append_key,
        run_id=event.run_id,
        step=event.step,
        cause=event.cause,
        actor=event.actor,
        at=event.at,
        hash=event.hash.hex(),
    )
    return _encode(line) + b"\n"


def write_excerpt(path: Path, uuid: str, created: str, format: int, lines: Iterable[bytes]) -> int:
    """
    Make an excerpt of lines as `line_of` returns them; whether the chain holds is for `verify`.

    Args:
        path: a file that does not exist.
        uuid: of the journal that the lines are of; so are `created` and `format`.
        created: when that journal was made.
        format: of that journal.
        lines: all of them, in order.

    Returns:
        How many lines there are.

    Raises:
        JournalError: a line is none, or the file cannot be written.
    """
    marks = ", ".join("?" * len(COLUMNS.split(",")))
    meta = {"format": str(format), "uuid": uuid, "created": created, EXCERPT: "1"}
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.executescript(f"{FILE}\nPRAGMA synchronous = OFF;\nBEGIN IMMEDIATE;\n{TABLES}")
            db.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", meta.items())
            db.executemany(f"INSERT INTO events ({COLUMNS}) VALUES ({marks})", _values(lines))
            count = int(db.execute("SELECT count(*) FROM events").fetchone()[0])
            db.execute("COMMIT")
            db.executescript(TRIGGERS)
    except (sqlite3.Error, ValueError, OverflowError) as error:
        msg = f"these are no lines of a journal: {error}"
        raise JournalError(msg, "Ask for the file again; it was damaged or changed.") from error
    return count


def _values(lines: Iterable[bytes]) -> Iterator[tuple[object, ...]]:
    for text in lines:
        one = _decode(text)
        yield (
            one.position, one.stream, one.version, one.type, one.schema_version,
            WITHHELD if one.payload is None else one.payload, bytes.fromhex(one.digest),
            one.append_key, one.run_id, one.step, one.cause, one.actor, one.at,
            bytes.fromhex(one.hash),
        )  # fmt: skip
