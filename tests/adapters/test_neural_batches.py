"""One photo's failure, too little memory, chance and half precision: what each costs."""

import errno
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from adapters import neural, neural_batches, neural_device
from adapters.neural import InputPicture, ModelInput, PhotoInputs, PhotoScores, ReadyMetric
from adapters.neural_batches import Held
from adapters.neural_device import Device
from tests.adapters.neural_tests import needs_torch

pytestmark = needs_torch

CPU = Device(name="cpu")


class Brightness:
    """A model that measures the mean; what it does besides is given to it."""

    implementation = "tests 1"
    sha256 = ""
    range_top = 1.0

    def __init__(self, what: Callable[[Any], Any] = lambda means: means) -> None:
        self.metric = "brightness"
        self.input = ModelInput(name="small", edge_px=8)
        self.what = what
        self.sizes: list[int] = []

    def measure(self, pictures: Any) -> tuple[Any, None]:
        self.sizes.append(len(pictures))
        return self.what(pictures.mean(dim=(1, 2, 3))), None


def measured(model: Brightness, greys: Sequence[int], *, alone: bool = False) -> list[PhotoScores]:
    """Measure pictures of these grey values as one batch."""
    ready = ReadyMetric(metric=model.metric, implementation="tests 1", weights_sha256="")
    held = {model.metric: Held(model=model, ready=ready, alone=alone)}
    return list(neural_batches.measure([photo(grey) for grey in greys], held, {}, CPU))


def photo(grey: int, edge_px: int = 8) -> PhotoInputs:
    data = bytes([grey]) * (edge_px * edge_px * 3)
    picture = InputPicture(width_px=edge_px, height_px=edge_px, data=data)
    return PhotoInputs(pictures={"small": picture}, metrics=("brightness",))


def outcome(scores: PhotoScores) -> float | str:
    """The value, or why there is none."""
    return scores.scores[0].value if scores.scores else scores.missing[0].code


def test_a_photo_that_a_model_fails_on_is_found_and_left_out() -> None:
    """The others of its batch are measured, one by one."""

    def fail(means: Any) -> Any:
        if (means > 0.9).any():
            msg = "an odd picture\nsecond line"
            raise ValueError(msg)
        return means

    answers = measured(Brightness(fail), [0, 51, 255, 102])
    assert [0.0, 0.2, "ScoringFailed", 0.4] == [outcome(one) for one in answers]
    assert answers[2].missing[0].detail == "ValueError: an odd picture"


def out_of_memory_beyond(limit: int) -> Callable[[Any], Any]:
    """Ask torch itself for more memory than there is, for a batch that is too large."""
    import torch

    def use(means: Any) -> Any:
        if len(means) > limit:
            torch.empty(2**55)
        return means

    return use


def test_a_batch_that_is_too_large_is_halved() -> None:
    """Down to what fits; every photo has its score."""
    model = Brightness(out_of_memory_beyond(2))
    answers = measured(model, [0, 51, 102, 153])
    assert [0.0, 0.2, 0.4, 0.6] == [outcome(one) for one in answers]
    assert [4, 2, 2] == model.sizes


def test_a_photo_that_is_too_large_by_itself_says_so() -> None:
    """That is the machine's fault, and another code than a failure of the model."""
    answers = measured(Brightness(out_of_memory_beyond(0)), [0, 51, 102])
    assert ["ScoringOutOfMemory"] * 3 == [outcome(one) for one in answers]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_score(number: float) -> None:
    """Neither 0 nor the mean of the others stands in for it."""

    def spoil(means: Any) -> Any:
        means[means > 0.9] = number
        return means

    answers = measured(Brightness(spoil), [51, 255])
    assert [0.2, "ScoringFailed"] == [outcome(one) for one in answers]
    assert answers[1].missing[0].detail == f"measured {number}"


def test_more_photos_than_go_at_once_go_in_parts() -> None:
    """In the order in which they came, and pictures of one shape together."""
    model = Brightness()
    ready = ReadyMetric(metric=model.metric, implementation="tests 1", weights_sha256="")
    greys = [0, 51, 102, 153, 204, 255]
    photos = [photo(grey, 8 + place % 2) for place, grey in enumerate(greys)]
    answers = neural_batches.measure(
        photos, {"brightness": Held(model=model, ready=ready)}, {}, Device(name="cpu", batch=2)
    )
    assert [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] == [outcome(one) for one in answers]
    assert [2, 1, 2, 1] == model.sizes
    assert [8, 9, 8, 9, 8, 9] == [one.scores[0].width_px for one in answers]


def draw(means: Any) -> Any:
    """Add chance from all three sources that pyiqa's models draw from."""
    import random

    import torch

    return means + float(torch.rand(1)) + float(np.random.rand()) + random.random()  # noqa: NPY002  (pyiqa does)


def test_chance_gives_a_photo_the_same_value_whatever_its_batch() -> None:
    """A model that draws crops is found out, sees one photo at a time, and draws the same ones."""
    model = Brightness(draw)
    assert neural_device.try_out(model, "cpu").alone
    together = [outcome(one) for one in measured(model, [51, 102, 51], alone=True)]
    assert together[0] == together[2] != together[1]
    assert together[1] == outcome(measured(model, [102], alone=True)[0])


