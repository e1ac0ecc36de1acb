"""Files on an FTP server keep every gallery's promises, on every kind of server."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.ftp_connection import FtpServer
from adapters.ftp_files import FtpFiles
from tests.adapters.gallery_contract import FileContract
from tests.servers import ftp, vsftpd
from tests.servers.certificates import Certificate, certificate_for

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "tls": {},
    "subfolder": {},
    "no rename over files": {"offers": ("XSHA256",)},
    "bare": {"lacks": ("MLSD", "MLST", "SIZE", "FEAT", "OPTS")},
    "hash": {"offers": ("HASH", "XMD5")},
    "sha1": {"offers": ("XSHA1",)},
    "dos": {"lacks": ("MLSD", "MLST")},
    "odd": {"lacks": ("MLSD", "MLST")},
}


class Hands:
    """A stranger with a shell on the server."""

    def __init__(self, root: Path, owner: tuple[int, int] | None = None) -> None:
        self.root = root
        self.owner = owner

    def write(self, target: str, data: bytes) -> None:
        path = self.root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        for one in (path, *path.parents):
            if self.owner and self.root in one.parents:
                os.chown(one, *self.owner)

    def read(self, target: str) -> bytes | None:
        path = self.root / target
        return path.read_bytes() if path.exists() else None

    def targets(self) -> list[str]:
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    def edit_caption(self, key: str, caption: str) -> None:
        raise NotImplementedError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for("localhost", tmp_path_factory.mktemp("certificates"))


def files_on(port: int, **settings: Any) -> FtpFiles:
    usual = {"host": "127.0.0.1", "user": ftp.USER, "password": ftp.PASSWORD}
    return FtpFiles(FtpServer(port=port, **{**usual, "tls": False, "timeout_s": 10.0, **settings}))


@pytest.fixture(params=[*KINDS, "vsftpd", "vsftpd tls"])
def served(
    request: pytest.FixtureRequest, tmp_path: Path, certificate: Certificate
) -> Iterator[tuple[FtpFiles, Hands]]:
    kind = request.param
    secure: dict[str, Any] = {
        "host": "localhost",
        "tls": True,
        "ca_file": str(certificate.authority),
    }
    if kind.startswith("vsftpd"):
        tls = kind == "vsftpd tls"
        with vsftpd.serving(tmp_path, certificate.server if tls else None) as (port, site):
            settings = {"user": "anonymous", "remote_base": "/site"}
            files = files_on(port, **settings, **(secure if tls else {}))
            yield files, Hands(site, vsftpd.account())
            files.close()
        return
    tls = kind == "tls"
    pem = certificate.server if tls else None
    with ftp.serving(tmp_path / "ftp", certificate=pem, **KINDS[kind]) as server:
        server.renames_over = kind != "no rename over files"
        server.list_style = kind if kind in {"dos", "odd"} else "unix"
        base = "www/photos" if kind == "subfolder" else "/"
        files = files_on(server.port, remote_base=base, **(secure if tls else {}))
        yield files, Hands(server.root / base.strip("/"))
        files.close()


@pytest.fixture
def gallery(served: tuple[FtpFiles, Hands]) -> FtpFiles:
    return served[0]


@pytest.fixture
def outside(served: tuple[FtpFiles, Hands]) -> Hands:
    return served[1]


class TestFtpFiles(FileContract):
    """Every promise of the port about files."""
