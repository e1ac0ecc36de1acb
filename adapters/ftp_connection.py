"""
A conversation with an FTP server: logged in, protected, in binary, with whole paths.

Everything here is one question or one order; what a publication needs of them, and in which order,
is the affair of `adapters.ftp_files`. Methods let the errors of `ftplib` and sockets out, but for
those of `connect`, which are `AdapterError`s.

TLS is explicit (AUTH TLS, RFC 4217): certificate and host name are verified, the data connections
are protected too. A server that refuses it is not spoken to in plain.
"""

import contextlib
import ftplib
import hashlib
import re
import socket
import ssl
from collections.abc import Iterator

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.ftp_faults import GONE, code_of, fault_of, gone_meanwhile, opening_fault_of
from adapters.ftp_listing import Entry, Kind, list_entries, mlsd_entries
from adapters.ftp_wire import Wire
from adapters.remedies import of_ftp_login

_UNKNOWN = {"500", "501", "502", "504"}
"""The server does not know this command, or not so."""
_NOTHING_THERE = re.compile(r"(?i)no (?:such )?files?\b")
HASHES = {"sha256": "SHA-256", "sha1": "SHA-1", "md5": "MD5"}
"""What HASH calls them, the strongest first."""


class FtpServer(Struct, frozen=True, kw_only=True):
    """Where the files go, and as whom; `repr` leaves the password out."""

    host: str
    port: int = 21
    user: str = "anonymous"
    password: str = ""
    password_from: str = ""
    """Where the password was found, in words."""
    tls: bool = True
    """Explicit FTPS."""
    ca_file: str = ""
    """PEM file with the authority to trust in place of the system's; empty: the system's."""
    remote_base: str = "/"
    """Folder of the gallery on the server; without a slash in front below the login's folder."""
    timeout_s: float = 60.0
    """Of one answer, seconds."""
    read_back: bool = True
    """Download and compare what was sent, where the server offers no hash."""

    def __repr__(self) -> str:
        scheme = "ftps" if self.tls else "ftp"
        return f"FtpServer({scheme}://{self.user}@{self.host}:{self.port}/{self.remote_base})"

    def __rich_repr__(self) -> Iterator[str]:  # type: ignore[override]  # Never the password.
        yield repr(self)


