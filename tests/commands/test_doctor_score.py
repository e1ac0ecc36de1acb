"""What `doctor` says about scoring: packages, weights, and whether the models can be loaded."""

import sys
from pathlib import Path
from typing import Any

import pytest

from adapters import neural
from tests.commands.cli import Terminal

pytestmark = pytest.mark.usefixtures("few_libraries")


@pytest.fixture(autouse=True)
def no_libraries_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all were installed; the folder of the weights is empty."""
    monkeypatch.setattr(neural, "LIBRARIES", ())
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(tmp_path / "weights"))


def loading(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Let the models be loaded in some way."""
    functions = {"load": f"tests.commands.models_that_fail:{how}"}
    monkeypatch.setattr(neural, "FUNCTIONS", functions)


def found(terminal: Terminal, code: int) -> list[tuple[str, str, str, str]]:
    """Return name, state, detail and hint of the trials around scoring."""
    said = terminal.type("doctor", "--json")
    assert code == said.code, said.out
    lines: list[dict[str, Any]] = [one for one in said.json if one["name"].startswith("scor")]
    return [(one["name"], one["state"], one["detail"], one["hint"]) for one in lines]


def test_where_no_model_is_needed_one_line_is_enough(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is loaded for it."""
    loading(monkeypatch, "dies")
    ((name, state, detail, hint),) = found(terminal, 0)
    assert ("scoring", "ok", "") == (name, state, hint)
    assert detail.startswith("profile embedded: needs no model; ")


def test_missing_weights_fail_with_the_command(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is lacking is said once, with its folder; where all lack, nothing is loaded."""
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_PROFILE", "full")
    loading(monkeypatch, "dies")
    trials = found(terminal, 4)
    assert ["scoring", "score packages", "score weights"] == [one[0] for one in trials]
    _, state, detail, hint = trials[-1]
    assert ("fail", "photojournal models pull; without a network: docs/models.md") == (state, hint)
    assert detail.startswith(f"{tmp_path / 'weights'}: ViT-L-14.pt is missing, ")
    assert "NIMA_InceptionV2_ava-b0c77c00.pth is missing" in detail


def test_missing_libraries_fail_with_what_to_install(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a look: nothing is imported to find it out."""
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["entropy"]')
    monkeypatch.setattr(neural, "LIBRARIES", ("no_such_library",))
    loading(monkeypatch, "dies")
    state, detail, hint = found(terminal, 4)[1][1:]
    assert "fail" == state
    assert (
        f"for {sys.executable}: pip install 'photojournal[score]'; in a clone: make neural" == hint
    )
    assert detail.startswith("no_such_library not installed")


def test_what_can_be_loaded_is_loaded_and_the_rest_has_its_reason(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Device, versions, what is ready, the words of the library; what takes long is announced."""
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["entropy", "niqe", "topiq_nr"]')
    loading(monkeypatch, "loads_one")
    said = terminal.type("doctor")
    assert (4, 1) == (said.code, said.err.count("Loads the models of scoring; at most 600 s ..."))
    text = said.plain(terminal.root)
    detail = "cuda:0 NVIDIA H200 bf16, 16 threads, 32 photos at once; python 3.12.1, torch 2.9.0"
    assert f"ok  score device  {detail}\n" in text
    ready = "entropy: pyiqa 1.2.3, weights abababababab, ready in 4.3 s"
    assert f"ok  score models  {ready}\n" in text
    failed = "fail score models  niqe: torch cannot be imported: [WinError 126] The specified"
    assert f"{failed} module could not be found\n" in text
    assert "Hint: mend what the message says" in text
    assert 1 == text.count("cfanet_nr_koniq_res50-9a73138b.pth"), "it was said with the weights"
    assert "entropy, niqe: in no catalogue; files that they need are copied to" in text
    assert "warn score models  topiq_nr is measured in fp32" in text


@pytest.mark.parametrize(
    ("how", "words", "hint"),
    [
        ("dies", "the models could not be loaded: ", "install them again: "),
        ("breaks", "libcudart.so.12: cannot open shared object file", "install them again: "),
        ("refuses", "nima_score does not fit: not enough memory", "close other programs"),
    ],
)
def test_a_process_that_does_not_come_up_says_the_words_of_the_library(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, *, how: str, words: str, hint: str
) -> None:
    """And `doctor` goes on to its end; nothing is appended."""
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["entropy"]')
    loading(monkeypatch, how)
    before = terminal.head()
    name, state, detail, told = found(terminal, 4)[-1]
    assert ("score models", "fail", True) == (name, state, words in detail)
    assert told.startswith(hint)
    assert "\n" not in detail
    assert before == terminal.head()
