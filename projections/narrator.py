"""
Which log says what: from events in order to the lines of each file.

Purely from the journal. The narrator remembers what it was told (the rows, the accounts of the
runs); what it was not told, because it begins in the middle, it reads in the journal.
"""

from collections import OrderedDict
from collections.abc import Iterator
from heapq import merge

from msgspec import Struct

from journal import Journal
from journal.records import Recorded
from machine import events as e
from machine import run_events as r
from machine import step_events as s
from projections.story import Line, Story, one_line, quoted
from projections.summaries import RunSummary
from projections.tables import ROWS
from projections.telling import tell, who, written

CACHED_ROWS = 2_000
"""Rows whose story is kept: some 10 to 20 MB."""

RUNS = "run/"


class Told(Struct, frozen=True, gc=False):
    """What an event adds to the logs."""

    by_run: dict[str, list[str]]
    """Lines of the runs that have a log of their own."""
    begins: str = ""
    """The run with a log that begins with this event."""
    uploader: tuple[str, ...] = ()
    account: tuple[str, ...] = ()


class Narrator:
    """Tells events; give it each event once, in order."""

    def __init__(self, journal: Journal) -> None:
        """Begin wherever the first event is."""
        self._journal = journal
        self._stories: OrderedDict[str, Story] = OrderedDict()
        self._runs: dict[str, RunSummary] = {}

    def take(self, recorded: Recorded) -> Told:
        """Return what the logs say about the next event."""
        lines, uploader = self.tell(recorded)
        texts = [written(recorded, line) for line in lines]
        markers = tuple(marker for marker, _ in lines)
        ended = self._ended(recorded)
        by_run: dict[str, list[str]] = {}
        account: tuple[str, ...] = ()
        for run in _concerned(recorded):
            summary = self._summary(run, recorded)
            if not _about_another(recorded, run):
                summary.take(recorded, markers)
            more = [*texts]
            if run == ended:
                self._count_interrupted(summary, recorded)
                if summary.retries():
                    more.insert(0, written(recorded, ("INFO", summary.retries())))
                if not summary.dry_run:
                    account = tuple(summary.lines(run, recorded))
                del self._runs[run]
            if summary.logged and more:
                by_run[run] = more
        begins = isinstance(recorded.event, r.RunStarted) and recorded.run_id in by_run
        return Told(
            by_run,
            recorded.run_id if begins else "",
            tuple(written(recorded, line) for line in uploader),
            account,
        )

    def tell(self, recorded: Recorded) -> tuple[list[Line], list[Line]]:
        """Return the lines for the run's log, and those for the uploader's."""
        if not recorded.stream.startswith(ROWS):
            lines = tell(recorded, None)
            paused = isinstance(recorded.event, r.StagePaused) and recorded.event.stage in _OUTSIDE
            return lines, lines if paused else []
        story = self._story(recorded)
        lines, uploader = tell(recorded, story), _uploader(recorded, story)
        story.take(recorded)
        return lines, uploader

    def _story(self, recorded: Recorded) -> Story:
        """Return the row right before the event."""
        stream = recorded.stream
        story = self._stories.get(stream)
        if story is None or story.row.version != recorded.version - 1:
            story = self._stories[stream] = Story()
            if recorded.version > 1:
                until = recorded.position - 1
                for earlier in self._journal.read_stream(stream, until_position=until):
                    story.take(earlier)
            if len(self._stories) > CACHED_ROWS:
                self._stories.popitem(last=False)
        self._stories.move_to_end(stream)
        return story

    def _summary(self, run: str, recorded: Recorded) -> RunSummary:
        """Return a run's account before the event."""
        summary = self._runs.get(run)
        if summary is None:
            summary = self._runs[run] = RunSummary()
            before = recorded.position - 1
            if before and self._journal.read_stream(f"{RUNS}{run}", until_position=before):
                telling = Narrator(self._journal)
                for earlier in self._journal.by_run(run):
                    if earlier.position > before:
                        break
                    lines, _ = telling.tell(earlier)
                    if not _about_another(earlier, run):
                        summary.take(earlier, tuple(marker for marker, _ in lines))
        return summary

    def _ended(self, recorded: Recorded) -> str:
        """Return the run whose end the event is; empty when it is none."""
        if isinstance(recorded.event, r.RunEnded | r.RunDied):
            return recorded.stream.removeprefix(RUNS)
        return ""

    def _count_interrupted(self, summary: RunSummary, end: Recorded) -> None:
        """Add what the settling run said about a dead one, where we were not told all of it."""
        if not isinstance(end.event, r.RunDied):
            return
        told = sum(stage.counts["interrupted"] for stage in summary.stages.values())
        if told == end.event.attempts:
            return
        for stage in summary.stages.values():
            stage.counts["interrupted"] = 0
        for recorded in interruptions(self._journal, end):
            summary.take(recorded)
            summary.events -= 1


