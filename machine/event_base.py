"""
What every event is: a frozen struct with a name on the wire.

A class keeps its `tag` and its fields for ever, whatever becomes of the class name. To change the
shape of an event, raise its `schema` and give the journal an upcaster for the old one; a new field
with a default needs neither. The envelope (position, stream, version, run, step, actor, time) is
the journal's and stands in no payload.

Events, values and states are frozen and never refer to each other in a circle, so the garbage
collector is told to leave them alone (`gc=False`): a replay is twice as fast for it.
"""

from typing import ClassVar

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A fact. `tag` is its name on the wire, `schema` the version of its shape."""

    tag: ClassVar[str] = ""
    schema: ClassVar[int] = 1
    salted: ClassVar[bool] = False


class Salted(Event, frozen=True, kw_only=True):
    """A fact that holds text: 16 random bytes keep its digest from being guessed."""

    salted: ClassVar[bool] = True
    salt: str = ""
