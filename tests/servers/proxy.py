"""A connection to a MySQL server that breaks where a test says so."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Literal, Self

COMMIT = b"\x07\x00\x00\x00\x03COMMIT"
"""The packet: length, number, kind, statement."""

Moment = Literal["never", "before", "during", "after"]


class BreakingProxy:
    """
    Stands between a client and a server on this machine.

    With `breaks_at` set to `before`, the next COMMIT never reaches the server; with `during`, it
    does and nobody waits for what becomes of it; with `after`, the server does it and its answer
    never comes back. Each time the connection is closed, and those that follow are whole again.
    """

    def __init__(self, port: int) -> None:
        """Listen on a port of its own for what is meant for `port`."""
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.breaks_at: Moment = "never"
        self.broken = 0
        """How often it broke a connection."""
        self.on_break: Callable[[], None] = lambda: None
        """Happens at that moment, before the client hears of anything."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            contextlib.suppress(OSError),
            socket.create_connection(self._server) as server,
            selectors.DefaultSelector() as either,
        ):
            either.register(client, selectors.EVENT_READ, server)
            either.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in either.select():
                    assert isinstance(key.fileobj, socket.socket)
                    sent = key.fileobj.recv(1 << 16)
                    if not sent:
                        return
                    if sent == COMMIT and self.breaks_at != "never":
                        self._break(server)
                        return
                    key.data.sendall(sent)

    def _break(self, server: socket.socket) -> None:
        """Let the COMMIT arrive or not; what is answered goes nowhere."""
        if self.breaks_at != "before":
            server.sendall(COMMIT)
        if self.breaks_at == "after":
            server.recv(1 << 16)
        self.breaks_at, self.broken = "never", self.broken + 1
        self.on_break()
