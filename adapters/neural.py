"""
What the program and the process that holds the neural models say to each other; no torch here.

A row is measured in two steps. A worker decodes the photo once, measures what needs no model, and
cuts from its one upright proxy the small picture that each model is shown (`MODEL_INPUTS`). Then
the process with the models measures several photos at once. It is a worker of its own
(`adapters.workers`, `FUNCTIONS`), so that the models stay loaded and a native death is known by its
exit code; `adapters.neural_side` is what runs in it.

Metrics that are not in `MODEL_INPUTS` are those of pyiqa, by their names there.
"""

import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from adapters import pyiqa_names, weights
from machine.quality import PROFILES
from machine.values import MissingScore, Score

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "load": "adapters.neural_side:load",
        "infer": "adapters.neural_side:infer",
        "encode_text": "adapters.neural_side:encode_text",
    }
)
"""The tasks of the process with the models: name -> `module:function`, a `ports.Task`."""

LIBRARIES = ("torch", "torchvision", "pyiqa", "open_clip")
"""Modules of the extra `score`."""

INSTALL = "pip install 'photojournal[score]'"
"""How they are installed."""

CLIP = "clip_aesthetic_score"
_EDGE_PX = 1024


class ModelInput(Struct, frozen=True, kw_only=True):
    """How the picture that a model is shown is cut from the upright proxy."""

    name: str
    edge_px: int
    side: Literal["short", "long"] = "short"
    """Which side becomes `edge_px`. `long`: never enlarged, not cropped."""
    crop: bool = True
    """Cut the middle square of `edge_px`."""
    resample: Literal["bicubic", "bilinear", "lanczos"] = "bicubic"


MODEL_INPUTS: Mapping[str, ModelInput] = MappingProxyType(
    {
        CLIP: ModelInput(name="clip", edge_px=224),
        "nima_score": ModelInput(name="nima", edge_px=299, resample="bilinear"),
        "topiq_iaa_res50": ModelInput(
            name="topiq_iaa", edge_px=384, crop=False, resample="bilinear"
        ),
    }
)
"""By metric. CLIP: open_clip's transform; the others: what pyiqa's model does first."""

OTHER_INPUT = ModelInput(
    name="proxy", edge_px=_EDGE_PX, side="long", crop=False, resample="lanczos"
)
"""What every other metric of pyiqa is shown."""


class InputPicture(Struct, frozen=True, kw_only=True):
    """A picture for a model: RGB, 8 bits, rows from the top, height x width x 3 bytes."""

    width_px: int
    height_px: int
    data: bytes


class Equipment(Struct, frozen=True, kw_only=True):
    """What the process has to load; the argument of all its tasks, as JSON."""

    metrics: tuple[str, ...]
    """Columns such as `nima_score`, or names of pyiqa."""
    folder: str
    """Of the weights."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"


class ReadyMetric(Struct, frozen=True, kw_only=True):
    """A metric that can be measured, and with what."""

    metric: str
    implementation: str
    """Package and version."""
    weights_sha256: str
    """Of several files: the SHA-256 of their digests, one a line; none: empty."""
    load_ms: int = 0


class Loaded(Struct, frozen=True, kw_only=True):
    """Answer of `load`, as JSON."""

    device: str
    """Such as `cpu fp32` or `cuda:0 NVIDIA H200 bf16`."""
    batch: int
    """Photos that are best sent at once."""
    threads: int
    versions: dict[str, str]
    """Of python and the libraries; what can not be imported is absent."""
    clip_sha256: str = ""
    """Of the weights of the CLIP that makes the embeddings; empty: none is loaded."""
    ready: tuple[ReadyMetric, ...] = ()
    missing: tuple[MissingScore, ...] = ()
    """Metrics that can not be measured: `ScoringWeights` or `ScoringDependency`, and why."""
    notes: tuple[str, ...] = ()
    """What a person should know, such as a precision that was given up."""


class PhotoInputs(Struct, frozen=True, kw_only=True):
    """What is known about one photo of a batch."""

    pictures: dict[str, InputPicture]
    """By `ModelInput.name`."""
    metrics: tuple[str, ...]
    """What is to be measured of it."""
    embedding: bytes = b""
    """Its CLIP embedding of these weights, if it is known: then the head alone is asked."""


class Batch(Struct, frozen=True, kw_only=True):
    """The photo argument of `infer`, as msgpack."""

    photos: tuple[PhotoInputs, ...]


class PhotoScores(Struct, frozen=True, kw_only=True):
    """What was measured of one photo; each metric that was asked is in one of the two."""

    scores: tuple[Score, ...] = ()
    missing: tuple[MissingScore, ...] = ()
    """`ScoringFailed`, `ScoringOutOfMemory`, or what `load` said."""
    embedding: bytes = b""
    """CLIP embedding, L2-normalised, float32 little-endian; empty: CLIP was not asked."""


class Inferred(Struct, frozen=True, kw_only=True):
    """Answer of `infer`, as msgpack: a `PhotoScores` for each photo, in their order."""

    photos: tuple[PhotoScores, ...]


def required(profile: str, extra: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the metrics that a row must have: the profile's, then those that were added."""
    return tuple(dict.fromkeys((*PROFILES[profile], *extra)))


def neural(metrics: Iterable[str]) -> tuple[str, ...]:
    """Return those that need a process with models."""
    return tuple(metric for metric in metrics if metric not in PROFILES["embedded"])


def input_of(metric: str) -> ModelInput:
    """Return how the picture for a metric is made."""
    return MODEL_INPUTS.get(metric, OTHER_INPUT)


def misnamed(metrics: Iterable[str]) -> dict[str, str]:
    """Return those that pyiqa does not have, or that need more than one photo, and why."""
    ours = (*MODEL_INPUTS, *PROFILES["embedded"])
    others = [one for one in metrics if one not in ours and not weights.of_metric(one)]
    return pyiqa_names.unsuitable_ones(others, MODEL_INPUTS)


def unavailable(metrics: Iterable[str], folder: Path) -> dict[str, MissingScore]:
    """
    Return the metrics that cannot be measured, as far as a quick look tells, and why.

    It looks for the libraries without importing them, for names in pyiqa's table and for the
    weights by their size; what it does not notice, `load` does.
    """
    wanted = tuple(metrics)
    absent = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    reasons = misnamed(wanted)
    for metric in wanted:  # CLIP is measured without pyiqa, the others without open_clip.
        unneeded = "pyiqa" if metric == CLIP else "open_clip"
        if lacking := ", ".join(name for name in absent if name != unneeded):
            reasons[metric] = f"{lacking} not installed: {INSTALL}"
    found = {
        one: MissingScore(metric=one, code="ScoringDependency", detail=why)
        for one, why in reasons.items()
    }
    for metric in (one for one in wanted if one not in reasons):
        lacking = weights.absent(metric, folder)
        if lacking:
            found[metric] = MissingScore(metric=metric, code="ScoringWeights", detail=lacking)
    return found
