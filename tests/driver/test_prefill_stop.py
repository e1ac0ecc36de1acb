"""A captioning run that a person stops, and what can be seen of one while it works."""

import signal
import sys
import time
from pathlib import Path

import pytest

from adapters.workers import Workers
from driver import program
from machine.events import (
    AttemptInterrupted,
    AttemptStarted,
    Quarantined,
)
from machine.row import attempts_of
from machine.run_events import RunDied, RunEnded, StageStarted
from projections.narrator import render_run
from tests.driver.nights import Night
from tests.driver.processes import end, start
from tests.standins.ollama_server import Step

# --- stopped


def test_the_first_ctrl_c_takes_what_the_model_is_at_and_begins_nothing_more(
    tmp_path: Path, workers: Workers
) -> None:
    """No call is broken off, nothing stays claimed, and the next run does the rest."""
    script = {"*": Step(kind="slow", first_s=0.1)}
    with Night(tmp_path, workers, served={"script": script}) as night:
        rows = night.bring(10)
        night.caption_until(3)
        calls = len(night.asked())
        assert 3 <= calls <= 4
        assert {"answered"} == {call.outcome for call in night.asked()}
        assert calls == len(night.captioned())
        assert not any(attempts_of(night.desk.row(row), "prefill").open for row in rows)
        night.caption()
        assert rows == night.captioned()
        assert 10 == len(night.asked())


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts with POSIX signals")
def test_the_command_that_was_interrupted_says_how_to_go_on(
    tmp_path: Path, workers: Workers
) -> None:
    """Exit code 130; what was asked was answered and is kept."""
    script = {"*": Step(kind="slow", first_s=0.3)}
    with Night(tmp_path, workers, served={"script": script}) as night:
        night.bring(8)
        process = start(night.desk.root, "prefill")
        night.server.wait_until(lambda _server: len(night.asked()) >= 2, 60.0)
        process.send_signal(signal.SIGINT)
        code, said = end(process)
        assert 130 == code, said
        assert "Stopping after the rows in flight." in said
        assert "Stopped. To go on: photojournal -w " in said
        assert {"answered"} == {call.outcome for call in night.asked()}
        assert len(night.asked()) == len(night.captioned()) <= 4
        night.desk.check()


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts with POSIX signals")
def test_the_second_ctrl_c_does_not_wait_for_a_model_that_hangs(
    tmp_path: Path, workers: Workers
) -> None:
    """The service is told to stop working on it; the next run asks again and charges nobody."""
    script = {"*": Step(kind="hang")}
    with Night(
        tmp_path,
        workers,
        served={"script": script},
        first_token_timeout_s=300.0,
        deadline_s=900.0,
    ) as night:
        rows = night.bring(3)
        process = start(night.desk.root, "prefill")
        night.server.wait_until(lambda _server: bool(night.asked()), 60.0)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        code, said = end(process)
        assert 130 == code, said
        night.server.wait_until(lambda server: server.cancelled == 1)
        script.clear()
        night.caption()
        assert rows == night.captioned()
        assert {} == night.charged()
        night.desk.check()


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts with POSIX signals")
@pytest.mark.soak
def test_a_person_who_leaves_at_once_again_and_again_puts_no_row_under_suspicion(
    tmp_path: Path, workers: Workers
) -> None:
    """Each run says that it was left, within about a second; nothing is left to settle."""
    script = {"*": Step(kind="hang")}
    with Night(
        tmp_path,
        workers,
        served={"script": script},
        first_token_timeout_s=300.0,
        deadline_s=900.0,
    ) as night:
        (row,) = night.bring(1)
        for time_left in range(1, 5):
            code, said, seconds = left_at_once(night)
            assert 130 == code, said
            assert seconds < 3.0
            assert "Left at once. To go on: photojournal -w " in said
            assert "Settled run" not in said
            left = night.of_row(row, AttemptInterrupted)
            assert [(True, 0)] * time_left == [(one.asked, one.deaths_alone) for one in left]
            assert time_left == len([o for o in night.told(RunEnded) if o.exit_code == 130])
            assert {row: "interrupted"} == night.statuses("prefill")
            assert "a person left run" in night.log()
        assert ([], []) == (night.told(Quarantined), night.told(RunDied))
        assert {False} == {one.alone for one in night.of_row(row, AttemptStarted)}
        script.clear()
        night.caption()
        assert [row] == night.captioned()
        assert {} == night.charged()
        night.desk.check()


def left_at_once(night: Night) -> tuple[int, str, float]:
    """Press Ctrl+C twice while the model hangs; return what came of it, and how long it took."""
    before = len(night.asked())
    process = start(night.desk.root, "prefill")
    night.server.wait_until(lambda _server: len(night.asked()) > before, 60.0)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    return *end(process), time.monotonic() - began


# --- while it goes on


def test_the_log_of_a_run_can_be_read_while_it_works(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only the next morning."""
    monkeypatch.setattr(program, "KEEP_UP_S", 0.2)
    script: dict[str, Step] = {}
    with Night(tmp_path, workers, served={"script": script}) as night:
        first, second = night.bring(2)
        script[night.keys[second]] = Step(kind="slow", first_s=3.0)
        latest = night.desk.root / "logs" / "latest_run.log"
        seen = ""
        with night.beside(night.caption):
            night.server.wait_until(lambda _server: bool(night.asked(second)))
            deadline = time.monotonic() + 2.0
            while f"id={second} " not in seen and time.monotonic() < deadline:
                time.sleep(0.05)
                seen = latest.read_text("utf-8") if latest.exists() else ""
            assert [first] == night.captioned(), "the second photo is being worked on"
        run = night.desk.newest_run("run")
        assert f"id={first} " in seen
        assert f"id={second} " in seen
        assert run in seen.splitlines()[0]
        whole = latest.read_text("utf-8")
        assert whole.startswith(seen)
        assert len(whole) > len(seen)
        with night.desk.reading() as journal:
            assert whole.splitlines() == list(render_run(journal, run))


def test_keeping_up_costs_nothing_where_nothing_happened(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor more often than every few seconds."""
    with Night(tmp_path, workers) as night, night.desk.program("run") as opened:
        caught: list[float] = []

        def catch_up(wait_s: float = 0.0) -> str:
            caught.append(wait_s)
            return ""

        monkeypatch.setattr(opened.logs, "catch_up", catch_up)
        opened.shell.note(StageStarted(stage="prefill", rows=1, marker=""))
        for _ in range(50):
            opened.keep_up()
        assert 1 == len(caught)
        monkeypatch.setattr(program, "KEEP_UP_S", 0.0)
        for _ in range(50):
            opened.keep_up()
        assert 1 == len(caught)
        opened.shell.note(StageStarted(stage="prefill", rows=1, marker=""))
        opened.keep_up()
        assert 2 == len(caught)
        assert max(caught) < 1.0, "work waits for no other process"
