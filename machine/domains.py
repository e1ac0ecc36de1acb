"""
The failure domains: the classes of causes that the program was built to meet, and their names.

A failure code belongs to exactly one (`machine.failures`), a finding about a text to one of two.
What belongs to none is `UNCLASSIFIED`: it is never put into the class that looks nearest.
"""

from msgspec import Struct

from machine.failures import FAILURES


class Domain(Struct, frozen=True):
    """One class of causes."""

    number: int
    name: str
    """As `triage` calls it; a name that people and scripts rely on."""
    meaning: str


_TABLE: tuple[Domain, ...] = (
    Domain(1, "ollama-unreachable", "Ollama does not answer, or lacks the model"),
    Domain(2, "ollama-on-cpu", "the caption model runs on the CPU, or partly"),
    Domain(3, "model-failed", "the caption model fails photos"),
    Domain(4, "worker-died", "a worker or a model hangs, or dies"),
    Domain(5, "suspicious-text", "texts are equal or suspicious"),
    Domain(6, "scoring-dependency", "a scoring library or its weights cannot be loaded"),
    Domain(7, "score-missing", "a score is missing where the profile demands it"),
    Domain(8, "file-failed", "a photo cannot be read, or a file cannot be made or written"),
    Domain(9, "gallery-failed", "the gallery is away, refuses, or drops the connection"),
    Domain(10, "name-collision", "a file name or what stands under it is in the way"),
    Domain(11, "text-drift", "texts drifted and were mended by rules"),
    Domain(12, "killed", "the program was killed or left"),
    Domain(13, "damaged", "the journal, a read model or an object is damaged"),
)

DOMAINS: dict[int, Domain] = {domain.number: domain for domain in _TABLE}
"""Domain by number, 1 to 13."""

UNCLASSIFIED = Domain(0, "unclassified", "nobody foresaw it")
"""What no code and no rule knows."""

NOTHING_FAILED = "nothing failed"
"""The class of a good night."""

DRIFT_FINDINGS = frozenset(
    {"control_characters", "keywords_repeated", "markup", "repeated_words", "wrong_language"}
)
"""Findings about how a text is written; every other one is about what it says."""

DRIFT_RULES = frozenset({"doubled_words", "hyphens", "mojibake", "punctuation_spacing", "quotes"})
"""Rules that mend how a text is written; the others only tidy it: a stop, a capital, blanks."""


def domain_of(code: str) -> Domain:
    """Return the domain of a failure code; `UNCLASSIFIED` for a code that is in no table."""
    known = FAILURES.get(code)
    return DOMAINS[known.domain] if known else UNCLASSIFIED


def domain_of_finding(code: str) -> Domain:
    """Return the domain of a finding about a text."""
    return DOMAINS[11 if code in DRIFT_FINDINGS else 5]
