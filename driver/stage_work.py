"""
What each stage does: its recipe, its limits, how an attempt begins and what its answer means.

A recipe is the part of the configuration that shapes an outcome; another recipe makes a row due
again. Nothing here appends.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from adapters import captioner
from adapters.captions import PROMPT_VERSION
from adapters.objects import Objects
from adapters.weights import folder_of
from adapters.workers import WorkerFailure, WorkerResult, Workers
from driver import clock
from driver.captioned import Captioned, Job, NotCaptioned, Past, feedback_of
from driver.errors import Misused
from driver.originals import read_original
from driver.renditions import Darkroom
from driver.scoring import Measurements, Scoring
from driver.sections import Prefill, StageLimits
from driver.worker_failures import last_line
from driver.workspace import Workspace
from machine.completeness import told
from machine.decide_stage import cause_of
from machine.digests import digest_of
from machine.intents import Intent, RecordPrefilled, RecordResized, RecordScored
from machine.row import Ledger, Row, attempts_of, input_digest
from machine.values import MissingScore, Stage
from machine.wording import RULES_VERSION, about, pack_of

if TYPE_CHECKING:
    from driver.captioning import Captioning

Answer = WorkerResult | WorkerFailure | Captioned | NotCaptioned | Measurements


class Task(Struct, frozen=True):
    """One attempt that was claimed."""

    number: int
    stage: Stage
    attempt: int
    input_digest: str
    cause: int
    """Position of its AttemptStarted."""
    started: float
    """Monotonic seconds."""
    alone: bool


class Approach(Struct, frozen=True, kw_only=True):
    """How an attempt is made."""

    budget: int
    """Charged attempts that one input has in all."""
    model: str = ""
    """The model that is asked; empty: none is."""
    fallback_for: str = ""
    feedback: str = ""
    """Why the last answer was refused, for the model."""
    backoffs: int = 0
    """Charged attempts of this model so far: each makes the next pause longer."""


_RECIPE_VERSION = 1
"""Raised when the same settings give another outcome; part of every recipe's digest."""


