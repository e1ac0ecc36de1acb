"""
Python's `ftplib`, with what it lacks for our purposes.

Names travel as UTF-8, and a reply in another encoding is no error (RFC 2640). A data connection
resumes the TLS session of the control connection, which many servers demand, so that nobody else
can take the data connection over. A server that refuses in the middle of a transfer is heard out.
"""

import contextlib
import ftplib
import re
import selectors
import socket
import ssl
from collections.abc import Callable, Iterator

BLOCK_BYTES = 1 << 16
_GOODBYE_S = 5.0
"""How long a server may take to say in TLS that it has received all."""
_LINE_END = re.compile(r"\r?\n")


class Wire(ftplib.FTP_TLS):
    """One control connection, and its data connections, one at a time; plain until `auth`."""

    def __init__(self, context: ssl.SSLContext | None, timeout_s: float) -> None:
        super().__init__(context=context, timeout=timeout_s, encoding="latin-1")

    def putline(self, line: str) -> None:
        """Send a command; a name from a listing travels back as the bytes that it came in."""
        if "\r" in line or "\n" in line:
            msg = "a line break in a name"
            raise ValueError(msg)
        self.socket.sendall(line.encode("utf-8", "surrogateescape") + b"\r\n")

    def getline(self) -> str:
        """Return one line of a reply."""
        return super().getline().encode("latin-1").decode("utf-8", "surrogateescape")

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        """Open a data connection, protected as the control connection is."""
        channel, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321  (protected below)
        control = self.socket
        if isinstance(control, ssl.SSLSocket):
            channel = self.context.wrap_socket(
                channel, server_hostname=self.host, session=control.session
            )
        return channel, size

    @property
    def socket(self) -> socket.socket:
        """
        The control connection.

        Raises:
            EOFError: there is none any more.
        """
        if self.sock is None:
            raise EOFError
        return self.sock

    def says_something(self) -> bool:
        """Tell whether the server spoke without being asked: it only does so to say goodbye."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            return bool(selector.select(timeout=0))

    def receive(self, command: str, sink: Callable[[bytes], object]) -> None:
        """Give `sink` what `command` (RETR, LIST ...) sends, block by block."""
        with self.transfercmd(command) as channel:
            while block := channel.recv(BLOCK_BYTES):
                sink(block)
            _say_goodbye(channel)
        self.voidresp()

    def lines(self, command: str) -> list[str]:
        """Return the lines that `command` (LIST, MLSD, NLST) sends."""
        received = bytearray()
        self.receive(command, received.extend)
        text = received.decode("utf-8", "surrogateescape")
        return [line for line in _LINE_END.split(text) if line]

    def send(self, command: str, blocks: Iterator[bytes]) -> None:
        """Send `blocks` after `command` (STOR ...); what keeps the server from taking them wins."""
        channel = self.transfercmd(command)
        try:
            with channel:
                for block in blocks:
                    channel.sendall(block)
                _say_goodbye(channel)
        except TimeoutError:
            raise
        except OSError:
            self.voidresp()  # The server has closed the channel; here it says why.
            raise
        self.voidresp()


def _say_goodbye(channel: socket.socket) -> None:
    """Say in TLS that nothing more comes; not every server answers, and size and hash will tell."""
    if isinstance(channel, ssl.SSLSocket):
        channel.settimeout(_GOODBYE_S)
        with contextlib.suppress(OSError):
            channel.unwrap()
