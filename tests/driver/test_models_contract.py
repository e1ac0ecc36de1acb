"""
What the process with the models promises, whoever answers: the real one, and the tests' moody one.

The real one is asked with small weights in the real networks; both in this test's own process.
"""

import importlib.util
import math
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from adapters import model_inputs, neural, weights
from adapters.neural import (
    Batch,
    Equipment,
    Inferred,
    InputPicture,
    Loaded,
    PhotoInputs,
    PhotoScores,
)
from adapters.scorer import views
from machine.values import Score
from tests.adapters import small_models
from tests.driver import moody_models
from tests.driver.desk import SAMPLES

NIMA = "nima_score"
BOTH = (neural.CLIP, NIMA)
ABSENT = "topiq_nr"
"""A metric whose weights nobody has here."""


class Models:
    """A process with models, asked in this one."""

    def __init__(
        self,
        folder: Path,
        load: Callable[[bytes, bytes], bytes],
        infer: Callable[[bytes, bytes], bytes],
    ) -> None:
        """Keep the folder of the weights and the two tasks."""
        self.folder = folder
        self._load = load
        self._infer = infer

    def argument(self, *metrics: str) -> bytes:
        """Return what every task is told."""
        equipment = Equipment(metrics=metrics, folder=str(self.folder), device="cpu")
        return msgspec.json.encode(equipment)

    def load(self, *metrics: str) -> Loaded:
        """Load what is needed for some metrics."""
        return msgspec.json.decode(self._load(b"", self.argument(*metrics)), type=Loaded)

    def infer(self, *photos: PhotoInputs) -> tuple[PhotoScores, ...]:
        """Measure photos with the models for `BOTH`, and one that is not there."""
        data = msgspec.msgpack.encode(Batch(photos=photos))
        answer = self._infer(data, self.argument(*BOTH, ABSENT))
        return msgspec.msgpack.decode(answer, type=Inferred).photos


