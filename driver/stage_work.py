"""
What each stage does: its recipe, its limits, how an attempt begins and what its answer means.

A recipe is the part of the configuration that shapes an outcome; another recipe makes a row due
again. Nothing here appends.
"""

import contextlib
from concurrent.futures import Future
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from adapters import captioner
from adapters.errors import AdapterError
from adapters.files import read_verified
from adapters.objects import Objects
from adapters.tasks import Measured, Rendered
from adapters.workers import Answer, WorkerFailure, WorkerResult, Workers
from driver import clock
from driver.sections import Config, StageLimits, box
from driver.workspace import Workspace
from journal.crashpoints import point
from machine.digests import digest_of
from machine.intents import Intent, RecordPrefilled, RecordResized, RecordScored
from machine.row import Row
from machine.values import Stage


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


RENDITIONS = ("web", "thumb")
_RECIPE_VERSION = 1
"""Raised when the same settings give another outcome; part of every recipe's digest."""

_CODES: dict[Stage, dict[str, str]] = {
    "prefill": {"timeout": "PrefillTimeout", "died": "PrefillNativeCrash"},
    "score": {"timeout": "ScoringTimeout", "died": "ScoringNativeCrash"},
    "resize": {"timeout": "ResizeTimeout", "died": "ResizeNativeCrash"},
}
_OTHER: dict[Stage, str] = {
    "prefill": "PrefillFailed",
    "score": "ScoringFailed",
    "resize": "ResizeFailed",
}


def _size(config: Config, name: str) -> dict[str, str | int]:
    width, height = box(getattr(config.resize, name))
    return {"name": name, "width_px": width, "height_px": height, "quality": config.resize.quality}


class StageWork:
    """The embedded devices of the three stages."""

    def __init__(self, workspace: Workspace, objects: Objects, workers: Workers) -> None:
        """Work out today's recipes."""
        config = workspace.config
        self.workspace = workspace
        self.objects = objects
        self.workers = workers
        self.in_flight = workers.count + 1
        self._resize = msgspec.json.encode({"sizes": [_size(config, one) for one in RENDITIONS]})
        self.recipes: dict[Stage, str] = {
            "prefill": _recipe("prefill", config.prefill.captioner, config.prefill.language),
            "score": _recipe("score", config.score.profile),
            "resize": _recipe("resize", self._resize.decode()),
        }

    def limits(self, stage: Stage) -> StageLimits:
        """Return tries, deadline and backoff of a stage."""
        limits: StageLimits = getattr(self.workspace.config, stage)
        return limits

    def marker(self, stage: Stage) -> str:
        """Return what the stage's device says about itself when the stage starts."""
        config = self.workspace.config
        if stage == "prefill":
            return f"captioner={config.prefill.captioner} language={config.prefill.language}"
        if stage == "score":
            return f"profile={config.score.profile} device=cpu workers={self.workers.count}"
        return f"web={config.resize.web} thumb={config.resize.thumb} workers={self.workers.count}"

    def begin(self, row: Row, stage: Stage) -> "Future[Answer]":
        """
        Begin an attempt.

        Raises:
            AdapterError: the original cannot be read, or is not what it was.
        """
        if stage == "prefill":
            return self._prefill(row)
        photo = self._original(row)
        argument = self._resize if stage == "resize" else self._profile.encode()
        deadline_s = self.limits(stage).deadline_s
        return self.workers.submit(stage, photo, argument, deadline_s=deadline_s)

    @property
    def _profile(self) -> str:
        return self.workspace.config.score.profile

    def _original(self, row: Row) -> bytes:
        """
        Return the row's own bytes, by hash, from where they lie or from our copy.

        Where a whole folder is gone, a drive was unplugged: that is no row's fault.
        """
        happened = row.happened
        if happened.source.copied and self.objects.exists(happened.sha256):
            return self.objects.get(happened.sha256)
        path = self.workspace.path_of(happened.source)
        try:
            return read_verified(path, happened.sha256)
        except AdapterError as error:
            if error.code != "OriginalMissing" or path.parent.is_dir():
                raise
            folder = PurePosixPath(happened.source.path).parent.name or path.parent.name
            raise AdapterError("OriginalsAway", folder) from error

    def _prefill(self, row: Row) -> "Future[Answer]":
        """Ask the metadata captioner; it only arranges words and needs no process of its own."""
        future: Future[Answer] = Future()
        caption = captioner.caption(
            row.decided.labels,
            row.happened.metadata,
            row.happened.embedded,
            language=self.workspace.config.prefill.language,
        )
        future.set_result(WorkerResult(data=msgspec.json.encode(caption), duration_ms=0))
        return future

    def code_of(self, stage: Stage, kind: str) -> str:
        """Return the failure code of a worker that did not answer."""
        return _CODES[stage].get(kind, _OTHER[stage])

    def detail_of(self, task: Task, answer: WorkerFailure) -> str:
        """Return what to say about a worker that failed; a traceback goes to the crash file."""
        about = f"{task.stage} id={task.number} attempt={task.attempt}"
        return last_line(self.workspace, about, answer)

    def outcome(self, task: Task, answer: WorkerResult) -> Intent:
        """
        Return what is to be recorded; pictures are stored before they are named.

        Raises:
            AdapterError: the pictures cannot be written.
        """
        if task.stage == "prefill":
            return self._prefilled(task, answer)
        if task.stage == "score":
            return self._scored(task, answer)
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
        )

    def _scored(self, task: Task, answer: WorkerResult) -> RecordScored:
        measured = msgspec.json.decode(answer.data, type=Measured)
        return RecordScored(
            attempt=task.attempt,
            input_digest=task.input_digest,
            recipe_digest=self.recipes["score"],
            profile=self._profile,
            scores=measured.scores,
            missing=measured.missing,
            budget=self.limits("score").attempts,
            retry_at=clock.after(self.limits("score").backoff_s),
            duration_ms=answer.duration_ms,
        )

    def _resized(self, task: Task, answer: WorkerResult) -> RecordResized:
        rendered = msgspec.msgpack.decode(answer.data, type=Rendered)
        for picture in rendered.pictures:
            point("stage.resize.before_put")
            if self.objects.put(picture.data) != picture.rendition.sha256:
                raise AdapterError("ResizeFailed", "the picture changed on its way")
        point("stage.resize.after_put")
        return RecordResized(
            attempt=task.attempt,
            input_digest=task.input_digest,
            recipe_digest=self.recipes["resize"],
            renditions=tuple(picture.rendition for picture in rendered.pictures),
            duration_ms=answer.duration_ms,
        )


def last_line(workspace: Workspace, about: str, answer: WorkerFailure) -> str:
    """Return what to say about a worker that failed; a traceback goes to the crash file."""
    if answer.kind != "bug":
        return answer.detail
    where = workspace.data / "crash_runtime.log"
    with contextlib.suppress(OSError), where.open("a", encoding="utf-8") as log:
        log.write(f"--- {clock.now()} {about}\n{answer.detail}\n")
    return answer.detail.strip().rpartition("\n")[2]


def _recipe(*settings: str) -> str:
    """Return the digest of what shapes the outcome of a stage."""
    return digest_of((_RECIPE_VERSION, *settings))
