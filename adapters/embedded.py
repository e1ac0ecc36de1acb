"""
Text that came inside a photo: what a person wrote, told apart from what devices leave there.

A field counts as text if it holds letters and is no boilerplate: cameras and programs fill the
caption with their own name ("OLYMPUS DIGITAL CAMERA"), a folder's ("DCIM"), a file's, or blanks.

Order of sources, for each field: XMP, then IPTC-IIM, then EXIF, then the fields of Windows.
"""

import re
from collections.abc import Mapping
from typing import Any

from adapters import xmp
from machine.values import EmbeddedText

LENGTH_MAX = 10_000
"""Characters of one field; the rest is cut off."""
KEYWORDS_MAX = 200

_DESCRIPTION, _ARTIST, _COPYRIGHT, _USER_COMMENT = 0x010E, 0x013B, 0x8298, 0x9286
_XP_TITLE, _XP_COMMENT, _XP_AUTHOR, _XP_KEYWORDS = 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E
EXIF_TAGS = (
    _DESCRIPTION,
    _ARTIST,
    _COPYRIGHT,
    _USER_COMMENT,
    _XP_TITLE,
    _XP_COMMENT,
    _XP_AUTHOR,
    _XP_KEYWORDS,
)
"""The EXIF tags that hold text."""

_TITLE_IIM, _KEYWORDS_IIM, _DATE_IIM, _TIME_IIM = (2, 5), (2, 25), (2, 55), (2, 60)
_CREATOR_IIM, _COPYRIGHT_IIM, _CAPTION_IIM, _WRITER_IIM = (2, 80), (2, 116), (2, 120), (2, 122)
_CHARSET_IIM = (1, 90)
_UTF8_IIM = b"\x1b%G"

Exif = Mapping[int, Any]
Iptc = Mapping[tuple[int, int], bytes | list[bytes]]

