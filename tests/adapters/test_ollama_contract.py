"""
What we rely on in Ollama, as one contract: of the stand-in, and of a real server if there is one.

The real one is asked if OLLAMA_HOST is set, answers, and has the model PHOTO_TEST_OLLAMA_MODEL
(`qwen2.5vl:3b` by default). Below stand the stand-in's faults, as the client sees them.
"""

import asyncio
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import ollama
import pytest
from PIL import Image

from tests.standins.ollama_server import StandIn, Step

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "coffee.jpg"
MODEL = os.environ.get("PHOTO_TEST_OLLAMA_MODEL", "qwen2.5vl:3b")
SCHEMA = {
    "type": "object",
    "properties": {
        "caption": {"type": "string"},
        "alt_text": {"type": "string"},
        "keywords": {"type": "array", "items": {"type": "string"}, "maxItems": 8},
        "places": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    },
    "required": ["caption", "alt_text", "keywords", "places"],
}
PROMPT = "Describe this photo in English, as JSON: caption, alt_text, keywords, places."
OPTIONS = {"temperature": 0, "num_ctx": 4096, "num_predict": 512}
IMPATIENT_S = 0.15


class Server(NamedTuple):
    url: str
    timeout: float

    def client(self) -> ollama.Client:
        return ollama.Client(host=self.url, timeout=self.timeout, verify=False)

    def async_client(self) -> ollama.AsyncClient:
        return ollama.AsyncClient(host=self.url, timeout=self.timeout, verify=False)


def picture(side: int = 256, colour: int | None = None) -> bytes:
    """Return a JPEG of the sample, or of one colour."""
    with Image.open(SAMPLE) as sample:
        small = sample.convert("RGB").resize((side, side))
    if colour is not None:
        small = Image.new("RGB", (side, side), (colour, colour, colour))
    kept = io.BytesIO()
    small.save(kept, "JPEG")
    return kept.getvalue()


def question(image: bytes | None = None) -> list[dict[str, Any]]:
    """Return the messages that ask about a picture."""
    return [{"role": "user", "content": PROMPT, "images": [image or picture()]}]


def real_server() -> Server:
    """Return the real server, or skip."""
    host = os.environ.get("OLLAMA_HOST", "")
    if not host:
        pytest.skip("OLLAMA_HOST is not set: no real server to compare with")
    try:
        models = [one.model for one in ollama.Client(host=host, timeout=2.0).list().models]
    except (ConnectionError, httpx.HTTPError, ollama.ResponseError) as error:
        pytest.skip(f"{host} does not answer: {error}")
    if MODEL not in models:
        pytest.skip(f"{host} has no {MODEL}")
    return Server(host, 600.0)


