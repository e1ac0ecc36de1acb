"""
Serves the page, on this machine's own address only, until somebody stops it.

A client that does not come to the point is dropped: one that sends no request within `HEAD_S`, a
body that takes longer than `guard.BODY_S`, an answer that nobody takes.
"""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from driver.errors import Misused

HOST = "127.0.0.1"
PORT = 8420
"""Where it listens if nothing else does, so that a tunnel can be written down once."""
HEAD_S = 10.0
"""A request comes at once, over loopback."""
CONNECTIONS_MAX = 64
"""A browser opens six and one for each stream."""
ENDING_S = 2
"""Answers that are on their way get so long when the server ends."""


def listening(port: int | None) -> socket.socket:
    """
    Return a socket that listens on this machine's own address.

    Args:
        port: 0 for any; None for the usual one, or any where that is taken.

    Raises:
        Misused: the port is taken, or may not be used.
    """
    try:
        return _bound(PORT if port is None else port)
    except OSError as error:
        if port is None:
            return _bound(0)
        msg = f"port {port} cannot be used: {error.strerror or error}"
        raise Misused(msg, "choose another, or leave --port away") from error


def _bound(port: int) -> socket.socket:
    # Named, since asyncio sends at once (TCP_NODELAY) only where it says TCP: else 40 ms more.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)  # Windows: else others may join
        option = socket.SO_REUSEADDR if exclusive is None else exclusive
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
        sock.bind((HOST, port))
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


def server(
    app: ASGIApp, ending: Callable[[], None] = lambda: None, *, head_s: float = HEAD_S
) -> uvicorn.Server:
    """
    Return a server; `run(sockets=[...])` serves until Ctrl+C, or until the system asks to end.

    Args:
        app: the application.
        ending: called at once when the end is asked for, to end what would last.
        head_s: a connection without a request is dropped after so long.
    """

    class Impatient(H11Protocol):
        """A connection that must send its first request soon."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.loop.call_later(head_s, self._be_done)

        def _be_done(self) -> None:
            if self.cycle is None and not self.transport.is_closing():
                self.transport.close()

    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # what fails is told to the page, and kept in the crash file
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=ENDING_S,
    )
    return _Server(config, ending)


class _Server(uvicorn.Server):
    """Ends by Ctrl+C as other servers do, but without an error."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        def asked(_signal: int, _frame: FrameType | None) -> None:
            if self.should_exit:
                os._exit(130)
            self.should_exit = True
            # Not here: what was interrupted may hold the very lock that the end waits for.
            threading.Thread(target=self._ending, name="ending").start()

        main = threading.current_thread() is threading.main_thread()
        signals = (signal.SIGINT, signal.SIGTERM) if main else ()
        before = {one: signal.signal(one, asked) for one in signals}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
