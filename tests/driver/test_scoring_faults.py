"""What the neural metrics need is missing, damaged or broken: no row is charged for it."""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters import neural, neural_side
from adapters.workers import WorkerFailure, Workers
from driver import model_process
from driver.decisions import retry
from tests.commands.cli import Terminal
from tests.driver import moody_models
from tests.driver.scoring_desk import NETWORK, NIMA, ScoringDesk, moody_scoring

BOTH = ("clip_aesthetic_score", "nima_score")
PULL = "photojournal models pull nima-inception-resnet-v2-ava"
posix = pytest.mark.skipif(sys.platform == "win32", reason="dies by a POSIX signal")


@pytest.fixture
def desk(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScoringDesk]:
    """A workspace with moody models and two good photos."""
    with moody_scoring(tmp_path / "workspace", workers, monkeypatch) as one:
        one.take("", "")
        yield one


def check_lacking(desk: ScoringDesk, code: str, *metrics: str) -> str:
    """What could be measured is kept, the rest is a failure that nobody pays for; return why."""
    for number in (1, 2):
        partly, failed = desk.partly(number)[-1], desk.failures(number)[-1]
        assert metrics == tuple(one.metric for one in partly.missing)
        assert {code} == {one.code for one in partly.missing}
        measured = {one.metric for one in partly.scores}
        assert set(partly.required) == measured | set(metrics)
        assert ("ScoreIncomplete", False, 3) == (failed.code, failed.charged, failed.budget_left)
        assert ("failed", 0) == (desk.standing(number), desk.charged(number))
        line = desk.line(number)
        assert ("ScoringFailed", "Error") == (line["QC_Status"], line["Review_Status"])
        assert line["blur_score"] is not None
        assert {None} == {line.get(metric) for metric in metrics}
    assert {code} == {one.code for one in desk.paused()}
    assert f"[ERROR] Stage score paused: {code}: " in desk.log()
    desk.check_honest()
    desk.check()
    return desk.partly(1)[-1].missing[0].detail


def check_mended(desk: ScoringDesk) -> None:
    """Once it is mended, the rows are finished without anybody's release."""
    worked = desk.score()
    assert ("", {}) == (worked.paused, worked.failed)
    desk.check_complete(1, 2)


# --- weights


def absent(path: Path) -> str:
    path.unlink()
    return f"{path.name} is not "


def truncated(path: Path) -> str:
    path.write_bytes(path.read_bytes()[:-4])
    return f"{path.name} is damaged (truncated: 35 of 39 bytes) in {path.parent}"


def changed(path: Path) -> str:
    path.write_bytes(b"X" + path.read_bytes()[1:])
    return f"{path.name} is damaged (wrong hash: SHA-256 is "


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(absent, marks=pytest.mark.soak),
        truncated,
        pytest.param(changed, marks=pytest.mark.soak),
    ],
)
def test_weights_that_are_not_as_pinned_cost_their_metric_and_no_attempt(
    desk: ScoringDesk, harm: Callable[[Path], str]
) -> None:
    """One line names file, place and command; nothing is measured again before they are there."""
    path = desk.weights / NIMA
    whole = path.read_bytes()
    words = harm(path)
    first = desk.score()
    detail = check_lacking(desk, "ScoringWeights", "nima_score")
    assert detail.startswith(words)
    assert PULL in detail
    assert str(path.parent) in detail
    assert "\n" not in detail
    assert f"nima_score: {detail}" == first.tallies["score"].paused_detail
    for said in (NIMA, str(path.parent), "photojournal models pull"):
        assert said in first.paused
    assert "models pull" in first.hint
    assert {} == first.failed
    tries = desk.tries()
    again = desk.score()
    assert (first.paused, tries) == (again.paused, desk.tries())
    assert 0 == again.tallies["score"].rows
    with desk.program("retry", effects=False) as program:
        assert ["done"] == [one.outcome for one in retry(program.shell, [1], "score", "now", "")]
    assert first.paused == desk.score().paused
    assert tries + 1 == desk.tries(), "a person's word counts once"
    check_lacking(desk, "ScoringWeights", "nima_score")
    path.write_bytes(whole)
    check_mended(desk)


