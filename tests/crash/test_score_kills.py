"""
Killed while models measure photos: nobody is charged, every photo gets its scores once.

The program dies at random moments with photos at the workers, waiting, and with the models; or a
person ends it. One seed again:
`CRASH_SEED=1234 python -m pytest -m soak tests/crash -k score_kills_of_one_seed`.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.crash import studio
from tests.crash import workspace as ws
from tests.crash.campaign import Typist, check_dead, say
from tests.crash.scoring_program import IN_FLIGHT, furnish, started
from tests.driver import moody_models
from tests.driver.processes import wait_for

SLOW_S = 0.2
"""Seconds that the models take for a batch."""
KILLS, SOAK_KILLS = 1, 12
PER_KILL = 16
"""Photos for each kill: those in flight are tried alone later, and a few are done meanwhile."""


def scored(root: Path) -> int:
    """Return how many rows have their scores."""
    return len(studio.rows_with(root, "Scored"))


def claimed(root: Path) -> int:
    """Return how many rows are in flight."""
    starts = studio.rows_with(root, "AttemptStarted")
    ends = sum(
        (studio.rows_with(root, kind) for kind in ("Scored", "AttemptInterrupted")), Counter()
    )
    return (starts - ends).total()


def interrupt(program: subprocess.Popen[bytes]) -> None:
    """Do what a terminal does when somebody types Ctrl+C."""
    if sys.platform != "win32":
        os.killpg(program.pid, signal.SIGINT)


def asked(root: Path) -> int:
    """Return how many batches the models were asked about."""
    return len(moody_models.asked(root / "weights"))


def kill_once(root: Path, chance: random.Random) -> int:
    """Kill the program while the models measure; return how many rows were in flight."""
    before, done, calls = ws.head(root), scored(root) + chance.randint(1, 4), asked(root)
    program = started(root, "score")
    wait_for(lambda: scored(root) >= done, 60)
    wait_for(lambda: asked(root) > calls and claimed(root) > 1, 60)
    time.sleep(chance.random() * SLOW_S * 1.5)
    assert program.poll() is None, "all was done before the kill: more photos are needed"
    program.kill()
    program.wait()
    check_dead(root, before, None)
    return claimed(root)


def check_unharmed(root: Path, count: int, lost: int) -> None:
    """Every row has its scores once, every embedding is kept, nobody was charged or set aside."""
    assert studio.rows_with(root, "Scored") == Counter(range(1, count + 1))
    assert studio.of_rows(root, "Quarantined") == []
    assert studio.of_rows(root, "AttemptFailed") == []
    assert studio.of_rows(root, "PartlyScored") == []
    assert len(studio.of_rows(root, "AttemptInterrupted")) == lost
    assert len(studio.of_rows(root, "AttemptStarted")) == count + lost
    payloads = [line["payload"] for line in studio.of_rows(root, "Scored")]
    assert all(set(one["required"]) == {s["metric"] for s in one["scores"]} for one in payloads)
    assert {one["embedding"]["sha256"] for one in payloads} <= studio.kept(root)
    ws.check_journal(root)
    ws.check_outside(root)


def kill_many(person: Typist, root: Path, kills: int, *, seed: int) -> None:
    """Kill the program so often, let it finish, and look at what it came to."""
    chance, count = random.Random(seed), kills * PER_KILL
    furnish(person, root, count, slow_s=SLOW_S)
    lost = [kill_once(root, chance) for _ in range(kills)]
    (root / "weights" / "slow").unlink()
    code = started(root, "score").wait(120)
    said = f"CRASH_SEED={seed} score: {kills} kills, in flight at each: {lost}"
    say(said)
    assert code == 0, said
    assert max(lost) <= IN_FLIGHT, said
    check_unharmed(root, count, sum(lost))
    assert person.type(root, "verify").code == 0, said


def test_killed_while_models_measure_every_photo_gets_its_scores_once(
    person: Typist, tmp_path: Path
) -> None:
    """The sample: the same seed, though not the same moments."""
    kill_many(person, tmp_path / "w", KILLS, seed=1)


@pytest.mark.soak
def test_killed_many_times_while_models_measure_every_photo_gets_its_scores_once(
    person: Typist, tmp_path: Path
) -> None:
    """Another seed each time; it is printed."""
    kill_many(person, tmp_path / "w", SOAK_KILLS, seed=random.SystemRandom().randrange(1_000_000))


@pytest.mark.soak
def test_score_kills_of_one_seed(person: Typist, tmp_path: Path) -> None:
    """The kills that `CRASH_SEED` names."""
    seed = os.environ.get("CRASH_SEED", "")
    if not seed:
        pytest.skip("CRASH_SEED names no kills")
    kill_many(person, tmp_path / "w", SOAK_KILLS, seed=int(seed))


@pytest.mark.skipif(os.name == "nt", reason="interrupts with POSIX signals")
@pytest.mark.soak
def test_interrupted_once_the_rows_that_wait_for_the_models_are_finished(
    person: Typist, tmp_path: Path
) -> None:
    """Interrupted twice they are not, and nothing of the program is left alive; both go on."""
    root, count = tmp_path / "w", 20
    furnish(person, root, count, slow_s=SLOW_S)
    before = ws.head(root)
    program = started(root, "score")
    wait_for(lambda: asked(root) > 1, 60)
    interrupt(program)
    assert program.wait(60) == 130
    check_dead(root, before, None)
    assert studio.of_rows(root, "AttemptInterrupted") == []
    first = scored(root)
    assert 0 < first < count
    assert claimed(root) == 0

    before, calls = ws.head(root), asked(root)
    program = started(root, "score")
    wait_for(lambda: asked(root) > calls, 60)
    interrupt(program)
    time.sleep(0.2)
    began = time.monotonic()
    interrupt(program)
    assert program.wait(60) == 130
    assert time.monotonic() - began < 5
    check_dead(root, before, None)
    lost = len(studio.of_rows(root, "AttemptInterrupted")) + claimed(root)
    assert 0 < lost <= IN_FLIGHT

    (root / "weights" / "slow").unlink()
    assert started(root, "score").wait(120) == 0
    check_unharmed(root, count, lost)
