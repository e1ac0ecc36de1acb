"""
A file of rules to fold the journal under: tiers, weights, rules for texts.

    [tiers]
    Top = 8.0
    [weights]
    nima_score = 0.4
    [text]
    caption_words = [5, 60]
    ignore = ["keywords_few"]
    blocking = ["lead_in"]

What a table does not name is as it is today; a table that is not there changes nothing. A mistake
is told with its line and key.
"""

import math
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from driver.config import line_of
from driver.errors import Misused
from machine.other_rules import OtherRules
from machine.quality import METRICS, TIERS, WEIGHTS
from machine.values import TextLimits
from machine.wording import CODES

_LENGTHS = ("caption_words", "alt_text_words", "keywords")
_QR_MAX = 10


class _Text(Struct, frozen=True, kw_only=True):
    caption_words: tuple[int, int] | None = None
    alt_text_words: tuple[int, int] | None = None
    keywords: tuple[int, int] | None = None
    ignore: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()


class _File(Struct, frozen=True, kw_only=True):
    tiers: dict[str, float] | None = None
    weights: dict[str, float] | None = None
    text: _Text | None = None


class _Wrong(ValueError):
    """What is wrong, and the table and key that it stands in."""

    def __init__(self, message: str, *place: str) -> None:
        super().__init__(message)
        self.place = place


def load_rules(path: Path, limits: TextLimits) -> OtherRules:
    """
    Read a file of rules.

    Args:
        path: a TOML file.
        limits: how long texts may be today; the file may name others.

    Raises:
        Misused: the file cannot be read, or says something that cannot be meant.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path}: {getattr(error, 'strerror', None) or error}"
        raise Misused(msg, "docs/replay.md shows such a file, with the rules of today") from error
    try:
        return _rules(given, limits)
    except _Wrong as error:
        where = line_of(path, *error.place) if error.place else path
        msg = f"{where}: {error}"
        raise Misused(msg, f"mend {path.name}; docs/replay.md shows the rules of today") from error


def _rules(given: dict[str, Any], limits: TextLimits) -> OtherRules:
    _check_names(given, structs.asdict(_File()), "table")
    if not given:
        msg = "there is no rule in it: write [tiers], [weights] or [text]"
        raise _Wrong(msg)
    for table, known in (
        ("tiers", [name for _, name in TIERS]),
        ("weights", METRICS),
        ("text", structs.asdict(_Text())),
    ):
        if table in given:
            _check_names(given[table], known, "key", table)
    file = _converted(given)
    return OtherRules(
        tiers=None if file.tiers is None else _tiers(file.tiers),
        weights=None if file.weights is None else _weights(file.weights),
        limits=None if file.text is None else _limits(file.text, limits),
        ignored=frozenset(_codes(file.text, "ignore")),
        blocking=frozenset(_codes(file.text, "blocking")),
    )


def _check_names(given: object, known: Iterable[str], what: str, *place: str) -> None:
    """Refuse a name that means nothing, with the one that may be meant."""
    if not isinstance(given, dict):
        msg = f"{place[0]} is a table: write [{place[0]}], and its keys below"
        raise _Wrong(msg, *place)
    known = list(known)
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            msg = f"unknown {what} {name}; {hint}"
            raise _Wrong(msg, *place, name)


def _converted(given: dict[str, Any]) -> _File:
    try:
        return msgspec.convert(given, _File)
    except msgspec.ValidationError as error:
        words, _, where = str(error).partition(" - at `$.")
        table, *key = where.rstrip("`").partition("[")[0].split(".")
        place = [table, *(key or _no_numbers(given[table]))]
        msg = f"{place[-1]}: {words}"
        raise _Wrong(msg, *place) from error


def _no_numbers(table: dict[str, object]) -> list[str]:
    """Return the first key of a table of numbers that has none."""
    kinds = {name: type(value) for name, value in table.items()}
    return [name for name, kind in kinds.items() if kind not in (int, float)][:1]


def _tiers(given: dict[str, float]) -> tuple[tuple[float, str], ...]:
    for name, least in given.items():
        if not 0 <= least <= _QR_MAX:
            msg = f"{name} = {least:g} is no rating: 0 to {_QR_MAX}"
            raise _Wrong(msg, "tiers", name)
    tiers = tuple((given.get(name, least), name) for least, name in TIERS)
    for (above, higher), (least, name) in pairwise(tiers):
        if least >= above:
            msg = f"{name} begins at {least:g}, which is not below {higher} at {above:g}"
            raise _Wrong(msg, "tiers", name if name in given else higher)
    return tiers


def _weights(given: dict[str, float]) -> dict[str, float]:
    for name, share in given.items():
        if not (math.isfinite(share) and share >= 0):
            msg = f"{name} = {share:g} is no weight: 0 or more"
            raise _Wrong(msg, "weights", name)
    weights = {name: share for name, share in {**WEIGHTS, **given}.items() if share}
    if not weights:
        msg = "every weight is 0: nothing is rated"
        raise _Wrong(msg, "weights")
    return weights


def _limits(text: _Text, limits: TextLimits) -> TextLimits:
    ends: dict[str, int] = {}
    for name in _LENGTHS:
        pair: tuple[int, int] | None = getattr(text, name)
        if pair is None:
            continue
        if not 0 <= pair[0] <= pair[1]:
            msg = f"{name} = {list(pair)}: write the fewest, then the most"
            raise _Wrong(msg, "text", name)
        ends |= {f"{name}_min": pair[0], f"{name}_max": pair[1]}
    return structs.replace(limits, **ends)


def _codes(text: _Text | None, key: str) -> tuple[str, ...]:
    codes: tuple[str, ...] = getattr(text, key) if text else ()
    for code in codes:
        if code not in CODES:
            near = get_close_matches(code, CODES, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; see docs/text-rules.md"
            msg = f"there is no finding {code}{hint}"
            raise _Wrong(msg, "text", key)
    return codes