def test_a_model_that_minds_its_neighbours_sees_one_photo_at_a_time() -> None:
    """One that takes no batch, or whose values depend on it; an honest one is not slowed down."""

    def refuse(means: Any) -> Any:
        assert len(means) == 1, "only support batch size 1"
        return means

    assert neural_device.try_out(Brightness(refuse), "cpu").alone
    assert neural_device.try_out(Brightness(lambda means: means - means.mean()), "cpu").alone
    assert not neural_device.try_out(Brightness(), "cpu").alone


def test_a_model_that_says_nan_of_grey_cannot_be_used() -> None:
    """It is found out when it is loaded."""
    problem = neural_device.try_out(Brightness(lambda means: means * math.nan), "cpu").problem
    assert "nan" in problem


class Product:
    """A model that multiplies matrices, which is what half precision rounds."""

    metric = "product"
    implementation = "tests 1"
    sha256 = ""
    range_top = 10.0
    input = ModelInput(name="small", edge_px=8)

    def __init__(self, scale: float) -> None:
        import torch

        self.weight = torch.full((1, 8), scale)

    def measure(self, pictures: Any) -> tuple[Any, None]:
        import torch

        return torch.nn.functional.linear(pictures[:, 0, 0], self.weight)[:, 0], None


def test_half_precision_is_used_where_it_changes_nothing() -> None:
    """By at most 0.02 on a scale to 10; else the metric stays exact, and a person is told."""
    assert neural_device.keeps_its_value(Product(0.01), "cpu", "bfloat16") == ""
    note = neural_device.keeps_its_value(Product(100.0), "cpu", "bfloat16")
    assert "product" in note
    assert "fp32" in note


@pytest.mark.parametrize(("range_top", "allowed"), [(1.0, 0.002), (10.0, 0.02), (100.0, 0.02)])
def test_a_wide_range_allows_no_more(range_top: float, allowed: float) -> None:
    """A metric of 0 to 100 is held to what one of 0 to 10 is."""
    model = Brightness()
    model.range_top = range_top
    assert neural_device.tolerance(model) == pytest.approx(allowed)


def test_half_precision_that_turns_embeddings_is_not_used() -> None:
    """Even where the scores are the same: `similar` and `search` live on the embeddings."""

    class Turning(Brightness):
        def __init__(self, angle: float) -> None:
            super().__init__()
            self.angle = angle

        def measure(self, pictures: Any) -> tuple[Any, Any]:
            import torch

            values, _ = super().measure(pictures)
            angle = torch.tensor(self.angle if torch.is_autocast_enabled("cpu") else 0.0)
            return values, torch.stack([angle.cos(), angle.sin()]).repeat(len(values), 1)

    assert neural_device.keeps_its_value(Turning(0.03), "cpu", "bfloat16") == ""
    for angle in (0.1, math.nan):
        note = neural_device.keeps_its_value(Turning(angle), "cpu", "bfloat16")
        assert note.startswith("brightness is measured in fp32: bfloat16 turns embeddings")


def test_half_precision_that_fails_is_not_used() -> None:
    """Nor is one that gives no numbers."""

    def only_exact(means: Any) -> Any:
        import torch

        if torch.is_autocast_enabled("cpu"):
            msg = "not implemented for 'BFloat16'"
            raise RuntimeError(msg)
        return means

    def nan_in_half(means: Any) -> Any:
        import torch

        return means * (math.nan if torch.is_autocast_enabled("cpu") else 1)

    assert "BFloat16" in neural_device.keeps_its_value(Brightness(only_exact), "cpu", "bfloat16")
    assert "nan" in neural_device.keeps_its_value(Brightness(nan_in_half), "cpu", "bfloat16")


def test_too_little_memory_is_recognised_through_a_library_s_own_error() -> None:
    """And nothing else is taken for it."""
    import torch

    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**55)
    assert neural_device.is_out_of_memory(caught.value)
    wrapped = ValueError("could not load")
    wrapped.__cause__ = caught.value
    assert neural_device.is_out_of_memory(wrapped)
    assert neural_device.is_out_of_memory(MemoryError())
    assert neural_device.is_out_of_memory(OSError(errno.ENOMEM, "Cannot allocate memory"))
    assert neural_device.is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not neural_device.is_out_of_memory(ValueError("size mismatch"))
    assert not neural_device.is_out_of_memory(OSError("out of memory of what"))


def test_the_made_up_pictures_are_the_same_every_time() -> None:
    """Of the size that the model is shown, and none of them plain."""
    import torch

    for metric in (neural.CLIP, "topiq_iaa_res50"):
        first, second = (neural_device.probes(neural.input_of(metric)) for _ in range(2))
        assert torch.equal(first, second)
        assert float(first.min()) >= 0
        assert float(first.max()) <= 1
        assert all(float(one.std()) > 0.1 for one in first)
