"""
The configuration: `photojournal.toml`, overridden key by key in the environment.

`PHOTOJOURNAL_PUBLISH_PUBLIC_URL_BASE` is `[publish] public_url_base`,
`PHOTOJOURNAL_PUBLISH_FTP_HOST` is `[publish.ftp] host`. An unknown key or a wrong type is an error
that names its line. Passwords never stand here; one that does is refused and not repeated.
"""

import json
import os
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from driver import credentials
from driver.errors import Misconfigured
from driver.limits import check
from driver.sections import Config

PREFIX = "PHOTOJOURNAL_"
_NOT_KEYS = {"PHOTOJOURNAL_WORKSPACE", "PHOTOJOURNAL_ACTOR", credentials.FILE_VARIABLE}
_NOT_KEYS |= {"PHOTOJOURNAL_CRASH_AT", "PHOTOJOURNAL_CRASH_LOG"}


def load(path: Path) -> Config:
    """
    Read the configuration and the environment's overrides.

    Raises:
        Misconfigured: the file is not TOML, a key is unknown or of the wrong type, or says what
            cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise Misconfigured(msg, f"mend {path.name}") from error
    variables: dict[tuple[str, ...], str] = {}
    try:
        _check_keys(data)
        variables = _override(data)
        config = msgspec.convert(data, Config)
        check(config)
    except (msgspec.ValidationError, ValueError) as error:
        place = _place(error)
        words = _in_words(error, place, data)
        if variable := _variable(variables, place):
            msg = f"{variable}: {words}"
            raise Misconfigured(msg, f"change {variable} in the environment") from error
        msg = f"{path}{_line(text, place)}: {words}"
        raise Misconfigured(msg, _hint(place, path.name)) from error
    return config


class _Misplaced(ValueError):
    """What is wrong with a key or a section, and where it stands."""

    def __init__(self, message: str, *place: str) -> None:
        super().__init__(message)
        self.place = place


def _keys(kind: Any) -> dict[str, Any]:  # noqa: ANN401  (a type)
    """Return the types of the keys of a section's struct; empty for what is none."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return {}
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


def _hint(place: tuple[str, ...], file_name: str) -> str:
    """Return what to do about a mistake: where a password does belong, for one."""
    if not (place and credentials.is_secret(place[-1])):
        return f"mend {file_name}"
    service: credentials.Service = "mysql" if "mysql" in place else "ftp"
    return f"take it out, change it where it is used, and {credentials.ways(service)}"


def _known(*place: str) -> dict[str, Any]:
    """Return the types of the keys of a section; empty for one that is not there."""
    kind: Any = Config
    for name in place:
        kind = get_args(kind)[1] if get_origin(kind) is dict else _keys(kind).get(name)
    return _keys(kind)


def _check_keys(data: dict[str, Any]) -> None:
    sections = list(_known())
    for section, values in data.items():
        if section not in sections:
            what = f"section [{section}]" if isinstance(values, dict) else f"key {section}"
            near = get_close_matches(section, sections, n=1)
            msg = f"unknown {what}" + (f"; did you mean [{near[0]}]?" if near else "")
            raise _Misplaced(msg, section)
        _check_section(values, section)


def _check_section(values: object, *place: str) -> None:
    """Refuse an unknown key, in a section or in a table below it."""
    name = ".".join(place)
    if not isinstance(values, dict):
        msg = f"{name} is a section: write [{name}], and its keys below"
        raise _Misplaced(msg, *place)
    known = _known(*place)
    for key, value in values.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            if credentials.is_secret(key):
                msg = f"{key} in [{name}]: a password does not belong here"
                raise _Misplaced(msg, *place, key)
            msg = f"unknown key {key} in [{name}]" + (f"; did you mean {near[0]}?" if near else "")
            raise _Misplaced(msg, *place, key)
        if _keys(known[key]):
            _check_section(value, *place, key)
        elif get_origin(known[key]) is dict:
            _check_tables(value, get_args(known[key])[1], *place, key)


def _check_tables(values: object, kind: Any, *place: str) -> None:  # noqa: ANN401  (a type)
    """Look at tables with names of their own, one by one, so that a mistake names its table."""
    if not isinstance(values, dict):
        msg = f"{'.'.join(place)} holds tables: write [{'.'.join(place)}.NAME]"
        raise _Misplaced(msg, *place)
    for name, table in values.items():
        _check_section(table, *place, name)
        try:
            msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            what, _, where = str(error).rpartition(" - at `$.")
            key = where.rstrip("`")
            words = _allowed(what, table.get(key), _keys(kind).get(key))
            msg = f"{words} - at `$.{'.'.join((*place, name, key))}`"
            raise _Misplaced(msg, *place, name, key) from error


