"""
Others look and run meanwhile: every effect happens once, and nobody who lives is taken for dead.

While a run works on many rows, the queue and the status are asked for again and again, a website
reads `review.db` in a transaction that it never ends, and somebody types `run` a second time.
"""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, say, started
from tests.crash.scenario import LABELS

SAMPLE = 8
SOAK = 100
THEN = 5
"""So many of the moments that were looked at are looked back at."""
ONCE = {"AttemptStarted", "Prefilled", "Scored", "Resized"}


def look_meanwhile(person: Typist, root: Path) -> dict[int, ws.Lines]:
    """
    Run beside others until the work is done; everybody has to end well.

    Returns:
        The queue as others read it meanwhile, by the position that it stood at.
    """
    runs, looks = [started(root, "run")], 0
    recorded: dict[int, ws.Lines] = {}
    with closing(sqlite3.connect(root / "data" / "review.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM review_queue").fetchone()
        while any(run.poll() is None for run in runs):
            if runs[0].poll() is None and (len(runs) == 1 or runs[-1].poll() is not None):
                runs.append(started(root, "run"))
            for verb in (("queue", "--json"), ("status", "--json")):
                done = person.type(root, *verb)
                assert done.code == 0, done
                assert done.stderr == "", done
                looks += 1
            recorded |= [read_as_a_website(root)]
        assert reader.execute("SELECT count(*) FROM review_queue WHERE QR").fetchone() == (0,)
    say(f"{len(runs)} runs side by side, {looks} looks")
    assert {run.returncode for run in runs} == {0}
    return recorded


def read_as_a_website(root: Path) -> tuple[int, ws.Lines]:
    """Return position and lines of the queue, read in one transaction."""
    with closing(sqlite3.connect(root / "data" / "review.db")) as reader:
        reader.row_factory = sqlite3.Row
        reader.execute("BEGIN")
        sql = "SELECT position FROM projections WHERE name = 'review_queue'"
        position: int = reader.execute(sql).fetchone()[0]
        lines = reader.execute("SELECT * FROM review_queue ORDER BY id").fetchall()
    return position, [dict(line) for line in lines]


def check_then(person: Typist, root: Path, recorded: dict[int, ws.Lines]) -> None:
    """What `--at` says about then is what was read then."""
    some = sorted(recorded)[:: max(1, len(recorded) // THEN)]
    for position in some:
        done = person.type(root, "queue", "--json", "--at", str(position))
        assert json.loads(done.stdout) == recorded[position], f"as of {position}"


def check_once(person: Typist, root: Path, rows: int) -> None:
    """Each row was tried and done once in each stage."""
    events = [line for line in ws.events(root) if line["stream"].startswith("row/")]
    stages = Counter(
        (line["stream"], line["type"], str(line["payload"].get("stage", "")))
        for line in events
        if line["type"] in ONCE
    )
    assert set(stages.values()) == {1}
    assert len(stages) == rows * 6
    assert {"AttemptInterrupted", "AttemptFailed", "Quarantined"}.isdisjoint(
        line["type"] for line in events
    )
    assert "RunDied" not in {line["type"] for line in ws.events(root)}
    statuses = Counter(line["Review_Status"] for line in ws.table(root, "review_queue"))
    assert statuses == {"Pending": rows}
    done = person.type(root, "verify")
    assert done.code == 0, done


def run_beside(person: Typist, root: Path, rows: int) -> None:
    """Take `rows` photos in, then run beside others."""
    root.mkdir()
    assert person.type(root, "init", str(root)).code == 0
    ws.configure(root, workers=2)
    ws.make_photos(root / "photos", rows)
    done = person.type(root, "ingest", "photos", *LABELS)
    assert done.code == 0, done
    recorded = look_meanwhile(person, root)
    check_once(person, root, rows)
    check_then(person, root, recorded)


def test_beside_looks_and_a_second_run_everything_happens_once(
    person: Typist, tmp_path: Path
) -> None:
    """The sample: few rows, so only a few looks."""
    run_beside(person, tmp_path / "w", SAMPLE)


@pytest.mark.soak
def test_beside_many_looks_and_runs_everything_happens_once(person: Typist, tmp_path: Path) -> None:
    """A hundred rows, looked at several times a second."""
    run_beside(person, tmp_path / "w", SOAK)
