"""
Words that cleaning may not touch, and how they are kept out of its way.

Before the rules run, every such word is replaced by one letter of a dead script, which no rule
changes, doubles or drops; afterwards it is put back as it was.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from machine.wording.about import About

_LETTERS = range(0x13000, 0x13200)
"""Egyptian hieroglyphs stand in for words,"""
_LETTERS_WITH_STOP = range(0x13200, 0x13400)
"""and these for words that end in a stop."""
STANDS_IN = f"{chr(_LETTERS[0])}-{chr(_LETTERS[-1])}"
"""Inside of a character class."""
STANDS_IN_WITH_STOP = f"{chr(_LETTERS_WITH_STOP[0])}-{chr(_LETTERS_WITH_STOP[-1])}"
_OURS = re.compile(f"[{STANDS_IN}{STANDS_IN_WITH_STOP}]")

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_ALWAYS = (
    r"https?://[^\s<>\"]+[\w/]",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"www\.[^\s<>\"]+[\w/]",
    # Ranges, numbers, times, dates, scores: 1939–1945, 3.5, 12:30, 747-400.
    r"\d+(?: ?[-‐-―−] ?\d+)+",
    r"\d+(?:[.,:/]\d+)+",
    # F-16, PH-BXA, A330-200, 17th-century, Noord-Holland, Sint-Jan-in-Eremo.
    r"(?=[\w-]{0,60}\d)\w+(?:-\w+)+",
    r"[A-Z]{1,2}-[A-Z]{3,4}",
    rf"{_CAPITAL}\w+(?:-\w+){{0,8}}-{_CAPITAL}\w+",
    # U.S., a.m., z.B.; a stop before a word: .NET.
    r"(?:[^\W\d_]\.){2,}",
    r"\.[^\W\d_]\w*",
)
_EDGES = ".,;:!?()[]{}\"'“”„«»「」『』…"


def protected_words(about: About, more: Iterable[str] = ()) -> frozenset[str]:
    """
    Return the words that no rule may touch, such as `PH-BXA` or `Noord-Holland`.

    Args:
        about: Of subject, location and category those words count that have a hyphen, a digit or
            a capital.
        more: Further ones, as the configuration lists them; also several words in one.
    """
    labels = about.labels
    said = f"{labels.subject} {labels.location} {labels.category}".replace("_", " ").split()
    own = (word.strip(_EDGES) for word in said)
    return frozenset(
        word
        for word in (*(one for one in own if _is_own(one)), *(each.strip() for each in more))
        if any(char.isalnum() for char in word)
    )


def _is_own(word: str) -> bool:
    return "-" in word or any(char.isdigit() or char.isupper() for char in word)


@lru_cache(maxsize=64)
def _pattern(protected: frozenset[str]) -> re.Pattern[str]:
    """Return what finds a word that is kept: those given first, the longest before others."""
    given = sorted(
        (word for word in protected if word.strip()), key=lambda word: (-len(word), word)
    )
    ways = "|".join((*(re.escape(word.strip()) for word in given), *_ALWAYS))
    return re.compile(rf"(?<!\w)(?:{ways})(?!\w)")


class Mask:
    """The words of one text that are kept, each under a letter of its own."""

    def __init__(self, protected: frozenset[str]) -> None:
        """Keep nothing as yet."""
        self._pattern = _pattern(protected)
        self._kept: dict[str, str] = {}

    def put(self, text: str) -> str | None:
        """Return `text` with letters for its kept words; None: it has no room for them."""
        if _OURS.search(text):
            return None
        plain, stopped = iter(_LETTERS), iter(_LETTERS_WITH_STOP)
        room = True

        def stand_in(found: re.Match[str]) -> str:
            nonlocal room
            word = found.group()
            code = next(stopped if word.endswith((".", "!", "?")) else plain, None)
            if code is None:
                room = False
                return word
            self._kept[chr(code)] = word
            return chr(code)

        masked = self._pattern.sub(stand_in, text)
        return masked if room else None

    def lift(self, text: str) -> str:
        """Return `text` with the kept words back in their places."""
        return _OURS.sub(lambda found: self._kept[found.group()], text)
