"""What a row's texts were before, each version once; and which event made them what they are."""

from itertools import accumulate, pairwise
from typing import Any

from driver.looking import Seen
from driver.word_parts import by_whom
from driver.words import in_words
from journal import Recorded
from machine import events as e
from machine.evolve import evolve
from machine.row import Row
from machine.values import Text


def text_versions(seen: Seen, number: int) -> list[dict[str, Any]]:
    """
    Return the versions of a row's texts, the newest first; those that were forgotten are left out.

    Each has `version` and `position` of the event that brought it, `at`, `by` (a person, a model or
    a rule), `what` (in words), and the three texts.
    """
    row, before, found = Row(), Text(), list[dict[str, Any]]()
    for one in seen.journal.read_stream(f"row/{number}", until_position=seen.until):
        row = evolve(row, one.event)
        text = row.decided.prefill.text
        if (text.caption, text.alt_text, text.keywords) == (
            before.caption,
            before.alt_text,
            before.keywords,
        ):
            continue
        before = text
        found.append(_version(one, row, text))
    return found[::-1]


def last_change(seen: Seen, number: int, field: str) -> Recorded | None:
    """
    Return the event that made a row's `field` what it is; None: it never was anything else.

    Args:
        seen: the workspace.
        number: the row.
        field: `text` for its three texts, or a label: `category`, `subject`, `location`.
    """
    history = seen.journal.read_stream(f"row/{number}", until_position=seen.until)
    states = accumulate((one.event for one in history), evolve, initial=Row())
    values = pairwise(_value(row, field) for row in states)
    changes = [one for one, (old, new) in zip(history, values, strict=True) if old != new]
    return changes[-1] if changes else None


def _value(row: Row, field: str) -> Text | str:
    if field == "text":
        return row.decided.prefill.text
    label: str = getattr(row.decided.labels, field)
    return label


def _version(one: Recorded, row: Row, text: Text) -> dict[str, Any]:
    author = row.decided.prefill.author
    went_back = isinstance(one.event, e.RolledBack)
    return {
        "version": one.version,
        "position": one.position,
        "at": one.at,
        "by": by_whom(author) if author and not went_back else one.actor,
        "what": in_words(one.event),
        "caption": text.caption,
        "alt_text": text.alt_text,
        "keywords": list(text.keywords),
    }
