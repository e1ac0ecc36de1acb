"""
How long one waits for the past in a journal of a million events, at the command line.

`history` and `blame` of a row, and `status --at` the middle, each from typing to the last line. The
middle twice: as sets come in, one after the other, where most rows have not changed since, and once
more after every row got another event, where each line has to be made anew. `diff` of one run.

    python -m bench.time_travel [EVENTS]
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.measure import line
from bench.replay import EVENTS, EVENTS_PER_ROW
from driver.workspace import Workspace, create
from journal import Entry, Journal
from machine.events import Picked
from tests.histories import realistic, write

ROUNDS = 3
ROW_GOAL_S = 1.0
"""For everything about one row."""
AT_GOAL_S = 2.0
BATCH = 500


def rounds(events: int = EVENTS, count: int = ROUNDS) -> list[dict[str, Any]]:
    """Return the lines of the table for a journal of about `events` events."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        create(root)
        path = Workspace(root).journal
        rows = round(events / EVENTS_PER_ROW)
        with Journal.open(path, create=True) as journal:
            write(journal, realistic(rows, per_set=2_000), batch=BATCH)
            head = journal.head.position
        _typed(root, "status")  # makes the read models
        row, middle = str(rows // 2), str(head // 2)
        verbs = {
            "history of a row": (["history", row], ROW_GOAL_S),
            "blame of a row": (["blame", row, "Caption"], ROW_GOAL_S),
            "status --at the middle": (["status", "--at", middle], AT_GOAL_S),
            "diff of the last run": (["diff", "last"], None),
        }
        found = _measured(root, verbs, count, f"of {head:,} events")
        _touch_every_row(path, rows)
        _typed(root, "status")
        again = {"status --at the middle, every row changed since": verbs["status --at the middle"]}
        return found + _measured(root, again, count, f"event {middle} of {head + rows:,}")


def _measured(
    root: Path, verbs: dict[str, tuple[list[str], float | None]], count: int, detail: str
) -> list[dict[str, Any]]:
    found: dict[str, list[_Used]] = {name: [] for name in verbs}
    for _ in range(count):
        for name, (words, _goal) in verbs.items():
            found[name].append(_typed(root, *words))
    return [
        line(
            name,
            median(one.seconds for one in found[name]),
            "s",
            goal=goal,
            at_most=True,
            detail=f"{detail}; {median(one.processor_s for one in found[name]):.2f} s of processor"
            f" time, largest process {max(one.memory_mib for one in found[name]):.0f} MiB",
        )
        for name, (_, goal) in verbs.items()
    ]


def _touch_every_row(path: Path, rows: int) -> None:
    """Append one more event to each row."""
    run = "0192a000-ffff-7000-8000-00000000ffff"
    with Journal.open(path) as journal:
        for begin in range(1, rows + 1, BATCH):
            some = [f"row/{number}" for number in range(begin, min(begin + BATCH, rows + 1))]
            entries = [Entry(name, len(journal.read_stream(name)), Picked()) for name in some]
            journal.append(entries, key=f"{run}/{begin}", run_id=run, step=1, actor="bench")


class _Used(NamedTuple):
    """What a command took, the processes that it started included."""

    seconds: float
    processor_s: float
    memory_mib: float


_TYPE = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
took, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
"""In a process of its own: a child begins with as much memory as the one that started it."""


def _typed(root: Path, *words: str) -> _Used:
    command = [sys.executable, "-m", "photojournal", "-w", str(root), *words]
    said = subprocess.run([sys.executable, "-c", _TYPE, *command], check=True, capture_output=True)
    return _Used(*json.loads(said.stdout))


if __name__ == "__main__":
    for found in rounds(events=int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS):
        print(json.dumps(found))
