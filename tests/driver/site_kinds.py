"""The FTP servers that a website may have, each with a MariaDB beside it, on private ports."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from tests.driver.desk import Desk
from tests.driver.website import Website
from tests.servers import ftp, vsftpd
from tests.servers.certificates import certificate_for
from tests.servers.mariadb import MariaDb

Kind = Literal["pyftpdlib", "pyftpdlib tls", "vsftpd", "vsftpd tls"]
COLUMNS = (
    "Folder, File_Name, Path, Thumb_Path, DateTime, Camera, Lens_model, Width, Height, Exposure,"
    " Aperture, ISO, Focal_length, Keywords, Caption, alt_text, Location, Subject, nima_score,"
    " blur_score, brightness_score, contrast_score, brisque_score, clip_aesthetic_score, QR,"
    " QC_Status"
)


@contextlib.contextmanager
def website_on(kind: Kind, desk: Desk, maria: MariaDb, folder: Path) -> Iterator[Website]:
    """Give a website without any photo, and without tables."""
    with contextlib.ExitStack() as running:
        keys: dict[str, Any] = {}
        certificate = None
        if kind.endswith("tls"):
            made = certificate_for("127.0.0.1", folder)
            certificate, keys = made.server, {"tls": True, "ca_file": str(made.authority)}
        if kind.startswith("vsftpd"):
            port, root = running.enter_context(vsftpd.serving(folder / "vsftpd", certificate))
            server = ftp.TroubledServer(root)
            server.port = port
            keys |= {"user": "anonymous", "remote_base": "/site/www"}
        else:
            serving = ftp.serving(folder / "ftp", certificate=certificate)
            server = running.enter_context(serving)
        website = Website(desk, server, maria)
        website.use("ftp", **keys)
        yield website


def files_of(website: Website) -> dict[str, bytes]:
    """Return every file below the gallery's root, by path."""
    root = website.ftp.root / "www"
    return {path: (root / path).read_bytes() for path in website.files()}


def lines_of(website: Website) -> dict[str, tuple[Any, ...]]:
    """Return the 26 columns of every line of the published table, by File_Name."""
    table = f"{website.database}.photos_info_revamp"
    return {str(line[1]): line for line in website.maria.query(f"SELECT {COLUMNS} FROM {table}")}
