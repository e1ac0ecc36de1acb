"""
Workspaces to crash in: making them, looking at what a dead program left, comparing ends.

Looking is done with the program's own readers (`verify`, the read models' `check`) and beside them
with plain sqlite3 and hashing, so that a fault in a reader does not hide a fault in a writer.
"""

import hashlib
import io
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image

from adapters.objects import Objects
from driver.template import TEMPLATE
from journal.verify import Report, verify

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
GOOD = ("chelsea.jpg", "coffee.jpg", "flower.jpg")
DAMAGED = "damaged.jpg"

VOLATILE = {"run_id", "last_position", "updated_at", "attempts", "set_id", "created_at"}
"""Columns that tell when and how often, not what: another run, another time, another try."""
REPEATED = {
    *("AttemptStarted", "AttemptInterrupted", "SagaResumed"),
    *("RunStarted", "RunEnded", "RunDied", "StageStarted", "StageEnded", "StagePaused"),
    *("FileRefused", "FileSkipped"),
}
"""Events of which a crash may leave more: they tell about tries and runs, not about effects."""

Lines = list[dict[str, Any]]


def small(name: str, side_px: int = 96, quality: int = 85) -> bytes:
    """Return one of the sample photos, shrunk, with what it says about itself."""
    with Image.open(SAMPLES / name) as photo:
        kept = {key: photo.info[key] for key in ("exif", "xmp") if key in photo.info}
        photo.thumbnail((side_px, side_px))
        target = io.BytesIO()
        photo.convert("RGB").save(target, "JPEG", quality=quality, **kept)
        return target.getvalue()


