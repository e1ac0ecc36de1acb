"""What the tests of stores have in common: the protocol, a clock to set, an appender."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from journal import Entry, Head, Recorded, Sealed, Touch
from machine.events import Rejected

RUN = "01900000-0000-7000-8000-000000000001"


class Store(Protocol):
    """What the contract asks of a store. `journal.Journal` says what each of these promises."""

    @property
    def head(self) -> Head: ...
    @property
    def uuid(self) -> str: ...
    def seal(self, entries: Sequence[Entry]) -> tuple[Sealed, ...]: ...
    def append(
        self, entries: Sequence[Entry | Sealed], *, key: str, run_id: str, step: int, actor: str
    ) -> tuple[int, ...]: ...
    def read_stream(
        self, stream: str, after: int = 0, until_position: int | None = None
    ) -> list[Recorded]: ...
    def read_all(
        self, after: int = 0, until: int | None = None, page: int = 256
    ) -> Iterator[Recorded]: ...
    def read_streams(
        self, streams: Sequence[str], until_position: int
    ) -> Iterator[list[Recorded]]: ...
    def touches(self, after: int, until: int) -> Iterator[Touch]: ...
    def by_run(self, run_id: str) -> Iterator[Recorded]: ...
    def streams(self, prefix: str = "") -> Iterator[str]: ...
    def position_at(self, at: str) -> int: ...
    def lookup(self, key: str) -> tuple[int, ...]: ...
    def redact(
        self, position: int, reason: str, *, key: str, run_id: str, step: int, actor: str
    ) -> int: ...
    def close(self) -> None: ...


class Clock:
    """A clock that goes where a test sets it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Appender:
    """Appends with less to type: keys count up, everything else is the same."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.count = 0

    def __call__(self, *entries: Entry | Sealed, key: str = "", run: str = RUN) -> tuple[int, ...]:
        self.count += 1
        return self.store.append(
            entries, key=key or f"{RUN}/{self.count}", run_id=run, step=1, actor="Ada"
        )


def rejected(stream: str, version: int, reason: str = "") -> Entry:
    return Entry(stream, version, Rejected(reason=reason))


class StoreCase:
    """Opens a store for each test. Inherit it in a test class and say how."""

    def make_store(self, folder: Path, clock: Clock) -> Store:
        """Open the one store that belongs to `folder`, and make it the first time."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self, tmp_path: Path, clock: Clock) -> Iterator[Store]:
        store = self.make_store(tmp_path, clock)
        yield store
        store.close()

    @pytest.fixture
    def append(self, store: Store) -> Appender:
        return Appender(store)
