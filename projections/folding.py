"""
From events to pages: which rows changed and what they are now, and what each run did.

A page is made in one of two ways with the same outcome. Catching up reads by position, and folds
each touched row on from the state that it had before (kept in a small cache, or read again).
Building anew reads stream after stream, so that no more than one row has to be in memory.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from journal import Journal
from journal.records import Recorded
from machine.evolve import evolve
from machine.row import Row
from projections.tables import COUNTED, ROWS, Page, RowChange, Tally

CACHED_ROWS = 2_000
"""Rows whose state is kept between pages: some 10 to 20 MB."""


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
        news: dict[str, list[Recorded]] = {}
        others: list[Recorded] = []
        counted: list[Recorded] = []
        for recorded in events:
            stream = recorded.stream
            if stream.startswith(ROWS):
                news.setdefault(stream, []).append(recorded)
                counted.append(recorded)
            elif stream.startswith(COUNTED):
                others.append(recorded)
                counted.append(recorded)
        firsts: list[str] = []
        changes = [self._change(stream, new, firsts) for stream, new in news.items()]
        while len(self._rows) > self._capacity:
            self._rows.popitem(last=False)
        return Page(changes, others, tally(counted, firsts))

    def _change(self, stream: str, new: list[Recorded], firsts: list[str]) -> RowChange:
        known = self._before(stream, new[0])
        row = known.row
        for recorded in new:
            row = evolve(row, recorded.event)
            if recorded.run_id not in known.runs:
                known.runs.add(recorded.run_id)
                firsts.append(recorded.run_id)
        known.row = row
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


def tally(events: Sequence[Recorded], first_touches: Iterable[str]) -> dict[str, Tally]:
    """
    Return what each run did, from its events and the rows that it touched for the first time.

    Args:
        events: of rows, sets, runs and the journal.
        first_touches: a run, once for every row that it had not touched before.
    """
    counts: dict[str, list[int]] = {}
    for recorded in events:
        found = counts.get(recorded.run_id)
        if found is None:
            counts[recorded.run_id] = [1, 0, recorded.position, recorded.position]
        else:
            found[0] += 1
            found[2] = min(found[2], recorded.position)
            found[3] = max(found[3], recorded.position)
    for run in first_touches:
        counts[run][1] += 1
    return {run: Tally(*numbers) for run, numbers in counts.items()}


def page_of_streams(journal: Journal, streams: Iterable[str], until: int) -> Page:
    """Return whole row streams as one page, as of position `until`."""
    changes: list[RowChange] = []
    counted: list[Recorded] = []
    firsts: list[str] = []
    for stream in streams:
        events = journal.read_stream(stream, until_position=until)
        if events:
            row = Row()
            for recorded in events:
                row = evolve(row, recorded.event)
            changes.append(RowChange(row, events[-1], events))
            counted += events
            firsts += {recorded.run_id for recorded in events}
    return Page(changes, (), tally(counted, firsts))


def pages_of_others(journal: Journal, until: int, size: int = 1_000) -> Iterator[Page]:
    """Yield the events of sets, runs and the journal as pages, as of position `until`."""
    events: list[Recorded] = []
    for prefix in COUNTED[1:]:
        for stream in journal.streams(prefix):
            events += journal.read_stream(stream, until_position=until)
            if len(events) >= size:
                yield Page((), events, tally(events, ()))
                events = []
    yield Page((), events, tally(events, ()))
