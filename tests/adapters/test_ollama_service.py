"""Whatever a server does on the wire, a call ends in time: an answer, or the code that says why."""

import asyncio
import base64
import hashlib
import json
import subprocess
import sys
from typing import Any

import pytest

from adapters.captions import SCHEMA
from adapters.ollama_service import Asked, CallFailed, Limits, OllamaService, Reply
from tests.adapters.photos import ROOT, encoded, scene
from tests.adapters.wire import (
    END,
    HEAD,
    MODEL,
    Sent,
    Wire,
    chunk,
    error,
    last,
    piece,
    whole,
    wired,
    with_service,
)
from tests.standins.ollama_server import StandIn

PICTURE = b"\xff\xd8\xff picture"
PATIENT = Limits(first_token_s=9, idle_s=9, deadline_s=9)
SOON = Limits(first_token_s=0.2, idle_s=0.2, deadline_s=9)
OPTIONS: dict[str, str | int | float | bool] = {"temperature": 0, "num_ctx": 4096}
NO_JSON = "text/html"
GOOD: list[Sent] = [HEAD, piece('{"a": '), piece("1}"), last(), END]
LIVELY: list[Sent] = [piece("a"), 0.05] * 10


def asked(**changes: Any) -> Asked:
    values: dict[str, Any] = {
        "model": MODEL,
        "model_digest": "d1",
        "system": "Be brief.",
        "prompt": "Describe.",
        "picture": PICTURE,
        "format": {"type": "object"},
        "options": OPTIONS,
        "limits": PATIENT,
    }
    return Asked(**{**values, **changes})


def asking(sent: list[Sent], **changes: Any) -> tuple[Reply | CallFailed, Wire]:
    """What comes of one request when the server sends this."""

    async def scene() -> tuple[Reply | CallFailed, Wire]:
        async with wired(lambda _: sent) as (wire, service):
            try:
                return await service.ask(asked(**changes)), wire
            except CallFailed as failed:
                if -1 in sent:
                    await asyncio.wait_for(wire.left.wait(), 2)
                return failed, wire

    return asyncio.run(scene())


def failing(sent: list[Sent], **changes: Any) -> CallFailed:
    came, _ = asking(sent, **changes)
    assert isinstance(came, CallFailed), came
    assert hashlib.sha256(came.raw).hexdigest() == came.call.reply_digest or not came.raw
    return came


