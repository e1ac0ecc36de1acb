"""
Measuring photos: what a worker can do alone, then, several photos at once, what needs a model.

The models live in a process of their own, which is loaded while the first photos are decoded. A
batch is what came while the one before was being measured. What dies with a batch is tried photo by
photo, so that the culprit is known; what cannot even be loaded is no photo's fault: those metrics
are missing for every row of the run, and everything else is measured all the same.

A future's result is `Measurements` or a `WorkerFailure`. Nothing here appends.
"""

import contextlib
import platform
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from adapters import neural
from adapters.errors import AdapterError
from adapters.neural import Batch, Equipment, Inferred, Loaded, PhotoInputs, PhotoScores
from adapters.tasks import Measured, Measuring
from adapters.workers import WorkerFailure, WorkerResult, Workers
from driver.sections import Score as Settings
from machine.run_events import ScorerChecked
from machine.values import Embedding, MissingScore, Score

LOAD_DEADLINE_S = 600.0
"""How long libraries and weights may take to load, cold disk included."""
NO_MEMORY = (-9, 0xC0000017)
"""Exit codes of a process that got no memory: SIGKILL by the system, and Windows' own word."""
_FIRST_BATCH = 4


class Measurements(Struct, frozen=True, kw_only=True):
    """What was measured of one photo."""

    scores: tuple[Score, ...]
    missing: tuple[MissingScore, ...] = ()
    vector: bytes = b""
    """The CLIP embedding, to be kept as `embedding.sha256`."""
    embedding: Embedding | None = None
    exit_code: int | None = None
    """Of a process with models that died on this photo."""
    duration_ms: int = 0


class _Photo(Struct, kw_only=True):
    """A photo that waits for the models."""

    measured: Measured
    duration_ms: int
    known: Embedding | None
    future: Future[Any]


