"""What goes through the codec comes back, or is refused."""

import hashlib
import math
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import Entry, RedactedEvent, Sealed, UnreadableEvent, UnwritableEvent
from journal.codec import REDACTED, Codec, is_redacted
from machine.event_base import Event, Salted


class Measured(Event, frozen=True, kw_only=True):
    """A toy with every kind of number."""

    tag: ClassVar[str] = "ToyMeasured"
    number: int = 0
    value: float = 0.0
    maybe: float | None = None


class Noted(Salted, frozen=True, kw_only=True):
    """A toy with text in all depths, in its third shape."""

    tag: ClassVar[str] = "ToyNoted"
    schema: ClassVar[int] = 3
    text: str
    words: tuple[str, ...] = ()
    options: dict[str, str | int | float | bool] = {}  # noqa: RUF012  (msgspec copies it)


def _noted_1(fields: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 called the text `note`."""
    fields["text"] = fields.pop("note")
    return fields


def _noted_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Schema 2 had the words in one string."""
    return {**fields, "words": fields["words"].split()}


TOYS: dict[str, type[Event]] = {"ToyMeasured": Measured, "ToyNoted": Noted}
CODEC = Codec(TOYS, {("ToyNoted", 1): _noted_1, ("ToyNoted", 2): _noted_2})


def seal(entry: Entry) -> Sealed:
    (sealed,) = CODEC.seal([entry])
    return sealed


OPTIONS = st.dictionaries(
    st.text(),
    st.text() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False),
)


@given(text=st.text(), words=st.lists(st.text()), options=OPTIONS)
def test_text_comes_back_as_it_was(
    text: str, words: list[str], options: dict[str, str | int | float | bool]
) -> None:
    event = Noted(text=text, words=tuple(words), options=options)
    sealed = seal(Entry("row/1", 0, event))
    assert CODEC.decode(1, "ToyNoted", 3, sealed.payload) == sealed.event
    assert msgspec.structs.replace(sealed.event, salt="") == event
    assert sealed.digest == hashlib.sha256(sealed.payload.encode()).digest()
    assert event.salt == ""


@given(number=st.integers(), value=st.floats(), maybe=st.none() | st.floats())
def test_numbers_come_back_or_are_refused(number: int, value: float, maybe: float | None) -> None:
    event = Measured(number=number, value=value, maybe=maybe)
    if math.isfinite(value) and (maybe is None or math.isfinite(maybe)):
        sealed = seal(Entry("row/1", 0, event))
        again = CODEC.decode(1, "ToyMeasured", 1, sealed.payload)
        assert again == event == sealed.event
        assert repr(again) == repr(event)
    else:
        with pytest.raises(UnwritableEvent):
            seal(Entry("row/1", 0, event))


@given(st.text(st.characters(categories=["Cs"]), min_size=1))
def test_lone_surrogates_are_refused(text: str) -> None:
    with pytest.raises(UnwritableEvent):
        seal(Entry("row/1", 0, Noted(text=text)))
    with pytest.raises(UnwritableEvent):
        seal(Entry(text, 0, Measured()))


def test_the_field_that_would_change_is_named() -> None:
    with pytest.raises(UnwritableEvent, match="value"):
        seal(Entry("row/1", 0, Measured(maybe=None, value=math.nan)))
    with pytest.raises(UnwritableEvent, match="maybe"):
        seal(Entry("row/1", 0, Measured(maybe=math.inf)))


def test_salts_differ_and_a_repeat_takes_the_first() -> None:
    entry = Entry("row/1", 0, Noted(text="x"))
    first, second = seal(entry), seal(entry)
    assert first.digest != second.digest
    assert CODEC.reseal(second, first.payload, 3).digest == first.digest
    assert CODEC.reseal(second, REDACTED, 3) is second
    assert seal(Entry("row/1", 0, first.event)).digest == first.digest


def test_a_sealed_event_that_is_sealed_by_another_table_is_refused() -> None:
    class Stranger(Event, frozen=True, kw_only=True):
        tag: ClassVar[str] = "ToyMeasured"

    with pytest.raises(UnwritableEvent, match="not in the table"):
        seal(Entry("row/1", 0, Stranger()))


def test_an_old_payload_is_led_up_step_by_step() -> None:
    expected = Noted(salt="s", text="t", words=("a", "b"))
    assert CODEC.decode(1, "ToyNoted", 1, '{"salt":"s","note":"t","words":"a b"}') == expected
    assert CODEC.decode(1, "ToyNoted", 2, '{"salt":"s","text":"t","words":"a b"}') == expected
    assert CODEC.decode(1, "ToyNoted", 3, '{"salt":"s","text":"t","words":["a","b"]}') == expected


@pytest.mark.parametrize(
    ("tag", "schema", "payload", "reason"),
    [
        ("ToyUnknown", 1, "{}", "unknown type"),
        ("ToyNoted", 4, "{}", "newer than 3"),
        ("ToyNoted", 0, "{}", "nothing leads from schema 0"),
        ("ToyNoted", 3, '{"text":1}', "str"),
        ("ToyNoted", 3, '{"text":"x","more":1}', "more"),
        ("ToyNoted", 3, '{"text":"x"', "truncated"),
        ("ToyMeasured", 1, '{"redacted":false}', "redacted"),
        ("ToyMeasured", 1, '{"redacted":true} x', "unknown field"),
        ("ToyNoted", 1, '{"note":"x","words":[1]}', "split"),
        ("ToyNoted", 1, '{"text":"x"}', "note"),
    ],
)
def test_what_cannot_be_read_is_named(tag: str, schema: int, payload: str, reason: str) -> None:
    with pytest.raises(UnreadableEvent, match=reason) as caught:
        CODEC.decode(17, tag, schema, payload)
    assert (caught.value.position, caught.value.type) == (17, tag)
    assert "17" in str(caught.value)


def test_a_redacted_payload_is_no_event_of_its_type() -> None:
    for schema in (1, 3):
        event = CODEC.decode(1, "ToyNoted", schema, REDACTED + " " * 40)
        assert isinstance(event, RedactedEvent)
    assert isinstance(CODEC.decode(1, "ToyMeasured", 1, REDACTED), RedactedEvent)
    assert not is_redacted('{"redacted":true,"text":"x"}')
