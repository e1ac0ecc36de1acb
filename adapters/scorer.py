"""
The scorer: measures a photo, bytes in, numbers out.

A photo is decoded once. BRISQUE sees its pixels as they are stored, at full size, so that the value
is the one that pyiqa gives for the file (it depends a little on orientation, as pyiqa's does). The
others see one upright proxy of at most `PROXY_EDGE_PX` a side. Each score says its size and how
long it took; decoding is part of none. A metric that can not be computed is reported as missing
with the reason: no number ever stands in for it.

Formulas, ranges and directions: the table in `machine.quality`. Sharpness, brightness and contrast
are taken from the grey values 0 to 255 (BT.601). Source of formulas and proxy size: the
predecessor's batch scorer. The proxy is reduced with a Lanczos filter.
"""

import time
from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from adapters import brisque as brisque_model
from adapters import model_inputs
from adapters.decode import Unreadable, load, open_turn, opened, rgb, turned
from adapters.errors import AdapterError
from adapters.neural import InputPicture, ModelInput
from machine.quality import PROFILES
from machine.values import MissingScore, Score

PROXY_EDGE_PX = 4096
"""Longest side of what is measured: bounds time and memory, and makes cameras comparable."""

BRISQUE_PIXELS_MAX = 60_000_000
"""A larger photo is measured on the proxy instead: the float planes would take gigabytes."""

IMPLEMENTATION = "photojournal.scorer 1"
"""Raised when a formula or the proxy changes."""

BLUR_FULL = 200.0
BRIGHTNESS_MIDDLE = 128.0
CONTRAST_FULL = 64.0
SCALE = 10.0
_DECIMALS = 4

RGB = NDArray[np.uint8]


class Measurement(Struct, frozen=True, kw_only=True):
    """What was measured of one photo."""

    scores: tuple[Score, ...] = ()
    missing: tuple[MissingScore, ...] = ()
    """Metrics that have no score, each with the reason."""
    inputs: dict[str, InputPicture] = {}
    """What models are shown, by name."""


def measure(
    photo: bytes,
    metrics: Sequence[str] = PROFILES["embedded"],
    inputs: Sequence[ModelInput] = (),
) -> Measurement:
    """
    Measure what needs no model, and cut the pictures that models are shown.

    Args:
        photo: The bytes of a photo, any format and mode that `adapters.decode` reads.
        metrics: Some of those of the profile `embedded`.
        inputs: What to cut from the upright proxy.

    Returns:
        A score or a missing score for each metric.

    Raises:
        AdapterError: `ScoringUnreadable` (not a photo, damaged, or too large: permanent),
            `ScoringDependency` (bundled weights damaged), `ScoringOutOfMemory`.
        KeyError: a metric that needs a model.
    """
    try:
        stored, pixels = views(photo)
    except Unreadable as error:
        raise AdapterError(code="ScoringUnreadable", detail=str(error)) from error
    scores: list[Score] = []
    missing: list[MissingScore] = []
    measured = _simple(pixels)
    for metric in metrics:
        if metric == "brisque_score":
            outcome = _brisque(stored)
        else:
            value, seconds = measured[metric]
            outcome = _score(metric, value, seconds, pixels, (IMPLEMENTATION, ""))
        if isinstance(outcome, Score):
            scores.append(outcome)
        else:
            missing.append(outcome)
    cut = {one.name: model_inputs.cut(pixels, one) for one in inputs}
    return Measurement(scores=tuple(scores), missing=tuple(missing), inputs=cut)


def views(photo: bytes) -> tuple[RGB, RGB]:
    """
    Return the picture as stored and as proxy: RGB uint8, height x width x 3, from one decode.

    The proxy is upright and at most `PROXY_EDGE_PX` a side, never enlarged; transparent parts are
    white. A picture beyond `BRISQUE_PIXELS_MAX` is given as its proxy twice.

    Raises:
        Unreadable: it can not be decoded.
    """
    with opened(photo) as image:
        turn = open_turn(image)
        load(image)
        picture = rgb(image)
        stored = picture
        longest = max(picture.size)
        if longest > PROXY_EDGE_PX:
            width, height = (max(1, round(n * PROXY_EDGE_PX / longest)) for n in picture.size)
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        shown = turned(picture, turn)
        upright = np.asarray(shown)
    if shown is stored or stored.width * stored.height > BRISQUE_PIXELS_MAX:
        return upright, upright
    return np.asarray(stored), upright


def _brisque(pixels: RGB) -> Score | MissingScore:
    metric = "brisque_score"
    start = time.perf_counter()
    try:
        value = brisque_model.brisque(pixels)
    except brisque_model.Undefined as error:
        return MissingScore(metric=metric, code="ScoreIncomplete", detail=str(error))
    made_by = (brisque_model.IMPLEMENTATION, brisque_model.WEIGHTS_SHA256)
    return _score(metric, value, time.perf_counter() - start, pixels, made_by)


def _simple(pixels: RGB) -> dict[str, tuple[float, float]]:
    """
    Return the metrics of sharpness and tone, 0 to 10, each with the seconds it took.

    What several share counts to the first one: the grey plane to sharpness, mean and deviation to
    brightness. So the times add up to what was spent.
    """
    start = time.perf_counter()
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    _, edges = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    sharp = time.perf_counter()
    mean, deviation = cv2.meanStdDev(grey)
    end = time.perf_counter()
    off_middle = abs(float(mean[0, 0]) - BRIGHTNESS_MIDDLE) / BRIGHTNESS_MIDDLE
    return {
        "blur_score": (min(float(edges[0, 0]) ** 2 / BLUR_FULL, 1.0) * SCALE, sharp - start),
        "brightness_score": ((1.0 - off_middle) * SCALE, end - sharp),
        "contrast_score": (min(float(deviation[0, 0]) / CONTRAST_FULL, 1.0) * SCALE, 0.0),
    }


def _score(
    metric: str, value: float, seconds: float, pixels: RGB, made_by: tuple[str, str]
) -> Score:
    """Return a score; `made_by`: the implementation and the SHA-256 of its weights."""
    height, width = pixels.shape[:2]
    return Score(
        metric=metric,
        value=round(value, _DECIMALS),
        implementation=made_by[0],
        weights_sha256=made_by[1],
        width_px=width,
        height_px=height,
        duration_ms=round(seconds * 1000),
    )