_BOILERPLATE = re.compile(
    r"""
    (?: .* \b digital \s (?: still \s )? camera \b .*   # OLYMPUS DIGITAL CAMERA, KODAK ... CAMERA
      | (?: sony | minolta | konica \s minolta ) \s dsc
      | samsung (?: \s camera \s pictures )?
      | < (?: digimax | kenox | samsung ) .*
      | (?: dav | cof | edf | mde | fbt | r?hdr | sdr | r?ptr | oznor? | bt[yf] | qrf | vty )
        (?: _\w+ )*
      | dcim | \d{3}_? (?: canon | nikon | olymp | msdcf | pana | fuji | media | apple | pentx )
      | (?: lead \s technologies | acd \s systems | intel\(r\) \s jpeg ) .*
      | (?: created | edited | processed | made | saved | taken ) \s (?: with | using | by | in ) \s
        (?: the \s )? (?: gimp | adobe | photoshop | lightroom | picasa | vsco | snapseed | paint
          | imagemagick | darktable | irfanview | instagram ) .*
      | creator: \s gd-jpeg .* | file \s written \s by \s adobe .* | applemark | optimized \s by .*
      | exif_jpeg_picture | exif \s jpeg | jpeg | jfif | ascii | unicode | binary \s comment
      | default | none | null | untitled | unknown | caption | description | screenshot
      | (?: image | photo | picture ) (?: [_\- ]? \d+ )?
      | [\w\-()]+ \. (?: jpe?g | png | tiff? | heic | nef | cr[23] | arw | dng | psd )
      | _? (?: dsc[fn]? | img | pict | mvi | sam | imgp | gopr | pxl | cimg | hpim | dji | wp )
        [_\- ]? \d{3,} (?: [_\-] \w+ )*
      | p\d{6,8}
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PROGRAM_PERSON = re.compile(r"(?:picasa|unknown|none|owner|user|default|n/?a)", re.IGNORECASE)


def embedded_text(*, exif: Exif, iptc: Iptc, packet: xmp.Properties, camera: str) -> EmbeddedText:
    """
    Collect the text of a photo.

    Args:
        exif: The values of `EXIF_TAGS`, as far as they are there.
        iptc: IPTC-IIM records, undecoded.
        packet: The XMP packet.
        camera: The camera's name; a field that holds nothing else is boilerplate.
    """
    title = (
        xmp.first(packet, xmp.DC, "title"),
        _iim(iptc, _TITLE_IIM),
        xmp.first(packet, xmp.PHOTOSHOP, "Headline"),
        _windows(exif.get(_XP_TITLE)),
    )
    caption = (
        xmp.first(packet, xmp.DC, "description"),
        _iim(iptc, _CAPTION_IIM),
        tidy(exif.get(_DESCRIPTION)),
        _comment(exif.get(_USER_COMMENT)),
        _windows(exif.get(_XP_COMMENT)),
    )
    writer = (xmp.first(packet, xmp.PHOTOSHOP, "CaptionWriter"), _iim(iptc, _WRITER_IIM))
    creator = (
        xmp.first(packet, xmp.DC, "creator"),
        _iim(iptc, _CREATOR_IIM),
        tidy(exif.get(_ARTIST)),
        _windows(exif.get(_XP_AUTHOR)),
    )
    rights = (
        xmp.first(packet, xmp.DC, "rights"),
        _iim(iptc, _COPYRIGHT_IIM),
        tidy(exif.get(_COPYRIGHT)),
    )
    return EmbeddedText(
        title=_pick(title, camera),
        caption=_pick(caption, camera),
        alt_text=_pick((xmp.first(packet, xmp.IPTC_CORE, "AltTextAccessibility"),), camera),
        keywords=_keywords(exif, iptc, packet),
        writer=_person(writer),
        creator=_person(creator),
        copyright=next((tidy(text) for text in rights if _has_letters(tidy(text))), ""),
    )


def is_boilerplate(text: str, camera: str = "") -> bool:
    """Return True for what a device or program wrote, and for what holds no letters at all."""
    words = text.casefold().split()
    if not _has_letters(text) or _BOILERPLATE.fullmatch(" ".join(words)):
        return True
    return set(words) <= set(camera.casefold().split())


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)


def _pick(candidates: tuple[str, ...], camera: str) -> str:
    texts = (tidy(candidate) for candidate in candidates)
    return next((text for text in texts if not is_boilerplate(text, camera)), "")


def _person(candidates: tuple[str, ...]) -> str:
    names = (tidy(candidate) for candidate in candidates)
    return next((n for n in names if _has_letters(n) and not _PROGRAM_PERSON.fullmatch(n)), "")


def _keywords(exif: Exif, iptc: Iptc, packet: xmp.Properties) -> tuple[str, ...]:
    """
    Return the keywords of all sources, each once, in the order in which they are first named.

    No device fills them in, so any word or number counts.
    """
    windows = _windows(exif.get(_XP_KEYWORDS)).split(";")
    words = [*xmp.every(packet, xmp.DC, "subject"), *_iim_list(iptc, _KEYWORDS_IIM), *windows]
    kept: dict[str, str] = {}
    for word in map(tidy, words):
        if any(char.isalnum() for char in word):
            kept.setdefault(word.casefold(), word)
    return tuple(kept.values())[:KEYWORDS_MAX]


# --- From stored values to text.


def tidy(value: object) -> str:
    """
    Return a stored value as text: no NULs, no control characters, no blanks around it.

    Pillow hands EXIF strings over as Latin-1; where the bytes are UTF-8, as most software writes
    them, they are read as that.
    """
    if not isinstance(value, str | bytes):
        return ""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not text.isascii():
        text = _as_utf8(text)
    lines = text.partition("\x00")[0].replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c if c == "\n" or c.isprintable() else " " for c in lines)
    return kept.strip()[:LENGTH_MAX]


def _as_utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _iim(iptc: Iptc, record: tuple[int, int]) -> str:
    return next(iter(_iim_list(iptc, record)), "")


def _iim_list(iptc: Iptc, record: tuple[int, int]) -> list[str]:
    value = iptc.get(record, b"")
    utf8 = iptc.get(_CHARSET_IIM) == _UTF8_IIM
    items = value if isinstance(value, list) else [value]
    return [_decoded(item, utf8=utf8) for item in items]


def _decoded(item: bytes, *, utf8: bool) -> str:
    """Return IIM bytes as text: UTF-8 where said or where it fits, else the Windows code page."""
    try:
        return item.decode("utf-8")
    except UnicodeDecodeError:
        return item.decode("utf-8" if utf8 else "cp1252", "replace")


def iptc_date_time(iptc: Iptc) -> str:
    """Return date and time created as `YYYY:MM:DD HH:MM:SS`; empty unless both are there."""
    date, time = _iim(iptc, _DATE_IIM), _iim(iptc, _TIME_IIM)[:6]
    if not re.fullmatch(r"\d{8}", date) or not re.fullmatch(r"\d{6}", time):
        return ""
    return f"{date[:4]}:{date[4:6]}:{date[6:]} {time[:2]}:{time[2:4]}:{time[4:]}"


def _windows(value: object) -> str:
    """Return a field of Windows Explorer: UTF-16, stored as bytes."""
    try:
        stored = bytes(value) if isinstance(value, bytes | tuple | list) else b""
    except (TypeError, ValueError):
        return ""
    return stored.decode("utf-16-le", "replace").partition("\x00")[0]


def _comment(value: object) -> str:
    """Return EXIF's UserComment: eight bytes say how the others are encoded."""
    if not isinstance(value, bytes):
        return tidy(value)
    code, stored = value[:8].rstrip(b"\x00 "), value[8:]
    if code == b"UNICODE":
        little = stored[1:2] == b"\x00" or stored.startswith(b"\xff\xfe")
        return tidy(
            stored.decode("utf-16-le" if little else "utf-16-be", "replace").lstrip("\ufeff")
        )
    return tidy(stored) if code in {b"ASCII", b""} else ""
