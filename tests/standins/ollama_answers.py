"""How a stand-in for Ollama answers: what it says, token by token, and how it goes wrong."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from tests.standins.made_captions import Said, as_asked, language_of, said_about
from tests.standins.ollama_http import Connection
from tests.standins.ollama_models import rfc3339
from tests.standins.ollama_steps import Call, Refusal, Request, Step

RUNNER_DIED = (
    "model runner has unexpectedly stopped, this may be due to resource limitations or an internal"
    " error, check ollama server logs for details"
)
BUSY = "server busy, please try again.  maximum pending requests exceeded"
WORDS = {
    400: "invalid request",
    401: "unauthorized",
    403: "ollama cloud is disabled",
    404: "model '{model}' not found",
    429: "too many requests",
    500: RUNNER_DIED,
    502: "upstream error",
    503: BUSY,
}
HTML = b"<!DOCTYPE html>\n<html><body><h1>Sign in to the network</h1></body></html>\n"
THOUGHT = "I should say what can be seen, and nothing else."
TOKEN_LENGTH = 4
AMISS = 5
"""Tokens before something goes wrong."""
REPEATS = 31
SENTENCES = 4
"""Of an answer to words alone, which is longer than a caption."""

Last = Callable[[], Awaitable[None]]
"""Sends the last bytes: by then everything is put away, so that nobody sees it half done."""

Ending = Literal["stop", "length", "silence", "drop", "error", "none"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be said, and how it ends."""

    tokens: list[str]
    thinking: list[str]
    ending: Ending = "stop"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a step goes, in seconds, before the server's own slowness."""

    first_s: float
    token_s: float
    told_first_s: float
    """What the counters tell at least, so that speeds can be compared in tests that do not wait."""
    told_token_s: float
    slowness: Callable[[], float]

    async def wait(self, seconds: float) -> None:
        """Wait, longer on a slow server."""
        if seconds > 0:
            await asyncio.sleep(seconds * self.slowness())

    def counters(
        self, call: Call, load_s: float, prompt_tokens: int, tokens: int
    ) -> dict[str, int]:
        """Return the counters of the last line, durations in nanoseconds."""
        slow = self.slowness()
        prompt = max(self.first_s, self.told_first_s) * slow
        said = max(self.token_s, self.told_token_s) * slow * max(tokens, 1)
        started = call.started_at or call.asked_at
        total = (started - call.asked_at) + load_s + prompt + said
        return {
            "total_duration": int(max(total, time.monotonic() - call.asked_at) * 1e9) + 1_000_000,
            "load_duration": int(load_s * 1e9) + 1_000_000,
            "prompt_eval_count": prompt_tokens,
            "prompt_eval_duration": int(prompt * 1e9),
            "eval_count": tokens,
            "eval_duration": int(said * 1e9),
        }


