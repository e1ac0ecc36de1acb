"""
What a person marked in another program: stars, a label, and Photo Mechanic's tag and color class.

Only read; whether a mark makes a pick is the driver's affair. A mark that makes no sense is told as
a note and left out.

Sources, the first one that says anything counts: `xmp:Rating`, the rating in Photo Mechanic's
`Prefs` (XMP, then IPTC 2:221; a zero there says nothing), `MicrosoftPhoto:Rating` (per cent), EXIF
Rating (0x4746), EXIF RatingPercent (0x4749). `Tagged` and `ColorClass` count before the same in
`Prefs`.
"""

import re
from collections.abc import Callable

from adapters import xmp
from machine.values import Culling

PHOTO_MECHANIC = "http://ns.camerabits.com/photomechanic/1.0/"
MICROSOFT = ("http://ns.microsoft.com/photo/1.0", "http://ns.microsoft.com/photo/1.0/")
"""Programs write it with and without the slash."""
RATING_EXIF, PERCENT_EXIF = 0x4746, 0x4749
PREFS_IIM = (2, 221)

STARS = range(-1, 6)
"""-1 means rejected, 0 that there is no rating (XMP specification, part 1, 8.4)."""
_PERCENT_MAX = 99
_COLOR_CLASSES = range(9)
_PREFS = re.compile(r"(\d+)\s*:\s*(\d+)\s*:\s*(\d+)\s*:")
"""`tagged:color class:rating:frame number`."""
_LABEL_MAX = 200


def culling_of(
    found: xmp.Properties,
    prefs_iim: str,
    exif: tuple[object, object],
    note: Callable[[str], None],
) -> Culling:
    """
    Return the marks of a photo.

    Args:
        found: The properties of sidecar and packet.
        prefs_iim: IPTC 2:221, empty if it is not there.
        exif: The values of EXIF Rating and RatingPercent, None where they are not there.
        note: Is told what makes no sense.
    """
    prefs = _prefs(xmp.first(found, PHOTO_MECHANIC, "Prefs") or prefs_iim)
    color = xmp.first(found, PHOTO_MECHANIC, "ColorClass")
    tagged = xmp.first(found, PHOTO_MECHANIC, "Tagged").casefold()
    color_class = _within(color, _COLOR_CLASSES, "ColorClass", note)
    return Culling(
        rating=_rating(found, prefs, exif, note),
        label=xmp.first(found, xmp.BASIC, "Label")[:_LABEL_MAX],
        color_class=prefs[1] if color_class is None and prefs else color_class,
        tagged=tagged in {"true", "1"} if tagged else bool(prefs[0]) if prefs else None,
    )


def _prefs(text: str) -> tuple[int, int, int] | None:
    match = _PREFS.match(text.strip())
    if match is None:
        return None
    tagged, color, rating = (int(part) for part in match.groups())
    return (tagged, color, rating) if color in _COLOR_CLASSES and rating in STARS else None


def _rating(
    found: xmp.Properties,
    prefs: tuple[int, int, int] | None,
    exif: tuple[object, object],
    note: Callable[[str], None],
) -> int | None:
    stars = _within(xmp.first(found, xmp.BASIC, "Rating"), STARS, "xmp:Rating", note)
    if stars is None and prefs and prefs[2]:
        stars = prefs[2]
    if stars is None:
        share = next(filter(None, (xmp.first(found, one, "Rating") for one in MICROSOFT)), "")
        stars = _of_percent(_within(share, range(_PERCENT_MAX + 1), "MicrosoftPhoto:Rating", note))
    if stars is None:
        stars = _within(exif[0], STARS, "EXIF Rating", note)
    if stars is None:
        stars = _of_percent(_within(exif[1], range(_PERCENT_MAX + 1), "EXIF RatingPercent", note))
    return stars


def _within(stored: object, allowed: range, what: str, note: Callable[[str], None]) -> int | None:
    """Return a stored number, None if there is none or one that makes no sense."""
    if stored in (None, ""):
        return None
    try:
        number = float(stored) if isinstance(stored, str | int | float) else float("nan")
    except ValueError:
        number = float("nan")
    if number in allowed:
        return int(number)
    note(f"{what} has no value that makes sense")
    return None


def _of_percent(share: int | None) -> int | None:
    """Return stars for 0 to 99 per cent: Windows writes 1, 25, 50, 75 and 99 for one to five."""
    return None if share is None else (share + 12) // 25 + 1 if share else 0
