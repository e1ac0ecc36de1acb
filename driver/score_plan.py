"""
What measuring is about to do, before it does it.

Which rows are measured again because the settings changed, what that needs and lacks, how long it
takes as far as the journal tells. Changes nothing and loads no model.
"""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters import neural, weights
from driver import clock
from driver.sections import Score as Settings
from machine.events import Scored
from machine.quality import PROFILES
from machine.row import Row
from machine.run_events import ScorerChecked
from machine.status import due_stages
from machine.values import MissingScore

if TYPE_CHECKING:
    from driver.program import Program
    from driver.shell import Shell
    from journal import Journal

SAMPLE_ROWS = 50
"""So many of the newest photos say how long one takes."""
SAMPLE_ROWS_MIN = 3
"""Fewer say nothing: the first photos wait for libraries and models."""

EARLIER_VERSION = "measured by an earlier version of the program"


class NeededFile(Struct, frozen=True, kw_only=True):
    """Weights that today's settings need."""

    name: str
    """In the catalogue."""
    file: str
    metric: str
    state: weights.State
    """By its size."""
    detail: str = ""
    size_bytes: int | None = None
    """None: not known before it is there."""


class Estimate(Struct, frozen=True, kw_only=True):
    """How long the work takes, from the newest photos that were measured in the same way."""

    seconds: float
    per_photo_ms: float
    photos: int
    """How many say so."""
    device: str


class Again(Struct, frozen=True, kw_only=True):
    """Which rows were measured with other settings."""

    rows: dict[str, list[int]]
    """Those that are measured again, by what changed, such as `profile embedded -> full`."""
    approved: int
    """Approved ones, which are left as they are."""
    published: int

    def kept(self) -> int:
        """Return how many are left as they are."""
        return self.approved + self.published


class ScorePlan(Struct, frozen=True, kw_only=True):
    """What measuring some rows comes to."""

    rows: int
    """Due now."""
    again: Again
    folder: str
    """Of the weights."""
    files: tuple[NeededFile, ...]
    missing: tuple[MissingScore, ...]
    """Metrics that cannot be measured, by a quick look."""
    estimate: Estimate | None = None


def change_of(row: Row, settings: Settings, recipe: str) -> str:
    """Return what changed since the row was measured; empty: nothing, or it was not measured."""
    score = row.decided.score
    if score.status != "done" or score.recipe_digest == recipe:
        return ""
    was, now = PROFILES.get(score.profile, ()), PROFILES[settings.profile]
    before = score.required or was
    required = neural.required(settings.profile, settings.metrics)
    added = ", ".join(one for one in required if one not in before and one not in now)
    removed = ", ".join(one for one in before if one not in required and one not in was)
    words = []
    if score.profile != settings.profile:
        words.append(f"profile {score.profile or '(none)'} -> {settings.profile}")
    if added or removed:
        more = f" + {added}" if added else ""
        words.append(f"metrics{more}{f' - {removed}' if removed else ''}")
    return ", ".join(words) or EARLIER_VERSION


def folder_in(program: "Program") -> Path:
    """Return the folder of the weights."""
    workspace = program.workspace
    return weights.folder_of(workspace.config.score.weights, workspace.root)


def needed_files(settings: Settings, folder: Path) -> tuple[NeededFile, ...]:
    """Return the weights that the settings need, judged by their size."""
    required = neural.required(settings.profile, settings.metrics)
    found = []
    for entry in weights.needed_by(required):
        verdict = weights.look(folder / entry.file, entry)
        size_bytes = verdict.size_bytes if verdict.state == "present" else entry.size_bytes
        found.append(
            NeededFile(
                name=entry.name,
                file=entry.file,
                metric=entry.metric,
                state=verdict.state,
                detail=verdict.detail,
                size_bytes=size_bytes,
            )
        )
    return tuple(found)


def measured_again(program: "Program", shell: "Shell", numbers: Iterable[int]) -> Again:
    """Look which of these rows are measured again because the settings changed."""
    settings, recipes = program.workspace.config.score, program.stage_work.recipes
    now, again, kept = clock.now(), dict[str, list[int]](), list[Row]()
    for number in numbers:
        row = shell.row(number)
        if change := change_of(row, settings, recipes["score"]):
            if "score" in due_stages(row, recipes, now):
                again.setdefault(change, []).append(number)
            elif row.decided.intake and row.decided.decision.value == "approved":
                kept.append(row)
    published = sum(row.decided.publication.value == "published" for row in kept)
    return Again(rows=again, approved=len(kept) - published, published=published)


def plan_scores(program: "Program", shell: "Shell", numbers: Iterable[int], due: int) -> ScorePlan:
    """
    Say what measuring comes to.

    Args:
        program: the opened workspace.
        shell: the run, or its rehearsal.
        numbers: the rows that were chosen.
        due: how many of them are due.
    """
    missing = tuple(program.stage_work.scoring.unavailable.values())
    return ScorePlan(
        rows=due,
        again=measured_again(program, shell, numbers),
        folder=str(folder_in(program)),
        files=needed_files(program.workspace.config.score, folder_in(program)),
        missing=missing,
        estimate=None if missing else _estimate(program, shell, due),
    )


