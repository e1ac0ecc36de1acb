"""How long it may still take, and what is waited for: on standard error, in words."""

import sys
import time
from typing import Any

import pytest

from commands import progress as module
from commands.progress import about, progress
from driver.publishing import Uploads
from driver.tally import Tally
from machine.values import Stage


def tallies(**counts: Tally) -> dict[Stage, Tally]:
    """Return counts by stage."""
    found: dict[Any, Tally] = dict(counts)
    return found


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute left"),
        (29, "less than a minute left"),
        (31, "about 1 min left"),
        (59.6 * 60, "about 1 h left"),
        (59 * 60, "about 59 min left"),
        (3 * 3600 + 600, "about 3 h 10 min left"),
        (11 * 3600 + 40 * 60, "about 12 h left"),
        (30 * 3600, "about 30 h left"),
    ],
)
def test_the_time_that_is_left_in_words(seconds: float, words: str) -> None:
    """To the minute; a long time to the hour."""
    assert words == about(seconds)


def test_the_time_is_told_from_measured_rows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many seconds a row so far; before the third row, and at the end, nothing is told."""
    monkeypatch.setattr(module, "EVERY_S", 0.0)
    monkeypatch.setattr(time, "monotonic", lambda: 1_700.0)
    with progress() as shown:
        shown.stages(tallies(prefill=Tally(rows=2000, done=1, failed=1, started=1_000.0)))
        shown.stages(tallies(prefill=Tally(rows=2000, done=117, failed=3, started=1_000.0)))
        shown.stages(tallies(prefill=Tally(rows=120, done=117, failed=3, started=1_000.0)))
        shown.stages(tallies(prefill=Tally(rows=2000, done=117, skipped=3)))
    assert [
        "prefill 2/2000 (1 failed)",
        "prefill 120/2000 (3 failed), about 3 h 3 min left",
        "prefill 120/120 (3 failed)",
        "prefill 120/2000",
    ] == capsys.readouterr().err.splitlines()


def test_waiting_is_said_at_once_and_then_once_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time it begins anew; the words cannot move the cursor."""
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    waiting = Tally(
        rows=9, done=4, waiting="waits for Ollama at http://x:1: gone\x1b[2J (at most 5 min)"
    )
    said = "prefill waits for Ollama at http://x:1: gone\\x1b[2J (at most 5 min; Ctrl+C stops)"
    with progress() as shown:
        shown.stages(tallies(prefill=waiting))
        assert [said] == capsys.readouterr().err.splitlines()
        now[0] += 30
        shown.stages(tallies(prefill=waiting))
        assert "" == capsys.readouterr().err
        now[0] += 31
        shown.stages(tallies(prefill=waiting))
        assert [said] == capsys.readouterr().err.splitlines()
        shown.stages(tallies(prefill=Tally(rows=9, done=5)))
        waiting.waiting = "waits for Ollama"
        shown.stages(tallies(prefill=waiting))
    again = "prefill waits for Ollama (Ctrl+C stops)"
    assert [again] == capsys.readouterr().err.splitlines()


def test_a_bar_says_what_is_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a line of its own above the bar, brackets as they are."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with progress() as shown:
        waiting = Tally(rows=9, done=3, failed=1, waiting="waits for Ollama at [::1]:11434")
        shown.stages(tallies(prefill=waiting))
        shown.stages(tallies(prefill=waiting))
    said = capsys.readouterr().err
    assert 1 == said.count("prefill waits for Ollama at [::1]:11434 (Ctrl+C stops)"), "said once"
    assert "1 failed" in said


def test_what_went_out_is_told_with_its_rate_and_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the third row on; into a folder nothing goes over the network, so no bytes are told."""
    monkeypatch.setattr(module, "EVERY_S", 0.0)
    monkeypatch.setattr(time, "monotonic", lambda: 1_100.0)
    began: dict[str, Any] = {"rows": 9, "started": 1_000.0, "heard": 1_100.0}
    with progress("publish") as shown:
        shown.uploads(Uploads(**began, done=2, sent_bytes=50_000_000, answer_s=60.0))
        shown.uploads(Uploads(**began, done=3, failed=1, sent_bytes=50_000_000, answer_s=60.0))
        shown.uploads(Uploads(**began, done=3))
    assert [
        "publish 2/9, 50.0 MB sent, 500.0 kB/s",
        "publish 3/9 (1 failed), 50.0 MB sent, 500.0 kB/s, about 3 min left",
        "publish 3/9, about 3 min left",
    ] == capsys.readouterr().err.splitlines()


def test_a_server_that_says_nothing_is_waited_for_in_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten seconds, with the longest that an answer may take; once it moves, no more."""
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    sending = Uploads(rows=9, started=1_000.0, heard=1_000.0, answer_s=60.0)
    said = "publish waits for the server (at most 60 s for an answer; Ctrl+C stops)"
    with progress("publish") as shown:
        shown.uploads(sending)
        now[0] += 9
        shown.uploads(sending)
        assert "" == capsys.readouterr().err
        now[0] += 2
        shown.uploads(sending)
        shown.uploads(sending)
        assert [said] == capsys.readouterr().err.splitlines()
        now[0] += 50
        shown.uploads(sending)
        assert [f"{said}, silent for 61 s"] == capsys.readouterr().err.splitlines()
        sending.heard = now[0]
        now[0] += 60
        sending.heard, sending.done = now[0], 1
        shown.uploads(sending)
        assert ["publish 1/9"] == capsys.readouterr().err.splitlines()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    now[0] += 42
    with progress("publish") as shown:
        shown.uploads(sending)
    assert "silent for 42 s" in capsys.readouterr().err


def test_models_that_are_loaded_are_said_in_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the bar, also before the rows are counted; a log needs no line for it."""
    monkeypatch.setenv("COLUMNS", "80")
    loading = tallies(score=Tally(rows=20, waiting="loading the models"))
    with progress() as shown:
        shown.stages(loading)
    assert "" == capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as shown:
        shown.stages(tallies(score=Tally(waiting="loading the models")))
        shown.stages(loading)
        assert "Ctrl+C" not in capsys.readouterr().err
    assert "0/20" in (said := capsys.readouterr().err), said
    assert "loading the models" in said


def test_the_time_until_a_stage_pauses_is_counted_down(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the bar in a terminal, in the line of each minute elsewhere."""
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    waiting = Tally(rows=9, waiting="waits for Ollama (at most 300 s)", waits_until=1_300.0)
    with progress() as shown:
        shown.stages(tallies(prefill=waiting))
        now[0] += 61
        shown.stages(tallies(prefill=waiting))
    said = "prefill waits for Ollama (at most 300 s; Ctrl+C stops)"
    assert [said, f"{said}, pauses in 3:59 min"] == capsys.readouterr().err.splitlines()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress() as shown:
        shown.stages(tallies(prefill=waiting))
    assert "pauses in 3:59 min" in capsys.readouterr().err
