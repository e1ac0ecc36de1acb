"""A caption service that is away, or comes and goes: it is waited for, and no photo pays for it."""

import time
from pathlib import Path

import ollama
import pytest

from adapters.workers import Workers
from machine.events import AttemptFailed, AttemptStarted
from machine.intents import Reject
from machine.run_events import ModelChecked, StagePaused, StageResumed, StageWaiting
from tests.driver.nights import MODEL, Night
from tests.driver.processes import do
from tests.standins.ollama_server import Request, Step


def test_without_the_service_everything_else_is_done_and_no_photo_is_touched(
    tmp_path: Path, workers: Workers
) -> None:
    """One run scores and resizes; captions are paused; the next run writes them all."""
    with Night(tmp_path, workers, wait_for_service=0.3) as night:
        rows = night.bring(8)
        night.server.stop()
        worked = night.desk.work()
        assert worked.paused.startswith("the caption service does not answer: ")
        assert "ollama serve" in worked.hint
        assert "PrefillUnreachable" == worked.tallies["prefill"].paused
        for stage in ("score", "resize"):
            assert 8 == worked.tallies[stage].done
        assert {} == worked.failed
        assert [] == night.told(AttemptFailed)
        assert {"prefill"} == {one.stage for one in night.told(StagePaused)}
        assert [8] == [one.rows_left for one in night.told(StagePaused)]
        assert 1 == len(night.told(StageWaiting))
        before = night.versions()
        assert night.caption().paused
        assert before == night.versions(), "not even a try was claimed"
        night.server.start()
        again = night.desk.work()
        assert ("", 8) == (again.paused, again.tallies["prefill"].done)
        assert rows == night.captioned()
        assert {"Pending"} == {night.desk.status(row) for row in rows}
        night.desk.check()


def test_the_command_says_once_that_the_service_is_away_and_what_to_do(
    tmp_path: Path, workers: Workers
) -> None:
    """Exit code 4, so that a script knows that another try is worth it."""
    with Night(tmp_path, workers, wait_for_service=0.2) as night:
        night.bring(2)
        night.server.stop()
        before = night.versions()
        code, said = do(night.desk.root, "prefill")
        assert 4 == code, said
        lines = said.splitlines()
        errors = [line for line in lines if "Error:" in line]
        hints = [line for line in lines if "Hint:" in line]
        assert (1, 1) == (len(errors), len(hints)), said
        assert "the caption service does not answer" in errors[0]
        assert "Start it (ollama serve), check with: photojournal doctor" in hints[0]
        assert "Traceback" not in said
        assert before == night.versions()


def test_a_service_that_restarts_in_the_middle_costs_nobody_a_try(
    tmp_path: Path, workers: Workers
) -> None:
    """The run waits, goes on by itself, and every photo has its text."""
    steps = Step(kind="slow", first_s=0.02)
    with Night(tmp_path, workers, served={"script": {"*": steps}}) as night:
        rows = night.bring(20)
        with night.beside(night.caption) as came:
            night.server.wait_until(lambda _server: len(night.asked()) >= 6)
            night.server.stop()
            time.sleep(0.4)
            night.server.start()
        assert ("", 20) == (came[0].paused, came[0].tallies["prefill"].done)
        assert rows == night.captioned()
        assert {} == night.charged()
        assert {"PrefillUnreachable"} >= {one.code for one in night.told(AttemptFailed)}
        assert len(night.told(AttemptFailed)) <= 3
        (waited,) = night.told(StageResumed)
        assert ["prefill"] == [one.stage for one in night.told(StageWaiting)]
        assert waited.waited_ms >= 100
        assert ["startup", "recheck"] == [one.occasion for one in night.told(ModelChecked)]
        assert "waits for the service" in night.log()
        assert "goes on: the service answers again" in night.log()


def test_a_service_that_stays_away_in_the_middle_pauses_the_stage(
    tmp_path: Path, workers: Workers
) -> None:
    """What is written stays; the rest is untouched and comes with the next run."""
    steps = Step(kind="slow", first_s=0.02)
    with Night(tmp_path, workers, served={"script": {"*": steps}}, wait_for_service=0.3) as night:
        rows = night.bring(12)
        with night.beside(night.caption) as came:
            night.server.wait_until(lambda _server: len(night.asked()) >= 4)
            night.server.stop()
        assert "PrefillUnreachable" == came[0].tallies["prefill"].paused
        done = night.captioned()
        assert 3 <= len(done) < 12
        assert {} == night.charged()
        assert 12 - len(done) == night.told(StagePaused)[-1].rows_left
        night.server.start()
        assert "" == night.caption().paused
        assert rows == night.captioned()


