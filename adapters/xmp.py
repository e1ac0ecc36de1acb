"""
XMP: the packet of texts inside a picture. Read from any photo, written into our own JPEGs.

`finish` puts caption, alt text, keywords, creator, copyright and reviewer into a copy of a JPEG
without encoding it again: the pixels' bytes are copied as they are. Fields follow the IPTC Photo
Metadata Standard 2025.1 (alt text: `Iptc4xmpCore:AltTextAccessibility`). The same input gives the
same bytes: no date, no identifier, no program name is written.

Packets of strangers are parsed without a document type: a packet that brings one (entities, the
billion laughs, references to files) is refused as malformed.
"""

from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from adapters.errors import AdapterError

DC = "http://purl.org/dc/elements/1.1/"
IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
BASIC = "http://ns.adobe.com/xap/1.0/"
HISTORY = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"

PACKET_BYTES_MAX = 65_502
"""What one APP1 segment of a JPEG holds (XMP specification, part 3, 1.1.3)."""

_HEADER = b"http://ns.adobe.com/xap/1.0/\x00"
_EXTENSION_HEADER = b"http://ns.adobe.com/xmp/extension/\x00"
_DEPTH_MAX = 64
_READ_BYTES_MAX = 8 << 20
"""A larger packet is not read; those of programs with much to say take some hundred kilobytes."""
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_AGENT = f"{HISTORY}|softwareAgent"


class Malformed(Exception):
    """The packet is not XMP, or not one that is safe to read; the message says why."""


class Packet(Struct, frozen=True, kw_only=True):
    """What a finished picture says about itself; what is empty is not written."""

    caption: str = ""
    alt_text: str = ""
    keywords: tuple[str, ...] = ()
    creator: str = ""
    """Who took the photo."""
    copyright: str = ""
    reviewer: str = ""
    """The person who wrote or approved the texts (`photoshop:CaptionWriter`)."""


Properties = dict[str, list[tuple[str, str]]]
"""
A packet as plain lists: `namespace|name` to its values, each with its language ("" for none).

Structures (a value that has fields of its own) are left out, but for the programs that are named in
a history: they are the values of `softwareAgent`.
"""


# --- Reading.


class _Reader:
    """Collects the properties while expat walks through the packet."""

    def __init__(self) -> None:
        self.properties: Properties = {}
        self._path: list[str] = []
        self._text: list[str] = []
        self._leaf = False
        self._language = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element; a description's attributes are properties, too."""
        self._path.append(name)
        self._text = []
        self._leaf = True
        if len(self._path) > _DEPTH_MAX:
            msg = f"nested deeper than {_DEPTH_MAX} elements"
            raise Malformed(msg)
        self._language = attributes.get(f"{XML}|lang", "")
        if name == f"{RDF}|Description" and self._path.count(name) == 1:
            for key, value in attributes.items():
                if not key.startswith((RDF, XML)):
                    self._add(key, value, "")
        elif agent := attributes.get(_AGENT):
            self._add(_AGENT, agent, "")

    def text(self, data: str) -> None:
        """Take in a piece of text."""
        self._text.append(data)

    def end(self, _name: str) -> None:
        """Leave an element: a leaf, an element without elements, is a value."""
        if self._leaf:
            self._add(self._owner(), "".join(self._text), self._language)
        self._leaf = False
        self._path.pop()

    def _owner(self) -> str:
        """Return the property that a leaf here belongs to; empty if it belongs to a structure."""
        if self._path[-1] == _AGENT:
            return _AGENT
        description = f"{RDF}|Description"
        if self._path.count(description) != 1:
            return ""
        below = self._path[self._path.index(description) + 1 :]
        containers = {f"{RDF}|{kind}" for kind in ("Alt", "Bag", "Seq")}
        match below:
            case [owner]:
                return owner
            case [owner, container, item] if container in containers and item == f"{RDF}|li":
                return owner
        return ""

    def _add(self, key: str, value: str, language: str) -> None:
        value = value.strip()
        if key and value:
            self.properties.setdefault(key, []).append((language, value))


