"""
What a person can change where a gallery's server was not reached, or lets nobody in.

Told by the error itself, not by its words; empty where nothing in particular is known to help. The
keys are those of `photojournal.toml`.
"""

import ftplib
import re
import socket
import ssl

_EXPIRED = 10
_OTHER_NAME = {62, 64}
"""OpenSSL: the certificate is for another host name, or another address."""
_WANTS_TLS = re.compile(r"(?i)\b(?:tls|ssl)\b")
_LOGIN = {1045, 1698}
_DATABASE = {1044, 1049}
_NO_TLS = 2026
_ACCESS = {1142, 1143, 1227, 1370}
_RIGHTS = "SELECT, INSERT, UPDATE and DELETE; CREATE for: photojournal doctor --create-table"


def of_connecting(error: object, section: str) -> str:
    """Return what helps where no connection comes about; `section`: such as `publish.ftp`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, section)
    if isinstance(error, socket.gaierror):
        return f"check host in [{section}]: no server of that name is known here"
    if isinstance(error, ConnectionRefusedError):
        return f"check host and port in [{section}], and whether the server runs"
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return f"check host and port in [{section}], the network and a firewall; else wait"
    return ""


def _of_certificate(error: ssl.SSLCertVerificationError, section: str) -> str:
    if error.verify_code == _EXPIRED:
        return "the certificate has expired: whoever runs the server has to renew it"
    if error.verify_code in _OTHER_NAME:
        return f"set host in [{section}] to the name that the certificate is for"
    return (
        f"ask whoever runs the server for the certificate of its authority (a PEM file), and name"
        f" it: ca_file in [{section}]"
    )


def of_ftp_login(error: Exception, doing: str, *, tls: bool, password_from: str) -> str:
    """Return what helps where an FTP conversation was not opened; `doing`: its last step."""
    refused = isinstance(error, ftplib.error_perm)
    if refused and not tls and _WANTS_TLS.search(str(error)):
        return "the server wants TLS: tls = true in [publish.ftp]"
    if refused and doing.startswith("begin TLS"):
        return (
            "the server has no TLS: tls = false in [publish.ftp] lets password and pictures travel"
            " in the open; better ask its provider for FTPS"
        )
    if refused and doing.startswith("log in"):
        return _of_login("publish.ftp", password_from)
    return of_connecting(error, "publish.ftp")


def of_mysql(number: int, cause: object, *, password_from: str = "") -> str:
    """Return what helps against an error of a MySQL server, by its number and what caused it."""
    if number in _LOGIN:
        return _of_login("publish.mysql", password_from)
    if number in _DATABASE:
        return f"check database in [publish.mysql], and the account's rights in it: {_RIGHTS}"
    if number == _NO_TLS and not isinstance(cause, ssl.SSLError):
        return "the server has no TLS: tls = false in [publish.mysql], in a trusted network only"
    if number in _ACCESS:
        return f"give the account its rights in the database: {_RIGHTS}"
    return of_connecting(cause, "publish.mysql")


def _of_login(section: str, password_from: str) -> str:
    source = f" (from {password_from})" if password_from else ""
    return f"check user in [{section}] and its password{source}"