class FtpConnection:
    """One logged-in conversation; made by `connect`."""

    def __init__(self, wire: Wire, server: FtpServer) -> None:
        self.wire = wire
        self.features = _features(wire)
        if "UTF8" in self.features:
            with contextlib.suppress(ftplib.error_perm):
                wire.sendcmd("OPTS UTF8 ON")
        wire.voidcmd("TYPE I")
        base = server.remote_base
        whole = base if base.startswith("/") else f"{wire.pwd().rstrip('/')}/{base}"
        self.root = whole.rstrip("/")
        """Path of the gallery's root without the last slash; empty: the server's own."""
        self.hashes = _hashes(self.features)
        """Command by hash, of those that the server offers."""
        self._tells_size = True
        self._tells_facts = "MLST" in self.features

    def size(self, path: str) -> int | None:
        """Return the size of the file at `path` in bytes; None: none is told (see `find`)."""
        if self._tells_size:
            try:
                return self.wire.size(path)
            except ftplib.error_perm as error:
                if code_of(error) == GONE:
                    return None
                if code_of(error) not in _UNKNOWN:
                    raise
            self._tells_size = False
        entry = self._listed_in_folder(path)
        return entry.size_bytes if entry and entry.kind == "file" else None

    def find(self, path: str) -> Entry | None:
        """
        Return what stands at `path`; None: its folder, or one above, was listed and lacks it.

        Raises:
            AdapterError: `PublishRefused` if a folder above it may not be entered.
        """
        size = self.size(path) if self._tells_size else None
        if size is None:
            return self._listed_in_folder(path)
        listed = self._listed(path) or self._listed_in_folder(path)
        return listed or Entry(path.rpartition("/")[2], "file", size)

    def _listed(self, path: str) -> Entry | None:
        """
        Return the line that LIST has for a file: it alone tells a link.

        Not every server has one; vsftpd has none for a file in the folder that we are in.
        """
        try:
            entries = list_entries(self.wire.lines(f"LIST {path}"))
        except (ftplib.error_perm, ftplib.error_temp):
            return None
        name = path.rpartition("/")[2]
        return next((one for one in entries or () if one.name.rpartition("/")[2] == name), None)

    def _listed_in_folder(self, path: str) -> Entry | None:
        """Return what the listing of its folder tells of `path`; see `find`."""
        folder, _, name = path.rpartition("/")
        if not self.enters(folder):
            above = self._listed_in_folder(folder) if folder else None
            if folder and (above is None or above.kind == "file"):
                return None
            self._insist_on_entering(folder)  # Another publisher may have made it meanwhile.
        entries = self._entries_here()
        if entries is None:
            return self._asked_for(path) if name in self._names_here() else None
        return next((one for one in entries if one.name == name), None)

    def enters(self, folder: str) -> bool:
        """Tell whether `folder` is one that we may enter, and enter it."""
        try:
            self.wire.cwd(folder or "/")
        except ftplib.error_perm as error:
            if code_of(error) != GONE:
                raise
            return False
        return True

    def _insist_on_entering(self, folder: str) -> None:
        try:
            self.wire.cwd(folder or "/")
        except ftplib.error_perm as error:
            raise fault_of(error, f"enter the folder {folder.rpartition('/')[2]}") from error

    def entries(self, folder: str) -> list[Entry]:
        """Return what stands in `folder`, hidden files included; some servers follow links."""
        self.wire.cwd(folder or "/")
        entries = self._entries_here()
        if entries is None:
            entries = [self._asked_for(f"{folder}/{name}") for name in self._names_here()]
        return entries

    def _entries_here(self) -> list[Entry] | None:
        """Return what stands in the folder that we are in; None: no line can be read."""
        if self._tells_facts:
            try:
                return mlsd_entries(self.wire.lines("MLSD"))
            except ftplib.error_perm as error:
                if code_of(error) not in _UNKNOWN:
                    raise
            self._tells_facts = False
        return list_entries(self._long_lines())

    def _long_lines(self) -> list[str]:
        """Return the lines of LIST; not every server takes the option that shows hidden files."""
        try:
            lines = self.wire.lines("LIST -a")
        except (ftplib.error_perm, ftplib.error_temp):
            lines = []
        return lines or self._lines_if_any("LIST")

    def _lines_if_any(self, command: str) -> list[str]:
        """Return the lines of a listing; some servers call an empty folder an error."""
        try:
            return self.wire.lines(command)
        except (ftplib.error_perm, ftplib.error_temp) as error:
            if _NOTHING_THERE.search(str(error)):
                return []
            raise

    def _names_here(self) -> list[str]:
        """Return the names in the folder that we are in, where nothing else can be read."""
        names = [named.rpartition("/")[2] for named in self._lines_if_any("NLST")]
        return [name for name in names if name not in {"", ".", ".."}]

    def _asked_for(self, path: str) -> Entry:
        """Return what stands at `path`, which was named, by asking for its size."""
        if not self._tells_size:
            raise AdapterError("PublishRefused", "the server tells no file's size")
        size = self.size(path)
        kind: Kind = "file"
        if size is None:
            kind = "folder" if self.enters(path) else "other"
        return Entry(path.rpartition("/")[2], kind, size)

    def hash(self, path: str, algorithm: str) -> str | None:
        """Return the hash of the file at `path` in hex, reckoned there; None: it is not told."""
        command = self.hashes.get(algorithm)
        if command is None or (command != "HASH" and " " in path):
            return None  # No standard says where the name ends after XSHA256 and the like.
        try:
            if command == "HASH":
                self.wire.sendcmd(f"OPTS HASH {HASHES[algorithm]}")
            reply = self.wire.sendcmd(f"{command} {path}")
        except (ftplib.error_perm, ftplib.error_temp):
            return None
        digits = 2 * hashlib.new(algorithm, usedforsecurity=False).digest_size
        pattern = rf"(?<![0-9A-Fa-f])[0-9A-Fa-f]{{{digits}}}(?![0-9A-Fa-f])"
        found = re.search(pattern, reply.replace(path, ""))
        return found[0].lower() if found else None

    def sha256(self, path: str) -> str:
        """Return the SHA-256 of the file at `path`, reckoned there if it can be, else here."""
        told = self.hash(path, "sha256")
        if told is None:
            reckoned = hashlib.sha256()
            self.wire.receive(f"RETR {path}", reckoned.update)
            told = reckoned.hexdigest()
        return told

    def make_folder(self, folder: str) -> None:
        """
        Make `folder` and what is missing above it.

        Raises:
            AdapterError: `PublishFailed`: another publisher removed the folder above meanwhile.
        """
        if not folder or self.enters(folder):
            return
        above = folder.rpartition("/")[0]
        self.make_folder(above)
        try:
            self.wire.mkd(folder)
        except ftplib.error_perm as error:
            if self.enters(folder):  # Another publisher was faster.
                return
            if above and not self.enters(above):
                raise gone_meanwhile(above) from error
            raise

    def delete(self, path: str) -> None:
        """Remove the file at `path`, if one is there."""
        try:
            self.wire.delete(path)
        except ftplib.error_perm as error:
            if code_of(error) != GONE or self.find(path):
                raise

    def rename(self, source: str, target: str) -> None:
        """Rename a file; what happens to one at `target` is the server's choice."""
        self.wire.rename(source, target)

    def is_alive(self, *, asked: bool) -> bool:
        """Tell whether the server still listens; `asked`: by a question, not by a look alone."""
        try:
            if self.wire.says_something():
                return False
            if asked:
                self.wire.voidcmd("NOOP")
        except (ftplib.Error, OSError, EOFError):
            return False
        return True

    def close(self) -> None:
        """End the conversation, politely if the server still listens."""
        with contextlib.suppress(ftplib.Error, OSError, EOFError):
            self.wire.quit()
        self.wire.close()


