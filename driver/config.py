"""
The configuration: `photojournal.toml`, overridden key by key in the environment.

`PHOTOJOURNAL_PUBLISH_PUBLIC_URL_BASE` is `[publish] public_url_base`. An unknown key or a wrong
type is an error that names its line. Passwords never stand here.
"""

import json
import os
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from driver.errors import Misused
from driver.limits import check
from driver.sections import Config

PREFIX = "PHOTOJOURNAL_"
_NOT_KEYS = {"PHOTOJOURNAL_WORKSPACE", "PHOTOJOURNAL_ACTOR"}
_NOT_KEYS |= {"PHOTOJOURNAL_CRASH_AT", "PHOTOJOURNAL_CRASH_LOG"}


def load(path: Path) -> Config:
    """
    Read the configuration and the environment's overrides.

    Raises:
        Misused: the file is not TOML, a key is unknown, has the wrong type or says what cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise Misused(msg, f"mend {path.name}") from error
    variables: dict[tuple[str, ...], str] = {}
    try:
        _check_keys(data)
        variables = _override(data)
        config = msgspec.convert(data, Config)
        check(config)
    except (msgspec.ValidationError, ValueError) as error:
        place = _place(error)
        words = _in_words(error, place, data)
        if place in variables:
            msg = f"{variables[place]}: {words}"
            raise Misused(msg, f"change {variables[place]} in the environment") from error
        msg = f"{path}{_line(text, place)}: {words}"
        raise Misused(msg, f"mend {path.name}") from error
    return config


class _Unknown(ValueError):
    """A key or a section that is not there, or a value where a section belongs."""

    def __init__(self, message: str, *place: str) -> None:
        super().__init__(message)
        self.place = place


def _known(section: str) -> dict[str, Any]:
    """Return the types of a section's keys; empty for a section that is not there."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(Config)}
    kind = kinds.get(section)
    return {field.name: field.type for field in msgspec.structs.fields(kind)} if kind else {}


def _check_keys(data: dict[str, Any]) -> None:
    sections = [field.name for field in msgspec.structs.fields(Config)]
    for section, values in data.items():
        if section not in sections:
            what = f"section [{section}]" if isinstance(values, dict) else f"key {section}"
            near = get_close_matches(section, sections, n=1)
            msg = f"unknown {what}" + (f"; did you mean [{near[0]}]?" if near else "")
            raise _Unknown(msg, section)
        if not isinstance(values, dict):
            msg = f"{section} is a section: write [{section}], and its keys below"
            raise _Unknown(msg, section)
        for key in values:
            _check_key(section, key)


def _check_key(section: str, key: str) -> None:
    known = _known(section)
    if key not in known:
        near = get_close_matches(key, known, n=1)
        msg = f"unknown key {key} in [{section}]" + (f"; did you mean {near[0]}?" if near else "")
        raise _Unknown(msg, section, key)


def _override(data: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Put in what the environment says; return which variable said what."""
    variables: dict[tuple[str, ...], str] = {}
    for name, value in os.environ.items():
        if not name.startswith(PREFIX) or name in _NOT_KEYS or name.endswith("_PASSWORD"):
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("_")
        known = _known(section)
        if key not in known:
            near = get_close_matches(key, known, n=1)
            msg = f"{name}: there is no key {key} in [{section}]"
            hint = f"did you mean {PREFIX}{section.upper()}_{near[0].upper()}?" if near else ""
            raise Misused(msg, hint or f"unset {name}")
        data.setdefault(section, {})[key] = _value(value, known[key])
        variables[section, key] = name
    return variables


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
    if not isinstance(error, msgspec.ValidationError) or len(place) != len(("section", "key")):
        return str(error)
    section, key = place
    given, kind = data[section][key], _known(section).get(key)
    if get_origin(kind) is Literal:
        what = f"`{given}` is none of {', '.join(f'`{one}`' for one in get_args(kind))}"
    elif get_origin(kind) is tuple:
        what += f"; write a list: `{key} = {_example(section, key, given)}`"
    return f"{what}{separator}{where}"


def _example(section: str, key: str, given: object) -> str:
    """Return how the list of a key is written: what was given, else the default, else a name."""
    default = getattr(getattr(Config(), section), key)
    texts = [given] if isinstance(given, str) and given else ["NAME"]
    return json.dumps(default or texts, ensure_ascii=False)


def _place(error: Exception) -> tuple[str, ...]:
    """Return section and key that an error is about, as far as it can be told."""
    if isinstance(error, _Unknown):
        return error.place
    where = re.search(r"\$\.([\w.]+)", str(error))
    return tuple(where.group(1).split(".")) if where else ()


def _line(text: str, path: tuple[str, ...]) -> str:
    """Return `:<line>` of a section or key, as far as it can be told."""
    section = path[0] if len(path) > 1 else ""
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[([\w.]+)\]", line)
        current = header.group(1) if header else current
        here = path and re.match(rf"\s*\[?{re.escape(path[-1])}\b", line)
        if here and (current == section or (header and len(path) == 1)):
            return f":{number}"
    return ""
