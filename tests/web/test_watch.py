"""The thread that watches the journal, where it fails or the server ends."""

import asyncio
from pathlib import Path

import pytest

from journal import Journal
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


def test_nobody_begins_to_listen_at_a_server_that_ends(workspace: Path) -> None:
    with Journal.open(workspace / "data" / "journal.db", readonly=True) as journal:
        watch = Watch(journal, lambda _about, _error: None)
        watch.close()
        with pytest.raises(Busy, match="ends"):
            watch.listen()
