"""Opening a conversation with an FTP server: who may hear it, who is refused, what is told."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.errors import AdapterError
from adapters.ftp_connection import FtpServer
from adapters.ftp_files import FtpFiles
from tests.adapters.ftp_gallery import files_on
from tests.adapters.gallery_contract import NEW, WEB, put
from tests.servers import ftp, vsftpd
from tests.servers.certificates import Certificate, certificate_for
from tests.servers.ftp import Trouble, TroubledServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for("localhost", tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(tmp_path: Path, certificate: Certificate) -> Iterator[TroubledServer]:
    with ftp.serving(tmp_path / "ftp", certificate=certificate.server) as server:
        yield server


def refused(gallery: FtpFiles) -> AdapterError:
    """Ask anything, which fails; `check` says the same."""
    with pytest.raises(AdapterError) as caught:
        gallery.look(WEB)
    probe = gallery.check()
    assert not probe.ok
    assert ftp.PASSWORD not in f"{caught.value} {caught.value.__cause__} {probe.detail}"
    return caught.value


def test_a_password_is_never_shown() -> None:
    """Neither in what is printed nor in what a debugger prints."""
    server = FtpServer(host="example.org", user="me", password=ftp.PASSWORD)
    assert ftp.PASSWORD not in f"{server!r} {server} {list(server.__rich_repr__())}"
    assert "example.org" in repr(server)


def test_a_wrong_password_stops_the_stage(server: TroubledServer) -> None:
    """`PublishRefused`, with the server's words, but for a password that it repeats."""
    error = refused(files_on(server.port, password="wrong"))
    assert error.code == "PublishRefused"
    assert "530" in error.detail
    server.trouble("PASS", *[Trouble(reply=f"530 {ftp.PASSWORD} is wrong")] * 2)
    error = refused(files_on(server.port))
    assert "530 *** is wrong" in error.detail


def test_a_server_without_tls_gets_no_password(tmp_path: Path) -> None:
    """`PublishRefused`: never silently plain."""
    with ftp.serving(tmp_path / "ftp") as server:
        error = refused(files_on(server.port, tls=True))
        assert error.code == "PublishRefused"
        assert "TLS" in error.detail
        assert not {"USER", "PASS"} & {line.split()[0] for line in server.commands}


def test_a_server_whose_pictures_would_travel_in_the_open_is_refused(
    server: TroubledServer, certificate: Certificate
) -> None:
    """The data connections are protected too, or nothing is sent."""
    server.trouble("PROT", *[Trouble(reply="536 Not supported.")] * 2)
    gallery = files_on(server.port, host="localhost", tls=True, ca_file=str(certificate.authority))
    assert refused(gallery).code == "PublishRefused"
    assert gallery.put_file(put(NEW), NEW).outcome == "done"
    gallery.close()
    assert server.commands.index("PROT P") < server.commands.index("PASV")


def test_a_certificate_that_nobody_vouches_for_is_refused(server: TroubledServer) -> None:
    """`PublishRefused`, and says that it is the certificate."""
    error = refused(files_on(server.port, host="localhost", tls=True))
    assert error.code == "PublishRefused"
    assert "certificate" in error.detail
    assert "PASS" not in server.commands


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    """Whoever stands between us and the server may have a good one for himself."""
    other = certificate_for("elsewhere.example", tmp_path)
    with ftp.serving(tmp_path / "ftp", certificate=other.server) as server:
        gallery = files_on(server.port, host="localhost", tls=True, ca_file=str(other.authority))
        error = refused(gallery)
        assert error.code == "PublishRefused"
        assert "elsewhere" in error.detail or "localhost" in error.detail


def test_an_authority_that_cannot_be_read_is_told(server: TroubledServer, tmp_path: Path) -> None:
    """Instead of trusting the system's in its place."""
    gallery = files_on(server.port, tls=True, ca_file=str(tmp_path / "none.pem"))
    assert refused(gallery).code == "PublishRefused"


def test_nobody_at_home_is_unreachable() -> None:
    """A closed port, a name that nobody knows, a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        gallery = files_on(port, timeout_s=0.3)
        assert refused(gallery).code == "PublishUnreachable"
    assert refused(gallery).code == "PublishUnreachable"
    assert refused(files_on(1, host="nowhere.invalid")).code == "PublishUnreachable"


def test_a_server_that_is_too_busy_is_unreachable(server: TroubledServer) -> None:
    """421 at the door: nobody's fault, and later it may do."""
    server.trouble("USER", *[Trouble(reply="421 Too many connections.")] * 2)
    gallery = files_on(server.port)
    assert refused(gallery).code == "PublishUnreachable"
    assert gallery.look(WEB) is None
    gallery.close()


@contextlib.contextmanager
def saying(*lines: bytes) -> Iterator[int]:
    """Serve one line at once, and one after each that comes; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        for line in lines:
                            connection.sendall(line)
                            connection.recv(1000)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_a_server_that_speaks_something_else_is_refused() -> None:
    """Such as a website, on the port of another program."""
    with saying(b"HTTP/1.1 400 Bad Request\r\n") as port:
        assert refused(files_on(port)).code == "PublishRefused"


def test_what_a_server_says_in_another_encoding_is_told_as_well_as_can_be() -> None:
    """Old servers speak Latin-1."""
    with saying(b"220 Gr\xfc\xdf Gott\r\n", b"530 Heute f\xfcr niemand\r\n") as port:
        error = refused(files_on(port))
        assert error.code == "PublishRefused"
        assert error.detail.endswith("530 Heute f?r niemand")


def test_a_server_behind_a_router_is_reached_at_its_public_address(tmp_path: Path) -> None:
    """The private address that it tells for data connections is not believed."""
    with ftp.serving(tmp_path / "ftp", masquerade="10.255.255.1") as server:
        gallery = files_on(server.port, timeout_s=3.0)
        assert gallery.put_file(put(NEW), NEW).outcome == "done"
        gallery.close()


def test_a_folder_that_may_not_be_entered_is_not_an_empty_one(tmp_path: Path) -> None:
    """`PublishRefused`: nobody can tell whether the picture stands there."""
    with vsftpd.serving(tmp_path) as (port, site):
        (site / "2008" / "harbour").mkdir(parents=True)
        (site / "2008").chmod(0o700)
        gallery = files_on(port, user="anonymous", remote_base="/site")
        with pytest.raises(AdapterError) as caught:
            gallery.look(WEB)
        assert caught.value.code == "PublishRefused"
        assert gallery.look(WEB.replace("2008", "2009")) is None
        gallery.close()
