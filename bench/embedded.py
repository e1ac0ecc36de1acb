"""
The embedded profile in a worker: photos a second, and memory after few and after many photos.

Beside it stands the naive way, each metric decoding for itself. Both are tasks of the same worker
process with the same photos; a photo counts from the hand-over of its bytes to the answer.
"""

import io
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from adapters import brisque, scorer
from adapters.workers import FUNCTIONS, WorkerResult, Workers
from bench.measure import line, ratios, seconds
from machine.quality import PROFILES

ROUNDS = 5
FEW, MANY = 10, 500
GOAL_MEMORY = 1.05
SAMPLES = Path(__file__).parents[1] / "samples"
DAMAGED = "damaged_coffee.jpg"
FUNCTIONS_HERE = {
    **FUNCTIONS,
    "apart": "bench.embedded:apart",
    "memory": "bench.embedded:memory",
}


def apart(photo: bytes, _argument: bytes) -> bytes:
    """Measure the metrics of the embedded profile, each from a decode of its own."""
    found: dict[str, float] = {}
    for metric in PROFILES["embedded"]:
        stored, upright = scorer.views(photo)
        if metric == "brisque_score":
            found[metric] = brisque.brisque(stored)
        else:
            found[metric] = _of_grey(metric, upright)
    return msgspec.json.encode(found)


def _of_grey(metric: str, pixels: scorer.RGB) -> float:
    """Do the work of one metric of sharpness or tone, and no more."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if metric == "blur_score":
        return float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1][0, 0])
    return float(cv2.meanStdDev(grey)[0][0, 0])


def memory(_photo: bytes, _argument: bytes) -> bytes:
    """Return the bytes of memory that this process holds; 0 where that is not known."""
    status = Path("/proc/self/status")
    known = status.read_text().splitlines() if status.is_file() else []
    held_kib = [one.split()[1] for one in known if one.startswith("VmRSS:")]
    return str(1024 * int(held_kib[0]) if held_kib else 0).encode()


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
    with Workers(1, functions=FUNCTIONS_HERE, tasks_per_process=10 * MANY) as workers:
        return [
            _speed("embedded profile, samples", workers, samples * 3),
            _speed("embedded profile, 12 MP", workers, large * 3),
            _memory([*samples, *large]),
        ]


def _asker(workers: Workers, task: str, photos: list[bytes]) -> Callable[[], None]:
    def ask() -> None:
        for photo in photos:
            answer = workers.submit(task, photo, b"embedded").result()
            assert isinstance(answer, WorkerResult), answer

    return ask


def _speed(what: str, workers: Workers, photos: list[bytes]) -> dict[str, Any]:
    together, alone = (_asker(workers, task, photos) for task in ("score", "apart"))
    together(), alone()
    ours: list[float] = []
    naive: list[float] = []
    for _ in range(ROUNDS):
        ours.append(seconds(together))
        naive.append(seconds(alone))
    mine, theirs = (len(photos) / statistics.median(times) for times in (ours, naive))
    detail = f"{mine:.2f} photos/s beside {theirs:.2f}, one worker"
    return line(what, ratios(naive, ours), "x each metric decoding for itself", detail=detail)


def _memory(photos: list[bytes]) -> dict[str, Any]:
    """Return memory after many photos as a ratio to that after few, in a process of its own."""
    with Workers(1, functions=FUNCTIONS_HERE, tasks_per_process=10 * MANY) as workers:
        held: list[int] = []
        for number in range(1, MANY + 1):
            _asker(workers, "score", [photos[-number % len(photos)]])()
            if number in (FEW, MANY):
                answer = workers.submit("memory", b"-", b"").result()
                assert isinstance(answer, WorkerResult), answer
                held.append(int(answer.data))
    mib = [round(one / 2**20) for one in held]
    detail = f"{mib[0]} MiB after {FEW} photos, {mib[1]} MiB after {MANY}, 12 MP among them"
    growth = held[1] / held[0] if held[0] else 0.0
    return line("memory of a worker", growth, "x", goal=GOAL_MEMORY, at_most=True, detail=detail)
