"""
From events to pages: which rows changed and what they are now, and what each run did.

In an excerpt of a journal, what is withheld leaves no line: a row or a set of which nothing is
known is not listed as an empty one. A run is, with what can be counted.

A page is made in one of two ways with the same outcome. Catching up reads by position, and folds
each touched row on from the state that it had before (kept in a small cache, or read again).
Building anew reads stream after stream, so that no more than one row has to be in memory.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from journal import Journal
from journal.records import Recorded, WithheldEvent, is_withheld
from machine.evolve import evolve
from machine.row import Row
from projections.tables import COUNTED, ROWS, Page, RowChange, Tally

RUNS = "run/"

CACHED_ROWS = 2_000
"""Rows whose state is kept between pages: some 10 to 20 MB."""


class _Tallies:
    """What each run did, counted stream by stream."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[int]] = {}

    def take(self, events: Sequence[Recorded], known: set[str] | None = None) -> None:
        """
        Count the events of one stream, in order.

        Args:
            events: of one stream.
            known: the runs that touched this row before, to which those of `events` are added;
                None where the stream is no row.
        """
        for run, group in groupby(events, key=_run_id):
            some = list(group)
            numbers = self._numbers.get(run)
            if numbers is None:
                numbers = self._numbers[run] = [0, 0, some[0].position, 0]
            numbers[0] += len(some)
            numbers[2] = min(numbers[2], some[0].position)
            numbers[3] = max(numbers[3], some[-1].position)
            if known is not None and run not in known:
                known.add(run)
                numbers[1] += 1

    def result(self) -> dict[str, Tally]:
        """Return the tallies."""
        return {run: Tally(*numbers) for run, numbers in self._numbers.items()}


_run_id = attrgetter("run_id")


class _Known:
    """The state of a row after `version`, and the runs that touched it."""

    __slots__ = ("row", "runs")

    def __init__(self) -> None:
        self.row = Row()
        self.runs: set[str] = set()


class Folder:
    """Folds events that come by position."""

    def __init__(self, journal: Journal, capacity: int = CACHED_ROWS) -> None:
        """Start with no row known."""
        self._journal = journal
        self._capacity = capacity
        self._rows: OrderedDict[str, _Known] = OrderedDict()

    def clear(self) -> None:
        """Forget every state; the next page reads the streams again."""
        self._rows.clear()

    def page(self, events: Iterable[Recorded]) -> Page:
        """Return what `events` change; they follow in position on those of earlier pages."""
        rows: dict[str, list[Recorded]] = {}
        others: dict[str, list[Recorded]] = {}
        for recorded in events:
            stream = recorded.stream
            if stream.startswith(ROWS):
                rows.setdefault(stream, []).append(recorded)
            elif stream.startswith(COUNTED):
                others.setdefault(stream, []).append(recorded)
        tallies = _Tallies()
        changes = [self._change(stream, new, tallies) for stream, new in rows.items()]
        changes = [change for change in changes if not _is_unknown(change)]
        for new in others.values():
            tallies.take(new)
        while len(self._rows) > self._capacity:
            self._rows.popitem(last=False)
        flat = [recorded for new in others.values() for recorded in _told(new)]
        return Page(changes, flat, tallies.result())

    def _change(self, stream: str, new: list[Recorded], tallies: _Tallies) -> RowChange:
        known = self._before(stream, new[0])
        row = known.row
        for recorded in new:
            row = evolve(row, recorded.event)
        known.row = row
        tallies.take(new, known.runs)
        return RowChange(row, new[-1], new)

    def _before(self, stream: str, first: Recorded) -> _Known:
        """Return the row right before its event `first`."""
        known = self._rows.get(stream)
        if known is None or known.row.version != first.version - 1:
            known = self._rows[stream] = _Known()
            if first.version > 1:
                until = first.position - 1
                for recorded in self._journal.read_stream(stream, until_position=until):
                    known.row = evolve(known.row, recorded.event)
                    known.runs.add(recorded.run_id)
        self._rows.move_to_end(stream)
        return known


def _is_unknown(change: RowChange) -> bool:
    """Tell whether nothing is known of a row since all of it is withheld."""
    return not change.row.happened.row and is_withheld(change.events)


def _told(events: Sequence[Recorded]) -> list[Recorded]:
    """Return the events of which it is known what they say, and those of runs."""
    return [
        recorded
        for recorded in events
        if not isinstance(recorded.event, WithheldEvent) or recorded.stream.startswith(RUNS)
    ]


def page_of_streams(journal: Journal, streams: Iterable[str], until: int) -> Page:
    """Return whole row streams as one page, as of position `until`."""
    changes: list[RowChange] = []
    tallies = _Tallies()
    for events in journal.read_streams(list(streams), until):
        row = Row()
        for recorded in events:
            row = evolve(row, recorded.event)
        change = RowChange(row, events[-1], events)
        changes += [] if _is_unknown(change) else [change]
        tallies.take(events, set())
    return Page(changes, (), tallies.result())


def pages_of_others(journal: Journal, until: int, size: int = 1_000) -> Iterator[Page]:
    """Yield the events of sets, runs, the site and the journal as pages, as of position `until`."""
    events: list[Recorded] = []
    tallies = _Tallies()
    for prefix in COUNTED[1:]:
        for stream in journal.streams(prefix):
            of_stream = journal.read_stream(stream, until_position=until)
            tallies.take(of_stream)
            events += _told(of_stream)
            if len(events) >= size:
                yield Page((), events, tallies.result())
                events, tallies = [], _Tallies()
    yield Page((), events, tallies.result())
