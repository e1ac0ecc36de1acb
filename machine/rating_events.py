"""
A person rates a photo otherwise than its scores do.

Part of a row's life as `machine.events` tells it; import the event from there.
"""

from typing import ClassVar

from machine.event_base import Salted
from machine.values import Pins


class RatingOverridden(Salted, frozen=True, kw_only=True):
    """
    A person's rating stands over the machine's, whatever is measured later, until taken away.

    Attributes:
        qr: 0 to 10 with two decimals; None: what was measured counts again.
        tier: what that rating is called.
    """

    tag: ClassVar[str] = "RatingOverridden"
    qr: float | None
    tier: str = ""
    reason: str = ""
    by: str = ""
    """Who says so."""
    repinned: Pins | None = None
    """The row was approved and stays so, with these pins."""