@pytest.mark.parametrize(
    ("count", "refused"), [(20, 5), pytest.param(200, 50, marks=pytest.mark.soak)]
)
def test_a_night_without_the_service_leaves_exactly_the_chosen_photos_for_the_model(
    tmp_path: Path, workers: Workers, count: int, refused: int
) -> None:
    """All are rated and resized, a person throws some away, and the model never sees those."""
    with Night(tmp_path, workers, wait_for_service=0.2) as night:
        rows = night.bring(count)
        night.server.stop()
        worked = night.desk.work()
        assert (count, count) == (worked.tallies["score"].done, worked.tallies["resize"].done)
        assert {"done"} == set(night.statuses("score").values())
        answers = night.desk.ask(*rows[::4][:refused], intents=[Reject()])
        assert refused == sum(one.outcome == "done" for one in answers)
        night.server.start()
        again = night.desk.work()
        assert count - refused == again.tallies["prefill"].done
        kept = sorted(set(rows) - set(rows[::4][:refused]))
        assert count - refused == len(night.asked())
        assert kept == sorted(night.order()) == night.captioned()
        night.desk.check()


# --- slots and queues


SPEAKING = {"first_s": 0.02, "token_s": 0.002}


def test_a_service_with_one_slot_is_sent_one_picture_at_a_time(
    tmp_path: Path, workers: Workers
) -> None:
    """Four at once were wished for; waiting in its queue would have looked like hanging."""
    with Night(tmp_path, workers, served=SPEAKING, in_flight=4, first_token_timeout_s=0.6) as night:
        night.bring(8)
        assert 8 == night.caption().tallies["prefill"].done
        (checked,) = night.told(ModelChecked)
        assert 1 == checked.in_flight
        assert any("does not work on two at once" in one for one in checked.warnings)
        assert "does not work on two at once" in night.log()
        assert [] == night.told(AttemptFailed)
        assert 1 == most_at_once(night)


def test_a_service_with_four_slots_is_sent_four_pictures_at_a_time(
    tmp_path: Path, workers: Workers
) -> None:
    """Found out by trying, not by believing."""
    served = {"first_s": 0.15, "token_s": 0.002, "num_parallel": 4}
    with Night(tmp_path, workers, served=served, in_flight=4) as night:
        night.bring(16)
        assert 16 == night.caption().tallies["prefill"].done
        (checked,) = night.told(ModelChecked)
        assert (4, ()) == (checked.in_flight, checked.warnings)
        assert 2 < most_at_once(night) <= 4
        assert [] == night.told(AttemptFailed)


def most_at_once(night: Night) -> int:
    """Return how many pictures the service had been sent and not yet answered, at most."""
    calls = night.asked()
    return max(
        sum(other.asked_at <= call.asked_at < (other.ended_at or 0.0) for other in calls)
        for call in calls
    )


def test_somebody_else_at_the_only_slot_is_no_failure_of_a_photo(
    tmp_path: Path, workers: Workers
) -> None:
    """Waiting in the queue longer than pieces may be apart counts against the first piece only."""

    def script(request: Request) -> Step | None:
        return Step(kind="slow", first_s=0.9) if request.prompt == "Mine first." else None

    with Night(tmp_path, workers, served={"script": script}, idle_timeout_s=0.3) as night:
        night.bring(4)
        night.caption(1)
        with night.beside(somebody_else, night.server.url):
            night.server.wait_until(lambda server: server.calls[-1].outcome == "running")
            assert 3 == night.caption().tallies["prefill"].done
        assert [] == night.told(AttemptFailed)
        waits = [call.started_at - call.asked_at for call in night.asked() if call.started_at]
        assert max(waits) > 0.3, "a photo did wait"
        assert 4 == len(night.told(AttemptStarted))


def somebody_else(url: str) -> None:
    """Ask for something without a picture."""
    messages = [{"role": "user", "content": "Mine first."}]
    ollama.Client(host=url, timeout=30.0).chat(MODEL, messages)
