"""HTTP/1.1 for a stand-in server: exact bytes, and power over the socket beneath them."""

import asyncio
import contextlib
import json
import socket
import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

JSON_TYPE = "application/json; charset=utf-8"
LINES_TYPE = "application/x-ndjson"
HEAD_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Incoming:
    """One request as it was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """One client's connection; answers one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take both directions of an accepted socket."""
        self._reader = reader
        self._writer = writer
        self._read_ahead = b""
        self.closed = False
        self.wrote = False
        """True as soon as the present answer has begun."""

    async def next(self) -> Incoming | None:
        """Read a request; None when the client has hung up."""
        try:
            head = self._read_ahead + await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        self._read_ahead = b""
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _version = first.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        if headers.get("expect", "").lower() == "100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._reader.readexactly(int(headers.get("content-length") or 0))
        self.wrote = False
        return Incoming(method=method, path=target.partition("?")[0], headers=headers, body=body)

    async def left(self) -> None:
        """Return when the client hangs up; never while it stays."""
        with contextlib.suppress(ConnectionError):
            while more := await self._reader.read(1):
                self._read_ahead += more

    async def whole(
        self, status: int, body: bytes, kind: str = JSON_TYPE, *, head_only: bool = False
    ) -> None:
        """Answer in one piece."""
        head = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        await self._write(self._head(status, head) + (b"" if head_only else body))

    async def json(self, status: int, value: Any) -> None:
        """Answer with JSON."""
        await self.whole(status, as_json(value))

    async def half(self, value: Any) -> None:
        """Announce an answer of JSON, send half of it and hang up."""
        body = as_json(value)
        head = f"Content-Type: {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n"
        await self._write(self._head(200, head) + body[: len(body) // 2])
        await self.drop()

    async def line(self, value: Any) -> None:
        """Send one line of a stream; the first one brings the head with it."""
        chunk = as_json(value) + b"\n"
        framed = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        if not self.wrote:
            head = f"Content-Type: {LINES_TYPE}\r\nTransfer-Encoding: chunked\r\n"
            framed = self._head(200, head) + framed
        await self._write(framed)

    async def end(self, *last: Any) -> None:
        """End a stream in good order, perhaps with last lines."""
        for value in last:
            await self.line(value)
        await self._write(b"0\r\n\r\n")

    async def drop(self) -> None:
        """Hang up, whatever has been sent."""
        self.closed = True
        self._writer.close()

    async def reset(self) -> None:
        """Break the connection so that the client sees a reset."""
        self.closed = True
        raw = self._writer.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def _write(self, data: bytes) -> None:
        self.wrote = True
        self._writer.write(data)
        await self._writer.drain()

    @staticmethod
    def _head(status: int, lines: str) -> bytes:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "status code " + str(status)
        return f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1")


def as_json(value: Any) -> bytes:
    """Return JSON without spaces, non-ASCII letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
