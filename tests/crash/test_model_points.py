"""
Killed at every point of a `prefill` that asks a model: the end is that of one that nobody killed.

As in `test_points`, with four requests under way. What the model's raw replies weigh and how long
they took differs from run to run, so the kept objects are compared by what the journal names.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.adapters.crashing import was_killed
from tests.crash import studio
from tests.crash import workspace as ws
from tests.crash.campaign import Typist, check_dead, commits_before, say
from tests.standins.ollama_server import StandIn

PHOTOS = 6
VERB = "prefill"
SAMPLED = (
    "stage.prefill.after",
    "objects.put.half_written",
)
"""Where an answer is on its way; the other kinds are tried with other verbs."""


class Shoot(NamedTuple):
    """Photos that wait for their texts, the points on the way, and the end that it comes to."""

    server: StandIn
    before: Path
    points: list[str]
    end: dict[str, Any]


@pytest.fixture(scope="module")
def shoot(person: Typist, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shoot]:
    """The photos, and the `prefill` that nobody kills."""
    folder = tmp_path_factory.mktemp("shoot")
    with studio.model(first_s=0.02) as server:
        before = studio.furnish(person, folder / "before", server.url, PHOTOS)
        root = ws.copy_of(before, folder / "undisturbed")
        done, points = person.points(root, VERB)
        assert done.code == 0, done
        yield Shoot(server, before, points, end_of(root))


def end_of(root: Path) -> dict[str, Any]:
    """Return what has to be the same, however often the program died on the way."""
    end = ws.end_of(root)
    del end["objects"]
    return end


def kill_and_go_on(person: Typist, shoot: Shoot, point: str, root: Path) -> bool:
    """Do one round; False if the point was not passed this time."""
    ws.copy_of(shoot.before, root)
    before, calls = ws.head(root), len(shoot.server.calls)
    killed = was_killed(person.type(root, VERB, crash_at=point).code)
    if killed:
        check_dead(root, before, commits_before([], point))
    done = person.type(root, VERB)
    if ws.leftovers(root):  # it found nothing to do: what is left goes with the next run
        assert person.type(root, "repair", "--yes").code == 0
    said = f"{VERB}/{point}\n{done}"
    assert done.code == 0, said
    assert ws.differences(end_of(root), shoot.end) == [], said
    assert ws.leftovers(root) == [], said
    asked = sum(bool(call.key) for call in shoot.server.calls[calls:])
    assert asked <= PHOTOS + studio.CLAIMED, f"{asked} calls\n{said}"
    studio.check_unharmed(root, PHOTOS)
    return killed


def kill_at_each(person: Typist, shoot: Shoot, points: list[str], folder: Path) -> None:
    """Go through points; one that was not passed is told, since timing decides about a few."""
    faults = []
    for point in points:
        try:
            if not kill_and_go_on(person, shoot, point, folder / "w"):
                say(f"not passed this time: {VERB}/{point}")
        except AssertionError as error:
            faults.append(f"{VERB}/{point}: {error}")
            say(faults[-1])
    assert not faults, f"{len(faults)} of {len(points)} points:\n" + "\n\n".join(faults)


def sample(points: list[str]) -> list[str]:
    """Return the middle pass of each kind of point in `SAMPLED`."""
    chosen = []
    for name in SAMPLED:
        passes = [point for point in points if point.rpartition(":")[0] == name]
        assert passes, f"no {name} among the points"
        chosen.append(passes[len(passes) // 2])
    return chosen


def test_killed_at_each_kind_of_point_every_photo_gets_the_same_text(
    person: Typist, shoot: Shoot, tmp_path: Path
) -> None:
    """The sample: from the question to its record."""
    kill_at_each(person, shoot, sample(shoot.points), tmp_path)


@pytest.mark.soak
def test_killed_at_every_point_every_photo_gets_the_same_text(
    person: Typist, shoot: Shoot, tmp_path: Path
) -> None:
    """All points, each pass of them."""
    say(f"{VERB} with a model: {len(shoot.points)} points")
    kill_at_each(person, shoot, shoot.points, tmp_path)