def connect(server: FtpServer) -> FtpConnection:
    """
    Open a conversation.

    Raises:
        AdapterError: `PublishUnreachable` (no answer, too busy) or `PublishRefused` (login,
            certificate, no TLS).
    """
    doing = f"connect to {server.host}:{server.port}"
    try:
        wire = Wire(_context(server), server.timeout_s)
    except OSError as error:
        detail = f"{doing}: ca_file {server.ca_file} cannot be read: {error.strerror or error}"
        raise AdapterError("PublishRefused", detail, "check ca_file in [publish.ftp]") from error
    try:
        wire.connect(server.host, server.port)
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if server.tls:
            doing = f"begin TLS with {server.host}:{server.port}"
            wire.auth()
        doing = f"log in to {server.host}:{server.port} as {server.user}"
        wire.login(server.user, server.password, secure=False)
        if server.tls:
            wire.prot_p()
        return FtpConnection(wire, server)
    except (ftplib.Error, OSError, EOFError, ValueError, OverflowError) as error:
        wire.close()
        fault = opening_fault_of(error, doing)
        hint = of_ftp_login(error, doing, tls=server.tls, password_from=server.password_from)
        raise AdapterError(fault.code, _without(server.password, fault.detail), hint) from None


def _without(secret: str, text: str) -> str:
    """Return what a server said, should it have repeated the password."""
    return text.replace(secret, "***") if secret else text


def _context(server: FtpServer) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=server.ca_file or None) if server.tls else None


def _features(wire: Wire) -> dict[str, str]:
    """Return what the server offers beyond RFC 959: parameters by command (RFC 2389)."""
    try:
        reply = wire.sendcmd("FEAT")
    except ftplib.error_perm:
        return {}
    lines = (line.strip().partition(" ") for line in reply.splitlines()[1:-1])
    return {name.upper(): parameters for name, _, parameters in lines}


def _hashes(features: dict[str, str]) -> dict[str, str]:
    offered = {name.strip("*").upper() for name in features.get("HASH", "").split(";")}
    found = {}
    for algorithm, name in HASHES.items():
        if name in offered:
            found[algorithm] = "HASH"
        elif f"X{algorithm.upper()}" in features:
            found[algorithm] = f"X{algorithm.upper()}"
    return found
