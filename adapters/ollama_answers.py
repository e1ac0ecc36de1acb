"""
What is asked of Ollama and what comes back: the values, and how the pieces of an answer are judged.

Nothing here talks to a server; `adapters.ollama_service` does.
"""

import contextlib
import hashlib
import ipaddress
import re
import time
from typing import Any

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from machine.text import is_blank
from machine.values import ModelCall

NOT_OLLAMA = "what answers there is not an Ollama service"
WORDS_MAX = 300
"""Characters of a server's words that are kept."""

_STATUS_CODES = {
    401: "PrefillDenied",
    403: "PrefillDenied",
    404: "PrefillModelMissing",
    429: "PrefillBusy",
    503: "PrefillBusy",
}
_SERVER_ERRORS = 500
_NS_PER_MS = 1_000_000
_COUNTERS = (
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
)
_LOGIN = re.compile(r"//[^/\s@]*@")
_KEY = re.compile(r"(?i)\b(bearer|basic)\s+[^\s'\"]+")
_FOLDERS = re.compile(r"(?<![\w:/.\\])(?:[A-Za-z]:)?[\\/](?:[^\s\\/:'\"]+[\\/])+")


class Limits(Struct, frozen=True, kw_only=True):
    """How long an answer may take, in seconds."""

    first_token_s: float
    """From the request to the first piece of text: queueing, loading, looking."""
    idle_s: float
    """Between two pieces."""
    deadline_s: float
    """From the request to the end of the answer."""


class Asked(Struct, frozen=True, kw_only=True):
    """One request: a prompt, a picture, and the shape that the answer has to have."""

    model: str
    model_digest: str = ""
    prompt: str
    system: str = ""
    picture: bytes
    """JPEG; each side at least 32 pixels. Empty: no picture."""
    picture_digest: str = ""
    """SHA-256 of the picture; empty: it is computed."""
    format: dict[str, Any]
    """JSON schema; empty: any text."""
    options: dict[str, str | int | float | bool]
    """Such as temperature, num_ctx, num_predict, seed."""
    keep_alive: str = "30m"
    """How long the model stays loaded afterwards, as Ollama writes it; empty: its default."""
    limits: Limits

    @property
    def prompt_digest(self) -> str:
        """SHA-256 of all texts that are sent."""
        texts = f"{self.system}\0{self.prompt}".encode("utf-8", "replace")
        return hashlib.sha256(texts + msgspec.json.encode(self.format)).hexdigest()


class Reply(Struct, frozen=True, kw_only=True):
    """A complete answer; whether it says what it should is another question."""

    text: str
    raw: bytes
    """JSON: text, thinking, how it ended, and the counters."""
    call: ModelCall


class CallFailed(AdapterError):
    """
    No complete answer came.

    Attributes:
        call: What was asked, and what was learned before it failed.
        raw: What came before it failed, as in `Reply`; empty: nothing.
    """

    def __init__(self, code: str, detail: str, *, call: ModelCall, raw: bytes = b"") -> None:
        super().__init__(code, detail)
        self.call = call
        self.raw = raw


class Patience:
    """How long the next piece of an answer is waited for, from now on."""

    def __init__(self, limits: Limits) -> None:
        now_s = time.monotonic()
        self._limits = limits
        self._end_s = now_s + limits.deadline_s
        self._until_s = now_s + limits.first_token_s
        self._spoken = False

    @property
    def left_s(self) -> float:
        """Seconds from now; negative: it is over."""
        return min(self._until_s, self._end_s) - time.monotonic()

    def heard(self, *, spoke: bool) -> None:
        """
        Note a piece; `spoke`: it brought text.

        From the first text on, any piece is a sign of life.
        """
        self._spoken = self._spoken or spoke
        if self._spoken:
            self._until_s = time.monotonic() + self._limits.idle_s

    def over(self) -> AdapterError:
        """Return what to raise when the time is over."""
        limits = self._limits
        if self._end_s <= self._until_s:
            return AdapterError("PrefillTimeout", f"deadline ({limits.deadline_s:g}s)")
        if self._spoken:
            detail = f"idle timeout ({limits.idle_s:g}s without output)"
            return AdapterError("PrefillIdleTimeout", detail)
        detail = f"first token timeout ({limits.first_token_s:g}s)"
        return AdapterError("PrefillFirstTokenTimeout", detail)


