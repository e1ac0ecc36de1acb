"""
Where else something stands that a row's events say: other events, crash logs.

A row's own events are known by their stream. Its original's name, a caption typed on a command line
or a serial number in a traceback is found by comparing texts. Single keywords and other short words
are not compared: they stand everywhere. A line too many is no loss, since only what sets, runs and
crash logs say about files and commands is touched.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from driver.recovery import row_number
from driver.workspace import unescape_name
from journal import Journal, Recorded
from machine import events as e
from machine.event_base import Event
from machine.forgetting import ERASED, left_of
from machine.run_events import FileSkipped, RunStarted
from machine.values import EmbeddedText, Text

SHORTEST = 6
"""Characters of a text that is looked for."""
SHORTEST_TAG = 8
"""Of a tag of the photo: many hold common words, such as `inches`."""

_TYPED = (
    e.TextEdited,
    e.Relabelled,
    e.MetadataCorrected,
    e.RatingOverridden,
    e.QcWaived,
    e.Approved,
    e.Rejected,
    e.PhotoReplaced,
    e.Retried,
    e.Released,
    e.WithdrawalStarted,
    e.RolledBack,
)
"""Events whose content may stand on the command line of their run."""


class Traces:
    """What a row's events say, to be looked for elsewhere."""

    def __init__(self, history: Iterable[Recorded]) -> None:
        """Read the row's stream, while it can still be read."""
        texts: set[str] = set()
        self.number: int | None = None
        self._runs: set[str] = set()
        for recorded in history:
            self.number = row_number(recorded.stream)
            texts.update(_said(recorded.event))
            typed = isinstance(recorded.event, _TYPED)
            if typed and left_of(recorded.event) is not recorded.event:
                self._runs.add(recorded.run_id)
        self._texts = tuple(sorted(one for one in texts if one))
        self._pattern = re.compile("|".join(map(re.escape, self._texts)) or r"(?!)")

    def in_text(self, text: str) -> bool:
        """Tell whether a text holds something of the row."""
        return self._pattern.search(text) is not None

    def in_event(self, recorded: Recorded) -> bool:
        """Tell whether an event of another stream holds something of the row."""
        event = recorded.event
        if isinstance(event, FileSkipped) and event.row == self.number:
            return True
        if isinstance(event, RunStarted) and recorded.run_id in self._runs:
            return True
        return any(map(self.in_text, _leaves(msgspec.to_builtins(event))))

    def elsewhere(self, journal: Journal) -> Iterator[tuple[int, Event]]:
        """Yield the events of sets and runs that hold something, and what is left of each."""
        for prefix in ("set/", "run/"):
            for stream in journal.streams(prefix):
                for recorded in journal.read_stream(stream):
                    left = left_of(recorded.event)
                    if left is not None and left is not recorded.event and self.in_event(recorded):
                        yield recorded.position, left


def _said(event: Event) -> Iterator[str]:
    """Yield the texts of an event that are long enough to be looked for."""
    match event:
        case e.RowIngested() | e.PhotoReplaced() | e.CompanionAdded():
            found = [*_name(event.original_name), *_name(event.source.path)]
        case e.OriginalMoved():
            found = [*_name(event.source.path)]
        case e.MetadataRead():
            beside = event.sidecar.source.path if event.sidecar else ""
            found = [*_texts(event.embedded), *_name(beside)]
            found += [one.value for one in event.tags if len(one.value) >= SHORTEST_TAG]
        case e.PrivateMetadataRead():
            known = replace(event.private, tags=())
            values = (one.value for one in event.private.tags)
            found = [*_leaves(msgspec.to_builtins(known)), *values]
        case e.PastAdopted() if event.past.text:
            found = _texts(event.past.text)
        case e.Prefilled() | e.TextEdited():
            found = _texts(event.text)
        case e.TextCleaned():
            found = [*_texts(event.text), *(one.before for one in event.changes)]
        case _:
            found = []
    return (one for one in found if len(one) >= SHORTEST and one != ERASED)


def _name(escaped: str) -> tuple[str, str]:
    """Return a name or path as it is stored, and as it was typed."""
    return escaped, unescape_name(escaped)


def _texts(text: Text | EmbeddedText) -> list[str]:
    """Return texts; keywords together only, and nothing of what the program says about them."""
    fields = msgspec.to_builtins(text)
    keywords = ", ".join(fields.pop("keywords"))
    said = (value for name, value in fields.items() if name not in ("evidence", "discounted"))
    return [keywords, *_leaves(list(said))]


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401  (whatever JSON holds)
    """Yield every text in a value, and every number that is no whole one."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str | float):
        yield str(value)