def plan(step: Step, request: Request, said: Said, *, thinks: bool) -> Plan:
    """Return what a step makes of the texts about a picture."""
    given = {
        name: value
        for name in ("caption", "alt_text", "keywords", "places")
        if (value := getattr(step, name)) is not None
    }
    said = replace(said, **given)
    content = as_asked(said, request.format) if step.content is None else step.content
    match step.kind:
        case "bad_json":
            content = step.content or f'{{"caption": "{said.caption}" "alt_text": {said.alt_text}'
        case "wrong_shape":
            wrong = {"title": said.caption, "keywords": ", ".join(said.keywords)}
            content = step.content or json.dumps(wrong, ensure_ascii=False)
        case "empty":
            content = ""
        case _:
            pass
    tokens = split(content)
    if step.kind == "thinking_only":
        return Plan(tokens=[], thinking=tokens)
    first = AMISS if step.tokens is None else step.tokens
    match step.kind:
        case "stall":
            return Plan(tokens=tokens[:first], thinking=[], ending="silence")
        case "drop":
            return Plan(tokens=tokens[:first], thinking=[], ending="drop")
        case "error_line":
            return Plan(tokens=tokens[:first], thinking=[], ending="error")
        case "repeat":
            return Plan(tokens=tokens[:first] + [" the"] * REPEATS, thinking=[], ending="none")
        case "length":
            cut = step.tokens or max(1, len(tokens) // 2)
            return Plan(tokens=tokens[:cut], thinking=[], ending="length")
        case _:
            pass
    most = int(request.options.get("num_predict") or -1)
    if 0 < most < len(tokens):
        return Plan(tokens=tokens[:most], thinking=[], ending="length")
    return Plan(tokens=tokens, thinking=split(THOUGHT) if thinks else [])


def split(content: str) -> list[str]:
    """Return the content in tokens; together they are the content again."""
    return [content[at : at + TOKEN_LENGTH] for at in range(0, len(content), TOKEN_LENGTH)]


def seen_in(request: Request, *, sees: bool) -> Said:
    """Return the texts about the picture; a model that cannot see knows the prompt only."""
    language = language_of(request.prompt)
    if request.image is not None:
        return said_about(request.key if sees else request.prompt, language)
    parts = [said_about(f"{request.prompt} {part}", language) for part in range(SENTENCES)]
    return replace(parts[0], caption=" ".join(part.caption for part in parts))


@dataclass(kw_only=True)
class Talk:
    """One answer on one connection."""

    connection: Connection
    call: Call
    request: Request
    step: Step
    pace: Pace
    load_s: float
    thinks: bool = False
    """Whether the model thinks before it speaks."""

    async def give(self, said: Said) -> Last:
        """Do what the step says, up to the last bytes; return what sends those."""
        step = self.step
        if step.kind == "hang":
            await for_ever()
        await self.pace.wait(self.pace.first_s)
        match step.kind:
            case "error":
                words = step.words or WORDS.get(step.status, "error").format(
                    model=self.request.model
                )
                raise Refusal(step.status, words)
            case "reset":
                self.call.outcome = "broken"
                return self.connection.reset
            case "html":
                self.call.status = 200
                return partial(self.connection.whole, 200, HTML, "text/html; charset=utf-8")
            case _:
                return await self._say(plan(step, self.request, said, thinks=self.thinks))

    async def _say(self, plan: Plan) -> Last:
        self.call.status = 200
        pieces = [(True, one) for one in plan.thinking] + [(False, one) for one in plan.tokens]
        due = time.monotonic()
        for at, (thought, piece) in enumerate(pieces):
            if at:
                due += self.pace.token_s * self.pace.slowness()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            else:
                self.call.first_at = time.monotonic()
            self.call.tokens += 1
            if not thought:
                self.call.text += piece
            if self.request.stream:
                await self.connection.line(self._part(piece, thought=thought))
        if plan.ending == "silence":
            await for_ever()
        if plan.ending in ("drop", "error"):
            self.call.outcome = "broken"
        return self._end_of_stream(plan) if self.request.stream else self._end_of_whole(plan)

    def _end_of_stream(self, plan: Plan) -> Last:
        match plan.ending:
            case "drop":
                return self.connection.drop
            case "error":
                words = self.step.words or RUNNER_DIED
                if not self.connection.wrote:
                    raise Refusal(self.step.status, words)
                return partial(self.connection.end, {"error": words})
            case "none":
                return self.connection.end
            case _:
                return partial(self.connection.end, self._last("", "", plan))

    def _end_of_whole(self, plan: Plan) -> Last:
        thinking = "".join(plan.thinking)
        match plan.ending:
            case "drop":
                return partial(self.connection.half, self._last(self.call.text, thinking, plan))
            case "error":
                raise Refusal(self.step.status, self.step.words or RUNNER_DIED)
            case "none":
                return partial(self.connection.json, 200, self._part(self.call.text, thought=False))
            case _:
                last = self._last(self.call.text, thinking, plan)
                return partial(self.connection.json, 200, last)

    def _part(self, piece: str, *, thought: bool) -> dict[str, Any]:
        content, thinking = ("", piece) if thought else (piece, "")
        return {**self._said(content, thinking), "done": False}

    def _last(self, content: str, thinking: str, plan: Plan) -> dict[str, Any]:
        self.call.done_reason = plan.ending
        images = 768 if self.request.image else 0
        prompt_tokens = len(self.request.prompt) // TOKEN_LENGTH + images + 10
        tokens = len(plan.tokens) + len(plan.thinking) + (plan.ending == "stop")
        counters = self.pace.counters(self.call, self.load_s, prompt_tokens, tokens)
        said = self._said(content, thinking)
        return {**said, "done": True, "done_reason": plan.ending, **counters}

    def _said(self, content: str, thinking: str) -> dict[str, Any]:
        return said_part(self.request.endpoint, self.request.model, content, thinking)


def said_part(endpoint: str, model: str, content: str = "", thinking: str = "") -> dict[str, Any]:
    """Return the fields that every line of an answer has."""
    more = {"thinking": thinking} if thinking else {}
    head = {"model": model, "created_at": rfc3339(time.time_ns())}
    if endpoint == "/api/chat":
        return {**head, "message": {"role": "assistant", "content": content, **more}}
    return {**head, "response": content, **more}


async def for_ever() -> None:
    """Wait until somebody ends the waiting."""
    endless: Awaitable[None] = asyncio.get_running_loop().create_future()
    await endless