class TestAnswer:
    def test_a_whole_answer_is_a_reply(self) -> None:
        """The pieces in one, what it took, and the digests of all that made it."""
        reply, wire = asking(GOOD)
        assert isinstance(reply, Reply)
        assert reply.text == '{"a": 1}'
        raw = json.loads(reply.raw)
        assert (raw["content"], raw["done_reason"], raw["eval_count"]) == ('{"a": 1}', "stop", 12)
        call = reply.call
        assert (call.model, call.model_digest, call.host) == (MODEL, "d1", wire.url)
        assert (call.prompt_tokens, call.reply_tokens) == (800, 12)
        assert (call.load_ms, call.prompt_ms, call.reply_ms) == (2, 150, 91)
        assert call.first_token_ms is not None
        assert call.total_ms is not None
        assert call.first_token_ms <= call.total_ms
        assert call.reply_digest == hashlib.sha256(reply.raw).hexdigest()
        assert call.picture_digest == hashlib.sha256(PICTURE).hexdigest()
        sent = b'Be brief.\0Describe.{"type":"object"}'
        assert call.prompt_digest == hashlib.sha256(sent).hexdigest()

    def test_what_is_sent(self) -> None:
        """A stream without thinking, with the shape, the options and the picture's bytes."""
        _, wire = asking(GOOD, keep_alive="-1")
        ((head, body),) = wire.requests
        assert head.startswith("POST /api/chat ")
        sent = json.loads(body)
        assert sent.pop("messages") == [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": "Describe.",
                "images": [base64.b64encode(PICTURE).decode()],
            },
        ]
        expected = {"model": MODEL, "stream": True, "think": False, "options": OPTIONS}
        assert {
            "format": {"type": "object"},
            "keep_alive": -1.0,
            **expected,
        }.items() <= sent.items()

    def test_a_slow_answer_is_waited_for(self) -> None:
        """Longer than either short limit in all, with signs of life between."""
        parts = [HEAD, *[part for word in "abcdefgh" for part in (0.06, piece(word))], last(), END]
        reply, _ = asking(parts, limits=Limits(first_token_s=0.4, idle_s=0.4, deadline_s=9))
        assert isinstance(reply, Reply)
        assert reply.text == "abcdefgh"

    def test_nothing_changes_an_answer_that_is_complete(self) -> None:
        """What follows the last piece costs the connection at most."""
        for rest in (b"rubbish", chunk(b'{"error": "too late"}\n'), piece("b")):
            reply, _ = asking([HEAD, piece("a"), last(), rest])
            assert isinstance(reply, Reply)
            assert reply.text == "a"

    def test_no_proxy_stands_before_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A proxy for the way out is none for the way in."""
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert isinstance(asking(GOOD)[0], Reply)


class TestLimits:
    def test_no_first_token(self) -> None:
        """Empty pieces are none; the connection is closed."""
        failed = failing([HEAD, piece(), 0.1, piece(), -1], limits=SOON)
        assert failed.code == "PrefillFirstTokenTimeout"
        assert failed.detail == "first token timeout (0.2s)"
        assert failed.call.first_token_ms is None

    def test_no_answer_at_all(self) -> None:
        assert failing([-1], limits=SOON).code == "PrefillFirstTokenTimeout"

    @pytest.mark.parametrize(
        "rest", [[], [b"40\r\n", b'{"mess', 0.1, b"age"]], ids=["mute", "drip"]
    )
    def test_a_stall(self, rest: list[Sent]) -> None:
        """Half a line is no output; what came before is kept."""
        failed = failing([HEAD, piece("abc"), *rest, -1], limits=SOON)
        assert failed.code == "PrefillIdleTimeout"
        assert failed.detail == "idle timeout (0.2s without output)"
        assert json.loads(failed.raw)["content"] == "abc"

    def test_the_deadline(self) -> None:
        """Counts, however lively the answer is."""
        limits = Limits(first_token_s=9, idle_s=9, deadline_s=0.25)
        failed = failing([HEAD, *LIVELY, -1], limits=limits)
        assert (failed.code, failed.detail) == ("PrefillTimeout", "deadline (0.25s)")

    def test_being_cancelled_closes_the_connection(self) -> None:
        """And is no failure of the call."""

        async def scene() -> None:
            async with wired(lambda _: [HEAD, piece("a"), -1]) as (wire, service):
                call = asyncio.create_task(service.ask(asked()))
                await asyncio.sleep(0.1)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                await asyncio.wait_for(wire.left.wait(), 2)

        asyncio.run(scene())


def test_a_call_that_is_cancelled_at_any_moment_leaves_no_connection() -> None:
    """While it connects, sends, waits, reads or ends: each has a moment of its own."""
    question = asked(picture=encoded(scene(64, 48)), format=SCHEMA)

    async def calls() -> None:
        service = OllamaService(server.url)

        async def one_after_another(first: int) -> None:
            for moment in range(first, 240, 8):
                call = asyncio.create_task(service.ask(question))
                await asyncio.sleep(0.00025 * moment)
                call.cancel()
                await asyncio.gather(call, return_exceptions=True)

        await asyncio.gather(*map(one_after_another, range(8)))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(server.wait_until, lambda it: not it._connections, 5)
        await service.close()

    with StandIn(token_s=0.001, num_parallel=8) as server:
        asyncio.run(calls())
        assert "cancelled" in {call.outcome for call in server.calls}


@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        (error(400, "invalid format"), "PrefillFailed", "HTTP 400: invalid format"),
        (error(401, "unauthorized"), "PrefillDenied", "unauthorized"),
        (error(403, "no"), "PrefillDenied", "no"),
        (error(404, "model 'x' not found"), "PrefillModelMissing", "not found"),
        (error(429, "slow down"), "PrefillBusy", "slow down"),
        (error(503, "server busy"), "PrefillBusy", "server busy"),
        (error(500, "cannot load /a/b/sha256-1"), "PrefillServerError", "load sha256-1"),
        (
            [whole(502, b"<html>secret</html>", NO_JSON)],
            "PrefillServerError",
            "HTTP 502: (a web page)",
        ),
        ([whole(307, b"")], "PrefillFailed", "HTTP 307"),
        ([whole(500, b'["a list"]')], "PrefillFailed", "not an Ollama"),
        ([whole(200, b"<html>hello</html>", NO_JSON)], "PrefillFailed", "not an Ollama"),
        ([whole(200, b"[]")], "PrefillFailed", "not an Ollama"),
        ([whole(200, b'{"id": 7}')], "PrefillFailed", "not an Ollama"),
        ([whole(200, b'{"error": {"message": "odd"}}')], "PrefillFailed", "not an Ollama"),
        ([whole(200, b"")], "PrefillUnfinished", "after 0"),
        (
            [HEAD, piece("ab"), chunk(b'{"error": "runner died"}\n'), END],
            "PrefillServerError",
            "died",
        ),
        ([HEAD, piece("ab"), b"zz\r\n"], "PrefillDropped", ""),
        ([HEAD, piece("ab")], "PrefillDropped", ""),
        ([HEAD, piece("ab"), chunk(b'{"model": "q'), END], "PrefillDropped", "middle of a line"),
        ([], "PrefillDropped", ""),
        ([HEAD, piece("ab"), END], "PrefillUnfinished", "after 2"),
        ([HEAD, piece("ab"), last("load"), END], "PrefillUnfinished", "load"),
        ([HEAD, piece("ab"), last(""), END], "PrefillUnfinished", "no reason"),
        ([HEAD, piece('{"a'), last("length"), END], "PrefillCutOff", "12 tokens"),
        ([HEAD, piece(thinking="hm"), last("length"), END], "PrefillCutOff", "all of it thinking"),
        ([HEAD, piece(" \n"), last(), END], "PrefillEmpty", ""),
        ([HEAD, piece(thinking="hm"), last(), END], "PrefillEmpty", "thinking"),
    ],
)
def test_every_fault_has_its_code(sent: list[Sent], code: str, said: str) -> None:
    """And says in the server's words what happened."""
    failed = failing(sent)
    assert (failed.code, said in failed.detail) == (code, True), failed.detail
    assert bool(failed.raw) == (
        b'"ab' in b"".join(p for p in sent if isinstance(p, bytes)) or HEAD in sent
    )


def test_nobody_listens() -> None:
    """The host is named, without its login."""
    with pytest.raises(CallFailed) as caught:
        with_service("http://me:hidden@127.0.0.1:9", lambda service: service.ask(asked()))
    assert caught.value.code == "PrefillUnreachable"
    assert "http://127.0.0.1:9" in caught.value.detail
    assert "hidden" not in caught.value.detail


def test_a_key_that_cannot_be_sent_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one with a line break behind it."""
    monkeypatch.setenv("OLLAMA_API_KEY", "hidden\n")
    failed = failing(GOOD)
    assert failed.code == "PrefillDenied"
    assert "hidden" not in str(failed)


def test_the_client_is_loaded_when_it_is_needed() -> None:
    """Not by who only imports the module: it takes half a second."""
    code = "import sys, adapters.ollama_service; print({'ollama', 'httpx'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
