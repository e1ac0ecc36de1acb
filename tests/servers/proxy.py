"""A connection to a MySQL server that breaks where a test says so."""

import contextlib
import socket
import threading
from typing import Literal, Self

COMMIT = b"\x07\x00\x00\x00\x03COMMIT"
"""The packet: length, number, kind, statement."""

Moment = Literal["never", "before", "after"]


class BreakingProxy:
    """
    Stands between a client and a server on this machine.

    With `breaks_at` set to `before`, the next COMMIT never reaches the server; with `after`, the
    server does it and its answer never comes back. Either way the connection is closed, and those
    that follow are whole again.
    """

    def __init__(self, port: int) -> None:
        """Listen on a port of its own for what is meant for `port`."""
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.breaks_at: Moment = "never"
        self.broken = 0
        """How often it broke a connection."""

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
        with client, socket.create_connection(self._server) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while sent := client.recv(1 << 16):
                    moment = self.breaks_at if sent == COMMIT else "never"
                    if moment != "never":
                        self._break(moment, client, server)
                        break
                    server.sendall(sent)
            for one in (client, server):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            back.join()

    def _break(self, moment: Moment, client: socket.socket, server: socket.socket) -> None:
        self.breaks_at, self.broken = "never", self.broken + 1
        client.shutdown(socket.SHUT_RDWR)
        if moment == "after":
            server.sendall(COMMIT)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(1 << 16):
            target.sendall(received)
