"""
What making renditions is about to do, before it does it: which ones, and about how many bytes.

An estimate takes the bytes for each pixel from the newest renditions of the same name and format,
those of the row itself first. Quality, sharpening and what is on the photo change them: it is told
as an estimate, and where nothing was made yet, as not known. Changes nothing.
"""

import statistics
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.recipes import MEDIA_TYPES, Size, frame
from machine.row import Row
from machine.values import Rendition

if TYPE_CHECKING:
    from driver.program import Program
    from driver.shell import Shell

SAMPLE_ROWS = 50
"""So many of the newest rows say how many bytes a pixel takes."""


class ToMake(Struct, frozen=True, kw_only=True):
    """A rendition that would be made."""

    name: str
    width_px: int | None
    """None: the size of the photo is not known."""
    height_px: int | None
    estimate_bytes: int | None
    """None: nothing says how many."""


class RowPlan(Struct, frozen=True, kw_only=True):
    """What making the renditions of one row comes to."""

    make: tuple[ToMake, ...] = ()
    kept: tuple[str, ...] = ()
    """Names of those that are as they are wanted."""
    dropped: tuple[str, ...] = ()
    """Names of those that the settings no longer ask for."""


class Densities:
    """Bytes for each pixel, as measured on what was made before."""

    def __init__(self, program: "Program", shell: "Shell") -> None:
        """Look at the newest rows."""
        query = (
            "SELECT id FROM review_queue WHERE resize_status = 'done'"
            " ORDER BY last_position DESC LIMIT ?"
        )
        self._by_name: dict[tuple[str, str], list[float]] = {}
        self._by_format: dict[str, list[float]] = {}
        for line in program.models.query(query, [SAMPLE_ROWS]):
            for one in shell.row(line["id"]).decided.resize.renditions:
                density = _density(one)
                self._by_name.setdefault((one.name, one.media_type), []).append(density)
                self._by_format.setdefault(one.media_type, []).append(density)

    def of(self, row: Row, size: Size) -> float | None:
        """Return the bytes for each pixel of a rendition; None: nothing says so."""
        media_type = MEDIA_TYPES[size.format]
        own = [
            _density(one)
            for one in row.decided.resize.renditions
            if (one.name, one.media_type) == (size.name, media_type)
        ]
        known = own or self._by_name.get((size.name, media_type)) or self._by_format.get(media_type)
        return statistics.median(known) if known else None


def _density(one: Rendition) -> float:
    return one.size_bytes / (one.width_px * one.height_px)


def plan_renditions(program: "Program", row: Row, densities: Densities) -> RowPlan:
    """Say which renditions of a row would be made."""
    darkroom = program.stage_work.darkroom
    sizes = darkroom.recipe.sizes
    kept = {one.name for one in darkroom.kept(row)}
    wanted = {one.name for one in sizes}
    return RowPlan(
        make=tuple(_to_make(row, one, densities) for one in sizes if one.name not in kept),
        kept=tuple(one.name for one in sizes if one.name in kept),
        dropped=tuple(one.name for one in row.decided.resize.renditions if one.name not in wanted),
    )


def _to_make(row: Row, size: Size, densities: Densities) -> ToMake:
    width, height = row.decided.photo.metadata.width_px, row.decided.photo.metadata.height_px
    if not width or not height:
        return ToMake(name=size.name, width_px=None, height_px=None, estimate_bytes=None)
    made, density = frame((width, height), size).cut, densities.of(row, size)
    return ToMake(
        name=size.name,
        width_px=made[0],
        height_px=made[1],
        estimate_bytes=None if density is None else round(made[0] * made[1] * density),
    )


def estimated(plans: Iterable[RowPlan]) -> tuple[int, int, int]:
    """Return how many renditions would be made, their bytes, and of how many those are unknown."""
    amounts = [one.estimate_bytes for plan in plans for one in plan.make]
    known = [amount for amount in amounts if amount is not None]
    return len(amounts), sum(known), len(amounts) - len(known)
