"""
BRISQUE: how unnatural the fine structure of a picture is. 0 to about 100, lower is better.

Promises the score that pyiqa 0.1.16 gives for `brisque` on the same pixels, within 0.05, without
torch. For that it repeats pyiqa's float32 arithmetic operation by operation up to the statistics:
in flat areas (a blown sky, a black border) the differences between a pixel and its surroundings
are rounding noise, and the *sign* of that noise is counted. Computed more exactly, the score of
such a picture moves by up to 3 points; it would be no better, only incomparable. The statistics
and the regression after them are summed in float64.

Works through the picture in strips that fit into the cache: beside the pixels it needs one
float32 plane and half of one.

Sources: A. Mittal, A. K. Moorthy, A. C. Bovik, "No-Reference Image Quality Assessment in the
Spatial Domain", IEEE TIP 21(12), 2012; regression of the LIVE release, `weights/`; order of
operations from pyiqa 0.1.16 (`archs/brisque_arch.py`, version "original").
"""

import hashlib
import io
import math
from functools import cache
from importlib import resources
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.errors import AdapterError

IMPLEMENTATION = "photojournal.brisque 1"
"""Raised when the score of any picture changes by more than float noise."""

WEIGHTS_SHA256 = "cd13b82747387de4a8fe1edd1f322cdb4fba09dee4709b91fd0c22972cdc3b6d"

SIDE_MIN_PX = 16
"""Below this the second scale is smaller than the 7 x 7 window of the statistics."""

Float32 = NDArray[np.float32]

_STRIP_BYTES = 384 * 1024
_REGISTER = 64
_NOTHING = 1e-16
"""Mean square of the normalised plane at which pyiqa, too, sees no structure (deviation 1e-8)."""
_EPSILON = np.float32(np.finfo(np.float32).eps)
_ONE = np.float32(1)


class Undefined(Exception):
    """BRISQUE has no value for this picture; the message says why."""


class _Weights(NamedTuple):
    coefficients: NDArray[np.float64]
    vectors: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    gamma: float
    rho: float


def brisque(rgb: NDArray[np.uint8]) -> float:
    """
    Score a picture.

    Args:
        rgb: sRGB uint8, height x width x 3, both sides at least `SIDE_MIN_PX`.

    Returns:
        The raw score, about 0 (natural) to 100 (distorted); a little outside is possible.

    Raises:
        Undefined: too small, or without any structure (one colour, as a black frame).
        AdapterError: `ScoringDependency`, the weights are missing or damaged.
    """
    weights = _weights()
    features = brisque_features(rgb)
    scaled = 2 * (features - weights.lower) / (weights.upper - weights.lower) - 1
    distances = np.square(weights.vectors - scaled).sum(axis=1)
    return float(np.exp(-weights.gamma * distances) @ weights.coefficients - weights.rho)


