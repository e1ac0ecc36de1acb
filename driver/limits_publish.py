"""
What `[publish]` may not say: places without a meaning, and logins where none belongs.

An address that seems to hold a login is never repeated.
"""

import ipaddress
import math
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from driver.sections import FtpTable, MysqlTable, Publish

Wrong = tuple[str, str]
"""What is wrong, and the place of the key that says it."""

PORT_MAX = 65_535
IN_FLIGHT_MAX = 16
"""Connections of one user that no server would take for an attack."""
TABLE_CHARACTERS_MAX = 64
"""MySQL allows no more."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOGIN = "a login does not belong here"


def wrong_in(publish: Publish) -> Iterator[Wrong]:
    """Yield what cannot be meant, in the order in which it is written."""
    if len(set(publish.keep)) < len(publish.keep):
        yield f"each fact once, not {', '.join(publish.keep)}", "publish.keep"
    base, licence = publish.public_url_base, publish.licence_url
    if "@" in base:
        yield _LOGIN, "publish.public_url_base"
    elif base and (" " in base or not _is_url(base)):
        words = f"`{base}` is no address such as `https://example.org/photos`"
        yield words, "publish.public_url_base"
    if "@" in licence:
        yield _LOGIN, "publish.licence_url"
    elif licence and (" " in licence or not _is_url(licence)):
        words = f"`{licence}` is no address such as `https://creativecommons.org/licenses/by/4.0/`"
        yield words, "publish.licence_url"
    yield from _about_ftp(publish.ftp)
    yield from _about_mysql(publish.mysql)
    if publish.gallery == "ftp":
        yield from _about_missing(publish)


def _is_url(url: str) -> bool:
    try:
        where = urlsplit(url)
        return where.scheme in ("http", "https") and bool(where.hostname) and url.isprintable()
    except ValueError:
        return False


def _about_missing(publish: Publish) -> Iterator[Wrong]:
    """Yield what a gallery on servers cannot do without."""
    needed = {
        "publish.public_url_base": publish.public_url_base,
        "publish.ftp.host": publish.ftp.host,
        "publish.ftp.user": publish.ftp.user,
        "publish.mysql.host": publish.mysql.host,
        "publish.mysql.user": publish.mysql.user,
        "publish.mysql.database": publish.mysql.database,
    }
    for place, value in needed.items():
        if not value:
            table, _, key = place.rpartition(".")
            yield f'`gallery = "ftp"` needs [{table}] {key}', place


def _about_ftp(ftp: FtpTable) -> Iterator[Wrong]:
    yield from _about_server(ftp, "publish.ftp")
    if not 1 <= ftp.in_flight <= IN_FLIGHT_MAX:
        yield f"{ftp.in_flight} is not in 1 to {IN_FLIGHT_MAX}", "publish.ftp.in_flight"
    base = ftp.remote_base
    if "://" in base and "@" in base:
        yield _LOGIN, "publish.ftp.remote_base"
    elif "://" in base or ".." in base.split("/") or not base.isprintable():
        words = f"`{base}` is no folder on the server such as `/photos`"
        yield words, "publish.ftp.remote_base"


def _about_mysql(mysql: MysqlTable) -> Iterator[Wrong]:
    yield from _about_server(mysql, "publish.mysql")
    if "@" in mysql.database:
        yield _LOGIN, "publish.mysql.database"
    elif not mysql.database.isprintable() or "`" in mysql.database:
        yield f"`{mysql.database}` is no name of a database", "publish.mysql.database"
    table = mysql.table
    if "@" in table:
        yield _LOGIN, "publish.mysql.table"
    elif not _TABLE.fullmatch(table) or len(table) > TABLE_CHARACTERS_MAX:
        words = f"`{table}` is no name of a table: letters, digits and _, at most"
        yield f"{words} {TABLE_CHARACTERS_MAX} of them", "publish.mysql.table"


def _about_server(server: FtpTable | MysqlTable, place: str) -> Iterator[Wrong]:
    """Yield what is wrong with what both servers have."""
    host = server.host
    if "@" in host:
        yield _LOGIN, f"{place}.host"
    elif host and not _is_host(host):
        yield f"`{host}` is no host such as `example.org`: a name or an address", f"{place}.host"
    if not 1 <= server.port <= PORT_MAX:
        yield f"{server.port} is not in 1 to {PORT_MAX}", f"{place}.port"
    if not server.user.isprintable():
        yield "a user's name has no such signs", f"{place}.user"
    if not (math.isfinite(server.timeout_s) and server.timeout_s > 0):
        words = f"{server.timeout_s} leaves no time: it has to be more than 0, and finite"
        yield words, f"{place}.timeout_s"


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_HOST.fullmatch(host))
    return True
