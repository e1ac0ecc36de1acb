"""
Group commit: many threads append, few commits are made.

There is no committing thread and no timer. A thread that finds nobody committing leads: it commits
what waits, itself included. Whoever comes meanwhile waits, and becomes the next batch; the first of
them leads it. So a single producer pays no hand-over between threads, and under load the batches
grow by themselves.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from journal.errors import JournalError

MAX_BATCH = 512
"""Appends in one commit: bounds how long the first of them waits."""


class Request:
    """
    Something that one thread wants done while nobody else commits.

    A plain request is work of its own and is done alone; a batched one joins its neighbours.
    """

    __slots__ = ("batched", "done", "error", "gate", "led", "work")

    def __init__(self, work: Callable[[], None] | None = None) -> None:
        """Keep the work."""
        self.work = work
        self.batched = False
        self.error: BaseException | None = None
        self.done = False
        self.led = False
        self.gate: threading.Lock | None = None


class GroupCommit:
    """Runs requests in the order of their coming, one batch at a time, on the callers' threads."""

    def __init__(self, commit: Callable[[Sequence[Request]], None]) -> None:
        """
        Keep the function that settles a batch.

        It must leave every request of the batch with its results or its `error`. If it raises, the
        leader gets the exception and the other requests are tried again: so it has to be safe to
        repeat.
        """
        self._commit = commit
        self._mutex = threading.Lock()
        self._waiting: deque[Request] = deque()
        self._batch: list[Request] = []
        self._busy = False
        self._closed = False

    def run(self, request: Request, *, last: bool = False) -> None:
        """Return when the request is settled; raise its error. After `last` nothing is taken."""
        lead = False
        try:
            with self._mutex:
                if self._closed:
                    msg = "the journal is closed"
                    raise JournalError(msg)
                self._closed = last
                if self._busy:
                    request.gate = threading.Lock()
                    request.gate.acquire()
                self._waiting.append(request)
                lead, self._busy = not self._busy, True
            if request.gate is not None:
                request.gate.acquire()
            while not request.done:
                self._commit_batch()
        finally:
            if lead or request.led or not request.done:
                self._leave(request, lead=lead)
        if request.error is not None:
            raise request.error

    def _commit_batch(self) -> None:
        with self._mutex:
            waiting, batch = self._waiting, self._batch
            batch.append(waiting[0])
            waiting.popleft()
            if batch[0].batched:
                while waiting and waiting[0].batched and len(batch) < MAX_BATCH:
                    batch.append(waiting[0])
                    waiting.popleft()
        self._commit(batch)
        for request in batch:
            request.done = True
            if request.gate is not None and not request.led:
                request.gate.release()
        self._batch = []

    def _leave(self, request: Request, *, lead: bool) -> None:
        """Pass the lead on; whatever an interrupt or an error left undone waits again."""
        with self._mutex:
            if request in self._waiting:
                self._waiting.remove(request)
            if not lead and not request.led:
                return
            batch, self._batch = self._batch, []
            for other in reversed(batch):
                if other.done and other.gate is not None and other.gate.locked():
                    other.gate.release()
                elif not other.done and other is not request and other not in self._waiting:
                    self._waiting.appendleft(other)
            if self._waiting:
                first = self._waiting[0]
                first.led = True
                assert first.gate is not None
                first.gate.release()
            else:
                self._busy = False