class StageWork:
    """The devices of the three stages."""

    def __init__(
        self,
        workspace: Workspace,
        objects: Objects,
        workers: Workers,
        past: Callable[[], Iterable[Past]] = tuple,
    ) -> None:
        """
        Work out today's recipes; nothing is started yet.

        Args:
            workspace: where, and how it is set.
            objects: where made files are kept.
            workers: processes that decode and measure.
            past: asked for the newest texts that models wrote.

        Settings of the darkroom that cannot be carried out stop resizing alone (`no_darkroom`).
        """
        config = workspace.config
        self.workspace = workspace
        self.objects = objects
        self.workers = workers
        self._past = past
        self.asking: Captioning | None = None
        """The captioner that asks a model, once it is needed."""
        self.scoring = Scoring(
            config.score,
            workers,
            folder_of(config.score.weights, workspace.root),
            crash_log=workspace.data / "crash_runtime.log",
            stored=objects.get,
        )
        self.recipes: dict[Stage, str] = {
            "prefill": _recipe("prefill", *_captioner(config.prefill)),
            "score": _recipe("score", config.score.profile, *sorted(set(config.score.metrics))),
        }
        self._darkroom: Darkroom | None = None
        self.no_darkroom: Misused | None = None
        """Why no renditions can be made; None: they can."""
        try:
            self._darkroom = Darkroom(workspace, objects, workers)
            self.recipes["resize"] = self._darkroom.recipe.digest
        except Misused as error:
            self.no_darkroom = error

    @property
    def darkroom(self) -> Darkroom:
        """What makes the renditions. Raises Misused where the settings ask for what cannot be."""
        if self._darkroom is None:
            assert self.no_darkroom is not None
            raise self.no_darkroom
        return self._darkroom

    def check(self, stages: Sequence[Stage]) -> None:
        """
        See whether what is asked for can be done with these settings.

        Raises:
            Misused: pictures alone are asked for, and none can be made; beside other stages, that
                only pauses resizing.
        """
        if self.no_darkroom and tuple(stages) == ("resize",):
            raise self.no_darkroom

    def limits(self, stage: Stage) -> StageLimits:
        """Return tries, deadline and backoff of a stage."""
        limits: StageLimits = getattr(self.workspace.config, stage)
        return limits

    def marker(self, stage: Stage) -> str:
        """Return what the stage's device says about itself when the stage starts."""
        config = self.workspace.config
        if stage == "prefill":
            language = config.prefill.language
            rules = pack_of(language) or "neutral"
            model = f" model={config.prefill.model} rules={rules}" if self.asks_a_model() else ""
            return f"captioner={config.prefill.captioner} language={language}{model}"
        if stage == "score":
            more = f" metrics={','.join(config.score.metrics)}" if config.score.metrics else ""
            return f"profile={config.score.profile}{more} workers={self.workers.count}"
        made = self._darkroom.marker() if self._darkroom else "darkroom=none"
        return f"{made} workers={self.workers.count}"

    # --- the model

    def asks_a_model(self) -> bool:
        """Tell whether texts are written by a model."""
        return self.workspace.config.prefill.captioner == "ollama"

    def asks(self, row: Row, stage: Stage) -> bool:
        """Tell whether a model is asked: not about a text that a person wrote into the file."""
        if stage != "prefill" or not self.asks_a_model():
            return False
        named = attempts_of(row, stage).model
        return bool(named) or not captioner.person_wrote(row.decided.photo.embedded)

    @property
    def captioning(self) -> "Captioning":
        """The captioner that asks a model. Raises AdapterError where its address is none."""
        if self.asking is None:
            from driver.captioning import Captioning

            settings = self.workspace.config.prefill
            self.asking = Captioning(settings, self.workers, self._past())
        return self.asking

    def close(self) -> None:
        """Break off what a model is asked, and end the process with the neural models."""
        if self.asking is not None:
            self.asking.close()
        self.scoring.close()

    def window(self, *, asks: bool) -> int:
        """Return how many rows may be in flight: those that ask a model, or all the others."""
        if asks:
            return self.captioning.window
        return self.workers.count + 1 + self.scoring.queued

    def approach(self, row: Row, stage: Stage) -> Approach:
        """Return how the next attempt is made, given the row's attempts so far."""
        if not self.asks(row, stage):
            return Approach(budget=self.limits(stage).attempts)
        asked = self.captioning
        return approach(row, asked.models, self.limits(stage).attempts, asked.first)

    # --- an attempt

    def begin(self, row: Row, stage: Stage, how: Approach) -> Future[Any]:
        """
        Begin an attempt.

        Raises:
            AdapterError: the original cannot be read, or is not what it was.
        """
        if stage == "prefill" and not how.model:
            return self._prefill(row)
        if stage == "resize":
            return self.darkroom.begin(row, lambda: self.original(row))
        photo = self.original(row)
        if how.model:
            return self.captioning.begin(self._job(row, photo, how))
        return self.scoring.begin(photo, row.decided.score.embedding)

    def _job(self, row: Row, photo: bytes, how: Approach) -> Job:
        settings = self.workspace.config.prefill
        known = about(row, language=settings.language, limits=settings.text_limits())
        return Job(
            row=row.happened.row,
            attempt=attempts_of(row, "prefill").count,
            photo=photo,
            labels=row.decided.labels,
            about=known,
            model=how.model,
            feedback=how.feedback,
        )

    def original(self, row: Row) -> bytes:
        """
        Return the row's own bytes, by hash, from where they lie or from our copy.

        Where a whole folder is gone, a drive was unplugged: that is no row's fault.
        """
        return read_original(self.workspace, self.objects, row)

    def _prefill(self, row: Row) -> Future[Any]:
        """Ask the metadata captioner; it only arranges words and needs no process of its own."""
        future: Future[WorkerResult] = Future()
        caption = captioner.caption(
            row.decided.labels,
            row.decided.photo.metadata,
            row.decided.photo.embedded,
            language=self.workspace.config.prefill.language,
        )
        future.set_result(WorkerResult(data=msgspec.json.encode(caption), duration_ms=0))
        return future

    def lacked(self, row: Row) -> tuple[MissingScore, ...]:
        """Return what the newest attempt at scoring could not measure, if nothing has changed."""
        newest = row.happened.score
        same = newest.recipe_digest == self.recipes["score"]
        if not same or newest.digest != input_digest(row, "score"):
            return ()
        return newest.lacking

    def still_lacking(self, row: Row) -> tuple[str, str] | None:
        """Return code and detail if scoring the row would end as it did; None: it may not."""
        unavailable = self.scoring.unavailable
        lacked = [one.metric for one in self.lacked(row)]
        reasons = [unavailable[metric] for metric in lacked if metric in unavailable]
        if not lacked or len(reasons) < len(lacked):
            return None
        return cause_of(reasons), told(lacked, reasons)

    def detail_of(self, task: Task, answer: WorkerFailure, run: str) -> str:
        """Return what to say about a worker that failed; a traceback goes to the crash file."""
        about = f"{task.stage} id={task.number} attempt={task.attempt} run={run}"
        return last_line(self.workspace.data / "crash_runtime.log", about, answer)

    def outcome(self, task: Task, answer: WorkerResult | Captioned | Measurements) -> Intent:
        """
        Return what is to be recorded; pictures and replies are stored before they are named.

        Raises:
            AdapterError: they cannot be written.
        """
        if isinstance(answer, Captioned):
            return self._captioned(task, answer)
        if isinstance(answer, Measurements):
            return self._scored(task, answer)
        if task.stage == "prefill":
            return self._prefilled(task, answer)
        return self._resized(task, answer)

    def _prefilled(self, task: Task, answer: WorkerResult) -> RecordPrefilled:
        caption = msgspec.json.decode(answer.data, type=captioner.Caption)
        return RecordPrefilled(
            attempt=task.attempt,
            input_digest=task.input_digest,
            recipe_digest=self.recipes["prefill"],
            text=caption.text,
            author=caption.author,
            grounded=caption.grounded,
            duration_ms=answer.duration_ms,
            limits=self.workspace.config.prefill.text_limits(),
        )

    def _captioned(self, task: Task, answer: Captioned) -> RecordPrefilled:
        self.keep(answer.raw)
        return RecordPrefilled(
            attempt=task.attempt,
            input_digest=task.input_digest,
            recipe_digest=self.recipes["prefill"],
            text=answer.text,
            author=answer.author,
            grounded=True,
            duration_ms=answer.call.total_ms or 0,
            call=answer.call,
            cleaned=answer.cleaned,
            changes=answer.changes,
            limits=self.workspace.config.prefill.text_limits(),
        )

    def keep(self, raw: bytes) -> None:
        """Keep what a model answered. Raises AdapterError."""
        if raw:
            self.objects.put(raw)

    def _scored(self, task: Task, answer: Measurements) -> RecordScored:
        self.keep(answer.vector)
        settings = self.workspace.config.score
        return RecordScored(
            attempt=task.attempt,
            input_digest=task.input_digest,
            recipe_digest=self.recipes["score"],
            profile=settings.profile,
            scores=answer.scores,
            missing=answer.missing,
            extra=settings.metrics,
            embedding=answer.embedding,
            exit_code=answer.exit_code,
            budget=settings.attempts,
            retry_at=clock.after(settings.backoff_s),
            duration_ms=answer.duration_ms,
        )

    def _resized(self, task: Task, answer: WorkerResult) -> RecordResized:
        return RecordResized(
            attempt=task.attempt,
            input_digest=task.input_digest,
            recipe_digest=self.recipes["resize"],
            renditions=self.darkroom.take_in(answer.data),
            duration_ms=answer.duration_ms,
        )


