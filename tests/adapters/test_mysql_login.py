"""How the MySQL table logs in: verified or not at all, and without ever telling the password."""

import contextlib
import io
import socket
import struct
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec
import pytest
import trustme
from rich.console import Console

from adapters.errors import AdapterError
from adapters.mysql_server import MysqlServer
from adapters.mysql_table import MysqlTable
from tests.adapters.mysql_site import server_of
from tests.servers.mariadb import PASSWORD, USER, MariaDb

CLEAR = b"mysql_clear_password"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="module")
def secure(
    mariadb: MariaDb, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MariaDb]:
    """The server with a certificate for `localhost`, and for nobody else."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    mariadb.restart(f"--ssl-cert={folder / 'cert.pem'}", f"--ssl-key={folder / 'key.pem'}")
    yield mariadb
    mariadb.restart()


@pytest.fixture
def server(secure: MariaDb, ca_file: str) -> MysqlServer:
    """A database on it, and how to reach that safely."""
    plain = server_of(secure, secure.new_database())
    return msgspec.structs.replace(plain, host="localhost", tls=True, ca_file=ca_file)


def refusal(server: MysqlServer, **settings: object) -> AdapterError:
    """Return how a table answers that cannot log in."""
    wrong = msgspec.structs.replace(server, **settings)
    table = MysqlTable(wrong, workspace="ours")
    with contextlib.closing(table), pytest.raises(AdapterError) as caught:
        table.problems()
    return caught.value


def test_a_verified_server_gets_the_records_encrypted(server: MysqlServer, secure: MariaDb) -> None:
    """The user may log in over TLS only."""
    secure.query("ALTER USER %s@'%%' REQUIRE SSL", USER)
    try:
        with contextlib.closing(MysqlTable(server, workspace="ours")) as table:
            table.create()
            assert table.problems() == []
    finally:
        secure.query("ALTER USER %s@'%%' REQUIRE NONE", USER)


def test_a_certificate_of_somebody_else_is_refused(server: MysqlServer, tmp_path: Path) -> None:
    """Of another authority than the one that is trusted, or than those of the system."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    for ca_file in (str(other), ""):
        error = refusal(server, ca_file=ca_file)
        assert (error.code, "certificate" in error.detail) == ("PublishRefused", True)


def test_a_certificate_for_another_name_is_refused(server: MysqlServer) -> None:
    """The name in the settings counts."""
    error = refusal(server, host="127.0.0.1")
    assert (error.code, "127.0.0.1" in error.detail) == ("PublishRefused", True)


def test_a_server_without_tls_is_never_used_where_tls_is_asked_for(server: MysqlServer) -> None:
    """It does not even hear the user's name."""
    with Plain() as plain:
        error = refusal(server, port=plain.port)
    assert (error.code, "SSL is required" in error.detail) == ("PublishRefused", True)
    assert plain.heard == b""


def test_certificates_that_cannot_be_read_are_told(server: MysqlServer, tmp_path: Path) -> None:
    """A mistyped path, or a file without certificates."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for ca_file in (str(tmp_path / "nowhere.pem"), str(empty)):
        error = refusal(server, ca_file=ca_file)
        assert (error.code, "ca_file" in error.detail) == ("PublishRefused", True)


def test_a_server_that_wants_the_password_in_clear_does_not_get_it() -> None:
    """Unless it was verified, it may be anybody."""
    with Plain() as plain:
        server = MysqlServer(host="127.0.0.1", port=plain.port, user=USER, password=PASSWORD)
        error = refusal(server)
    assert (error.code, "tls = true" in error.detail) == ("PublishRefused", True)
    assert USER.encode() in plain.heard
    assert PASSWORD.encode() not in plain.heard


def test_the_password_is_told_to_nobody(server: MysqlServer) -> None:
    """Neither by the settings nor by an error, its traceback with all variables included."""
    secret = "s3cret-Passw0rd"
    wrong = msgspec.structs.replace(server, password=secret)
    console = Console(file=io.StringIO(), width=200)
    table = MysqlTable(wrong, workspace="ours")
    try:
        table.look("x.jpg")
    except AdapterError as error:
        told = [str(error), repr(error), *traceback.format_exception(error)]
    console.print(wrong, [wrong], table)
    assert isinstance(console.file, io.StringIO)
    told += [repr(wrong), str(wrong), f"{[wrong]}", console.file.getvalue()]
    assert "Access denied" in told[0]
    assert all(secret not in one for one in told)
    assert USER in repr(wrong)


class Plain:
    """A server without TLS that asks for the password in clear, and hears what it is told."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.heard = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError):
            abilities = 0x8200 | 1 << 19  # protocol 4.1, plugins, secure passwords; no TLS
            greeting = b"\n8.0.0\0" + struct.pack("<I", 1) + b"12345678\0"
            greeting += struct.pack("<HBHHB", abilities & 0xFFFF, 45, 2, abilities >> 16, 21)
            greeting += bytes(10) + b"123456789012\0" + CLEAR + b"\0"
            connection.sendall(_packet(0, greeting))
            said = connection.recv(1 << 16)
            self.heard += said
            if said:
                connection.sendall(_packet(2, b"\xfe" + CLEAR + b"\0\0"))
                self.heard += connection.recv(1 << 16)


def _packet(number: int, payload: bytes) -> bytes:
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload
