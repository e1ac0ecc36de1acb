"""
How fast does the journal append, beside plain sqlite3 with the same table and the same pragmas?

    python -m bench.journal_append [FOLDER]

FOLDER is on the disk to measure. The rounds are interleaved, because disks and neighbours change
their mood within seconds; what counts are the ratios of the medians.
"""

import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measure import line
from journal import Entry, Journal
from journal.schema import TABLES
from machine.event_base import Event
from machine.events import AttemptStarted, Prefilled, RowIngested
from machine.values import Author, Labels, Source, Text

RUN = "01900000-0000-7000-8000-000000000001"
ACTOR = "bench"

EVENTS: tuple[Event, ...] = (
    RowIngested(
        row=17,
        set_id="20260101-1",
        labels=Labels(category="Harbour", subject="Boats"),
        original_name="P1000123.JPG",
        source=Source(root="home", path="Pictures/P1000123.JPG"),
        sha256="a" * 64,
        size_bytes=12_345_678,
        file_name="20260101-harbour-boats-0001.jpg",
        needed=("prefill", "score", "resize"),
    ),
    AttemptStarted(
        stage="prefill",
        attempt=1,
        input_digest="b" * 64,
        recipe_digest="c" * 64,
        claimed_by=RUN,
    ),
    Prefilled(
        attempt=1,
        input_digest="b" * 64,
        recipe_digest="c" * 64,
        text=Text(caption="Boats in the harbour", alt_text="Boats", keywords=("boats",)),
        author=Author(kind="rule", name="metadata", version="1"),
        grounded=False,
    ),
)
"""Their payloads have 260 to 500 bytes, as most events have."""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Raw:
    """The same table in plain sqlite3: no key, chain, salt, trigger, lock or check."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(TABLES)
        self.position = 0

    def rows(self, count: int) -> list[tuple[object, ...]]:
        payload, digest = '{"x":"' + "x" * 340 + '"}', b"d" * 32
        rows: list[tuple[object, ...]] = []
        for _ in range(count):
            self.position += 1
            key = f"{RUN}/{self.position}#0"
            rows.append(
                (
                    self.position, f"row/{self.position // 3}", self.position % 3, "Prefilled", 1,
                    payload, digest, key, RUN, 1, None, ACTOR, "2026-01-02T03:04:05.000000Z",
                    digest,
                )
            )  # fmt: skip
        return rows

    def commit(self, rows: list[tuple[object, ...]]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * 14)
        self.connection.executemany(f"INSERT INTO events VALUES ({marks})", rows)
        self.connection.execute("COMMIT")


class Ours:
    """The journal, fed with entries that are made beforehand."""

    def __init__(self, folder: Path, name: str = "") -> None:
        self.journal = Journal.open(folder / "journal.db", create=True)
        self.name = name
        self.row = 0
        self.keys = 0

    def entries(self, count: int) -> list[Entry]:
        made: list[Entry] = []
        while len(made) < count:
            self.row += 1
            stream = f"row/{self.name}{self.row}"
            made += [Entry(stream, version, event) for version, event in enumerate(EVENTS)]
        return made[:count]

    def append(self, entries: list[Entry]) -> None:
        self.keys += 1
        key = f"{RUN}/{self.name}{self.keys}"
        self.journal.append(entries, key=key, run_id=RUN, step=1, actor=ACTOR)


def rate(do: Callable[[list[Any]], None], items: list[list[Any]], events: int) -> float:
    begin = time.perf_counter()
    for item in items:
        do(item)
    return events / (time.perf_counter() - begin)


def raw_single(raw: Raw, count: int) -> float:
    batches = [raw.rows(1) for _ in range(count)]
    return rate(raw.commit, batches, count)


def ours_single(ours: Ours, count: int) -> float:
    entries = ours.entries(count)
    return rate(ours.append, [[entry] for entry in entries], count)


def raw_batch(raw: Raw, size: int, count: int) -> float:
    batches = [raw.rows(size) for _ in range(count)]
    return rate(raw.commit, batches, size * count)


def ours_batch(ours: Ours, size: int, count: int) -> float:
    batches = [ours.entries(size) for _ in range(count)]
    return rate(ours.append, batches, size * count)


def producers(ours: Ours, threads: int, seconds: float) -> tuple[float, list[float]]:
    """Return the rate of `threads` that append one event each time, and how long each waited."""
    stop = threading.Event()
    waits: list[float] = []
    prefix = f"{RUN}/p{ours.keys}-{ours.row}"
    ours.row += 1

    def produce(number: int) -> None:
        mine, version = [], 0
        stream = f"own/{ours.row}-{number}"
        while not stop.is_set():
            entry = Entry(stream, version, EVENTS[version % 3])
            begin = time.perf_counter()
            ours.journal.append(
                [entry], key=f"{prefix}-{number}-{version}", run_id=RUN, step=1, actor=ACTOR
            )
            mine.append(time.perf_counter() - begin)
            version += 1
        waits.extend(mine)

    workers = [threading.Thread(target=produce, args=(number,)) for number in range(threads)]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    time.sleep(seconds)
    stop.set()
    for worker in workers:
        worker.join()
    return len(waits) / (time.perf_counter() - begin), waits


BULK = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from bench.journal_append import Ours
ours = Ours(Path({folder!r}), "bulk")
print("ready", flush=True)
while True:
    ours.append(ours.entries(500))
"""