class Scoring:
    """The scorer of one program."""

    def __init__(
        self,
        settings: Settings,
        workers: Workers,
        folder: Path,
        *,
        crash_log: Path | None = None,
        stored: Callable[[str], bytes],
    ) -> None:
        """
        Look what could be measured; nothing is started yet.

        Args:
            settings: the section `[score]`.
            workers: decode, and measure what needs no model.
            folder: of the weights.
            crash_log: where a native crash of the process with the models leaves its traceback.
            stored: returns kept bytes by their SHA-256, or raises AdapterError.
        """
        self.settings = settings
        self.required = neural.required(settings.profile, settings.metrics)
        self.neural = neural.neural(self.required)
        self.unavailable = neural.unavailable(self.neural, folder)
        """Metrics that cannot be measured in this run, and why."""
        self.batch = _FIRST_BATCH
        self._workers = workers
        self._stored = stored
        self._crash_log = crash_log
        equipment = Equipment(metrics=self.neural, folder=str(folder), device=settings.device)
        self._equipment = msgspec.json.encode(equipment)
        self._argument = msgspec.json.encode(
            Measuring(
                metrics=tuple(one for one in self.required if one not in self.neural),
                inputs=tuple(dict.fromkeys(map(neural.input_of, self.neural))),
            )
        )
        self._waiting: queue.SimpleQueue[_Photo | None] = queue.SimpleQueue()
        self._measuring = 0
        """Photos in the batch that is being measured."""
        self._models: Workers | None = None
        self._thread: threading.Thread | None = None
        self._loaded: Loaded | None = None
        self._fresh = False
        """The process was loaded and has not died since."""
        self._notes: queue.SimpleQueue[ScorerChecked] = queue.SimpleQueue()

    # --- for the stage

    def open(self) -> None:
        """Begin to load the models, if any can be measured; say what cannot be."""
        if not self.neural or self._thread is not None:
            return
        if not self._measurable():
            self._note(None, 0)
            return
        self._models = Workers(
            1,
            deadline_s=self.settings.deadline_s,
            crash_log=self._crash_log,
            tasks_per_process=0,
            functions=neural.FUNCTIONS,
        )
        self._thread = threading.Thread(target=self._serve, name="scoring", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process with the models; photos that wait for it are answered `stopped`."""
        if self._thread is None or self._models is None:
            return
        self._waiting.put(None)
        self._models.kill()
        self._models.close()
        self._thread.join()
        self._thread = None

    def notes(self) -> list[ScorerChecked]:
        """Return what was found since the last time, to be appended."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._notes.get_nowait())
        return found

    @property
    def queued(self) -> int:
        """Photos that are decoded and wait for the models: so many more may be begun."""
        return min(self._waiting.qsize() + self._measuring, 2 * self.batch)

    def begin(self, photo: bytes, known: Embedding | None) -> Future[Any]:
        """
        Begin to measure a photo.

        Args:
            photo: its bytes.
            known: its embedding, if one was made before.
        """
        future: Future[Any] = Future()
        limit_s = self.settings.deadline_s
        decoding = self._workers.submit("score", photo, self._argument, deadline_s=limit_s)
        decoding.add_done_callback(lambda done: self._decoded(done, known, future))
        return future

    def _decoded(self, done: Future[Any], known: Embedding | None, future: Future[Any]) -> None:
        try:
            answer = done.result()
        except CancelledError:
            answer = WorkerFailure(kind="stopped", detail="the program is stopping")
        if not isinstance(answer, WorkerResult):
            future.set_result(answer)
            return
        photo = _Photo(
            measured=msgspec.msgpack.decode(answer.data, type=Measured),
            duration_ms=answer.duration_ms,
            known=known,
            future=future,
        )
        if self._measurable() and self._thread is not None:
            self._waiting.put(photo)
        else:
            self._answer(photo, PhotoScores())

    # --- with the models, in a thread of its own

    def _serve(self) -> None:
        self._load()
        while (photo := self._waiting.get()) is not None:
            photos = [photo]
            with contextlib.suppress(queue.Empty):
                while len(photos) < self.batch:
                    more = self._waiting.get_nowait()
                    if more is None:
                        self._waiting.put(None)
                        break
                    photos.append(more)
            self._measuring = len(photos)
            self._infer(photos)
            self._measuring = 0

    def _load(self) -> None:
        """Load libraries and weights; what fails here is no photo's fault."""
        assert self._models is not None
        answer = self._models.submit(
            "load", b"", self._equipment, deadline_s=LOAD_DEADLINE_S
        ).result()
        if isinstance(answer, WorkerFailure):
            if answer.kind != "stopped":
                self._cannot(answer)
                self._note(None, answer.duration_ms)
            return
        again, self._loaded = self._loaded, msgspec.json.decode(answer.data, type=Loaded)
        self.batch, self._fresh = self._loaded.batch, True
        self.unavailable.update({lack.metric: lack for lack in self._loaded.missing})
        if again is None:
            self._note(self._loaded, answer.duration_ms)

    def _cannot(self, answer: WorkerFailure) -> None:
        """Nothing that needs a model can be measured in this run."""
        last = answer.detail.strip().rpartition("\n")[2]
        if answer.exit_code in NO_MEMORY or answer.code == "OutOfMemory":
            code, detail = "OutOfMemory", f"the models could not be loaded: {last}"
        else:
            code = answer.code or "ScoringDependency"
            detail = f"the scoring libraries could not be loaded: {last}"
        for metric in self._measurable():
            self.unavailable[metric] = MissingScore(metric=metric, code=code, detail=detail)

    def _infer(self, photos: list[_Photo]) -> None:
        """Measure photos at once; after a death or a bug one by one."""
        assert self._models is not None
        if not self._fresh:
            self._load()
        if not self._measurable():
            for photo in photos:
                self._answer(photo, PhotoScores())
            return
        batch = Batch(photos=tuple(map(self._inputs, photos)))
        answer = self._models.submit(
            "infer", msgspec.msgpack.encode(batch), self._equipment
        ).result()
        if isinstance(answer, WorkerResult):
            found = msgspec.msgpack.decode(answer.data, type=Inferred).photos
            took_ms = answer.duration_ms // len(photos)
            for photo, scores in zip(photos, found, strict=True):
                self._answer(photo, scores, took_ms=took_ms)
            return
        if answer.kind in ("stopped", "host"):
            for photo in photos:
                photo.future.set_result(answer)
            return
        self._fresh = answer.kind in ("refused", "bug")
        if len(photos) > 1:
            for photo in photos:
                self._infer([photo])
            return
        self._answer(photos[0], self._failed(answer), exit_code=answer.exit_code)

    def _inputs(self, photo: _Photo) -> PhotoInputs:
        return PhotoInputs(
            pictures=photo.measured.inputs,
            metrics=self._measurable(),
            embedding=self._vector_of(photo.known),
        )

    def _vector_of(self, known: Embedding | None) -> bytes:
        """Return the kept embedding of a photo, where today's CLIP made it."""
        if known is None or self._loaded is None:
            return b""
        if not known.weights_sha256 or known.weights_sha256 != self._loaded.clip_sha256:
            return b""
        with contextlib.suppress(AdapterError):
            return self._stored(known.sha256)
        return b""

    def _failed(self, answer: WorkerFailure) -> PhotoScores:
        """Return what a photo lacks that the process with the models failed on, alone."""
        if answer.exit_code in NO_MEMORY or answer.code == "OutOfMemory":
            code = "ScoringOutOfMemory"
        else:
            code = {"timeout": "ScoringTimeout", "died": "ScoringNativeCrash"}.get(
                answer.kind, answer.code or "ScoringFailed"
            )
        detail = answer.detail.strip().rpartition("\n")[2]
        return PhotoScores(
            missing=tuple(
                MissingScore(metric=metric, code=code, detail=detail)
                for metric in self._measurable()
            )
        )

    def _answer(
        self,
        photo: _Photo,
        found: PhotoScores,
        *,
        took_ms: int = 0,
        exit_code: int | None = None,
    ) -> None:
        told = {lack.metric for lack in found.missing}
        missing = [lack for metric, lack in self.unavailable.items() if metric not in told]
        embedding = self._embedding(found.embedding)
        photo.future.set_result(
            Measurements(
                scores=photo.measured.scores + found.scores,
                missing=(*photo.measured.missing, *found.missing, *missing),
                vector=found.embedding if embedding else b"",
                embedding=embedding,
                exit_code=exit_code,
                duration_ms=photo.duration_ms + took_ms,
            )
        )

    def _embedding(self, vector: bytes) -> Embedding | None:
        if not vector or self._loaded is None:
            return None
        made_by = {one.metric: one.implementation for one in self._loaded.ready}
        return Embedding(
            sha256=sha256(vector).hexdigest(),
            dimensions=len(vector) // 4,
            weights_sha256=self._loaded.clip_sha256,
            implementation=made_by.get(neural.CLIP, ""),
        )

    # --- what is known

    def _measurable(self) -> tuple[str, ...]:
        return tuple(metric for metric in self.neural if metric not in self.unavailable)

    def _note(self, loaded: Loaded | None, load_ms: int) -> None:
        """Say with what the models run, and what cannot be measured in this run."""
        versions = dict(loaded.versions) if loaded else {}
        version = versions.pop("python", platform.python_version())
        note = ScorerChecked(
            profile=self.settings.profile,
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
