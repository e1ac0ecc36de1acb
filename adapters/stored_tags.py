"""
A photo's metadata as stored: a list of (group, name, value), nothing made of it.

Left out: maker notes, colour profiles, previews and all else that is binary; XMP structures; the
settings of raw developers (`crs`, `darktable`). Values are cut at `VALUE_MAX` characters, the list
at `TAGS_MAX` tags.

What is private comes in a list of its own: all of GPS and every place name, serial numbers and
other identifiers of one camera, owners, persons in the picture, contacts, and whatever repeats one
of those serial numbers or the owner.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from PIL import ExifTags

from adapters import embedded, xmp
from adapters.culling import MICROSOFT, PHOTO_MECHANIC, RATING_EXIF
from machine.values import Tag

TAGS_MAX = 300
VALUE_MAX = 500
_NUMBERS_MAX = 16
"""More numbers in one tag are a table, not metadata."""
_BYTES_MAX = 64
"""More bytes in one tag are binary."""
_SECRET_MIN = 4
"""A shorter serial number may be part of anything."""

_NOT_KEPT = {
    *(0x8769, 0x8825, 0xA005, 0x014A),  # pointers to directories
    *(0x0111, 0x0117, 0x0144, 0x0145, 0x0201, 0x0202),  # where pixels and thumbnail lie
    *(0x02BC, 0x83BB, 0x8649, 0x8773, 0x927C, 0xC634, 0xEA1C),  # packets, profile, maker notes
}
_WINDOWS_TEXTS = range(0x9C9B, 0x9CA0)
_USER_COMMENT = 0x9286
_PRIVATE_EXIF = {0x013C, 0xA420, 0xA430, 0xA431, 0xA435, 0xC62F, 0xFDE9}
"""HostComputer, ImageUniqueID, CameraOwnerName, three serial numbers, that of old DNGs."""
_PRIVATE_XMP = re.compile(
    r"gps|serial|owner|latitude|longitude|altitude|coordinate|location|country|personinimage"
    r"|uniqueid|hostcomputer|contact"
    r"|^(?:lat|lon|lng|city|state|provincestate|stateprovince|county|municipality|locality"
    r"|worldregion|coverage|rawfilename)$"
    r"|(?-i:(?:Lat|Lon|Lng)(?![a-z]))",
    re.IGNORECASE,
)
"""Names in XMP; `coverage` is Dublin Core's place, `LRFTargetLat` what a drone measured."""
_PRIVATE_NAMESPACES = ("http://www.dji.com/drone-dji/",)
"""Where and how a drone flew."""
_PRIVATE_IIM = {26, 27, 90, 92, 95, 100, 101, 118}
_SETTINGS = ("http://ns.adobe.com/camera-raw-settings/", "http://darktable.sf.net/")

_PREFIXES = {
    xmp.DC: "dc",
    xmp.IPTC_CORE: "Iptc4xmpCore",
    xmp.PHOTOSHOP: "photoshop",
    xmp.BASIC: "xmp",
    xmp.HISTORY: "stEvt",
    PHOTO_MECHANIC: "photomechanic",
    **dict.fromkeys(MICROSOFT, "MicrosoftPhoto"),
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://www.dji.com/drone-dji/1.0/": "drone-dji",
}
_IIM_NAMES = {
    5: "ObjectName",
    10: "Urgency",
    15: "Category",
    20: "SupplementalCategories",
    25: "Keywords",
    40: "SpecialInstructions",
    55: "DateCreated",
    60: "TimeCreated",
    65: "OriginatingProgram",
    70: "ProgramVersion",
    80: "Byline",
    85: "BylineTitle",
    90: "City",
    92: "Sublocation",
    95: "State",
    100: "CountryCode",
    101: "Country",
    103: "TransmissionReference",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    118: "Contact",
    120: "Caption",
    122: "Writer",
    221: "Prefs",
}
_APPLICATION_RECORD = 2


