"""
Cuts the small picture that a model is shown from the upright proxy; Pillow and numpy, no torch.

The cut is the one that the model was trained with, to the pixel: the sizes are rounded as
torchvision's `Resize` and `CenterCrop` round them, the filters are Pillow's. A picture that is more
than `LONGEST_RATIO` times as long as it is wide is cut to its middle first where its short side
becomes the measure: a strip of 1 by 4096 would take gigabytes.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adapters.neural import InputPicture, ModelInput

LONGEST_RATIO = 16
"""Long side to short side. No camera makes such a picture; a scan or a diagram may be one."""

_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


def cut(proxy: NDArray[np.uint8], model_input: ModelInput) -> InputPicture:
    """
    Return the picture for a model.

    Args:
        proxy: RGB uint8, height x width x 3, upright.
        model_input: how it is cut.
    """
    image = Image.fromarray(proxy)
    if model_input.side == "long":
        image = _shrunk(image, model_input)
    else:
        image = _fitted(_without_ends(image), model_input)
    if model_input.crop:
        image = _middle(image, model_input.edge_px)
    return InputPicture(width_px=image.width, height_px=image.height, data=image.tobytes())


def _shrunk(image: Image.Image, model_input: ModelInput) -> Image.Image:
    """Return the picture with its long side at most `edge_px`; never enlarged."""
    longest = max(image.size)
    if longest <= model_input.edge_px:
        return image
    width, height = (max(1, round(n * model_input.edge_px / longest)) for n in image.size)
    return image.resize((width, height), _FILTERS[model_input.resample])


def _fitted(image: Image.Image, model_input: ModelInput) -> Image.Image:
    """Return the picture with its short side `edge_px`, as torchvision's `Resize` makes it."""
    edge = model_input.edge_px
    short, long = sorted(image.size)
    other = int(edge * long / short)
    size = (edge, other) if image.width <= image.height else (other, edge)
    return image if image.size == size else image.resize(size, _FILTERS[model_input.resample])


def _middle(image: Image.Image, edge_px: int) -> Image.Image:
    """Return the middle square, as torchvision's `CenterCrop` cuts it: halves go to the even."""
    left = round((image.width - edge_px) / 2)
    top = round((image.height - edge_px) / 2)
    return image.crop((left, top, left + edge_px, top + edge_px))


def _without_ends(image: Image.Image) -> Image.Image:
    """Return the middle of a picture that is too long."""
    short, long = sorted(image.size)
    if long <= short * LONGEST_RATIO:
        return image
    kept = short * LONGEST_RATIO
    start = (long - kept) // 2
    if image.width > image.height:
        return image.crop((start, 0, start + kept, image.height))
    return image.crop((0, start, image.width, start + kept))
