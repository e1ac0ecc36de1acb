"""What the tests of the neural metrics share."""

import importlib.util
from pathlib import Path

import msgspec
import pytest

from adapters import model_inputs, neural
from adapters.neural import Batch, Equipment, Inferred, Loaded, PhotoInputs, PhotoScores
from adapters.scorer import views
from tests.adapters import small_models

ROOT = Path(__file__).resolve().parents[2]
SHARED_MODELS = ROOT.parent / "shared" / "models"
"""LAION's real heads, where somebody put them beside the checkout."""

needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in neural.LIBRARIES),
    reason="needs the extra `score`",
)


def sample(name: str) -> bytes:
    """One of the demo's photographs."""
    return (ROOT / "samples" / f"{name}.jpg").read_bytes()


def inputs(name: str, *metrics: str, embedding: bytes = b"") -> PhotoInputs:
    """What a worker would send about one of the demo's photographs."""
    _, proxy = views(sample(name))
    cuts = {one.name: model_inputs.cut(proxy, one) for one in map(neural.input_of, metrics)}
    return PhotoInputs(pictures=cuts, metrics=metrics, embedding=embedding)


def equipment(folder: Path, *metrics: str) -> bytes:
    """The argument of the tasks."""
    wanted = Equipment(metrics=metrics, folder=str(folder), device="cpu")
    return msgspec.json.encode(wanted)


def load(argument: bytes) -> Loaded:
    """Load, in this process."""
    return msgspec.json.decode(small_models.load(b"", argument), type=Loaded)


def infer(argument: bytes, *photos: PhotoInputs) -> tuple[PhotoScores, ...]:
    """Measure, in this process."""
    answer = small_models.infer(msgspec.msgpack.encode(Batch(photos=photos)), argument)
    return msgspec.msgpack.decode(answer, type=Inferred).photos


def values(scores: PhotoScores) -> dict[str, float]:
    """The values of a photo by metric."""
    return {score.metric: score.value for score in scores.scores}
