"""
BRISQUE of an 11 MP photo, beside pyiqa where it is installed (the `score` extra).

Without pyiqa only our own time is shown: a ratio from another day is no measurement.
"""

import importlib.util
import statistics
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from adapters.brisque import brisque
from bench.measure import line, ratios, seconds

ROUNDS = 5
GOAL = 6.0
SIZE = (4096, 2731)


def _pixels() -> Any:  # noqa: ANN401
    sample = Path(__file__).parents[1] / "samples" / "coffee.jpg"
    return np.asarray(Image.open(sample).convert("RGB").resize(SIZE))


def rounds() -> list[dict[str, Any]]:
    """Return how many times faster than pyiqa the score is, on the same pixels."""
    pixels = _pixels()
    if importlib.util.find_spec("pyiqa") is None:
        ours = statistics.median(seconds(lambda: brisque(pixels)) for _ in range(ROUNDS))
        detail = "pyiqa is not installed here, so there is no ratio"
        return [line("BRISQUE, 11 MP", ours, "s", detail=detail)]
    import pyiqa
    import torch

    metric = pyiqa.create_metric("brisque", device="cpu")
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        mine.append(seconds(lambda: brisque(pixels)))
        theirs.append(seconds(lambda: metric(tensor)))
    apart = abs(brisque(pixels) - float(metric(tensor)))
    detail = (
        f"{statistics.median(mine):.3f} s against {statistics.median(theirs):.3f} s,"
        f" scores {apart:.4f} apart"
    )
    speed = ratios(theirs, mine)
    return [line("BRISQUE, 11 MP", speed, "x faster than pyiqa", goal=GOAL, detail=detail)]
