"""
The golden file of wire tags: what was once written has to be read for ever.

`tests/golden/wire_tags.json` holds, for every event class: schema, fields, and an example as it
stands in a journal. `python -m tests.machine.wire` adds what is new; it never changes or removes
what is there.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from machine.event_base import Event
from machine.events import EVENTS

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "wire_tags.json"


def example(event: type[Event]) -> Event:
    """Return an event of the class with every field filled with something that is no default."""
    made = _filled(inspect.type_info(event), event.tag)
    return msgspec.convert(made, event)


def _filled(kind: inspect.Type, name: str) -> Any:
    match kind:
        case inspect.StructType():
            return {
                field.encode_name: _filled(field.type, field.encode_name) for field in kind.fields
            }
        case inspect.VarTupleType():
            return [_filled(kind.item_type, name)]
        case inspect.DictType():
            return {f"{name}-key": _filled(kind.value_type, name)}
        case inspect.LiteralType():
            return kind.values[-1]
        case inspect.UnionType():
            return _filled(next(one for one in kind.types if not _is_none(one)), name)
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return 7
        case inspect.FloatType():
            return 0.5
        case inspect.StrType():
            return f"{name} ü"
        case _:
            raise AssertionError(kind)


def _is_none(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.NoneType)


def described(event: type[Event]) -> dict[str, Any]:
    """Return what the golden file says about a class."""
    return {
        "schema": event.schema,
        "salted": event.salted,
        "fields": list(event.__struct_fields__),
        "example": msgspec.to_builtins(example(event)),
    }


def golden() -> dict[str, dict[str, Any]]:
    """Return the golden file."""
    known: dict[str, dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return known


def key(event: type[Event]) -> str:
    """Return what an entry of the golden file is called."""
    return f"{event.tag}/{event.schema}"


def main() -> None:
    """Add the classes and the fields that are new."""
    known = golden() if GOLDEN.exists() else {}
    for event in EVENTS.values():
        today = described(event)
        before = known.setdefault(key(event), today)
        if set(before["fields"]) < set(today["fields"]):
            known[key(event)] = today
    text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
    GOLDEN.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
