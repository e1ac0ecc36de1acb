"""
Events to bytes and back.

An event is sealed once, before the first try to append it: salted, encoded as JSON, decoded again
and compared, digested. What does not come back as it was is refused, so that whatever is in the
journal can be read. A payload of an older schema is led up to today's shape by upcasters, one per
(tag, schema), which are frozen like the tags.

Not promised: that the text is canonical JSON. The bytes that were written first are the payload.
"""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from hashlib import sha256 as _sha256
from typing import Any

import msgspec
from msgspec.structs import fields as fields_of
from msgspec.structs import force_setattr

from journal.errors import UnreadableEvent, UnwritableEvent
from journal.records import AfterEntry, Entry, RedactedEvent, Sealed, WithheldEvent
from machine.event_base import Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the fields of one schema, as builtins, into those of the next."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""(tag, schema it reads) -> upcaster to schema + 1. Entries are never changed or removed."""

REDACTED = '{"redacted":true}'
"""What a redacted payload starts with; blanks fill it up to the length of what stood there."""

WITHHELD = '{"withheld":true}'
"""The whole payload of a line, in an excerpt of a journal, that is there without what it says."""

MAX_STREAM_BYTES = 1000
"""So that (stream, version) fits into an index of every backend; a file name has 255 at most."""

MAX_KEY_BYTES = 200
"""Longest append key, in ASCII characters."""

MAX_PAYLOAD_BYTES = 16_000_000
"""What is longer belongs into a file named by its hash. Source: MySQL's default packet, 16 MiB."""

MAX_NUMBER = 2**63 - 1
"""Versions, steps and positions are signed 64-bit numbers in every backend."""

REDACTED_EVENT = RedactedEvent()
WITHHELD_EVENT = WithheldEvent()

_MISFITS = (AttributeError, LookupError, TypeError, ValueError)
"""What an upcaster raises when a payload is not of the shape that it expects."""


def is_redacted(payload: str) -> bool:
    """Tell whether a payload has the redacted form."""
    return payload.startswith(REDACTED) and payload.rstrip(" ") == REDACTED


def stand_in(payload: str) -> RedactedEvent | None:
    """Return what stands in for an event that is redacted or withheld; None: it is neither."""
    if payload == WITHHELD:
        return WITHHELD_EVENT
    return REDACTED_EVENT if is_redacted(payload) else None


class Codec:
    """Seals and opens the events of one table of classes."""

    def __init__(
        self,
        events: Mapping[str, type[Event]],
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    ) -> None:
        """Make the decoders; `events` maps each tag to its class."""
        self._encode = msgspec.json.Encoder().encode
        self._classes = dict(events)
        self._upcasters = dict(upcasters)
        self.decoders: dict[tuple[str, int], Callable[[bytes | str], Event]] = {
            (tag, cls.schema): msgspec.json.Decoder(cls).decode for tag, cls in events.items()
        }
        self._sealing = {
            cls: (tag, cls.schema, cls.salted, self.decoders[tag, cls.schema])
            for tag, cls in events.items()
        }

    def seal(self, entries: Sequence[Entry | Sealed]) -> list[Sealed]:
        """
        Make entries ready: final bytes, checked and digested. What is sealed stays as it is.

        A salted event gets 16 random bytes as hex digits, unless it has a salt already.

        Raises:
            UnwritableEvent: an event would not come back as it is, or a name is not valid.
        """
        encode, sealing, set_salt, sha256 = self._encode, self._sealing, force_setattr, _sha256
        salts = os.urandom(16 * len(entries)).hex()
        ready: list[Sealed] = []
        for entry in entries:
            if isinstance(entry, Sealed):
                ready.append(entry)
                continue
            event, stream, version, cause = (
                entry.event, entry.stream, entry.expected_version, entry.cause,
            )  # fmt: skip
            try:
                tag, schema, salted, decode = sealing[event.__class__]
                if salted and not event.salt:  # type: ignore[attr-defined]
                    event = event.__copy__()  # type: ignore[attr-defined]
                    place = 32 * len(ready)
                    set_salt(event, "salt", salts[place : place + 32])
                payload = encode(event)
                again = decode(payload)
                names = (stream + tag).encode()
            except (KeyError, msgspec.MsgspecError, TypeError, ValueError) as error:
                raise _unwritable(entry, error) from error
            size = len(names) - len(tag)
            if again != event or len(payload) > MAX_PAYLOAD_BYTES:
                raise UnwritableEvent(_difference(entry, event, again, len(payload)))
            if (
                not 0 < size <= MAX_STREAM_BYTES
                or "\0" in stream
                or cause is not None
                or not 0 <= version < MAX_NUMBER
            ):
                _check_envelope(entry, size)
            ready.append(
                Sealed(
                    stream, version, again, cause, tag, schema,
                    payload.decode(), sha256(payload).digest(), names, size,
                )
            )  # fmt: skip
        return ready

    def reseal(self, sealed: Sealed, payload: str, schema: int) -> Sealed:
        """Return `sealed` with the salt of a stored payload, to compare both; else unchanged."""
        cls = self._classes[sealed.type]
        if not cls.salted or schema != cls.schema:
            return sealed
        try:
            salt = msgspec.json.decode(payload)["salt"]
        except (msgspec.MsgspecError, KeyError):  # redacted
            return sealed
        event = copy(sealed.event)
        force_setattr(event, "salt", salt)
        entry = Entry(sealed.stream, sealed.expected_version, event, sealed.cause)
        return self.seal([entry])[0]

    def decode(self, position: int, tag: str, schema: int, payload: str) -> Event:
        """
        Return the event of a stored payload, or what stands in for it.

        Raises:
            UnreadableEvent: unknown type, newer schema, or a payload that does not fit.
        """
        decode = self.decoders.get((tag, schema))
        try:
            if decode is not None:
                event: Event = decode(payload)
                return event
            return self._upcast(position, tag, schema, payload)
        except (msgspec.MsgspecError, *_MISFITS) as error:
            if other := stand_in(payload):
                return other
            raise UnreadableEvent(position, tag, str(error)) from error

    def _upcast(self, position: int, tag: str, schema: int, payload: str) -> Event:
        cls = self._classes.get(tag)
        if cls is None:
            raise UnreadableEvent(position, tag, "unknown type")
        if schema > cls.schema:
            reason = f"schema {schema} is newer than {cls.schema}, the newest known here"
            raise UnreadableEvent(position, tag, reason)
        if other := stand_in(payload):
            return other
        fields = msgspec.json.decode(payload, type=dict[str, Any])
        for old in range(schema, cls.schema):
            upcaster = self._upcasters.get((tag, old))
            if upcaster is None:
                reason = f"nothing leads from schema {old} to {old + 1}"
                raise UnreadableEvent(position, tag, reason)
            fields = upcaster(fields)
        return msgspec.convert(fields, cls)


