"""The stand-in for Ollama itself: its queue, its script, its switches, and itself as a process."""

import io
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import ollama
import pytest
from PIL import Image

from tests.standins.ollama_server import StandIn, Step
from tests.standins.ollama_steps import picture_size, sha256_key

ROOT = Path(__file__).resolve().parents[2]
MODEL = "qwen2.5vl:3b"
SCHEMA = {"type": "object", "properties": {"caption": {"type": "string"}}}


def picture(colour: int, kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", size, (colour, colour, colour)).save(kept, kind)
    return kept.getvalue()


def ask(url: str, colour: int = 0, *, model: str = MODEL, timeout: float = 5.0, **more: Any) -> str:
    client = ollama.Client(host=url, timeout=timeout, verify=False)
    asked = [{"role": "user", "content": "Describe it.", "images": [picture(colour)]}]
    return str(client.chat(model, asked, **more).message.content)


class Asking(threading.Thread):
    """A question in the background; `failed` is what came instead of an answer."""

    def __init__(self, url: str, colour: int, timeout: float = 5.0) -> None:
        super().__init__(daemon=True)
        self.failed: BaseException | None = None
        self._asked = (url, colour, timeout)
        self.start()

    def run(self) -> None:
        url, colour, timeout = self._asked
        try:
            ask(url, colour, timeout=timeout)
        except (httpx.HTTPError, ollama.ResponseError, ConnectionError) as error:
            self.failed = error


def came(count: int) -> Callable[[StandIn], bool]:
    """Return what tells whether so many requests have come."""
    return lambda server: len(server.calls) == count


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


def test_requests_wait_for_a_slot_in_the_order_of_their_coming(server: StandIn) -> None:
    server.first_s = 0.03
    asking = []
    for colour in range(4):
        asking.append(Asking(server.url, colour))
        server.wait_until(came(colour + 1))
    for one in asking:
        one.join()
    calls = server.calls
    starts = [call.started_at or 0.0 for call in calls]
    assert sorted(starts) == starts
    for before, after in itertools.pairwise(calls):
        assert (before.ended_at or 0.0) <= (after.started_at or 0.0) + 0.001


def test_more_slots_work_side_by_side() -> None:
    with StandIn(num_parallel=4, first_s=0.05) as server:
        asking = [Asking(server.url, colour) for colour in range(4)]
        for one in asking:
            one.join()
        calls = server.calls
    assert max(call.started_at or 0.0 for call in calls) < min(call.ended_at or 0 for call in calls)


def test_a_full_queue_is_busy() -> None:
    with StandIn({"*": Step(kind="hang")}, max_queue=1) as server:
        for colour in range(2):
            Asking(server.url, colour)
            server.wait_until(came(colour + 1))
        with pytest.raises(
            ollama.ResponseError, match=r"busy, please try again\.  maximum"
        ) as busy:
            ask(server.url, 3)
        assert busy.value.status_code == 503


def test_who_leaves_the_queue_is_never_answered(server: StandIn) -> None:
    server.script = lambda request: Step(kind="hang") if request.n == 1 else None
    first = Asking(server.url, 1, timeout=0.2)
    server.wait_until(came(1))
    second = Asking(server.url, 2, timeout=0.05)
    second.join()
    server.wait_until(lambda server: server.cancelled == 1)
    first.join()
    assert ask(server.url, 3)
    assert ["cancelled", "cancelled", "answered"] == [call.outcome for call in server.calls]
    assert server.calls[1].started_at is None


def test_a_script_knows_picture_and_try(server: StandIn) -> None:
    key = sha256_key(picture(7))
    server.script = {key: [Step(kind="error", status=500), Step(kind="text", caption="Mine.")]}
    with pytest.raises(ollama.ResponseError):
        ask(server.url, 7)
    assert ask(server.url, 8)
    assert json.loads(ask(server.url, 7, format=SCHEMA)) == {"caption": "Mine."}
    assert [1, 3] == [call.request.n for call in server.calls_of(key) if call.request]
    assert [1, 2] == [call.request.nth for call in server.calls_of(key) if call.request]
    assert ask(server.url, 7) not in ("", "Mine.")


def test_the_cpu_is_slow_and_ps_may_hide_it(server: StandIn) -> None:
    client = ollama.Client(host=server.url, verify=False)
    client.chat(MODEL, [])
    quick = client.chat(MODEL, [{"role": "user", "content": "?"}])
    server.go_to_cpu(seen=False)
    slow = client.chat(MODEL, [{"role": "user", "content": "?"}])
    (line,) = client.ps().models
    assert line.size_vram == line.size
    assert (slow.eval_duration or 0) == 4 * (quick.eval_duration or 0)
    server.set_vram(0.25)
    (line,) = client.ps().models
    assert int(line.size_vram or 0) * 4 == int(line.size or 0)
    server.go_to_cpu()
    assert client.ps().models[0].size_vram == 0


def test_it_slows_down_in_mid_answer(server: StandIn) -> None:
    server.token_s = 0.001
    asking = Asking(server.url, 1, timeout=0.25)
    server.wait_until(lambda server: any(call.tokens for call in server.calls))
    server.slow_down(10_000)
    asking.join()
    assert isinstance(asking.failed, httpx.ReadTimeout)


def test_stopped_it_refuses_and_breaks_what_is_under_way(server: StandIn) -> None:
    url = server.url
    ask(url)
    server.script = {"*": Step(kind="hang")}
    asking = Asking(url, 1)
    server.wait_until(came(2))
    server.stop()
    asking.join()
    assert isinstance(asking.failed, httpx.HTTPError)
    assert server.calls[1].outcome == "stopped"
    with pytest.raises(ConnectionError):
        ask(url)
    server.script = None
    server.start()
    assert server.url == url
    assert ollama.Client(host=url, verify=False).ps().models == []
    assert ask(url)


def test_models_come_and_go(server: StandIn) -> None:
    client = ollama.Client(host=server.url, verify=False)
    server.remove_model(MODEL)
    with pytest.raises(ollama.ResponseError, match="not found"):
        ask(server.url)
    server.add_model("blind", digest="b" * 64, capabilities=["completion"])
    server.add_model("big-cloud", remote_host="https://ollama.com:443")
    assert ["blind:latest", "big-cloud:latest"] == [one.model for one in client.list().models]
    shown = httpx.post(f"{server.url}/api/show", json={"model": "big-cloud"}).json()
    assert shown["remote_host"] == "https://ollama.com:443"
    assert ask(server.url, 1, model="blind") == ask(server.url, 2, model="blind")


def test_the_context_is_as_asked_but_never_above_the_models(server: StandIn) -> None:
    server.add_model("small", context_length=8192)
    client = ollama.Client(host=server.url, verify=False)
    for asked, effective in ((2048, 2048), (100_000, 8192)):
        client.chat("small", [], options={"num_ctx": asked})
        assert client.ps().models[0].context_length == effective
    assert server.loads == 2


def test_a_model_leaves_the_memory_when_its_time_is_up(server: StandIn) -> None:
    client = ollama.Client(host=server.url, verify=False)
    ask(server.url, 1, keep_alive="30ms")
    assert len(client.ps().models) == 1
    time.sleep(0.04)
    assert client.ps().models == []
    ask(server.url, 1, keep_alive=-1)
    expires = client.ps().models[0].expires_at
    assert expires is not None
    assert expires.year > 2300


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_size_of_a_picture_is_known(kind: str) -> None:
    assert picture_size(picture(5, kind, (70, 33))) == (70, 33)


def test_as_a_process_it_prints_where_it_is(tmp_path: Path) -> None:
    record = tmp_path / "calls.jsonl"
    command = [sys.executable, "-m", "tests.standins.ollama_server", "--record", str(record)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert ask(url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert json.loads(record.read_text())["outcome"] == "answered"
