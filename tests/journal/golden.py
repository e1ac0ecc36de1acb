"""
Makes a golden journal: a real file, stored for ever, that every later version has to read.

    python -m tests.journal.golden NAME

makes `tests/golden/journal-NAME.db`, with one event of each type and schema that no golden journal
has yet, and `journal-NAME.json`, with what has to be read from it. What exists is never made again:
a new event, or a new shape of an old one, gets a new journal beside the others.
"""

import json
import shutil
import sys
import types
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from journal import AfterEntry, Entry, Journal, RedactedEvent
from machine.event_base import Event
from machine.events import EVENTS

FOLDER = Path(__file__).resolve().parents[1] / "golden"
RUN = "01941f29-7c00-7000-8000-0123456789ab"
ACTOR = "Zoë"


def sample(wanted: Any, name: str = "") -> Any:
    """Return a value of a type, with no field left at its default; `name` makes texts differ."""
    origin, parts = get_origin(wanted), get_args(wanted)
    plain = {str: f"{name} – äöü 📷", int: 7, float: 0.1, bool: True}
    if wanted in plain:
        return plain[wanted]
    if origin is Literal:
        return parts[0]
    if origin in (Union, types.UnionType):
        return sample(next(part for part in parts if part is not type(None)), name)
    if origin is tuple:
        return (sample(parts[0], f"{name} 1"), sample(parts[0], f"{name} 2"))
    if origin is dict:
        return {name: sample(parts[1], name)}
    hints = get_type_hints(wanted)
    return wanted(
        **{
            field.name: sample(hints[field.name], field.name)
            for field in msgspec.structs.fields(wanted)
            if field.name != "salt"
        }
    )


def golden_journals() -> list[Path]:
    """Return every golden journal, in the order of their names."""
    return sorted(FOLDER.glob("journal-*.db"))


def expected(path: Path) -> dict[str, Any]:
    """Return what has to be read from a golden journal."""
    found: dict[str, Any] = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return found


def covered() -> set[tuple[str, int]]:
    """Return (tag, schema) of every event in a golden journal."""
    return {
        (event["type"], event["schema_version"])
        for path in golden_journals()
        for event in expected(path)["events"]
    }


def make(path: Path, events: Mapping[str, type[Event]]) -> None:
    """Write one event of each class into a new journal, on streams of their own kind and shared."""
    time = datetime(2025, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal time
        time += timedelta(microseconds=1_000_001)
        return time

    with Journal.open(path, create=True, clock=clock, min_free_bytes=0) as journal:
        versions = {"row/1": 0, "name/é": 0}
        for number, (tag, cls) in enumerate(sorted(events.items())):
            stream = ("row/1", "name/é")[number % 2]
            entries = [Entry(stream, versions[stream], sample(cls), number or None)]
            versions[stream] += 1
            if number % 5 == 0:
                entries.append(Entry(f"once/{tag}", 0, sample(cls), AfterEntry(0)))
            journal.append(entries, key=f"{RUN}/{number:03}", run_id=RUN, step=number, actor=ACTOR)
        journal.redact(
            min(3, journal.head.position),
            "asked for",
            key=f"{RUN}/redact",
            run_id=RUN,
            step=99,
            actor=ACTOR,
        )


def describe(path: Path) -> dict[str, Any]:
    """Return what a journal says today, as it is stored beside it for ever."""
    with Journal.open(path, readonly=True) as journal:
        return {
            "uuid": journal.uuid,
            "head": {"position": journal.head.position, "hash": journal.head.hash.hex()},
            "events": [
                {
                    "position": event.position,
                    "stream": event.stream,
                    "version": event.version,
                    "type": event.type,
                    "schema_version": raw.schema_version,
                    "event": None
                    if isinstance(event.event, RedactedEvent)
                    else as_written(
                        msgspec.json.decode(msgspec.json.encode(event.event)),
                        msgspec.json.decode(raw.payload),
                    ),
                    "append_key": event.append_key,
                    "run_id": event.run_id,
                    "step": event.step,
                    "cause": event.cause,
                    "actor": event.actor,
                    "at": event.at,
                    "hash": raw.hash.hex(),
                }
                for event, raw in zip(journal.read_all(), journal.read_raw(), strict=True)
            ],
        }


def as_written(read: Any, written: Any) -> Any:
    """Return what was read without the fields that did not exist when it was written."""
    if isinstance(read, dict) and isinstance(written, dict):
        return {key: as_written(read[key], one) for key, one in written.items()}
    if isinstance(read, list) and isinstance(written, list):
        return [as_written(*both) for both in zip(read, written, strict=True)]
    return read


def main() -> None:
    """Make a golden journal of what the others lack."""
    path = FOLDER / f"journal-{sys.argv[1]}.db"
    if path.exists():
        sys.exit(f"{path} exists; a golden journal is never made again")
    have = covered()
    wanted = {tag: cls for tag, cls in EVENTS.items() if (tag, cls.schema) not in have}
    if not wanted:
        sys.exit("Nothing to add: every event is in a golden journal.")
    with TemporaryDirectory() as folder:
        draft = Path(folder) / "journal.db"
        make(draft, wanted)
        shutil.copy(draft, path)
        text = json.dumps(describe(draft), ensure_ascii=False, indent=1)
    path.with_suffix(".json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
