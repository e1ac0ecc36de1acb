"""
How fast the journal becomes states and lines again: replay, rebuild, and a look into the past.

The journal is made first, by driving `machine.decide`: sets of 2,000 photos that come in, go
through their stages, are edited, approved and published, about 20 events each. Plain `sqlite3`
reading the same columns stands beside the replay, since nothing can be faster than that.
"""

import resource
import sqlite3
import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.measure import line, seconds
from journal import Journal
from machine.evolve import evolve
from machine.row import Row
from projections.engine import ReadModels
from projections.tables import ROWS
from tests.histories import realistic, write

EVENTS = 1_000_000
ROUNDS = 3
EVENTS_PER_ROW = 19.7
AT_GOAL_S = 2.0
"""For the middle of a million events."""


def replay(journal: Journal) -> int:
    """Scan, decode and fold everything; return the number of rows."""
    rows: dict[str, Row] = {}
    for page in journal.read_events():
        for _, stream, event in page:
            if stream.startswith(ROWS):
                rows[stream] = evolve(rows.get(stream) or Row(), event)
    return len(rows)


def scan(path: Path) -> int:
    """Read the same columns with nothing but sqlite3."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    query = "SELECT position, stream, type, schema_version, payload FROM events"
    count = sum(1 for _ in connection.execute(query))
    connection.close()
    return count


def rounds(events: int = EVENTS, count: int = ROUNDS) -> list[dict[str, Any]]:
    """Return the lines of the table for a journal of about `events` events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        with Journal.open(path, create=True) as journal:
            write(journal, realistic(round(events / EVENTS_PER_ROW), per_set=2_000), batch=500)
        with Journal.open(path, readonly=True) as journal:
            return _measured(journal, path, Path(folder) / "review.db", count)


def _measured(journal: Journal, path: Path, review: Path, count: int) -> list[dict[str, Any]]:
    head = journal.head.position
    times: dict[str, list[float]] = {"scan": [], "replay": [], "rebuild": [], "at": []}
    with ReadModels.open(review, journal) as models:
        models.catch_up()
        memory = _peak_mib()
        for _ in range(count):
            times["rebuild"].append(seconds(models.rebuild))
            times["at"].append(seconds(lambda: models.at(head // 2, ["review_queue"]).close()))
            times["scan"].append(seconds(lambda: scan(path)))
            times["replay"].append(seconds(lambda: replay(journal)))
    middle = {name: statistics.median(found) for name, found in times.items()}
    rate = {name: head / found / 1e6 for name, found in middle.items()}
    share = AT_GOAL_S * head / EVENTS
    return [
        line(
            "replay: scan, decode, fold",
            rate["replay"],
            "M events/s",
            goal=0.45,
            reference="sqlite3 reading the columns",
            detail=f"{head:,} events; sqlite3 alone {rate['scan']:.2f} M/s",
        ),
        line(
            "rebuild of all read models",
            rate["rebuild"],
            "M events/s",
            goal=0.25,
            detail=f"{middle['rebuild']:.2f} s, peak {memory} MiB in one process",
        ),
        line(
            "queue as of the middle",
            middle["at"],
            "s",
            goal=round(share, 2),
            at_most=True,
            detail=f"event {head // 2:,} of {head:,}",
        ),
    ]


def _peak_mib() -> int:
    """Return the most memory that this process, or one of its workers, ever had."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return int(max(own, children) / 1024)