def approach(row: Row, models: Sequence[str], tries: int, first: int = 0) -> Approach:
    """
    Return how a model is asked next about a row.

    Each model has `tries` charged attempts on one input; then the next one has its turn. Those
    before `first` are not asked any more. A model that a person named for the row stands in for
    all of them. What an answer was refused for is told to the model that gave it.
    """
    attempts = attempts_of(row, "prefill")
    spent = attempts.ledger.get(input_digest(row, "prefill"), Ledger()).charged
    turn = min(max(spent // tries, first), len(models) - 1)
    return Approach(
        budget=tries * len(models),
        model=attempts.model or models[turn],
        fallback_for=models[0] if turn and not attempts.model else "",
        feedback=feedback_of(attempts.failed, attempts.detail) if spent % tries else "",
        backoffs=spent % tries,
    )


def _captioner(prefill: Prefill) -> tuple[str, ...]:
    """Return what shapes the texts of a captioner: not the limits of time, not the fallbacks."""
    if prefill.captioner == "metadata":
        return prefill.captioner, prefill.language
    settings = (prefill.num_ctx, prefill.num_predict, prefill.long_side_px, prefill.text_limits())
    digest = digest_of((settings, sorted(prefill.protected_words)))
    version = f"prompt {PROMPT_VERSION}, rules {RULES_VERSION}"
    return prefill.captioner, prefill.language, prefill.model, version, digest


def _recipe(*settings: str) -> str:
    """Return the digest of what shapes the outcome of a stage."""
    return digest_of((_RECIPE_VERSION, *settings))
