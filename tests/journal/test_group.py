"""Group commit by itself, with a commit that the test controls."""

import struct
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from journal import Entry, Journal, JournalError, UnwritableEvent
from journal.appends import Append
from journal.group import MAX_BATCH, GroupCommit, Request
from machine.events import Picked
from tests.journal.stores import RUN, Appender, rejected


def batched() -> Request:
    request = Request()
    request.batched = True
    return request


def start(group: GroupCommit, request: Request, errors: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            group.run(request)
        except BaseException as error:  # noqa: BLE001  (whatever it is, the test looks at it)
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_for(group: GroupCommit, waiting: int) -> None:
    end = time.monotonic() + 5
    while len(group._waiting) < waiting:
        assert time.monotonic() < end
        time.sleep(0.001)


class Committer:
    """Notes the batches; the first one waits until the test lets it go."""

    def __init__(self) -> None:
        self.batches: list[list[Request]] = []
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, batch: Sequence[Request]) -> None:
        self.batches.append(list(batch))
        self.entered.set()
        assert self.go_on.wait(5)


def test_what_comes_during_a_commit_is_the_next_batch() -> None:
    commit = Committer()
    group = GroupCommit(commit)
    errors: list[BaseException] = []
    requests = [batched() for _ in range(600)]
    threads = [start(group, requests[0], errors)]
    assert commit.entered.wait(5)
    for number, request in enumerate(requests[1:], start=1):
        threads.append(start(group, request, errors))
        wait_for(group, number)
    commit.go_on.set()
    for thread in threads:
        thread.join(5)
    assert errors == []
    assert [len(batch) for batch in commit.batches] == [1, MAX_BATCH, 600 - 1 - MAX_BATCH]
    assert [r for batch in commit.batches for r in batch] == requests
    assert not group._busy


def test_a_request_of_its_own_is_done_alone() -> None:
    commit = Committer()
    group = GroupCommit(commit)
    errors: list[BaseException] = []
    requests = [batched(), batched(), Request(lambda: None), batched()]
    threads = []
    for number, request in enumerate(requests):
        threads.append(start(group, request, errors))
        if number == 0:
            assert commit.entered.wait(5)
        else:
            wait_for(group, number)
    commit.go_on.set()
    for thread in threads:
        thread.join(5)
    assert [len(batch) for batch in commit.batches] == [1, 1, 1, 1]


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("a bug")])
def test_a_leader_that_fails_leaves_the_others_to_the_next(failure: BaseException) -> None:
    commit = Committer()
    group = GroupCommit(commit)
    errors: list[BaseException] = []
    first = batched()
    threads = [start(group, first, errors)]
    assert commit.entered.wait(5)
    others = [batched() for _ in range(5)]
    for number, request in enumerate(others, start=1):
        threads.append(start(group, request, errors))
        wait_for(group, number)
    # The second batch, led by the first of the others, fails once.
    original = group._commit
    calls = 0

    def fail_once(batch: Sequence[Request]) -> None:
        nonlocal calls
        calls += 1
        original(batch)
        if calls == 1:
            raise failure

    group._commit = fail_once
    commit.go_on.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert errors == [failure]
    assert first.done
    assert [request.done for request in others] == [False, True, True, True, True]
    assert commit.batches[-1] == others[1:]
    assert not group._busy
    group.run(batched())


def test_an_interrupted_waiter_passes_the_lead_on() -> None:
    """The first waiter is told to lead, but it was interrupted: the next one leads."""
    commit = Committer()
    group = GroupCommit(commit)
    errors: list[BaseException] = []
    threads = [start(group, batched(), errors)]
    assert commit.entered.wait(5)
    interrupted, later = batched(), batched()

    original = threading.Lock
    count = 0

    def lock() -> object:
        nonlocal count
        count += 1
        return _Interrupted(original()) if count == 1 else original()

    threading.Lock = lock  # type: ignore[assignment]
    try:
        with pytest.raises(KeyboardInterrupt):
            group.run(interrupted)
    finally:
        threading.Lock = original
    threads.append(start(group, later, errors))
    wait_for(group, 1)
    commit.go_on.set()
    for thread in threads:
        thread.join(5)
    assert errors == []
    assert later.done
    assert not interrupted.done
    assert [later] == commit.batches[-1]


class _Interrupted:
    """A lock whose second acquire is interrupted, as by Ctrl+C."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._count = 0

    def acquire(self) -> bool:
        self._count += 1
        if self._count > 1:
            raise KeyboardInterrupt
        return self._lock.acquire()

    def release(self) -> None:
        self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()


def test_nothing_is_taken_after_the_last() -> None:
    group = GroupCommit(lambda _: None)
    group.run(Request(lambda: None), last=True)
    with pytest.raises(JournalError, match="closed"):
        group.run(batched())
    assert not group._busy


def test_a_bug_of_one_caller_is_not_the_others(tmp_path: Path) -> None:
    """A cause that is no integer gets past the types; only its own append fails."""
    with Journal.open(tmp_path / "journal.db", create=True) as journal:
        Appender(journal)(rejected("row/0", 0))
        writer = journal._writer
        assert writer is not None
        appends = []
        for number, cause in enumerate((1, 0.5, 1), start=1):
            entry = Entry(f"row/{number}", 0, Picked(), cause)  # type: ignore[arg-type]
            appends.append(Append(journal.seal([entry]), f"k/{number}", RUN, 1, "Ada"))
        writer.commit(appends)
        assert [append.positions for append in appends] == [(2,), (), (3,)]
        errors = [type(append.error) for append in appends]
        assert errors == [type(None), struct.error, type(None)]
        assert journal.verify().ok


@pytest.mark.parametrize("step", [-1, 2**63])
def test_a_step_that_cannot_be_stored_is_refused(tmp_path: Path, step: int) -> None:
    with (
        Journal.open(tmp_path / "journal.db", create=True) as journal,
        pytest.raises(UnwritableEvent),
    ):
        journal.append([rejected("row/1", 0)], key="k/1", run_id=RUN, step=step, actor="Ada")