@pytest.fixture(params=["stand-in", "real"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "real":
        yield real_server()
        return
    with StandIn() as stand_in:
        stand_in.add_model(MODEL)
        yield Server(stand_in.url, 5.0)


# --- the contract


def test_it_says_its_version(server: Server) -> None:
    host = str(server.client()._client.base_url)  # the client has no verb for it
    with httpx.Client(base_url=host, timeout=server.timeout) as plain:
        assert plain.get("/").text == "Ollama is running"
        assert plain.head("/").status_code == 200
        assert plain.get("/api/version").json()["version"].count(".") >= 2


def test_tags_name_the_model_with_its_digest(server: Server) -> None:
    (model,) = [one for one in server.client().list().models if one.model == MODEL]
    assert len(model.digest or "") == 64
    assert model.size is not None
    assert model.size > 0
    assert model.modified_at is not None
    assert model.details is not None
    assert model.details.families


def test_show_says_what_the_model_can_do(server: Server) -> None:
    shown = server.client().show(MODEL)
    assert {"completion", "vision"} <= set(shown.capabilities or ())
    assert shown.modelinfo is not None
    architecture = shown.modelinfo["general.architecture"]
    assert shown.modelinfo[f"{architecture}.context_length"] >= 4096


def test_a_schema_is_answered_with_json_of_its_shape(server: Server) -> None:
    answer = server.client().chat(MODEL, question(), format=SCHEMA, options=OPTIONS)
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert_obeys(answer.message.content)


def test_a_stream_is_the_answer_in_pieces(server: Server) -> None:
    parts = list(
        server.client().chat(MODEL, question(), format=SCHEMA, options=OPTIONS, stream=True)
    )
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert_obeys("".join(part.message.content or "" for part in parts))
    assert_counted(parts[-1])


def test_the_asynchronous_client_sees_the_same(server: Server) -> None:
    async def pieces() -> list[ollama.ChatResponse]:
        async with server.async_client() as client:
            stream = await client.chat(
                MODEL, question(), format=SCHEMA, options=OPTIONS, stream=True
            )
            return [part async for part in stream]

    parts = asyncio.run(pieces())
    assert_obeys("".join(part.message.content or "" for part in parts))
    assert_counted(parts[-1])


def test_generate_takes_a_picture_too(server: Server) -> None:
    answer = server.client().generate(
        MODEL, PROMPT, images=[picture()], format=SCHEMA, options=OPTIONS
    )
    assert_obeys(answer.response)
    assert_counted(answer)


def test_ps_lists_the_model_once_it_is_loaded(server: Server) -> None:
    client = server.client()
    client.chat(MODEL, [], keep_alive=0)
    client.chat(MODEL, question(), options={"num_ctx": 2048, "num_predict": 4}, keep_alive="5m")
    (line,) = [one for one in client.ps().models if one.model == MODEL]
    (tag,) = [one for one in client.list().models if one.model == MODEL]
    assert line.digest == tag.digest
    assert line.context_length == 2048
    assert line.size is not None
    assert line.size_vram is not None
    assert 0 <= line.size_vram <= line.size
    assert line.expires_at is not None
    assert 0 < (line.expires_at - datetime.now(UTC)).total_seconds() < 301


def test_empty_messages_load_and_keep_alive_0_unloads(server: Server) -> None:
    client = server.client()
    loaded = client.chat(MODEL, [])
    assert (loaded.done, loaded.done_reason, loaded.message.content) == (True, "load", "")
    assert MODEL in [one.model for one in client.ps().models]
    assert client.chat(MODEL, [], keep_alive=0).done_reason == "unload"


def test_a_missing_model_is_404(server: Server) -> None:
    with pytest.raises(ollama.ResponseError, match="model 'no-such:1b' not found") as caught:
        server.client().chat("no-such:1b", question())
    assert caught.value.status_code == 404


def test_a_bad_picture_is_refused(server: Server) -> None:
    sent = {"model": MODEL, "messages": [{"role": "user", "content": "?", "images": ["no base64"]}]}
    host = str(server.client()._client.base_url)
    answer = httpx.post(f"{host}/api/chat", json=sent, timeout=server.timeout)
    assert answer.status_code == 400
    assert "illegal base64 data" in answer.json()["error"]


def assert_obeys(content: str | None) -> None:
    """See that a content has the shape of the schema."""
    value = json.loads(content or "")
    assert set(value) == {"caption", "alt_text", "keywords", "places"}
    assert all(isinstance(value[name], str) for name in ("caption", "alt_text"))
    assert all(isinstance(word, str) for word in [*value["keywords"], *value["places"]])


def assert_counted(last: ollama.ChatResponse | ollama.GenerateResponse) -> None:
    """See that the last piece has the counters, and durations that add up."""
    assert last.done_reason == "stop"
    assert last.created_at is not None
    counted = (last.prompt_eval_count, last.eval_count, last.total_duration, last.eval_duration)
    assert all(number is not None and number > 0 for number in counted)
    parts = (last.load_duration, last.prompt_eval_duration, last.eval_duration)
    assert sum(number or 0 for number in parts) <= (last.total_duration or 0)


# --- the stand-in's faults, as the client sees them


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


def ask(stand_in: StandIn, step: Step, *, stream: bool, colour: int = 9) -> list[Any]:
    """Ask with a script of one step; return the pieces."""
    stand_in.script = {"*": step}
    client = ollama.Client(host=stand_in.url, timeout=IMPATIENT_S, verify=False)
    asked = question(picture(64, colour))
    if stream:
        return list(client.chat(MODEL, asked, format=SCHEMA, stream=True))
    return [client.chat(MODEL, asked, format=SCHEMA)]


def said(parts: list[Any]) -> str:
    return "".join(part.message.content or "" for part in parts)


both = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


@both
@pytest.mark.parametrize(
    "step",
    [Step(kind="hang"), Step(kind="slow", first_s=9), Step(kind="stall")],
    ids=lambda step: step.kind,
)
def test_silence_is_a_timeout_and_the_slot_is_free_again(
    stand_in: StandIn, step: Step, stream: bool
) -> None:
    with pytest.raises(httpx.ReadTimeout):
        ask(stand_in, step, stream=stream)
    assert ask(stand_in, Step(), stream=stream)[-1].done
    assert ["cancelled", "answered"] == [call.outcome for call in stand_in.calls]


@both
@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "invalid"), (401, "unauthorized"), (404, "not found"), (500, "runner"), (503, "busy")],
)
def test_errors_have_their_status(stand_in: StandIn, status: int, words: str, stream: bool) -> None:
    with pytest.raises(ollama.ResponseError, match=words) as caught:
        ask(stand_in, Step(kind="error", status=status), stream=stream)
    assert caught.value.status_code == status


