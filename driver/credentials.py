"""
Passwords: where they come from, and that they go nowhere else.

In this order: the environment, `credentials.toml` beside `photojournal.toml` (or the file that
PHOTOJOURNAL_CREDENTIALS names), the system's keyring if the package `keyring` is installed. Never
from the command line, and never from the configuration. The file has to belong to its user and be
closed to all others; on Windows, where that cannot be told from its mode, it is not looked at.

Whatever leaves the program in words (an error, a traceback, the detail of an event) goes through
`redacted` first: a password that this process knows is written as `***` there.
"""

import json
import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from driver.errors import Misused
from journal.ownership import exposed

Service = Literal["ftp", "mysql"]
SERVICES: tuple[Service, ...] = ("ftp", "mysql")

FILE_NAME = "credentials.toml"
FILE_VARIABLE = "PHOTOJOURNAL_CREDENTIALS"
KEYRING_SERVICE = "photojournal"
REDACTED = "***"

Told = TypeVar("Told", bound=msgspec.Struct)

_WORDS = frozenset(("detail", "reason", "forced", "argv"))
"""Fields that say something in words. Names, paths and texts of photos are facts: a password that
is also the name of a place must not change them."""
_SECRET = re.compile(r"(?i)passw|passphrase|^(pwd|secret|token)$|api[_-]?key")


def variable(service: Service) -> str:
    """Return the variable of the environment that a password may stand in."""
    return f"PHOTOJOURNAL_PUBLISH_{service.upper()}_PASSWORD"


def ways(service: Service, account: str = "USER@HOST") -> str:
    """Return the three ways to give a password, as a hint says them."""
    return (
        f"set {variable(service)} in the environment, or write `[{service}]` and"
        f' `password = "..."` into {FILE_NAME} (mode 0600), or: keyring set {KEYRING_SERVICE}'
        f" {service}:{account}"
    )


def is_secret(key: str) -> bool:
    """Tell whether a key is called like something that nobody else should read."""
    return bool(_SECRET.search(key))


class Credentials:
    """The passwords of one workspace; printing it shows none."""

    def __init__(self, root: Path) -> None:
        """
        Keep where the workspace is.

        Passwords of the environment are known from the start, so that none of them is ever told;
        file and keyring are asked when a password is needed.
        """
        named = os.environ.get(FILE_VARIABLE)
        self.file = Path(named).expanduser() if named else root / FILE_NAME
        self._named = bool(named)
        self._sources: dict[Service, str] = {}
        self._known = {os.environ.get(variable(service), "") for service in SERVICES} - {""}

    def password(self, service: Service, *, user: str, host: str) -> str:
        """
        Return the password of `user` at the server.

        Raises:
            Misused: there is none, or the file that holds it is open to others or no such file.
        """
        account = f"{user}@{host}"
        found, problem, source = os.environ.get(variable(service), ""), "", variable(service)
        if not found:
            found, source = self._in_file(service), str(self.file)
        if not found:
            found, problem = _in_keyring(f"{service}:{account}")
            source = "the keyring"
        self._sources[service] = source
        if not found:
            msg = f"there is no {service} password for {account}{problem}"
            raise Misused(msg, ways(service, account))
        self._known.add(found)
        return found

    def source(self, service: Service) -> str:
        """Return where the password that was last asked for came from, in words."""
        return self._sources.get(service, "")

    def redacted(self, text: str) -> str:
        """Return the text with every known password as `***`, also where it is written escaped."""
        for form in sorted(_forms(self._known), key=len, reverse=True):
            text = text.replace(form, REDACTED)
        return text

    def redact(self, told: Told) -> Told:
        """Return an event or a report whose words hold no password; facts stay as they are."""
        if not self._known:
            return told
        changed = {name: self._redacted_field(told, name) for name in told.__struct_fields__}
        changed = {name: now for name, now in changed.items() if now is not getattr(told, name)}
        return replace(told, **changed) if changed else told

    def _redacted_field(self, told: msgspec.Struct, name: str) -> Any:  # noqa: ANN401  (any field)
        given = getattr(told, name)
        if isinstance(given, msgspec.Struct):
            return self.redact(given)
        if isinstance(given, str) and name in _WORDS:
            now: Any = self.redacted(given)
        elif isinstance(given, tuple) and name in _WORDS:
            now = tuple(self.redacted(word) for word in given)
        elif isinstance(given, tuple):
            now = tuple(
                self.redact(one) if isinstance(one, msgspec.Struct) else one for one in given
            )
        else:
            return given
        return given if now == given else now

    def _in_file(self, service: Service) -> str:
        """Return the password that the file holds; empty if there is no file, or none in it."""
        try:
            with self.file.open("rb") as file:
                problem = exposed(self.file, os.fstat(file.fileno()))
                if problem:
                    raise Misused(*problem)
                text = file.read().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            if isinstance(error, FileNotFoundError) and not self._named:
                return ""
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            msg = f"{self.file} cannot be read: {why}"
            hint = f"unset {FILE_VARIABLE}, or mend the file" if self._named else "mend the file"
            raise Misused(msg, hint) from None
        passwords = _parsed(self.file, text)
        self._known.update(passwords.values())
        return passwords.get(service, "")


class _Password(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ftp: _Password = _Password()
    mysql: _Password = _Password()


def _parsed(path: Path, text: str) -> dict[Service, str]:
    """Return the passwords of the file; what is wrong with it is said without repeating any."""
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\bline \d+", str(error))
        msg = f"{path} is not TOML" + (f": see {line.group()}" if line else "")
    except msgspec.ValidationError:
        msg = f"{path} says something else than passwords"
    else:
        passwords: dict[Service, str] = {
            "ftp": found.ftp.password,
            "mysql": found.mysql.password,
        }
        return {service: password for service, password in passwords.items() if password}
    hint = 'write [ftp] and [mysql], and below each: password = "..."'
    raise Misused(msg, hint)


def _in_keyring(name: str) -> tuple[str, str]:
    """Return the password that the system's keyring holds, else what was in the way."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return "", ""
    try:
        return keyring.get_password(KEYRING_SERVICE, name) or "", ""
    except KeyringError as error:
        return "", f", and the keyring cannot be asked ({type(error).__name__})"


def _forms(passwords: Iterable[str]) -> set[str]:
    """Return passwords as they are, and as they stand in an address, a JSON text or a repr."""
    return {
        form
        for one in passwords
        for form in (one, quote(one, safe=""), json.dumps(one)[1:-1], repr(one)[1:-1])
    }
