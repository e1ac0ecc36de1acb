"""
How fast is a journal checked? One process, and one a core.

    python -m bench.verify [EVENTS]
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench.journal_append import EVENTS, Ours
from bench.measure import line, seconds
from journal.verify import verify


def rounds(count: int = 3, events: int = 300_000) -> list[dict[str, Any]]:
    """Return the lines of the table: medians of `count` rounds on a journal of `events` events."""
    out = Path(__file__).parent / "out"
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=out))
    try:
        ours = Ours(folder)
        for _ in range(events // 500):
            ours.append(ours.entries(500))
        path, total = ours.journal.path, ours.journal.head.position
        ours.journal.close()
        cores = os.cpu_count() or 1
        alone = [total / seconds(lambda: verify(path, jobs=1)) for _ in range(count)]
        together = [total / seconds(lambda: verify(path)) for _ in range(count)]
        size = path.stat().st_size / total
    finally:
        shutil.rmtree(folder)
    detail = f"{total:,} events of {len(EVENTS)} types, {size:.0f} bytes each on disk"
    return [
        line("verify, one core", median(alone), "events/s", goal=300_000, detail=detail),
        line(f"verify, {cores} cores", median(together), "events/s", detail=detail),
    ]


if __name__ == "__main__":
    for found in rounds(events=int(sys.argv[1]) if len(sys.argv) > 1 else 300_000):
        print(json.dumps(found))
