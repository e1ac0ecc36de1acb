"""What a stand-in for Ollama is asked, what it is told to do about it, and what it remembers."""

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "ok",
    "hang",
    "slow",
    "stall",
    "error",
    "error_line",
    "drop",
    "reset",
    "bad_json",
    "html",
    "wrong_shape",
    "empty",
    "thinking_only",
    "length",
    "repeat",
    "echo",
    "text",
]
Outcome = Literal["queued", "running", "answered", "cancelled", "refused", "broken", "stopped"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """
    What to do with one request.

    `ok`, `slow` and `text` answer well; `text` with `caption`, `alt_text`, `keywords` and `places`
    where they are given. `hang` sends nothing until the client leaves. `stall`, `drop` and
    `error_line` send `tokens` tokens, then nothing, a closed socket or an error. `length` cuts the
    answer after `tokens`. `repeat` says one token again and again and ends without a last line.
    """

    kind: Kind = "ok"
    first_s: float | None = None
    """Seconds to the first token; None: as the server is set."""
    token_s: float | None = None
    """Seconds between tokens; None: as the server is set."""
    tokens: int | None = None
    """Tokens before something happens; None: 5, of `length` half of the answer."""
    status: int = 500
    """Of `error`."""
    words: str = ""
    """Of `error` and `error_line`; empty: as Ollama words it."""
    content: str | None = None
    """The exact content, in place of what would be said."""
    caption: str | None = None
    alt_text: str | None = None
    keywords: Sequence[str] | None = None
    places: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request that a model has to answer."""

    endpoint: str
    """`/api/chat` or `/api/generate`."""
    model: str
    prompt: str
    """All texts of the messages, one below the other."""
    image: bytes | None
    key: str
    """Of the picture, by default its SHA-256 in hex; empty without a picture."""
    size: tuple[int, int] | None
    """Of the picture, width and height; None if it cannot be decoded."""
    n: int
    """Number of the request over all, from 1; loading and unloading do not count."""
    nth: int
    """Number of the request for this picture, from 1."""
    stream: bool = True
    think: bool | str | None = None
    format: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    keep_alive: float | str | None = None


Script = Callable[[Request], Step | None] | Mapping[str, Step | Sequence[Step]]
"""By request; or by the picture's key (`*` for all others), a sequence being one step per try."""


@dataclass(kw_only=True)
class Call:
    """What became of a request; times by `time.monotonic()`."""

    endpoint: str
    model: str
    request: Request | None = None
    """None for loading, unloading and what was refused before it was understood."""
    asked_at: float = field(default_factory=time.monotonic)
    started_at: float | None = None
    """When its slot was free."""
    first_at: float | None = None
    """When its first token was ready."""
    ended_at: float | None = None
    kind: Kind | Literal["load", "unload", ""] = ""
    outcome: Outcome = "queued"
    """`cancelled`: the client left; `broken`: we did; `stopped`: the whole server was."""
    status: int = 0
    done_reason: str = ""
    tokens: int = 0
    """That were made, whether or not they were sent."""
    text: str = ""
    """What was said so far."""

    @property
    def key(self) -> str:
        """Key of the picture."""
        return self.request.key if self.request else ""

    @property
    def options(self) -> Mapping[str, Any]:
        """Options of the request, such as `num_ctx`."""
        return self.request.options if self.request else {}

    @property
    def left(self) -> bool:
        """Whether the client left before the end."""
        return self.outcome == "cancelled"


class Refusal(Exception):
    """An error in place of an answer."""

    def __init__(self, status: int, words: str) -> None:
        """Take the status and the words."""
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True)
class Body:
    """A body of `/api/chat` or `/api/generate`, understood."""

    raw: Mapping[str, Any]
    model: str
    prompt: str
    images: tuple[bytes, ...]
    blank: bool
    """Nothing is asked: only load or unload."""

    @classmethod
    def of(cls, endpoint: str, sent: bytes) -> "Body":
        """Understand what was sent, or refuse it in the server's words."""
        if not sent:
            raise Refusal(400, "missing request body")
        try:
            raw = json.loads(sent)
        except ValueError as error:
            raise Refusal(400, f"invalid character in request body: {error}") from None
        if not isinstance(raw, dict):
            raise Refusal(400, "json: cannot unmarshal value into Go value of type api.ChatRequest")
        if endpoint == "/api/chat":
            parts = [one for one in raw.get("messages") or () if isinstance(one, dict)]
            texts = [str(one.get("content") or "") for one in parts]
        else:
            parts = [raw]
            texts = [str(raw.get("system") or ""), str(raw.get("prompt") or "")]
        images = tuple(_decoded(one) for part in parts for one in part.get("images") or ())
        model = raw.get("model") or raw.get("name") or ""
        if not model:
            raise Refusal(400, "model is required")
        blank = not parts if endpoint == "/api/chat" else not raw.get("prompt")
        return cls(raw, model, "\n".join(text for text in texts if text), images, blank)


def _decoded(text: Any) -> bytes:
    if not isinstance(text, str):
        raise Refusal(400, "json: cannot unmarshal value into Go struct field of type []uint8")
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "illegal base64 data at input byte 0") from None


def sha256_key(image: bytes) -> str:
    """Return the picture's SHA-256 in hex."""
    return hashlib.sha256(image).hexdigest()


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG, PNG or WebP; None if it is none of them."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp_size(data)
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8X":
            return (
                int.from_bytes(data[24:27], "little") + 1,
                int.from_bytes(data[27:30], "little") + 1,
            )
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = data[26:28], data[28:30]
            return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(
                height, "little"
            ) & 0x3FFF
        case _:
            return None