def make_photos(folder: Path, count: int, *, damaged: bool = False) -> None:
    """Put `count` different photos into `folder`, and one that is cut off in its middle."""
    folder.mkdir(parents=True)
    for number in range(count):
        name = GOOD[number % len(GOOD)]
        photo = small(name, quality=85 - number // len(GOOD))
        (folder / f"{number + 1:03}_{name}").write_bytes(photo)
    if damaged:
        photo = small("coffee.jpg", side_px=128)
        (folder / DAMAGED).write_bytes(photo[: len(photo) // 2])


def configure(root: Path, *, workers: int = 1, min_free: str = "1 MiB") -> None:
    """Write the settings of a workspace in which nothing waits for long."""
    text = TEMPLATE
    for key, value in {
        "workers = 0 ": f"workers = {workers} ",
        'min_free = "64 MiB"': f'min_free = "{min_free}"',
        'web = "1500x1000"': 'web = "72x72"',
        'thumb = "548x365"': 'thumb = "24x24"',
        "backoff_s = 2.0": "backoff_s = 0.01",
    }.items():
        assert f"# {key}" in text, key
        text = text.replace(f"# {key}", value)
    (root / "photojournal.toml").write_text(text, encoding="utf-8")


def copy_of(root: Path, target: Path) -> Path:
    """Return a copy of a workspace; nobody may have it open."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(root, target)
    return target


# --- what is there


def query(database: Path, sql: str) -> Lines:
    """Read from an SQLite file; no lines where there is no such file or table."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return [dict(line) for line in connection.execute(sql)]
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return []


def events(root: Path, *, after: int = 0) -> Lines:
    """Return the journal's events as they are stored, with their payloads decoded."""
    sql = f"SELECT * FROM events WHERE position > {after} ORDER BY position"
    lines = query(root / "data" / "journal.db", sql)
    return [line | {"payload": json.loads(line["payload"])} for line in lines]


def head(root: Path) -> int:
    """Return the last position."""
    found = query(root / "data" / "journal.db", "SELECT max(position) AS head FROM events")
    return int(found[0]["head"] or 0)


def files_below(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, temporaries and databases left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and ".db" not in path.name
    }


def leftovers(root: Path) -> list[str]:
    """Return the names of temporary files and drafts; that of the text report is used again."""
    return [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.name != "prefill_qc_last.json.new"
        if path.name.startswith(".") or path.suffix == ".new" or path.name.endswith("-journal")
    ]


def published(root: Path) -> Lines:
    """Return the gallery's table."""
    lines = query(root / "site" / "photos_info.db", "SELECT * FROM photos_info ORDER BY File_Name")
    return [{key: value for key, value in line.items() if key != "id"} for line in lines]


def table(root: Path, name: str) -> Lines:
    """Return a read model without the columns that depend on when and how often."""
    lines = query(root / "data" / "review.db", f"SELECT * FROM {name} ORDER BY 1")
    return [{key: value for key, value in line.items() if key not in VOLATILE} for line in lines]


def row_events(root: Path) -> Counter[tuple[str, str]]:
    """Count the events by stream and type, without those that a further try repeats."""
    return Counter(
        (line["stream"], line["type"])
        for line in events(root)
        if line["type"] not in REPEATED and not line["stream"].startswith("run/")
    )


def tries(root: Path) -> int:
    """Return how many attempts were begun."""
    return sum(line["type"] == "AttemptStarted" for line in events(root))


def end_of(root: Path) -> dict[str, Any]:
    """Return everything that has to be the same, however often the program died on the way."""
    return {
        "review_queue": table(root, "review_queue"),
        "photos_info": table(root, "photos_info"),
        "sets": [
            {key: line[key] for key in ("Folder", "Subject", "Location", "paths")}
            for line in table(root, "sets")
        ],
        "site": files_below(root / "site"),
        "published": published(root),
        "objects": sorted(files_below(root / "data" / "objects")),
        "events": row_events(root),
        "report": text_report(root),
    }


def text_report(root: Path) -> dict[str, Any]:
    """Return what quality control says about the texts, without who asked and when."""
    path = root / "data" / "prefill_qc_last.json"
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {key: found[key] for key in ("summary", "flagged")}


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Say in words what differs between two ends."""
    said = []
    for key, want in wanted.items():
        have = found[key]
        if have == want:
            continue
        if isinstance(want, Counter):
            extra, missing = have - want, want - have
            said.append(f"{key}: too many {dict(extra)}, missing {dict(missing)}")
        elif want and isinstance(want[0] if isinstance(want, list) else None, dict):
            said += [f"{key}: {_changed(a, b)}" for a, b in zip(have, want, strict=False) if a != b]
            said += [f"{key}: {len(have)} lines, {len(want)} wanted"] * (len(have) != len(want))
        else:
            said.append(f"{key}: {have} is not {want}")
    return said


def _changed(have: dict[str, Any], want: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {key: (have.get(key), want[key]) for key in want if have.get(key) != want[key]}


# --- what has to hold


def check_journal(root: Path) -> Report:
    """Positions dense, chain valid, everything decodable; whoever wrote last may be dead."""
    report = verify(root / "data" / "journal.db", jobs=1)
    assert report.ok, report.damages
    positions = [line["position"] for line in events(root)]
    assert positions == list(range(1, len(positions) + 1))
    return report


def check_outside(root: Path) -> None:
    """Under final names stands nothing that is half written or that the journal did not intend."""
    damaged = list(Objects(root / "data" / "objects").verify_all())
    assert damaged == []
    intended, records = _intended(root)
    for name, sha256 in files_below(root / "site").items():
        if name == "index.html":  # made from the read model, whole or not there
            continue
        assert (name, sha256) in intended, f"{name} stands outside, nobody intended it"
    for line in published(root):
        assert line in records, f"{line['File_Name']} stands in the table, nobody intended it"
    for path in root.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))


def _intended(root: Path) -> tuple[set[tuple[str, str]], Lines]:
    """Return what the journal says may stand outside, by open or closed sagas."""
    files: set[tuple[str, str]] = set()
    records: Lines = []
    for line in events(root):
        payload = line["payload"]
        steps = payload.get("steps", []) if isinstance(payload, dict) else []
        if line["type"] == "PublicationStarted":
            files |= {(one["path"], one["sha256"]) for one in payload.get("files", [])}
            records += [payload["record"]] if payload.get("record") else []
        files |= {(step["target"], step["sha256"]) for step in steps if step.get("sha256")}
        records += [step["record"] for step in steps if step.get("record")]
    return files, records


def check_signs(root: Path) -> None:
    """Nobody acted on an event that is not there: read models and logs end by the head."""
    last = head(root)
    for line in query(root / "data" / "review.db", "SELECT name, position FROM projections"):
        assert line["position"] <= last, line
    for path in (root / "logs").rglob("*.log"):
        for text in path.read_text(encoding="utf-8").splitlines():
            _, _, position = text.rpartition(" @")
            if position.isdecimal():
                assert int(position) <= last, f"{path.name}: {text}"
