"""
The program is killed at every point where it appends, syncs, renames or changes the outside.

Each round: a copy of the workspace as it was before the verb, the verb killed at the point, a look
at what is left, the verb typed again, a look at the end. One point alone:
`CRASH_POINT=publish/objects.put.half_written:2 python -m pytest -m soak tests/crash -k one_point`.
"""

import os
from pathlib import Path

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, check_end, crash, say
from tests.crash.scenario import DAY, NOT_REPEATABLE, Stop, sample

STEPS = [name for name, _ in DAY]
IN_FLIGHT = 2
"""Rows that one worker has in flight: one being worked on, one waiting for it."""
TWICE = [("resize", "stage.resize.after:2"), ("publish", "saga.put_record.before:1")]
"""Steps and points at which the program dies, to be killed again while it goes on."""
REPORTING = {"run", "prefill"}
"""Steps at whose end the report on the texts is as of now; others leave it, or mend it."""


def kill_and_go_on(person: Typist, stop: Stop, point: str, root: Path) -> bool:
    """Do one round; False if the point was not passed this time."""
    said = f"CRASH_POINT={stop.name}/{point}"
    ws.copy_of(stop.before, root)
    try:
        killed = crash(person, root, stop.argv, point)
    except AssertionError as error:
        msg = f"{said}: {error}"
        raise AssertionError(msg) from error
    if stop.name in NOT_REPEATABLE and ws.row_events(root) == stop.end["events"]:
        typed = [person.type(root, "repair", "--yes")]
    else:
        typed = person.go_on(root, *stop.argv)
        if ws.leftovers(root):  # it found nothing to do: what is left goes with the next run
            typed.append(person.type(root, "repair", "--yes"))
    told = "\n".join([said, *map(str, typed)])
    assert typed[-1].code in (0, stop.code), told
    wanted = dict(stop.end)
    if stop.name not in REPORTING:
        del wanted["report"]
    check_end(person, root, wanted, told)
    assert ws.tries(root) <= stop.tries + IN_FLIGHT, f"too much was repeated\n{told}"
    return killed


def kill_at_each(person: Typist, stop: Stop, points: list[str], folder: Path) -> None:
    """Go through points; one that was not passed is told, since timing decides about a few."""
    faults = []
    for point in points:
        try:
            if not kill_and_go_on(person, stop, point, folder / "w"):
                say(f"not passed this time: {stop.name}/{point}")
        except AssertionError as error:
            faults.append(str(error))
            say(faults[-1])
    assert not faults, f"{len(faults)} of {len(points)} points:\n" + "\n\n".join(faults)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_sample_of_points_it_comes_to_the_same_end(
    person: Typist, day: dict[str, Stop], step: str, tmp_path: Path
) -> None:
    """The sample: every fourth kind of point once, and one in the middle of every verb."""
    kill_at_each(person, day[step], sample(day)[step], tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_every_point_it_comes_to_the_same_end(
    person: Typist, day: dict[str, Stop], step: str, tmp_path: Path
) -> None:
    """All points of all verbs, each pass of them."""
    say(f"{step}: {len(day[step].points)} points")
    kill_at_each(person, day[step], day[step].points, tmp_path)


def died_once(person: Typist, day: dict[str, Stop], step: str, point: str, folder: Path) -> Stop:
    """Return a step that was killed at a point and is about to be typed again."""
    dead = ws.copy_of(day[step].before, folder / "dead")
    assert crash(person, dead, day[step].argv, point), f"{step}/{point} was not passed"
    once = ws.copy_of(dead, folder / "once")
    done, points = person.points(once, *day[step].argv)
    assert done.code == day[step].code, done
    return day[step]._replace(before=dead, points=points, tries=day[step].tries + IN_FLIGHT)


@pytest.mark.parametrize(("step", "point"), TWICE[1:])
def test_killed_while_it_settles_it_comes_to_the_same_end(
    person: Typist, day: dict[str, Stop], step: str, point: str, tmp_path: Path
) -> None:
    """The sample: a second death, where the first one is being settled."""
    stop = died_once(person, day, step, point, tmp_path)
    points = [point for point in stop.points if point.startswith("settle.")]
    assert points
    kill_at_each(person, stop, points, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize(("step", "point"), TWICE)
def test_killed_at_every_point_of_going_on_it_comes_to_the_same_end(
    person: Typist, day: dict[str, Stop], step: str, point: str, tmp_path: Path
) -> None:
    """All points of a verb that goes on after a death."""
    stop = died_once(person, day, step, point, tmp_path)
    say(f"{step} after {point}: {len(stop.points)} points")
    kill_at_each(person, stop, stop.points, tmp_path)


@pytest.mark.soak
def test_one_point(person: Typist, day: dict[str, Stop], tmp_path: Path) -> None:
    """The point that `CRASH_POINT=STEP/NAME:N` names."""
    wanted = os.environ.get("CRASH_POINT", "")
    if not wanted:
        pytest.skip("CRASH_POINT names no point")
    step, _, point = wanted.partition("/")
    assert kill_and_go_on(person, day[step], point, tmp_path / "w"), "the point was not passed"
