"""
Cleaning: what is mended in a machine's text, never in a person's.

The rules run in their order until none of them changes anything, so that a cleaned text stays as it
is when it is cleaned again. No rule changes a digit, nor a letter other than its case; letters are
dropped only where words stand twice. A guess is not cleaned into a claim: that is for the findings.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from machine.values import Change, Text
from machine.wording import cleaners
from machine.wording.masking import Mask, protected_words

__all__ = ["Cleaned", "Cleaner", "clean", "protected_words"]

Cleaner = tuple[str, Callable[[str], str]]
"""A rule's name, and what it makes of a text."""

PASSES_MAX = 8
"""One pass is enough for nearly every text; a text that is not at rest after these stays raw."""

_Rule = Callable[[str, str], str]
_COMMON: tuple[tuple[str, _Rule], ...] = (
    ("spaces", cleaners.spaces),
    ("hyphens", cleaners.hyphens),
    ("quotes", cleaners.quotes),
    ("punctuation_spacing", cleaners.punctuation_spacing),
    ("doubled_words", cleaners.doubled_words),
)
_RULES: dict[Literal["caption", "alt_text"], tuple[tuple[str, _Rule], ...]] = {
    "caption": (
        *_COMMON,
        ("final_stop", cleaners.caption_stop),
        ("capital", cleaners.capital),
    ),
    "alt_text": (
        *_COMMON,
        ("final_stop", cleaners.alt_text_stop),
        ("capital", cleaners.capital),
    ),
}


class Cleaned(Struct, frozen=True, kw_only=True):
    """A text after the rules, and what each of them did."""

    text: Text
    changes: tuple[Change, ...] = ()
    """In the order in which they were made; none: the text was clean."""


def clean(text: Text, protected: frozenset[str], first: Iterable[Cleaner] = ()) -> Cleaned:
    """
    Return `text` mended.

    Args:
        text: What a machine wrote; its language decides on stops, capitals and French spaces.
        protected: Words that stay as they are, see `protected_words`; compared with their case.
        first: Rules that come before ours, such as one that mends a wrong encoding. What one of
            them makes of a text is dropped if a protected word is lost by it.
    """
    text, changes = _prepared(text, protected, tuple(first))
    for field in _RULES:
        before: str = getattr(text, field)
        after, more = _field(field, before, protected, text.language)
        text = replace(text, **{field: after})
        changes.extend(more)
    tidy = cleaners.keywords_tidy(text.keywords, protected)
    if tidy != text.keywords:
        changes.append(_keywords("keywords_tidy", text.keywords, tidy))
        text = replace(text, keywords=tidy)
    return Cleaned(text=text, changes=tuple(changes))


def _prepared(
    text: Text, protected: frozenset[str], first: tuple[Cleaner, ...]
) -> tuple[Text, list[Change]]:
    """Return `text` after the rules that come before ours."""
    changes: list[Change] = []
    for rule, mend in first:
        for field in _RULES:
            before: str = getattr(text, field)
            after = mend(before)
            if after != before and _keeps(before, after, protected):
                changes.append(Change(rule=rule, field=field, before=before, after=after))
                text = replace(text, **{field: after})
        words = tuple(mend(word) for word in text.keywords)
        before, after = ", ".join(text.keywords), ", ".join(words)
        if words != text.keywords and _keeps(before, after, protected):
            changes.append(_keywords(rule, text.keywords, words))
            text = replace(text, keywords=words)
    return text, changes


def _keeps(before: str, after: str, protected: frozenset[str]) -> bool:
    return all(after.count(word) >= before.count(word) for word in protected if word)


def _keywords(rule: str, before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    return Change(rule=rule, field="keywords", before=", ".join(before), after=", ".join(after))


def _field(
    field: Literal["caption", "alt_text"], text: str, protected: frozenset[str], language: str
) -> tuple[str, list[Change]]:
    """Return a caption or alt text at rest, and what each rule did to it."""
    changes: list[Change] = []
    now = text
    for _ in range(PASSES_MAX):
        mask = Mask(protected)
        masked = mask.put(now)
        if masked is None:
            return text, []
        for rule, mend in _RULES[field]:
            mended = mend(masked, language)
            if mended != masked:
                before, after = mask.lift(masked), mask.lift(mended)
                changes.append(Change(rule=rule, field=field, before=before, after=after))
                masked = mended
        after = mask.lift(masked)
        if after == now:
            return now, changes
        now = after
    return text, []
