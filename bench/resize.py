"""
Resizing 24 MP photos to 2048 px and to 400 px, beside vipsthumbnail and plain Pillow.

Throughput: the same files on the same cores, each side with a process a core that is kept busy. All
write JPEG at quality 90 without subsampling of colour. vipsthumbnail makes one size a call: each of
its processes is started twice, over all of its files. `as ours` also asks it for what the darkroom
does by default (progressive, optimised tables, sRGB with its profile); `as it comes` leaves that at
its defaults, which are cheaper, and is tried on photos without a profile only, since it converts
nothing.
"""

import io
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from adapters.darkroom import Recipe, Size, render
from bench.measure import line, ratios, seconds

ROUNDS = 5
GOAL = 1.2
QUALITY = 90
SIZES = ((2048, 2048), (400, 400))
PHOTOS_PER_CORE = 2
OPTIONS = {
    "as ours": f"Q={QUALITY},subsample_mode=off,interlace,optimize_coding,profile=srgb",
    "as it comes": f"Q={QUALITY}",
}
RECIPE = Recipe(
    sizes=tuple(
        Size(name=str(width), width_px=width, height_px=height, quality=QUALITY)
        for width, height in SIZES
    )
)


def photo(profile: bytes = b"") -> bytes:
    """Return a 6000 x 4000 JPEG with detail at every scale, the same each time."""
    random = np.random.default_rng(7)
    layers = np.zeros((4000, 6000, 3), np.float32)
    for scale in (8, 40, 200, 1000):
        small = random.random((4000 // scale + 1, 6000 // scale + 1, 3), dtype=np.float32)
        grown = Image.fromarray((small * 255).astype(np.uint8)).resize((6000, 4000))
        layers += np.asarray(grown, np.float32) / 4
    buffer = io.BytesIO()
    Image.fromarray(layers.astype(np.uint8)).save(buffer, "JPEG", quality=92, icc_profile=profile)
    return buffer.getvalue()


def wide_profile() -> bytes:
    """Return an RGB profile that has to be converted: sRGB's, with red and green exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red], profile[green] = profile[green], profile[red]
    start = profile.index("sRGB".encode("utf-16-be"))
    profile[start : start + 8] = "wide".encode("utf-16-be")
    return bytes(profile)


# --- the three sides


def _ours(path: str) -> None:
    render(Path(path).read_bytes(), RECIPE)


def _pillow(path: str) -> None:
    """As a short script does it: opened once a size, without conversion or check."""
    for size in SIZES:
        with Image.open(path) as image:
            image.thumbnail(size)
            image.save(io.BytesIO(), "JPEG", quality=QUALITY, subsampling="4:4:4")


def _vips(program: str, options: str, paths: Sequence[str]) -> None:
    around = os.environ | {"VIPS_CONCURRENCY": "1"}
    srgb = ["--export-profile", "srgb"] if "profile" in options else []
    for width, height in SIZES:
        target = f"%s_{width}.jpg[{options}]"
        words = [program, *paths, "--size", f"{width}x{height}>", *srgb, "-o", target]
        subprocess.run(words, check=True, env=around)


def rounds() -> list[dict[str, Any]]:
    """Return our time as a ratio to vipsthumbnail's (where it is there) and to plain Pillow's."""
    program, cores = shutil.which("vipsthumbnail"), len(_cores())
    lines: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool,
        ThreadPoolExecutor(cores) as starters,
    ):
        for name, profile in (("a profile", wide_profile()), ("no profile", b"")):
            paths = _written(Path(folder) / name, photo(profile), cores * PHOTOS_PER_CORE)
            sides: dict[str, Callable[[], object]] = {
                "ours": partial(_all_of, pool, _ours, paths),
                "plain Pillow": partial(_all_of, pool, _pillow, paths),
            }
            wanted = {
                how: words for how, words in OPTIONS.items() if "srgb" in words or not profile
            }
            for how, options in wanted.items() if program else ():
                shares = [paths[one::cores] for one in range(cores)]
                resized = partial(_vips, str(program), options)
                sides[f"vipsthumbnail, {how}"] = partial(_all_of, starters, resized, shares)
            lines += _lines(f"resize 24 MP, {name}", _times(sides), len(paths))
    if program is None:
        print("vipsthumbnail is not here: install libvips-tools to compare with it")
    return lines


def _all_of(pool: Executor, work: Callable[[Any], None], shares: Sequence[Any]) -> None:
    list(pool.map(work, shares))


def _written(folder: Path, data: bytes, count: int) -> list[str]:
    folder.mkdir()
    paths = [folder / f"{number}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(data)
    return [str(path) for path in paths]


def _times(sides: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return the seconds of each side, round by round, after one that does not count."""
    for work in sides.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, work in sides.items():
            times[name].append(seconds(work))
    return times


def _lines(what: str, times: dict[str, list[float]], photos: int) -> list[dict[str, Any]]:
    ours = times["ours"]
    rates = {name: photos / statistics.median(those) for name, those in times.items()}
    return [
        line(
            what,
            ratios(ours, those),
            f"x {name}",
            goal=GOAL if name.endswith("as ours") else None,
            at_most=True,
            detail=f"ours {rates['ours']:.2f} photos/s, {name} {rates[name]:.2f}",
        )
        for name, those in times.items()
        if name != "ours"
    ]


def _cores() -> set[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
