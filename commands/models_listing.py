"""How weights are listed: two lines each, that fit a terminal of 80 columns."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from commands.output import hanging, line
from machine.text import size

_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_INDENT = "  "


def say_weights(told: Sequence[Mapping[str, Any]], *, verified: bool = False) -> None:
    """
    Print weights below each other.

    Args:
        told: as for programs, `commands.models`.
        verified: all their bytes were read: say what was found.
    """
    cells = [(one["state"], _size(one), one["file"], one["metric"] or "-") for one in told]
    lines = [("state", "size", "file", "metric"), *cells]
    state, amount, file, _ = (max(map(len, column)) for column in zip(*lines, strict=True))
    for place, (first, second, third, last) in enumerate(lines):
        line(f"{first:<{state}}  {second:>{amount}}  {third:<{file}}  {last}".rstrip())
        if place:
            hanging(_INDENT, _more(told[place - 1], verified=verified))


def _size(one: Mapping[str, Any]) -> str:
    return "unknown" if one["size_bytes"] is None else size(one["size_bytes"])


def _more(one: Mapping[str, Any], *, verified: bool) -> str:
    """Return the name for `pull`, what needs it, and its licence or what was found."""
    by = ", ".join(one["needed_by"])
    said = [one["name"], *([f"needed by {by}"] if by else []), f"pinned {one['pinned']}"]
    if one["detail"] and one["state"] == "damaged":
        said.append(_DIGEST.sub(r"\1...", one["detail"]))
    if verified and one["sha256"] and one["state"] == "present":
        said.append(_DIGEST.sub(r"SHA-256 \1...", one["sha256"]))
    if not verified:
        said.append(f"licence {one['licence']}")
    return "; ".join(said)