def check_key(key: str) -> str:
    """Return an append key if it can be one: printable ASCII, no `#`, not too long."""
    if not (key.isascii() and key.isprintable()) or "#" in key or not 0 < len(key) <= MAX_KEY_BYTES:
        msg = f"{key!r} cannot be an append key"
        raise UnwritableEvent(msg)
    return key


def name_bytes(what: str, name: str) -> bytes:
    """Return a run's or an actor's name in UTF-8; `what` is for the message."""
    try:
        encoded = name.encode()
    except UnicodeEncodeError as error:
        msg = f"the {what} {name!r} is not valid Unicode"
        raise UnwritableEvent(msg) from error
    if b"\0" in encoded or len(encoded) > MAX_KEY_BYTES:
        msg = f"the {what} {name!r} is too long or has a NUL"
        raise UnwritableEvent(msg)
    return encoded


def _unwritable(entry: Entry, error: Exception) -> UnwritableEvent:
    if isinstance(error, KeyError):
        return UnwritableEvent(f"{entry.event.__class__.__name__} is not in the table of events")
    return UnwritableEvent(f"{entry.event.tag} in {entry.stream!r} cannot be written: {error}")


def _check_envelope(entry: Entry, stream_size: int) -> None:
    if not 0 < stream_size <= MAX_STREAM_BYTES or "\0" in entry.stream:
        msg = f"the stream name {entry.stream!r} is empty, too long or has a NUL"
        raise UnwritableEvent(msg)
    if not 0 <= entry.expected_version < MAX_NUMBER:
        msg = f"{entry.expected_version} cannot be a version of {entry.stream!r}"
        raise UnwritableEvent(msg)
    cause = entry.cause.index + 1 if isinstance(entry.cause, AfterEntry) else entry.cause
    if cause is not None and not 0 < cause < MAX_NUMBER:
        msg = f"{entry.cause} cannot be the cause of an event of {entry.stream!r}"
        raise UnwritableEvent(msg)


def _difference(entry: Entry, event: Event, again: Event, size: int) -> str:
    what = f"{event.tag} in {entry.stream!r}"
    if size > MAX_PAYLOAD_BYTES:
        return f"{what} has {size:,} bytes, more than {MAX_PAYLOAD_BYTES:,}"
    for field in fields_of(event):
        before, after = getattr(event, field.name), getattr(again, field.name)
        if isinstance(before, float) and not math.isfinite(before):
            return f"{what} cannot be written: {field.name} is {before}"
        if before != after:
            return f"{what} would not come back as it is: {field.name} {before!r} -> {after!r}"
    return f"{what} would not come back as it is"
