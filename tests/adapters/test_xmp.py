"""The packet goes into a copy of the JPEG, the pixels stay bit for bit, and it reads back."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters import xmp
from adapters.colour import srgb_profile
from adapters.darkroom import render
from adapters.errors import AdapterError
from adapters.xmp import Malformed, Packet, finish, properties, read_packet
from tests.adapters.photos import encoded, pixels, real, scene, with_exif

PACKET = Packet(
    caption="Harbour at dusk, Rotterdam, 30 May 2008.",
    alt_text='Cranes & ships <in> a "red" evening — ünïcödé 日没',
    keywords=("harbour", "Rotterdam", "dusk & dawn"),
    creator="Ann Photographer",
    copyright="© 2008 Ann Photographer",
    reviewer="Ben Reviewer",
)


@pytest.fixture(scope="module")
def rendition() -> bytes:
    return render(encoded(scene()))[0][1]


def test_what_was_written_reads_back(rendition: bytes) -> None:
    """Every field, with its quotes, brackets and other people's letters."""
    assert PACKET == read_packet(finish(rendition, PACKET))


def test_the_pixels_are_the_same_bits(rendition: bytes) -> None:
    """Nothing is encoded again: the scan is copied, profile and tables too."""
    finished = finish(rendition, PACKET)
    np.testing.assert_array_equal(pixels(rendition), pixels(finished))
    scan = rendition[rendition.index(b"\xff\xda") :]
    assert finished.endswith(scan)
    with Image.open(io.BytesIO(finished)) as picture:
        assert picture.info["icc_profile"] == srgb_profile()
        assert picture.info["progressive"]


def test_pillow_finds_the_packet_where_readers_look(rendition: bytes) -> None:
    """With the element types that readers demand: Alt with x-default, Bag, Seq, attribute."""
    with Image.open(io.BytesIO(finish(rendition, PACKET))) as picture:
        packet = picture.info["xmp"].decode()
    li = '<rdf:li xml:lang="x-default">'
    assert f"<dc:description><rdf:Alt>{li}{PACKET.caption}<" in packet
    assert f"<Iptc4xmpCore:AltTextAccessibility><rdf:Alt>{li}Cranes &amp; ships" in packet
    assert "<dc:subject><rdf:Bag><rdf:li>harbour</rdf:li><rdf:li>Rotterdam<" in packet
    assert "<dc:creator><rdf:Seq><rdf:li>Ann Photographer<" in packet
    assert f"<dc:rights><rdf:Alt>{li}© 2008" in packet
    assert 'photoshop:CaptionWriter="Ben Reviewer"' in packet
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>')


def test_pillows_own_reader_agrees(rendition: bytes) -> None:
    """A second opinion, where its XML library is installed."""
    pytest.importorskip("defusedxml")
    with Image.open(io.BytesIO(finish(rendition, PACKET))) as picture:
        description: Any = picture.getxmp()["xmpmeta"]["RDF"]["Description"]
    assert PACKET.reviewer == description["CaptionWriter"]
    assert description["subject"]["Bag"]["li"] == list(PACKET.keywords)
    assert PACKET.caption == description["description"]["Alt"]["li"]["text"]


def test_finishing_is_repeatable_and_replaces(rendition: bytes) -> None:
    """Twice is once; new texts replace the old; no texts leave what was there before."""
    finished = finish(rendition, PACKET)
    assert finished == finish(rendition, PACKET)
    assert finished == finish(finished, PACKET)
    other = finish(finished, Packet(caption="Another caption"))
    assert other == finish(rendition, Packet(caption="Another caption"))
    assert b"Harbour" not in other
    assert rendition == finish(finished, Packet())


def test_a_strangers_packet_and_its_extension_go() -> None:
    """Nothing that we did not write stands beside what we wrote."""
    photo = encoded(scene(64, 48), xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>old words</x:xmpmeta>")
    extension = b"http://ns.adobe.com/xmp/extension/\x00" + b"more old words"
    segment = b"\xff\xe1" + (len(extension) + 2).to_bytes(2, "big") + extension
    finished = finish(photo[:2] + segment + photo[2:], PACKET)
    assert b"old words" not in finished
    assert finished.count(b"http://ns.adobe.com/x") == 1


def test_exif_stays_in_front() -> None:
    """Readers that look for EXIF in the first place still find it."""
    finished = finish(with_exif({0x010F: "Canon"}), PACKET)
    assert finished.index(b"Exif\x00") < finished.index(b"http://ns.adobe.com/xap")
    with Image.open(io.BytesIO(finished)) as picture:
        assert picture.getexif()[0x010F] == "Canon"


def test_texts_too_large_for_a_jpeg_are_a_clear_error(rendition: bytes) -> None:
    """64 KB is what the format holds; nothing is cut off in silence."""
    with pytest.raises(AdapterError, match=r"a JPEG holds 65,502") as caught:
        finish(rendition, Packet(caption="word " * 14_000))
    assert caught.value.code == "PublishFailed"


def test_the_largest_packet_that_fits_does_fit(rendition: bytes) -> None:
    """The limit is the format's, to the byte."""
    room = xmp.PACKET_BYTES_MAX - len(xmp.build(Packet(caption="x"))) + 1
    largest = Packet(caption="x" * room)
    assert largest == read_packet(finish(rendition, largest))
    with pytest.raises(AdapterError):
        finish(rendition, Packet(caption="x" * (room + 1)))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00"])
def test_what_is_no_jpeg_is_a_clear_error(data: bytes) -> None:
    """Not a picture, or one that is damaged before its pixels begin."""
    with pytest.raises(AdapterError):
        finish(data, PACKET)


TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)


@settings(max_examples=100, deadline=None)
@given(caption=TEXTS, alt_text=TEXTS, keywords=st.lists(TEXTS, max_size=4))
def test_any_text_gives_a_readable_packet(caption: str, alt_text: str, keywords: list[str]) -> None:
    """Control characters and halves of characters are left out; the rest reads back."""
    packet = Packet(caption=caption, alt_text=alt_text, keywords=tuple(keywords))
    back = read_packet(finish(encoded(scene(32, 32)), packet))
    again = read_packet(finish(encoded(scene(32, 32)), back))
    assert back == again
    assert xmp._clean(caption).strip() == back.caption


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
