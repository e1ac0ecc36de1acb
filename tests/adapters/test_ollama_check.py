"""A model is checked before it is asked: it is there, it sees, it is loaded, and where it lies."""

import asyncio
import json
from typing import Any

import pytest

from adapters.errors import AdapterError
from adapters.ollama_answers import WORDS_MAX, words
from adapters.ollama_models import capabilities_of, entry_of, loaded_of
from adapters.ollama_service import Loaded, OllamaService
from tests.adapters.wire import MODEL, error, whole, wired, with_service
from tests.standins.ollama_server import Model, StandIn

OPTIONS: dict[str, str | int | float | bool] = {"temperature": 0, "num_ctx": 4096}


class TestCheck:
    def test_a_model_is_loaded_and_described(self) -> None:
        """With the options of the requests to come, so that it is loaded once."""
        with StandIn(load_s=0.05) as server:
            work = lambda service: service.check(MODEL, options=OPTIONS, keep_alive="", within_s=5)  # noqa: E731
            checked = with_service(server.url, work)
            assert server.loads == 1
        assert (checked.model, checked.remote, checked.context_max) == (MODEL, False, 128_000)
        assert checked.digest
        assert "vision" in checked.capabilities
        assert checked.load_ms is not None
        assert checked.load_ms >= 50
        assert checked.loaded is not None
        assert (checked.loaded.processor, checked.loaded.context) == ("GPU", 4096)

    @pytest.mark.parametrize(
        ("model", "code", "said"),
        [
            ("nothere", "PrefillModelMissing", f"installed: {MODEL}, blind:latest; "),
            ("sky:cloud", "PrefillModelMissing", "ollama pull sky:cloud"),
            ("BLIND", "PrefillModelBlind", "blind:latest can do: completion"),
            (MODEL, "PrefillFirstTokenTimeout", "no answer within 0.1 s"),
        ],
    )
    def test_what_cannot_be_asked_is_said(self, model: str, code: str, said: str) -> None:
        models = (Model(name=MODEL), Model(name="blind:latest", capabilities=("completion",)))
        with StandIn(load_s=0.4, models=models) as server, pytest.raises(AdapterError) as caught:
            with_service(
                server.url,
                lambda service: service.check(model, options={}, keep_alive="5m", within_s=0.1),
            )
        assert (caught.value.code, said in caught.value.detail) == (code, True), caught.value.detail

    def test_a_cloud_is_told_from_this_machine(self) -> None:
        """And not loaded here."""
        with StandIn(models=[Model(name="sky:latest", remote_host="https://ollama.com")]) as server:
            checked = with_service(
                server.url,
                lambda service: service.check("sky", options={}, keep_alive="", within_s=5),
            )
        assert (checked.model, checked.remote, checked.load_ms) == ("sky:latest", True, None)

    def test_a_server_that_cannot_load_it_says_why(self) -> None:
        """In its words."""
        pages = {
            "/api/version": {"version": "0.30.5"},
            "/api/tags": {"models": [{"name": MODEL, "digest": "d"}]},
            "/api/show": {"capabilities": ["vision"]},
        }

        async def scene() -> None:
            def answer(path: str) -> list[bytes | float]:
                if path in pages:
                    return [whole(200, json.dumps(pages[path]).encode())]
                return error(500, "model requires more system memory")

            async with wired(answer) as (_, service):
                await service.check(MODEL, options={}, keep_alive="", within_s=2)

        with pytest.raises(AdapterError, match="more system memory") as caught:
            asyncio.run(scene())
        assert caught.value.code == "PrefillServerError"


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [-1],
        [b"SSH-2.0-OpenSSH_9.6\r\n"],
        [whole(200, b"<html>", "text/html")],
        [whole(200, b'{"name": "x"}')],
        [whole(200, b"[1]")],
        [whole(404, b"404 page not found", "text/plain")],
    ],
    ids=["hangs up", "mute", "no HTTP", "page", "other", "list", "missing"],
)
def test_what_is_no_such_server_counts_as_not_answering(sent: list[bytes | float]) -> None:
    """Whatever it is that listens there; the host is named."""

    async def scene() -> None:
        async with wired(lambda _: sent) as (_, service):
            await service.version(within_s=0.2)

    with pytest.raises(AdapterError, match="http://127") as caught:
        asyncio.run(scene())
    assert caught.value.code == "PrefillUnreachable"


def test_a_server_that_refuses_us_is_there() -> None:
    """Its version is refused with the code for that."""

    async def scene() -> None:
        async with wired(lambda _: error(401, "unauthorized")) as (_, service):
            await service.version()

    with pytest.raises(AdapterError) as caught:
        asyncio.run(scene())
    assert caught.value.code == "PrefillDenied"


