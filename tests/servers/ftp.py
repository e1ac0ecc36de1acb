"""
A real FTP server (pyftpdlib) over a folder, plain or TLS, that misbehaves where it is told to.

It runs in a thread of the test, on a private port of this machine. What it offers is fixed when it
starts; troubles are told while it runs.
"""

import contextlib
import hashlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

USER, PASSWORD = "photos", "s3cret-of-the-gallery"
MAY_ALL, MAY_READ = "elradfmwMT", "elr"
_POLL_S = 0.02
_HASHES: dict[str, Callable[[bytes], Any]] = {
    "XSHA256": hashlib.sha256,
    "XSHA1": hashlib.sha1,
    "XMD5": hashlib.md5,
    "HASH": hashlib.sha256,
}

logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())
logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)


class Trouble(NamedTuple):
    """What happens to one command."""

    reply: str = ""
    """Sent instead of doing it."""
    drop: str = ""
    """
    before: the line is cut before it is done; after: it is done, and the answer lost; silent: it
    is not done, and nothing is said.
    """


class TroubledServer:
    """What the server does is said by its attributes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = 0
        self.renames_over = True
        self.list_style = "unix"
        """Or `dos`, or `odd`, which nobody understands."""
        self.stops_after: int | None = None
        """An upload of more bytes is stopped there, once ..."""
        self.stops_with = ""
        """... with this reply; empty: both connections are cut."""
        self.spoils = False
        """Of an upload, a byte is changed on the disk."""
        self.misreports = False
        """Of a hidden file, SIZE tells another size."""
        self.commands: list[str] = []
        """What was asked, in order: lines, but for the password."""
        self.on_command: Callable[[str], object] = lambda _line: None
        """Happens before a command is looked at."""
        self.connections: list[Any] = []
        self._troubles: dict[str, deque[Trouble]] = {}

    def trouble(self, command: str, *troubles: Trouble) -> None:
        """Let the next commands of this kind meet troubles, in turn; an empty one is none."""
        self._troubles.setdefault(command, deque()).extend(troubles)

    def forgive(self) -> None:
        """Let no command meet trouble any more."""
        self._troubles.clear()

    def next_trouble(self, command: str) -> Trouble:
        """Take the trouble of the command that came."""
        waiting = self._troubles.get(command)
        return waiting.popleft() if waiting else Trouble()

    def hang_up(self) -> None:
        """Close every control connection, as a server does with idle ones."""
        for connection in self.connections:
            connection.socket.shutdown(2)
        self.connections.clear()


class _FileSystem(AbstractedFS):
    """Lists in the style that is told."""

    def format_list(self, basedir: str, listing: list[str], ignore_err: bool = True) -> Any:
        style = self.cmd_channel.told.list_style
        if style == "unix":
            yield from super().format_list(basedir, listing, ignore_err)
            return
        for name in listing:
            path = Path(basedir, name)
            size = "<DIR>" if path.is_dir() else str(path.stat().st_size)
            line = f"06-01-08  09:14PM {size:>20} {name}" if style == "dos" else f"! {name}"
            yield f"{line}\r\n".encode()


class _Control(FTPHandler):
    """The control connection, but for what is told otherwise."""

    told: TroubledServer
    offers: tuple[str, ...]
    mute = False

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        hashes = [f"{one} SHA-256*;SHA-1" if one == "HASH" else one for one in self.offers]
        self._extra_feats = [*getattr(self, "_extra_feats", ()), *hashes]

    def on_connect(self) -> None:
        self.told.connections.append(self)

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        self.told.commands.append(line if cmd != "PASS" else cmd)
        self.told.on_command(line)
        trouble = self.told.next_trouble(cmd)
        if trouble.drop == "before":
            self.close()
        elif trouble.reply:
            self.respond(trouble.reply)
        elif trouble.drop != "silent":
            self.mute = trouble.drop == "after"
            super().pre_process_command(line, cmd, arg)
            if self.mute:
                self.close()

    def respond(self, resp: str, **named: Any) -> None:
        if not self.mute:
            super().respond(resp, **named)

    def ftp_RNTO(self, path: str) -> Any:
        if not self.told.renames_over and os.path.lexists(path):
            self._rnfr = None
            self.respond("550 Rename/move failure: File exists.")
            return None
        return super().ftp_RNTO(path)

    def ftp_SIZE(self, path: str) -> None:
        name = Path(path).name
        if self.told.misreports and name.startswith(".") and Path(path).exists():
            self.respond("213 5")
        else:
            super().ftp_SIZE(path)

    def ftp_OPTS(self, line: str) -> None:
        if line.upper().startswith("HASH "):
            self.respond(f"200 {line[5:]}")
        else:
            super().ftp_OPTS(line)

    def on_file_received(self, file: str) -> None:
        if self.told.spoils:
            path = Path(file)
            path.write_bytes(b"!" + path.read_bytes()[1:])

    def _hash(self, path: str, command: str) -> None:
        data = Path(path).read_bytes()
        digest = _HASHES[command](data).hexdigest()
        if command == "HASH":
            self.respond(f"213 SHA-256 0-{len(data)} {digest} {self.fs.fs2ftp(path)}")
        else:
            self.respond(f"250 {digest.upper()}")

    def ftp_HASH(self, path: str) -> None:
        self._hash(path, "HASH")

    def ftp_XSHA256(self, path: str) -> None:
        self._hash(path, "XSHA256")

    def ftp_XSHA1(self, path: str) -> None:
        self._hash(path, "XSHA1")

    def ftp_XMD5(self, path: str) -> None:
        self._hash(path, "XMD5")


class _Data(DTPHandler):
    """The data connection, but for an upload that is to be stopped."""

    def handle_read_event(self) -> None:
        super().handle_read_event()
        told, control = self.cmd_channel.told, self.cmd_channel
        if told.stops_after is None or self._closed or self.tot_bytes_received <= told.stops_after:
            return
        told.stops_after = None
        if told.stops_with:
            self._resp = (told.stops_with, logging.getLogger("pyftpdlib").debug)
            self.close()
        else:
            control.close()


@contextlib.contextmanager
def serving(
    root: Path,
    *,
    certificate: Path | None = None,
    lacks: tuple[str, ...] = (),
    offers: tuple[str, ...] = (),
    permissions: str = MAY_ALL,
    masquerade: str | None = None,
) -> Iterator[TroubledServer]:
    """
    Serve `root` while the block runs.

    Args:
        root: the folder that USER logs in to.
        certificate: PEM file with key and certificate chain; TLS is offered, not demanded.
        lacks: commands that the server does not know.
        offers: of HASH, XSHA256, XSHA1 and XMD5.
        permissions: pyftpdlib's letters.
        masquerade: the address that PASV tells, as servers behind a router do.
    """
    root.mkdir(parents=True, exist_ok=True)
    told = TroubledServer(root)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(root), perm=permissions)
    base, data = (TLS_FTPHandler, TLS_DTPHandler) if certificate else (FTPHandler, DTPHandler)
    known = {name: how for name, how in base.proto_cmds.items() if name not in lacks}
    known |= {name: {"perm": "r", "auth": True, "arg": True, "help": ""} for name in offers}
    settings = {
        "told": told,
        "offers": offers,
        "proto_cmds": known,
        "authorizer": authorizer,
        "abstracted_fs": _FileSystem,
        "dtp_handler": type("Data", (_Data, data), {}),
        "certfile": str(certificate),
        "use_sendfile": False,
        "auth_failed_timeout": _POLL_S,
        "masquerade_address": masquerade,
    }
    handler = type("Control", (_Control, base), settings)
    server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())
    told.port = server.socket.getsockname()[1]
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            server.serve_forever(timeout=_POLL_S, blocking=False, handle_exit=False)
        server.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        over.set()
        thread.join(10)
