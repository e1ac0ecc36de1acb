"""From stored values of EXIF and XMP to numbers, and to the words that are shown and published."""

import math
import re
from datetime import datetime
from fractions import Fraction
from typing import Any

_SLOW_SEC = 1.0
_FRACTION_SLIP = 0.05
"""A time is written as `1/n` if that is off by less than this share, else as a decimal."""
_COMPANY_WORDS = {
    "ag", "co", "company", "corp", "corporation", "electronics", "gmbh", "imaging", "inc", "ltd",
    "optical", "techwin",
}  # fmt: skip
_DATE = re.compile(r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_COORDINATE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])")
"""Degrees, minutes and perhaps seconds, as XMP writes a place."""


def as_number(value: Any) -> float | None:  # noqa: ANN401  (any EXIF type)
    """Return a stored value (number, rational, "1/6", or the first of several) as a number."""
    first = value[0] if isinstance(value, tuple | list) and value else value
    try:
        rational = isinstance(first, str) and "/" in first
        number = float(Fraction(first) if rational else first)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def as_date_time(value: str) -> str:
    """Return `YYYY:MM:DD HH:MM:SS`; empty if `value` is no real date with a time."""
    match = _DATE.match(value)
    if match is None:
        return ""
    try:
        datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return ""
    return "{}:{}:{} {}:{}:{}".format(*match.groups())


def as_degrees(value: Any, hemisphere: str, most: float) -> float | None:  # noqa: ANN401
    """Return degrees, minutes and seconds as degrees, south and west negative; None if unknown."""
    parts = [as_number(part) for part in value] if isinstance(value, tuple | list) else []
    known = [part for part in parts if part is not None]
    if not known or len(known) != len(parts):
        return None
    degrees = math.fsum(part / 60**power for power, part in enumerate(known))
    if not 0 <= degrees <= most:
        return None
    return round(-degrees if hemisphere.upper() in {"S", "W"} else degrees, 7)


def as_coordinate(value: str, most: float) -> float | None:
    """Return XMP's `52,22.5N` or `52,22,30N` as degrees, south and west negative."""
    match = _COORDINATE.fullmatch(value.strip().upper())
    if match is None:
        return None
    parts = tuple(float(part) for part in match.groups()[:3] if part)
    return as_degrees(parts, match.group(4), most)


def exposure_text(seconds: float | None) -> str:
    """Return an exposure time as `1/250 sec`, `0.4 sec` or `2 sec`; empty if unknown."""
    if not seconds:
        return ""
    if seconds < _SLOW_SEC:
        denominator = round(1 / seconds)
        if abs(1 / denominator - seconds) <= _FRACTION_SLIP * seconds:
            return f"1/{denominator} sec"
    return f"{short(seconds)} sec"


def short(number: float) -> str:
    """Return a number with one decimal, without it where it is zero."""
    return f"{number:.1f}".removesuffix(".0")


def camera_name(make: str, model: str) -> str:
    """Return maker and model, the maker only once and without what the company is registered as."""
    if not make or not model:
        return model or make
    brand = make.split(maxsplit=1)[0]
    if model.casefold().startswith(brand.casefold()):
        return model
    words = re.split(r"[\s,]+", make)
    kept = [word for word in words if word.strip(".()").casefold() not in _COMPANY_WORDS]
    return f"{' '.join(kept) or make} {model}"
