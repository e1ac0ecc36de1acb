"""
Nights on which a model writes captions: a desk, tiny photos that are all different, a stand-in.

The stand-in for Ollama is the only one; journal, files and worker processes are real.
"""

import contextlib
import hashlib
import io
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

from PIL import Image

from adapters import preview, tasks
from adapters.tasks import Preview
from adapters.workers import FUNCTIONS, Workers
from driver import pipeline
from driver.pipeline import Worked
from journal import Recorded
from machine.event_base import Event
from machine.events import AttemptFailed, AttemptStarted, Prefilled
from machine.row import Ledger, attempts_of, input_digest
from machine.status import stage_status
from machine.values import Stage
from tests.driver.desk import CONFIG, Desk
from tests.standins.ollama_server import Call, Model, StandIn

MODEL = "qwen2.5vl:3b"
SECOND = "llava:7b"
LONG_SIDE_PX = 96
QUICK: dict[str, Any] = {
    "captioner": "ollama",
    "model": MODEL,
    "long_side_px": LONG_SIDE_PX,
    "first_token_timeout_s": 5.0,
    "idle_timeout_s": 5.0,
    "deadline_s": 15.0,
    "wait_for_service": 10.0,
    "backoff_s": 0.01,
}
"""Limits that no test reaches unless it sets them lower."""

FRAGILE: Mapping[str, str] = {**FUNCTIONS, "prepare": "tests.driver.nights:prepare"}
"""Tasks of workers that a deadly photo kills as soon as it is prepared for a model."""
_DEADLY = b"<deadly>"

T = TypeVar("T")
E = TypeVar("E", bound=Event)


