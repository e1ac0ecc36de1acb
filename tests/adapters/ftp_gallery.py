"""Files on a test's FTP server, and a stranger with a shell there."""

import shutil
from pathlib import Path
from typing import Any

from adapters.ftp_connection import FtpServer
from adapters.ftp_files import FtpFiles
from tests.servers import ftp


class Hands:
    """A stranger with a shell on the server."""

    def __init__(self, root: Path, owner: str = "") -> None:
        self.root = root
        self.owner = owner

    def write(self, target: str, data: bytes) -> None:
        path = self.root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        for one in (path, *path.parents):
            if self.owner and self.root in one.parents:
                shutil.chown(one, self.owner)

    def read(self, target: str) -> bytes | None:
        path = self.root / target
        return path.read_bytes() if path.exists() else None

    def targets(self) -> list[str]:
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    def edit_caption(self, key: str, caption: str) -> None:
        raise NotImplementedError


def files_on(port: int, **settings: Any) -> FtpFiles:
    usual = {"host": "127.0.0.1", "user": ftp.USER, "password": ftp.PASSWORD}
    return FtpFiles(FtpServer(port=port, **{**usual, "tls": False, "timeout_s": 10.0, **settings}))
