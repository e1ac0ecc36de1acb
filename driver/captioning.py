"""
Captions by a model, for one run: prepare the picture, ask, judge the answer, watch the service.

The work goes on in a thread of its own with an event loop; it appends nothing. What the journal has
to hold comes out as events (`notes`), what the stage has to know as a `Standing`. A service that is
away is waited for and charges nobody (`driver.model_service`); a model that fails on everything
pauses the stage before it has cost many rows a try (`driver.model_watch`).
"""

import asyncio
import threading
import time
import traceback
from collections.abc import Coroutine, Iterable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from adapters import captions
from adapters.errors import AdapterError
from adapters.ollama_service import CallFailed, Reply
from adapters.tasks import Preview
from adapters.workers import WorkerFailure, WorkerResult, Workers
from driver.asking import PREPARE_DEADLINE_S, judge, request
from driver.captioned import Answer, Captioned, Job, NotCaptioned, Past
from driver.model_service import ModelService, Standing
from driver.sections import Prefill
from machine.digests import digest_of
from machine.event_base import Event
from machine.failures import FAILURES
from machine.text import normalise
from machine.values import Author, Text

LOST_SERVICE_MAX = 1
"""So often the service may go away during a row before it counts as the row's doing."""

LOST_PHOTOS_MAX = 5
"""So many photos in a row, beside those under way at once, may lose the service; then it pauses."""

_DEATHS = frozenset({"PrefillDropped", "PrefillServerError"})
"""What all requests under way get when one of them kills the service: each is tried alone then."""

_OF_A_MODEL = frozenset({"PrefillModelMissing", "PrefillModelBlind", "PrefillDenied"})
"""Where a person named the model for one row, these are no reason to pause the stage."""

_CLOSE_S = 5.0


