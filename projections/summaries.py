"""
What a run came to: counts by stage that equal those of its events, durations, retries.

Fed with a run's events in order (`take`), and asked when the run has ended. The events that a later
run appended about a dead one (`AttemptInterrupted`, `RunDied`) belong to the dead one's account.
"""

from datetime import datetime

from journal.records import Recorded
from machine import events as e
from machine import repair_events as o
from machine import run_events as r
from machine.event_base import Event
from projections.tables import COUNTED

COUNTS = ("done", "failed", "quarantined", "interrupted", "retried", "skipped")

_OUTCOMES: dict[type[Event], tuple[str, str]] = {
    e.RowIngested: ("ingest", "done"),
    e.RowReopened: ("ingest", "done"),
    r.FileRefused: ("ingest", "failed"),
    r.FileSkipped: ("ingest", "skipped"),
    e.Prefilled: ("prefill", "done"),
    e.Scored: ("score", "done"),
    e.Resized: ("resize", "done"),
    e.Published: ("publish", "done"),
    e.FinishingFailed: ("publish", "failed"),
    e.PublicationFailed: ("publish", "failed"),
    e.Withdrawn: ("withdraw", "done"),
    e.WithdrawalIncomplete: ("withdraw", "failed"),
    e.RolledBack: ("rollback", "done"),
    e.RollbackIncomplete: ("rollback", "failed"),
    o.Repaired: ("repair", "done"),
    o.RepairIncomplete: ("repair", "failed"),
}
"""What an event counts as, by stage."""


class StageSummary:
    """One stage of a run."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.counts = dict.fromkeys(COUNTS, 0)
        self.first = ""
        self.last = ""

    def at(self, time: str) -> None:
        """Note that something of the stage happened."""
        self.first = self.first or time
        self.last = time


class RunSummary:
    """A run's account."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.verb = ""
        self.effects = False
        self.dry_run = False
        self.started = ""
        self.newest = ""
        self.first_position = 0
        self.events = 0
        self.stages: dict[str, StageSummary] = {}
        self.tried = 0
        self.succeeded = 0
        self.failed = 0
        self._stood_in: dict[str, bool] = {}
        """Rows tried with a fallback model, and whether its text was accepted."""
        self._by_fallback: set[str] = set()
        """Rows whose newest attempt asks a fallback model."""

    @property
    def logged(self) -> bool:
        """Whether the run has a log of its own."""
        return self.effects and not self.dry_run

    def take(self, recorded: Recorded, markers: tuple[str, ...] = ()) -> None:
        """Count an event; `markers` are those of the lines that tell of it."""
        event = recorded.event
        self.events += recorded.stream.startswith(COUNTED)
        self.newest = recorded.at
        self.tried += markers.count("RETRY")
        self.succeeded += markers.count("RETRY-OK")
        self.failed += markers.count("RETRY-FAIL")
        match event:
            case r.RunStarted():
                self.verb, self.effects, self.dry_run = event.verb, event.effects, event.dry_run
                self.started, self.first_position = recorded.at, recorded.position
            case r.StageStarted() | r.StageEnded() | r.StagePaused():
                self._stage(event.stage, recorded.at)
            case e.AttemptStarted():
                stage = self._stage(event.stage, recorded.at)
                stage.counts["retried"] += "RETRY" in markers
                self._note_model(recorded.stream, event)
            case e.AttemptFailed():
                self._stage(event.stage, recorded.at).counts["failed"] += 1
            case e.Quarantined():
                self._stage(event.stage, recorded.at).counts["quarantined"] += 1
            case e.AttemptInterrupted():
                self._stage(event.stage, recorded.at).counts["interrupted"] += 1
            case _:
                counted = _OUTCOMES.get(type(event))
                if counted:
                    self._stage(counted[0], recorded.at).counts[counted[1]] += 1
                if isinstance(event, e.Prefilled) and recorded.stream in self._by_fallback:
                    self._stood_in[recorded.stream] = True

    def _note_model(self, stream: str, started: e.AttemptStarted) -> None:
        """Keep which rows are tried with a fallback model."""
        if started.stage != "prefill":
            return
        self._by_fallback.discard(stream)
        if started.fallback_for:
            self._by_fallback.add(stream)
            self._stood_in.setdefault(stream, False)

    def retries(self) -> str:
        """Return the summary line of the retries; empty when there were none."""
        if not self.tried:
            return ""
        counts = f"{self.tried} tried, {self.succeeded} succeeded, {self.failed} failed"
        if self._stood_in:
            tried, accepted = len(self._stood_in), sum(self._stood_in.values())
            rows = "row" if tried == 1 else "rows"
            counts += f"; fallback models: {tried} {rows} tried, {accepted} accepted"
        return f"Retries: {counts}"

    def lines(self, run: str, end: Recorded) -> list[str]:
        """Return the run's lines in `run_log.txt`: one for each stage, then one for the run."""
        if isinstance(end.event, r.RunEnded):
            outcome = f"outcome={_word(end.event.outcome)} exit={end.event.exit_code}"
        else:
            outcome = "outcome=died"
        newest = end.at if isinstance(end.event, r.RunEnded) else self.newest or end.at
        about = f"{end.at[:19]}Z run={run} verb={_word(self.verb)}"
        found = []
        for name, stage in self.stages.items():
            counts = " ".join(f"{key}={count}" for key, count in stage.counts.items())
            took = f"duration={seconds(stage.first, stage.last):.1f}s"
            found.append(f"{about} stage={_word(name)} {counts} {took} {outcome}")
        took = f"duration={seconds(self.started or newest, newest):.1f}s"
        found.append(f"{about} stage=- events={self.events} {took} {outcome}")
        return [f"{line} @{end.position}" for line in found]

    def _stage(self, name: str, time: str) -> StageSummary:
        stage = self.stages.setdefault(name, StageSummary())
        stage.at(time)
        return stage


def seconds(first: str, last: str) -> float:
    """Return the seconds between two times of the journal."""
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def _word(text: str) -> str:
    """Return `text` as one word that cannot break a line."""
    return "".join(char if char.isalnum() or char in "-_." else "_" for char in text)
