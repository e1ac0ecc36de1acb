"""What a text is made of: the little that every part of the program knows about texts."""

import re
from collections.abc import Iterable

ALT_TEXT_TARGET = 125
"""Characters; above it an alt text gets long for a listener (IPTC guidance)."""
ALT_TEXT_MAX = 250
"""Characters; above it an alt text is refused (IPTC guidance)."""

_LETTERS = re.compile(r"[^\W_]+")


def sound(text: str) -> str:
    """Return `text` without halves of characters (lone surrogates), which no journal can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def is_blank(text: str) -> bool:
    """Return whether nothing of `text` can be seen: spaces, and marks without width."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def size(size_bytes: int) -> str:
    """Return a number of bytes as a file manager shows it: `1.4 MB`, decimal units."""
    amount, unit = float(size_bytes), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:  # noqa: PLR2004
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"


def counted(number: int, noun: str) -> str:
    """Return `1 row` or `1,200 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def in_ranges(numbers: Iterable[int]) -> str:
    """Return whole numbers in order, those that follow each other as a range: `3, 7-9`."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, one)) for one in ranges)


def in_place(target: str, detail: str) -> str:
    """Return what happened at a place in the gallery, with the place in it."""
    if not detail or target in detail:
        return detail or target
    return f"{target}: {detail}"


def normalise(text: str) -> str:
    """Return `text` in lower case with everything but letters and digits folded to one space."""
    return " ".join(_LETTERS.findall(text.casefold()))


def split_keywords(typed: str) -> tuple[str, ...]:
    """Return the words of a list with commas, blanks trimmed, each once, in their order."""
    return tuple(dict.fromkeys(word.strip() for word in typed.split(",") if word.strip()))
