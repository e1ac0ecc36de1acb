"""The picture that a model is shown: the cut that the model was trained with, to the pixel."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from adapters import model_inputs, neural
from adapters.scorer import views
from tests.adapters.neural_tests import needs_torch, sample

CLIP = neural.input_of(neural.CLIP)
NIMA = neural.input_of("nima_score")
TOPIQ = neural.input_of("topiq_iaa_res50")


def picture(width: int, height: int) -> NDArray[np.uint8]:
    """A picture of that size, with soft shapes and grain."""
    chance = np.random.default_rng(width * 10_000 + height)
    coarse = Image.fromarray(chance.integers(0, 256, (7, 9, 3), np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    grain = chance.integers(-20, 21, soft.shape)
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


def pixels(cut: neural.InputPicture) -> NDArray[np.uint8]:
    return np.frombuffer(cut.data, np.uint8).reshape(cut.height_px, cut.width_px, 3)


@needs_torch
@pytest.mark.parametrize(
    ("width", "height"),
    [
        (640, 427), (427, 640), (512, 512), (1000, 333), (333, 1001), (1600, 100), (99, 1500),
        (224, 224), (224, 500), (225, 224), (223, 224), (3, 5), (1, 1), (40, 3), (2400, 1601),
    ],
)  # fmt: skip
def test_clip_is_shown_what_its_own_transform_makes(width: int, height: int) -> None:
    """The cut equals open_clip's transform before the tensor, whatever the size."""
    from open_clip.transform import image_transform

    proxy = picture(width, height)
    resize, crop = image_transform(224, is_train=False).transforms[:2]
    assert np.array_equal(
        np.asarray(crop(resize(Image.fromarray(proxy)))), pixels(model_inputs.cut(proxy, CLIP))
    )


@needs_torch
@pytest.mark.parametrize("name", ["chelsea", "rocket", "hubble_deep_field"])
def test_clip_is_shown_a_photo_as_its_own_transform_shows_it(name: str) -> None:
    """The same for real photos, through tensor and normalisation."""
    import torch
    from open_clip.transform import image_transform

    from adapters.neural_batches import stacked

    transform = image_transform(224, is_train=False)
    _, proxy = views(sample(name))
    tensor = stacked([model_inputs.cut(proxy, CLIP)])[0]
    assert torch.equal(transform(Image.fromarray(proxy)), transform.transforms[-1](tensor))


@needs_torch
@pytest.mark.parametrize("name", ["chelsea", "china", "rocket"])
def test_nima_is_shown_what_pyiqa_would_have_cut(name: str) -> None:
    """Pillow's bilinear cut and torch's on a tensor differ by rounding alone."""
    from torchvision.transforms import functional

    from adapters.neural_batches import stacked

    _, proxy = views(sample(name))
    tensor = stacked([neural.InputPicture(
        width_px=proxy.shape[1], height_px=proxy.shape[0], data=proxy.tobytes()
    )])  # fmt: skip
    theirs = functional.center_crop(functional.resize(tensor, 299), 299)
    ours = stacked([model_inputs.cut(proxy, NIMA)])
    assert theirs.shape == ours.shape
    assert float((theirs - ours).abs().mean()) < 2 / 255


@needs_torch
@pytest.mark.parametrize(("width", "height"), [(640, 427), (427, 640), (384, 700), (50, 90)])
def test_a_model_that_crops_nothing_gets_the_whole_picture(width: int, height: int) -> None:
    """Its short side is the measure, and the long one is rounded as torchvision rounds it."""
    import torch
    from torchvision.transforms import functional

    cut = model_inputs.cut(picture(width, height), TOPIQ)
    resized = functional.resize(torch.zeros(1, 3, height, width), 384)
    assert (cut.height_px, cut.width_px) == tuple(resized.shape[2:])


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1536, 1024, (1024, 683)), (1024, 1536, (683, 1024)), (800, 600, (800, 600)), (1, 1, (1, 1)),
     (4096, 1, (1024, 1))],
)  # fmt: skip
def test_other_metrics_see_at_most_1024_pixels(
    width: int, height: int, expected: tuple[int, int]
) -> None:
    """The long side is reduced, never enlarged, and nothing is cut off."""
    cut = model_inputs.cut(picture(width, height), neural.OTHER_INPUT)
    assert expected == (cut.width_px, cut.height_px)
    assert len(cut.data) == cut.width_px * cut.height_px * 3


@pytest.mark.parametrize("shape", [(1, 4096), (4096, 1), (3, 4000)])
@pytest.mark.parametrize("model_input", [CLIP, NIMA, TOPIQ])
def test_a_strip_takes_no_gigabytes(shape: tuple[int, int], model_input: neural.ModelInput) -> None:
    """A picture far longer than wide is measured on its middle: a model would need 1.5 million."""
    cut = model_inputs.cut(picture(*shape), model_input)
    assert max(cut.width_px, cut.height_px) <= model_input.edge_px * model_inputs.LONGEST_RATIO
    assert len(cut.data) == cut.width_px * cut.height_px * 3


def test_the_middle_of_a_strip_is_what_is_kept() -> None:
    """Not its beginning."""
    strip = np.zeros((10, 2000, 3), np.uint8)
    strip[:, 990:1010] = 255
    assert pixels(model_inputs.cut(strip, CLIP)).mean() > 200


def test_orientation_is_that_of_the_proxy() -> None:
    """A photo that the camera turned is cut upright."""
    image = Image.fromarray(picture(300, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif)
    proxy = views(stream.getvalue())[1]
    cut = model_inputs.cut(proxy, neural.OTHER_INPUT)
    assert (200, 300) == (cut.width_px, cut.height_px)
