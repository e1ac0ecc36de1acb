"""
Two moments of a workspace beside each other, for `diff`.

Only rows that have events in between are looked at, one after the other, so memory does not grow
with the journal. What stood in the gallery is told as the journal knew it at either moment.
"""

from collections.abc import Collection, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from driver.moments import Place, is_run, place_of, start_of_run
from driver.selection import run_named
from driver.word_diff import word_diff
from driver.word_parts import shown_source
from journal import Journal, Recorded, is_withheld
from machine.evolve import evolve
from machine.row import Row, source_of
from projections import review_queue
from projections.review_queue import QUEUE
from projections.tables import ROWS

TEXTS = ("Caption", "alt_text", "Keywords")
"""Columns whose change is also told word by word."""

_EVERY_EVENT = {"run_id", "last_position", "updated_at"}
"""Columns that change with every event; `versions` and `runs` say that better."""


class Span(Struct, frozen=True):
    """Two moments; with `run`, those before and after a run, and only what it worked on counts."""

    first: Place
    second: Place
    run: str = ""


def span_of(journal: Journal, first: str, second: str) -> Span:
    """
    Return the moments that are meant: two of them, one and now, or before and after one run.

    Raises:
        Misused: one of them is no position, time or run.
    """
    if second:
        return Span(place_of(journal, first), place_of(journal, second))
    if not is_run(first):
        head = journal.head.position
        return Span(place_of(journal, first), Place(head, f"now (position {head})"))
    run = run_named(journal, first)
    before = start_of_run(journal, run) - 1
    start = Place(before, f"before run {run} (position {before})")
    return Span(start, place_of(journal, run), run)


def compared(
    journal: Journal, span: Span, chosen: Collection[int] | None = None
) -> Iterator[dict[str, Any]]:
    """
    Yield what became of each row that changed, by id; the keys are those of `diff --json`.

    Args:
        journal: what is read.
        span: from where to where; backwards, too.
        chosen: rows to look at; None: all.
    """
    low, high = sorted((span.first.position, span.second.position))
    runs: dict[int, list[str]] = {}
    for touch in journal.touches(low, high):
        if touch.stream.startswith(ROWS):
            by = runs.setdefault(int(touch.stream.removeprefix(ROWS)), [])
            by += [touch.run_id] * (touch.run_id not in by)
    for number in sorted(runs if chosen is None else runs.keys() & set(chosen)):
        if not span.run or span.run in runs[number]:
            events = journal.read_stream(f"{ROWS}{number}", until_position=high)
            if is_withheld(events):
                continue
            sides = [_Side(events, span.first.position), _Side(events, span.second.position)]
            yield {"id": number, **_row(*sides), "runs": runs[number]}


class _Side:
    """A row as it was at one moment."""

    def __init__(self, events: list[Recorded], position: int) -> None:
        row, last = Row(), None
        for one in events:
            if one.position > position:
                break
            row, last = evolve(row, one.event), one
        self.row = row
        self.line = (
            dict(zip(QUEUE.names, review_queue.line(row, last), strict=True)) if last else {}
        )


def _row(old: _Side, new: _Side) -> dict[str, Any]:
    change: Literal["added", "removed", "changed"] = "changed"
    if not old.row.version:
        change = "added"
    elif not new.row.version:
        change = "removed"
    return {
        "File_Name": (new if new.row.version else old).row.happened.file_name,
        "change": change,
        "Review_Status": new.line.get("Review_Status", ""),
        "versions": [old.row.version, new.row.version],
        "fields": _fields(old, new),
        "original": _original(old, new),
        "renditions": _by_name(_renditions(old), _renditions(new)),
        "files": _by_name(_files(old), _files(new)),
        "record": _by_name(_record(old), _record(new)),
    }


def _fields(old: _Side, new: _Side) -> dict[str, dict[str, Any]]:
    """Return the columns that differ; of texts, also word by word."""
    found = _by_name(old.line, new.line)
    for column in found:
        if column in TEXTS:
            words = (str(found[column][side] or "") for side in ("old", "new"))
            found[column]["diff"] = word_diff(*words)
    return {column: both for column, both in found.items() if column not in _EVERY_EVENT}


def _by_name(old: dict[str, Any], new: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what differs by name, with its old and new value; None: there was none, or is none."""
    names = [*old, *(name for name in new if name not in old)]
    sides = {name: (_known(old.get(name)), _known(new.get(name))) for name in names}
    return {name: {"old": was, "new": is_} for name, (was, is_) in sides.items() if was != is_}


def _known(value: Any) -> Any:  # noqa: ANN401  (any cell)
    return None if value == "" else value


def _original(old: _Side, new: _Side) -> dict[str, Any] | None:
    """Return where the original lay and lies; None where that is the same."""
    was, is_ = (
        shown_source(source_of(side.row)) if side.row.version else None for side in (old, new)
    )
    return None if was == is_ else {"old": was, "new": is_}


def _renditions(side: _Side) -> dict[str, Any]:
    return {one.name: msgspec.to_builtins(one) for one in side.row.decided.resize.renditions}


def _files(side: _Side) -> dict[str, Any]:
    """Return what of the row stood in the gallery, by path."""
    found: dict[str, Any] = msgspec.to_builtins(side.row.happened.files)
    return found


def _record(side: _Side) -> dict[str, Any]:
    """Return what the published table said of the row, by column."""
    record = side.row.happened.record
    found: dict[str, Any] = msgspec.to_builtins(record) if record else {}
    return found