class Captioning:
    """The captioner of one run. `open` before the first `begin`, `close` at the end."""

    def __init__(self, settings: Prefill, workers: Workers, past: Iterable[Past]) -> None:
        """
        Keep the settings; nothing is asked yet.

        Args:
            settings: `[prefill]`.
            workers: prepare the pictures.
            past: the newest texts of the workspace: how long they took, and what they say.
        """
        self.settings = settings
        self._notes: SimpleQueue[Event] = SimpleQueue()
        self._said: dict[str, tuple[int, str]] = {}
        self._service = ModelService(settings, self._notes.put)
        for one in past:
            self._said[_key(one.text)] = one.row, one.call.picture_digest
            self._service.learn(one.call)
        self._workers = workers
        self._lost: dict[int, int] = {}
        self._lost_since: set[int] = set()
        """Rows at which the service went away since it last answered one."""
        self.suspects: set[int] = set()
        """Rows that were asked about when the service or its runner died: they are tried last."""
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None

    # --- from the stage's thread

    @property
    def models(self) -> tuple[str, ...]:
        """The models, in the order in which a photo is tried with them."""
        return self._service.models

    @property
    def bug(self) -> Exception | None:
        """An error of ours in the captioner's own thread."""
        return self._service.bug

    @property
    def first(self) -> int:
        """Index of the first model that is still asked in this run."""
        return self._service.first

    @property
    def standing(self) -> Standing:
        """Whether the model can be asked now."""
        return self._service.standing

    @property
    def window(self) -> int:
        """Rows that may be claimed at once: one more than are asked about, its picture prepared."""
        return self._service.in_flight + 1

    def open(self) -> None:
        """Begin to look at the service and the model; `standing` says what came of it."""
        if self._thread is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._run, name="captioning", daemon=True)
            self._thread.start()
            self._spawn(self._service.start())

    def begin(self, job: Job) -> "Future[Answer]":
        """Begin an attempt; the future raises nothing but `CancelledError`, at the end."""
        return self._spawn(self._attempt(job))

    def notes(self) -> list[Event]:
        """Return what is to be appended to the run, once."""
        found: list[Event] = []
        while True:
            try:
                found.append(self._notes.get_nowait())
            except Empty:
                return found

    def close(self) -> None:
        """Break off what goes on; the service stops working on it."""
        if self._thread is not None:
            self._spawn(self._end())
            self._thread.join(_CLOSE_S)

    # --- the loop's thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._service.client.close()
        self._loop.stop()

    # --- one attempt

    async def _attempt(self, job: Job) -> Answer:
        try:
            return await self._caption(job)
        except Exception:  # noqa: BLE001  (a bug costs the row a try, never the batch)
            return WorkerFailure(kind="bug", detail=traceback.format_exc())

    async def _caption(self, job: Job) -> Answer:
        prepared = await self._prepared(job)
        if not isinstance(prepared, bytes):
            return prepared
        async with self._service.place(alone=job.row in self.suspects):
            began = time.monotonic()
            try:
                reply = await self._ask(job, prepared)
            except CallFailed as failed:
                return await self._failed(job, failed, began)
        self._lost_since.clear()
        answer = self._judged(job, reply)
        await self._after(job, answer)
        return answer

    async def _prepared(self, job: Job) -> bytes | WorkerFailure:
        argument = msgspec.json.encode(Preview(long_side_px=self.settings.long_side_px))
        future = self._workers.submit("prepare", job.photo, argument, deadline_s=PREPARE_DEADLINE_S)
        answer = await asyncio.wrap_future(future)
        return answer.data if isinstance(answer, WorkerResult) else answer

    async def _ask(self, job: Job, picture: bytes) -> Reply:
        service = self._service
        digest = await service.digest_of(job.model)
        asked = request(
            self.settings,
            job.labels,
            picture,
            model=job.model,
            digest=digest,
            seed=job.attempt,
            limits=service.limits(digest),
            feedback=job.feedback,
        )
        return await service.client.ask(asked)

    def _judged(self, job: Job, reply: Reply) -> Captioned | NotCaptioned:
        """Return the text if it is one that this photo can have."""
        try:
            judged = judge(self.settings, job.about, reply.text)
        except AdapterError as error:
            return NotCaptioned(
                code=error.code, detail=error.detail, call=reply.call, raw=reply.raw
            )
        if judged.refused:
            code, detail = "PrefillRefused", judged.refused
        else:
            code, detail = self._echo(job, judged.text, reply.call.picture_digest)
        if code:
            return NotCaptioned(code=code, detail=detail, call=reply.call, raw=reply.raw)
        call = reply.call
        author = Author(
            kind="model",
            name=call.model,
            version=f"prompt {captions.PROMPT_VERSION}",
            model_digest=call.model_digest,
            prompt_digest=call.prompt_digest,
            reply_digest=call.reply_digest,
        )
        return Captioned(
            text=judged.written,
            cleaned=judged.text if judged.changes else None,
            changes=judged.changes,
            author=author,
            call=call,
            raw=reply.raw,
        )

    def _echo(self, job: Job, text: Text, picture_digest: str) -> tuple[str, str]:
        """Return what is wrong with a text that another photo has word for word."""
        row, digest = self._said.setdefault(_key(text), (job.row, picture_digest))
        if row == job.row or digest == picture_digest:
            return "", ""
        return "PrefillEcho", f"word for word that of row {row}"

    async def _failed(self, job: Job, failed: CallFailed, began: float) -> NotCaptioned:
        """Return what a failed call means for the row; see first whether the service is there."""
        service, code, detail = self._service, failed.code, failed.detail
        if code in _DEATHS:
            self.suspects.add(job.row)
        gone = await self._why_gone(began) if code == "PrefillDropped" else ""
        if gone:
            self._lost[job.row] = self._lost.get(job.row, 0) + 1
            self._lost_since.add(job.row)
            if self._lost[job.row] <= LOST_SERVICE_MAX:
                code, detail = "PrefillUnreachable", gone
        elif job.model not in service.models and code in _OF_A_MODEL:
            code, detail = "PrefillNamedModel", f"{job.model}: {FAILURES[code].meaning}"
        answer = NotCaptioned(code=code, detail=detail, call=failed.call, raw=failed.raw)
        if len(self._lost_since) >= LOST_PHOTOS_MAX + service.in_flight:
            lost = f"the service went away at each of the last {len(self._lost_since)} photos"
            service.pause("PrefillModelFailing", lost)
        elif gone or code == "PrefillUnreachable":
            service.away(gone or detail)
        elif FAILURES[code].policy == "nobody":
            service.pause(code, detail)
        else:
            await self._after(job, answer)
        return answer

    async def _why_gone(self, began: float) -> str:
        """
        Return why the service is gone; also if it is back, where another photo saw it go.

        `began`: when this photo's request did, by `time.monotonic()`; an outage since is its own.
        """
        gone, service = await self._service.is_there(), self._service
        if not gone and (service.standing.state != "open" or service.away_at >= began):
            return "it went away while several photos were asked about"
        return gone

    async def _after(self, job: Job, answer: Captioned | NotCaptioned) -> None:
        """Watch speed, processor and series of failures; pause where the model is at fault."""
        service, code = self._service, answer.code if isinstance(answer, NotCaptioned) else ""
        if isinstance(answer, Captioned):
            service.learn(answer.call)
        note = await service.watch.after(job.row, job.model, code, answer.call)
        if note is not None:
            self._notes.put(note)
            service.refresh(note)
            service.on_cpu(note)
        hopeless = service.watch.hopeless
        if hopeless and service.standing.state == "open" and not service.give_up(hopeless):
            service.pause("PrefillModelFailing", hopeless)


def _key(text: Text) -> str:
    """Return what two texts that say the same have in common."""
    words = (text.caption, text.alt_text, *text.keywords)
    return digest_of([normalise(one) for one in words])
