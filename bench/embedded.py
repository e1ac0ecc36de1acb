"""
The embedded profile in a worker: photos a second, and memory over many photos.

Beside it stands the naive way: each metric decodes the photo for itself, and BRISQUE is a call of
pyiqa. Where that is not installed (the `score` extra), our own BRISQUE stands in for it, and the
line says so. Each way has a worker process of its own, whose libraries get one thread, as they do
in a run on several cores; they take turns with the same photos, and a photo counts from the
hand-over of its bytes to the answer.
"""

import io
import os
import statistics
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import msgspec
import numpy as np
from PIL import Image

from adapters import brisque, scorer
from adapters.workers import WorkerResult, Workers
from bench.measure import line, ratios, seconds
from machine.quality import PROFILES
from tests.adapters import pyiqa_reference

ROUNDS = 5
FEW, MANY = 100, 500
GOAL_MEMORY = 1.05
WITHIN = 0.05
ONE_THREAD = {f"{one}_NUM_THREADS": "1" for one in ("MKL", "OMP", "OPENBLAS")}
"""Read by the libraries when a worker starts; OpenCV has to be told in the worker."""
SAMPLES = Path(__file__).parents[1] / "samples"
DAMAGED = "damaged_coffee.jpg"
FUNCTIONS = {
    "together": "bench.embedded:together",
    "apart": "bench.embedded:apart",
    "memory": "bench.embedded:memory",
}


def together(photo: bytes, _argument: bytes) -> bytes:
    """Measure the embedded profile."""
    cv2.setNumThreads(1)
    return msgspec.json.encode({one.metric: one.value for one in scorer.measure(photo).scores})


def apart(photo: bytes, _argument: bytes) -> bytes:
    """Measure the metrics of the embedded profile, each from a decode of its own."""
    cv2.setNumThreads(1)
    found: dict[str, float] = {}
    for metric in PROFILES["embedded"]:
        if metric == "brisque_score":
            found[metric] = _brisque(photo)
        else:
            found[metric] = _of_grey(metric, scorer.views(photo)[1])
    return msgspec.json.encode(found)


@cache
def _pyiqa() -> pyiqa_reference.Metric | None:
    return pyiqa_reference.metric() if pyiqa_reference.installed() else None


def _brisque(photo: bytes) -> float:
    metric = _pyiqa()
    if metric is None:
        return brisque.brisque(scorer.views(photo)[0])
    return float(metric(Image.open(io.BytesIO(photo)).convert("RGB")))


def _of_grey(metric: str, pixels: scorer.RGB) -> float:
    """Do the work of one metric of sharpness or tone, and no more."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if metric == "blur_score":
        return float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1][0, 0])
    return float(cv2.meanStdDev(grey)[0][0, 0])


def memory(_photo: bytes, _argument: bytes) -> bytes:
    """Return the bytes of memory that this process held at most; 0 where that is not known."""
    status = Path("/proc/self/status")
    known = status.read_text().splitlines() if status.is_file() else []
    peak_kib = [one.split()[1] for one in known if one.startswith("VmHWM:")]
    return str(1024 * int(peak_kib[0]) if peak_kib else 0).encode()


def twelve_megapixels() -> bytes:
    """Return a 4000 x 3000 JPEG with detail at every scale, the same each time."""
    random = np.random.default_rng(7)
    layers = np.zeros((3000, 4000, 3), np.float32)
    for scale in (8, 40, 200, 1000):
        small = random.random((3000 // scale + 1, 4000 // scale + 1, 3), dtype=np.float32)
        grown = Image.fromarray((small * 255).astype(np.uint8)).resize((4000, 3000))
        layers += np.asarray(grown, np.float32) / 4
    buffer = io.BytesIO()
    Image.fromarray(layers.astype(np.uint8)).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def rounds() -> list[dict[str, Any]]:
    """Return the speed beside the naive way on two kinds of photos, and the growth of memory."""
    samples = [one.read_bytes() for one in sorted(SAMPLES.glob("*.jpg")) if one.name != DAMAGED]
    large = [twelve_megapixels()]
    with patch.dict(os.environ, ONE_THREAD), _worker() as ours, _worker() as naive:
        return [
            _speed("embedded profile, samples", ours, naive, samples),
            _speed("embedded profile, 12 MP", ours, naive, large * 2),
            _memory([*samples, *large]),
        ]


def _worker() -> Workers:
    return Workers(1, functions=FUNCTIONS, tasks_per_process=10 * MANY)


def _ask(workers: Workers, task: str, photo: bytes) -> bytes:
    answer = workers.submit(task, photo, b"").result()
    assert isinstance(answer, WorkerResult), answer
    return answer.data


def _asker(workers: Workers, task: str, photos: list[bytes]) -> Callable[[], list[float]]:
    """Return what measures the photos one after another and returns their BRISQUE."""

    def ask() -> list[float]:
        answers = [_ask(workers, task, photo) for photo in photos]
        return [msgspec.json.decode(answer)["brisque_score"] for answer in answers]

    return ask


def _speed(what: str, ours: Workers, naive: Workers, photos: list[bytes]) -> dict[str, Any]:
    mine, theirs = _asker(ours, "together", photos), _asker(naive, "apart", photos)
    pairs = zip(mine(), theirs(), strict=True)
    distance = max(abs(one - other) for one, other in pairs)
    assert distance <= WITHIN, f"scores are {distance} apart"
    fast: list[float] = []
    slow: list[float] = []
    for _ in range(ROUNDS):
        fast.append(seconds(mine))
        slow.append(seconds(theirs))
    rates = [len(photos) / statistics.median(times) for times in (fast, slow)]
    detail = (
        f"{rates[0]:.2f} photos/s beside {rates[1]:.2f}, a worker of one thread each,"
        f" BRISQUE at most {distance:.4f} apart"
    )
    unit = "x pyiqa, and each metric decoding for itself"
    if not pyiqa_reference.installed():
        unit = f"x each metric decoding for itself ({pyiqa_reference.LACKING})"
    return line(what, ratios(slow, fast), unit, detail=detail)


def _memory(photos: list[bytes]) -> dict[str, Any]:
    """Return the peak of memory over many photos as a ratio to that over few, in a new process."""
    peaks: list[int] = []
    with patch.dict(os.environ, ONE_THREAD), _worker() as workers:
        for number in range(1, MANY + 1):
            _ask(workers, "together", photos[-number % len(photos)])
            if number in (FEW, MANY):
                peaks.append(int(_ask(workers, "memory", b"-")))
    mib = [round(one / 2**20) for one in peaks]
    detail = f"peak {mib[0]} MiB over {FEW} photos, {mib[1]} MiB over {MANY}, 12 MP among them"
    growth = peaks[1] / peaks[0] if peaks[0] else 0.0
    return line("memory of a worker", growth, "x", goal=GOAL_MEMORY, at_most=True, detail=detail)
