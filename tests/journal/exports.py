"""Journals that leave as lines: making one, exporting it, bringing it back, looking at it."""

from pathlib import Path

import pytest

from journal import Entry, Journal, SegmentRefused
from journal.exporting import segments
from journal.importing import Plan, plan, take_in
from journal.signing import open_key
from tests.journal.stores import RUN, rejected

SECRET = "Unrepeatable-Secret-8842"


def told(number: int) -> Entry:
    return rejected(f"row/{number % 4}", number // 4, f"naïve {number}, “{SECRET}” \\ 📷")


def append(path: Path, first: int, last: int) -> None:
    """Append events numbered so to a journal, which is made if need be."""
    with Journal.open(path, create=True, min_free_bytes=0) as journal:
        if first < last:
            entries = [told(number) for number in range(first, last)]
            journal.append(entries, key=f"{RUN}/{first}", run_id=RUN, step=1, actor="Zoë")


def diverge(path: Path) -> None:
    """Append what no other copy of the journal has."""
    with Journal.open(path, min_free_bytes=0) as journal:
        entry = rejected("row/99", 0)
        journal.append([entry], key="other/1", run_id="other", step=1, actor="Eve")


def export(path: Path, target: Path, after: int = 0) -> Path:
    """Write the segments of a journal into one file."""
    with Journal.open(path, readonly=True) as journal, target.open("ab") as file:
        for segment in segments(journal, open_key(path), after):
            file.write(segment.content)
    return target


def bring(file: Path, path: Path) -> Plan:
    """Import a file as a person does, and return what was planned."""
    found = plan([file], path, lambda _: None)
    take_in(found, path, 0, lambda _: None)
    return found


def stored(path: Path) -> list[tuple[object, ...]]:
    """Return every line of a journal, blanks behind a payload apart."""
    with Journal.open(path, readonly=True) as journal:
        return [
            (one.position, one.stream, one.payload.rstrip(), one.at, one.actor, one.cause, one.hash)
            for one in journal.read_raw()
        ]


def refused(file: Path, path: Path) -> str:
    """Return why an import is refused; nothing may have changed."""
    before = stored(path)
    with pytest.raises(SegmentRefused) as caught:
        plan([file], path, lambda _: None)
    assert caught.value.hint
    assert before == stored(path)
    return str(caught.value)
