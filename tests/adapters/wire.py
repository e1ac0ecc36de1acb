"""A server that sends exactly the bytes that a test gives it, and pieces of answers to send."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from adapters.ollama_service import OllamaService

MODEL = "qwen2.5vl:3b"

T = TypeVar("T")
Sent = bytes | float
"""Bytes to send, or seconds to wait; a negative number: until the client leaves."""


@dataclass
class Wire:
    """A server that sends what it is told, whatever it is asked, and then hangs up."""

    answer: Callable[[str], list[Sent]]
    url: str = ""
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = [line for line in head.splitlines() if line.lower().startswith("content-length")]
        body = await reader.readexactly(int(length[0].partition(":")[2])) if length else b""
        self.requests.append((head, body))
        try:
            for part in self.answer(head.split()[1]):
                if isinstance(part, bytes):
                    writer.write(part)
                    await writer.drain()
                elif part < 0:
                    await reader.read()
                    self.left.set()
                else:
                    await asyncio.sleep(part)
        except ConnectionError:
            self.left.set()
        finally:
            writer.close()


@asynccontextmanager
async def wired(answer: Callable[[str], list[Sent]]) -> AsyncIterator[tuple[Wire, OllamaService]]:
    wire = Wire(answer)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    service = OllamaService(wire.url)
    try:
        yield wire, service
    finally:
        await service.close()
        server.close()


def whole(status: int, body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def error(status: int, said: object) -> list[Sent]:
    return [whole(status, json.dumps({"error": said}).encode())]


HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def piece(content: str = "", *, thinking: str = "", **more: Any) -> bytes:
    message = {
        "role": "assistant",
        "content": content,
        **({"thinking": thinking} if thinking else {}),
    }
    return chunk(
        json.dumps({"model": MODEL, "message": message, "done": False, **more}).encode() + b"\n"
    )


def last(reason: str = "stop", **more: Any) -> bytes:
    counters = {
        "load_duration": 2_000_000,
        "prompt_eval_count": 800,
        "prompt_eval_duration": 150_400_000,
        "eval_count": 12,
        "eval_duration": 90_600_000,
    }
    return piece(done=True, done_reason=reason, **{**counters, **more})


END = b"0\r\n\r\n"
GOOD: list[Sent] = [HEAD, piece('{"a": '), piece("1}"), last(), END]


def with_service(url: str, work: Callable[[OllamaService], Awaitable[T]]) -> T:
    async def scene() -> T:
        service = OllamaService(url)
        try:
            return await work(service)
        finally:
            await service.close()

    return asyncio.run(scene())
