"""Stepping through a row, for `replay ROW --step`: each event and what it changed."""

import re
from collections.abc import Iterator
from typing import Any

from commands.output import RUN_SHOWN, both, hanging, line, write_json
from driver.looking import Seen
from driver.stepping import steps_of
from driver.word_diff import word_diff

_CUT = 200
"""A longer value is cut; `--json` has all of it."""

_LONG = 40
"""Characters of a name behind which no value has room in a small terminal."""

_TEXTS = ("caption", "alt_text")
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_SHOWN = r"\1"


def say_steps(seen: Seen, word: str, *, as_json: bool) -> None:
    """Print each event of a row with the status before and after, and what it changed."""
    number = seen.number(word)
    if as_json:
        write_json([told | {"changes": changes} for told, changes in steps_of(seen, number)])
        return
    line(f"Row {seen.labelled(number)}")
    for told, changes in steps_of(seen, number):
        line()
        hanging(
            f"v{told['version']} @{told['position']}  ",
            f"{both(told['at'])}  by {told['actor']}, run {told['run_id'][:RUN_SHOWN]}",
        )
        hanging(f"  {told['type']}: ", told["words"])
        hanging("    Review_Status: ", _status(told["status_before"], told["status_after"]))
        for name, (old, new) in sorted(changes.items(), key=lambda item: _place(item[0])):
            for leaf, words in _leaves(name, old, new):
                said = f"{_DIGEST.sub(_SHOWN, leaf)}: "
                hanging(
                    *(("    ", f"{said}{words}") if len(said) > _LONG else (f"    {said}", words))
                )


def _status(before: str, after: str) -> str:
    if before == after:
        return f"{after}, as before"
    return f"{before} -> {after}" if before else after


def _place(name: str) -> int:
    """Return where a change is told: what the row is called, then what counts, then the rest."""
    fold, dot, _ = name.partition(".")
    return ("decided", "happened").index(fold) + 1 if dot else 0


def _leaves(name: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Yield what differs, name by name; digests of inputs and recipes are left out."""
    if name == "Review_Status" or name.endswith(("digest", ".salt")):
        return
    if isinstance(old, dict) or isinstance(new, dict):
        was, is_ = old or {}, new or {}
        if (old and new) or _is_flat(was | is_):
            for inner in (*was, *(one for one in is_ if one not in was)):
                if was.get(inner) != is_.get(inner):
                    yield from _leaves(f"{name}.{inner}", was.get(inner), is_.get(inner))
            return
    if name.endswith(_TEXTS) and old and new:
        yield name, word_diff(old, new)
    else:
        yield name, f"{_short(old)} -> {_short(new)}" if old else _short(new)


def _is_flat(parts: dict[str, Any]) -> bool:
    """Tell whether a part is a text, which is told field by field also where it is new."""
    return bool(parts.keys() & {"caption"})


def _short(value: Any) -> str:  # noqa: ANN401  (any part of a state)
    text = "(nothing)" if value is None else _DIGEST.sub(_SHOWN, _words(value))
    return text if len(text) <= _CUT else f"{text[:_CUT]}..."


def _words(value: Any) -> str:  # noqa: ANN401  (any part of a state)
    if isinstance(value, dict):
        known = ((name, inner) for name, inner in value.items() if inner not in ("", None))
        return ", ".join(f"{name} {_words(inner)}" for name, inner in known)
    if isinstance(value, list | tuple):
        return ("; " if any(isinstance(one, dict) for one in value) else ", ").join(
            map(_words, value)
        )
    return str(value)