@pytest.fixture(scope="module", params=["real", "moody"])
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Each of the two."""
    folder = tmp_path_factory.mktemp("weights")
    if request.param == "moody":
        moody_models.make(folder)
        return Models(folder, moody_models.load, moody_models.infer)
    if any(importlib.util.find_spec(name) is None for name in neural.LIBRARIES):
        pytest.skip("the extra `score` is not installed")
    small_models.make_clip(folder)
    small_models.make_nima(folder)
    return Models(folder, small_models.load, small_models.infer)


def shown(name: str, *metrics: str, embedding: bytes = b"") -> PhotoInputs:
    """Return what a worker sends about one of the samples."""
    _, proxy = views((SAMPLES / f"{name}.jpg").read_bytes())
    inputs = {neural.input_of(metric) for metric in metrics}
    pictures = {one.name: model_inputs.cut(proxy, one) for one in inputs}
    return PhotoInputs(pictures=pictures, metrics=metrics, embedding=embedding)


def by_metric(found: PhotoScores) -> dict[str, Score]:
    """Return the scores by metric."""
    return {one.metric: one for one in found.scores}


def lacking(found: PhotoScores) -> dict[str, str]:
    """Return the codes of what is missing, by metric."""
    return {one.metric: one.code for one in found.missing}


@pytest.fixture(scope="module")
def photos() -> list[PhotoInputs]:
    """A batch: good photos, one whose picture for NIMA is damaged, one that has none."""
    good = shown("coffee", *BOTH)
    whole = good.pictures["nima"]
    cut = InputPicture(width_px=whole.width_px, height_px=whole.height_px, data=whole.data[:-1])
    return [
        good,
        shown("rocket", NIMA),
        shown("chelsea", *BOTH, ABSENT),
        msgspec.structs.replace(good, pictures={**good.pictures, "nima": cut}),
        msgspec.structs.replace(good, pictures={"clip": good.pictures["clip"]}),
    ]


@pytest.fixture(scope="module")
def found(models: Models, photos: list[PhotoInputs]) -> tuple[PhotoScores, ...]:
    """What the models say about the batch."""
    return models.infer(*photos)


def test_each_metric_is_ready_or_missing(models: Models) -> None:
    """With what it is measured, or why it cannot be; the rest of the process is known as well."""
    loaded = models.load(*BOTH, ABSENT)
    ready = {one.metric: one for one in loaded.ready}
    assert set(BOTH) == set(ready)
    assert [(ABSENT, "ScoringWeights")] == [(one.metric, one.code) for one in loaded.missing]
    for metric in BOTH:
        assert ready[metric].implementation
        assert 64 == len(ready[metric].weights_sha256)
    assert "python" in loaded.versions
    assert len(loaded.versions) > 1
    assert loaded.device
    assert min(loaded.batch, loaded.threads) >= 1
    assert 64 == len(loaded.clip_sha256)
    assert loaded == msgspec.structs.replace(models.load(*BOTH, ABSENT), ready=loaded.ready)


def test_what_is_absent_is_told_as_a_quick_look_tells_it(models: Models) -> None:
    """File, folder and command, in one line."""
    (lack,) = models.load(*BOTH, ABSENT).missing
    assert weights.absent(ABSENT, models.folder) == lack.detail


def test_a_batch_is_answered_photo_by_photo_in_its_order(
    photos: list[PhotoInputs], found: tuple[PhotoScores, ...]
) -> None:
    """Each metric that was asked is a finite score or a missing one; no other is there."""
    for photo, one in zip(photos, found, strict=True):
        assert set(photo.metrics) == by_metric(one).keys() | lacking(one).keys()
        assert len(photo.metrics) == len(one.scores) + len(one.missing)
        assert all(math.isfinite(score.value) for score in one.scores)
    assert {ABSENT: "ScoringWeights"} == lacking(found[2])
    values = {by_metric(one)[NIMA].value for one in found[:3]}
    assert 3 == len(values), "each photo has its own"


def test_a_picture_that_is_damaged_or_not_there_costs_its_own_score(
    found: tuple[PhotoScores, ...],
) -> None:
    """The other scores of the photo, and its neighbours, are measured."""
    assert {} == lacking(found[0])
    for one in found[3:]:
        assert {NIMA: "ScoringFailed"} == lacking(one)
        assert {neural.CLIP} == by_metric(one).keys()


def test_a_score_says_what_made_it(models: Models, found: tuple[PhotoScores, ...]) -> None:
    """As `load` said, and the size of the picture."""
    loaded = models.load(*BOTH, ABSENT)
    ready = {one.metric: one for one in loaded.ready}
    for metric, score in by_metric(found[0]).items():
        assert ready[metric].implementation == score.implementation
        assert ready[metric].weights_sha256 == score.weights_sha256
        assert loaded.device == score.device
        edge = neural.input_of(metric).edge_px
        assert (edge, edge) == (score.width_px, score.height_px)
        assert score.duration_ms is not None


def test_an_embedding_comes_with_clip_and_stands_for_the_picture(
    models: Models, found: tuple[PhotoScores, ...]
) -> None:
    """Float32, of length one; with it, CLIP needs no picture and says the same."""
    first, other, third = found[:3]
    assert b"" == other.embedding
    assert first.embedding != third.embedding
    numbers = struct.unpack(f"<{len(first.embedding) // 4}f", first.embedding)
    assert math.sqrt(sum(one * one for one in numbers)) == pytest.approx(1.0, abs=1e-5)
    known = PhotoInputs(pictures={}, metrics=(neural.CLIP,), embedding=first.embedding)
    again, wrong = models.infer(known, shown("coffee", neural.CLIP, embedding=b"1234"))
    assert first.embedding == again.embedding
    assert by_metric(first)[neural.CLIP].value == by_metric(again)[neural.CLIP].value
    assert len(first.embedding) == len(wrong.embedding), "of another length, it is made anew"
