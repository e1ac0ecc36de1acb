"""`similar`: photos that look alike."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import structs

from commands.call import Call
from commands.options import Choice, View
from commands.output import counted, line, table, warn, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driver.similar import Group, LeftOut, Neighbours

_LIMIT = 10
_THRESHOLD = 0.96
"""As `driver.similar` has it; a test compares them."""


def similar(
    call: Call,
    choice: Choice,
    view: View,
    *,
    threshold: Annotated[
        float,
        typer.Option("--threshold", min=0.5, max=1.0, help="Similarity of near-duplicates."),
    ] = _THRESHOLD,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Neighbours of each row at most.")
    ] = _LIMIT,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Also compare with rows that were rejected.")
    ] = False,
) -> None:
    """
    Show photos that look alike, as groups or around a row

    Without ROW, the groups of near-duplicates: in a group, every photo is at least as similar to
    every other one as --threshold says. With ROW, the photos nearest to each. The other options
    say which rows it is compared with. It needs photos that were scored with CLIP
    (profile `full`); nothing is changed.
    """
    from driver.selection import Selector, select
    from driver.similar import compared, near_duplicates, neighbours

    with call.looking(view.at, heading=not view.json) as seen:
        selector = choice.selector()
        every = rejected or any(one.casefold() == "rejected" for one in selector.status)
        numbers = select(seen.models, seen.journal, structs.replace(selector, rows=()))
        if choice.rows:
            words = Selector(rows=selector.rows)
            asked = select(seen.models, seen.journal, words) if selector.rows else []
            found, left_out = (
                neighbours(seen, asked, numbers, limit=limit, rejected=every) if asked else ([], [])
            )
            _say_neighbours(found, as_json=view.json)
        else:
            photos = compared(seen, numbers, rejected=every)
            left_out = photos.left_out
            groups = near_duplicates(photos, threshold)
            _say_groups(groups, len(photos.lines), threshold, as_json=view.json)
    say_left_out(left_out, as_json=view.json)


def _say_groups(groups: "Sequence[Group]", rows: int, threshold: float, *, as_json: bool) -> None:
    if as_json:
        write_json(
            [
                {
                    "group": number,
                    "similarity_min": group.similarity_min,
                    "similarity_max": group.similarity_max,
                    "best": group.best,
                    "rows": [told(one) for one in group.lines],
                }
                for number, group in enumerate(groups, start=1)
            ]
        )
        return
    lines = [
        (number, *_cells(one), _range(group) if place == 0 else "", _mark(group, one))
        for number, group in enumerate(groups, start=1)
        for place, one in enumerate(group.lines)
    ]
    if lines:
        table(
            ("group", *_COLUMNS, "similarity", "QR is"),
            lines,
            right=("group", "id", "QR"),
            keep=("similarity", "QR is", "Review_Status"),
            main="File_Name",
            spare=("quality_tier",),
        )
    said = f"{counted(len(groups), 'group')} of photos that are {threshold:g} or more alike"
    line(f"{said}: {len(lines):,} of {counted(rows, 'row')} compared. Nothing is dropped.")


def _say_neighbours(found: "Sequence[Neighbours]", *, as_json: bool) -> None:
    if as_json:
        write_json(
            [
                told(one.line)
                | {"nearest": [told(near) | {"similarity": value} for value, near in one.nearest]}
                for one in found
            ]
        )
        return
    for one in found:
        line(f"Row {one.line['id']}  {one.line['File_Name']}")
        say_ranked(one.nearest)
    if not found:
        line("No rows.")


def say_ranked(found: "Sequence[tuple[float, dict[str, Any]]]") -> None:
    """Print photos with their similarity, in the order that they come in."""
    if not found:
        line("No other photo can be compared.")
        return
    table(
        ("similarity", *_COLUMNS),
        [(f"{value:.3f}", *_cells(one)) for value, one in found],
        right=("similarity", "id", "QR"),
        keep=("Review_Status",),
        main="File_Name",
        spare=("quality_tier",),
    )


def say_left_out(left_out: "Sequence[LeftOut]", *, as_json: bool) -> None:
    """Say which rows could not be compared, why, and what to type."""
    for one in left_out:
        said = f"Left out: {counted(len(one.rows), 'row')}, {one.why}: {one.hint}"
        (warn if as_json else line)(said)


def told(one: "dict[str, Any]") -> "dict[str, Any]":
    """Return a photo for programs."""
    from driver.similar import FIELDS

    return {name: one[name] for name in FIELDS}


_COLUMNS = ("id", "File_Name", "QR", "quality_tier", "Review_Status")


def _cells(one: "dict[str, Any]") -> "list[Any]":
    return [one[column] for column in _COLUMNS]


def _range(group: "Group") -> str:
    low, high = f"{group.similarity_min:.3f}", f"{group.similarity_max:.3f}"
    return low if low == high else f"{low}-{high}"


def _mark(group: "Group", one: "dict[str, Any]") -> str:
    return "best" if one["id"] == group.best else ""
