"""
The program is killed at random moments, with several rows in flight, again and again.

Each round: a run over a dozen photos with three workers, killed one to three times after a random
while, then left to finish. One round again: `CRASH_SEED=1234 python -m pytest -m soak tests/crash
-k one_seed` (the seed decides how often and after which part of the run's usual time).
"""

import os
import random
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, check_dead, check_end, say, started
from tests.crash.scenario import LABELS

PHOTOS = 12
WORKERS = 3
IN_FLIGHT = WORKERS + 1
"""One more than there are workers, so that none of them waits."""
KILLS_MAX = 3
SAMPLE = 1
SOAK = 200
RUN = ("run", "photos", *LABELS)


class Course(NamedTuple):
    """A workspace before its run, how long the run takes, and what it comes to."""

    before: Path
    seconds: float
    end: dict[str, Any]
    tries: int


@pytest.fixture(scope="session")
def course(person: Typist, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The run that nobody kills."""
    folder = tmp_path_factory.mktemp("course")
    before = folder / "before"
    before.mkdir()
    assert person.type(before, "init", str(before)).code == 0
    ws.configure(before, workers=WORKERS)
    ws.make_photos(before / "photos", PHOTOS - 1, damaged=True)
    root = ws.copy_of(before, folder / "undisturbed")
    began = time.monotonic()
    started(root, *RUN).wait(120)
    return Course(before, time.monotonic() - began, ws.end_of(root), ws.tries(root))


def kill_at_random(person: Typist, course: Course, seed: int, root: Path) -> int:
    """Do one round and return how often the program was killed."""
    chance = random.Random(seed)
    ws.copy_of(course.before, root)
    kills = 0
    for _ in range(chance.randint(1, KILLS_MAX)):
        before = ws.head(root)
        program = started(root, *RUN)
        time.sleep(chance.random() * course.seconds)
        kills += program.poll() is None
        program.kill()
        program.wait()
        check_dead(root, before, None)
    typed = person.go_on(root, *RUN)
    said = "\n".join([f"CRASH_SEED={seed}, killed {kills} times", *map(str, typed)])
    assert typed[-1].code in (0, 10), said  # 0: it died when all was done
    check_end(person, root, course.end, said)
    assert ws.tries(root) <= course.tries + kills * IN_FLIGHT, f"too much was repeated\n{said}"
    return kills


def kill_many(person: Typist, course: Course, seeds: list[int], root: Path) -> None:
    """Do many rounds; say the seeds of those that failed."""
    say(f"seeds {seeds[0]} to {seeds[-1]}, {course.seconds:.1f} s for a run that nobody kills")
    faults, kills = [], 0
    for seed in seeds:
        try:
            kills += kill_at_random(person, course, seed, root)
        except AssertionError as error:
            faults.append(f"CRASH_SEED={seed}: {error}")
    say(f"{len(seeds)} rounds, {kills} kills")
    assert not faults, f"{len(faults)} of {len(seeds)} rounds:\n" + "\n\n".join(faults)


def test_killed_at_random_moments_a_run_comes_to_the_same_end(
    person: Typist, course: Course, tmp_path: Path
) -> None:
    """The sample: always the same seed, though not always the same moments."""
    kill_many(person, course, list(range(1, SAMPLE + 1)), tmp_path / "w")


@pytest.mark.soak
def test_killed_at_many_random_moments_a_run_comes_to_the_same_end(
    person: Typist, course: Course, tmp_path: Path
) -> None:
    """Other seeds each time; they are printed."""
    first = random.SystemRandom().randrange(1_000_000)
    kill_many(person, course, list(range(first, first + SOAK)), tmp_path / "w")


@pytest.mark.soak
def test_one_seed(person: Typist, course: Course, tmp_path: Path) -> None:
    """The round that `CRASH_SEED` names."""
    seed = os.environ.get("CRASH_SEED", "")
    if not seed:
        pytest.skip("CRASH_SEED names no round")
    kill_many(person, course, [int(seed)], tmp_path / "w")
