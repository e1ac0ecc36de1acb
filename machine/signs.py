"""
What an event says went wrong: the signs from which `machine.causes` finds the cause of an incident.

A sign is one thing at one position, with its failure domain. Whether it is a cause or came of
another one, it does not know. Events that tell of nothing wrong give none.
"""

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from machine import events as e
from machine import repair_events as o
from machine import run_events as r
from machine.domains import DRIFT_RULES, UNCLASSIFIED, domain_of
from machine.event_base import Event
from machine.values import STAGES, Stage, StepReport

Level = Literal["fatal", "error", "warning", "note"]
"""
fatal: a run or a stage of it is over. error: a row failed. warning: it went on, and a person should
look. note: it was dealt with.
"""

LEVELS: tuple[Level, ...] = ("fatal", "error", "warning", "note")
"""The gravest first."""

FAILED: tuple[Level, ...] = ("fatal", "error")
"""Levels of what failed."""

DYING = ("RunDied", "RunEnded", "StoppedDiskLow")
"""Types of the signs of a run's end."""

FELL = "PrefillOnCpu"
LEFT = "interrupted"
"""How a run ends that a person stopped."""

INTERRUPTED: dict[str, Stage] = {
    "PrefillInterrupted": "prefill",
    "ScoringInterrupted": "score",
    "ResizeInterrupted": "resize",
}
"""Codes of rows that are set aside because the program died on them, and their stage."""

CODES = {stage: code for code, stage in INTERRUPTED.items()}
"""The same by stage."""


class Place(Struct, frozen=True):
    """Where an event stands; `run` is the one that it tells about."""

    position: int
    at: str
    run: str
    row: int | None = None

    @property
    def when(self) -> tuple[str, int]:
        """Time and position: the order of things, those without an event included."""
        return self.at, self.position


class Sign(Struct, frozen=True, kw_only=True):
    """One thing that went wrong."""

    place: Place
    type: str
    """Of the event; `traceback`, `settings`, `damage`, `drift` or `missing` for what left none."""
    level: Level
    domain: int
    """Of `machine.domains`; 0: unclassified."""
    code: str = ""
    """Of `machine.failures`; empty: there is none for it."""
    stage: str = ""
    """`ingest`, `prefill`, `score`, `resize`, `publish`, `withdraw`, `rollback`, `repair`."""
    detail: str = ""
    step: str = ""
    """Of a saga, such as `put_file 2008/harbour/x.jpg`."""
    exit_code: int | None = None
    """Of the worker or the run."""
    rows_left: int = 0
    """Rows that a stage left due when it paused."""
    name: str = ""
    """The file, where it never became a row."""

    @property
    def row(self) -> int | None:
        """The row, where it is about one."""
        return self.place.row


def signs_of(event: Event, place: Place) -> tuple[Sign, ...]:
    """Return what an event says went wrong; mostly nothing."""
    tell = _SIGNS.get(type(event))
    return tell(event, place) if tell else ()


def _sign(event: Event, place: Place, level: Level, code: str = "", **more: Any) -> Sign:  # noqa: ANN401
    domain = more.pop("domain", None)
    return Sign(
        place=place,
        type=type(event).tag,
        level=level,
        code=code,
        domain=domain_of(code).number if domain is None else domain,
        **more,
    )


def _failed(event: e.AttemptFailed, place: Place) -> tuple[Sign, ...]:
    failed = _sign(
        event,
        place,
        "warning" if event.ends_wish else "error",
        event.code,
        stage=event.stage,
        detail=event.detail,
        exit_code=event.exit_code,
    )
    return (failed,)


def _cleaned(event: e.TextCleaned, place: Place) -> tuple[Sign, ...]:
    """One for each rule that mended more than a stop or a capital; what is tidied is a note."""
    drifted = sorted(DRIFT_RULES.intersection(one.rule for one in event.changes))
    told = [f"rules mended a text: {rule}" for rule in drifted] or ["rules tidied a text"]
    level: Level = "warning" if drifted and event.applied == "applied" else "note"
    return tuple(_sign(event, place, level, domain=11, stage="prefill", detail=one) for one in told)


def _quarantined(event: e.Quarantined, place: Place) -> tuple[Sign, ...]:
    """The failure before it said why; only after deaths of the program there is none."""
    if event.code not in INTERRUPTED:
        return ()
    return (_sign(event, place, "error", event.code, stage=event.stage, detail=event.reason),)


def _interrupted(event: e.AttemptInterrupted, place: Place) -> tuple[Sign, ...]:
    place = Place(place.position, place.at, event.run, place.row)
    code, level = CODES[event.stage], "warning" if event.asked else "error"
    why = "a person left the run at once" if event.asked else "the run died"
    return (_sign(event, place, level, code, stage=event.stage, detail=why),)  # type: ignore[arg-type]


def _not_published(event: e.PublicationFailed, place: Place) -> tuple[Sign, ...]:
    step = event.step or "the end"
    return (
        _sign(event, place, "error", event.code, stage="publish", detail=event.detail, step=step),
    )


def _not_finished(event: e.FinishingFailed, place: Place) -> tuple[Sign, ...]:
    step = f"finish {event.name}"
    return (
        _sign(event, place, "error", event.code, stage="publish", detail=event.detail, step=step),
    )


