"""
The second look at a finished picture: by other parsers than those that wrote it.

Pillow opens the file and reads EXIF and IIM, ElementTree the XMP. Every value of the tables of
`adapters.packet` has to be there, as it was meant, and nothing that is in none of them; the pixels
and the colour profile have to be those of the rendition.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from PIL import Image, IptcImagePlugin, JpegImagePlugin

from adapters.packet import NAMESPACES, Packet, Property, exif_table, iim_table, xmp_table

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_DIRECTORIES = {"Photo": 0x8769, "GPSInfo": 0x8825}
_SEGMENTS = {
    b"JFIF\x00": "APP0",
    b"Exif\x00\x00": "APP1",
    b"http://ns.adobe.com/xap/1.0/\x00": "APP1",
    b"ICC_PROFILE\x00": "APP2",
    b"Photoshop 3.0\x00": "APP13",
}
"""How the segments begin that may stand before the pixels of a JPEG."""
_IIM_RESOURCE = 0x0404
_CHUNKS = {b"VP8X", b"ICCP", b"VP8 ", b"VP8L", b"ALPH", b"EXIF", b"XMP "}


class Differs(Exception):
    """The picture is not what was asked for; the message says in what."""


def check(before: bytes, after: bytes, packet: Packet) -> None:
    """
    Hold a finished picture against the rendition and the packet. Raises Differs.

    Args:
        before: The rendition.
        after: The finished picture.
        packet: What it has to say.
    """
    try:
        with Image.open(io.BytesIO(before)) as made, Image.open(io.BytesIO(after)) as finished:
            _same_picture(made, finished)
            _same("XMP", xmp_table(packet), _xmp(finished.info.get("xmp", b"")))
            _same("EXIF", _exif_expected(packet), _exif(finished))
            _check_container(finished, after)
            iim = iim_table(packet) if finished.format == "JPEG" else {}
            _same("IIM", iim, _iim(finished))
    except (OSError, ValueError, SyntaxError, LookupError) as error:
        msg = f"the picture does not open again: {error}"
        raise Differs(msg) from error


def _same_picture(made: Image.Image, finished: Image.Image) -> None:
    for what in ("format", "size", "mode"):
        if getattr(made, what) != getattr(finished, what):
            msg = f"its {what} is {getattr(finished, what)}, not {getattr(made, what)}"
            raise Differs(msg)
    if made.info.get("icc_profile") != finished.info.get("icc_profile"):
        raise Differs("its colour profile is another one")
    if made.tobytes() != finished.tobytes():
        raise Differs("its pixels are others")


def _same(what: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> None:
    for key in expected.keys() | found.keys():
        if key not in expected:
            msg = f"{what} {key} stands there and was not asked for"
            raise Differs(msg)
        if key not in found:
            msg = f"{what} {key} is missing"
            raise Differs(msg)
        if _folded(expected[key]) != _folded(found[key]):
            msg = f"{what} {key} is not what was written"
            raise Differs(msg)


def _folded(value: object) -> object:
    """Return a value in which neither case (RFC 5646, 2.1.1) nor order of languages counts."""
    if not isinstance(value, Property):
        return value
    items = tuple((language.casefold(), text) for language, text in value.items)
    return value.kind, tuple(sorted(items)) if value.kind == "Alt" else items


# --- XMP


def _xmp(packet: bytes) -> dict[str, Property]:
    """Return the properties; one of a shape that is never written has the kind that it has."""
    found: dict[str, Property] = {}
    if not packet:
        return found
    for description in ET.fromstring(packet.strip(b"\x00")).iter(f"{_RDF}Description"):  # noqa: S314  (written by us just now)
        for name, text in description.attrib.items():
            if name != f"{_RDF}about":
                found[_short(name)] = Property("text", (("", text),))
        for one in description:
            found[_short(one.tag)] = _property(one)
    return found


def _property(element: ET.Element) -> Property:
    containers = list(element)
    if not containers:
        return Property("text", (("", element.text or ""),))
    kind: Any = containers[0].tag.removeprefix(_RDF) if _is_plain(containers) else "structure"
    items = tuple((one.get(_LANGUAGE, ""), one.text or "") for one in containers[0])
    return Property(kind, items)


def _is_plain(containers: list[ET.Element]) -> bool:
    """Tell whether a property is one list of texts."""
    return len(containers) == 1 and not any(len(one) for one in containers[0])


def _short(name: str) -> str:
    """Return `{namespace}name` as `prefix:name`, where the prefix is one of ours."""
    for prefix, namespace in NAMESPACES.items():
        if name.startswith(f"{{{namespace}}}"):
            return f"{prefix}:{name.rpartition('}')[2]}"
    return name


# --- EXIF


def _exif_expected(packet: Packet) -> dict[tuple[str, int], Any]:
    return {
        key: value.encode() if isinstance(value, str) else _bare(value)
        for key, value in exif_table(packet).items()
    }


def _exif(image: Image.Image) -> dict[tuple[str, int], Any]:
    """Return every tag of every directory, texts as bytes."""
    exif = image.getexif()
    found: dict[tuple[str, int], Any] = {
        ("Image", tag): _read(value)
        for tag, value in exif.items()
        if tag not in _DIRECTORIES.values()
    }
    for directory, pointer in _DIRECTORIES.items():
        for tag, value in exif.get_ifd(pointer).items():
            found[directory, tag] = _read(value)
    for tag in exif.get_ifd(1):
        found["Thumbnail", tag] = b""
    return found


def _read(value: object) -> object:
    """Return what Pillow read as our tables have it: it takes text for Latin-1."""
    return value.encode("latin-1") if isinstance(value, str) else _bare(value)


def _bare(value: object) -> object:
    """Return a value without its wrapping: rationals as pairs, a tuple of one as that one."""
    if isinstance(value, tuple):
        pairs = tuple(_bare(one) for one in value)
        return pairs[0] if len(pairs) == 1 else pairs
    if hasattr(value, "numerator") and hasattr(value, "denominator") and not isinstance(value, int):
        return value.numerator, value.denominator
    return value


# --- IIM and what else the file holds


def _iim(image: Image.Image) -> dict[tuple[int, int], tuple[bytes, ...]]:
    jpeg = image if isinstance(image, JpegImagePlugin.JpegImageFile) else None
    found = IptcImagePlugin.getiptcinfo(jpeg) if jpeg else {}
    return {
        key: tuple(value) if isinstance(value, list) else (value,)
        for key, value in (found or {}).items()
    }


def _check_container(image: Image.Image, data: bytes) -> None:
    """Refuse segments and chunks that nobody asked for."""
    if image.format == "JPEG":
        seen: list[bytes] = []
        for marker, segment in image.applist:  # type: ignore[attr-defined]
            start = next((one for one in _SEGMENTS if segment.startswith(one)), b"")
            if _SEGMENTS.get(start) != marker or (start in seen and marker != "APP2"):
                msg = f"a segment {marker} stands there and was not asked for"
                raise Differs(msg)
            seen.append(start)
        if set(image.info.get("photoshop", {})) - {_IIM_RESOURCE}:
            raise Differs("another program's data stand beside IIM")
    elif image.format == "WEBP":
        for kind in _chunks(data):
            if kind not in _CHUNKS:
                msg = f"a chunk {kind!r} stands there and was not asked for"
                raise Differs(msg)


def _chunks(webp: bytes) -> Iterator[bytes]:
    """Yield the kinds of the chunks of a WebP (RIFF: kind, length, data, evened)."""
    position = 12
    while position + 8 <= len(webp):
        yield webp[position : position + 4]
        length = int.from_bytes(webp[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
