"""
How long the incident page takes: a night of 1,000 photos that failed, amid a million events.

The night lies in the middle, so that neither the beginning nor the end of the journal helps. The
read models are there already, as they are in a workspace that is used.
"""

import statistics
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from bench.measure import line, seconds
from driver import workspace
from driver.looking import look
from driver.program import Program, create_journal
from driver.triage import Asked, triage_of
from journal import Journal
from machine import run_events as r
from machine.values import Labels
from tests.histories import Fact, Teller, realistic, write

EVENTS = 1_000_000
ROUNDS = 3
EVENTS_PER_ROW = 19.7
PHOTOS = 1_000
GOAL_S = 1.0
RUN = "0192b000-0000-7000-8000-000000000001"


def night(first: int) -> list[Fact]:
    """Return what a run did: the model fell to the CPU, and half of the captions were late."""
    teller, labels = Teller(), Labels(category="Harbours")
    numbers = range(first, first + PHOTOS)
    teller.run = RUN
    started = r.RunStarted(
        verb="run",
        argv=("photojournal", "run"),
        pid=1,
        host="studio",
        program="photojournal 0.1.0",
        versions={},
        config_digest="",
        effects=True,
    )
    teller.put(f"run/{RUN}", started)
    teller.put("set/20260601-1", r.SetCreated(set_id="20260601-1", labels=labels))
    for number in numbers:
        teller.ingest(number, "20260601-1", labels)
        teller.start(number, "score")
        teller.finish(number, "score")
    for number in numbers:
        if number == first + PHOTOS // 2:
            checked = r.ModelChecked(
                stage="prefill", occasion="changed", model="qwen2.5vl:3b", processor="CPU"
            )
            teller.put(f"run/{RUN}", checked)
        teller.start(number, "prefill")
        if number < first + PHOTOS // 2:
            teller.finish(number, "prefill")
        else:
            teller.fail(number, "prefill", "PrefillFirstTokenTimeout")
    teller.end_run("failed rows", 10)
    return teller.facts


def rounds(events: int = EVENTS, count: int = ROUNDS) -> list[dict[str, Any]]:
    """Return the lines of the table for a journal of about `events` events."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        workspace.create(root)
        create_journal(workspace.Workspace(root))
        rows = round(events / EVENTS_PER_ROW)
        with Journal.open(root / "data" / "journal.db", min_free_bytes=0) as journal:
            history = realistic(rows, per_set=2_000)
            write(journal, islice(history, events // 2), batch=500)
            write(journal, night(rows + 1), batch=500)
            write(journal, history, batch=500)
        _page(root)  # makes the read models
        took = [seconds(lambda: _page(root)) for _ in range(count)]
        page = _page(root)
    # The events name pictures that were never made; triage says that, too, after the night.
    assert page["cause_classes"] in (["ollama-on-cpu"], ["ollama-on-cpu", "damaged"])
    detail = f"{page['rows_hit']:,} rows hit, {page['position']:,} events"
    what = "triage of a night amid 1 M events"
    return [
        line(what, statistics.median(took), "s", goal=GOAL_S, at_most=True, detail=detail),
    ]


def _page(root: Path) -> dict[str, Any]:
    """Open the workspace and make the page, as the verb does."""
    opened = Program(workspace.Workspace(root), readonly=True)
    with opened as program, look(program) as seen:
        return triage_of(seen, Asked(run=RUN))