def _override(data: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Put in what the environment says; return which variable said what."""
    variables: dict[tuple[str, ...], str] = {}
    for name, value in os.environ.items():
        if not name.startswith(PREFIX) or name in _NOT_KEYS or name.endswith("_PASSWORD"):
            continue
        *section, key = _named(name)
        known = _known(*section)
        if key not in known or _keys(known[key]):
            near = get_close_matches(key, known, n=1)
            msg = f"{name}: there is no key {key} in [{'.'.join(section)}]"
            hint = f"did you mean {PREFIX}{'_'.join((*section, near[0])).upper()}?" if near else ""
            raise Misconfigured(msg, hint or f"unset {name}")
        table = data
        for one in section:
            table = table.setdefault(one, {})
        table[key] = _value(value, known[key])
        variables[*section, key] = name
    return variables


def _named(variable: str) -> tuple[str, ...]:
    """Return section, table within it if one is named, and key of a variable."""
    section, _, key = variable.removeprefix(PREFIX).lower().partition("_")
    table, _, rest = key.partition("_")
    return (section, table, rest) if rest and _known(section, table) else (section, key)


def _variable(variables: dict[tuple[str, ...], str], place: tuple[str, ...]) -> str:
    """Return the variable that said what stands at a place, or what that is a part of."""
    lengths = range(len(place), 1, -1)
    return next((variables[place[:n]] for n in lengths if place[:n] in variables), "")


def _value(text: str, kind: Any) -> Any:  # noqa: ANN401  (a type; what TOML can hold)
    """Return a variable's value; where a text belongs, `2008` is a text."""
    try:
        parsed = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    wants_text = kind is str or get_origin(kind) is Literal
    return text if wants_text and not isinstance(parsed, str) else parsed


def _in_words(error: Exception, place: tuple[str, ...], data: dict[str, Any]) -> str:
    """Return what an error says, with the values that are allowed or how a list is written."""
    what, separator, where = str(error).rpartition(" - at ")
    if not isinstance(error, msgspec.ValidationError) or len(place) < len(("section", "key")):
        return str(error)
    *section, key = place
    given: Any = data
    for name in place:
        given = given.get(name) if isinstance(given, dict) else None
    kind = _known(*section).get(key)
    what = _allowed(what, given, kind)
    if get_origin(kind) is tuple:
        what += f"; write a list: `{key} = {_example(section[0], key, given)}`"
    return f"{what}{separator}{where}"


def _allowed(what: str, given: object, kind: Any) -> str:  # noqa: ANN401  (a type)
    """Return what is wrong with a value: where only some are allowed, which ones."""
    kinds = [one for one in (kind, *get_args(kind)) if get_origin(one) is Literal]
    if not kinds:
        return what
    said = "that" if "@" in str(given) else f"`{given}`"  # it may hold a login
    return f"{said} is none of {', '.join(f'`{one}`' for one in get_args(kinds[0]))}"


def _example(section: str, key: str, given: object) -> str:
    """Return how the list of a key is written: what was given, else the default, else a name."""
    default = getattr(getattr(Config(), section), key)
    texts = [given] if isinstance(given, str) and given else ["NAME"]
    return json.dumps(default or texts, ensure_ascii=False)


def _place(error: Exception) -> tuple[str, ...]:
    """Return section and key that an error is about, as far as it can be told."""
    if isinstance(error, _Misplaced):
        return error.place
    where = re.search(r"\$\.([\w.-]+)", str(error))
    return tuple(where.group(1).split(".")) if where else ()


def line_of(path: Path, *place: str) -> str:
    """Return `FILE:LINE` of a key, as far as it can be told."""
    return f"{path}{_line(path.read_text(encoding='utf-8'), place)}"


def _line(text: str, path: tuple[str, ...]) -> str:
    """Return `:<line>` of a section or key, else of the nearest section around it."""
    for length in range(len(path), 0, -1):
        *above, key = path[:length]
        current = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if header := re.match(r"\s*\[([\w.-]+)\]", line):
                current = header.group(1)
                if current == ".".join(path[:length]):
                    return f":{number}"
            elif current == ".".join(above) and re.match(rf"\s*{re.escape(key)}\b", line):
                return f":{number}"
    return ""
