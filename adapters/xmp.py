"""
XMP: the packet of texts inside a picture, read from any photo. `adapters.finishing` writes it.

Packets of strangers are parsed without a document type: a packet that brings one (entities, the
billion laughs, references to files) is refused as malformed.
"""

from typing import NoReturn
from xml.parsers import expat

DC = "http://purl.org/dc/elements/1.1/"
IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
BASIC = "http://ns.adobe.com/xap/1.0/"
HISTORY = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"

_DEPTH_MAX = 64
_READ_BYTES_MAX = 8 << 20
"""A larger packet is not read; those of programs with much to say take some hundred kilobytes."""
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_AGENT = f"{HISTORY}|softwareAgent"


class Malformed(Exception):
    """The packet is not XMP, or not one that is safe to read; the message says why."""


Properties = dict[str, list[tuple[str, str]]]
"""
A packet as plain lists: `namespace|name` to its values, each with its language ("" for none).

Structures (a value that has fields of its own) are left out, but for the programs that are named in
a history: they are the values of `softwareAgent`.
"""


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
