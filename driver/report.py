"""
What a report says: photos, figures, failures and runs, as plain values. Nothing is appended.

Everything is counted from the rows that were chosen; with a run, times are those of that run alone.
The page is made from these values by `driver.report_page`.
"""

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from driver.looking import Seen, ending, typed
from journal import Recorded
from machine import events as e
from machine.evolve import evolve
from machine.failures import FAILURES, hint_for
from machine.row import Row
from machine.run_events import RunStarted
from machine.values import STAGES, Rendition

BINS = 10
"""Bars of the histogram: QR from 0 to 10, one for each whole number."""
_RUNS_MAX = 20
_SHARE = 0.95
_COLUMNS = (
    *("id", "File_Name", "Review_Status", "quality_tier", "QC_Status", "QR", "Caption"),
    *("alt_text", "failure", "next_action", "resize_status", "Path", "rated_by"),
)
"""Columns of `review_queue` that a photo is told with."""


class Wanted(Struct, frozen=True):
    """Which rows a report is about, and what it is called."""

    numbers: tuple[int, ...]
    title: str
    run: str = ""
    """The run whose work is told; empty: whoever worked on the rows."""


class _Work:
    """What the events of the rows tell about the work on them."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.times_ms: dict[str, list[int]] = {stage: [] for stage in (*STAGES, "publish")}
        self.failed: Counter[str] = Counter()
        self.runs: dict[str, None] = {}
        self._began: dict[str, str] = {}

    def take(self, one: Recorded) -> None:
        """Note an event, in order."""
        if self.run and one.run_id != self.run:
            return
        self.runs[one.run_id] = None
        match one.event:
            case e.Prefilled(duration_ms=took):
                self.times_ms["prefill"].append(took)
            case e.Scored(duration_ms=took):
                self.times_ms["score"].append(took)
            case e.Resized(duration_ms=took):
                self.times_ms["resize"].append(took)
            case e.AttemptFailed(stage=stage):
                self.failed[stage] += 1
            case e.PublicationStarted(publication=publication):
                self._began[publication] = one.at
            case e.Published(publication=publication) if publication in self._began:
                self.times_ms["publish"].append(_between_ms(self._began[publication], one.at))
            case e.PublicationFailed() | e.FinishingFailed():
                self.failed["publish"] += 1
            case _:
                pass

    def stages(self) -> list[dict[str, Any]]:
        """Return what each stage took; one that did nothing is left out."""
        return [
            {
                "stage": stage,
                "done": len(times),
                "failed": self.failed[stage],
                "total_ms": sum(times),
                "median_ms": round(statistics.median(times)) if times else None,
                "p95_ms": sorted(times)[math.ceil(_SHARE * len(times)) - 1] if times else None,
            }
            for stage, times in self.times_ms.items()
            if times or self.failed[stage]
        ]


def _between_ms(began: str, ended: str) -> int:
    took = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    return round(took.total_seconds() * 1000)


def facts_of(seen: Seen, wanted: Wanted) -> dict[str, Any]:
    """Return everything that the report says; the keys are those of `report --json`."""
    lines = seen.models.queue(wanted.numbers)
    work, rows = _Work(wanted.run), dict[int, Row]()
    for line in lines:
        row = Row()
        for recorded in seen.journal.read_stream(f"row/{line['id']}", until_position=seen.until):
            row = evolve(row, recorded.event)
            work.take(recorded)
        rows[line["id"]] = row
    runs = _runs(seen, [wanted.run] if wanted.run else work.runs)
    fitting = seen.program.workspace.fitting
    return {
        "title": wanted.title,
        "workspace": str(seen.program.workspace.root),
        "made_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "as_of": seen.place.words if seen.place else "",
        "position": seen.until if seen.place else seen.journal.head.position,
        "rows": len(lines),
        "by_status": dict(Counter(line["Review_Status"] for line in lines).most_common()),
        "by_tier": dict(Counter(line["quality_tier"] for line in lines).most_common()),
        "histogram": histogram([line["QR"] for line in lines]),
        "failures": [_failure(line, fitting) for line in lines if line["failure"]],
        "photos": [_photo(line, rows[line["id"]]) for line in lines],
        "published": [line["id"] for line in lines if line["Path"]],
        "stages": work.stages(),
        "runs": runs[:_RUNS_MAX],
        "runs_left_out": max(len(runs) - _RUNS_MAX, 0),
        "made_with": _made_with(seen, runs, lines, rows.values()),
    }


def histogram(ratings: Sequence[float | None]) -> dict[str, Any]:
    """Return how many rows have a QR from 0 to 1, from 1 to 2 and so on, and how many have none."""
    counts = [0] * BINS
    for rating in ratings:
        if rating is not None:
            counts[min(max(int(rating), 0), BINS - 1)] += 1
    return {"rated": counts, "unrated": sum(rating is None for rating in ratings)}


def _photo(line: dict[str, Any], row: Row) -> dict[str, Any]:
    renditions = row.decided.resize.renditions
    named = {one.name: one for one in renditions}
    shown: Rendition | None = named.get("thumb") or min(
        renditions, key=lambda one: one.size_bytes, default=None
    )
    return {name: line[name] for name in _COLUMNS} | {
        "language": row.decided.prefill.text.language,
        "picture": shown.sha256 if shown else "",
        "media_type": shown.media_type if shown else "",
        "width_px": shown.width_px if shown else None,
        "height_px": shown.height_px if shown else None,
    }


def _failure(line: dict[str, Any], fitting: Callable[[str], str]) -> dict[str, Any]:
    code, _, detail = line["failure"].partition(": ")
    action = line["next_action"]
    return {
        "id": line["id"],
        "File_Name": line["File_Name"],
        "code": code,
        "meaning": FAILURES[code].meaning if code in FAILURES else "",
        "detail": detail,
        "hint": fitting(hint_for(code, line["id"], action) or action),
        "next_action": action,
    }


def _runs(seen: Seen, wanted: Iterable[str]) -> list[dict[str, Any]]:
    """Return the runs, the newest first, each with how it ended."""
    ids = set(wanted)
    return [
        {
            "run_id": run["run_id"],
            "command": typed(run).removeprefix("photojournal "),
            "actor": run["actor"],
            "started_at": run["started_at"],
            "ended_at": run["ended_at"],
            "outcome": ending(seen, run),
            "detail": run["detail"],
            "processor": run["processor"],
            "marked": run["marked"],
        }
        for run in seen.models.runs()
        if run["run_id"] in ids
    ]


def _made_with(
    seen: Seen, runs: list[dict[str, Any]], lines: list[dict[str, Any]], rows: Iterable[Row]
) -> dict[str, Any]:
    """Return who wrote, what measured, and which versions of the program did the newest run."""
    measured: Counter[tuple[str, str, str, str]] = Counter(
        (score.metric, score.implementation, score.weights_sha256, score.device)
        for row in rows
        for score in row.decided.score.scores
    )
    opening = seen.journal.read_stream(f"run/{runs[0]['run_id']}")[:1] if runs else []
    began = next((one.event for one in opening if isinstance(one.event, RunStarted)), None)
    return {
        "authors": dict(Counter(one["text_author"] or "nobody" for one in lines).most_common()),
        "profiles": dict(Counter(one["score_profile"] or "none" for one in lines).most_common()),
        "metrics": [
            {"metric": metric, "measured_by": by, "weights": weights, "device": on, "rows": number}
            for (metric, by, weights, on), number in sorted(measured.items())
        ],
        "versions": {"photojournal": began.program, **began.versions} if began else {},
    }
