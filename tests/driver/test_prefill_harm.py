"""Photos that harm what is around them: the others arrive, and nobody else pays."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from machine.events import AttemptFailed, AttemptStarted, Prefilled, Quarantined
from machine.intents import Reject
from machine.run_events import StageWaiting
from tests.driver.nights import FRAGILE, Night
from tests.driver.processes import end, start
from tests.standins.ollama_server import Request, Step

AWAY_S = 0.6
"""Long enough for every request that was under way to see that the service is gone."""


class Killer:
    """Photos on which the whole service dies; somebody starts it again."""

    def __init__(self, step: Step | None = None) -> None:
        """Take what the others are answered."""
        self.keys: set[str] = set()
        self.step = step
        self.killed = threading.Event()
        self.ended = False

    def __call__(self, request: Request) -> Step | None:
        """Die of the photo."""
        if request.key not in self.keys:
            return self.step
        self.killed.set()
        return Step(kind="hang")

    def restarts(self, night: Night) -> Callable[[], None]:
        """Return what starts the service again, until `ended`."""

        def watch() -> None:
            while not self.ended:
                if self.killed.wait(0.05):
                    night.server.stop()
                    time.sleep(AWAY_S)
                    self.killed.clear()  # one death, however many of its photos were under way
                    night.server.start()

        return watch


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_photo_that_kills_the_service_is_set_aside_and_its_neighbours_are_not(
    tmp_path: Path, workers: Workers, at_once: int
) -> None:
    """The first time might have been chance; then it pays for itself, and only for itself."""
    script = Killer(Step(kind="slow", first_s=0.3))
    served = {"script": script, "num_parallel": at_once, "token_s": 0.001}
    with Night(tmp_path, workers, served=served, in_flight=at_once) as night:
        rows = night.bring(10)
        bad = rows[1]
        script.keys = {night.keys[bad]}
        with night.beside(script.restarts(night)):
            worked = night.caption()
            script.ended = True
        assert ("", {bad: "PrefillDropped"}) == (worked.paused, worked.failed)
        assert {bad: 3} == night.charged()
        assert [row for row in rows if row != bad] == night.captioned()
        assert ["PrefillDropped"] == [one.code for one in night.told(Quarantined)]
        assert 3 <= len(night.told(StageWaiting)) <= 4
        free = [one for one in night.told(AttemptFailed) if not one.charged]
        assert {"PrefillUnreachable"} == {one.code for one in free}


@pytest.mark.parametrize("at_once", [1, pytest.param(4, marks=pytest.mark.soak)])
def test_a_service_that_dies_of_every_photo_is_not_the_fault_of_any(
    tmp_path: Path, workers: Workers, at_once: int
) -> None:
    """After a handful of deaths without a text the stage is paused, and nobody has paid."""
    script = Killer()
    served = {"script": script, "num_parallel": at_once, "token_s": 0.001}
    with Night(tmp_path, workers, served=served, in_flight=at_once) as night:
        rows = night.bring(24)
        script.keys = set(night.keys.values())
        with night.beside(script.restarts(night)):
            worked = night.caption()
            script.ended = True
        assert "PrefillModelFailing" == worked.tallies["prefill"].paused
        assert "the service went away at each of the last " in worked.paused
        assert {} == night.charged()
        assert 1 <= len(set(night.order())) <= 13, "the others never reached the service"
        script.keys.clear()
        assert "" == night.caption().paused
        assert rows == night.captioned()


def test_many_hard_photos_are_no_proof_against_the_model(tmp_path: Path, workers: Workers) -> None:
    """Where it wrote about most photos, the others are set aside, though they come in a row."""
    script: dict[str, Step] = {}
    with Night(tmp_path, workers, served={"script": script}) as night:
        rows = night.bring(50)
        hard = rows[::2]
        script |= {night.keys[row]: Step(kind="bad_json") for row in hard}
        worked = night.caption()
        assert "" == worked.paused
        assert dict.fromkeys(hard, "PrefillBadJson") == worked.failed
        assert dict.fromkeys(hard, 3) == night.charged()
        assert rows[1::2] == night.captioned()


def test_a_rejected_photo_that_was_to_be_tried_again_keeps_no_other_from_it(
    tmp_path: Path, workers: Workers
) -> None:
    """Its time comes first and nothing is done with it; the run waits for the next one's."""
    script: dict[str, Step | list[Step]] = {}
    with Night(tmp_path, workers, served={"script": script}, backoff_s=0.6) as night:
        first, second, third = night.bring(3)
        script[night.keys[first]] = Step(kind="empty")
        script[night.keys[third]] = Step(kind="slow", first_s=0.4)
        script[night.keys[second]] = [Step(kind="empty", first_s=0.2)]
        with night.beside(night.caption) as came:
            night.server.wait_until(lambda _server: bool(night.asked(third)))
            night.desk.ask(first, intents=[Reject()])
        assert [second, third] == night.captioned()
        assert 1 == len(night.asked(first))
        assert "" == came[0].paused


def test_ctrl_c_ends_the_wait_for_a_service_at_once(tmp_path: Path, workers: Workers) -> None:
    """Nobody has to wait for five minutes, or twice."""
    with Night(tmp_path, workers, wait_for_service=60.0) as night:
        rows = night.bring(3)
        night.server.stop()
        before, began_s = night.versions(), time.monotonic()
        with night.beside(night.caption_until, 0):
            pass
        assert time.monotonic() - began_s < 10.0
        assert before == night.versions()
        night.server.start()
        night.caption()
        assert rows == night.captioned()


@pytest.mark.skipif(sys.platform == "win32", reason="dies by a POSIX signal")
def test_a_photo_that_kills_what_prepares_it_is_never_asked_about(
    tmp_path: Path, fragile: Workers
) -> None:
    """It is set aside after a second try alone; the model and the other photos go on."""
    with Night(tmp_path, fragile) as night:
        rows = night.bring(4, deadly=1)
        worked = night.caption()
        assert ("", {rows[1]: "PrefillNativeCrash"}) == (worked.paused, worked.failed)
        started = [one.alone for one in night.of_row(rows[1], AttemptStarted)]
        assert [False, True] == started
        assert [rows[0], *rows[2:]] == night.captioned() == night.order()
        assert [] == [one for row in night.captioned() for one in night.codes(row)]


@pytest.fixture
def fragile() -> Iterator[Workers]:
    """A worker that some photos kill."""
    with Workers(1, functions=FRAGILE) as started:
        yield started


def test_two_runs_at_once_ask_about_each_photo_once(tmp_path: Path, workers: Workers) -> None:
    """A claim of the one is respected by the other; nothing is charged or written twice."""
    script = {"*": Step(kind="slow", first_s=0.1)}
    with Night(tmp_path, workers, served={"script": script, "num_parallel": 2}) as night:
        rows = night.bring(16)
        answers = [end(one) for one in [start(night.desk.root, "prefill") for _ in range(2)]]
        assert {0} == {code for code, _ in answers}, answers
        assert rows == sorted(night.order())
        assert rows == night.captioned()
        assert 16 == len(night.told(Prefilled))
        assert [] == night.told(AttemptFailed)
