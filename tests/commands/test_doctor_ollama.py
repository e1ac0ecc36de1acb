"""What `doctor` says about the caption service, its models, and what they run on."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from driver import doctor_ollama
from tests.commands.cli import Terminal
from tests.standins.ollama_server import Model, StandIn

pytestmark = pytest.mark.usefixtures("few_libraries")

FIRST, SECOND = "qwen2.5vl:3b", "llava:7b"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A caption service with two models, and a workspace that asks it."""
    with StandIn(models=(Model(name=FIRST, digest="ab" * 32), Model(name=SECOND))) as running:
        monkeypatch.setenv("PHOTOJOURNAL_PREFILL_CAPTIONER", "ollama")
        monkeypatch.setenv("PHOTOJOURNAL_PREFILL_HOST", running.url)
        monkeypatch.setenv("PHOTOJOURNAL_PREFILL_FALLBACK_MODELS", f'["{SECOND}"]')
        yield running


def found(terminal: Terminal, code: int = 0) -> dict[str, tuple[str, str, str]]:
    """Return state, detail and hint of the trials around the service."""
    said = terminal.type("doctor", "--json")
    assert code == said.code, said.out
    names = ("ollama", "model", "fallback model", "processor")
    lines: list[dict[str, Any]] = [one for one in said.json if one["name"] in names]
    return {one["name"]: (one["state"], one["detail"], one["hint"]) for one in lines}


def test_all_is_well(terminal: Terminal, server: StandIn) -> None:
    """Version, digests, processor; the model is loaded, nothing is asked of it."""
    before = terminal.head(), terminal.files()
    trials = found(terminal)
    assert ["ollama", "model", "fallback model", "processor"] == list(trials)
    assert {"ok"} == {state for state, _, _ in trials.values()}
    assert f"{server.url} answers, version " in trials["ollama"][1]
    assert f"{FIRST}, digest abababababab, can see pictures" == trials["model"][1]
    assert trials["processor"][1].startswith("GPU, context 4096, 4.8 GiB in the GPU's memory")
    assert before == (terminal.head(), terminal.files())
    assert 1 == server.loads
    assert not [call for call in server.calls if call.request]


def test_a_service_that_does_not_answer(terminal: Terminal, server: StandIn) -> None:
    """Exit code 4, with what to start."""
    server.stop()
    trials = found(terminal, 4)
    assert ["ollama"] == list(trials)
    state, detail, hint = trials["ollama"]
    assert ("fail", True) == (state, detail.startswith("the caption service does not answer: "))
    assert hint.startswith("start it: ollama serve")
    said = terminal.type("doctor")
    assert any(line.startswith("fail ollama ") for line in said.lines)


