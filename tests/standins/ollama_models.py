"""The models of a stand-in for Ollama: those installed, those loaded, and what is said of them."""

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.standins.ollama_steps import Refusal

DEFAULT_CONTEXT = 4096
DEFAULT_KEEP_S = 300.0
FOR_EVER_S = 290 * 365 * 86400.0
"""How long "for ever" lasts: about what fits into the server's own durations."""

_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_INSTALLED_NS = 1_777_000_000_123_456_789


@dataclass(frozen=True, kw_only=True)
class Model:
    """An installed model."""

    name: str
    digest: str = ""
    capabilities: Sequence[str] = ("completion", "vision")
    remote_host: str | None = None
    """Set for a cloud model: its pictures leave the house."""
    size: int = 3_200_627_168
    vram: int = 5_200_000_000
    """Bytes in memory once it is loaded."""
    context_length: int = 128_000
    family: str = "qwen25vl"
    parameter_size: str = "3.8B"
    quantization_level: str = "Q4_K_M"

    @property
    def details(self) -> dict[str, Any]:
        """Details as in all listings."""
        remote = self.remote_host is not None
        return {
            "parent_model": "",
            "format": "" if remote else "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": self.parameter_size,
            "quantization_level": self.quantization_level,
        }

    def remote(self) -> dict[str, str]:
        """Fields that only a cloud model has."""
        if self.remote_host is None:
            return {}
        return {"remote_model": self.name.partition("-cloud")[0], "remote_host": self.remote_host}

    def in_tags(self) -> dict[str, Any]:
        """Line of `/api/tags`."""
        return {
            "name": self.name,
            "model": self.name,
            **self.remote(),
            "modified_at": rfc3339(_INSTALLED_NS),
            "size": 384 if self.remote_host else self.size,
            "digest": self.digest,
            "details": self.details,
        }

    def shown(self) -> dict[str, Any]:
        """Answer of `/api/show`."""
        return {
            "license": "a licence",
            "modelfile": f"# Modelfile\nFROM {self.name}\n",
            "parameters": "temperature                    0.0001",
            "template": "{{ .System }}{{ .Prompt }}",
            "details": self.details,
            **self.remote(),
            "model_info": {
                "general.architecture": self.family,
                "general.parameter_count": 3_754_622_976,
                f"{self.family}.context_length": self.context_length,
                f"{self.family}.embedding_length": 2048,
            },
            "capabilities": list(self.capabilities),
            "modified_at": rfc3339(_INSTALLED_NS),
        }


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model in memory."""

    model: Model
    context: int
    until: float
    """By `time.time()`."""


@dataclass
class Shelf:
    """All models of one server."""

    installed: dict[str, Model] = field(default_factory=dict)
    loaded: dict[str, Loaded] = field(default_factory=dict)
    share: float = 1.0
    """Part of a model that `/api/ps` says to be on the GPU."""
    loads: int = 0
    """How often a model was loaded."""

    def add(self, model: Model) -> None:
        """Install a model, or put another in its place."""
        name = full_name(model.name)
        digest = model.digest or hashlib.sha256(name.encode()).hexdigest()
        self.installed[name] = replace(model, name=name, digest=digest)
        self.loaded.pop(name, None)

    def remove(self, name: str) -> None:
        """Uninstall a model."""
        self.installed.pop(full_name(name), None)
        self.loaded.pop(full_name(name), None)

    def find(self, name: str) -> Model:
        """Return an installed model, or refuse."""
        model = self.installed.get(full_name(name))
        if model is None:
            raise Refusal(404, f"model '{name}' not found")
        return model

    def is_ready(self, model: Model, options: dict[str, Any]) -> bool:
        """Return whether the model is in memory with the context that is asked for."""
        self._expire()
        there = self.loaded.get(model.name)
        return there is not None and there.context == self._context(model, options, there)

    def load(self, model: Model, options: dict[str, Any]) -> None:
        """Load the model."""
        self.loads += 1
        context = self._context(model, options, None)
        self.loaded[model.name] = Loaded(
            model=model, context=context, until=time.time() + DEFAULT_KEEP_S
        )

    def keep(self, model: Model, keep_alive: float | str | None) -> None:
        """Keep the model from now on for as long as was asked; 0 unloads it."""
        there = self.loaded.get(model.name)
        if there is None:
            return
        seconds = keep_seconds(keep_alive)
        self.loaded[model.name] = replace(there, until=time.time() + seconds)
        self._expire()

    def tags(self) -> dict[str, Any]:
        """Answer of `/api/tags`."""
        return {"models": [model.in_tags() for model in self.installed.values()]}

    def ps(self) -> dict[str, Any]:
        """Answer of `/api/ps`, the model that stays longest first."""
        self._expire()
        lines = sorted(self.loaded.values(), key=lambda one: -one.until)
        return {"models": [self._in_ps(one) for one in lines if one.model.remote_host is None]}

    def _in_ps(self, one: Loaded) -> dict[str, Any]:
        model = one.model
        return {
            "name": model.name,
            "model": model.name,
            "size": model.vram,
            "digest": model.digest,
            "details": model.details,
            "expires_at": rfc3339(int(one.until * 1e9)),
            "size_vram": int(model.vram * self.share),
            "context_length": one.context,
        }

    def _expire(self) -> None:
        now = time.time()
        self.loaded = {name: one for name, one in self.loaded.items() if one.until > now}

    @staticmethod
    def _context(model: Model, options: dict[str, Any], there: Loaded | None) -> int:
        """Return the effective context: as asked, or as it is, never above the model's."""
        otherwise = there.context if there else DEFAULT_CONTEXT
        return min(int(options.get("num_ctx") or otherwise), model.context_length)


def full_name(name: str) -> str:
    """Return the name with its tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def keep_seconds(value: float | str | None) -> float:
    """Return how long `keep_alive` asks to keep a model; below 0 is for ever."""
    if value is None:
        return DEFAULT_KEEP_S
    if isinstance(value, int | float):
        return float(value) if value >= 0 else FOR_EVER_S
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)", value)
    if not parts and value.strip("-+0123456789."):
        raise Refusal(400, f'time: invalid duration "{value}"')
    if not parts:
        return keep_seconds(float(value))
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return FOR_EVER_S if value.startswith("-") else seconds


def rfc3339(nanoseconds: int) -> str:
    """Return a time as the server writes it, to the nanosecond."""
    whole, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