def config(url: str, **prefill: Any) -> str:
    """Return a configuration whose captions come from a model."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in ({"host": url} | prefill).items()]
    section = "\n".join(["[prefill]", *lines])
    return CONFIG.replace("[prefill]\nbackoff_s = 0.01", section)


def prepare(photo: bytes, argument: bytes) -> bytes:
    """Die of a deadly photo, else prepare it."""
    if photo.endswith(_DEADLY):
        os.kill(os.getpid(), signal.SIGSEGV)
    return tasks.prepare(photo, argument)


def tiny(seed: int) -> bytes:
    """Return a small JPEG; another seed gives another picture."""
    noise = Image.frombytes("RGB", (6, 4), random.Random(seed).randbytes(6 * 4 * 3))
    kept = io.BytesIO()
    noise.resize((LONG_SIDE_PX, 64), Image.Resampling.BICUBIC).save(kept, "JPEG", quality=90)
    return kept.getvalue()


def shown(photo: bytes) -> str:
    """Return the key of the picture that a model is shown for a photo."""
    picture = preview.prepare(photo, Preview(long_side_px=LONG_SIDE_PX))
    return hashlib.sha256(picture).hexdigest()


class Night:
    """A desk beside a stand-in. A context manager."""

    def __init__(
        self,
        folder: Path,
        workers: Workers,
        *,
        served: Mapping[str, Any] | None = None,
        **prefill: Any,
    ) -> None:
        """Set up; `served` are the stand-in's settings, the others those of `[prefill]`."""
        models = (Model(name=MODEL), Model(name=SECOND))
        self.server = StandIn(**({"models": models} | dict(served or {})))
        self.keys: dict[int, str] = {}
        """Of the picture that the model is shown, by row."""
        self._folder, self._workers, self._prefill = folder, workers, QUICK | prefill
        self._aside = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        self.server.__enter__()
        self.desk = Desk(
            self._folder / "workspace", self._workers, config(self.server.url, **self._prefill)
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()
        self._aside.shutdown()

    # --- what is done

    def bring(self, count: int, deadly: int = -1) -> list[int]:
        """Take in so many photos, the one at `deadly` being so; return their rows."""
        paths = []
        for seed in range(count):
            path = self.desk.inbox / f"{seed:03}.jpg"
            path.write_bytes(tiny(seed) + _DEADLY * (seed == deadly))
            paths.append(path)
        taken = self.desk.ingest(*paths)
        assert count == len(taken.rows()), taken
        for path, row in zip(paths, taken.rows(), strict=True):
            self.keys[row] = shown(path.read_bytes())
        assert count == len(set(self.keys.values()))
        return list(self.keys)

    def set(self, **prefill: Any) -> None:
        """Change `[prefill]`."""
        self._prefill |= prefill
        text = config(self.server.url, **self._prefill)
        (self.desk.root / "photojournal.toml").write_text(text, encoding="utf-8")

    def caption(self, *rows: int) -> Worked:
        """Let the model work on what is due."""
        return self.desk.work("prefill", rows=rows)

    @contextlib.contextmanager
    def beside(self, work: Callable[..., T], *given: Any) -> Iterator[list[T]]:
        """Do something in a thread of its own while the block goes on; see then what came of it."""
        came: list[T] = []
        future = self._aside.submit(work, *given)
        yield came
        came.append(future.result(120))

    def caption_until(self, asked: int) -> Worked:
        """Caption all, and stop as a first Ctrl+C does once so many pictures were asked about."""
        with self.desk.program("run") as program:
            numbers = self.desk.numbers(program)

            def look(_tallies: object) -> None:
                if len(self.asked()) >= asked:
                    program.stop()

            return pipeline.work(program, numbers, ("prefill",), look)

    # --- what became of it

    def asked(self, row: int = 0) -> list[Call]:
        """Return the calls about photos, of one row or of all, in their order."""
        keys = {self.keys[row]} if row else set(self.keys.values())
        return [call for call in self.server.calls if call.key in keys]

    def order(self) -> list[int]:
        """Return the rows in the order in which the model was asked about them."""
        rows = {key: row for row, key in self.keys.items()}
        return [rows[call.key] for call in self.asked()]

    def told(self, kind: type[E]) -> list[E]:
        """Return all events of a kind."""
        return [one.event for one in self.everything() if isinstance(one.event, kind)]

    def everything(self) -> list[Recorded]:
        """Return the whole journal."""
        with self.desk.reading() as journal:
            return list(journal.read_all())

    def of_row(self, row: int, kind: type[E]) -> list[E]:
        """Return a row's events of a kind, those of the other stages left out."""
        with self.desk.reading() as journal:
            found = [one.event for one in journal.read_stream(f"row/{row}")]
        return [
            one
            for one in found
            if isinstance(one, kind) and getattr(one, "stage", "prefill") == "prefill"
        ]

    def codes(self, row: int) -> list[str]:
        """Return the failures that were charged."""
        return [one.code for one in self.of_row(row, AttemptFailed) if one.charged]

    def models(self, row: int) -> list[str]:
        """Return the models that were asked, in their order."""
        return [one.model for one in self.of_row(row, AttemptStarted)]

    def captioned(self) -> list[int]:
        """Return the rows that have a text of a model."""
        return [row for row in self.keys if self.of_row(row, Prefilled)]

    def charged(self) -> dict[int, int]:
        """Return what was charged, by row; rows that cost nothing are left out."""
        found: dict[int, int] = {}
        for number in self.keys:
            row = self.desk.row(number)
            spent = attempts_of(row, "prefill").ledger.get(input_digest(row, "prefill"), Ledger())
            if spent.charged:
                found[number] = spent.charged
        return found

    def versions(self) -> dict[int, int]:
        """Return the number of events of each row."""
        return {number: self.desk.row(number).version for number in self.keys}

    def statuses(self, stage: Stage) -> dict[int, str]:
        """Return the status of a stage by row."""
        return {number: stage_status(self.desk.row(number), stage) for number in self.keys}

    def log(self) -> str:
        """Return what the logs say."""
        files = sorted((self.desk.root / "logs").rglob("*.log"))
        return "\n".join(path.read_text("utf-8") for path in files)


class Lateness:
    """How late this machine is: a thread that wants to wake up every few milliseconds."""

    def __init__(self) -> None:
        """Nothing is measured yet."""
        self.worst_s = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.is_set():
            before = time.monotonic()
            time.sleep(0.01)
            self.worst_s = max(self.worst_s, time.monotonic() - before - 0.01)
