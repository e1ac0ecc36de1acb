"""
Which gallery a workspace publishes to: a folder of its own, or a website's servers.

Libraries and passwords are asked for when the first word goes to a server, not before.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from adapters.ports import Gallery
from driver.errors import Misused
from driver.sections import Publish
from driver.workspace import Workspace

if TYPE_CHECKING:
    from adapters.ftp_files import FtpFiles
    from adapters.mysql_table import MysqlTable
    from adapters.site_gallery import SiteGallery
    from driver.program import Program

_READABLE_MAX = 60


@contextlib.contextmanager
def opened(
    workspace: Workspace, journal: str, uploaded: Callable[[int], None] | None = None
) -> Iterator[Gallery]:
    """
    Give the gallery of a workspace, and leave it at the end.

    Args:
        workspace: says which gallery, and where.
        journal: the journal's UUID: under this name records belong to us.
        uploaded: told of every block that went to a server, in bytes.

    Raises:
        Misused: when it is first spoken to: a password is missing.
    """
    if workspace.config.publish.gallery == "folder":
        from adapters.gallery import FolderGallery

        yield FolderGallery(workspace.site, workspace=journal)
        return
    site = _site(workspace, journal, uploaded)
    try:
        yield site
    finally:
        site.close()


def _site(
    workspace: Workspace, journal: str, uploaded: Callable[[int], None] | None = None
) -> "SiteGallery":
    from adapters.site_gallery import SiteGallery

    return SiteGallery(
        lambda: _files(workspace, journal, uploaded),
        lambda: _table(workspace, journal),
        redacted=workspace.credentials.redacted,
    )


def _files(
    workspace: Workspace, journal: str, uploaded: Callable[[int], None] | None
) -> "FtpFiles":
    from adapters.ftp_connection import FtpServer
    from adapters.ftp_files import FtpFiles

    ftp = workspace.config.publish.ftp
    server = FtpServer(
        host=ftp.host,
        port=ftp.port,
        user=ftp.user,
        password=workspace.credentials.password("ftp", user=ftp.user, host=ftp.host),
        password_from=workspace.credentials.source("ftp"),
        tls=ftp.tls,
        ca_file=_path(workspace, ftp.ca_file),
        remote_base=ftp.remote_base,
        timeout_s=ftp.timeout_s,
        read_back=ftp.read_back,
    )
    return FtpFiles(server, uploaded, workspace=journal)


def _table(workspace: Workspace, journal: str) -> "MysqlTable":
    from adapters.mysql_server import MysqlServer
    from adapters.mysql_table import MysqlTable

    mysql = workspace.config.publish.mysql
    server = MysqlServer(
        host=mysql.host,
        port=mysql.port,
        user=mysql.user,
        password=workspace.credentials.password("mysql", user=mysql.user, host=mysql.host),
        password_from=workspace.credentials.source("mysql"),
        database=mysql.database,
        table=mysql.table,
        tls=mysql.tls,
        ca_file=_path(workspace, mysql.ca_file),
        timeout_s=mysql.timeout_s,
    )
    return MysqlTable(server, workspace=journal)


def _path(workspace: Workspace, file: str) -> str:
    return str(workspace.root / file) if file else ""


def lock_name(publish: Publish) -> str:
    """Return the file name of the lock that the one publisher of a gallery holds."""
    if publish.gallery == "folder":
        return "gallery-folder"
    ftp, mysql = publish.ftp, publish.mysql
    place = f"{ftp.host}:{ftp.port}{ftp.remote_base} {mysql.host}:{mysql.port}"
    place += f" {mysql.database}.{mysql.table}"
    readable = re.sub(r"[^a-z0-9.]+", "-", place.casefold())[:_READABLE_MAX].strip("-.")
    return f"gallery-{readable}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def places(workspace: Workspace) -> str:
    """Return where everything goes, for a person."""
    if workspace.config.publish.gallery == "folder":
        return place(workspace, "folder")
    return f"{place(workspace, 'ftp')} and {place(workspace, 'mysql')}"


def place(workspace: Workspace, half: str) -> str:
    """Return where a half of the gallery is, for a person: a folder, or a server."""
    publish = workspace.config.publish
    if half == "ftp":
        base = publish.ftp.remote_base
        folder = base if base.startswith("/") else f"/~/{base}"  # below the login's folder
        return f"{publish.ftp.user}@{publish.ftp.host}:{publish.ftp.port}{folder}"
    if half == "mysql":
        mysql = publish.mysql
        return f"{mysql.user}@{mysql.host}:{mysql.port}/{mysql.database}.{mysql.table}"
    return str(workspace.site)


def how_to_remove(workspace: Workspace, targets: Iterable[str], number: int) -> str:
    """
    Say how a person takes down what the program leaves alone; empty without a target.

    Args:
        workspace: says which gallery.
        number: the row that was taken down.
        targets: paths of files, and File_Names of records.
    """
    publish = workspace.config.publish
    folder = publish.gallery == "folder"
    base = str(workspace.site) if folder else publish.ftp.remote_base.rstrip("/")
    table = "photos_info" if folder else publish.mysql.table
    ways = []
    for target in targets:
        if "/" in target:
            ways.append(f"delete the file {base}/{target}" + ("" if folder else " by FTP"))
        else:
            name = target.replace("'", "''")
            # Shown to a person, never run.
            ways.append(f"DELETE FROM {table} WHERE File_Name = '{name}'")  # noqa: S608
    if not ways:
        return ""
    return f"still public; to take it down: {'; '.join(ways)}; then: photojournal withdraw {number}"


def create_table(program: "Program") -> str:
    """
    Make the published table on the server, and those beside it, where they are missing.

    Returns:
        Where it is.

    Raises:
        Misused: the gallery is a folder, which makes its table itself; or a password is missing.
        AdapterError: the server does not do it.
    """
    workspace = program.workspace
    if workspace.config.publish.gallery == "folder":
        msg = "the gallery is a folder: its table is made by the first publication"
        raise Misused(msg, 'set [publish] gallery = "ftp" first: docs/publishing.md')
    with contextlib.closing(_site(workspace, program.journal.uuid)) as site:
        site.create_table()
    return place(workspace, "mysql")
