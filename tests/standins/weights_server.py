"""
A server that has one file, and the faults of servers on the network.

It counts what it sends, so that a test can tell a resumed download from a new one.
"""

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

_PIECE = 8192


class Asked(NamedTuple):
    """One request: what for, from where, how many bytes were sent."""

    path: str
    begin: int | None
    sent: int


class WeightsServer:
    """What it does is said by its attributes, which a test may change between requests."""

    def __init__(self, data: bytes) -> None:
        """Have `data` to give."""
        self.data = data
        self.ranges = True
        """False: a Range header is not understood and all is sent."""
        self.range_status = 206
        self.shift = 0
        """Sends a range that begins so many bytes too late."""
        self.cuts: list[int] = []
        """Of each request, in turn: how many bytes come before the connection ends."""
        self.status = 200
        self.location = ""
        self.says_length = True
        self.encoding = ""
        self.pause_s = 0.0
        """Before each piece."""
        self.asked: list[Asked] = []
        self.url = ""

    @property
    def sent(self) -> int:
        """Bytes that were sent in all."""
        return sum(one.sent for one in self.asked)


@contextlib.contextmanager
def serving(data: bytes) -> Iterator[WeightsServer]:
    """Run the server while the block runs."""
    told = WeightsServer(data)

    class Handler(_Handler):
        server_told = told

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}/weights.pth"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_told: WeightsServer

    def do_GET(self) -> None:
        told = self.server_told
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(asked[1]) if asked else None
        data = told.data
        if told.status != 200:
            self.send_response(told.status)
            if told.location:
                self.send_header("Location", told.location)
            data = b""
        elif begin is None or not told.ranges:
            self.send_response(200)
        elif begin >= len(data) or told.range_status == 416:
            self.send_response(416)
            data = b""
        else:
            begin += told.shift
            self.send_response(told.range_status)
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
            data = data[begin:]
        if told.encoding:
            self.send_header("Content-Encoding", told.encoding)
        if told.says_length:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        cut = told.cuts.pop(0) if told.cuts else len(data)
        told.asked.append(
            Asked(self.path, int(asked[1]) if asked else None, self._send(data[:cut]))
        )
        self.close_connection = True

    def _send(self, data: bytes) -> int:
        sent = 0
        with contextlib.suppress(OSError):  # whoever asked may have left
            for place in range(0, len(data), _PIECE):
                time.sleep(self.server_told.pause_s)
                self.wfile.write(data[place : place + _PIECE])
                sent += len(data[place : place + _PIECE])
        return sent

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
