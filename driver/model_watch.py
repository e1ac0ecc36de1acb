"""
Watches a model at work: what it runs on, how fast it is, whether it fails on everything.

A fall to the CPU is silent, so the service is asked again every few answers and as soon as tokens
come three times slower than before. One bad photo costs that photo; a model that fails on every
photo is told apart from it by a picture of ours, and by how many photos failed in a row.
"""

import time
from collections import deque
from statistics import median
from typing import Literal

from msgspec.structs import replace

from adapters import captions
from adapters.errors import AdapterError
from adapters.ollama_service import Checked, Loaded, OllamaService
from driver.asking import limits_of, request
from driver.sections import Prefill
from machine.failures import FAILURES
from machine.run_events import ModelChecked
from machine.values import Labels, ModelCall

SLOWER = 3.0
"""Tokens that come so many times slower than before are looked into."""

LOOK_EVERY = 5
"""Answers after which the processor is looked at, in silence while nothing changed."""

TRIAL_AFTER = 5
"""Photos in a row that came to nothing: a picture of ours tells whose fault it is."""

HOPELESS_ROWS = 20
"""Different photos in a row without a single text: the model is to blame, whatever it says."""

_TOKENS_MIN = 10
_SIDE_PX = 64

Occasion = Literal["startup", "recheck", "slow", "changed"]