def test_the_command_line_says_what_is_missing_in_one_line(
    desk: ScoringDesk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hint, and exit code 4; the next time the same, and nothing is measured."""
    terminal = Terminal(desk.root, capsys, monkeypatch)
    changed(desk.weights / NIMA)
    first = terminal.type("score")
    (line,) = [one for one in first.err.splitlines() if one.startswith("Error: the stage is ")]
    assert "nima_score cannot be measured: " in line
    assert f"{NIMA} is damaged (wrong hash: SHA-256 is " in line
    assert "Hint: photojournal models pull" in first.err
    tries = desk.tries()
    second = terminal.type("score")
    assert [4, 4] == [first.code, second.code]
    assert line in second.err.splitlines()
    assert tries == desk.tries()
    assert "Traceback" not in first.out + first.err + second.out + second.err
    check_lacking(desk, "ScoringWeights", "nima_score")


def test_of_two_files_that_are_absent_one_that_comes_is_used_at_once(desk: ScoringDesk) -> None:
    """What is still absent is still said; what can be measured now is measured."""
    kept = {name: (desk.weights / name).read_bytes() for name in (NIMA, NETWORK)}
    for name in kept:
        (desk.weights / name).unlink()
    first = desk.score()
    check_lacking(desk, "ScoringWeights", *BOTH)
    assert [] == desk.asked("load"), "no process is started for nothing"
    (checked,) = desk.checked()
    assert ("", 2) == (checked.device, len(checked.missing))
    assert all(name in first.paused for name in kept)
    (desk.weights / NIMA).write_bytes(kept[NIMA])
    desk.score()
    check_lacking(desk, "ScoringWeights", "clip_aesthetic_score")
    assert desk.line(1)["nima_score"] is not None
    (desk.weights / NETWORK).write_bytes(kept[NETWORK])
    check_mended(desk)


# --- libraries


def test_libraries_that_are_not_installed_are_named(
    desk: ScoringDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs them; no process is started."""
    monkeypatch.setattr(neural, "LIBRARIES", ("msgspec", "no_such_torch", "no_such_pyiqa"))
    worked = desk.score()
    detail = check_lacking(desk, "ScoringDependency", *BOTH)
    words = "no_such_torch, no_such_pyiqa not installed: pip install 'photojournal[score]'"
    assert words == detail
    assert words in worked.paused
    assert [] == desk.asked("load")
    tries = desk.tries()
    assert worked.paused == desk.score().paused
    assert tries == desk.tries()
    monkeypatch.setattr(neural, "LIBRARIES", ())
    check_mended(desk)


def test_a_torch_whose_import_fails_stops_the_neural_metrics_and_nothing_else(
    desk: ScoringDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real loading code before a library that lies there and raises."""
    broken = tmp_path / "broken"
    broken.mkdir()
    line = 'raise OSError("[WinError 126] Error loading fbgemm.dll or one of its dependencies")\n'
    (broken / "torch.py").write_text(line, encoding="utf-8")
    monkeypatch.setattr(neural, "FUNCTIONS", {"load": f"{neural_side.__name__}:load"})
    with monkeypatch.context() as patch:
        patch.syspath_prepend(broken)
        worked = desk.score()
        detail = check_lacking(desk, "ScoringDependency", *BOTH)
        words = "torch cannot be imported: OSError: [WinError 126] Error loading fbgemm.dll"
        assert detail.startswith(words)
        assert words in worked.paused
        tries = desk.tries()
        assert worked.paused == desk.score().paused
        assert tries == desk.tries(), "it is looked at first, by the process itself"
    monkeypatch.setattr(neural, "FUNCTIONS", moody_models.FUNCTIONS)
    check_mended(desk)


# --- a death while it loads


@posix
@pytest.mark.parametrize(
    ("mood", "code", "words"),
    [
        ("crash", "ScoringDependency", "killed by SIGSEGV (-11)"),
        pytest.param(
            "exit 9",
            "ScoringDependency",
            "the worker ended with exit code 9",
            marks=pytest.mark.soak,
        ),
        ("bug", "ScoringDependency", "KeyError: 'an ordinary bug'"),
        ("killed", "OutOfMemory", "killed by SIGKILL (-9), by the system if memory ran out"),
        ("memory", "OutOfMemory", "a worker got no memory"),
    ],
)
def test_models_that_cannot_be_loaded_are_no_row_s_fault(
    desk: ScoringDesk, mood: str, code: str, words: str
) -> None:
    """Whatever kills the process while it loads is said with its exit code, once for all rows."""
    (desk.weights / "mood").write_text(mood, encoding="utf-8")
    worked = desk.score()
    assert f"the models could not be loaded: {words}" == check_lacking(desk, code, *BOTH)
    assert words in worked.paused
    assert f"nima_score cannot be measured: {code}: the models could not be" in desk.log()
    assert 1 == len(desk.asked("load")), "it is not tried again and again"
    crashes = (desk.root / "data" / "crash_runtime.log").read_text(encoding="utf-8")
    assert "moody_models.py" in crashes or mood in ("exit 9", "killed", "memory")
    (desk.weights / "mood").unlink()
    check_mended(desk)


def test_a_death_by_a_windows_code_is_said_as_windows_says_it(
    desk: ScoringDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0xC0000005 and what it means, though Python reads it as a signed number."""
    died = Workers._died

    def on_windows(self: Workers, _code: int | None) -> WorkerFailure:
        return died(self, 0xC0000005 - 2**32)

    monkeypatch.setattr(Workers, "_died", on_windows)
    (desk.weights / "mood").write_text("exit 5", encoding="utf-8")
    desk.score()
    detail = check_lacking(desk, "ScoringDependency", *BOTH)
    assert detail.endswith("access violation (0xC0000005)")


def test_models_that_hang_while_they_load_are_given_up(
    desk: ScoringDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the deadline of loading; meanwhile everything else is measured."""
    monkeypatch.setattr(model_process, "LOAD_DEADLINE_S", 1.0)
    (desk.weights / "mood").write_text("hang", encoding="utf-8")
    desk.score()
    detail = check_lacking(desk, "ScoringDependency", *BOTH)
    assert "the models could not be loaded: no answer within 1 s" == detail


# --- settings


@pytest.mark.skipif(importlib.util.find_spec("pyiqa") is None, reason="needs the extra `score`")
def test_a_metric_that_nobody_knows_is_told_with_those_near_it(
    desk: ScoringDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is required, so nothing is finished without it; nobody is charged for a typing error."""
    monkeypatch.setattr(neural, "FUNCTIONS", {"load": f"{neural_side.__name__}:load"})
    path = desk.root / "photojournal.toml"
    text = path.read_text(encoding="utf-8").replace('"full"', '"embedded"')
    desk.configure(text.replace("[score]\n", '[score]\nmetrics = ["entropi"]\n'))
    worked = desk.score()
    detail = check_lacking(desk, "ScoringDependency", "entropi")
    assert "has no metric 'entropi'; near it: entropy" in detail
    assert detail in worked.paused
