"""
The form in which a journal travels: lines of JSON, in closed segments, each one signed.

    {"photojournal":"segment","format":1,"journal":UUID,"created":TIME,"after":0,"previous":HEX}
    {"position":1,"stream":"row/1","version":1, ... "payload":{...}, ... "hash":HEX}
    ...
    {"photojournal":"end","until":10000,"sha256":HEX,"key":BASE64,"signature":BASE64}

An event line has every column of the table; the payload stands in it with its exact bytes, a
redacted one without the blanks that fill it up in the table. The hashes chain the lines, and each
segment to the one before (`previous`). `sha256` is over all lines of the segment before the last
one, with their ends; the signature is over `content` of the last one. Frozen: decision record 0016.
"""

from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from journal.chain import line_hash
from journal.clock import AT_LENGTH
from journal.codec import is_redacted
from journal.lines import At, Number, Sha256, Uuid, from_base64, to_base64
from journal.records import RawEvent
from journal.signing import SigningKey, check

FORMAT = 1
EVENTS = 10_000
"""So many events make a segment; a reader keeps one in memory, some 10 MB."""


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a segment."""

    photojournal: Literal["segment"] = "segment"
    format: Annotated[int, Meta(ge=1)] = FORMAT
    journal: Uuid
    created: At
    """When the journal was made."""
    after: Number
    """The position before the first event."""
    previous: Sha256
    """The hash there."""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """An event, as it is stored."""

    position: Number
    stream: str
    version: Number
    type: str
    schema_version: Annotated[int, Meta(ge=0, lt=2**31)]
    payload: Raw
    digest: Sha256
    append_key: str
    run_id: str
    step: Number
    cause: Number | None
    actor: str
    at: At
    hash: Sha256


class Closing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last line of a segment."""

    photojournal: Literal["end"] = "end"
    until: Number
    """The position of the last event."""
    sha256: Sha256
    key: str
    """The public key, 32 bytes in base64."""
    signature: str

    @property
    def public(self) -> bytes:
        """Return the public key; empty where it is none."""
        return from_base64(self.key)

    @property
    def is_signed(self) -> bool:
        """Tell whether the holder of the key signed a segment with this end and these bytes."""
        return check(self.public, content(self.until, self.sha256), from_base64(self.signature))


def content(until: int, digest: str) -> bytes:
    """Return what is signed of a segment that ends at `until`; the digest covers its lines."""
    return f"photojournal/segment/1\n{until}\n{digest}\n".encode()


def close(until: int, lines: bytes, key: SigningKey) -> bytes:
    """Return the last line of a segment, signed; `lines` are all before it."""
    digest = sha256(lines).hexdigest()
    closing = Closing(
        until=until,
        sha256=digest,
        key=to_base64(key.public),
        signature=to_base64(key.sign(content(until, digest))),
    )
    return as_line(closing)


def as_line(one: Opening | Line | Closing) -> bytes:
    """Return it as one line of JSON."""
    return msgspec.json.encode(one) + b"\n"


def line_of(event: RawEvent) -> Line:
    """Return a stored event as it travels."""
    payload = event.payload.rstrip(b" ") if is_blank(event) else event.payload
    return Line(
        event.position, event.stream, event.version, event.type, event.schema_version,
        Raw(payload), event.digest.hex(), event.append_key, event.run_id,
        event.step, event.cause, event.actor, event.at, event.hash.hex(),
    )  # fmt: skip


def event_of(line: Line) -> RawEvent:
    """Return a travelling event as it is to be stored."""
    return RawEvent(
        line.position, line.stream, line.version, line.type, line.schema_version,
        bytes(line.payload), bytes.fromhex(line.digest), line.append_key, line.run_id, line.step,
        line.cause, line.actor, line.at, bytes.fromhex(line.hash),
    )  # fmt: skip


def problem_with(event: RawEvent, previous: bytes, last_at: str) -> str:
    """
    Say what is wrong with an event behind another one; empty: nothing.

    Args:
        event: a line of a journal.
        previous: the hash of the one before it.
        last_at: the time of the one before it.
    """
    if sha256(event.payload).digest() != event.digest and not is_blank(event):
        return "the payload is not the one that was appended"
    if event.hash != _hash(event, previous):
        return "the hash does not fit: something in the line was changed, or the line before"
    if event.at < last_at or len(event.at) != AT_LENGTH:
        return f"its time {event.at} is before {last_at}"
    if event.cause is not None and not 0 < event.cause < event.position:
        return f"its cause {event.cause} is not before it"
    return ""


def is_blank(event: RawEvent) -> bool:
    """Tell whether the payload of an event has the redacted form."""
    return is_redacted(event.payload.decode("utf-8", "replace"))


def _hash(event: RawEvent, previous: bytes) -> bytes:
    return line_hash(
        previous=previous,
        position=event.position,
        stream=event.stream.encode(),
        version=event.version,
        type=event.type.encode(),
        schema_version=event.schema_version,
        digest=event.digest,
        append_key=event.append_key.encode(),
        run_id=event.run_id.encode(),
        step=event.step,
        cause=event.cause,
        actor=event.actor.encode(),
        at=event.at.encode(),
    )
