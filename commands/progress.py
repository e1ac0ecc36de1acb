"""
Says how far the work is, on standard error: bars in a terminal, else a plain line a minute.

Nothing is kept: what happened stands in the journal and in the run's log.
"""

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from commands.output import safe, warn
from driver import patience
from machine.text import size

if TYPE_CHECKING:
    from driver.publishing import Uploads
    from driver.tally import Tally
    from machine.values import Stage

EVERY_S = 60.0
"""Seconds between two plain lines."""

MEASURED_ROWS = 3
"""So many rows have to be through before the time for the others is told."""

_WAITS = "waits"
"""How words begin about something from outside, for which a person may not want to wait."""

_MINUTE_S = 60
_HOUR_MIN = 60
_LONG_H = 10
"""From so many hours on, minutes are left out."""


class Shown(Protocol):
    """Shows one thing that goes on."""

    def show(
        self,
        name: str,
        done: int,
        total: int,
        failed: int,
        *,
        left: str = "",
        waits: str = "",
        sent: str = "",
    ) -> None:
        """
        Show that `done` of `total` are through.

        Args:
            name: what goes on.
            done: how many are through, failed ones too.
            total: how many there are.
            failed: how many failed.
            left: how long it may still take, or wait, in words.
            waits: that it waits and for what, such as `waits for Ollama`, or what comes first, such
                as `loading the models`; empty: neither.
            sent: how much went out and how fast.
        """
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

    def part(self, name: str, done: int, total: int) -> None:
        """Show `done` of `total` of one part of the work."""
        self._shown.show(name, done, total, 0)
        self._shown.tick()

    def uploads(self, uploads: "Uploads") -> None:
        """Show how many rows are published, what went out for them, and which silence lasts."""
        left = ""
        if MEASURED_ROWS <= uploads.done < uploads.rows:
            seconds = (time.monotonic() - uploads.started) / uploads.done
            left = about(seconds * (uploads.rows - uploads.done))
        waits, silent_s = "", time.monotonic() - uploads.heard
        if uploads.answer_s and silent_s >= patience.SILENT_S:
            waits = patience.waits(uploads.answer_s)
            left = f"silent for {silent_s:.0f} s"
        self._shown.show(
            self._title,
            uploads.done,
            uploads.rows,
            uploads.failed,
            left=left,
            waits=waits,
            sent=_sent(uploads),
        )
        self._shown.tick()

    def stages(self, tallies: Mapping["Stage", "Tally"]) -> None:
        """Show each stage that has rows."""
        for stage, tally in tallies.items():
            if tally.rows or tally.waiting:
                done = min(tally.done + tally.failed + tally.skipped, tally.rows)
                self._shown.show(
                    stage,
                    done,
                    tally.rows,
                    tally.failed,
                    left=_pauses_in(tally) or _left(tally, tally.rows - done),
                    waits=tally.waiting,
                )
        self._shown.tick()


def _sent(uploads: "Uploads") -> str:
    """Return how much went out and how fast; empty where nothing was counted."""
    if not uploads.sent_bytes:
        return ""
    seconds = max(time.monotonic() - uploads.started, 1.0)
    return f"{size(uploads.sent_bytes)} sent, {size(round(uploads.sent_bytes / seconds))}/s"


def _left(tally: "Tally", rows: int) -> str:
    """Return how long `rows` more may take, as fast as the ones before; empty if not known."""
    worked = tally.done + tally.failed
    if worked < MEASURED_ROWS or not rows or not tally.started:
        return ""
    return about((time.monotonic() - tally.started) / worked * rows)


def _pauses_in(tally: "Tally") -> str:
    """Return when a stage that waits will pause, counted down; empty where it does not."""
    if not tally.waiting or not tally.waits_until:
        return ""
    seconds = max(round(tally.waits_until - time.monotonic()), 0)
    return f"pauses in {seconds // _MINUTE_S}:{seconds % _MINUTE_S:02} min"


def about(seconds: float) -> str:
    """Return `about 3 h 10 min left`."""
    minutes = round(seconds / _MINUTE_S)
    hours = minutes // _HOUR_MIN
    if not minutes:
        return "less than a minute left"
    if not hours:
        return f"about {minutes} min left"
    if hours >= _LONG_H or not minutes % _HOUR_MIN:
        return f"about {round(minutes / _HOUR_MIN)} h left"
    return f"about {hours} h {minutes % _HOUR_MIN} min left"


@contextlib.contextmanager
def progress(title: str = "") -> Iterator[Progress]:
    """Show progress while the block runs."""
    if sys.stderr.isatty():
        with _bars() as shown:
            yield Progress(shown, title)
    else:
        yield Progress(_Lines(), title)


def waits_for(name: str, waits: str) -> str:
    """Return what a stage waits for, as a sentence that says how to end it."""
    if waits.endswith(")"):
        return f"{name} {waits[:-1]}; Ctrl+C stops)"
    return f"{name} {waits} (Ctrl+C stops)"


class _Lines:
    """A line a minute, for logs of cron jobs; what is waited for is said as soon as it begins."""

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._next = time.monotonic() + EVERY_S

    def show(
        self,
        name: str,
        done: int,
        total: int,
        failed: int,
        *,
        left: str = "",
        waits: str = "",
        sent: str = "",
    ) -> None:
        also = f" ({failed} failed)" if failed else ""
        more = "".join(f", {one}" for one in (sent, left) if one)
        self._latest[name] = f"{name} {done}/{total}{also}{more}"
        if not waits.startswith(_WAITS):
            self._waiting.discard(name)
            return
        said = waits_for(name, waits)
        self._latest[name] = f"{said}, {left}" if left else said
        if name not in self._waiting:
            self._waiting.add(name)
            warn(said)

    def tick(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            warn("; ".join(self._latest.values()))


@contextlib.contextmanager
def _bars() -> Iterator[Shown]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[also]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, int] = {}
    waiting: dict[str, str] = {}

    class Shower:
        def show(
            self,
            name: str,
            done: int,
            total: int,
            failed: int,
            *,
            left: str = "",
            waits: str = "",
            sent: str = "",
        ) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total, also="")
            if waits.startswith(_WAITS) and waits != waiting.get(name):
                bars.print(safe(waits_for(name, waits)), markup=False, highlight=False)
            waiting[name] = waits
            doing = left if waits.startswith(_WAITS) else waits  # else the bar measures itself
            also = ", ".join(filter(None, (doing, f"{failed} failed" if failed else "", sent)))
            bars.update(bars.task_ids[tasks[name]], completed=done, total=total, also=also)

        def tick(self) -> None:
            """The bars refresh themselves."""

    with bars:
        yield Shower()
