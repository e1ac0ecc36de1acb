"""
Whether a model can be asked now: looked at before the first photo, and after every time away.

Nothing here blocks anything but the stage that asks the model, and nothing is ever started, killed
or restarted: a service that is away is waited for, as long as the settings say.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.ollama_service import CallFailed, Checked, Limits, OllamaService
from driver.asking import limits_of, options_of
from driver.model_watch import ModelWatch
from driver.sections import Prefill
from machine.event_base import Event
from machine.failures import FAILURES
from machine.run_events import ModelChecked, StageResumed, StageWaiting
from machine.values import ModelCall

ALIVE_S = 2.0
"""Seconds in which a service that is there says so."""

_LOOK_AGAIN_S = 5.0
_PASSING = frozenset({"PrefillUnreachable", "PrefillBusy", "PrefillServerError", "PrefillDropped"})
"""What may be over in a while: it is waited for."""

_STAGE_CODES = {
    "PrefillServerError": "PrefillModelUnloadable",
    "PrefillFirstTokenTimeout": "PrefillModelUnloadable",
    "PrefillBusy": "PrefillServiceBusy",
    "PrefillDropped": "PrefillUnreachable",
    "PrefillFailed": "PrefillRequestRefused",
}
"""What a failure of a photo is called when it is the look at the service that fails."""


class Standing(Struct, frozen=True, kw_only=True):
    """Whether the model can be asked now."""

    state: Literal["checking", "open", "waiting", "paused"]
    code: str = ""
    detail: str = ""
    words: str = ""
    """While checking or waiting: what to tell a person."""
    gives_up_at: float = 0.0
    """While waiting: when the stage pauses, by `time.monotonic()`."""


class ModelService:
    """A service and its models, for one run. Everything but `standing` is for the loop's thread."""

    def __init__(self, settings: Prefill, note: Callable[[Event], None]) -> None:
        """
        Keep the settings; nothing is asked yet.

        Args:
            settings: `[prefill]`.
            note: takes events for the run.
        """
        self.settings = settings
        self.models = settings.models()
        """Those that are there, in the order in which a photo is tried with them."""
        self.first = 0
        """Index of the first one that is still asked."""
        self.standing = Standing(state="checking", words="asking Ollama for the model")
        self.away_at = float("-inf")
        """When it was last seen to be gone, by `time.monotonic()`."""
        self.in_flight = 1
        self._slots = asyncio.Semaphore(1)
        self._door = asyncio.Lock()
        self.client = OllamaService(settings.host)
        self.watch = ModelWatch(settings, self.client)
        self.bug: Exception | None = None
        """An error of ours, to be raised in the thread of the run."""
        self._note = note
        self._slowest_ms: dict[str, int] = {}
        """The longest wait for a first token that was seen, by model digest."""
        self._checked: dict[str, Checked] = {}
        self._waiting: asyncio.Task[None] | None = None

    async def start(self, lost: str = "") -> None:
        """
        Look at the service until the model can be asked, or the stage has to pause.

        What may be over in a while is waited for, in all as long as the settings say. `lost`: why
        the service that was there is gone; empty at the beginning of a run.
        """
        limit_s, began, pause_s = self.settings.wait_for_service, time.monotonic(), 0.1
        end = began + limit_s
        waiting = bool(lost) and self._wait_for("PrefillUnreachable", lost, end)
        while True:
            try:
                await self._look("recheck" if lost else "startup")
            except AdapterError as error:
                left_s = end - time.monotonic()
                if error.code not in _PASSING or left_s <= 0:
                    self.pause(_STAGE_CODES.get(error.code, error.code), error.detail)
                    return
                waiting = waiting or self._wait_for(error.code, error.detail, end)
                await asyncio.sleep(min(pause_s, left_s))
                pause_s = min(pause_s * 1.5, _LOOK_AGAIN_S)
            except Exception as error:  # noqa: BLE001  (a bug is raised where the run can end by it)
                self.bug = error
                return
            else:
                break
        if waiting:
            waited_ms = round((time.monotonic() - began) * 1000)
            self._note(StageResumed(stage="prefill", waited_ms=waited_ms))

    def _wait_for(self, code: str, detail: str, end: float) -> bool:
        """Say that the stage waits, where it is to wait at all."""
        limit_s = self.settings.wait_for_service
        if limit_s > 0:
            why = detail.removeprefix(f"{self.client.host}: ") or FAILURES[code].meaning
            words = f"waits for Ollama at {self.client.host}: {why} (at most {limit_s:g} s)"
            self.standing = Standing(state="waiting", words=words, gives_up_at=end)
            self._note(StageWaiting(stage="prefill", code=code, detail=detail, limit_s=limit_s))
        return limit_s > 0

    async def _look(self, occasion: Literal["startup", "recheck"]) -> None:
        """Open the stage. Raises AdapterError for what keeps the first model from being asked."""
        settings = self.settings
        checked = await self.client.check(
            settings.model,
            options=options_of(settings, 1),
            keep_alive=settings.keep_alive,
            within_s=limits_of(settings).first_token_s,
        )
        self._checked[settings.model] = checked
        self.models, warnings = await self._present()
        warnings = list(dict.fromkeys(self.watch.warnings(checked) + warnings))
        if occasion == "startup" and settings.in_flight > 1:
            self.in_flight = await self._overlapping(warnings)
            self._slots = asyncio.Semaphore(self.in_flight)
        note = self.watch.begin(checked, occasion, self.in_flight, tuple(warnings))
        self._note(note)
        if not self.on_cpu(note):
            self.standing = Standing(state="open")

    async def _present(self) -> tuple[tuple[str, ...], list[str]]:
        """Return the models that are there, and why each other one is not used."""
        there, missing = [self.settings.model], list[str]()
        for model in self.settings.fallback_models:
            try:
                self._checked[model] = await self.client.known(model)
            except AdapterError as error:
                if error.code == "PrefillUnreachable":
                    raise
                missing.append(f"fallback model '{model}' is not used: {error}")
            else:
                there.append(model)
                missing += self.watch.warnings(self._checked[model])
        return tuple(there), missing

    async def _overlapping(self, warnings: list[str]) -> int:
        """Return how many requests to send at once: as asked, if the service overlaps them."""
        settings, one_by_one = self.settings, "requests are sent one after the other"
        try:
            overlaps = await self.client.overlaps(
                settings.model,
                options=options_of(settings, 1),
                within_s=settings.first_token_timeout_s,
            )
        except AdapterError as error:
            warnings.append(f"{one_by_one}: the trial of two failed: {error}")
            return 1
        if not overlaps:
            warnings.append(f"{one_by_one}: the service does not work on two at once")
        return settings.in_flight if overlaps else 1

    def away(self, detail: str) -> None:
        """The service is gone: begin nothing, wait for it, look at it again."""
        self.away_at = time.monotonic()
        if self.standing.state != "open":
            return
        self.standing = Standing(state="waiting", words=f"waits for Ollama at {self.client.host}")
        self._waiting = asyncio.ensure_future(self.start(detail or "no answer"))

    async def is_there(self) -> str:
        """Return why the service does not answer; empty if it does."""
        try:
            await self.client.version(ALIVE_S)
        except AdapterError as error:
            return error.detail or error.code
        return ""

    def pause(self, code: str, detail: str) -> None:
        """Begin nothing more in this run, whether or not the service comes back."""
        if self._waiting is not None and self._waiting is not asyncio.current_task():
            self._waiting.cancel()
        self.standing = Standing(state="paused", code=code, detail=detail)

    def give_up(self, why: str) -> bool:
        """The model fails on everything: the next one has its turn; False where there is none."""
        if self.first + 1 >= len(self.models):
            return False
        gone, self.first = self.models[self.first], self.first + 1
        instead = self.models[self.first]
        words = f"model '{gone}' is not asked any more in this run: {why}; '{instead}' stands in"
        self._note(self.watch.follow(instead, words))
        return True

    def on_cpu(self, note: ModelChecked) -> bool:
        """Pause the stage where the model has to run on a GPU and does not."""
        stop = self.settings.on_cpu == "stop" and note.processor == "CPU"
        if stop:
            self.pause("PrefillOnCpu", f"{note.model} lies in the memory of no GPU")
        return stop

    # --- how it is asked

    @contextlib.asynccontextmanager
    async def place(self, *, alone: bool) -> AsyncIterator[None]:
        """Wait until a request may be sent; `alone`: until no other is under way."""
        taken = 0
        try:
            async with self._door:  # two that want to be alone would wait for each other
                for _ in range(self.in_flight if alone else 1):
                    await self._slots.acquire()
                    taken += 1
            yield
        finally:
            for _ in range(taken):
                self._slots.release()

    async def digest_of(self, model: str) -> str:
        """Return the digest of a model's bytes. Raises CallFailed where it is not there."""
        if model not in self._checked:
            try:
                known = self._checked[model] = await self.client.known(model)
            except AdapterError as error:
                call = ModelCall(model=model, host=self.client.host)
                raise CallFailed(error.code, error.detail, call=call) from error
            self._note(self.watch.named(known))
        return self._checked[model].digest

    def limits(self, digest: str) -> Limits:
        """Return the limits of one try."""
        return limits_of(self.settings, self._slowest_ms.get(digest, 0))

    def refresh(self, note: ModelChecked) -> None:
        """Take over a digest that changed while the run goes on: the model was pulled anew."""
        known = self._checked.get(note.model)
        if known is not None and note.model_digest:
            self._checked[note.model] = replace(known, digest=note.model_digest)

    def learn(self, call: ModelCall) -> None:
        """Remember how long a first token can take."""
        before = self._slowest_ms.get(call.model_digest, 0)
        self._slowest_ms[call.model_digest] = max(before, call.first_token_ms or 0)
