"""The rules in their order, and what their findings mean for a model's answer."""

from collections.abc import Callable, Iterable

from machine.values import Finding, Text
from machine.wording import rules_facts, rules_phrases, rules_places, rules_shape, rules_size
from machine.wording.about import About
from machine.wording.reading import Reading, read

RULES_VERSION = 2
"""Raised whenever the same text and facts give other findings, or are mended otherwise."""

Rule = Callable[[Reading], Finding | None]

RULES: tuple[Rule, ...] = (
    rules_size.caption_empty,
    rules_size.alt_text_empty,
    rules_size.alt_text_long,
    rules_size.caption_short,
    rules_size.caption_long,
    rules_size.alt_text_short,
    rules_size.alt_text_wordy,
    rules_size.caption_equals_alt_text,
    rules_size.keywords_few,
    rules_size.keywords_many,
    rules_size.keywords_repeated,
    rules_shape.control_characters,
    rules_shape.markup,
    rules_shape.repeated_words,
    rules_shape.wrong_language,
    rules_phrases.lead_in,
    rules_phrases.uncertain,
    rules_phrases.template_phrase,
    rules_facts.file_name_in_text,
    rules_facts.camera_in_text,
    rules_places.invented_location,
    rules_facts.suspicious_context,
)
"""Each has the name of its finding."""

CODES: tuple[str, ...] = tuple(rule.__name__ for rule in RULES)
"""Of every finding there is, in the order of the rules."""

WARNINGS = frozenset({"alt_text_long", "suspicious_context", "template_phrase"})
"""Findings that a model's answer is accepted with, unless they block."""


def findings(text: Text, about: About | None = None) -> tuple[Finding, ...]:
    """
    Return what the rules say about `text`; blocking ones keep the row from approval.

    Args:
        text: Of whomever: a person's text is judged, too, only that nobody refuses it.
        about: What is known about the row; without it, rules that need facts say nothing.
    """
    reading = read(text, about)
    return tuple(found for rule in RULES if (found := rule(reading)) is not None)


def refusing(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return those for which a model's answer is refused and asked for again."""
    return tuple(one for one in found if one.blocking or one.code not in WARNINGS)
