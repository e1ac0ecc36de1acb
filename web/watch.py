"""One thread that watches the journal, and tells every stream of the page what was appended."""

import asyncio
import contextlib
import threading
from collections.abc import Callable

from driver.recovery import row_number
from journal import Journal
from web.errors import Busy

STREAMS_MAX = 8
"""Tabs of one person."""
LOOK_EVERY_S = 0.2

Change = dict[str, object]
"""`position`, `rows` and `runs`."""


class Watch:
    """Tells streams what was appended. One thread, as long as somebody listens."""

    def __init__(self, journal: Journal, failed: Callable[[str, BaseException], None]) -> None:
        """Watch nothing yet; `failed` is told what nobody foresaw, once until it works again."""
        self._journal = journal
        self._failed = failed
        self._listening: set[Listener] = set()
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._told = 0
        self._failure = ""
        """What failed last, while nothing could be told since."""

    def listen(self) -> "Listener":
        """
        Begin to listen.

        Raises:
            Busy: too many do, or the server ends.
        """
        with self._guard:
            if self._ended.is_set():
                msg = "the server ends"
                raise Busy(msg, "photojournal review")
            if len(self._listening) >= STREAMS_MAX:
                msg = f"{STREAMS_MAX} pages are open already"
                raise Busy(msg, "close another tab of this page")
            if self._thread is None:
                self._told = self._journal.head.position
                self._thread = threading.Thread(target=self._watch, name="changes", daemon=True)
                self._thread.start()
            listener = Listener(asyncio.get_running_loop(), self._told)
            self._listening.add(listener)
        return listener

    def leave(self, listener: "Listener") -> None:
        """Stop listening."""
        with self._guard:
            self._listening.discard(listener)

    def between(self, after: int, until: int) -> Change:
        """Return which rows and runs moved after a position, up to another."""
        rows, runs = set[int](), set[str]()
        for touch in self._journal.touches(after, until):
            runs.add(touch.run_id)
            number = row_number(touch.stream)
            if number is not None:
                rows.add(number)
        return {"position": until, "rows": sorted(rows), "runs": sorted(runs)}

    def close(self) -> None:
        """End every stream."""
        self._ended.set()
        with self._guard:
            for listener in self._listening:
                listener.tell(None)
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        try:
            while not self._ended.wait(LOOK_EVERY_S):
                with self._guard:
                    if not self._listening:
                        self._thread = None
                        return
                    self._tell()
        except Exception as error:  # noqa: BLE001  (the edge of a thread; pages connect again)
            if repr(error) != self._failure:
                self._failed("changes", error)
            with self._guard:
                self._failure = repr(error)
                self._thread = None
                for listener in self._listening:
                    listener.tell(None)

    def _tell(self) -> None:
        head = self._journal.head.position
        if head > self._told:
            change = self.between(self._told, head)
            self._told, self._failure = head, ""
            for listener in self._listening:
                listener.tell(change)


class Listener:
    """One stream: what it has to say, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, since: int) -> None:
        """Keep where it began to listen."""
        self.since = since
        self._loop = loop
        self._said: asyncio.Queue[Change | None] = asyncio.Queue()

    def tell(self, change: Change | None) -> None:
        """Say a change, from any thread; None is the end."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._said.put_nowait, change)

    async def next(self) -> Change | None:
        """Wait for what is said."""
        return await self._said.get()
