"""
BRISQUE of an 11 MP photo, beside pyiqa where it is installed (the `score` extra).

Both take the same pixels in turns, each a float tensor or array that is there already, once with
one thread each and once with all cores each. Without pyiqa only our own time is shown: a ratio from
another day is no measurement.
"""

import os
import statistics
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from adapters.brisque import brisque
from bench.measure import line, ratios, seconds
from tests.adapters import pyiqa_reference

ROUNDS = 5
GOAL = 6.0
WITHIN = 0.05
SIZE = (4096, 2731)


def _pixels() -> Any:  # noqa: ANN401
    sample = Path(__file__).parents[1] / "samples" / "coffee.jpg"
    return np.asarray(Image.open(sample).convert("RGB").resize(SIZE))


def rounds() -> list[dict[str, Any]]:
    """Return how many times faster than pyiqa the score is, and how far from it."""
    pixels = _pixels()
    threads = cv2.getNumThreads()
    try:
        if pyiqa_reference.installed():
            return _beside_pyiqa(pixels)
        ours = statistics.median(seconds(lambda: brisque(pixels)) for _ in range(ROUNDS))
        return [line("BRISQUE, 11 MP", ours, "s", detail=f"no ratio: {pyiqa_reference.LACKING}")]
    finally:
        cv2.setNumThreads(threads)


def _beside_pyiqa(pixels: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    import torch

    metric = pyiqa_reference.metric()
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    apart = abs(brisque(pixels) - float(metric(tensor)))
    lines = []
    for threads in dict.fromkeys((1, os.cpu_count() or 1)):
        cv2.setNumThreads(threads)
        torch.set_num_threads(threads)
        brisque(pixels), metric(tensor)
        mine: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            mine.append(seconds(lambda: brisque(pixels)))
            theirs.append(seconds(lambda: metric(tensor)))
        detail = f"{statistics.median(mine):.3f} s beside {statistics.median(theirs):.3f} s"
        what = f"BRISQUE, 11 MP, threads: {threads} each"
        speed = ratios(theirs, mine)
        lines.append(line(what, speed, "x faster than pyiqa", goal=GOAL, detail=detail))
    lines.append(
        line("BRISQUE, 11 MP, beside pyiqa's", apart, "points apart", goal=WITHIN, at_most=True)
    )
    return lines
