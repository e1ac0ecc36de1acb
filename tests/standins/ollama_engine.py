"""The models at work in a stand-in for Ollama: slots, loading, the script, what is remembered."""

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tests.standins.made_captions import Said
from tests.standins.ollama_answers import (
    BUSY,
    RUNNER_DIED,
    Last,
    Pace,
    Talk,
    said_part,
    seen_in,
)
from tests.standins.ollama_http import Connection, Incoming
from tests.standins.ollama_models import Model, Shelf, keep_seconds
from tests.standins.ollama_steps import (
    Body,
    Call,
    Refusal,
    Request,
    Script,
    Step,
    picture_size,
    sha256_key,
)

DEFAULT_MODEL = "qwen2.5vl:3b"
SMALLEST_SIDE = 32
ALL_OTHERS = "*"
WELL = Step()


class Engine:
    """Everything behind `/api/chat` and `/api/generate`; used from the server's own thread."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        models: Sequence[Model] = (Model(name=DEFAULT_MODEL),),
        first_s: float = 0.0,
        token_s: float = 0.0,
        load_s: float = 0.0,
        num_parallel: int = 1,
        max_queue: int = 512,
        cpu_factor: float = 4.0,
        told_first_s: float = 0.2,
        told_token_s: float = 0.01,
        key_of: Callable[[bytes], str] = sha256_key,
        keep_images: bool = True,
        on_end: Callable[[Call], None] | None = None,
    ) -> None:
        """
        Set everything up; all of it may be changed while the server runs.

        Args:
            script: What to do with requests.
            models: What is installed.
            first_s: Seconds to the first token.
            token_s: Seconds between tokens.
            load_s: Seconds to load a model.
            num_parallel: Requests that a model answers at a time; the others wait in a queue.
            max_queue: Waiting requests; one more is refused with 503.
            cpu_factor: How much slower the CPU is.
            told_first_s: What the counters tell at least as time to read the prompt.
            told_token_s: What the counters tell at least as time for a token.
            key_of: Makes the key of a picture.
            keep_images: Whether `calls` keeps the bytes of every picture.
            on_end: Told of every call that has ended, in the server's thread.
        """
        self.script = script
        self.keep_images, self.on_end = keep_images, on_end
        self.first_s, self.token_s, self.load_s = first_s, token_s, load_s
        self.told_first_s, self.told_token_s = told_first_s, told_token_s
        self.num_parallel, self.max_queue, self.cpu_factor = num_parallel, max_queue, cpu_factor
        self._key_of = key_of
        self._shelf = Shelf()
        for model in models:
            self._shelf.add(model)
        self._slow, self._share = 1.0, 1.0
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._asked = 0
        self._times: Counter[str] = Counter()
        self._said: list[tuple[str, Said]] = []
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._loading: dict[str, asyncio.Lock] = {}
        self._waiting = 0
        self._stopping = False

    def slowness(self) -> float:
        """Return by how much everything takes longer now."""
        return self._slow * (1 + (1 - self._share) * (self.cpu_factor - 1))

    async def generate(self, connection: Connection, incoming: Incoming) -> None:
        """Answer a request to a model, and note what became of it."""
        call = Call(endpoint=incoming.path, model="")
        with self._lock:
            self._calls.append(call)
        try:
            last = await self._understand(connection, incoming, call)
            if call.outcome != "broken":
                call.outcome = "answered"
        except Refusal as refusal:
            call.outcome = "refused"
            call.status = refusal.status
            raise
        except (asyncio.CancelledError, ConnectionError):
            call.outcome = "stopped" if self._stopping else "cancelled"
            raise
        finally:
            call.ended_at = time.monotonic()
            if call.request is not None and not self.keep_images:
                call.request = replace(call.request, image=None)
            if self.on_end is not None:
                self.on_end(call)
        await last()

    async def _understand(self, connection: Connection, incoming: Incoming, call: Call) -> Last:
        body = Body.of(incoming.path, incoming.body)
        call.model = body.model
        model = self._shelf.find(body.model)
        keep_alive = body.raw.get("keep_alive")
        options = body.raw.get("options") or {}
        if body.blank:
            return await self._load_or_unload(connection, call, model, options, keep_alive)
        if body.raw.get("think") and "thinking" not in model.capabilities:
            raise Refusal(400, f'"{body.model}" does not support thinking')
        keep_seconds(keep_alive)
        request = self._request(incoming.path, body)
        call.request = request
        async with self._slot(model):
            load_s = await self._loaded(model, options)
            call.started_at = time.monotonic()
            call.outcome = "running"
            try:
                return await self._speak(connection, call, request, model, load_s)
            finally:
                self._shelf.keep(model, keep_alive)

    def _request(self, endpoint: str, body: Body) -> Request:
        image = body.images[-1] if body.images else None
        key = self._key_of(image) if image is not None else ""
        self._asked += 1
        self._times[key] += 1
        return Request(
            endpoint=endpoint,
            model=body.model,
            prompt=body.prompt,
            image=image,
            key=key,
            size=picture_size(image) if image is not None else None,
            n=self._asked,
            nth=self._times[key],
            stream=body.raw.get("stream") is not False,
            think=body.raw.get("think"),
            format=body.raw.get("format"),
            options=body.raw.get("options") or {},
            keep_alive=body.raw.get("keep_alive"),
        )

    async def _load_or_unload(
        self,
        connection: Connection,
        call: Call,
        model: Model,
        options: dict[str, Any],
        keep_alive: float | str | None,
    ) -> Last:
        unload = keep_alive is not None and keep_seconds(keep_alive) == 0
        call.kind = "unload" if unload else "load"
        call.outcome = "running"
        call.started_at = time.monotonic()
        if not unload:
            await self._loaded(model, options)
        self._shelf.keep(model, keep_alive)
        call.done_reason, call.status = call.kind, 200
        said = said_part(call.endpoint, call.model)
        answer = {**said, "done": True, "done_reason": call.kind}
        return partial(connection.json, 200, answer)

    async def _loaded(self, model: Model, options: dict[str, Any]) -> float:
        """Load the model unless it is there as asked; return the seconds that it took."""
        async with self._loading.setdefault(model.name, asyncio.Lock()):
            if self._shelf.is_ready(model, options):
                return 0.0
            seconds = self.load_s * self.slowness()
            if seconds:
                await asyncio.sleep(seconds)
            self._shelf.load(model, options)
            return seconds

    @contextlib.asynccontextmanager
    async def _slot(self, model: Model) -> AsyncIterator[None]:
        """Wait in the queue for a slot of the model, without a byte."""
        slots = self._slots.setdefault(model.name, asyncio.Semaphore(self.num_parallel))
        if slots.locked() and self._waiting >= self.max_queue:
            raise Refusal(503, BUSY)
        self._waiting += 1
        try:
            await slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            slots.release()

    async def _speak(
        self, connection: Connection, call: Call, request: Request, model: Model, load_s: float
    ) -> Last:
        sees = "vision" in model.capabilities
        _check_format(request.format)
        if sees and request.image is not None:
            _check_picture(request)
        step = self._step(request)
        call.kind = step.kind
        said = self._echo(request) if step.kind == "echo" else None
        if said is None:
            said = seen_in(request, sees=sees)
        pace = Pace(
            first_s=self.first_s if step.first_s is None else step.first_s,
            token_s=self.token_s if step.token_s is None else step.token_s,
            told_first_s=self.told_first_s,
            told_token_s=self.told_token_s,
            slowness=self.slowness,
        )
        talk = Talk(
            connection=connection,
            call=call,
            request=request,
            step=step,
            pace=pace,
            load_s=load_s,
            thinks="thinking" in model.capabilities and request.think is not False,
        )
        last = await talk.give(said)
        if request.key and call.done_reason == "stop":
            self._said.append((request.key, said))
        return last

    def _step(self, request: Request) -> Step:
        script = self.script
        if script is None:
            return WELL
        if not isinstance(script, Mapping):
            return script(request) or WELL
        found = script.get(request.key, script.get(ALL_OTHERS, WELL))
        if isinstance(found, Step):
            return found
        return found[request.nth - 1] if request.nth <= len(found) else WELL

    def _echo(self, request: Request) -> Said | None:
        """Return what was last said about another picture."""
        others = (said for key, said in reversed(self._said) if key != request.key)
        return next(others, None)


def _check_format(asked: Any) -> None:
    """Refuse what is neither JSON nor a schema."""
    if asked in (None, "", "json") or isinstance(asked, dict):
        return
    words = (
        f'invalid format: {json.dumps(json.dumps(asked))}; expected "json" or a valid JSON Schema'
    )
    raise Refusal(400, f"{words} object")


def _check_picture(request: Request) -> None:
    """Refuse a picture that cannot be decoded; a tiny one kills the runner."""
    if request.size is None:
        raise Refusal(400, "Failed to load image or audio file")
    if min(request.size) < SMALLEST_SIDE:
        raise Refusal(500, RUNNER_DIED)