def brisque_features(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """
    Measure the 36 features: 18 statistics at full size and 18 at half size.

    Raises:
        Undefined: see `brisque`.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < SIDE_MIN_PX:
        msg = f"the picture is {width} x {height} pixels, BRISQUE needs {SIDE_MIN_PX} a side"
        raise Undefined(msg)
    luma = _luma(rgb)
    features = _scale_features(luma) + _scale_features(_halve(luma))
    if not all(map(math.isfinite, features)):
        msg = "the picture has too little structure for BRISQUE"
        raise Undefined(msg)
    return np.array(features)


@cache
def _weights() -> _Weights:
    msg = "the BRISQUE weights that came with the program are missing or damaged"
    try:
        packed = resources.files("adapters").joinpath("weights/brisque_live.npz").read_bytes()
    except OSError as error:
        raise AdapterError(code="ScoringDependency", detail=msg) from error
    if hashlib.sha256(packed).hexdigest() != WEIGHTS_SHA256:
        raise AdapterError(code="ScoringDependency", detail=msg)
    with np.load(io.BytesIO(packed), allow_pickle=False) as data:
        return _Weights(
            coefficients=data["coefficients"],
            vectors=data["vectors"].astype(np.float64),
            lower=data["lower"],
            upper=data["upper"],
            gamma=float(data["gamma"]),
            rho=float(data["rho"]),
        )


# --- From pixels to the plane of grey values, and to half its size.


def _rows_per_strip(width: int) -> int:
    return max(8, _STRIP_BYTES // (4 * width)) & ~1


def _luma(rgb: NDArray[np.uint8]) -> Float32:
    """Return Y of YIQ, 0 to 255, rounded to whole numbers, height x width."""
    height, width = rgb.shape[:2]
    luma: Float32 = np.empty((height, width), np.float32)
    mix = np.array([[299, 587, 114]], np.float32)
    step = _rows_per_strip(width)
    for top in range(0, height, step):
        pixels = np.ascontiguousarray(rgb[top : top + step])
        thousands = cv2.transform(pixels.astype(np.float32), mix).reshape(len(pixels), width)
        rounded = luma[top : top + step]
        exact = thousands / np.float32(1000)
        np.rint(exact, out=rounded)
        np.subtract(exact, rounded, out=exact)
        ties = np.flatnonzero(np.abs(exact, out=exact) == np.float32(0.5))
        if len(ties):
            rounded.flat[ties] = _luma_of_ties(pixels.reshape(-1, 3)[ties])
    return luma


def _luma_of_ties(rgb: NDArray[np.uint8]) -> Float32:
    """Round pixels (n x 3) whose Y ends in exactly .5 to the side that float32 falls to."""
    red, green, blue = (rgb.astype(np.float32) / np.float32(255)).T
    y = red * np.float32(0.299)
    y = _multiply_add(green, np.float32(0.587), y)
    y = _multiply_add(blue, np.float32(0.114), y)
    rounded: Float32 = np.rint(y * np.float32(255))
    return rounded


def _multiply_add(a: Float32, b: np.float32, c: Float32) -> Float32:
    """Return a * b + c, rounded to float32 once, as a fused instruction does."""
    return (a.astype(np.float64) * np.float64(b) + c).astype(np.float32)


@cache
def _cubic() -> Float32:
    """Return the 8 weights of MATLAB's `imresize(0.5, 'bicubic')` with antialiasing."""
    x = np.abs((np.arange(8) - 3.5) / 2)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    taps = np.where(x <= 1, near, far)
    return np.asarray(taps / taps.sum(), np.float32)


def _halve(luma: Float32) -> Float32:
    """Return the plane at half size (rounded up); edges are mirrored."""
    height, width = luma.shape
    rows, columns = (height + 1) // 2, (width + 1) // 2
    half: Float32 = np.empty((rows, columns), np.float32)
    step = _rows_per_strip(width)
    for top in range(0, rows, step):
        bottom = min(top + step, rows)
        first, last = 2 * top - 3, 2 * bottom + 3
        strip = luma[max(first, 0) : min(last, height)]
        missing = (max(-first, 0), max(last - height, 0))
        if any(missing):
            strip = np.pad(strip, (missing, (0, 0)), mode="symmetric")
        tall = _weigh([strip[i : i + 2 * (bottom - top) - 1 : 2] for i in range(8)])
        wide = np.pad(tall, ((0, 0), (3, 3 + width % 2)), mode="symmetric")
        half[top:bottom] = _weigh([wide[:, i : i + 2 * columns - 1 : 2] for i in range(8)])
    return half


def _weigh(planes: list[Float32]) -> Float32:
    """Return the sum of the planes times the cubic weights, added from first to last."""
    total: Float32 = planes[0] * _cubic()[0]
    product = np.empty_like(total)
    for plane, weight in zip(planes[1:], _cubic()[1:], strict=True):
        np.multiply(plane, weight, out=product)
        total += product
    return total


# --- Statistics of one scale.


class _Moments:
    """Sums over the products of neighbours: what an asymmetric Gaussian is fitted to."""

    def __init__(self) -> None:
        self.count_left = 0
        self.count_right = 0
        self.squares_left = 0.0
        self.squares = 0.0
        self.absolute = 0.0

    def add(self, products: Float32, left: Float32) -> None:
        """Count in a strip of products; `left` is room for those below 0."""
        np.minimum(products, 0, out=left)
        count_left = cv2.countNonZero(left)
        self.count_left += count_left
        self.count_right += cv2.countNonZero(products) - count_left
        flat, flat_left = products.reshape(-1), left.reshape(-1)
        self.squares += float(np.dot(flat, flat))
        self.squares_left += float(np.dot(flat_left, flat_left))
        self.absolute += cv2.norm(products, cv2.NORM_L1)


def _scale_features(luma: Float32) -> list[float]:
    """Return the 18 statistics of one scale; NaN where there is nothing to measure."""
    size = luma.size
    pairs, absolute, squares = _neighbours(luma)
    if squares / size < _NOTHING or not all(p.count_left and p.count_right for p in pairs):
        return [math.nan] * 18
    mean_square = squares / size
    features = [_symmetric_shape(mean_square / (absolute / size) ** 2), mean_square]
    for moments in pairs:
        features += _asymmetric_fit(moments, size)
    return features


def _neighbours(luma: Float32) -> tuple[list[_Moments], float, float]:
    """
    Normalise the plane and multiply each value with its neighbours.

    Neighbours: left, above, above left, above right; beyond an edge lies the opposite edge.

    Returns:
        The moments of the four directions, the sum of the absolute values and of the squares.
    """
    height, width = luma.shape
    pairs = [_Moments() for _ in range(4)]
    absolute = squares = 0.0
    step = _rows_per_strip(width)
    strip = np.empty((step + 1, width + 1), np.float32)
    room = np.empty((2, step, width), np.float32)
    strip[0, 1:] = _normalised(luma, height - 1, height)[0]
    for top in range(0, height, step):
        rows = min(step, height - top)
        values = _normalised(luma, top, top + rows)
        strip[1 : rows + 1, 1:] = values
        strip[: rows + 1, 0] = strip[: rows + 1, width]
        above, here = strip[:rows], strip[1 : rows + 1]
        product, left = room[0, :rows], room[1, :rows]
        neighbours = (
            (here[:, 1:], here[:, :-1]),
            (here[:, 1:], above[:, 1:]),
            (here[:, 1:], above[:, :-1]),
            (here[:, :-1], above[:, 1:]),
        )
        for moments, (one, other) in zip(pairs, neighbours, strict=True):
            moments.add(np.multiply(one, other, out=product), left)
        flat = values.reshape(-1)
        absolute += cv2.norm(values, cv2.NORM_L1)
        squares += float(np.dot(flat, flat))
        strip[0] = strip[rows]
    return pairs, absolute, squares


@cache
def _window() -> Float32:
    """Return the 7 x 7 Gaussian window, sigma 7/6, sum 1."""
    y, x = np.ogrid[-3:4, -3:4]
    window = np.exp(-(x * x + y * y) / (2 * (7 / 6) ** 2))
    return np.asarray(window / window.sum(), np.float32)


def _smooth(strip: Float32) -> Float32:
    """
    Return the strip under the window; outside lies 0.

    The window is applied as one sum of 49 terms with fused multiply-add, as torch does it (a
    separable filter rounds otherwise). OpenCV rounds the last columns otherwise too, those beyond
    a whole vector register: so the width is filled up with zeros and they are thrown away.
    """
    width = strip.shape[1]
    if width % _REGISTER:
        strip = np.pad(strip, ((0, 0), (0, -width % _REGISTER)))
    smooth = cv2.filter2D(strip, cv2.CV_32F, _window(), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(smooth, np.float32)[:, :width]


def _normalised(luma: Float32, top: int, bottom: int) -> Float32:
    """
    Return rows of the plane less the local mean, over the local deviation + 1.

    Outside the plane lies 0.
    """
    start, end = max(top - 3, 0), min(bottom + 3, len(luma))
    strip = luma[start:end]
    inner = slice(top - start, bottom - start)
    mean = _smooth(strip)[inner]
    spread = _smooth(strip * strip)[inner]
    spread -= mean * mean
    np.abs(spread, out=spread)
    spread += _EPSILON
    np.sqrt(spread, out=spread)
    spread += _ONE
    values: Float32 = np.subtract(luma[top:bottom], mean)
    values /= spread
    return values


# --- Fits: the shape of a generalised Gaussian is looked up in a table of moment ratios.


@cache
def _shapes() -> tuple[Float32, Float32]:
    """Return shapes 0.2 to 10 in steps of 0.001, and gamma(2/a)^2 / (gamma(1/a) gamma(3/a))."""
    shapes = np.arange(0.2, 10 + 0.001, 0.001).astype(np.float32)
    one, two, three = (_log_gamma(np.float32(n) / shapes) for n in (1, 2, 3))
    return shapes, np.exp(2 * two - (one + three))


def _log_gamma(x: Float32) -> Float32:
    return np.array([math.lgamma(value) for value in x.tolist()], np.float32)


def _symmetric_shape(ratio: float) -> float:
    shapes, ratios = _shapes()
    return float(shapes[np.abs(np.float32(ratio) - 1 / ratios).argmin()])


def _asymmetric_fit(moments: _Moments, size: int) -> list[float]:
    """Return shape, mean, left and right variance of the products of one direction."""
    left = moments.squares_left / moments.count_left
    right = (moments.squares - moments.squares_left) / moments.count_right
    skew = math.sqrt(left / right)
    mean_absolute = moments.absolute / size
    ratio = mean_absolute**2 / (moments.squares / size)
    ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shapes, ratios = _shapes()
    shape = float(shapes[np.abs(ratios - np.float32(ratio)).argmin()])
    one, two, three = (math.lgamma(n / shape) for n in (1, 2, 3))
    mean = (math.sqrt(right) - math.sqrt(left)) * math.exp(two - (one + three) / 2)
    return [shape, mean, left, right]
