"""
A photographer's day, verb after verb, with a copy of the workspace before each.

Two good photos and a damaged one come in, are worked on, reviewed, published, published again after
an edit, rolled back, brought forth again and withdrawn. Each step knows the points at which the
program can be killed there and the end it comes to if nobody kills it.
"""

from pathlib import Path
from typing import Any, NamedTuple

from tests.crash import workspace as ws
from tests.crash.campaign import Typist

LABELS = ("--category", "Nature", "--subject", "Samples", "--location", "Rotterdam")
DAY: tuple[tuple[str, str], ...] = (
    ("ingest", f"ingest photos {' '.join(LABELS)}"),
    ("run", "run"),
    ("prefill", "prefill"),
    ("score", "score"),
    ("resize", "resize"),
    ("edit", "edit 1 2 --caption Dawn --alt-text Harbour"),
    ("undo", "undo 2 --yes"),
    ("redo", "redo 2 --yes"),
    ("approve", "approve 1 2"),
    ("publish", "publish"),
    ("edit-again", "edit 1 --caption Dusk --alt-text Haven"),
    ("publish-again", "publish"),
    ("rollback", "rollback 1 --to {published} --yes"),
    ("forth", "rollback 1 --to {again} --yes"),
    ("withdraw", "withdraw 2 --yes"),
    ("replay", "replay"),
)
"""Name and command of each step. `run` is tried from where `prefill` begins, and not kept."""

ALSO = {"publish": ["gallery.put_file.before_folder_fsync:1"]}
"""Points for the sample beside its rule: here the gallery is tried out, before the first row."""

SLOW = ("ingest", "score", "resize", "run")
"""Steps that start worker processes, which takes longer than all else; the slowest last."""

NOT_REPEATABLE = {"undo", "redo"}
"""Typed twice they go further; who died at one looks first whether it was done."""


class Stop(NamedTuple):
    """One step of the day: where it begins, what is typed, and what it comes to."""

    name: str
    argv: tuple[str, ...]
    before: Path
    points: list[str]
    code: int
    end: dict[str, Any]
    tries: int


def live_through(typist: Typist, folder: Path) -> dict[str, Stop]:
    """Live through the day once, and return its steps by name."""
    root = folder / "day"
    root.mkdir(parents=True)
    done = typist.type(root, "init", str(root))
    assert done.code == 0, done
    ws.configure(root)
    ws.make_photos(root / "photos", 2, damaged=True)
    stops: dict[str, Stop] = {}
    versions: dict[str, int] = {}
    for name, text in DAY:
        before = ws.copy_of(root, folder / f"before-{name}")
        argv = tuple(text.format(**versions).split())
        done, points = typist.points(root, *argv)
        assert done.code in (0, 10), done
        stops[name] = Stop(name, argv, before, points, done.code, ws.end_of(root), ws.tries(root))
        if name == "run":
            ws.copy_of(before, root)
        if name.startswith("publish"):
            versions["published" if name == "publish" else "again"] = version_of(root, 1)
    return stops


def version_of(root: Path, row: int) -> int:
    """Return the version that a row stands at."""
    return sum(line["stream"] == f"row/{row}" for line in ws.events(root))


def sample(stops: dict[str, Stop]) -> dict[str, list[str]]:
    """Return every fourth kind of point, where it costs least, and the middle of every step."""
    seen: set[str] = set()
    chosen: dict[str, list[str]] = {}
    for stop in sorted(stops.values(), key=_cost):
        by_name: dict[str, list[str]] = {}
        for point in stop.points:
            by_name.setdefault(point.rpartition(":")[0], []).append(point)
        fresh = [passes for name, passes in by_name.items() if name not in seen]
        points = [passes[len(passes) // 2] for passes in fresh[::4]]
        points += [*stop.points[len(stop.points) // 2 :][:1], *ALSO.get(stop.name, [])]
        chosen[stop.name] = list(dict.fromkeys(points))
        seen |= set(by_name)
    return chosen


def _cost(stop: Stop) -> int:
    return SLOW.index(stop.name) + 1 if stop.name in SLOW else 0