def properties(packet: bytes) -> Properties:
    """
    Read a packet.

    Raises:
        Malformed: not well-formed XML, XML with a document type, nested too deep, or too large.
    """
    if len(packet) > _READ_BYTES_MAX:
        msg = f"the XMP packet has {len(packet):,} bytes, {_READ_BYTES_MAX:,} are read at most"
        raise Malformed(msg)
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        wide = packet.startswith(_UTF16_MARKS)
        parser.Parse(packet if wide else packet.strip(b"\x00 \t\r\n"), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        msg = f"the XMP packet is not well-formed: {error}"
        raise Malformed(msg) from error
    return reader.properties


def _refuse_doctype(*_: object) -> NoReturn:
    msg = "the XMP packet brings a document type, which is not read"
    raise Malformed(msg)


def first(found: Properties, namespace: str, name: str) -> str:
    """Return one value of a property: that of `x-default`, else English, else the first one."""
    values = found.get(f"{namespace}|{name}", [])
    for wanted in ("x-default", "en"):
        for language, value in values:
            if language.casefold().startswith(wanted):
                return value
    return values[0][1] if values else ""


def every(found: Properties, namespace: str, name: str) -> tuple[str, ...]:
    """Return all values of a property, in order."""
    return tuple(value for _, value in found.get(f"{namespace}|{name}", []))


def read_packet(jpeg: bytes) -> Packet:
    """
    Read back what `finish` wrote.

    Raises:
        Malformed: the packet can not be read.
        AdapterError: `PublishFailed`, the bytes are no JPEG.
    """
    packets = [segment for segment in _segments(jpeg)[0] if _is_xmp(segment)]
    found = properties(packets[0][4 + len(_HEADER) :]) if packets else {}
    return Packet(
        caption=first(found, DC, "description"),
        alt_text=first(found, IPTC_CORE, "AltTextAccessibility"),
        keywords=every(found, DC, "subject"),
        creator=first(found, DC, "creator"),
        copyright=first(found, DC, "rights"),
        reviewer=first(found, PHOTOSHOP, "CaptionWriter"),
    )


# --- Writing.


def finish(jpeg: bytes, packet: Packet) -> bytes:
    """
    Return a copy of the JPEG that carries the packet; an earlier packet is replaced.

    The pixels, and all other segments, are copied byte for byte. An empty packet removes.

    Raises:
        AdapterError: `PublishFailed`, the bytes are no JPEG, or the texts are larger than
            `PACKET_BYTES_MAX` bytes.
    """
    segments, rest = _segments(jpeg)
    kept = [segment for segment in segments if not _is_xmp(segment)]
    written = build(packet)
    if written:
        if len(written) > PACKET_BYTES_MAX:
            detail = f"the texts take {len(written):,} bytes, a JPEG holds {PACKET_BYTES_MAX:,}"
            raise AdapterError(code="PublishFailed", detail=detail)
        length = 2 + len(_HEADER) + len(written)
        segment = b"\xff\xe1" + length.to_bytes(2, "big") + _HEADER + written
        place = sum(1 for _ in _leading(kept))
        kept.insert(place, segment)
    return b"\xff\xd8" + b"".join(kept) + rest


def build(packet: Packet) -> bytes:
    """Return the packet as XML in UTF-8; empty if there is nothing to say."""
    parts = [
        _list("dc:description", "Alt", [packet.caption]),
        _list("Iptc4xmpCore:AltTextAccessibility", "Alt", [packet.alt_text]),
        _list("dc:subject", "Bag", packet.keywords),
        _list("dc:creator", "Seq", [packet.creator]),
        _list("dc:rights", "Alt", [packet.copyright]),
    ]
    reviewer = _clean(packet.reviewer)
    writer = f" photoshop:CaptionWriter={quoteattr(reviewer)}" if reviewer else ""
    body = "".join(parts)
    if not body and not writer:
        return b""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about="" xmlns:dc="{DC}" xmlns:Iptc4xmpCore="{IPTC_CORE}"'
        f' xmlns:photoshop="{PHOTOSHOP}"{writer}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def _list(name: str, kind: str, values: tuple[str, ...] | list[str]) -> str:
    language = ' xml:lang="x-default"' if kind == "Alt" else ""
    items = [f"<rdf:li{language}>{escape(_clean(v))}</rdf:li>" for v in values if _clean(v)]
    return f"<{name}><rdf:{kind}>{''.join(items)}</rdf:{kind}></{name}>" if items else ""


def _clean(text: str) -> str:
    """Return the text without what XML can not hold: control characters and lone surrogates."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if _allowed(ord(char))).strip()


def _allowed(code: int) -> bool:
    return (
        code in {0x09, 0x0A}
        or 0x20 <= code <= 0xD7FF  # noqa: PLR2004  (the ranges of XML 1.0, section 2.2)
        or 0xE000 <= code <= 0xFFFD  # noqa: PLR2004
        or code >= 0x10000  # noqa: PLR2004
    )


# --- The segments of a JPEG.


def _segments(jpeg: bytes) -> tuple[list[bytes], bytes]:
    """Return the segments before the pixels, marker and length included, and all the rest."""
    if not jpeg.startswith(b"\xff\xd8\xff"):
        raise AdapterError(code="PublishFailed", detail="the picture to finish is no JPEG")
    segments: list[bytes] = []
    position = 2
    while jpeg[position : position + 1] == b"\xff" and jpeg[position + 1 : position + 2] != b"\xda":
        length = int.from_bytes(jpeg[position + 2 : position + 4], "big")
        end = position + 2 + length
        if length < 2 or end > len(jpeg):  # noqa: PLR2004  (the length counts its own two bytes)
            break
        segments.append(jpeg[position:end])
        position = end
    if jpeg[position : position + 2] != b"\xff\xda":
        raise AdapterError(code="PublishFailed", detail="the JPEG to finish is damaged")
    return segments, jpeg[position:]


def _is_xmp(segment: bytes) -> bool:
    return segment[:2] == b"\xff\xe1" and segment[4:].startswith((_HEADER, _EXTENSION_HEADER))


def _leading(segments: list[bytes]) -> list[bytes]:
    """Return the segments that have to stay in front: JFIF, then EXIF."""
    leading: list[bytes] = []
    for segment in segments:
        if not (segment[:2] == b"\xff\xe0" or segment[4:10] == b"Exif\x00\x00"):
            break
        leading.append(segment)
    return leading
