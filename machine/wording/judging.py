"""The rules in their order, and what their findings mean for a model's answer."""

from collections.abc import Iterable

from machine import text as plain
from machine.values import Finding, Text
from machine.wording.about import About

RULES_VERSION = 1
"""Raised whenever the same text and facts give other findings."""

_WARNINGS = frozenset({"alt_text_long"})
"""Findings that a model's answer is accepted with, unless they block."""


def findings(text: Text, about: About | None = None) -> tuple[Finding, ...]:
    """Return what the rules say about `text`; blocking ones keep the row from approval."""
    del about
    return plain.findings(text)


def refusing(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return those for which a model's answer is refused and asked for again."""
    return tuple(one for one in found if one.blocking or one.code not in _WARNINGS)
