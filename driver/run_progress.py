"""
How far a run is, from its events alone: by stage, and what became of each row.

Fed with a run's events in order, as they come; so a page that follows a run reads each of them
once. What a stage has still to do is known where it said so at its beginning (`StageStarted`), or
where whoever asks knows how many rows the run was started for.
"""

from collections import deque
from datetime import datetime, timedelta

from msgspec import Struct

from driver.recovery import row_number
from journal import Recorded
from machine import events as e
from machine import repair_events as o
from machine import run_events as r
from machine.event_base import Event

WINDOW_S = 60.0
"""The rate is that of the last minute: models warm up, and photos differ."""
MEASURED_ROWS = 3
"""So many rows have to be through before a rate is told."""

_DONE: dict[type[Event], str] = {
    e.RowIngested: "ingest",
    e.RowReopened: "ingest",
    e.Prefilled: "prefill",
    e.Scored: "score",
    e.Resized: "resize",
    e.Published: "publish",
    e.Withdrawn: "withdraw",
    e.RolledBack: "rollback",
    o.Repaired: "repair",
}
_FAILED: dict[type[Event], str] = {
    e.FinishingFailed: "publish",
    e.PublicationFailed: "publish",
    e.PublicationUndoIncomplete: "publish",
    e.WithdrawalIncomplete: "withdraw",
    e.RollbackIncomplete: "rollback",
    o.RepairIncomplete: "repair",
}
_BEGUN: dict[type[Event], str] = {
    e.PublicationStarted: "publish",
    e.WithdrawalStarted: "withdraw",
    e.RollbackStarted: "rollback",
    o.RepairStarted: "repair",
}


class RowOutcome(Struct, frozen=True, kw_only=True):
    """What became of one row in one stage, so far."""

    row: int
    stage: str
    outcome: str
    """`at work`, `done`, `failed`, `quarantined` or `interrupted`."""
    code: str = ""
    detail: str = ""
    position: int
    at: str


class StageProgress(Struct, kw_only=True):
    """How far a stage is; rows are counted once, by their newest outcome."""

    stage: str
    at_work: int = 0
    done: int = 0
    failed: int = 0
    """Quarantined ones too."""
    total: int | None = None
    """None: not known."""
    rate_per_s: float | None = None
    """Rows through a second, over the last minute; None: too few to tell."""
    eta_s: float | None = None
    """Seconds that the rest may take; None: not known, or nothing is left."""
    waiting: str = ""
    """Failure code of the service that it waits for just now."""
    paused: str = ""
    """Failure code that stopped it."""
    paused_detail: str = ""


class RunProgress:
    """A run's events, counted."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.position = 0
        """Of the last event that was taken."""
        self._outcomes: dict[tuple[str, int], RowOutcome] = {}
        self._stages: dict[str, StageProgress] = {}
        self._through: dict[str, deque[datetime]] = {}

    def take(self, recorded: Recorded) -> None:
        """Count the next event."""
        event, row = recorded.event, row_number(recorded.stream)
        self.position = recorded.position
        if row is None:
            self._around(event)
            return
        stage, outcome, code, detail = _outcome_of(event)
        if not stage:
            return
        self._stage(stage)
        before = self._outcomes.get((stage, row))
        if outcome == "quarantined" and before and before.code == code:
            detail = before.detail or detail  # what failed last says more than "too often"
        self._outcomes[stage, row] = RowOutcome(
            row=row,
            stage=stage,
            outcome=outcome,
            code=code,
            detail=detail,
            position=recorded.position,
            at=recorded.at,
        )
        if outcome in ("done", "failed"):
            self._note_time(stage, datetime.fromisoformat(recorded.at))

    def _around(self, event: Event) -> None:
        match event:
            case r.StageStarted():
                self._stage(event.stage).total = event.rows
            case r.StageWaiting():
                self._stage(event.stage).waiting = event.code
            case r.StageResumed():
                self._stage(event.stage).waiting = ""
            case r.StagePaused():
                stage = self._stage(event.stage)
                stage.paused, stage.paused_detail, stage.waiting = event.code, event.detail, ""
            case _:
                pass

    def _stage(self, name: str) -> StageProgress:
        return self._stages.setdefault(name, StageProgress(stage=name))

    def _note_time(self, stage: str, at: datetime) -> None:
        times = self._through.setdefault(stage, deque())
        times.append(at)
        while at - times[0] > timedelta(seconds=WINDOW_S):
            times.popleft()

    def stages(self, now: datetime, *, over: bool, rows: int | None = None) -> list[StageProgress]:
        """
        Return how far each stage is.

        Args:
            now: with a time zone.
            over: the run has ended: nothing is at work, and nothing is left to wait for.
            rows: how many rows the run was started for, where no stage said so.
        """
        for stage in self._stages.values():
            mine = [one.outcome for (name, _), one in self._outcomes.items() if name == stage.stage]
            stage.done = mine.count("done")
            stage.failed = mine.count("failed") + mine.count("quarantined")
            stage.at_work = 0 if over else mine.count("at work")
            if stage.stage in _WITHOUT_START and rows:
                stage.total = rows
            stage.rate_per_s = stage.eta_s = None
            if not over:
                self._estimate(stage, now)
        return list(self._stages.values())

    def _estimate(self, stage: StageProgress, now: datetime) -> None:
        since = now - timedelta(seconds=WINDOW_S)
        times = [at for at in self._through.get(stage.stage, ()) if at >= since]
        if len(times) < MEASURED_ROWS or now <= times[0]:
            return
        stage.rate_per_s = (len(times) - 1) / (now - times[0]).total_seconds()
        if stage.total is not None and stage.rate_per_s and not stage.waiting:
            left = max(stage.total - stage.done - stage.failed, 0)
            stage.eta_s = left / stage.rate_per_s if left else None

    def rows(self) -> list[RowOutcome]:
        """Return what became of each row: what failed first, then the newest first."""
        newest = sorted(self._outcomes.values(), key=lambda one: -one.position)
        return sorted(newest, key=lambda one: one.outcome not in ("failed", "quarantined"))


_WITHOUT_START = frozenset(_BEGUN.values())
"""Work that is no stage of a row: nobody says at its beginning how many rows there are."""


def _outcome_of(event: Event) -> tuple[str, str, str, str]:
    """Return stage, outcome, code and detail; an empty stage: it tells of no outcome."""
    kind = type(event)
    if kind in _DONE:
        return _DONE[kind], "done", "", ""
    if kind in _BEGUN:
        return _BEGUN[kind], "at work", "", ""
    if kind in _FAILED:
        reports = getattr(event, "reports", ())
        told = "; ".join(f"{one.target}: {one.outcome}" for one in reports)
        detail = told or getattr(event, "detail", "")
        return _FAILED[kind], "failed", getattr(event, "code", ""), detail
    match event:
        case e.AttemptStarted():
            return event.stage, "at work", "", ""
        case e.AttemptFailed():
            return event.stage, "failed", event.code, event.detail
        case e.Quarantined():
            return event.stage, "quarantined", event.code, event.reason
        case e.AttemptInterrupted():
            return event.stage, "interrupted", "", ""
        case _:
            return "", "", "", ""
