"""The settings in use as a `photojournal.toml`: what was meant, without comments of anybody."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from driver.sections import Config


def as_toml(config: Config) -> str:
    """Return every key with its value; those that say nothing are left out."""
    return "\n".join(_table(msgspec.to_builtins(config))).lstrip("\n") + "\n"


def _table(values: dict[str, Any], *place: str) -> Iterator[str]:
    """Yield the lines of a table, the keys before the tables in it."""
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    if place and plain:
        yield f"\n[{'.'.join(_key(one) for one in place)}]"
    for key, value in plain.items():
        if value is not None:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _table(value, *place, key)


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else _value(name)


def _value(value: Any) -> str:  # noqa: ANN401  (what TOML can hold)
    """Return a value; texts and lists are written as in JSON, which TOML understands."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
