"""
The program is killed while it makes named renditions, and goes on where it was.

Some rows have their pictures and the settings were changed since: a few are made anew, one is new,
one goes, the others stay. One point alone: `CRASH_POINT=resize/objects.put.half_written:2 python -m
pytest -m soak tests/crash/test_rendition_kills.py -k one_point`; one random round likewise by
`CRASH_SEED`.
"""

import os
import random
import time
from pathlib import Path

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, say, started
from tests.crash.scenario import LABELS, Stop
from tests.crash.test_kills import RUN, WORKERS, Course, kill_many
from tests.crash.test_points import kill_and_go_on, kill_at_each

NAMED = """
[resize.renditions.large]
size = "90x90"
format = "webp"
watermark = true
[resize.renditions.tile]
size = "40x40"
mode = "fill"
[resize.renditions.small]
size = "48x48"
format = "avif"
[resize.watermark]
text = "Ada"
"""
CHANGED = """
[resize.renditions.large]
size = "90x90"
format = "webp"
watermark = true
[resize.renditions.tile]
size = "40x40"
mode = "fill"
sharpen = 80
[resize.renditions.banner]
size = "64x16"
mode = "fill"
watermark = true
[resize.watermark]
text = "Ada L."
"""
PHOTOS = 8
MAKING = ("objects.put.", "stage.resize.")
SAMPLE = 1
SOAK = 60


def settle(root: Path, named: str, *, workers: int = 1) -> None:
    """Write settings with named renditions."""
    ws.configure(root, workers=workers)
    path = root / "photojournal.toml"
    path.write_text(path.read_text(encoding="utf-8") + named, encoding="utf-8")


@pytest.fixture(scope="session")
def change(person: Typist, tmp_path_factory: pytest.TempPathFactory) -> Stop:
    """`resize` after the change, where nobody kills it."""
    folder = tmp_path_factory.mktemp("change")
    before = folder / "before"
    before.mkdir()
    assert person.type(before, "init", str(before)).code == 0
    settle(before, NAMED)
    ws.make_photos(before / "photos", 3)
    assert person.type(before, "run", "photos", *LABELS).code == 0
    settle(before, CHANGED)
    root = ws.copy_of(before, folder / "undisturbed")
    done, points = person.points(root, "resize")
    assert done.code == 0, done
    for was, is_ in zip(pictures_of(before), pictures_of(root), strict=True):
        assert {"web", "thumb", "large", "tile", "banner"} == is_.keys()
        assert {"web", "thumb"} == {name for name, one in is_.items() if was.get(name) == one}
    return Stop("resize", ("resize",), before, points, 0, ws.end_of(root), ws.tries(root))


def pictures_of(root: Path) -> list[dict[str, str]]:
    """Return the SHA-256 of each rendition by its name, row by row, as the newest event has it."""
    newest = {one["stream"]: one["payload"] for one in ws.events(root) if one["type"] == "Resized"}
    return [
        {one["name"]: one["sha256"] for one in newest[stream]["renditions"]}
        for stream in sorted(newest)
    ]


def test_killed_at_a_sample_of_points_a_change_comes_to_the_same_end(
    person: Typist, change: Stop, tmp_path: Path
) -> None:
    """The sample: every fourth kind of point at which pictures are kept; the day has others."""
    by_name: dict[str, list[str]] = {}
    for point in (one for one in change.points if one.startswith(MAKING)):
        by_name.setdefault(point.rpartition(":")[0], []).append(point)
    points = [passes[len(passes) // 2] for passes in list(by_name.values())[::4]]
    points.append(by_name["objects.put.half_written"][0])
    kill_at_each(person, change, points, tmp_path)


@pytest.mark.soak
def test_killed_at_every_point_a_change_comes_to_the_same_end(
    person: Typist, change: Stop, tmp_path: Path
) -> None:
    """All points, each pass of them."""
    say(f"resize: {len(change.points)} points")
    kill_at_each(person, change, change.points, tmp_path)


@pytest.fixture(scope="session")
def named_course(person: Typist, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A run with named renditions, several rows in flight, that nobody kills."""
    folder = tmp_path_factory.mktemp("named")
    before = folder / "before"
    before.mkdir()
    assert person.type(before, "init", str(before)).code == 0
    settle(before, NAMED, workers=WORKERS)
    ws.make_photos(before / "photos", PHOTOS, damaged=True)
    root = ws.copy_of(before, folder / "undisturbed")
    began = time.monotonic()
    started(root, *RUN).wait(120)
    return Course(before, time.monotonic() - began, ws.end_of(root), ws.tries(root))


@pytest.mark.soak
def test_killed_at_random_moments_all_renditions_are_made(
    person: Typist, named_course: Course, tmp_path: Path
) -> None:
    """The sample: always the same seeds."""
    kill_many(person, named_course, list(range(1, SAMPLE + 1)), tmp_path / "w")


@pytest.mark.soak
def test_killed_at_many_random_moments_all_renditions_are_made(
    person: Typist, named_course: Course, tmp_path: Path
) -> None:
    """Other seeds each time; they are printed."""
    first = random.SystemRandom().randrange(1_000_000)
    kill_many(person, named_course, list(range(first, first + SOAK)), tmp_path / "w")


@pytest.mark.soak
def test_one_seed(person: Typist, named_course: Course, tmp_path: Path) -> None:
    """The round that `CRASH_SEED` names."""
    seed = os.environ.get("CRASH_SEED", "")
    if not seed:
        pytest.skip("CRASH_SEED names no round")
    kill_many(person, named_course, [int(seed)], tmp_path / "w")


@pytest.mark.soak
def test_one_point(person: Typist, change: Stop, tmp_path: Path) -> None:
    """The point that `CRASH_POINT=resize/NAME:N` names."""
    wanted = os.environ.get("CRASH_POINT", "").removeprefix("resize/")
    if not wanted:
        pytest.skip("CRASH_POINT names no point")
    assert kill_and_go_on(person, change, wanted, tmp_path / "w"), "the point was not passed"
