"""The thread that watches the journal, where it fails or the server ends."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from journal import Head, Journal, JournalDamaged, Touch
from web.errors import Busy
from web.watch import Watch


def test_a_watch_that_fails_is_told_and_ends_its_streams(workspace: Path) -> None:
    failures: list[str] = []
    journal = Journal.open(workspace / "data" / "journal.db", readonly=True)
    watch = Watch(journal, lambda about, error: failures.append(f"{about}: {error}"))

    async def listened() -> object:
        listener = watch.listen()
        journal.close()
        return await asyncio.wait_for(listener.next(), 10)

    assert asyncio.run(listened()) is None
    assert ["changes: the journal is closed"] == failures


class Unreadable:
    """A journal that a run appends to; what is there of it can be read once it is mended."""

    def __init__(self) -> None:
        """Begin damaged."""
        self.mended = False
        self._position = 0

    @property
    def head(self) -> Head:
        """A later one each time."""
        self._position += 1
        return Head(self._position, b"", "")

    def touches(self, _after: int, until: int) -> list[Touch]:
        """Say that it is damaged."""
        if not self.mended:
            msg = "the journal is damaged"
            raise JournalDamaged(msg, 1)
        return [Touch("row/1", "run", 1, until, until)]


def test_a_page_that_connects_again_adds_no_second_traceback() -> None:
    """One as long as the journal is unreadable; when it was mended, what comes then is another."""
    failures: list[str] = []
    journal = Unreadable()
    watch = Watch(cast("Journal", journal), lambda _about, error: failures.append(str(error)))

    async def connected() -> object:
        listener = watch.listen()
        try:
            return await asyncio.wait_for(listener.next(), 10)
        finally:
            watch.leave(listener)

    assert [None, None, None] == [asyncio.run(connected()) for _ in range(3)]
    assert 1 == len(failures)
    journal.mended = True
    assert asyncio.run(connected()) is not None
    journal.mended = False
    assert asyncio.run(connected()) is None
    assert 2 == len(failures)
    watch.close()


def test_nobody_begins_to_listen_at_a_server_that_ends(workspace: Path) -> None:
    with Journal.open(workspace / "data" / "journal.db", readonly=True) as journal:
        watch = Watch(journal, lambda _about, _error: None)
        watch.close()
        with pytest.raises(Busy, match="ends"):
            watch.listen()
