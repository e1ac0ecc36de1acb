"""What happened, event by event: to a row, or as it is stored, decoded or not."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from driver.errors import Misused
from driver.looking import Seen
from driver.words import in_words
from journal import Journal, RawEvent, Recorded
from machine.evolve import evolve
from machine.row import Row
from machine.status import review_status, statuses


def history_of(seen: Seen, number: int) -> list[dict[str, Any]]:
    """Return the events of a row with their words; the keys are those of `history --json`."""
    stream = f"row/{number}"
    recorded = seen.journal.read_stream(stream, until_position=seen.until)
    return [_told(one) for one in recorded]


def _told(one: Recorded) -> dict[str, Any]:
    return {
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


def steps_of(seen: Seen, number: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each event of a row, and what it changed in the state: old and new value by name."""
    row, before = Row(), dict[str, Any]()
    for one in seen.journal.read_stream(f"row/{number}", until_position=seen.until):
        row = evolve(row, one.event)
        after = _flat(row)
        changed = {
            name: (before.get(name), after.get(name))
            for name in (*before, *(name for name in after if name not in before))
            if before.get(name) != after.get(name)
        }
        yield _told(one), changed
        before = after


def _flat(row: Row) -> dict[str, Any]:
    """Return a row's state as `fold.part.field` and plain values, empty ones left out."""
    flat: dict[str, Any] = {"Review_Status": review_status(row)}
    flat |= {f"{stage}_status": status for stage, status in statuses(row).items()}
    for fold, parts in (("decided", row.decided), ("happened", row.happened)):
        for part, value in msgspec.to_builtins(parts).items():
            if isinstance(value, dict) and part not in _WHOLE:
                flat |= {f"{fold}.{part}.{name}": _filled(inner) for name, inner in value.items()}
            else:
                flat[f"{fold}.{part}"] = _filled(value)
    return {name: value for name, value in flat.items() if value not in _EMPTY}


def _filled(value: Any) -> Any:  # noqa: ANN401  (any part of a state)
    """Return a value without what is empty in it."""
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if inner not in _EMPTY}


_EMPTY: tuple[object, ...] = (None, "", [], {}, (), False, 0)

_WHOLE = ("files", "record", "saga", "finished")
"""Parts that are told as one."""


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