class Gathered:
    """
    The pieces of one answer, merged.

    Args:
        asked: The request.
        host: Where it goes, as shown.
        vram_share: As last looked at.
    """

    def __init__(self, asked: Asked, host: str, vram_share: float | None = None) -> None:
        self._asked = asked
        self._host = host
        self._vram_share = vram_share
        self._started_s = time.monotonic()
        self._first_token_ms: int | None = None
        self._content: list[str] = []
        self._thinking: list[str] = []
        self._last: dict[str, Any] = {}
        self.begun = False
        """True once any piece came."""

    def hear(self, piece: dict[str, Any]) -> bool:
        """Take a piece in; return whether it brought text."""
        self.begun = True
        self._last |= {name: value for name, value in piece.items() if value is not None}
        message = piece["message"]
        content, thinking = message.get("content") or "", message.get("thinking") or ""
        self._content.append(content)
        self._thinking.append(thinking)
        spoke = bool(content or thinking)
        if spoke and self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()
        return spoke

    def reply(self) -> Reply:
        """
        Return the answer.

        Raises:
            AdapterError: `PrefillUnfinished`, `PrefillCutOff`, `PrefillEmpty`.
        """
        text, thought = "".join(self._content), not is_blank("".join(self._thinking))
        reason, only = (
            self._last.get("done_reason") or "",
            ", all of it thinking" if thought else "",
        )
        if not self._last.get("done"):
            raise AdapterError("PrefillUnfinished", f"after {len(text)} characters")
        if reason == "length":
            only = only if is_blank(text) else ""
            raise AdapterError("PrefillCutOff", f"{self._last.get('eval_count', '?')} tokens{only}")
        if reason != "stop":
            raise AdapterError(
                "PrefillUnfinished", f"it ended with {words(reason) or 'no reason'!r}"
            )
        if is_blank(text):
            raise AdapterError("PrefillEmpty", "thinking, and no answer" if thought else "")
        raw = self._raw()
        return Reply(text=text, raw=raw, call=self._call(raw))

    def failed(self, code: str, detail: str) -> CallFailed:
        """Return the failure of this call, with what came before it."""
        raw = self._raw()
        return CallFailed(code, detail, call=self._call(raw), raw=raw)

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started_s) * 1000)

    def _raw(self) -> bytes:
        if not self.begun:
            return b""
        answer = {
            "model": self._last.get("model"),
            "content": "".join(self._content),
            "thinking": "".join(self._thinking),
            "done": bool(self._last.get("done")),
            "done_reason": self._last.get("done_reason"),
            **{name: self._last.get(name) for name in _COUNTERS},
        }
        return msgspec.json.encode(answer)

    def _call(self, raw: bytes) -> ModelCall:
        asked, last = self._asked, self._last
        picture = hashlib.sha256(asked.picture).hexdigest() if asked.picture else ""
        return ModelCall(
            model=asked.model,
            model_digest=asked.model_digest,
            host=self._host,
            prompt_digest=asked.prompt_digest,
            picture_digest=asked.picture_digest or picture,
            reply_digest=hashlib.sha256(raw).hexdigest() if raw else "",
            options=dict(asked.options),
            done_reason=words(last.get("done_reason") or ""),
            prompt_tokens=last.get("prompt_eval_count"),
            reply_tokens=last.get("eval_count"),
            first_token_ms=self._first_token_ms,
            load_ms=to_ms(last.get("load_duration")),
            prompt_ms=to_ms(last.get("prompt_eval_duration")),
            reply_ms=to_ms(last.get("eval_duration")),
            total_ms=self._elapsed_ms(),
            vram_share=self._vram_share,
        )


def to_ms(duration_ns: object) -> int | None:
    """Return nanoseconds as milliseconds; None where there is no number."""
    return round(duration_ns / _NS_PER_MS) if isinstance(duration_ns, int | float) else None


def words(said: object) -> str:
    """Return a server's or library's words for a log: one short line, no folder, login or key."""
    text = " ".join(str(said).split())
    if text.startswith("<"):
        return "(a web page)"
    for pattern, instead in ((_LOGIN, "//"), (_KEY, r"\1 ..."), (_FOLDERS, "")):
        text = pattern.sub(instead, text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= WORDS_MAX else text[: WORDS_MAX - 1] + "…"


def code_of_status(status: int) -> str:
    """Return the failure code of an HTTP status; below 100: an error in the middle of an answer."""
    if status in _STATUS_CODES:
        return _STATUS_CODES[status]
    is_server_error = status < 100 or status >= _SERVER_ERRORS  # noqa: PLR2004  (no HTTP status)
    return "PrefillServerError" if is_server_error else "PrefillFailed"


def to_keep_alive(keep_alive: str) -> str | float | None:
    """Return a duration as the server reads it: a number of seconds has to be a number."""
    with contextlib.suppress(ValueError):
        return float(keep_alive)
    return keep_alive or None


def is_loopback(hostname: str) -> bool:
    """Return whether a host's name or address is this machine; empty is, too."""
    if hostname.casefold() in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
