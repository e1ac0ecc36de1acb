"""A real server on a real socket: streams, slow clients, many of them, and the verb `review`."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from driver.errors import Misused
from tests.web.visitor import Visitor, events_of, head_of
from web.app import create_app
from web.guard import Guard
from web.serving import CONNECTIONS_MAX, listening, server
from web.watch import STREAMS_MAX

ROOT = Path(__file__).resolve().parents[2]
HEAD_S = 0.5


class Served:
    """A page behind a real server, and a browser that has its cookie."""

    def __init__(self, visitor: Visitor) -> None:
        """Serve it."""
        self.root = visitor.root
        sock = listening(0)
        self.port = int(sock.getsockname()[1])
        guard = Guard(self.port)
        self.server: uvicorn.Server = server(create_app(visitor.desk, guard), head_s=HEAD_S)
        serving = {"sockets": [sock]}
        self.thread = threading.Thread(target=self.server.run, kwargs=serving, daemon=True)
        self.thread.start()
        self.client = httpx.Client(base_url=guard.base, follow_redirects=True, timeout=10)
        while not self.server.started:
            time.sleep(0.01)
        self.client.get(guard.url)
        self.cookie = f"{guard.cookie_name}={guard.cookie}"

    def connected(self, text: str = "") -> socket.socket:
        """Return a connection on which something was sent."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        sock.sendall(text.encode())
        return sock

    def stop(self) -> None:
        """Stop serving."""
        self.client.close()
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture
def served(page: Visitor) -> Iterator[Served]:
    """The page of other tests, on a real port."""
    serving = Served(page)
    yield serving
    page.desk.watch.close()
    serving.stop()


def event(lines: Iterator[str]) -> str:
    """Return what the next event of a stream says."""
    return next(line for line in lines if line.startswith("data: "))


def test_a_stream_tells_what_changes(served: Served, page: Visitor) -> None:
    position = head_of(served.root)
    with served.client.stream("GET", f"/api/changes?after={position}") as stream:
        assert "text/event-stream; charset=utf-8" == stream.headers["Content-Type"]
        lines = stream.iter_lines()
        assert "retry: 1000" == next(lines)
        page.decide("pick", 2)
        assert '"rows": [2]' in event(lines)
    with served.client.stream("GET", f"/api/changes?after={position}") as missed:
        assert '"rows": [2]' in event(missed.iter_lines())


def test_no_more_pages_than_a_person_has_open_are_told(served: Served) -> None:
    with contextlib.ExitStack() as streams:
        opened = [
            streams.enter_context(served.client.stream("GET", "/api/changes"))
            for _ in range(STREAMS_MAX + 1)
        ]
        assert [200] * STREAMS_MAX + [503] == [one.status_code for one in opened]
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:  # the server notices a moment later that they are gone
        with served.client.stream("GET", "/api/changes") as again:
            if 200 == again.status_code:
                return
    pytest.fail("the streams of closed pages still count")


def test_clients_that_say_nothing_or_half_are_dropped(served: Served) -> None:
    halves = ("", "GET / HTTP/1.1\r\nHost: 127.0.0.1", "POST /api/decisions HTTP/1.1\r\nX: ")
    slow = [served.connected(half) for half in halves]
    assert 200 == served.client.get("/api/rows").status_code
    began = time.monotonic()
    assert [b"", b"", b""] == [sock.recv(1) for sock in slow]
    assert time.monotonic() - began < 5


def test_a_second_request_may_be_no_slower_than_the_first(served: Served) -> None:
    sock = served.connected("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert sock.recv(12).startswith(b"HTTP/1.1 403")
    sock.sendall(b"GET / HTTP/1.1\r\nHost: 127")
    began = time.monotonic()
    while sock.recv(10_000):
        assert time.monotonic() - began < 5
    assert time.monotonic() - began < 5
    assert 200 == served.client.get("/api/rows").status_code


def test_many_connections_keep_nobody_out_for_long(served: Served) -> None:
    head = head_of(served.root)
    many = [served.connected() for _ in range(CONNECTIONS_MAX + 10)]
    time.sleep(HEAD_S * 2)
    assert 200 == served.client.get("/api/rows").status_code
    for sock in many:
        sock.close()
    assert head == head_of(served.root)


def test_headers_without_an_end_are_refused(served: Served) -> None:
    sock = served.connected("GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
    with contextlib.suppress(OSError):
        for _ in range(100):
            sock.sendall(b"x" * 10_000)
    with contextlib.suppress(OSError):
        assert sock.recv(20) in (b"", b"HTTP/1.1 400 Bad Req")
    assert 200 == served.client.get("/api/rows").status_code


def test_only_this_machine_is_listened_to_and_a_port_is_not_shared() -> None:
    with listening(0) as first:
        assert "127.0.0.1" == first.getsockname()[0]
        with pytest.raises(Misused, match="cannot be used"):
            listening(first.getsockname()[1])


def test_the_verb_prints_its_link_serves_and_ends_by_ctrl_c(workspace: Path) -> None:
    command = [sys.executable, "-m", "photojournal", "-w", str(workspace), "review"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, "--no-browser", "--port", "0"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    while not (link := re.search(r"http://\S+", said)):
        line = process.stdout.readline()
        assert line, process.communicate()
        said += line
    with httpx.Client(follow_redirects=True, timeout=10) as browser:
        assert 200 == browser.get(link[0]).status_code
        base = link[0].partition("?")[0]
        headers = {"X-Photojournal": "1", "Idempotency-Key": "1"}
        body = {"rows": [4], "decision": "pick"}
        answer = browser.post(f"{base}api/decisions", json=body, headers=headers).json()
        with browser.stream("GET", f"{base}api/changes") as stream:
            next(stream.iter_lines())
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (0, "") == (process.returncode, err)
    assert out.endswith("Ended.\n")
    run = answer["step"].partition("#")[0]
    ends = events_of(workspace, f"run/{run}")
    assert ["RunStarted", "RunEnded"] == [one.type for one in ends]
    assert "token" not in str([one.event for one in ends])
