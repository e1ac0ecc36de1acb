"""
Who gave a column of a row its value, for `blame`: the event, the run, the person or the model.

The row's line is rendered again after each of its events, so every column can be asked about, and
what is said follows from the journal alone. A value that came back with a rollback is traced to
the event that gave it first.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import msgspec

from driver.errors import Misused
from driver.looking import Seen
from driver.timeline import told
from driver.word_parts import by_whom
from journal import Recorded
from machine import events as e
from machine import run_events as r
from machine.evolve import evolve
from machine.row import Row
from machine.values import Author, Change, Score
from projections import review_queue
from projections.review_queue import METRICS, QUEUE

TEXTS = {"Caption": "caption", "alt_text": "alt_text", "Keywords": "keywords"}
"""Columns that hold the texts, and what the texts call them."""

_RATING = {"QR", "QC_Status", "quality_tier", "score_profile", "metrics_missing"}
"""Columns that follow from the scores."""


def column_named(word: str) -> str:
    """
    Return the column of `review_queue` that is meant, whatever its capitals; `alt text` will do.

    Raises:
        Misused: there is none; the hint names those that look like it.
    """
    known = {name.casefold(): name for name in QUEUE.names}
    plain = word.strip().casefold().replace("-", "_").replace(" ", "_")
    if plain in known:
        return known[plain]
    near = get_close_matches(plain, known, n=3) or [name for name in known if plain in name]
    msg = f"there is no column {word}"
    if near and plain:
        raise Misused(msg, f"did you mean {' or '.join(known[name] for name in near)}?")
    raise Misused(msg, f"columns: {', '.join(QUEUE.names)}")


def blame_of(seen: Seen, number: int, column: str) -> dict[str, Any]:
    """
    Return the value of a column, which event gave it, and the values before it with theirs.

    The newest comes first in `values`; a column that never had a value has none of them.
    """
    values = list(_values(seen, number, column))[::-1]
    return {
        "id": number,
        "File_Name": seen.row(number).happened.file_name,
        "column": column,
        "value": values[0]["value"] if values else None,
        "values": values,
    }


def _values(seen: Seen, number: int, column: str) -> Iterator[dict[str, Any]]:
    """Yield each value that a column ever had, the oldest first."""
    place = QUEUE.names.index(column)
    row, before, standing = Row(), None, None
    at_version: dict[int, dict[str, Any] | None] = {}
    for one in seen.journal.read_stream(f"row/{number}", until_position=seen.until):
        row = evolve(row, one.event)
        value = review_queue.line(row, one)[place]
        value = None if value == "" else value
        if value != before:
            first = at_version.get(one.event.to) if isinstance(one.event, e.RolledBack) else None
            standing = {
                "column": column,
                "value": value,
                **{name: part for name, part in told(one).items() if name != "payload"},
                **_giver(seen, one, row, column),
                "first_given": first if first and first["value"] == value else None,
            }
            yield standing
            before = value
        at_version[one.version] = standing


def _giver(seen: Seen, one: Recorded, row: Row, column: str) -> dict[str, Any]:
    """Return who or what a value is from: in words, and as it is recorded."""
    author, changes, scores = _author(one, row, column), _changes(one, column), _scores(one, column)
    by = one.actor
    if changes:
        by = f"rule {', '.join(dict.fromkeys(change.rule for change in changes))}"
        by += f" on the text by {by_whom(author)}" if author else ""
    elif author:
        by = by_whom(author)
    elif scores:
        made = ", ".join(dict.fromkeys(score.implementation for score in scores))
        by = f"{made or 'the scorer'} on {scores[0].device}"
    return {
        "by": by,
        "command": _command(seen, one.run_id),
        "author": msgspec.to_builtins(author),
        "changes": msgspec.to_builtins(changes),
        "scores": msgspec.to_builtins(scores),
    }


def _author(one: Recorded, row: Row, column: str) -> Author | None:
    """Return who wrote a text that an event brought; None where it brought none."""
    if column not in {*TEXTS, "text_author", "findings"}:
        return None
    match one.event:
        case e.Prefilled() | e.TextEdited():
            return one.event.author
        case e.PastAdopted():
            return one.event.past.author
        case e.TextCleaned():
            return row.decided.prefill.author
        case _:
            return None


def _changes(one: Recorded, column: str) -> tuple[Change, ...]:
    """Return what rules changed in a text."""
    if not isinstance(one.event, e.TextCleaned) or column not in TEXTS:
        return ()
    return tuple(change for change in one.event.changes if change.field == TEXTS[column])


def _scores(one: Recorded, column: str) -> tuple[Score, ...]:
    """Return the scores that an event brought and that a column shows or follows from."""
    match one.event:
        case e.Scored() | e.PartlyScored():
            found = one.event.scores
        case e.PastAdopted():
            found = one.event.past.scores
        case _:
            return ()
    if column in METRICS:
        return tuple(score for score in found if score.metric == column)
    return found if column in _RATING else ()


def _command(seen: Seen, run_id: str) -> str:
    """Return the verb of a run; empty where the run did not say it."""
    for one in seen.journal.read_stream(f"run/{run_id}", until_position=seen.until)[:1]:
        if isinstance(one.event, r.RunStarted):
            return one.event.verb
    return ""