class ModelWatch:
    """What is known about the model that is asked first, while it works."""

    def __init__(self, settings: Prefill, service: OllamaService) -> None:
        """Know nothing yet."""
        self.hopeless = ""
        """Why the stage should pause; empty while it should not."""
        self.model = settings.model
        self._settings = settings
        self._service = service
        self._last = ModelChecked(stage="prefill", occasion="startup", model=settings.model)
        self._looked_at = {settings.model}
        self._loaded: Loaded | None = None
        self._speeds: deque[float] = deque(maxlen=LOOK_EVERY)
        self._best = 0.0
        self._answers = 0
        self._failing: list[tuple[int, str]] = []
        self._failed: set[int] = set()
        """Rows that failed in this run: that they fail again says little about the model."""
        self._fresh = 0

    def warnings(self, checked: Checked) -> list[str]:
        """Return what a person should know before pictures are sent."""
        return leaving(self._service, checked)

    def named(self, checked: Checked) -> ModelChecked:
        """Return what is known of a model that a person named for a row."""
        return replace(
            self._last,
            occasion="startup",
            model=checked.model,
            model_digest=checked.digest,
            processor="unknown",
            context=None,
            size_bytes=0,
            vram_bytes=0,
            load_ms=None,
            tokens_per_s=None,
            warnings=tuple(self.warnings(checked)),
        )

    def begin(
        self, checked: Checked, occasion: Occasion, in_flight: int, warnings: tuple[str, ...]
    ) -> ModelChecked:
        """Return what was found at the beginning, or after the service was away."""
        self._loaded = checked.loaded
        self._forget()
        return self._note(occasion, checked, in_flight, warnings)

    def follow(self, model: str, warning: str) -> ModelChecked:
        """Watch another model from now on; return what a person should know about the change."""
        self.model, self.hopeless, self._loaded = model, "", None
        self._failed.clear()
        self._forget()
        note = ModelChecked(
            stage="prefill",
            occasion="changed",
            model=model,
            context_asked=self._settings.num_ctx,
            host=self._service.host,
            server_version=self._last.server_version,
            in_flight=self._last.in_flight,
            warnings=(warning,),
        )
        self._last = note
        return note

    def _forget(self) -> None:
        self._speeds.clear()
        self._best, self._failing, self._fresh = 0.0, [], 0

    async def after(
        self, row: int, model: str, code: str, call: ModelCall | None
    ) -> ModelChecked | None:
        """
        Take note of an attempt's end; return a new check if one was made.

        Args:
            row: the row.
            model: the one that was asked.
            code: failure code; empty for a text that was accepted.
            call: the request; None if it did not come to one.
        """
        if model == self.model or not code:
            await self._count_failures(row, code)
        if call is None:
            return None
        first = not code and model not in self._looked_at  # one that stands in for another
        if model == self.model:
            self._answers += 1
            occasion = "changed" if first else self._occasion(call)
        else:
            occasion = "changed" if first else None
        if not occasion:
            return None
        self._looked_at.add(model)
        try:
            loaded = await self._service.loaded(model)
        except AdapterError:
            return None  # the next attempt will find out
        if model != self.model:
            return self._of_another(loaded, call) if loaded else None
        before, self._loaded = self._last.processor, loaded or self._loaded
        processor = loaded.processor if loaded else "unknown"
        if occasion == "changed" and processor in (before, "unknown"):
            return None
        return self._note(occasion, None, self._last.in_flight, ())

    def _of_another(self, loaded: Loaded, call: ModelCall) -> ModelChecked:
        """Return what a model runs on that stands in for one photo."""
        return replace(
            self._last,
            occasion="changed",
            model=call.model,
            model_digest=loaded.digest,
            processor=loaded.processor,
            context=loaded.context,
            size_bytes=loaded.size_bytes,
            vram_bytes=loaded.vram_bytes,
            load_ms=None,
            tokens_per_s=None,
            warnings=self._about_memory(loaded),
        )

    def _about_memory(self, loaded: Loaded | None) -> tuple[str, ...]:
        """Return what a person should know about where a model lies."""
        found: list[str] = []
        asked = self._settings.num_ctx
        if loaded and loaded.context is not None and loaded.context < asked:
            found.append(f"context {loaded.context} is smaller than [prefill] num_ctx = {asked}")
        if loaded and loaded.processor == "CPU":
            found.append("the model runs on the CPU: minutes a photo instead of seconds")
        return tuple(found)

    def _occasion(self, call: ModelCall) -> Occasion | None:
        """Return why to look at the processor now; None for no reason."""
        if self._slow(call):
            return "slow"
        if self._answers % self._settings.recheck_rows == 0:
            return "recheck"
        return "changed" if self._answers % LOOK_EVERY == 0 else None

    def _slow(self, call: ModelCall) -> bool:
        """Tell whether the last two answers came much slower than the best ones of this run."""
        if (call.reply_tokens or 0) < _TOKENS_MIN or not call.reply_ms:
            return False
        self._speeds.append((call.reply_tokens or 0) * 1000 / call.reply_ms)
        newest = max(list(self._speeds)[-2:])
        if len(self._speeds) > 1 and newest * SLOWER < self._best:
            self._best = newest  # said once
            self._speeds.clear()
            return True
        self._best = max(self._best, median(self._speeds))
        return False

    def _note(
        self,
        occasion: Occasion,
        checked: Checked | None,
        in_flight: int,
        warnings: tuple[str, ...],
    ) -> ModelChecked:
        loaded = self._loaded
        warnings += self._about_memory(loaded)
        speed = round(median(self._speeds), 1) if self._speeds else None
        self._last = ModelChecked(
            stage="prefill",
            occasion=occasion,
            model=checked.model if checked else self._last.model,
            model_digest=(
                checked.digest if checked else loaded.digest if loaded else self._last.model_digest
            ),
            processor=loaded.processor if loaded else "unknown",
            context=loaded.context if loaded else None,
            context_asked=self._settings.num_ctx,
            size_bytes=loaded.size_bytes if loaded else 0,
            vram_bytes=loaded.vram_bytes if loaded else 0,
            host=self._service.host,
            server_version=checked.server_version if checked else self._last.server_version,
            in_flight=in_flight,
            load_ms=checked.load_ms if checked else None,
            tokens_per_s=speed,
            warnings=warnings,
        )
        return self._last

    async def _count_failures(self, row: int, code: str) -> None:
        """See whether it is the model that fails, and not its photos."""
        if not code:
            self._failing.clear()
            self._fresh = 0
            return
        self._failing.append((row, code))
        self._fresh += row not in self._failed
        self._failed.add(row)
        if self._fresh >= HOPELESS_ROWS:
            self.hopeless = f"{self._fresh} photos in a row without a text, the last one: {code}"
            return
        newest = self._failing[-TRIAL_AFTER:]
        if len(self._failing) % TRIAL_AFTER or len({one for one, _ in newest}) < TRIAL_AFTER:
            return
        self.hopeless = await self._plain_picture()

    async def _plain_picture(self) -> str:
        """Ask about a picture of ours; return why the model is to blame, empty if it answers."""
        from adapters.preview import blank  # only in trouble: it loads Pillow

        settings, started = self._settings, time.monotonic()
        asked = request(
            settings,
            Labels(),
            blank(_SIDE_PX),
            model=self.model,
            digest="",
            seed=1,
            limits=limits_of(settings),
        )
        try:
            captions.parse((await self._service.ask(asked)).text)
        except AdapterError as error:
            if FAILURES[error.code].policy == "nobody":
                return ""
            seconds = time.monotonic() - started
            return f"a plain picture fails, too, after {seconds:.0f} s: {error}"
        return ""


def leaving(service: OllamaService, checked: Checked) -> list[str]:
    """Return the warning that pictures leave this machine, where they do."""
    if checked.remote:
        return [f"model '{checked.model}' runs in a cloud: pictures leave this machine"]
    if not service.local:
        return [f"pictures leave this machine, to {service.host}"]
    return []