def exif_tags(
    group: str, directory: Mapping[int, Any], read: Callable[[int], Any]
) -> Iterator[tuple[Tag, bool]]:
    """Yield what an EXIF directory holds, each with whether it is private."""
    names = ExifTags.GPSTAGS if group == "GPS" else ExifTags.TAGS
    for number in directory:
        if group == "GPS" or number not in _NOT_KEPT:
            name = "Rating" if number == RATING_EXIF else names.get(number, f"{number:#06x}")
            value = _exif_value(number if group == "EXIF" else 0, read(number))
            private = group == "GPS" or number in _PRIVATE_EXIF
            yield Tag(group=group, name=name, value=value), private


def iptc_tags(iptc: embedded.Iptc) -> Iterator[tuple[Tag, bool]]:
    """Yield the texts of IPTC-IIM, each with whether it is private."""
    for record, dataset in iptc:
        if record == _APPLICATION_RECORD:
            name = _IIM_NAMES.get(dataset, f"{record}:{dataset:02}")
            for value in embedded.iim_values(iptc, (record, dataset)):
                yield Tag(group="IPTC", name=name, value=_shown(value)), dataset in _PRIVATE_IIM


def xmp_tags(group: str, found: xmp.Properties) -> Iterator[tuple[Tag, bool]]:
    """Yield the properties of a packet, each with whether it is private."""
    for key, values in found.items():
        namespace, _, local = key.rpartition("|")
        if namespace.startswith(_SETTINGS):
            continue
        prefix = _PREFIXES.get(namespace, namespace[:VALUE_MAX])
        for language, value in values:
            spoken = f"[{language}]" if language not in ("", "x-default") else ""
            name = f"{prefix}:{local}{spoken}"[:VALUE_MAX]
            flown = namespace.startswith(_PRIVATE_NAMESPACES)
            private = flown or bool(_PRIVATE_XMP.search(local))
            yield Tag(group=group, name=name, value=_shown(value)), private


def parted(
    found: Iterable[tuple[Tag, bool]], secrets: Iterable[str]
) -> tuple[tuple[Tag, ...], tuple[Tag, ...], int]:
    """
    Part tags into public and private ones.

    Args:
        found: Tags, each with whether it is private by its name; empty ones are left out.
        secrets: What makes a tag that repeats it private.

    Returns:
        Public tags, private tags, and how many were too many.
    """
    hidden = [secret.casefold() for secret in secrets if len(secret) >= _SECRET_MIN]
    public: list[Tag] = []
    private: list[Tag] = []
    left_out = 0
    for tag, is_private in found:
        if not tag.value:
            continue
        if len(public) + len(private) == TAGS_MAX:
            left_out += 1
        elif is_private or any(secret in tag.value.casefold() for secret in hidden):
            private.append(tag)
        else:
            public.append(tag)
    return tuple(public), tuple(private), left_out


def _exif_value(number: int, value: Any) -> str:  # noqa: ANN401  (any EXIF type)
    if number in _WINDOWS_TEXTS:
        return _shown(embedded.windows_text(value))
    if number == _USER_COMMENT:
        return _shown(embedded.comment_text(value))
    if isinstance(value, str):
        return _shown(value)
    if isinstance(value, bytes):
        plain = value.rstrip(b"\x00")
        readable = len(plain) <= _BYTES_MAX and plain.isascii() and plain.decode().isprintable()
        return _shown(plain) if readable else ""
    parts = value if isinstance(value, tuple | list) else (value,)
    if len(parts) > _NUMBERS_MAX:
        return ""
    return _shown(" ".join(_number(part) for part in parts))


def _number(part: Any) -> str:  # noqa: ANN401  (any EXIF type)
    """Return a number as stored: rationals with their denominator; empty for what is none."""
    if isinstance(part, int | float):
        return str(part)
    if hasattr(part, "numerator") and hasattr(part, "denominator"):
        return f"{part.numerator}/{part.denominator}"
    return ""


def _shown(value: str | bytes) -> str:
    text = embedded.tidy(value)
    return text if len(text) <= VALUE_MAX else f"{text[: VALUE_MAX - 1]}…"