def click_beside_bulk(folder: Path, clicks: int) -> list[float]:
    """Return how long single appends wait while another process appends all the time."""
    ours = Ours(folder, "click")
    code = BULK.format(root=str(Path(__file__).resolve().parents[1]), folder=str(folder))
    bulk = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert bulk.stdout is not None
    bulk.stdout.readline()
    waits = []
    for entry in ours.entries(clicks):
        begin = time.perf_counter()
        ours.append([entry])
        waits.append(time.perf_counter() - begin)
        time.sleep(0.005)
    bulk.kill()
    bulk.wait()
    bulk.stdout.close()
    ours.journal.close()
    return waits


def one_round(folder: Path) -> dict[str, float]:
    """Measure everything once, on new files in `folder`."""
    raw, ours = Raw(folder), Ours(folder)
    figures: dict[str, float] = {}
    singles: dict[str, list[float]] = {"raw": [], "ours": []}
    raw_single(raw, 400)  # until both write over a WAL that does not grow any more
    ours_single(ours, 400)
    for _ in range(6):
        singles["raw"].append(raw_single(raw, 250))
        singles["ours"].append(ours_single(ours, 250))
    shares = [mine / plain for mine, plain in zip(singles["ours"], singles["raw"], strict=True)]
    figures["single_ratio"] = statistics.median(shares)
    figures["raw_single_per_s"] = statistics.median(singles["raw"])
    figures["single_per_s"] = statistics.median(singles["ours"])
    for size, count in ((100, 60), (500, 24)):
        figures[f"raw_batch_{size}_per_s"] = raw_batch(raw, size, count)
        figures[f"batch_{size}_per_s"] = ours_batch(ours, size, count)
    figures["producers_64_per_s"], waits = producers(ours, 64, 1.5)
    figures["producers_64_p99_ms"] = percentile(waits, 0.99) * 1000
    figures["producers_64_max_ms"] = max(waits) * 1000
    raw.connection.close()
    ours.journal.close()
    waits = click_beside_bulk(folder, 150)
    figures["click_beside_bulk_p50_ms"] = percentile(waits, 0.5) * 1000
    figures["click_beside_bulk_p99_ms"] = percentile(waits, 0.99) * 1000
    figures["batch_500_ratio"] = figures["batch_500_per_s"] / figures["raw_batch_500_per_s"]
    return figures


def rounds(folder: Path | None = None, count: int = 5) -> list[dict[str, Any]]:
    """Return the lines of the table: medians of `count` rounds on new files in `folder`."""
    folder = folder or Path(__file__).parent / "out"
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for _ in range(count):
        place = Path(tempfile.mkdtemp(dir=folder))
        try:
            found.append(one_round(place))
        finally:
            shutil.rmtree(place)

    def middle(name: str) -> float:
        return statistics.median(figures[name] for figures in found)

    return [
        line(
            "one durable append",
            middle("single_ratio"),
            "x raw",
            goal=0.85,
            reference="sqlite3, WAL, FULL, the same table",
            detail=f"{middle('single_per_s'):,.0f}/s beside {middle('raw_single_per_s'):,.0f}/s",
        ),
        line(
            "append, 500 events at once",
            middle("batch_500_per_s"),
            "events/s",
            goal=85_000,
            reference="sqlite3, executemany, the same table",
            detail=f"{middle('batch_500_ratio'):.2f} x raw, {middle('raw_batch_500_per_s'):,.0f}/s",
        ),
        line(
            "append, 100 events at once",
            middle("batch_100_per_s"),
            "events/s",
            detail=f"raw {middle('raw_batch_100_per_s'):,.0f}/s",
        ),
        line("64 producers, group commit", middle("producers_64_per_s"), "events/s", goal=15_000),
        line(
            "64 producers, wait, p99",
            middle("producers_64_p99_ms"),
            "ms",
            goal=25,
            at_most=True,
            detail=f"longest {middle('producers_64_max_ms'):.0f} ms",
        ),
        line(
            "a click beside a bulk run, p99",
            middle("click_beside_bulk_p99_ms"),
            "ms",
            goal=50,
            at_most=True,
            detail=f"median {middle('click_beside_bulk_p50_ms'):.1f} ms",
        ),
    ]


if __name__ == "__main__":
    for found in rounds(Path(sys.argv[1]) if len(sys.argv) > 1 else None):
        print(json.dumps(found))
