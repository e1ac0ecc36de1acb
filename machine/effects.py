"""
What the driver should do outside, as data. The machine itself does nothing.

An effect follows from an intent that stands in the journal as started and has no outcome yet, so a
replay, a rebuild or a look into the past can perform none.
"""

from msgspec import Struct

from machine.row import Row, attempts_of
from machine.values import STAGES, Stage, Step


class WorkStage(Struct, frozen=True, kw_only=True):
    """Do the work of an attempt that was started."""

    stage: Stage
    attempt: int
    input_digest: str
    claimed_by: str
    alone: bool


class PerformStep(Struct, frozen=True, kw_only=True):
    """Do the next step of an open saga."""

    saga: str
    claimed_by: str
    step: Step


class EndSaga(Struct, frozen=True, kw_only=True):
    """Every step has an outcome: say so."""

    saga: str
    claimed_by: str


Effect = WorkStage | PerformStep | EndSaga


def next_effects(row: Row) -> tuple[Effect, ...]:
    """Return what is open on `row`, the saga first."""
    effects: list[Effect] = []
    saga = row.happened.saga
    if saga and not saga.incomplete:
        if saga.done < len(saga.steps):
            step = saga.steps[saga.done]
            effects.append(PerformStep(saga=saga.id, claimed_by=saga.claimed_by, step=step))
        else:
            effects.append(EndSaga(saga=saga.id, claimed_by=saga.claimed_by))
    for stage in STAGES:
        claimed = attempts_of(row, stage).open
        if claimed:
            effects.append(
                WorkStage(
                    stage=stage,
                    attempt=claimed.attempt,
                    input_digest=claimed.input_digest,
                    claimed_by=claimed.claimed_by,
                    alone=claimed.alone,
                )
            )
    return tuple(effects)
