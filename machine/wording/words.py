"""
Words of a text: how they are found, counted and compared.

Scripts without spaces (Japanese, Chinese, Thai and their neighbours) have no words that a rule
could find; their characters are counted instead, two for a word.
"""

import re
from typing import Literal

from msgspec import Struct

from machine.text import normalise
from machine.wording.lists import listed

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Inside of a character class: letters of scripts that put no spaces between words."""
_WORD = re.compile(r"\w+(?:[-'’‐‑]\w+)*")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_SEEN = re.compile(r"[^\W_]")
_BEYOND_LATIN = re.compile("[^\x00-\u036f\u1e00-\u1eff\u2000-\u27ff]")

ALLOWED_TWICE = listed(
    "had that die dat dass tuk choo chop bye night ha ho no knock blah bora walla pom",
)
"""Words that stand twice in good sentences, or in names."""
_LINKS = listed(
    "and by or to upon after und an für um en of om na op voor in",
)
"""A doubled pair with one of these is a manner of speaking: again *and again and again*."""
PHRASE_WORDS = 6
"""Longer phrases are not looked for twice."""


class Part(Struct, frozen=True, kw_only=True):
    """A caption or an alt text, taken apart once for all rules."""

    field: Literal["caption", "alt_text"]
    text: str
    tokens: tuple[str, ...]
    """The words as written, `Noord-Holland` and `ship's` as one."""
    folded: tuple[str, ...]
    """The same without case."""
    latin: bool
    """No letter of another script than Latin stands in it."""
    unspaced: int
    """Letters of scripts without spaces."""
    words: int

    @property
    def joined(self) -> str:
        """The folded words between single spaces, with a space at both ends."""
        return f" {' '.join(self.folded)} "

    @property
    def name(self) -> str:
        """The field's name as people say it."""
        return "alt text" if self.field == "alt_text" else self.field


def part(field: Literal["caption", "alt_text"], text: str) -> Part:
    """Return `text` taken apart."""
    tokens = tuple(_WORD.findall(text))
    latin = text.isascii() or _BEYOND_LATIN.search(text) is None
    unspaced = 0 if latin else len(_UNSPACED.findall(text))
    if unspaced:
        words = count(text)
    elif latin:
        words = len(tokens)
    else:
        words = sum(_SEEN.search(word) is not None for word in text.split())
    return Part(
        field=field,
        text=text,
        tokens=tokens,
        folded=tuple(word.casefold() for word in tokens),
        latin=latin,
        unspaced=unspaced,
        words=words,
    )


def count(text: str) -> int:
    """Return how many words `text` has; two characters count as one where there are no spaces."""
    unspaced = len(_UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", text).split() if unspaced else text.split()
    return (unspaced + 1) // 2 + sum(_SEEN.search(word) is not None for word in spaced)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words without case, those joined by hyphens or underscores taken apart."""
    return tuple(normalise(text).split())


def is_doubled(first: str, second: str, functions: frozenset[str] = frozenset()) -> bool:
    """
    Return whether a word was written twice by mistake.

    `the the` and `quay quay` were; `Bora Bora`, `12 12` and `had had` were not.
    """
    folded = first.casefold()
    if folded != second.casefold() or folded in ALLOWED_TWICE:
        return False
    if not all(char.isalpha() or char in "-'’" for char in folded):
        return False
    named = first[:1].isupper() and second[:1].isupper()
    return folded in functions or not named


def is_doubled_phrase(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Return whether two or more words (without case) were written twice by mistake."""
    if first != second or any(any(char.isdigit() for char in word) for word in first):
        return False
    alike = len(set(first)) == 1
    linked = len(first) == len(("and", "again")) and not _LINKS.isdisjoint(first)
    return not alike and not linked
