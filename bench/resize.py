"""
Resizing a 24 MP photo to 2048 px and a thumb, beside vipsthumbnail and plain Pillow.

vipsthumbnail runs as a process a size, as people use it; its start is a small part of the time.
"""

import io
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from adapters.darkroom import Recipe, Size, render
from bench.measure import line, ratios, seconds

ROUNDS = 5
GOAL = 1.2
SIZES = ((2048, 2048), (400, 400))


def _photo() -> bytes:
    """Return a 6000 x 4000 JPEG with detail at every scale, the same each time."""
    random = np.random.default_rng(7)
    layers = np.zeros((4000, 6000, 3), np.float32)
    for scale in (8, 40, 200, 1000):
        small = random.random((4000 // scale + 1, 6000 // scale + 1, 3), dtype=np.float32)
        grown = Image.fromarray((small * 255).astype(np.uint8)).resize((6000, 4000))
        layers += np.asarray(grown, np.float32) / 4
    buffer = io.BytesIO()
    Image.fromarray(layers.astype(np.uint8)).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _pillow(photo: bytes) -> None:
    for size in SIZES:
        with Image.open(io.BytesIO(photo)) as image:
            image.thumbnail(size)
            image.save(io.BytesIO(), "JPEG", quality=90)


def rounds() -> list[dict[str, Any]]:
    """Return our time as a ratio to vipsthumbnail's (where it is there) and to plain Pillow's."""
    photo = _photo()
    sizes = tuple(
        Size(name=str(width), width_px=width, height_px=height, quality=90)
        for width, height in SIZES
    )
    recipe = Recipe(sizes=sizes)
    vips = shutil.which("vipsthumbnail")
    ours: list[float] = []
    pillow: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(photo)
        for _ in range(ROUNDS):
            ours.append(seconds(lambda: render(photo, recipe)))
            pillow.append(seconds(lambda: _pillow(photo)))
            if vips:
                theirs.append(seconds(lambda: _vips(vips, path)))
    detail = f"ours {statistics.median(ours):.3f} s, plain Pillow {statistics.median(pillow):.3f} s"
    lines = [line("resize 24 MP", ratios(ours, pillow), "x plain Pillow", detail=detail)]
    if vips:
        detail = f"ours {statistics.median(ours):.3f} s, vips {statistics.median(theirs):.3f} s"
        ratio = ratios(ours, theirs)
        lines.append(
            line("resize 24 MP", ratio, "x vipsthumbnail", goal=GOAL, at_most=True, detail=detail)
        )
    return lines


def _vips(program: str, path: Path) -> None:
    for width, height in SIZES:
        subprocess.run(
            [program, str(path), "--size", f"{width}x{height}>", "-o", "%s_small.jpg[Q=90]"],
            check=True,
        )
