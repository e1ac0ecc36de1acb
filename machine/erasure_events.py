"""
How a row is erased: everything that it says or shows is forgotten, for good.

Part of a row's life as `machine.events` tells it; import the events from there. What is left of the
events before is said by `machine.forgetting`.
"""

from typing import ClassVar

from machine.event_base import Event, Salted
from machine.photo_values import Value


class Unreached(Value, frozen=True, kw_only=True):
    """Something that may hold what was erased, where this program does not reach."""

    what: str
    """Such as `backup` or `published copy`."""
    where: str = ""
    """Its address; empty for an original, whose path is forgotten as well."""


class ErasureStarted(Salted, frozen=True, kw_only=True):
    """A person wants the row forgotten. Nothing else is done with it from now on."""

    tag: ClassVar[str] = "ErasureStarted"
    reason: str
    unreached: tuple[Unreached, ...] = ()
    """What a person has to see to."""


class RowErased(Event, frozen=True, kw_only=True):
    """What the row said and showed is gone from the workspace; its id and its name stay taken."""

    tag: ClassVar[str] = "RowErased"
    events: int
    """Whose payloads were redacted, those of sets and runs included."""
    objects: int
    """Files removed from `data/objects`."""
    size_bytes: int
    """Of these files."""
