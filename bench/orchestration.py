"""What the program costs on top of the work itself: the stages of many photos."""

import io
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from adapters import tasks
from adapters.recipes import Order, Recipe
from bench.measure import line
from machine.quality import PROFILES

PHOTOS = 40
GOAL = 1.05


def _photos(folder: Path) -> None:
    source = Image.open(Path(__file__).parents[1] / "samples" / "coffee.jpg").convert("RGB")
    for number in range(PHOTOS):
        picture = source.resize((2400, 1600))
        picture.putpixel((0, 0), (number, number, number))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        (folder / f"photo_{number:03d}.jpg").write_bytes(buffer.getvalue())


def rounds() -> list[dict[str, Any]]:
    """Return the wall time of the stages as a ratio to their CPU seconds spread over the cores."""
    from driver.pipeline import work
    from driver.program import Program, create_journal
    from driver.recipe import recipe_of
    from driver.taking_in import ingest
    from driver.workspace import create
    from machine.values import STAGES, Labels

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        _photos(folder / "in")
        workspace = create(folder / "workspace")
        create_journal(workspace)
        with Program(workspace) as program, program.run("bench", effects=True):
            ingest(
                program,
                [folder / "in"],
                Labels(subject="Coffee"),
                recursive=False,
                progress=lambda *_: None,
            )
            start = time.perf_counter()
            worked = work(program, range(1, PHOTOS + 1), STAGES, lambda _: None)
            wall_s = time.perf_counter() - start
            assert not worked.failed
        alone_s = _alone(sorted((folder / "in").iterdir()), recipe_of(workspace))
    cores = min(os.cpu_count() or 1, PHOTOS)
    ideal_s = alone_s / cores
    detail = f"{wall_s:.2f} s for {PHOTOS} photos; work alone {alone_s:.2f} CPU s on {cores} cores"
    return [
        line("orchestration", wall_s / ideal_s, "x ideal", goal=GOAL, at_most=True, detail=detail)
    ]


def _alone(photos: list[Path], recipe: Recipe) -> float:
    """Return the CPU seconds of the bare work, one thread, measured on a few photos."""
    import cv2

    cv2.setNumThreads(1)
    spent: list[float] = []
    order = msgspec.json.encode(Order(recipe=recipe))
    measuring = msgspec.json.encode(tasks.Measuring(metrics=PROFILES["embedded"]))
    for path in photos[:8]:
        photo = path.read_bytes()
        start = time.process_time()
        tasks.score(photo, measuring)
        tasks.resize(photo, order)
        spent.append(time.process_time() - start)
    return statistics.median(spent) * len(photos)
