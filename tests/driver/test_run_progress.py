"""How far a run is, from its events alone: counts, rate, the time that is left."""

from datetime import timedelta

import pytest

from driver import clock
from driver.run_progress import RunProgress
from journal import Recorded
from machine import events as e
from machine import run_events as r
from machine.event_base import Event

BEGAN = clock.parse("2026-05-01T10:00:00.000000Z")


class Told:
    """A run that is told event by event, each some seconds after the one before."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.progress = RunProgress()
        self.now = BEGAN
        self._position = 0

    def tell(self, stream: str, event: Event, after_s: float = 0.0) -> None:
        """Say that something happened."""
        self.now += timedelta(seconds=after_s)
        self._position += 1
        self.progress.take(
            Recorded(
                position=self._position,
                stream=stream,
                version=1,
                type=event.tag,
                event=event,
                run_id="run",
                step=1,
                cause=None,
                actor="anna",
                at=clock.stamp(self.now),
                append_key="run/1#0",
            )
        )

    def attempt(self, row: int, code: str = "", after_s: float = 0.0) -> None:
        """Let a row be tried, and be measured or fail."""
        self.tell(
            f"row/{row}",
            e.AttemptStarted(
                stage="resize", attempt=1, input_digest="i", recipe_digest="r", claimed_by="run"
            ),
        )
        if code:
            failed = e.AttemptFailed(
                stage="resize", attempt=1, input_digest="i", code=code, detail="too bright"
            )
            self.tell(f"row/{row}", failed, after_s)
        else:
            made = e.Resized(
                attempt=1, input_digest="i", recipe_digest="r", renditions=(), duration_ms=1
            )
            self.tell(f"row/{row}", made, after_s)


@pytest.fixture
def told() -> Told:
    """A run that is about to begin."""
    return Told()


def test_the_rest_is_estimated_from_the_last_minute(told: Told) -> None:
    """The first rows took long while models were loaded: that is not what the rest will take."""
    told.tell("run/run", r.StageStarted(stage="resize", rows=100))
    for row in range(1, 3):
        told.attempt(row, after_s=100)
    for row in range(3, 33):
        told.attempt(row, after_s=2)
    (stage,) = told.progress.stages(told.now, over=False)
    assert (32, 0, 100) == (stage.done, stage.failed, stage.total)
    assert stage.rate_per_s == pytest.approx(0.5, rel=0.05)
    assert stage.eta_s == pytest.approx(68 * 2, rel=0.05)
    (over,) = told.progress.stages(told.now, over=True)
    assert (None, None) == (over.rate_per_s, over.eta_s)


def test_a_row_counts_by_its_newest_outcome(told: Told) -> None:
    """What failed first and came through is done; what is set aside says what failed."""
    told.attempt(1, "ResizeFailed")
    told.attempt(2, "ResizeFailed")
    told.tell(
        "row/2",
        e.Quarantined(stage="resize", input_digest="i", code="ResizeFailed", reason="3 attempts"),
    )
    told.tell(
        "row/1",
        e.AttemptStarted(
            stage="resize", attempt=2, input_digest="i", recipe_digest="r", claimed_by="run"
        ),
    )
    (stage,) = told.progress.stages(told.now, over=False)
    assert (1, 1, None) == (stage.at_work, stage.failed, stage.total)
    first, second = told.progress.rows()
    assert (2, "quarantined", "too bright") == (first.row, first.outcome, first.detail)
    assert (1, "at work") == (second.row, second.outcome)


def test_a_stage_that_waits_or_is_paused_says_for_what(told: Told) -> None:
    told.tell("run/run", r.StageStarted(stage="prefill", rows=3))
    told.tell("run/run", r.StageWaiting(stage="prefill", code="OllamaUnreachable"))
    (stage,) = told.progress.stages(told.now, over=False)
    assert ("OllamaUnreachable", None) == (stage.waiting, stage.eta_s)
    paused = r.StagePaused(stage="prefill", code="OllamaUnreachable", detail="refused")
    told.tell("run/run", paused)
    (stage,) = told.progress.stages(told.now, over=True)
    assert ("", "OllamaUnreachable", "refused") == (
        stage.waiting,
        stage.paused,
        stage.paused_detail,
    )
