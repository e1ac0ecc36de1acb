"""
What all benches share: interleaved rounds, medians, and one line of the table.

Machines are noisy. Ours and the reference take turns within one round, each round gives one ratio,
and the median of the rounds counts.
"""

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` took, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratios(ours: Sequence[float], reference: Sequence[float]) -> float:
    """Return the median of the ratios round by round."""
    return statistics.median(mine / theirs for mine, theirs in zip(ours, reference, strict=True))


def line(
    what: str,
    figure: float,
    unit: str,
    *,
    goal: float | None = None,
    at_most: bool = False,
    reference: str = "",
    detail: str = "",
) -> dict[str, Any]:
    """
    Return one line of the table.

    Args:
        what: the name of the figure.
        figure: what was measured, a median.
        unit: of the figure, such as `x raw` or `s`.
        goal: what it should reach; None where there is no goal.
        at_most: the goal is an upper bound.
        reference: what stood beside it in the same rounds.
        detail: absolute figures.
    """
    met = None if goal is None else (figure <= goal if at_most else figure >= goal)
    return {
        "what": what,
        "figure": round(figure, 3),
        "unit": unit,
        "goal": goal,
        "bound": "at most" if at_most else "at least",
        "met": met,
        "reference": reference,
        "detail": detail,
    }


def machine() -> dict[str, Any]:
    """Return what a reader has to know about the machine."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [one for one in info.read_text().splitlines() if one.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "pragmas": "journal_mode=WAL synchronous=FULL wal_autocheckpoint=0 secure_delete=ON",
    }
