"""What the words about events have in common: who, where, how long, why."""

from machine.failures import FAILURES
from machine.values import Author, Labels, Source

_TEXT_LENGTH = 60
_KILO = 1000
_TENTH = 100


def by_whom(author: Author) -> str:
    """Return who wrote a text."""
    if author.kind == "human":
        return author.name or "a person"
    named = f"{author.name} {author.version}".strip()
    return {"file": "the file", "model": "model", "rule": "rule"}[author.kind] + (
        f" {named}" if named else ""
    )


def labels_in_words(labels: Labels) -> str:
    """Return what a person said about photos."""
    known = (
        ("category", labels.category),
        ("subject", labels.subject),
        ("location", labels.location),
    )
    return ", ".join(f"{name} {quoted(value)}" for name, value in known if value) or "no labels"


def shown_source(source: Source) -> str:
    """Return where an original lies, relative to its named root."""
    root = {"": "", "workspace": "", "home": "~/", "filesystem": "/"}.get(
        source.root, f"{source.root}:"
    )
    return f"{root}{source.path}"


def duration(duration_ms: int) -> str:
    """Return `40 ms`, `1.2 s` or `3 min`."""
    if duration_ms < _TENTH:
        return f"{duration_ms} ms"
    seconds = duration_ms / _KILO
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"  # noqa: PLR2004


def quoted(text: str) -> str:
    """Return a text in quotation marks, cut where it is long."""
    shown = text if len(text) <= _TEXT_LENGTH else f"{text[:_TEXT_LENGTH].rstrip()} ..."
    return f'"{shown}"'


def because(reason: str) -> str:
    """Return a reason as the end of a sentence; nothing for none."""
    return f": {reason}" if reason else ""


def meaning(code: str) -> str:
    """Return what a failure code means."""
    return FAILURES[code].meaning if code in FAILURES else code


def after(duration_ms: int) -> str:
    """Return how long it took, in brackets; nothing where nobody measured."""
    return f" ({duration(duration_ms)})" if duration_ms else ""
