"""Cleaning rules: what is mended in a machine's text, never in a person's."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from machine.values import Change, Text
from machine.wording.about import About

Cleaner = tuple[str, Callable[[str], str]]
"""A rule's name, and what it makes of a text."""


class Cleaned(Struct, frozen=True, kw_only=True):
    """A text after the rules, and what each of them did."""

    text: Text
    changes: tuple[Change, ...] = ()


def protected_words(about: About, more: Iterable[str] = ()) -> frozenset[str]:
    """Return the words that no rule may touch, such as `PH-BXA` or `Noord-Holland`."""
    del about
    return frozenset(more)


def clean(text: Text, protected: frozenset[str], first: Iterable[Cleaner] = ()) -> Cleaned:
    """Return `text` mended; `first` are rules that come before ours."""
    del protected, first
    return Cleaned(text=text)
