"""
Says how far the work is, on standard error: bars in a terminal, else a plain line a minute.

Nothing is kept: what happened stands in the journal and in the run's log.
"""

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from commands.output import safe

if TYPE_CHECKING:
    from driver.stages import Tally
    from machine.values import Stage

EVERY_S = 60.0
"""Seconds between two plain lines."""


class Shown(Protocol):
    """Shows one thing that goes on."""

    def show(self, name: str, done: int, total: int, failed: int) -> None:
        """Show that `done` of `total` are through."""
        ...

    def tick(self) -> None:
        """Everything was shown for now."""
        ...


class Progress:
    """Told by the driver how far it is; hand its methods over as callbacks."""

    def __init__(self, shown: Shown, title: str) -> None:
        """Keep where it is shown, and what single counts are called."""
        self._shown = shown
        self._title = title

    def count(self, done: int, total: int) -> None:
        """Show `done` of `total`."""
        self._shown.show(self._title, done, total, 0)
        self._shown.tick()

    def stages(self, tallies: Mapping["Stage", "Tally"]) -> None:
        """Show each stage that has rows."""
        for stage, tally in tallies.items():
            if tally.rows:
                done = tally.done + tally.failed + tally.skipped
                self._shown.show(stage, min(done, tally.rows), tally.rows, tally.failed)
        self._shown.tick()


@contextlib.contextmanager
def progress(title: str = "") -> Iterator[Progress]:
    """Show progress while the block runs."""
    if sys.stderr.isatty():
        with _bars() as shown:
            yield Progress(shown, title)
    else:
        yield Progress(_Lines(), title)


class _Lines:
    """A line a minute, for logs of cron jobs."""

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}
        self._next = time.monotonic() + EVERY_S

    def show(self, name: str, done: int, total: int, failed: int) -> None:
        also = f" ({failed} failed)" if failed else ""
        self._latest[name] = f"{name} {done}/{total}{also}"

    def tick(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            print(safe(", ".join(self._latest.values())), file=sys.stderr, flush=True)


@contextlib.contextmanager
def _bars() -> Iterator[Shown]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[also]}"),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, int] = {}

    class Shower:
        def show(self, name: str, done: int, total: int, failed: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total, also="")
            also = f"{failed} failed" if failed else ""
            bars.update(bars.task_ids[tasks[name]], completed=done, total=total, also=also)

        def tick(self) -> None:
            """The bars refresh themselves."""

    with bars:
        yield Shower()