def interruptions(journal: Journal, end: Recorded) -> Iterator[Recorded]:
    """Yield what the settling run appended about a run whose death `end` is, before it."""
    assert isinstance(end.event, r.RunDied)
    dead = end.stream.removeprefix(RUNS)
    for recorded in journal.by_run(end.event.settled_by):
        if recorded.position > end.position:
            return
        if isinstance(recorded.event, e.AttemptInterrupted) and recorded.event.run == dead:
            yield recorded


def lines_of(journal: Journal, recorded: Recorded) -> list[str]:
    """Return what the log of its run says about one event, as it stands there."""
    lines, _ = Narrator(journal).tell(recorded)
    return [written(recorded, line) for line in lines]


def render_run(journal: Journal, run: str, until: int | None = None) -> Iterator[str]:
    """
    Yield the lines of a run's log, as of position `until`.

    Purely from the journal: what `logs/runs/<run>.log` holds, whether that file exists or not.
    """
    for told in told_of_run(journal, run, until):
        yield from told.by_run.get(run, ())


def told_of_run(journal: Journal, run: str, until: int | None = None) -> Iterator[Told]:
    """Yield what the logs say about the events that a run's log tells of, in order."""
    own = journal.read_stream(f"{RUNS}{run}", until_position=until)
    later: list[Recorded] = []
    for recorded in own:
        if recorded.run_id != run and isinstance(recorded.event, r.RunDied):
            later += [*interruptions(journal, recorded), recorded]
    narrator = Narrator(journal)
    for recorded in merge(journal.by_run(run), later, key=lambda each: each.position):
        if until is not None and recorded.position > until:
            return
        yield narrator.take(recorded)


def _concerned(recorded: Recorded) -> dict[str, None]:
    """Return the runs whose logs tell of an event: who appended it, and whom it is about."""
    found = {recorded.run_id: None}
    if isinstance(recorded.event, r.RunDied):
        found[recorded.stream.removeprefix(RUNS)] = None
    elif isinstance(recorded.event, e.AttemptInterrupted):
        found[recorded.event.run] = None
    return found


def _about_another(recorded: Recorded, run: str) -> bool:
    """Tell whether `run` only settled what the event is about."""
    return recorded.run_id == run and len(_concerned(recorded)) > 1


_OUTSIDE = ("publish", "withdraw", "rollback", "repair")


def _uploader(recorded: Recorded, story: Story) -> list[Line]:
    """Return the line of a failure outside; a failed publication tells of its step itself."""
    event, about = recorded.event, who(recorded, story.row)
    if isinstance(event, e.PublicationFailed | e.FinishingFailed):
        detail = f": {one_line(event.detail)}" if event.detail else ""
        at = f"finish {event.name}" if isinstance(event, e.FinishingFailed) else event.step
        step = quoted(at or "end")
        return [("ERROR", f"{about} step={step} code={event.code}{detail}")]
    saga = story.row.happened.saga
    told_by_failure = saga is not None and saga.kind == "publication" and not saga.undoing
    if isinstance(event, s.StepLeft) and not told_by_failure:
        report = event.report
        step = quoted(f"{report.action} {report.target}")
        detail = f": {one_line(report.detail)}" if report.detail else ""
        code = "TargetChanged" if report.outcome == "changed" else "PublishFailed"
        how = f"code={code} outcome={report.outcome}"
        return [("ERROR", f"{about} step={step} {how}{detail}")]
    return []