@pytest.mark.parametrize(("parallel", "together"), [(1, False), (2, True)])
def test_requests_at_once_are_told_from_those_in_a_row(parallel: int, together: bool) -> None:
    with StandIn(num_parallel=parallel, token_s=0.002) as server:
        seen = with_service(
            server.url, lambda service: service.overlaps(MODEL, options=OPTIONS, within_s=5)
        )
    assert together == seen


def test_requests_that_fail_do_not_overlap() -> None:
    assert not with_service(
        "127.0.0.1:9", lambda service: service.overlaps(MODEL, options={}, within_s=1)
    )


def test_where_a_model_lies_is_told() -> None:
    """As it changes, and not at all before it is loaded."""
    with StandIn() as server:

        async def scene(service: OllamaService) -> list[str]:
            seen = [str(await service.loaded(MODEL))]
            await service.check(MODEL, options=OPTIONS, keep_alive="5m", within_s=5)
            for share in (1, 0.63, 0):
                server.set_vram(share)
                found = await service.loaded(MODEL)
                assert found is not None
                seen.append(found.processor)
            return seen

        assert with_service(server.url, scene) == ["None", "GPU", "GPU 63%", "CPU"]


@pytest.mark.parametrize(
    ("entry", "processor", "share"),
    [
        ({"size": 100, "size_vram": 100}, "GPU", 1.0),
        ({"size": 100, "size_vram": 0}, "CPU", 0.0),
        ({"size": 100}, "CPU", 0.0),
        ({"size": 100, "size_vram": 63}, "GPU 63%", 0.63),
        ({"size": 1000, "size_vram": 999}, "GPU 99%", 0.999),
        ({"size": 1000, "size_vram": 1}, "GPU 1%", 0.001),
        ({"size": 100, "size_vram": 120}, "unknown", None),
        ({"size": 0, "size_vram": 120}, "unknown", None),
        ({}, "CPU", 0.0),
    ],
)
def test_the_processor_is_named_as_ollama_does(
    entry: dict[str, Any], processor: str, share: float | None
) -> None:
    found: Loaded = loaded_of(entry)
    assert (found.processor, found.vram_share) == (processor, share)


@pytest.mark.parametrize("name", ["llava", "LLaVA:latest", "llava:latest"])
def test_a_model_goes_by_several_names(name: str) -> None:
    """Without a tag, `latest` is meant; a name with a host in front is another."""
    tags = {"models": [{"name": "hub:5000/llava"}, {"name": "llava:7b"}, {"model": "llava:latest"}]}
    assert entry_of(tags, name) == {"model": "llava:latest"}
    assert entry_of(tags, "llava:13b") is None
    assert entry_of({"models": None}, name) is None


@pytest.mark.parametrize(
    ("card", "sees"),
    [
        ({"capabilities": ["completion", "vision"]}, True),
        ({"capabilities": ["completion"], "projector_info": {"a": 1}}, False),
        ({"projector_info": {"clip.has_vision_encoder": True}}, True),
        ({"details": {"families": ["llama", "clip"]}}, True),
        ({"details": {"families": None}}, False),
        ({}, False),
    ],
)
def test_old_servers_show_sight_in_other_ways(card: dict[str, Any], sees: bool) -> None:
    assert ("vision" in capabilities_of(card)) == sees


@pytest.mark.parametrize(
    ("host", "shown", "local"),
    [
        ("", "http://127.0.0.1:11434", True),
        ("localhost:1", "http://localhost:1", True),
        ("0.0.0.0", "http://127.0.0.1:11434", True),
        ("http://[::]:5", "http://[::1]:5", True),
        ("10.0.0.0:7", "http://10.0.0.0:7", False),
        ("https://me:hidden@photos.example/ollama/", "https://photos.example/ollama", False),
    ],
)
def test_hosts_are_shown_without_login(
    host: str, shown: str, local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    service = OllamaService(host)
    assert (service.host, service.local) == (shown, local)


def test_the_environment_names_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "box.example:4")
    assert OllamaService().host == "http://box.example:4"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(AdapterError) as caught:
        OllamaService("box:port")
    assert caught.value.code == "PrefillUnreachable"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("cannot open /a/b/c.gguf: no", "cannot open c.gguf: no"),
        (r"cannot open C:\a\b\c.gguf", "cannot open c.gguf"),
        ("see http://me:hidden@h.example/a/b", "see http://h.example/a/b"),
        ("header b'Bearer hidden' is odd", "header b'Bearer ...' is odd"),
        ("two\nlines", "two lines"),
        ("\n<!doctype html>", "(a web page)"),
        ("x" * 999, "x" * (WORDS_MAX - 1) + "…"),
    ],
)
def test_a_server_s_words_are_fit_for_a_log(said: str, kept: str) -> None:
    assert kept == words(said)
