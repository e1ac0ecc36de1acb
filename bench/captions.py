"""
What a caption by a model costs on our side, and what four requests at once bring.

The stand-in for Ollama is a process of its own and takes a scripted time for every picture. Ours is
the stage as `prefill` runs it, journal and all; beside it, in the same rounds, a bare loop of the
`ollama` client sends the same pictures with the same prompt and schema.
"""

import asyncio
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image

from bench.measure import line
from driver.pipeline import work
from driver.program import Program, create_journal
from driver.taking_in import ingest
from driver.workspace import MARKER, Workspace, create
from machine.values import Labels

ROUNDS = 5
MODEL_S = 0.1
"""Seconds for a picture where overhead is measured ..."""
SLOW_S = 0.5
"""... and where requests overlap."""
ROWS = 24
FEW = 8
"""Rows of a round without overlap, where each takes SLOW_S."""
IN_FLIGHT = 4
GOAL_MS = 15.0
GOAL_TIMES = 3.6
LABELS = Labels(category="Nature", subject="Samples", location="Rotterdam")


def _serve(pipe: Any, model_s: float) -> None:  # noqa: ANN401
    """Be the stand-in until the other end of the pipe is closed; say where it is."""
    from tests.standins.ollama_server import Request, StandIn, Step

    def script(request: Request) -> Step:
        return Step(first_s=model_s, token_s=0.0) if request.key else Step(token_s=0.005)

    with StandIn(script, num_parallel=IN_FLIGHT, keep_images=False) as server:
        pipe.send(server.url)
        pipe.poll(None)


@contextmanager
def _service(model_s: float) -> Iterator[str]:
    """Run the stand-in in a process of its own; give its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, model_s), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(10)


def _photos(folder: Path, count: int) -> list[Path]:
    """Make small pictures, each of other colours."""
    folder.mkdir()
    paths = []
    for number in range(count):
        colours = random.Random(number).randbytes(8 * 6 * 3)
        path = folder / f"photo_{number:03d}.jpg"
        Image.frombytes("RGB", (8, 6), colours).resize((64, 48)).save(path, "JPEG", quality=90)
        paths.append(path)
    return paths


def _ours(url: str, rows: int, in_flight: int) -> float:
    """Return the seconds from text to text in a run of the stage, its start left out."""
    with tempfile.TemporaryDirectory() as name:
        photos = _photos(Path(name) / "in", rows)
        root = create(Path(name) / "workspace").root
        settings = f'captioner = "ollama"\nhost = "{url}"\nin_flight = {in_flight}\n'
        (root / MARKER).write_text(f"[prefill]\n{settings}", encoding="utf-8")
        create_journal(Workspace(root))
        with Program(Workspace(root)) as program, program.run("bench", effects=True):
            ingest(program, photos, LABELS, recursive=False, progress=lambda *_: None)
            worked = work(program, range(1, rows + 1), ("prefill",), lambda _: None)
            assert not worked.failed, worked
            texts = [one for one in program.journal.read_all() if one.type == "Prefilled"]
    assert {1} == {one.event.attempt for one in texts}, "a text was refused"  # type: ignore[attr-defined]
    times = [datetime.fromisoformat(one.at).timestamp() for one in texts]
    return (times[-1] - times[in_flight - 1]) / (rows - in_flight)


async def _bare(url: str, rows: int) -> float:
    """Return the seconds from answer to answer in a bare loop of the client."""
    import ollama

    from adapters import captions, preview
    from driver.sections import Prefill

    settings = Prefill()
    prompt = captions.prompt_for(LABELS, settings.language, settings.text_limits(), "")
    with tempfile.TemporaryDirectory() as name:
        paths = _photos(Path(name) / "in", rows)
        pictures = [preview.prepare(path.read_bytes()) for path in paths]
    client, times = ollama.AsyncClient(url), list[float]()
    for picture in pictures:
        pieces = await client.chat(
            settings.model,
            [{"role": "user", "content": prompt, "images": [picture]}],
            stream=True,
            think=False,
            format=captions.SCHEMA,
            options={"num_ctx": settings.num_ctx, "num_predict": settings.num_predict},
            keep_alive=settings.keep_alive,
        )
        "".join([piece.message.content or "" async for piece in pieces])
        times.append(time.perf_counter())
    return (times[-1] - times[0]) / (rows - 1)


def rounds() -> list[dict[str, Any]]:
    """Return our milliseconds beside the model's, and the gain of four requests at once."""
    return [_overhead(), _overlap()]


def _overhead() -> dict[str, Any]:
    ours_ms: list[float] = []
    bare_ms: list[float] = []
    with _service(MODEL_S) as url:
        for _ in range(ROUNDS):
            ours_ms.append((_ours(url, ROWS, 1) - MODEL_S) * 1000)
            bare_ms.append((asyncio.run(_bare(url, ROWS)) - MODEL_S) * 1000)
    ours, bare = statistics.median(ours_ms), statistics.median(bare_ms)
    return line(
        "caption, beside model time",
        ours,
        "ms a row",
        goal=GOAL_MS,
        at_most=True,
        reference="bare ollama client",
        detail=f"bare loop of the client {bare:.1f} ms; model {MODEL_S * 1000:.0f} ms",
    )


def _overlap() -> dict[str, Any]:
    times: list[float] = []
    with _service(SLOW_S) as url:
        for _ in range(3):
            one, four = _ours(url, FEW, 1), _ours(url, FEW * IN_FLIGHT, IN_FLIGHT)
            times.append(one / four)
    return line(
        "captions, four requests at once",
        statistics.median(times),
        "x one at a time",
        goal=GOAL_TIMES,
        detail=f"model {SLOW_S:g} s; last round {1 / one:.2f} and {1 / four:.2f} rows/s",
    )
