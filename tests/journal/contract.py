"""
What every store of events has to do, whatever it is built on.

Subclass `StoreContract`, say in `make_store` how to open yours, and run it. Nothing here knows how
events are stored.
"""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from journal import (
    AfterEntry,
    Entry,
    JournalError,
    KeyReused,
    Recorded,
    RedactedEvent,
    UnwritableEvent,
    VersionConflict,
)
from machine.events import Picked, Rejected
from tests.journal.contract_names import NamesContract
from tests.journal.stores import RUN, Appender, Clock, Store, rejected


class StoreContract(NamesContract):
    """The contract: inherit it in a test class, with `make_store`."""

    def test_an_empty_store_ends_at_position_zero(self, store: Store) -> None:
        assert store.head.position == 0
        assert len(store.head.hash) == 32
        assert list(store.read_all()) == []
        assert store.read_stream("row/1") == []
        assert list(store.streams()) == []
        assert store.lookup(f"{RUN}/1") == ()
        assert store.position_at("2999") == 0

    def test_positions_are_dense_and_follow_the_appends(
        self, store: Store, append: Appender
    ) -> None:
        assert append(rejected("row/1", 0), rejected("row/2", 0)) == (1, 2)
        assert append(rejected("row/1", 1)) == (3,)
        assert [event.position for event in store.read_all()] == [1, 2, 3]
        assert store.head.position == 3

    def test_an_event_comes_back_with_its_envelope(
        self, store: Store, append: Appender, clock: Clock
    ) -> None:
        reason = "“blurred” – naïve 📷 \0 \u2028 NFD e\u0301"
        append(rejected("row/1", 0, reason))
        (event,) = store.read_stream("row/1")
        assert isinstance(event.event, Rejected)
        assert event.event.reason == reason
        assert len(bytes.fromhex(event.event.salt)) == 16
        expected = Recorded(
            position=1,
            stream="row/1",
            version=1,
            type="Rejected",
            event=event.event,
            run_id=RUN,
            step=1,
            cause=None,
            actor="Ada",
            at="2026-01-02T03:04:05.000678Z",
            append_key=f"{RUN}/1#0",
        )
        assert event == expected
        assert list(store.read_all()) == [event]

    def test_an_append_with_a_conflict_writes_nothing_of_it(
        self, store: Store, append: Appender
    ) -> None:
        append(rejected("row/1", 0))
        with pytest.raises(VersionConflict) as caught:
            append(rejected("row/2", 0), rejected("row/1", 0), rejected("row/3", 0))
        assert (caught.value.stream, caught.value.expected, caught.value.actual) == ("row/1", 0, 1)
        assert store.head.position == 1
        assert list(store.streams()) == ["row/1"]
        assert append(rejected("row/2", 0)) == (2,)

    def test_a_version_from_the_future_is_a_conflict(self, store: Store, append: Appender) -> None:
        with pytest.raises(VersionConflict):
            append(rejected("row/1", 1))
        assert store.head.position == 0

    def test_entries_of_one_append_count_on_in_their_stream(
        self, store: Store, append: Appender
    ) -> None:
        append(rejected("row/1", 0, "a"), rejected("row/1", 1, "b"), rejected("row/1", 2, "c"))
        assert [event.version for event in store.read_stream("row/1")] == [1, 2, 3]
        with pytest.raises(VersionConflict):
            append(rejected("row/1", 3), rejected("row/1", 3))
        assert append(rejected("row/1", 3)) == (4,)

    def test_an_append_without_entries_is_an_error(self, append: Appender) -> None:
        with pytest.raises(ValueError, match="at least one"):
            append()

    def test_a_repeat_under_its_key_gives_the_first_positions(
        self, store: Store, append: Appender
    ) -> None:
        sealed = store.seal([rejected("row/1", 0, "x"), rejected("row/2", 0, "y")])
        assert append(*sealed, key="k/1") == (1, 2)
        append(rejected("row/1", 1))
        assert append(*sealed, key="k/1") == (1, 2)
        assert store.lookup("k/1") == (1, 2)
        assert store.head.position == 3

    def test_a_repeat_by_another_process_is_known_despite_its_salt(
        self, store: Store, append: Appender
    ) -> None:
        assert append(rejected("row/1", 0, "x"), key="k/1") == (1,)
        assert append(rejected("row/1", 0, "x"), key="k/1") == (1,)
        assert append(rejected("row/1", 1, "x"), key="k/1") == (1,)
        assert store.head.position == 1

    @pytest.mark.parametrize(
        "other",
        [
            [rejected("row/1", 0, "other")],
            [rejected("row/9", 0, "x")],
            [Entry("row/1", 0, Picked())],
            [rejected("row/1", 0, "x"), rejected("row/2", 0, "y")],
            [rejected("row/1", 1, "other")],
        ],
    )
    def test_a_key_with_other_content_is_refused(
        self, store: Store, append: Appender, other: list[Entry]
    ) -> None:
        append(rejected("row/1", 0, "x"), key="k/1")
        with pytest.raises(KeyReused) as caught:
            append(*other, key="k/1")
        assert caught.value.position == 1
        assert store.head.position == 1

    def test_a_cause_is_a_position_or_an_earlier_entry(
        self, store: Store, append: Appender
    ) -> None:
        append(rejected("row/1", 0))
        append(
            Entry("row/2", 0, Picked(), cause=1),
            Entry("row/2", 1, Picked(), cause=AfterEntry(0)),
            Entry("row/2", 2, Picked(), cause=AfterEntry(1)),
        )
        assert [event.cause for event in store.read_stream("row/2")] == [1, 2, 3]

    @pytest.mark.parametrize("cause", [2, 7, 0, -1, 2**63, AfterEntry(0), AfterEntry(1)])
    def test_a_cause_that_is_not_before_the_event_is_refused(
        self, store: Store, append: Appender, cause: int | AfterEntry
    ) -> None:
        append(rejected("row/1", 0))
        with pytest.raises(UnwritableEvent):
            append(Entry("row/2", 0, Picked(), cause=cause))
        assert store.head.position == 1
        assert append(Entry("row/2", 0, Picked())) == (2,)

    def test_a_stream_is_read_from_a_version_and_as_of_a_position(
        self, store: Store, append: Appender
    ) -> None:
        for version in range(6):
            append(rejected("row/1", version), rejected("row/2", version))
        assert [e.version for e in store.read_stream("row/1", after=4)] == [5, 6]
        assert [e.version for e in store.read_stream("row/1", until_position=6)] == [1, 2, 3]
        assert [e.version for e in store.read_stream("row/1", 1, 3)] == [2]

    def test_everything_is_read_in_pages_of_any_size(self, store: Store, append: Appender) -> None:
        for version in range(10):
            append(rejected("row/1", version))
        for page in (1, 3, 10, 100):
            assert [e.position for e in store.read_all(page=page)] == list(range(1, 11))
            assert [e.position for e in store.read_all(2, 7, page)] == [3, 4, 5, 6, 7]
        assert list(store.read_all(after=10)) == []

    def test_what_is_appended_while_reading_is_left_for_the_next_time(
        self, store: Store, append: Appender
    ) -> None:
        append(rejected("row/1", 0), rejected("row/1", 1))
        events = store.read_all(page=1)
        assert next(events).position == 1
        append(rejected("row/1", 2))
        assert [event.position for event in events] == [2]

    def test_the_events_of_a_run_are_found(self, store: Store, append: Appender) -> None:
        other = "01900000-0000-7000-8000-000000000002"
        append(rejected("row/1", 0), run=other)
        append(rejected(f"run/{RUN}", 0))
        append(rejected("row/1", 1))
        append(rejected(f"run/{other}", 0), run=other)
        append(rejected("row/1", 2))
        assert [event.position for event in store.by_run(RUN)] == [2, 3, 5]
        assert list(store.by_run("none")) == []

    def test_several_streams_are_read_at_once(self, store: Store, append: Appender) -> None:
        for version in range(2):
            append(*[rejected(f"row/{number}", version) for number in range(120)])
        names = [f"row/{number}" for number in range(130)]
        for until in (240, 150, 0):
            found = {events[0].stream: events for events in store.read_streams(names, until)}
            each = {name: store.read_stream(name, until_position=until) for name in names}
            assert {name: events for name, events in each.items() if events} == found

    def test_who_touched_a_stream_is_found_without_reading_it(
        self, store: Store, append: Appender
    ) -> None:
        other = "01900000-0000-7000-8000-000000000002"
        append(rejected("row/1", 0), rejected("row/2", 0), rejected("row/1", 1))
        append(rejected("row/1", 2), run=other)
        append(rejected("row/2", 1))
        touches = {(one.stream, one.run_id): one for one in store.touches(1, 4)}
        assert {
            ("row/1", RUN): (1, 3, 3),
            ("row/2", RUN): (1, 2, 2),
            ("row/1", other): (1, 4, 4),
        } == {key: (one.events, one.first, one.last) for key, one in touches.items()}
        assert [] == list(store.touches(5, 5))

    def test_time_never_goes_back(self, store: Store, append: Appender, clock: Clock) -> None:
        append(rejected("row/1", 0))
        clock.now -= timedelta(days=400)
        append(rejected("row/1", 1))
        clock.now += timedelta(days=500)
        append(rejected("row/1", 2))
        times = [event.at for event in store.read_all()]
        assert times[0] == times[1] < times[2]
        assert times == sorted(times)

    def test_a_time_leads_to_the_last_position_before_it(
        self, store: Store, append: Appender, clock: Clock
    ) -> None:
        for version in range(20):
            append(rejected("row/1", version))
            clock.now += timedelta(seconds=1)
        times = [event.at for event in store.read_all()]
        assert [store.position_at(at) for at in times] == list(range(1, 21))
        assert store.position_at("2026-01-02T03:04:05.000677Z") == 0
        assert store.position_at("2026-01-02T03:04:07.000000Z") == 2
        assert store.position_at("9999") == 20

    def test_a_reopened_store_goes_on_where_it_was(self, tmp_path: Path, clock: Clock) -> None:
        store = self.make_store(tmp_path, clock)
        sealed = store.seal([rejected("row/1", 0)])
        Appender(store)(*sealed, key="k/1")
        before, uuid = store.head, store.uuid
        store.close()
        again = self.make_store(tmp_path, clock)
        try:
            assert (again.head, again.uuid) == (before, uuid)
            assert Appender(again)(*sealed, key="k/1") == (1,)
            assert Appender(again)(rejected("row/1", 1), key="k/2") == (2,)
        finally:
            again.close()

    def test_two_open_stores_see_each_other(self, tmp_path: Path, clock: Clock) -> None:
        first, second = self.make_store(tmp_path, clock), self.make_store(tmp_path, clock)
        try:
            one, two = Appender(first), Appender(second)
            assert one(rejected("row/1", 0), key="a/1") == (1,)
            assert two(rejected("row/1", 1), key="b/1") == (2,)
            assert one(rejected("row/1", 2), key="a/2") == (3,)
            with pytest.raises(VersionConflict):
                two(rejected("row/1", 2), key="b/2")
            assert first.head == second.head
        finally:
            first.close()
            second.close()

    def test_a_closed_store_takes_nothing(self, store: Store, append: Appender) -> None:
        store.close()
        with pytest.raises(JournalError):
            append(rejected("row/1", 0))
        store.close()

    def test_of_many_threads_one_wins_each_version(self, store: Store) -> None:
        won: list[int] = []
        conflicts = 0

        def compete(number: int) -> None:
            nonlocal conflicts
            for version in range(20):
                entry = rejected("row/1", version, f"{number}")
                try:
                    store.append(
                        [entry, rejected(f"own/{number}", version)],
                        key=f"{number:02}/{version}",
                        run_id=RUN,
                        step=1,
                        actor="Ada",
                    )
                except VersionConflict:
                    conflicts += 1
                    return
                won.append(version)

        threads = [threading.Thread(target=compete, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == list(range(len(won)))
        assert conflicts >= 15
        events = list(store.read_all())
        assert [event.position for event in events] == list(range(1, 2 * len(won) + 1))
        assert len(store.read_stream("row/1")) == len(won)

    def test_a_reader_sees_whole_appends_only(self, store: Store) -> None:
        stop = threading.Event()
        torn: list[int] = []

        def look() -> None:
            while not stop.is_set():
                if store.head.position % 3:
                    torn.append(store.head.position)

        reader = threading.Thread(target=look)
        reader.start()
        append = Appender(store)
        for version in range(100):
            append(rejected("a", version), rejected("b", version), rejected("c", version))
        stop.set()
        reader.join()
        assert torn == []

    def test_a_redacted_event_keeps_its_place_without_its_content(
        self, store: Store, append: Appender
    ) -> None:
        append(rejected("row/1", 0, "secret"), rejected("row/1", 1, "kept"))
        before = store.read_stream("row/1")[0]
        where = store.redact(1, "asked for", key="r/1", run_id=RUN, step=2, actor="Ada")
        assert where == 3
        redacted, kept = store.read_stream("row/1")
        assert isinstance(redacted.event, RedactedEvent)
        assert (redacted.type, redacted.at, redacted.append_key) == (
            before.type,
            before.at,
            before.append_key,
        )
        assert isinstance(kept.event, Rejected)
        assert next(iter(store.read_all())) == redacted
        assert append(rejected("row/1", 2)) == (4,)
        with pytest.raises(JournalError):
            store.redact(9, "no such event", key="r/2", run_id=RUN, step=2, actor="Ada")
        with pytest.raises(JournalError):
            store.redact(3, "its own trace", key="r/3", run_id=RUN, step=2, actor="Ada")
