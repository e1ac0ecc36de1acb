"""
The process with the neural models: what is loaded, what cannot be measured, whose fault a death is.

What dies with a batch is tried photo by photo, so that the culprit is known. What cannot be loaded,
or fails on each of the first photos of a run, is no photo's fault: those metrics are missing for
every row of the run, and everything else is measured all the same.
"""

import contextlib
import math
import platform
import queue
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters import neural
from adapters.errors import AdapterError
from adapters.neural import Batch, Equipment, Inferred, InputPicture, Loaded, PhotoInputs
from adapters.neural import PhotoScores as Scores
from adapters.workers import WorkerFailure, WorkerResult, Workers
from driver.sections import Score as Settings
from driver.worker_failures import code_of, last_line, no_memory
from machine.failures import FAILURES
from machine.run_events import ScorerChecked
from machine.values import Embedding, MissingScore

LOAD_DEADLINE_S = 600.0
"""How long libraries and weights may take to load, cold disk included."""
FIRST_BATCH = 4
PHOTOS_THAT_TELL = 3
"""A metric that failed on so many photos, and was measured of none, fails by itself."""
STOPPED = WorkerFailure(kind="stopped", detail="the program is stopping")
_NOTHING = Scores()


class Subject(Struct, frozen=True, kw_only=True):
    """A photo for the models."""

    photo: int
    """Tells photos apart."""
    pictures: dict[str, InputPicture]
    known: Embedding | None = None
    """Its embedding, if one was made before."""


class Found(Struct, kw_only=True):
    """What the models said about a photo."""

    photo: int
    scores: Scores = _NOTHING
    took_ms: int = 0
    exit_code: int | None = None
    """Of a process that died on this photo."""


def model_workers(*, deadline_s: float, crash_log: Path | None = None) -> Workers:
    """Return the process with the models; its first task starts it."""
    return Workers(
        1,
        deadline_s=deadline_s,
        crash_log=crash_log,
        tasks_per_process=0,
        functions=neural.FUNCTIONS,
    )


