"""
Measuring photos: what a worker can do alone, then, several photos at once, what needs a model.

The models live in a process of their own (`driver.model_process`), which is loaded while the first
photos are decoded. A batch is what came while the one before was being measured.

A future's result is `Measurements` or a `WorkerFailure`; a bug of ours is raised by it. Nothing
here appends.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from adapters import neural
from adapters.neural import PhotoScores
from adapters.tasks import Measured, Measuring
from adapters.workers import WorkerFailure, WorkerResult, Workers
from driver.model_process import STOPPED, Found, ModelProcess, Subject
from driver.sections import Score as Settings
from machine.run_events import ScorerChecked
from machine.values import Embedding, MissingScore, Score

_LOOK_S = 0.05
"""How often it is looked whether another photo can still come."""


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

    photo: int
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
            crash_log: where crashes of the process with the models leave their tracebacks.
            stored: returns kept bytes by their SHA-256, or raises AdapterError.
        """
        self.settings = settings
        self.required = neural.required(settings.profile, settings.metrics)
        self.neural = neural.neural(self.required)
        self.models = ModelProcess(
            settings, self.neural, folder, crash_log=crash_log, stored=stored
        )
        self._workers = workers
        self._argument = msgspec.json.encode(
            Measuring(
                metrics=tuple(one for one in self.required if one not in self.neural),
                inputs=tuple(dict.fromkeys(map(neural.input_of, self.neural))),
            )
        )
        self._thread: threading.Thread | None = None
        self._known = threading.Event()
        self._lock = threading.Lock()
        """Over `_waiting` and `_end`."""
        self._waiting: queue.SimpleQueue[_Photo | None] = queue.SimpleQueue()
        self._end: WorkerFailure | Exception | None = None
        """What photos are answered once no model is asked any more."""
        self._measuring = 0
        """Photos in the batch that is being measured."""
        self._begun = 0
        """Photos without an answer."""
        self._held: list[tuple[_Photo, Found | WorkerFailure]] = []
        """What was found of photos, while it is not known whether they are to blame."""

    # --- for the stage

    def open(self) -> None:
        """Begin to load the models, if any can be measured; say what cannot be."""
        if not self.neural or self._thread is not None or self._known.is_set():
            return
        if not self.models.measurable():
            self._known.set()
            self.models.note()
            return
        self.models.start()
        self._thread = threading.Thread(target=self._serve, name="scoring", daemon=True)
        self._thread.start()

    def known(self, wait_s: float) -> bool:
        """Wait until it is known which metrics can be measured, but not for long; tell if it is."""
        return not self.neural or self._known.wait(wait_s)

    @property
    def loading(self) -> bool:
        """Tell whether the models are being loaded."""
        return self._thread is not None and not self._known.is_set()

    @property
    def unavailable(self) -> dict[str, MissingScore]:
        """Metrics that cannot be measured in this run, as far as is known, and why."""
        return self.models.unavailable

    def close(self) -> None:
        """End the process with the models; photos that wait for it are answered `stopped`."""
        if self._thread is None:
            return
        self._waiting.put(None)
        self.models.stop()
        self._thread.join()

    def notes(self) -> list[ScorerChecked]:
        """Return what was found since the last time, to be appended."""
        return self.models.notes()

    @property
    def queued(self) -> int:
        """Photos that are decoded and wait for the models: so many more may be begun."""
        return min(self._waiting.qsize() + self._measuring, 2 * self.models.batch)

    def begin(self, photo: bytes, known: Embedding | None) -> Future[Any]:
        """
        Begin to measure a photo.

        Args:
            photo: its bytes.
            known: its embedding, if one was made before.
        """
        self.open()
        future: Future[Any] = Future()
        with self._lock:
            self._begun += 1
        future.add_done_callback(self._answered)
        limit_s = self.settings.deadline_s
        decoding = self._workers.submit("score", photo, self._argument, deadline_s=limit_s)
        which = hash(photo)
        decoding.add_done_callback(lambda done: self._decoded(done, which, known, future))
        return future

    def _decoded(
        self, done: Future[Any], which: int, known: Embedding | None, future: Future[Any]
    ) -> None:
        try:
            answer = done.result()
            if not isinstance(answer, WorkerResult):
                future.set_result(answer)
                return
            photo = _Photo(
                photo=which,
                measured=msgspec.msgpack.decode(answer.data, type=Measured),
                duration_ms=answer.duration_ms,
                known=known,
                future=future,
            )
            if self.models.measurable():
                self._hand_over(photo)
            else:
                self._answer(photo, Found(photo=which))
        except CancelledError:
            future.set_result(STOPPED)
        except Exception as error:  # noqa: BLE001  (whoever waits for the future raises it)
            future.set_exception(error)

    def _hand_over(self, photo: _Photo) -> None:
        with self._lock:
            if self._end is None:
                self._waiting.put(photo)
                return
        _settle(photo.future, self._end)

    # --- with the models, in a thread of its own

    def _serve(self) -> None:
        photos: list[_Photo] = []
        end: WorkerFailure | Exception = STOPPED
        try:
            self.models.load()
            self._known.set()
            while photos := self._next():
                self._measuring = len(photos)
                subjects = [
                    Subject(photo=one.photo, pictures=one.measured.inputs, known=one.known)
                    for one in photos
                ]
                found = self.models.measure(subjects)
                self._held += zip(photos, found, strict=True)
                self._measuring = 0
                self._let_go()
        except Exception as error:  # noqa: BLE001  (whoever waits for a photo raises it)
            end = error
        self._known.set()
        with self._lock:
            self._end = end
        with contextlib.suppress(queue.Empty):
            while True:
                photos += filter(None, [self._waiting.get_nowait()])
        for photo in (*photos, *(photo for photo, _ in self._held)):
            _settle(photo.future, end)

    def _answered(self, _future: Future[Any]) -> None:
        with self._lock:
            self._begun -= 1

    def _let_go(self, *, all_of_them: bool = False) -> None:
        """Answer the photos of which it is known who is to blame."""
        held, self._held = self._held, []
        for photo, found in held:
            if all_of_them or not self.models.undecided(found):
                self._answer(photo, found)
            else:
                self._held.append((photo, found))

    def _first(self) -> _Photo | None:
        """Wait for a photo; where no other one can come, those that are held pay for themselves."""
        while self._held:
            with contextlib.suppress(queue.Empty):
                return self._waiting.get(timeout=_LOOK_S)
            if self._begun <= len(self._held):
                self._let_go(all_of_them=True)
        return self._waiting.get()

    def _next(self) -> list[_Photo]:
        """Wait for photos; return those that are there, a batch at most; none: it is the end."""
        first = self._first()
        photos = [first] if first else []
        with contextlib.suppress(queue.Empty):
            while photos and len(photos) < self.models.batch:
                more = self._waiting.get_nowait()
                if more is None:
                    self._waiting.put(None)
                    break
                photos.append(more)
        return photos

    def _answer(self, photo: _Photo, found: Found | WorkerFailure) -> None:
        if isinstance(found, WorkerFailure):
            photo.future.set_result(found)
            return
        answered = {one.metric for one in found.scores.scores}
        answered |= {one.metric for one in found.scores.missing}
        unavailable = self.models.unavailable
        missing = [lack for metric, lack in unavailable.items() if metric not in answered]
        embedding = self._embedding(found.scores)
        photo.future.set_result(
            Measurements(
                scores=photo.measured.scores + found.scores.scores,
                missing=(*photo.measured.missing, *found.scores.missing, *missing),
                vector=found.scores.embedding if embedding else b"",
                embedding=embedding,
                exit_code=found.exit_code,
                duration_ms=photo.duration_ms + found.took_ms,
            )
        )

    def _embedding(self, scores: PhotoScores) -> Embedding | None:
        vector, loaded = scores.embedding, self.models.loaded
        if not vector or loaded is None:
            return None
        made_by = {one.metric: one.implementation for one in loaded.ready}
        return Embedding(
            sha256=sha256(vector).hexdigest(),
            dimensions=len(vector) // 4,
            weights_sha256=loaded.clip_sha256,
            implementation=made_by.get(neural.CLIP, ""),
        )


def _settle(future: Future[Any], end: WorkerFailure | Exception) -> None:
    """Answer a photo that no model is asked about any more."""
    if future.done():
        return
    if isinstance(end, Exception):
        future.set_exception(end)
    else:
        future.set_result(end)
