"""What happened, event by event: to a row, or as it is stored, decoded or not."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from driver.errors import Misused
from driver.words import in_words
from journal import Journal, RawEvent, Recorded


def told(one: Recorded) -> dict[str, Any]:
    """Return an event with its words; the keys are those of `history --json`."""
    return {
        "stream": one.stream,
        "version": one.version,
        "position": one.position,
        "at": one.at,
        "run_id": one.run_id,
        "step": one.step,
        "actor": one.actor,
        "type": one.type,
        "words": in_words(one.event),
        "cause": one.cause,
        "payload": msgspec.to_builtins(one.event),
    }


class Wanted(Struct, frozen=True, kw_only=True):
    """Which events `events` lists; empty means all."""

    stream: str = ""
    types: tuple[str, ...] = ()
    run: str = ""
    row: int | None = None
    since: str = ""

    def is_meant(self, event: RawEvent) -> bool:
        """Tell whether an event is wanted."""
        return (
            (not self.stream or event.stream == self.stream or _is_below(event.stream, self.stream))
            and (not self.types or event.type in self.types)
            and (not self.run or event.run_id.startswith(self.run))
            and (self.row is None or event.stream == f"row/{self.row}")
            and event.at >= self.since
        )


def _is_below(stream: str, prefix: str) -> bool:
    return prefix.endswith("/") and stream.startswith(prefix)


def raw_events(journal: Journal, wanted: Wanted, until: int | None = None) -> Iterator[RawEvent]:
    """Yield events as they are stored; no payload is decoded, so this works when decoding fails."""
    after = journal.position_at(wanted.since) if wanted.since else 0
    for event in journal.read_raw(after=max(after - 1, 0), until=until):
        if wanted.is_meant(event):
            yield event


def check_type(word: str, known: list[str]) -> str:
    """Return an event type whatever its capitals. Raises Misused."""
    for one in known:
        if one.casefold() == word.casefold():
            return one
    msg = f"there is no event type {word}"
    raise Misused(msg, f"types: {', '.join(sorted(known))}")


def raw_as_object(event: RawEvent) -> dict[str, Any]:
    """Return a stored event for JSON: bytes as hex, the payload as JSON where it is some."""
    return {
        "position": event.position,
        "stream": event.stream,
        "version": event.version,
        "type": event.type,
        "schema_version": event.schema_version,
        "payload": payload_of(event),
        "run_id": event.run_id,
        "step": event.step,
        "cause": event.cause,
        "actor": event.actor,
        "at": event.at,
        "append_key": event.append_key,
        "digest": event.digest.hex(),
        "hash": event.hash.hex(),
    }


def payload_of(event: RawEvent) -> Any:  # noqa: ANN401  (whatever JSON holds)
    """Return a payload as JSON, or as text where it is none."""
    try:
        return msgspec.json.decode(event.payload)
    except (msgspec.MsgspecError, ValueError):
        return event.payload.decode("utf-8", "backslashreplace")
