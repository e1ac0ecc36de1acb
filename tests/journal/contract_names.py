"""What every store has to do with names, keys and contents: keep them exactly, or refuse them."""

import math
import unicodedata

import pytest

from journal import Entry, RedactedEvent, UnwritableEvent
from machine.events import Rejected, Scored
from machine.values import Score
from tests.journal.stores import RUN, Appender, Store, StoreCase, rejected


class NamesContract(StoreCase):
    """A part of `contract.StoreContract`."""

    def test_keys_that_begin_alike_are_different(self, store: Store, append: Appender) -> None:
        append(*(rejected(f"row/{n}", 0) for n in range(12)), key="k/1")
        append(rejected("x", 0), key="k/11")
        append(rejected("x", 1), key="K/1")
        assert store.lookup("k/1") == tuple(range(1, 13))
        assert store.lookup("k/11") == (13,)
        assert store.lookup("k/") == ()

    @pytest.mark.parametrize("key", ["", "a#b", "ä", "a\nb", "x" * 201])
    def test_a_key_that_cannot_be_stored_is_refused(self, append: Appender, key: str) -> None:
        with pytest.raises(UnwritableEvent):
            append.store.append([rejected("row/1", 0)], key=key, run_id=RUN, step=1, actor="Ada")

    @pytest.mark.parametrize("stream", ["", "row/\ud800", "row/\0", "x" * 1001, "é" * 501])
    def test_a_stream_name_that_cannot_be_stored_is_refused(
        self, store: Store, append: Appender, stream: str
    ) -> None:
        with pytest.raises(UnwritableEvent):
            append(rejected(stream, 0))
        assert store.head.position == 0

    def test_what_would_not_come_back_as_it_was_is_refused(
        self, store: Store, append: Appender
    ) -> None:
        def scored(value: float, qr: float | None) -> Scored:
            return Scored(
                attempt=1,
                input_digest="",
                recipe_digest="",
                profile="embedded",
                required=(),
                scores=(Score(metric="blur_score", value=value),),
                qr=qr,
            )

        for event in (
            scored(math.nan, None),
            scored(math.inf, None),
            scored(1.0, math.nan),
            scored(1.0, -math.inf),
            Rejected(reason="\udcff"),
            Rejected(reason=7),  # type: ignore[arg-type]
            RedactedEvent(),
        ):
            with pytest.raises(UnwritableEvent):
                append(Entry("row/1", 0, event))
        assert store.head.position == 0
        append(Entry("row/1", 0, scored(0.1 + 0.2, -0.0)))
        (recorded,) = store.read_stream("row/1")
        assert recorded.event == scored(0.1 + 0.2, -0.0)

    def test_a_large_payload_comes_back(self, store: Store, append: Appender) -> None:
        append(rejected("row/1", 0, "å" * 1_000_000))
        (event,) = store.read_stream("row/1")
        assert isinstance(event.event, Rejected)
        assert event.event.reason == "å" * 1_000_000

    def test_stream_names_are_compared_as_bytes(self, store: Store, append: Appender) -> None:
        nfc, nfd = (unicodedata.normalize(form, "name/é") for form in ("NFC", "NFD"))
        names = ["name/E", "name/e", "name/e ", nfc, nfd, "name/%", "name/_", "name/'", "name/\n"]
        for name in names:
            append(rejected(name, 0))
        assert list(store.streams()) == sorted(names, key=str.encode)
        for name in names:
            assert [event.stream for event in store.read_stream(name)] == [name]

    def test_streams_are_listed_by_prefix(self, store: Store, append: Appender) -> None:
        for name in ("row/1", "row/10", "rowing/1", "ROW/1", "row/%", "set/1"):
            append(rejected(name, 0))
            append(rejected(name, 1))
        assert list(store.streams("row/")) == ["row/%", "row/1", "row/10"]
        assert list(store.streams("row/1")) == ["row/1", "row/10"]
        assert list(store.streams("row/%")) == ["row/%"]
        assert list(store.streams("none")) == []
