"""
What an earlier program left: photos that come in with what its queue said about them.

Part of a row's life as `machine.events` tells it; import the event from there. What its website has
is told by events around the rows (`machine.run_events`).
"""

from typing import ClassVar

from machine.event_base import Salted
from machine.values import Finding, Past


class PastAdopted(Salted, frozen=True, kw_only=True):
    """The photo came in with texts and scores of another program, right after `MetadataRead`."""

    tag: ClassVar[str] = "PastAdopted"
    past: Past
    findings: tuple[Finding, ...] = ()
    """What the rules say about the text."""
