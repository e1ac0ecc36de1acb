"""
What a published picture says about itself, and in which fields: no file is touched here.

A `Packet` becomes three tables: XMP, IIM and EXIF. `adapters.finishing` writes them,
`adapters.packet_check` reads a finished picture with other parsers and holds it against the same
tables. What is in none of them does not stand in a published picture.

Sources: IPTC Photo Metadata Standard 2025.1 (fields and their types in XMP), IIM 4.2 (datasets and
their lengths in octets), Exif 2.32. Text in EXIF is UTF-8, as the Metadata Working Group asks for:
the standard knows ASCII only, which has no `©`.
"""

import re
import unicodedata
from fractions import Fraction
from typing import Literal, get_args

from msgspec import Struct

Keep = Literal["date", "camera", "lens", "exposure", "gps"]
"""Facts of the original that `[publish] keep` can name."""

KEEP: tuple[Keep, ...] = get_args(Keep)


class Packet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The texts, and those facts of the original that are kept; what is empty is not written."""

    caption: str = ""
    alt_text: str = ""
    keywords: tuple[str, ...] = ()
    language: str = ""
    """BCP 47, of caption and alt text; empty or `und`: not known."""
    creator: str = ""
    """Who took the photo."""
    credit: str = ""
    """Whom to name beside the picture."""
    copyright: str = ""
    licence_url: str = ""
    caption_writer: str = ""
    """The person who wrote the texts, or let through what a machine wrote."""
    date_time: str = ""
    """`YYYY:MM:DD HH:MM:SS`."""
    camera: str = ""
    lens: str = ""
    exposure: str = ""
    """Such as `1/250 sec`."""
    aperture: str = ""
    """Such as `f/2.8`."""
    iso: int | None = None
    focal_length: str = ""
    """Such as `35 mm`."""
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None


# --- XMP

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "cc": "http://creativecommons.org/ns#",
}
_CREATIVE_COMMONS = re.compile(r"https?://([\w-]+\.)*creativecommons\.org/", re.IGNORECASE)
"""Only a licence of theirs is a `cc:license`; any other page is `xmpRights:WebStatement` alone."""


class Property(Struct, frozen=True):
    """The value of one property of XMP."""

    kind: Literal["text", "Alt", "Bag", "Seq"]
    items: tuple[tuple[str, str], ...]
    """Language (empty: none) and text; `text` has one item."""


def xmp_table(packet: Packet) -> dict[str, Property]:
    """Return the properties by prefix and name, such as `dc:description`."""
    url = line(packet.licence_url)
    found = {
        "dc:description": _alternatives(packet.caption, packet.language),
        "Iptc4xmpCore:AltTextAccessibility": _alternatives(packet.alt_text, packet.language),
        "dc:subject": _list("Bag", *packet.keywords),
        "dc:creator": _list("Seq", packet.creator),
        "dc:rights": _alternatives(packet.copyright, ""),
        "photoshop:Credit": _list("text", packet.credit),
        "photoshop:CaptionWriter": _list("text", packet.caption_writer),
        "xmpRights:WebStatement": _list("text", url),
        "cc:license": _list("text", url if _CREATIVE_COMMONS.match(url) else ""),
    }
    return {name: one for name, one in found.items() if one.items}


def _alternatives(text: str, language: str) -> Property:
    """A text for every reader (`x-default`), and once more under its own language."""
    said = clean(text)
    known = language.casefold() not in ("", "und")
    languages = ("x-default", language) if known else ("x-default",)
    return Property("Alt", tuple((one, said) for one in languages) if said else ())


def _list(kind: Literal["text", "Bag", "Seq"], *texts: str) -> Property:
    return Property(kind, tuple(("", line(text)) for text in texts if line(text)))


# --- IIM

CHARACTER_SET = (1, 90)
UTF_8 = b"\x1b%G"
"""The escape sequence that says so (ISO 2022)."""

IIM_OCTETS = {
    (2, 25): 64,  # Keywords
    (2, 80): 32,  # By-line
    (2, 110): 32,  # Credit
    (2, 116): 128,  # Copyright Notice
    (2, 120): 2000,  # Caption/Abstract
    (2, 122): 32,  # Writer/Editor
}
"""How much a dataset holds."""


def iim_table(packet: Packet) -> dict[tuple[int, int], tuple[bytes, ...]]:
    """Return the values by (record, dataset); what is too long is cut here and whole in XMP."""
    texts = {
        (2, 25): tuple(map(line, packet.keywords)),
        (2, 80): (line(packet.creator),),
        (2, 110): (line(packet.credit),),
        (2, 116): (clean(packet.copyright),),
        (2, 120): (clean(packet.caption),),
        (2, 122): (line(packet.caption_writer),),
    }
    found = {
        key: tuple(cut(text, IIM_OCTETS[key]).encode() for text in values if text)
        for key, values in texts.items()
    }
    said = {key: values for key, values in found.items() if values}
    return {CHARACTER_SET: (UTF_8,), **said} if said else {}


# --- EXIF

Directory = Literal["Image", "Photo", "GPSInfo"]
ExifValue = str | int | bytes | tuple[Fraction, ...]

_GPS_VERSION = b"\x02\x03\x00\x00"
_SECONDS_STEP = 10_000
"""Seconds of an arc are written in ten thousandths: 3 mm on the ground."""


def exif_table(packet: Packet) -> dict[tuple[Directory, int], ExifValue]:
    """Return the values by directory and tag."""
    found: dict[tuple[Directory, int], ExifValue | None] = {
        ("Image", 0x010E): clean(packet.caption),  # ImageDescription
        ("Image", 0x0110): line(packet.camera),  # Model
        ("Image", 0x013B): line(packet.creator),  # Artist
        ("Image", 0x8298): clean(packet.copyright),  # Copyright
        ("Photo", 0x829A): _rational(packet.exposure),  # ExposureTime
        ("Photo", 0x829D): _rational(packet.aperture),  # FNumber
        ("Photo", 0x8827): packet.iso if packet.iso and packet.iso < 1 << 16 else None,
        ("Photo", 0x9003): line(packet.date_time),  # DateTimeOriginal
        ("Photo", 0x920A): _rational(packet.focal_length),  # FocalLength
        ("Photo", 0xA434): line(packet.lens),  # LensModel
        **_place(packet),
    }
    return {key: value for key, value in found.items() if value}


def _place(packet: Packet) -> dict[tuple[Directory, int], ExifValue | None]:
    latitude, longitude, altitude = packet.latitude_deg, packet.longitude_deg, packet.altitude_m
    if latitude is None or longitude is None:
        return {}
    found: dict[tuple[Directory, int], ExifValue | None] = {
        ("GPSInfo", 0): _GPS_VERSION,
        ("GPSInfo", 1): "S" if latitude < 0 else "N",
        ("GPSInfo", 2): _arc(latitude),
        ("GPSInfo", 3): "W" if longitude < 0 else "E",
        ("GPSInfo", 4): _arc(longitude),
    }
    if altitude is not None:
        found["GPSInfo", 5] = b"\x01" if altitude < 0 else b"\x00"
        found["GPSInfo", 6] = (Fraction(round(abs(altitude) * 100), 100),)
    return found


def _arc(degrees: float) -> tuple[Fraction, ...]:
    """Return degrees, minutes and seconds."""
    whole, steps = divmod(round(abs(degrees) * 3600 * _SECONDS_STEP), 3600 * _SECONDS_STEP)
    minutes, seconds = divmod(steps, 60 * _SECONDS_STEP)
    return Fraction(whole), Fraction(minutes), Fraction(seconds, _SECONDS_STEP)


def _rational(text: str) -> tuple[Fraction, ...] | None:
    """Return the number in `1/250 sec`, `f/2.8` or `35 mm`; None where there is none above 0."""
    found = re.fullmatch(r"(?:f/)?(\d+/\d+|\d+(?:\.\d+)?)(?: (?:sec|mm))?", text.strip())
    try:
        number = Fraction(found.group(1)) if found else Fraction(0)
    except ZeroDivisionError:
        return None
    return (number,) if 0 < number.limit_denominator(1 << 31) < 1 << 31 else None


# --- Text


def clean(text: str) -> str:
    """Return the text without what XML can not hold: control characters and lone surrogates."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if _allowed(ord(char))).strip()


def line(text: str) -> str:
    """Return the text on one line."""
    return " ".join(clean(text).split())


def _allowed(code: int) -> bool:
    return (
        code in {0x09, 0x0A}
        or 0x20 <= code < 0x7F  # noqa: PLR2004  (XML 1.0, section 2.2, less what it discourages)
        or 0xA0 <= code <= 0xD7FF  # noqa: PLR2004
        or 0xE000 <= code <= 0xFFFD  # noqa: PLR2004
        or code >= 0x10000  # noqa: PLR2004
    )


_JOINER = "\u200d"


def cut(text: str, octets: int) -> str:
    """
    Return as much of the text as `octets` bytes of UTF-8 hold.

    Never cut inside a character, nor between a letter and its marks or inside a joined emoji.
    """
    if len(text.encode()) <= octets:
        return text
    end = len(text.encode()[:octets].decode(errors="ignore"))
    while end and (_goes_on(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip()


def _goes_on(char: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return unicodedata.category(char).startswith("M") or char == _JOINER or char in _SKIN_TONES


_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
