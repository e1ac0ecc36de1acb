"""
What was found outside, and how it was brought back by `repair --remote`.

The steps of a repair are those of any saga (`machine.step_events`).
"""

from typing import ClassVar

from machine.event_base import Event, Salted
from machine.values import ObservedFile, Record, Step, StepReport


class OutsideObserved(Salted, frozen=True, kw_only=True):
    """
    Something of the row stands outside otherwise than the journal knew; this is what stands there.

    What somebody else put in its place is no fact of the row and is not noted here.
    """

    tag: ClassVar[str] = "OutsideObserved"
    gallery: str
    files: tuple[ObservedFile, ...] = ()
    """Those that were looked at and differed."""
    record_seen: bool = False
    """False: the record is as the journal knew it."""
    record: Record | None = None
    """None: no record of the row stands there."""
    accepted: bool = False
    """A person took it as it is: it stands for what is published, and nothing is approved."""


class RepairStarted(Salted, frozen=True, kw_only=True):
    """A run brings the outside back to what the row's publication says; these are the steps."""

    tag: ClassVar[str] = "RepairStarted"
    repair: str
    gallery: str
    claimed_by: str
    steps: tuple[Step, ...]


class Repaired(Event, frozen=True, kw_only=True):
    """The outside is as the row's publication says, read back."""

    tag: ClassVar[str] = "Repaired"
    repair: str


class RepairIncomplete(Salted, frozen=True, kw_only=True):
    """Some steps of a repair could not be done; the rest was."""

    tag: ClassVar[str] = "RepairIncomplete"
    repair: str
    reports: tuple[StepReport, ...]
    over: bool = False
    """True: what is left was surely not put there, so the repair holds nothing up any longer."""
