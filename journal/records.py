"""
What goes into the journal and what comes out of it.

In: `Entry`, or `Sealed` (an entry made ready by the codec, which can be tried again with the same
bytes). Out: `Recorded` (decoded), `RawEvent` (every column as stored), `Head` (where it ends).
"""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from machine.event_base import Event


class RedactedEvent(Event, frozen=True, kw_only=True):
    """
    Stands in for an event whose payload was redacted.

    It has no field and no tag: it is never written, and it stands in no table of events. A fold
    skips it like an event that is none of its business; what the fold took from the event when it
    could still be read has to come from other events. That it happened, when, and in which stream,
    is in the envelope (`Recorded.type` is the tag of the event that was redacted).
    """

    tag: ClassVar[str] = ""


class WithheldEvent(RedactedEvent, frozen=True, kw_only=True):
    """
    Stands in for an event whose payload is not in this excerpt of a journal.

    The journal that the excerpt was made from has it. A fold skips it, but nobody may take what it
    said for something that never was: whoever shows it says that it is withheld.
    """


class AfterEntry(Struct, frozen=True):
    """The cause is an earlier entry of the same append; `index` counts from 0."""

    index: int


class Entry(Struct, frozen=True, gc=False):
    """
    One event to append.

    `expected_version` is the version that the stream has right before this entry (0: it does not
    exist), earlier entries of the same append counted. `cause` is a position.
    """

    stream: str
    expected_version: int
    event: Event
    cause: int | AfterEntry | None = None


class Sealed(Struct, frozen=True, gc=False):
    """
    An entry whose bytes are final: salt filled in, encoded, checked by decoding, digested.

    Made by `seal`. `event` is what a reader will get, salt included.
    """

    stream: str
    expected_version: int
    event: Event
    cause: int | AfterEntry | None
    type: str
    schema_version: int
    payload: str
    digest: bytes
    names: bytes
    """Stream and type in UTF-8, one after the other: they are hashed like that."""
    stream_size: int
    """How many of these bytes are the stream's."""


class Recorded(Struct, frozen=True, gc=False):
    """An event with its envelope, as read from the journal."""

    position: int
    stream: str
    version: int
    type: str
    event: Event
    """A `RedactedEvent` where the payload was redacted, a `WithheldEvent` where it is not here."""
    run_id: str
    step: int
    cause: int | None
    actor: str
    at: str
    """UTC, ISO 8601, six fractional digits and `Z`: text order is time order."""
    append_key: str
    """Ends in `#<index of the entry within its append>`."""


class RawEvent(Struct, frozen=True, gc=False):
    """A line of the table as it is stored, for looking when decoding is broken."""

    position: int
    stream: str
    version: int
    type: str
    schema_version: int
    payload: bytes
    digest: bytes
    append_key: str
    run_id: str
    step: int
    cause: int | None
    actor: str
    at: str
    hash: bytes


def is_withheld(history: Iterable[Recorded]) -> bool:
    """Tell whether nothing of what these events said is in this excerpt of a journal."""
    return all(isinstance(recorded.event, WithheldEvent) for recorded in history)


class Touch(Struct, frozen=True, gc=False):
    """What a run appended to a stream within a range of positions."""

    stream: str
    run_id: str
    events: int
    first: int
    """Positions of the first and last of them."""
    last: int


class Head(Struct, frozen=True):
    """
    Where the journal ends.

    An empty journal has position 0, the genesis hash and the time it was made.
    """

    position: int
    hash: bytes
    at: str
