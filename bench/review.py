"""
How long a decision takes at the page, with 10,000 rows: from the click's request to its answer.

Over HTTP, against `photojournal review` in a process of its own; the answer comes when the event is
committed and has the changed line in it. Then the list, a screen of lines, and taking clicks back
after all of them.

    python -m bench.review [ROWS]
"""

import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.measure import line, seconds
from bench.review_page import many

ROWS = 10_000
CLICKS = 2_000
UNDOS = 50
LISTS = 10
SCREEN = 60
"""Lines on a large screen."""
GOAL_MS = 100
GOAL_P99_MS = 250
NOBODY_WAITS_MS = 1_000


def rounds(rows: int = ROWS, clicks: int = CLICKS) -> list[dict[str, Any]]:
    """Return the lines of the table for a workspace with `rows` rows."""
    with tempfile.TemporaryDirectory() as folder:
        root = many(Path(folder), rows)
        with _page(root) as page:
            found = page.get("/api/rows")
            decided = [
                _ms(lambda row=row: _reject(page, row)) for row in found.json()["ids"][:clicks]
            ]
            listed = [_ms(lambda: page.get("/api/rows?sort=worst")) for _ in range(LISTS)]
            screen = {"ids": list(range(1, SCREEN + 1))}
            lines = [_ms(lambda: page.get("/api/lines", params=screen)) for _ in range(LISTS)]
            undone = [_ms(lambda: _click(page, "/api/undo", {})) for _ in range(UNDOS)]
    detail = f"{len(decided):,} clicks at {rows:,} rows, by HTTP, event committed"
    after = f"after {len(decided):,} clicks"
    return [
        _line("a decision, median", statistics.median(decided), GOAL_MS, detail),
        _line("a decision, p99", _p99(decided), GOAL_P99_MS, f"slowest {max(decided):.0f} ms"),
        _line("taking a click back", statistics.median(undone), GOAL_P99_MS, after),
        _line("the list of all rows", statistics.median(listed), NOBODY_WAITS_MS, "once a page"),
        _line(f"{SCREEN} lines", statistics.median(lines), GOAL_P99_MS, "once a screen"),
    ]


def _line(what: str, figure: float, goal: float, detail: str) -> dict[str, Any]:
    return line(f"review: {what}", figure, "ms", goal=goal, at_most=True, detail=detail)


def _p99(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=100)[98]


def _ms(work: Callable[[], object]) -> float:
    return seconds(work) * 1000


@contextmanager
def _page(root: Path) -> Iterator[httpx.Client]:
    """Serve the workspace in another process, and be the browser."""
    verb = ["-w", str(root), "review", "--no-browser", "--port", "0"]
    command = [sys.executable, "-m", "photojournal", *verb]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        link = next(found[0] for said in server.stdout if (found := re.search(r"http://\S+", said)))
        base = link.partition("?")[0]
        try:
            with httpx.Client(base_url=base, timeout=600, follow_redirects=True) as page:
                page.get(link).raise_for_status()
                yield page
        finally:
            server.send_signal(signal.SIGINT)


def _click(page: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"X-Photojournal": "1", "Idempotency-Key": uuid.uuid4().hex}
    answer = page.post(path, json=body, headers=headers)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _reject(page: httpx.Client, row: int) -> None:
    body = {"rows": [row], "decision": "reject"}
    (answer,) = _click(page, "/api/decisions", body)["answers"]
    assert answer["outcome"] == "done", answer


if __name__ == "__main__":
    for found in rounds(rows=int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(json.dumps(found))
