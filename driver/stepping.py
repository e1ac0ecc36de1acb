"""A row event by event, for `replay ROW --step`: what each one did to the two folds."""

from collections.abc import Iterator
from typing import Any

import msgspec

from driver.looking import Seen
from driver.timeline import told
from machine.evolve import evolve
from machine.row import Row
from machine.status import review_status, statuses

_EMPTY: tuple[object, ...] = (None, "", [], {}, (), False, 0)

_WHOLE = ("files", "record", "saga", "finished")
"""Parts that are told as one."""


def steps_of(seen: Seen, number: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """
    Yield each event of a row, and what it changed in the state: old and new value by name.

    A name is `Review_Status`, the status of a stage, or the place in one of the two folds:
    `decided.prefill.text`, `happened.files`.
    """
    row = Row()
    before = {name: value for name, value in _flat(row).items() if "." in name}
    for one in seen.journal.read_stream(f"row/{number}", until_position=seen.until):
        row = evolve(row, one.event)
        after = _flat(row)
        changed = {
            name: (before.get(name), after.get(name))
            for name in (*before, *(name for name in after if name not in before))
            if before.get(name) != after.get(name)
        }
        told_with_status = told(one) | {
            "status_before": before.get("Review_Status", ""),
            "status_after": after["Review_Status"],
        }
        yield told_with_status, changed
        before = after


def _flat(row: Row) -> dict[str, Any]:
    """Return a row's state as `fold.part.field` and plain values, empty ones left out."""
    flat: dict[str, Any] = {"Review_Status": review_status(row)}
    flat |= {f"{stage}_status": status for stage, status in statuses(row).items()}
    for fold, parts in (("decided", row.decided), ("happened", row.happened)):
        for part, value in msgspec.to_builtins(parts).items():
            if isinstance(value, dict) and part not in _WHOLE:
                flat |= {f"{fold}.{part}.{name}": _filled(inner) for name, inner in value.items()}
            else:
                flat[f"{fold}.{part}"] = _filled(value)
    return {name: value for name, value in flat.items() if value not in _EMPTY}


def _filled(value: Any) -> Any:  # noqa: ANN401  (any part of a state)
    """Return a value without what is empty in it."""
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if inner not in _EMPTY}