class ModelProcess:
    """
    The models of one program; used by one thread, but for `start`, `stop` and what is known.

    Attributes:
        unavailable: metrics that cannot be measured in this run, and why; replaced, never changed.
        loaded: what the process said it has; None: nothing is loaded yet.
        workers: the process; None: it was not to be started yet.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Sequence[str],
        folder: Path,
        *,
        crash_log: Path | None = None,
        stored: Callable[[str], bytes],
    ) -> None:
        """
        Look what could be measured; nothing is started yet.

        Args:
            settings: the section `[score]`.
            metrics: those that need a model.
            folder: of the weights.
            crash_log: where crashes leave their tracebacks.
            stored: returns kept bytes by their SHA-256, or raises AdapterError.
        """
        self.metrics = tuple(metrics)
        self.unavailable = neural.unavailable(metrics, folder)
        self.loaded: Loaded | None = None
        self._settings = settings
        self._crash_log = crash_log
        self._stored = stored
        self._equipment = msgspec.json.encode(
            Equipment(metrics=self.measurable(), folder=str(folder), device=settings.device)
        )
        self.workers: Workers | None = None
        self._fresh = False
        """The process was loaded and has not died since."""
        self._stopping = False
        self._proven: set[str] = set()
        """Metrics that were measured of some photo."""
        self._good: Subject | None = None
        """The newest photo of which everything was measured."""
        self._suspects: dict[str, list[Found]] = {}
        """The photos that a metric failed on which was measured of none, by metric."""
        self._failed_before: set[tuple[int, str]] = set()
        """Photos and the metrics that failed on them in this run."""
        self._notes: queue.SimpleQueue[ScorerChecked] = queue.SimpleQueue()

    @property
    def batch(self) -> int:
        """Photos that are best measured at once."""
        return self.loaded.batch if self.loaded else FIRST_BATCH

    def measurable(self) -> tuple[str, ...]:
        """Return the metrics that can be measured, as far as is known."""
        return tuple(metric for metric in self.metrics if metric not in self.unavailable)

    def notes(self) -> list[ScorerChecked]:
        """Return what was found since the last time, to be appended."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._notes.get_nowait())
        return found

    def start(self) -> None:
        """Prepare to start the process; its first task starts it."""
        self.workers = model_workers(
            deadline_s=self._settings.deadline_s, crash_log=self._crash_log
        )

    def stop(self) -> None:
        """End the process at once; what it was asked is answered `stopped`."""
        self._stopping = True
        if self.workers is not None:
            self.workers.kill()
            self.workers.close()

    # --- loading

    def load(self) -> None:
        """Load libraries and weights; what fails here is no photo's fault."""
        answer = self._ask("load", b"", LOAD_DEADLINE_S)
        if isinstance(answer, WorkerFailure):
            if answer.kind != "stopped":
                self._cannot(answer)
            return
        before, self.loaded = self.loaded, msgspec.json.decode(answer.data, type=Loaded)
        self._fresh = True
        lacking = {lack.metric: lack for lack in self.loaded.missing}
        more = lacking.keys() - self.unavailable.keys()
        self.unavailable = {**self.unavailable, **lacking}
        if before is None or more:
            self.note(answer.duration_ms)

    def note(self, load_ms: int = 0) -> None:
        """Say with what the models run, and what cannot be measured in this run."""
        loaded = self.loaded
        versions = dict(loaded.versions) if loaded else {}
        version = versions.pop("python", platform.python_version())
        note = ScorerChecked(
            profile=self._settings.profile,
            device=loaded.device if loaded else "",
            python=f"{version} ({sys.executable})",
            versions=versions,
            threads=loaded.threads if loaded else 0,
            batch=loaded.batch if loaded else 0,
            load_ms=load_ms,
            weights={one.metric: one.weights_sha256 for one in loaded.ready} if loaded else {},
            missing=tuple(self.unavailable.values()),
            warnings=loaded.notes if loaded else (),
        )
        self._notes.put(note)

    def _cannot(self, answer: WorkerFailure, what: str = "the models could not be loaded") -> None:
        """Nothing that needs a model can be measured in this run."""
        said = last_line(self._crash_log, "score, loading the models", answer)
        code = "OutOfMemory" if no_memory(answer) else "ScoringDependency"
        detail = f"{what}: {said}"
        lacking = {
            metric: MissingScore(metric=metric, code=code, detail=detail)
            for metric in self.measurable()
        }
        self.unavailable = {**self.unavailable, **lacking}
        self.note(answer.duration_ms)

    # --- measuring

    def measure(self, subjects: Sequence[Subject]) -> list[Found | WorkerFailure]:
        """
        Measure photos at once; after a death or a bug one by one.

        Returns:
            What was found of each; a `WorkerFailure`: `host` or `stopped`, nothing was tried.
        """
        if not self._fresh and self.measurable():
            self.load()
        metrics = self.measurable()
        if not metrics:
            return [Found(photo=one.photo) for one in subjects]
        answer = self._infer(subjects, metrics)
        if isinstance(answer, WorkerResult):
            scores = msgspec.msgpack.decode(answer.data, type=Inferred).photos
            self._remember(subjects, scores, metrics)
            took_ms = answer.duration_ms // len(subjects)
            return [
                self._judged(Found(photo=subject.photo, scores=one, took_ms=took_ms))
                for one, subject in zip(scores, subjects, strict=True)
            ]
        if answer.kind in ("stopped", "host"):
            return [answer for _ in subjects]
        self._fresh = answer.kind in ("refused", "bug")
        if len(subjects) == 1:
            photo = subjects[0].photo
            if self._good is not None and not self._still_works(self._good, metrics):
                self._cannot(answer, "the models fail on a photo that they have measured before")
            if not self.measurable():
                return [Found(photo=photo)]
            return [self._judged(self._failed(photo, answer, metrics))]
        return [one for subject in subjects for one in self.measure([subject])]

    def _remember(
        self, subjects: Sequence[Subject], found: Sequence[Scores], metrics: Sequence[str]
    ) -> None:
        """Keep a photo of which everything was measured: it tells later whether models are well."""
        for subject, one in zip(subjects, found, strict=True):
            if len(one.scores) == len(metrics):
                self._good = Subject(photo=subject.photo, pictures=subject.pictures)

    def _still_works(self, good: Subject, metrics: Sequence[str]) -> bool:
        """Measure a photo again that was measured: the new photo's fault, or the models'?"""
        if not self._fresh:
            self.load()
        if not self._fresh:
            return True  # it did not load, and has said so
        answer = self._infer([good], metrics)
        if isinstance(answer, WorkerResult):
            (found,) = msgspec.msgpack.decode(answer.data, type=Inferred).photos
            return bool(found.scores)
        self._fresh = answer.kind in ("refused", "bug")
        return answer.kind in ("stopped", "host")

    def _infer(self, subjects: Sequence[Subject], metrics: Sequence[str]) -> "Answer":
        photos = tuple(
            PhotoInputs(
                pictures=one.pictures, metrics=tuple(metrics), embedding=self._vector_of(one)
            )
            for one in subjects
        )
        limit_s = self._settings.deadline_s * math.ceil(len(subjects) / FIRST_BATCH)
        return self._ask("infer", msgspec.msgpack.encode(Batch(photos=photos)), limit_s)

    def _ask(self, task: str, photo: bytes, limit_s: float | None = None) -> "Answer":
        assert self.workers is not None
        try:
            asked = self.workers.submit(task, photo, self._equipment, deadline_s=limit_s)
            return asked.result()
        except (CancelledError, RuntimeError) as error:
            if self._stopping:
                return STOPPED
            return WorkerFailure(kind="host", code="OutOfMemory", detail=str(error))

    def _vector_of(self, subject: Subject) -> bytes:
        """Return the kept embedding of a photo, where today's CLIP made it."""
        known = subject.known
        if known is None or self.loaded is None:
            return b""
        if not known.weights_sha256 or known.weights_sha256 != self.loaded.clip_sha256:
            return b""
        with contextlib.suppress(AdapterError):
            return self._stored(known.sha256)
        return b""

    def _failed(self, photo: int, answer: WorkerFailure, metrics: Sequence[str]) -> Found:
        """Return what a photo lacks that the process failed on, alone."""
        code = code_of("score", answer)
        detail = last_line(self._crash_log, "score, in the process with the models", answer)
        missing = tuple(MissingScore(metric=one, code=code, detail=detail) for one in metrics)
        return Found(photo=photo, scores=Scores(missing=missing), exit_code=answer.exit_code)

    def undecided(self, found: "Found | WorkerFailure") -> bool:
        """Tell whether it is not known yet if a failure is this photo's."""
        return any(found is one for suspects in self._suspects.values() for one in suspects)

    def _judged(self, found: Found) -> Found:
        """
        Blame no photo for a metric that fails on the first ones, one after the other.

        That a photo fails again proves nothing new.
        """
        for score in found.scores.scores:
            self._proven.add(score.metric)
            self._suspects.pop(score.metric, None)
        for lack in found.scores.missing:
            first = (found.photo, lack.metric) not in self._failed_before
            self._failed_before.add((found.photo, lack.metric))
            proven = lack.metric in self._proven or lack.metric in self.unavailable
            if first and not proven:
                self._suspects.setdefault(lack.metric, []).append(found)
        given_up = [one for one, few in self._suspects.items() if len(few) >= PHOTOS_THAT_TELL]
        for metric in given_up:
            self._give_up(metric, self._suspects.pop(metric))
        if given_up:
            self.note()
        return found

    def _give_up(self, metric: str, suspects: Sequence[Found]) -> None:
        """A metric that failed on each of these photos is missing for all of them."""
        lacks = [lack for one in suspects for lack in one.scores.missing if lack.metric == metric]
        self.unavailable = {**self.unavailable, metric: _of_all(lacks)}
        for one in suspects:
            left = tuple(lack for lack in one.scores.missing if lack.metric != metric)
            one.scores = replace(one.scores, missing=left)
            one.exit_code = one.exit_code if left else None


Answer = WorkerResult | WorkerFailure


def _of_all(lacks: Sequence[MissingScore]) -> MissingScore:
    """Return why a metric is given up that failed on every photo."""
    last = lacks[-1]
    known = FAILURES.get(last.code)
    if known and known.policy == "nobody":
        return last
    code = "OutOfMemory" if last.code == "ScoringOutOfMemory" else "ScoringDependency"
    detail = f"failed on each of {len(lacks)} photos, the last time: {last.detail or last.code}"
    return MissingScore(metric=last.metric, code=code, detail=detail)
