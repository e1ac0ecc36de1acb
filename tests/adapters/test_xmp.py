"""Packets of strangers: read with care, refused where they are dangerous."""

import io

import pytest
from PIL import Image

from adapters import xmp
from adapters.xmp import Malformed, properties
from tests.adapters.photos import real


@pytest.mark.parametrize(
    "packet",
    [
        b"<!DOCTYPE lolz [<!ENTITY lol 'lol'>]><lolz>&lol;</lolz>",
        b'<!DOCTYPE foo [<!ENTITY x SYSTEM "file:///etc/hostname">]><foo>&x;</foo>',
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>",
        b"<a>" * 200 + b"</a>" * 200,
        b"",
        b"\xff\xfe",
    ],
)
def test_dangerous_and_broken_packets_are_refused(packet: bytes) -> None:
    """No entity is expanded, no file is read, no nesting eats the stack."""
    with pytest.raises(Malformed):
        properties(packet)


def test_a_real_packet_is_read() -> None:
    """Photoshop's packet: attributes, lists and languages."""
    with Image.open(io.BytesIO(real("BlueSquare.jpg"))) as picture:
        found = properties(picture.info["xmp"])
    assert xmp.first(found, xmp.DC, "title") == "Blue Square Test File - .jpg"
    assert "Blue Square" in xmp.every(found, xmp.DC, "subject")


def test_the_default_language_is_preferred() -> None:
    """x-default, then English, then whatever comes first."""
    alt = "<rdf:li xml:lang='{}'>{}</rdf:li>"
    body = alt.format("de", "Hafen") + alt.format("en-GB", "Harbour")
    packet = (
        f"<rdf:RDF xmlns:rdf='{xmp.RDF}' xmlns:dc='{xmp.DC}'><rdf:Description>"
        f"<dc:title><rdf:Alt>{body}{{}}</rdf:Alt></dc:title></rdf:Description></rdf:RDF>"
    )
    assert xmp.first(properties(packet.format("").encode()), xmp.DC, "title") == "Harbour"
    default = alt.format("x-default", "Haven")
    assert xmp.first(properties(packet.format(default).encode()), xmp.DC, "title") == "Haven"
