"""
What a server says about its models: installed, described, loaded.

Nothing here talks to a server; `adapters.ollama_service` does.
"""

from typing import Any

from msgspec import Struct

_SHOWN_MODELS = 12


class Loaded(Struct, frozen=True, kw_only=True):
    """A model in memory, as the server tells it."""

    model: str
    digest: str
    size_bytes: int
    vram_bytes: int
    """Of `size_bytes`, in the memory of a GPU."""
    context: int | None
    """Tokens that fit into it as it was loaded."""

    @property
    def processor(self) -> str:
        """`GPU`, `CPU`, a share such as `GPU 63%`, or `unknown`."""
        share = self.vram_share
        if share is None:
            return "unknown"
        if share in {0, 1}:
            return "GPU" if share else "CPU"
        return f"GPU {min(99, max(1, round(share * 100)))}%"

    @property
    def vram_share(self) -> float | None:
        """0 to 1: how much of the model lies in the memory of a GPU; None: it cannot be told."""
        if not self.vram_bytes:
            return 0.0
        if self.size_bytes <= 0 or not 0 <= self.vram_bytes <= self.size_bytes:
            return None
        return self.vram_bytes / self.size_bytes


class Checked(Struct, frozen=True, kw_only=True):
    """A model that can be asked, and what is known about it."""

    model: str
    """As the server calls it."""
    digest: str
    server_version: str
    capabilities: tuple[str, ...]
    remote: bool
    """True: the model runs in a cloud, pictures leave this machine."""
    context_max: int | None
    """Tokens that the model was made for."""
    load_ms: int | None
    loaded: Loaded | None


def full_name(model: str) -> str:
    """Return a model's name for comparison: lower case, with its tag."""
    name = model.casefold()
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def entry_of(answer: dict[str, Any], model: str) -> dict[str, Any] | None:
    """Return the entry of `model` in the server's list of models; None if there is none."""
    wanted = full_name(model)
    for entry in entries(answer):
        if wanted in {full_name(name) for name in names_of(entry)}:
            return entry
    return None


def entries(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the server's list of models; what has not the shape of one is left out."""
    listed = answer.get("models")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def names_of(entry: dict[str, Any]) -> list[str]:
    """Return the names of a listed model, at most two and the better one first."""
    return [name for key in ("name", "model") if isinstance(name := entry.get(key), str) and name]


def loaded_of(entry: dict[str, Any]) -> Loaded:
    """Return a model in memory from the server's list; a missing `size_vram` is none."""

    def whole(key: str) -> int | None:
        value = entry.get(key)
        return value if isinstance(value, int) else None

    return Loaded(
        model=next(iter(names_of(entry)), ""),
        digest=str(entry.get("digest") or ""),
        size_bytes=whole("size") or 0,
        vram_bytes=whole("size_vram") or 0,
        context=whole("context_length") or None,
    )


def is_remote(show: dict[str, Any], model: str) -> bool:
    """Return whether a model runs in a cloud, by its card or its name."""
    by_name = full_name(model).endswith(("-cloud", ":cloud"))
    return by_name or bool(show.get("remote_host") or show.get("remote_model"))


def capabilities_of(show: dict[str, Any]) -> tuple[str, ...]:
    """
    Return what a model can do, by its card.

    Servers of before 2025 list no capabilities; there, a projector or a family that sees is taken
    for vision.
    """
    listed = show.get("capabilities")
    if isinstance(listed, list):
        return tuple(str(one) for one in listed)
    details = show.get("details")
    families = details.get("families") if isinstance(details, dict) else None
    sees = bool(show.get("projector_info")) or bool({"clip", "mllama"} & set(families or ()))
    return ("completion", "vision") if sees else ()


def context_max_of(show: dict[str, Any]) -> int | None:
    """Return how many tokens a model was made for, by its card; None if it does not say."""
    info = show.get("model_info")
    if not isinstance(info, dict):
        return None
    length = info.get(f"{info.get('general.architecture')}.context_length")
    return length if isinstance(length, int) else None


def missing_words(model: str, tags: dict[str, Any]) -> str:
    """Return what to say about a model that is not installed."""
    names = [name for entry in entries(tags) for name in names_of(entry)[:1]]
    more = f" and {len(names) - _SHOWN_MODELS} more" if len(names) > _SHOWN_MODELS else ""
    shown = ", ".join(names[:_SHOWN_MODELS]) or "none"
    return f"{model}; installed: {shown}{more}; install it with: ollama pull {model}"