def test_an_error_in_mid_stream_has_no_status(stand_in: StandIn) -> None:
    with pytest.raises(ollama.ResponseError, match="out of memory") as caught:
        ask(stand_in, Step(kind="error_line", words="out of memory"), stream=True)
    assert caught.value.status_code == -1


@both
def test_a_dropped_connection_is_a_broken_protocol(stand_in: StandIn, stream: bool) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        ask(stand_in, Step(kind="drop"), stream=stream)


@both
def test_a_reset_connection_is_a_read_error(stand_in: StandIn, stream: bool) -> None:
    with pytest.raises(httpx.ReadError):
        ask(stand_in, Step(kind="reset"), stream=stream)


@both
def test_html_is_no_json(stand_in: StandIn, stream: bool) -> None:
    with pytest.raises(json.JSONDecodeError):
        ask(stand_in, Step(kind="html"), stream=stream)


@both
def test_content_can_be_no_json_or_of_another_shape(stand_in: StandIn, stream: bool) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(said(ask(stand_in, Step(kind="bad_json"), stream=stream)))
    assert "title" in json.loads(said(ask(stand_in, Step(kind="wrong_shape"), stream=stream)))


@both
def test_content_can_be_empty_or_all_thought(stand_in: StandIn, stream: bool) -> None:
    for kind in ("empty", "thinking_only"):
        parts = ask(stand_in, Step(kind=kind), stream=stream)
        assert (said(parts), parts[-1].done_reason) == ("", "stop")
    assert "caption" in "".join(part.message.thinking or "" for part in parts)


@both
def test_an_answer_can_be_cut(stand_in: StandIn, stream: bool) -> None:
    parts = ask(stand_in, Step(kind="length", tokens=7), stream=stream)
    assert (parts[-1].done_reason, parts[-1].eval_count, len(said(parts))) == ("length", 7, 28)


@both
def test_repeating_ends_without_a_last_line(stand_in: StandIn, stream: bool) -> None:
    parts = ask(stand_in, Step(kind="repeat"), stream=stream)
    assert (parts[-1].done, parts[-1].done_reason) == (False, None)
    assert said(parts).count(" the") > 30


@both
def test_an_echo_is_the_text_of_the_picture_before(stand_in: StandIn, stream: bool) -> None:
    before = said(ask(stand_in, Step(), stream=stream, colour=1))
    assert before == said(ask(stand_in, Step(kind="echo"), stream=stream, colour=2))
    assert before != said(ask(stand_in, Step(), stream=stream, colour=2))


def test_a_tiny_picture_kills_the_runner(stand_in: StandIn) -> None:
    client = ollama.Client(host=stand_in.url, timeout=5, verify=False)
    with pytest.raises(ollama.ResponseError, match="unexpectedly stopped") as caught:
        client.chat(MODEL, question(picture(31)))
    assert caught.value.status_code == 500


def test_what_is_no_picture_is_refused(stand_in: StandIn) -> None:
    client = ollama.Client(host=stand_in.url, timeout=5, verify=False)
    with pytest.raises(ollama.ResponseError, match="Failed to load image") as caught:
        client.chat(MODEL, question(b"no picture"))
    assert caught.value.status_code == 400


def test_another_format_is_refused(stand_in: StandIn) -> None:
    sent = {"model": MODEL, "messages": [{"role": "user", "content": "?"}], "format": "yaml"}
    answer = httpx.post(f"{stand_in.url}/api/chat", json=sent, timeout=5)
    assert (answer.status_code, answer.json()["error"][:14]) == (400, "invalid format")
