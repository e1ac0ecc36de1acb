"""
Text that came with a photo: what a person wrote, told apart from what devices leave there.

A field counts as text if it holds letters and is no boilerplate: cameras and programs fill the
caption with their own name ("OLYMPUS DIGITAL CAMERA"), a folder's ("DCIM"), a file's, or blanks.
Whether a person wrote it is a question of evidence (`adapters.evidence`).

Order of sources, for each field: the sidecar's XMP, the photo's XMP, then IPTC-IIM, then EXIF, then
the fields of Windows.
"""

import re
from collections.abc import Mapping
from typing import Any

from adapters import xmp
from adapters.evidence import evidence_of, has_letters, is_boilerplate
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

_PROGRAM_PERSON = re.compile(r"(?:picasa|unknown|none|owner|user|default|n/?a)", re.IGNORECASE)


def embedded_text(
    *,
    exif: Exif,
    iptc: Iptc,
    packet: xmp.Properties,
    camera: str,
    sidecar: xmp.Properties | None = None,
    programs: tuple[str, ...] = (),
) -> EmbeddedText:
    """
    Collect the text of a photo.

    Args:
        exif: The values of `EXIF_TAGS`, as far as they are there.
        iptc: IPTC-IIM records, undecoded.
        packet: The XMP properties, those of the sidecar in the place of the photo's own.
        camera: The camera's name; a field that holds nothing else is boilerplate.
        sidecar: The properties of the sidecar alone.
        programs: What made and changed the file, by its own account.
    """
    titles, captions, alt_texts = _candidates(exif, iptc, packet)
    title, caption, alt_text = (_pick(one, camera) for one in (titles, captions, alt_texts))
    writers = (xmp.first(packet, xmp.PHOTOSHOP, "CaptionWriter"), _iim(iptc, _WRITER_IIM))
    creators = (
        xmp.first(packet, xmp.DC, "creator"),
        _iim(iptc, _CREATOR_IIM),
        tidy(exif.get(_ARTIST)),
        windows_text(exif.get(_XP_AUTHOR)),
    )
    rights = (
        xmp.first(packet, xmp.DC, "rights"),
        _iim(iptc, _COPYRIGHT_IIM),
        tidy(exif.get(_COPYRIGHT)),
    )
    writer, written = _person(writers), caption or title or alt_text
    in_sidecar = written in {tidy(one) for one in _texts(sidecar or {})}
    evidence = evidence_of(writer=writer, in_sidecar=in_sidecar, programs=programs)
    return EmbeddedText(
        title=title,
        caption=caption,
        alt_text=alt_text,
        keywords=_keywords(exif, iptc, packet, sidecar or {}),
        writer=writer,
        creator=_person(creators),
        copyright=next((tidy(text) for text in rights if has_letters(tidy(text))), ""),
        evidence=evidence if written else "",
        boilerplate=_boilerplate((*titles, *captions, *alt_texts), camera),
    )


def _texts(packet: xmp.Properties) -> tuple[str, ...]:
    """Return the values of the properties that hold a title, a caption or an alt text."""
    return (
        *xmp.every(packet, xmp.DC, "title"),
        *xmp.every(packet, xmp.PHOTOSHOP, "Headline"),
        *xmp.every(packet, xmp.DC, "description"),
        *xmp.every(packet, xmp.IPTC_CORE, "AltTextAccessibility"),
    )


def _candidates(exif: Exif, iptc: Iptc, packet: xmp.Properties) -> tuple[tuple[str, ...], ...]:
    """Return what may be the title, the caption and the alt text, in the order of sources."""
    titles = (
        xmp.first(packet, xmp.DC, "title"),
        _iim(iptc, _TITLE_IIM),
        xmp.first(packet, xmp.PHOTOSHOP, "Headline"),
        windows_text(exif.get(_XP_TITLE)),
    )
    captions = (
        xmp.first(packet, xmp.DC, "description"),
        _iim(iptc, _CAPTION_IIM),
        tidy(exif.get(_DESCRIPTION)),
        comment_text(exif.get(_USER_COMMENT)),
        windows_text(exif.get(_XP_COMMENT)),
    )
    return titles, captions, (xmp.first(packet, xmp.IPTC_CORE, "AltTextAccessibility"),)


def _boilerplate(candidates: tuple[str, ...], camera: str) -> tuple[str, ...]:
    """Return what devices left there, each once, but for blanks."""
    texts = dict.fromkeys(tidy(candidate) for candidate in candidates)
    return tuple(text for text in texts if text and is_boilerplate(text, camera))


def _pick(candidates: tuple[str, ...], camera: str) -> str:
    texts = (tidy(candidate) for candidate in candidates)
    return next((text for text in texts if not is_boilerplate(text, camera)), "")


def _person(candidates: tuple[str, ...]) -> str:
    names = (tidy(candidate) for candidate in candidates)
    return next((n for n in names if has_letters(n) and not _PROGRAM_PERSON.fullmatch(n)), "")


def _keywords(
    exif: Exif, iptc: Iptc, packet: xmp.Properties, sidecar: xmp.Properties
) -> tuple[str, ...]:
    """
    Return the keywords of the sidecar, else of all sources, each once, in order of appearance.

    No device fills them in, so any word or number counts.
    """
    windows = windows_text(exif.get(_XP_KEYWORDS)).split(";")
    words = [*xmp.every(packet, xmp.DC, "subject"), *iim_values(iptc, _KEYWORDS_IIM), *windows]
    words = list(xmp.every(sidecar, xmp.DC, "subject")) or words
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
    return next(iter(iim_values(iptc, record)), "")


def iim_values(iptc: Iptc, record: tuple[int, int]) -> list[str]:
    """Return the values of a record as text, none if it is not there."""
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


def windows_text(value: object) -> str:
    """Return a field of Windows Explorer: UTF-16, stored as bytes."""
    try:
        stored = bytes(value) if isinstance(value, bytes | tuple | list) else b""
    except (TypeError, ValueError):
        return ""
    return stored.decode("utf-16-le", "replace").partition("\x00")[0]


def comment_text(value: object) -> str:
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
