"""`similar`: photos that look alike."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import structs

from commands.call import Call
from commands.options import Choice, View
from commands.output import counted, line, table, warn, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driver.looking import Seen
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
    say which rows it is compared with. Photos that were scored with CLIP (profile `full`) are
    compared by it, the others by a perceptual hash, which knows copies only; it is said which.
    Nothing is changed.
    """
    from driver.selection import Selector, select

    with call.looking(view.at, heading=not view.json) as seen:
        selector = choice.selector()
        every = rejected or any(one.casefold() == "rejected" for one in selector.status)
        numbers = select(seen.models, seen.journal, structs.replace(selector, rows=()))
        if choice.rows:
            words = Selector(rows=selector.rows)
            asked = select(seen.models, seen.journal, words) if selector.rows else []
            found, left_out = _around(seen, asked, numbers, limit, rejected=every)
            _say_neighbours(found, as_json=view.json)
        else:
            left_out = _groups(seen, numbers, threshold, rejected=every, as_json=view.json)
    say_left_out(left_out, as_json=view.json)


def _around(
    seen: "Seen", asked: "Sequence[int]", numbers: "Sequence[int]", limit: int, *, rejected: bool
) -> "tuple[Sequence[Neighbours], Sequence[LeftOut]]":
    """Return the neighbours of each row: by CLIP where it has an embedding, else by its hash."""
    from driver.similar import compared, hash_neighbours, neighbours

    by_clip = {one["id"] for one in compared(seen, asked, rejected=True).lines}
    rest = [number for number in asked if number not in by_clip]
    hashed = hash_neighbours(seen, rest, numbers, limit=limit, rejected=rejected)
    known = by_clip | {one.line["id"] for one in hashed}
    left = [number for number in asked if number in by_clip or number not in known]
    found, left_out = (
        neighbours(seen, left, numbers, limit=limit, rejected=rejected) if left else ([], [])
    )
    both = {one.line["id"]: one for one in [*found, *hashed]}
    return [both[number] for number in asked if number in both], left_out


def _groups(
    seen: "Seen", numbers: "Sequence[int]", threshold: float, *, rejected: bool, as_json: bool
) -> "Sequence[LeftOut]":
    """Say the groups by CLIP, and by hash those of rows without an embedding."""
    from driver.lookalikes import BITS, LIMIT_BITS
    from driver.similar import by_hash_only, compared, hash_groups, hashed, near_duplicates

    photos = compared(seen, numbers, rejected=rejected)
    groups, done = near_duplicates(photos, threshold), [one["id"] for one in photos.lines]
    pool = hashed(seen, numbers, rejected=rejected)
    rest = {one["id"] for one in pool.lines} - set(done)
    others = hash_groups(pool, done) if rest else []
    if as_json:
        write_json([_as_json(number, one) for number, one in enumerate([*groups, *others], 1)])
        return by_hash_only(photos.left_out, rest)
    _table([*groups, *others])
    if done or not rest:
        said = f"{counted(len(groups), 'group')} of photos that are {threshold:g} or more alike"
        rows = sum(len(one.lines) for one in groups)
        line(f"{said}, by CLIP: {rows:,} of {counted(len(done), 'row')} compared.")
    if rest:
        said = f"{counted(len(others), 'group')} by perceptual hash, {LIMIT_BITS} of {BITS} bits"
        line(f"{said} apart at most: {counted(len(rest), 'row')} without an embedding compared.")
    line("Nothing is dropped.")
    return by_hash_only(photos.left_out, rest)


def _as_json(number: int, group: "Group") -> "dict[str, Any]":
    return {
        "group": number,
        "by": group.by,
        "similarity_min": group.similarity_min,
        "similarity_max": group.similarity_max,
        "best": group.best,
        "rows": [told(one) for one in group.lines],
    }


def _table(groups: "Sequence[Group]") -> None:
    lines = [
        (number, *_cells(one), *_range(group, place), _mark(group, one))
        for number, group in enumerate(groups, start=1)
        for place, one in enumerate(group.lines)
    ]
    if lines:
        table(
            ("group", *_COLUMNS, "similarity", "by", "QR is"),
            lines,
            right=("group", "id", "QR"),
            keep=("similarity", "by", "QR is", "Review_Status"),
            main="File_Name",
            spare=("quality_tier",),
        )


def _say_neighbours(found: "Sequence[Neighbours]", *, as_json: bool) -> None:
    if as_json:
        write_json(
            [
                told(one.line)
                | {
                    "by": one.by,
                    "nearest": [told(near) | {"similarity": value} for value, near in one.nearest],
                }
                for one in found
            ]
        )
        return
    for one in found:
        line(f"Row {one.line['id']}  {one.line['File_Name']}, by {one.by}")
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
    """Say which rows could not be compared, or by their hash only, why, and what to type."""
    for one in left_out:
        how = "By hash only" if one.hashed else "Left out"
        said = f"{how}: {counted(len(one.rows), 'row')}, {one.why}: {one.hint}"
        (warn if as_json else line)(said)


def told(one: "dict[str, Any]") -> "dict[str, Any]":
    """Return a photo for programs."""
    from driver.similar import FIELDS

    return {name: one[name] for name in FIELDS}


_COLUMNS = ("id", "File_Name", "QR", "quality_tier", "Review_Status")


def _cells(one: "dict[str, Any]") -> "list[Any]":
    return [one[column] for column in _COLUMNS]


def _range(group: "Group", place: int) -> tuple[str, str]:
    """Return similarity and measure of a group, for its first line only."""
    if place:
        return "", ""
    low, high = f"{group.similarity_min:.3f}", f"{group.similarity_max:.3f}"
    return (low if low == high else f"{low}-{high}"), group.by


def _mark(group: "Group", one: "dict[str, Any]") -> str:
    return "best" if one["id"] == group.best else ""