def test_what_answers_there_is_something_else(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that takes connections and says nothing: no waiting for ever."""
    monkeypatch.setattr(doctor_ollama, "ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("PHOTOJOURNAL_PREFILL_CAPTIONER", "ollama")
        monkeypatch.setenv("PHOTOJOURNAL_PREFILL_HOST", f"127.0.0.1:{port}")
        state, detail, _ = found(terminal, 4)["ollama"]
    assert ("fail", True) == (state, "no answer within 0.2 s" in detail)


def test_models_that_are_missing(terminal: Terminal, server: StandIn) -> None:
    """The first one fails, a fallback warns; each with the very command."""
    server.remove_model(SECOND)
    trials = found(terminal)
    assert ("warn", f"ollama pull {SECOND}") == (
        trials["fallback model"][0],
        trials["fallback model"][2],
    )
    server.remove_model(FIRST)
    trials = found(terminal, 4)
    state, detail, hint = trials["model"]
    assert ("fail", f"ollama pull {FIRST}") == (state, hint)
    assert detail.startswith(f"{FIRST}: the caption model is not installed")
    assert "processor" not in trials


def test_a_model_that_cannot_see(terminal: Terminal, server: StandIn) -> None:
    """Another one has to be chosen."""
    server.add_model(FIRST, capabilities=("completion",))
    state, detail, hint = found(terminal, 4)["model"]
    assert ("fail", True) == (state, "cannot see pictures" in detail)
    assert "Choose a model with vision" in hint


@pytest.mark.parametrize(
    ("share", "on_cpu", "state", "begins"),
    [
        (0.63, "warn", "warn", "GPU 63%, context 4096"),
        (0.0, "warn", "warn", "CPU, context 4096"),
        (0.0, "stop", "fail", "CPU, context 4096"),
    ],
)
def test_a_model_that_runs_on_the_cpu(
    terminal: Terminal,
    server: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    *,
    share: float,
    on_cpu: str,
    state: str,
    begins: str,
) -> None:
    """A warning; where the owner wants a stop, it is a failure."""
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_ON_CPU", on_cpu)
    server.set_vram(share)
    trial = found(terminal, 4 if state == "fail" else 0)["processor"]
    assert (state, True) == (trial[0], trial[1].startswith(begins))
    assert trial[2]


def test_a_context_that_is_too_small(
    terminal: Terminal, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the model, and as loaded."""
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_NUM_CTX", "8192")
    server.add_model(FIRST, context_length=2048)
    trials = found(terminal)
    state, detail, hint = trials["model"]
    assert ("warn", True) == (
        state,
        "it holds 2048 tokens, [prefill] num_ctx asks for 8192" in detail,
    )
    assert "set [prefill] num_ctx = 2048 or less" == hint
    state, detail, _ = trials["processor"]
    assert ("warn", True) == (state, "context 2048" in detail)


def test_pictures_that_would_leave_this_machine(terminal: Terminal, server: StandIn) -> None:
    """A cloud model is a warning, and is not loaded here."""
    server.add_model(FIRST, remote_host="https://ollama.com")
    trials = found(terminal)
    state, detail, hint = trials["model"]
    assert ("warn", True) == (state, "pictures leave this machine" in detail)
    assert hint
    assert "processor" not in trials


def test_a_model_that_loads_slowly(
    terminal: Terminal, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is still loading: no failure, and no waiting for ever."""
    monkeypatch.setattr(doctor_ollama, "LOAD_S", 0.2)
    server.load_s = 5.0
    state, detail, hint = found(terminal)["processor"]
    assert ("warn", f"{FIRST} is still loading after 0.2 s") == (state, detail)
    assert "photojournal doctor" in hint


def test_where_no_model_is_needed_one_line_is_enough(
    terminal: Terminal, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There or away: it is well."""
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_CAPTIONER", "metadata")
    trials = found(terminal)
    assert ["ollama"] == list(trials)
    assert trials["ollama"][1].endswith("; not needed: [prefill] captioner is metadata")
    server.stop()
    state, detail, _ = found(terminal)["ollama"]
    assert ("ok", "does not answer; not needed: [prefill] captioner is metadata") == (state, detail)
    assert 0 == server.loads


@pytest.mark.parametrize(
    ("language", "state", "detail"),
    [
        ("en-GB", "ok", "language en-GB is judged by the English rules"),
        ("fr", "warn", "language fr is judged by the neutral rules only"),
    ],
)
def test_which_rules_judge_the_texts_is_said(
    terminal: Terminal,
    server: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    *,
    language: str,
    state: str,
    detail: str,
) -> None:
    """Also where the service is away; where a person or a rule writes, nothing is said."""
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_LANGUAGE", language)
    server.stop()
    (texts,) = said_of_texts(terminal, 4)
    assert (state, detail, state == "warn") == (
        texts["state"],
        texts["detail"],
        bool(texts["hint"]),
    )
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_CAPTIONER", "metadata")
    assert [] == said_of_texts(terminal, 0)


def said_of_texts(terminal: Terminal, code: int) -> list[dict[str, Any]]:
    """Return the trials about the rules for texts."""
    said = terminal.type("doctor", "--json")
    assert code == said.code, said.out
    return [one for one in said.json if one["name"] == "texts"]
