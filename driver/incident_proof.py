"""Whether the events of a bundle are what was appended, but for what it says is damaged."""

from pathlib import Path

from msgspec import UNSET, UnsetType

from driver.errors import Damaged
from driver.incident_manifest import Damage, Flaw
from journal.verify import Report, verify


def damage_of(journal: Path) -> Damage | UnsetType:
    """Return what is wrong with a whole journal; an excerpt shows that of its told events only."""
    report = verify(journal)
    if report.ok:
        return UNSET
    flaws = (Flaw(position=d.position, kind=d.kind, detail=d.detail) for d in report.damages)
    return Damage(flaws=tuple(flaws), more=report.more)


def proved(excerpt: Path, damage: Damage | UnsetType, hint: str) -> Report:
    """
    Verify an excerpt, of whose journal this damage is known.

    Raises:
        Damaged: something else is wrong with it.
    """
    report = verify(excerpt)
    for one in report.damages:
        if not (damage and damage.covers(one.position, one.kind)):
            msg = f"the chain breaks at event {one.position}: {one.kind}, {one.detail}"
            raise Damaged(msg, hint)
    return report