def _incomplete(stage: str) -> Callable[[Any, Place], tuple[Sign, ...]]:
    def told(event: Any, place: Place) -> tuple[Sign, ...]:  # noqa: ANN401  (four events with reports)
        reports: tuple[StepReport, ...] = event.reports
        if not reports:
            return (_sign(event, place, "error", "PublishFailed", stage=stage),)
        first = reports[0]
        code = "TargetChanged" if first.outcome == "changed" else "PublishFailed"
        step = f"{first.action} {first.target}"
        return (_sign(event, place, "error", code, stage=stage, detail=first.detail, step=step),)

    return told


def _refused(event: r.FileRefused, place: Place) -> tuple[Sign, ...]:
    name = event.source.path.rpartition("/")[2]
    return (
        _sign(event, place, "error", event.code, stage="ingest", detail=event.detail, name=name),
    )


def _paused(event: r.StagePaused, place: Place) -> tuple[Sign, ...]:
    paused = _sign(
        event,
        place,
        "fatal",
        event.code,
        stage=event.stage,
        detail=event.detail,
        rows_left=event.rows_left,
    )
    return (paused,)


def _waiting(event: r.StageWaiting, place: Place) -> tuple[Sign, ...]:
    return (_sign(event, place, "warning", event.code, stage=event.stage, detail=event.detail),)


def _checked(event: r.ModelChecked, place: Place) -> tuple[Sign, ...]:
    """Only what surely runs beside the GPU, wholly or in part."""
    if event.processor in ("GPU", "unknown"):
        return ()
    detail = f"model {event.model} runs on {event.processor}"
    return (_sign(event, place, "warning", FELL, stage=event.stage, detail=detail),)


def _scorer(event: r.ScorerChecked, place: Place) -> tuple[Sign, ...]:
    found: dict[str, list[str]] = {}
    for one in event.missing:
        found.setdefault(one.code, []).append(f"{one.metric}: {one.detail}".rstrip(": "))
    return tuple(
        _sign(event, place, "warning", code, stage="score", detail="; ".join(details))
        for code, details in found.items()
    )


def _reported(event: r.QcReported, place: Place) -> tuple[Sign, ...]:
    """Findings stand on their rows; that a model gave different photos one text is said here."""
    alike = event.identical_captions
    if not alike:
        return ()
    detail = (
        f"{alike} different {'photo shares its caption' if alike == 1 else 'photos share captions'}"
    )
    return (_sign(event, place, "warning", domain=5, stage="prefill", detail=detail),)


def _ended(event: r.RunEnded, place: Place) -> tuple[Sign, ...]:
    """How a run ended says something new where nothing else does, so it comes last of all."""
    if event.outcome in ("done", "failed rows"):
        return ()
    level: Level = "warning" if event.outcome == LEFT else "fatal"
    domain = {LEFT: 12, "damaged": 13}.get(event.outcome, UNCLASSIFIED.number)
    detail = event.detail or event.outcome
    return (_sign(event, place, level, domain=domain, detail=detail, exit_code=event.exit_code),)


def _died(event: r.RunDied, place: Place) -> tuple[Sign, ...]:
    left = f"{event.attempts} attempts and {event.sagas} publications were open"
    detail = f"the run was gone without a word; {left}"
    return (_sign(event, place, "fatal", domain=12, detail=detail),)


def _disk_low(event: r.StoppedDiskLow, place: Place) -> tuple[Sign, ...]:
    detail = f"{event.free_bytes} bytes free, {event.needed_bytes} have to stay free"
    return (_sign(event, place, "fatal", "DiskLow", detail=detail),)


_SIGNS: dict[type[Event], Callable[[Any, Place], tuple[Sign, ...]]] = {
    e.AttemptFailed: _failed,
    e.AttemptInterrupted: _interrupted,
    e.Quarantined: _quarantined,
    e.TextCleaned: _cleaned,
    e.FinishingFailed: _not_finished,
    e.PublicationFailed: _not_published,
    e.PublicationUndoIncomplete: _incomplete("publish"),
    e.WithdrawalIncomplete: _incomplete("withdraw"),
    e.RollbackIncomplete: _incomplete("rollback"),
    o.RepairIncomplete: _incomplete("repair"),
    r.FileRefused: _refused,
    r.StagePaused: _paused,
    r.StageWaiting: _waiting,
    r.ModelChecked: _checked,
    r.ScorerChecked: _scorer,
    r.QcReported: _reported,
    r.RunEnded: _ended,
    r.RunDied: _died,
    r.StoppedDiskLow: _disk_low,
}

TELLING: tuple[str, ...] = tuple(event.tag for event in _SIGNS)
"""Tags of the events that may tell of something wrong."""

OUTCOMES: dict[str, str] = {
    e.Prefilled.tag: "prefill",
    e.Scored.tag: "score",
    e.Resized.tag: "resize",
    e.Published.tag: "publish",
    e.Withdrawn.tag: "withdraw",
    e.RolledBack.tag: "rollback",
    o.Repaired.tag: "repair",
    r.StageResumed.tag: "resumed",
    e.TextCleaned.tag: "cleaned",
    e.RowIngested.tag: "ingest",
}
"""Tags of the events that tell of something done, and what: no payload is needed for that."""

assert set(CODES) == set(STAGES)
