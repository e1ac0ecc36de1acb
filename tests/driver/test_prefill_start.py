"""The look at the service before the first photo: what may pass is waited for, and not for ever."""

import asyncio
import json
import time
from collections import Counter

import pytest

from adapters import ollama_service
from driver.model_service import ModelService
from driver.sections import Prefill
from machine.event_base import Event
from machine.run_events import ModelChecked, StageResumed, StageWaiting
from tests.adapters.wire import MODEL, Sent, error, whole, wired

DIGEST = "a" * 64
LISTED = {"name": MODEL, "model": MODEL, "digest": DIGEST, "size": 10, "size_vram": 10}
GOOD = {
    "/api/version": {"version": "0.30.5"},
    "/api/tags": {"models": [LISTED]},
    "/api/show": {"capabilities": ["completion", "vision"], "model_info": {}},
    "/api/chat": {"model": MODEL, "done": True, "done_reason": "load"},
    "/api/ps": {"models": [LISTED | {"context_length": 4096}]},
}


def looked(odd: dict[str, list[list[Sent]]], wait_s: float) -> tuple[ModelService, list[Event]]:
    """Look at a server that answers a path oddly a few times, then well; return what came of it."""
    asked: Counter[str] = Counter()
    notes: list[Event] = []

    def answer(path: str) -> list[Sent]:
        asked[path] += 1
        strange = odd.get(path, [])
        if asked[path] <= len(strange):
            return strange[asked[path] - 1]
        return [whole(200, json.dumps(GOOD[path]).encode())]

    async def look() -> ModelService:
        async with wired(answer) as (wire, _):
            service = ModelService(Prefill(host=wire.url, wait_for_service=wait_s), notes.append)
            await service.start()
            await service.client.close()
            return service

    return asyncio.run(look()), notes


def test_a_list_that_never_comes_ends_the_wait_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server says its version at once, and nothing more: that is no service."""
    monkeypatch.setattr(ollama_service, "_LIST_S", 0.1)
    began = time.monotonic()
    service, notes = looked({"/api/tags": [[-1.0]] * 1000}, wait_s=0.5)
    assert ("paused", "PrefillUnreachable") == (service.standing.state, service.standing.code)
    assert time.monotonic() - began < 5
    assert [StageWaiting] == [type(one) for one in notes], "said once, and never that it goes on"


def test_a_server_that_is_busy_at_the_start_is_waited_for() -> None:
    """It loads something else just now; a little later it takes us."""
    busy = error(503, "server busy, please try again.")
    service, notes = looked({"/api/chat": [busy, busy]}, wait_s=20)
    assert "open" == service.standing.state
    assert [StageWaiting, ModelChecked, StageResumed] == [type(one) for one in notes]
    assert [one.code for one in notes if isinstance(one, StageWaiting)] == ["PrefillBusy"]


def test_a_server_that_stays_busy_is_called_busy() -> None:
    """Not one that is not there: starting it would help nobody."""
    busy = error(503, "server busy, please try again.")
    service, _ = looked({"/api/chat": [busy] * 1000}, wait_s=0.3)
    assert ("paused", "PrefillServiceBusy") == (service.standing.state, service.standing.code)


def test_what_the_server_refuses_is_not_waited_for() -> None:
    """A setting that it does not understand is no better in five minutes."""
    refused = error(400, "time: invalid duration")
    service, notes = looked({"/api/chat": [refused]}, wait_s=60)
    assert ("paused", "PrefillRequestRefused") == (service.standing.state, service.standing.code)
    assert [] == notes
