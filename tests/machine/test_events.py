"""Every event has a tag, comes back from its bytes, and is known to the fold; tags only grow."""

import gc
from typing import Any

import msgspec
import pytest

from journal.codec import Codec
from machine import event_base, run_events, values
from machine import row as states
from machine.event_base import Event, Salted
from machine.events import EVENTS, RolledBack
from machine.evolve import _ARMS, WITHOUT_ARM
from machine.row import Row
from machine.values import Labels
from tests.machine.wire import described, example, golden, key

every = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.tag)


def classes(base: type[Event]) -> set[type[Event]]:
    """Return the event classes that machine/ defines below `base`."""
    return {one for one in base.__subclasses__() if one.__module__.startswith("machine.")}


def test_every_event_class_is_in_the_table_under_a_tag_of_its_own() -> None:
    """What is not in the table cannot be read."""
    defined = (classes(Event) | classes(Salted)) - {Salted}
    assert defined == set(EVENTS.values())
    assert all(tag == event.tag for tag, event in EVENTS.items())


@every
def test_an_event_comes_back_from_its_bytes(event: type[Event]) -> None:
    """Encoded as JSON and decoded, it is the same."""
    one = example(event)
    payload = msgspec.json.encode(one)
    assert one == msgspec.json.decode(payload, type=event)
    assert b"\xc3\xbc" in payload or not any(
        isinstance(getattr(one, field), str) for field in one.__struct_fields__
    )


@every
def test_an_event_with_unknown_fields_is_refused(event: type[Event]) -> None:
    """It was written by a newer program; guessing would lose what it says."""
    payload = msgspec.json.encode({**msgspec.to_builtins(example(event)), "novelty": 1})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(payload, type=event)


@every
def test_an_event_is_known_to_the_fold(event: type[Event]) -> None:
    """It has an arm, or stands in the list of those that change no row."""
    elsewhere = event.__module__ == run_events.__name__ or event in WITHOUT_ARM
    has_arm = event in _ARMS or event is RolledBack
    assert elsewhere is not has_arm


@every
def test_an_event_that_holds_text_is_salted(event: type[Event]) -> None:
    """Else its digest could be guessed; ids, codes, names and digests are no secrets."""
    secret = {"text", "labels", "record", "reason", "detail", "metadata", "private", "argv"}
    if secret & set(event.__struct_fields__):
        assert event.salted


@every
def test_wire_tags_only_grow(event: type[Event]) -> None:
    """Fields are never renamed or removed; another shape is another `schema`."""
    today, known = described(event), golden().get(key(event))
    assert known, "new: run `python -m tests.machine.wire` and commit the file"
    assert today["fields"] == known["fields"], "run `python -m tests.machine.wire` if it only grew"
    assert today["salted"] == known["salted"]


@pytest.mark.parametrize("name", golden())
def test_what_was_ever_written_can_be_read(name: str) -> None:
    """Every golden example decodes, by its class or through upcasters, and lost nothing."""
    tag, _, schema = name.partition("/")
    written = golden()[name]["example"]
    read = Codec(EVENTS).decode(1, tag, int(schema), msgspec.json.encode(written).decode())
    assert type(read) is EVENTS[tag]
    if read.schema == int(schema):
        assert holds(written, msgspec.to_builtins(read))


def holds(written: Any, read: Any) -> bool:
    """Return whether everything that was written stands in what was read."""
    if isinstance(written, dict):
        return all(name in read and holds(one, read[name]) for name, one in written.items())
    if isinstance(written, list):
        return len(written) == len(read) and all(map(holds, written, read))
    return bool(written == read)


def test_the_collector_has_nothing_to_do() -> None:
    """Events, values and states are not tracked: a replay would be half as fast."""
    for module in (values, states, event_base):
        for name, struct in vars(module).items():
            if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
                assert struct is msgspec.Struct or not struct.__struct_config__.gc, name
    assert not gc.is_tracked(Row())
    assert not gc.is_tracked(Labels())
    assert all(not event.__struct_config__.gc for event in EVENTS.values())