# --- time


def _estimate(program: "Program", shell: "Shell", rows: int) -> Estimate | None:
    """Return how long `rows` take; None where too few were measured with today's settings."""
    settings, recipe = program.workspace.config.score, program.stage_work.recipes["score"]
    query = (
        "SELECT id FROM review_queue WHERE score_profile = ? ORDER BY last_position DESC LIMIT ?"
    )
    lines = program.models.query(query, [settings.profile, SAMPLE_ROWS])
    events: list[Scored] = []
    run = ""
    for number in (line["id"] for line in lines):
        if shell.row(number).decided.score.recipe_digest == recipe:
            event, run_id = _newest_scored(program.journal, number)
            events += [event] if event else []
            run = run or run_id
    if not rows or len(events) < SAMPLE_ROWS_MIN:
        return None
    by_models = [sum(_neural_ms(event)) for event in events]
    before = [max(event.duration_ms - ms, 0) for event, ms in zip(events, by_models, strict=True)]
    models_ms, workers_ms = statistics.median(by_models), statistics.median(before)
    per_photo_ms = max(models_ms, workers_ms / program.workers.count)  # both go on at once
    load_ms = _load_ms(program.journal, run)
    devices = [score.device for score in events[0].scores if score.metric not in _EMBEDDED]
    return Estimate(
        seconds=(rows * per_photo_ms + load_ms) / 1000,
        per_photo_ms=per_photo_ms,
        photos=len(events),
        device=devices[0] if devices else "cpu",
    )


_EMBEDDED = frozenset(PROFILES["embedded"])


def _neural_ms(event: Scored) -> Iterable[int]:
    return (score.duration_ms or 0 for score in event.scores if score.metric not in _EMBEDDED)


def _newest_scored(journal: "Journal", number: int) -> tuple[Scored | None, str]:
    """Return the newest scores of a row, and the run that measured them."""
    found: tuple[Scored | None, str] = None, ""
    for one in journal.read_stream(f"row/{number}"):
        if isinstance(one.event, Scored) and one.event.applied == "applied":
            found = one.event, one.run_id
    return found


def _load_ms(journal: "Journal", run: str) -> int:
    """Return how long the models took to load in a run."""
    events = (one.event for one in journal.read_stream(f"run/{run}"))
    return next((event.load_ms for event in events if isinstance(event, ScorerChecked)), 0)


# --- what cannot be measured


def why_not(program: "Program") -> tuple[str, str]:
    """Return in one line what this run cannot measure and why, and what a person can do."""
    settings, folder = program.workspace.config.score, folder_in(program)
    unavailable = program.stage_work.scoring.unavailable
    absent = [one for one in needed_files(settings, folder) if one.state == "absent"]
    by_reason: dict[str, list[str]] = {}
    for metric, lack in unavailable.items():
        files = [one for one in absent if one.metric == metric]
        reason = "" if files and lack.code == "ScoringWeights" else lack.detail or lack.code
        by_reason.setdefault(reason, []).append(metric)
    said = []
    for reason, metrics in by_reason.items():
        names = [one.file for one in absent if one.metric in metrics]
        verb = "is" if len(names) == 1 else "are"
        lacking = f"{', '.join(names)} {verb} not in {folder}: photojournal models pull"
        said.append(f"{', '.join(metrics)} cannot be measured: {reason or lacking}")
    further = any(metric in settings.metrics for metric in unavailable)
    return "; ".join(said), _way_out(tuple(unavailable.values()), settings, further=further)


def reason_of(metrics: Sequence[str], reason: str) -> str:
    """Return metrics with the reason that they cannot be measured; none is named twice."""
    named = len(metrics) == 1 and reason.startswith(metrics[0])
    return reason if named else f"{', '.join(metrics)}: {reason}"


COPY_IT = "copy the file there (docs/models.md), then photojournal run"
"""What helps where weights lack that `models pull` cannot fetch."""


def _way_out(lacks: Sequence[MissingScore], settings: Settings, *, further: bool) -> str:
    codes = {lack.code for lack in lacks}
    files = [lack.metric for lack in lacks if lack.code == "ScoringWeights"]
    if any(map(weights.of_metric, files)):
        hint = "photojournal models pull (without a network: docs/models.md), then photojournal run"
    elif files:
        hint = COPY_IT
    elif neural.misnamed(settings.metrics):
        return "mend [score] metrics in photojournal.toml: docs/metrics.md"
    elif "ScoringDependency" in codes:
        hint = "mend that, then photojournal doctor"
    else:
        hint = "close other programs, then photojournal run"
    if further:
        return f"{hint}; or leave it out of [score] metrics"
    without = settings.profile == "full"
    return f'{hint}; or do without: [score] profile = "embedded"' if without else hint
