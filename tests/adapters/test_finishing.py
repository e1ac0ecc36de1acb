"""The texts go into a copy, the pixels stay bit for bit, and nothing else stands in the file."""

import io
import json
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image

from adapters import packet as said
from adapters import packet_check
from adapters.colour import srgb_profile
from adapters.errors import AdapterError
from adapters.finishing import finish
from adapters.packet import Packet, clean
from tests.adapters.photos import encoded, pixels, scene

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
PACKET = Packet(
    caption="Harbour at dusk, Rotterdam, 30 May 2008.",
    alt_text='Cranes & ships <in> a "red" evening; a pier, no people',
    keywords=("harbour", "dusk & dawn", "Rotterdam, south"),
    language="nl-BE",
    creator="Ann Photographer",
    credit="Ann / Port Pictures",
    copyright="© 2008 Ann Photographer",
    licence_url=LICENCE,
    caption_writer="Ben Reviewer",
)
KEPT = replace(
    PACKET,
    date_time="2008:05:30 21:14:05",
    camera="Canon EOS 40D",
    lens="EF-S17-85mm f/4-5.6 IS USM",
    exposure="1/250 sec",
    aperture="f/2.8",
    iso=200,
    focal_length="35.5 mm",
    latitude_deg=-51.9244,
    longitude_deg=4.4777,
    altitude_m=-2.5,
)
SCRIPTS = {
    "Japanese": "夕暮れの港、クレーンと船。",
    "emoji": "A family 👩‍👩‍👧‍👦 on the pier 🏴‍☠️ 👍🏽",
    "right to left": "נמל בשקיעה, (רוטרדם) ميناء",
    "combining": "Cafe\u0301 Sa\u0323\u0307o, Z\u0351\u036balgo",
    "lines": "First line\nsecond line\n\n\tfourth",
}

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed"
)
KINDS = ["JPEG", "WEBP", pytest.param("AVIF", marks=needs_exiftool)]


def made(kind: str = "JPEG") -> bytes:
    """A rendition as the darkroom makes it."""
    return encoded(scene(), kind, icc_profile=srgb_profile())


def exiftool(picture: bytes, folder: Path) -> dict[str, Any]:
    """Every tag of a picture as exiftool reads it, by group and name."""
    path = folder / "picture"
    path.write_bytes(picture)
    command = ["exiftool", "-a", "-G1", "-s", "-j", "-struct", "-n", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    (tags,) = json.loads(done.stdout)
    found: dict[str, Any] = tags
    return found


@needs_exiftool
def test_exiftool_reads_every_field_back(tmp_path: Path) -> None:
    """In XMP, IIM and EXIF, each of its own type; texts also under their own language."""
    tags = exiftool(finish(made(), PACKET), tmp_path)
    for group, name in (("XMP-dc", "Description"), ("XMP-iptcCore", "AltTextAccessibility")):
        text = PACKET.caption if name == "Description" else PACKET.alt_text
        assert text == tags[f"{group}:{name}"]
        assert text == tags[f"{group}:{name}-nl-BE"]
    assert list(PACKET.keywords) == tags["XMP-dc:Subject"] == tags["IPTC:Keywords"]
    assert [PACKET.creator] == tags["XMP-dc:Creator"]
    assert PACKET.creator == tags["IPTC:By-line"] == tags["IFD0:Artist"]
    assert PACKET.credit == tags["XMP-photoshop:Credit"] == tags["IPTC:Credit"]
    assert PACKET.copyright == tags["XMP-dc:Rights"] == tags["IPTC:CopyrightNotice"]
    assert PACKET.copyright == tags["IFD0:Copyright"]
    assert PACKET.caption == tags["IPTC:Caption-Abstract"] == tags["IFD0:ImageDescription"]
    writers = (tags["XMP-photoshop:CaptionWriter"], tags["IPTC:Writer-Editor"])
    assert (PACKET.caption_writer,) * 2 == writers
    assert LICENCE == tags["XMP-xmpRights:WebStatement"] == tags["XMP-cc:License"]
    assert "\x1b%G" == tags["IPTC:CodedCharacterSet"]


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
@needs_exiftool
def test_every_script_comes_through(text: str, tmp_path: Path) -> None:
    """As it was written, not normalised, in all three places."""
    tags = exiftool(finish(made(), Packet(caption=text, keywords=(text,))), tmp_path)
    assert text == tags["XMP-dc:Description"] == tags["IPTC:Caption-Abstract"]
    assert text == tags["IFD0:ImageDescription"]
    assert " ".join(text.split()) == str(tags["XMP-dc:Subject"][0])


@pytest.mark.parametrize("language", ["en", "pt-BR", "zh-Hant-TW", "sl-rozaj-biske"])
def test_any_language_stands_beside_the_default(language: str) -> None:
    """In whichever order the library writes them."""
    packet = Packet(caption="蒸気機関車", alt_text="Steam", language=language)
    assert packet.caption.encode() in finish(made(), packet)


@needs_exiftool
def test_what_is_kept_of_the_camera_reads_back(tmp_path: Path) -> None:
    """Date, camera, lens, exposure and place, where the owner wants them."""
    tags = exiftool(finish(made(), KEPT), tmp_path)
    assert KEPT.date_time == tags["ExifIFD:DateTimeOriginal"]
    assert KEPT.camera == tags["IFD0:Model"]
    assert KEPT.lens == tags["ExifIFD:LensModel"]
    exposed = ("ExposureTime", "FNumber", "ISO", "FocalLength")
    assert [0.004, 2.8, 200, 35.5] == [tags[f"ExifIFD:{name}"] for name in exposed]
    assert pytest.approx(51.9244, abs=1e-6) == tags["GPS:GPSLatitude"]
    assert pytest.approx(4.4777, abs=1e-6) == tags["GPS:GPSLongitude"]
    assert ("S", "E") == (tags["GPS:GPSLatitudeRef"], tags["GPS:GPSLongitudeRef"])
    assert (1, 2.5) == (tags["GPS:GPSAltitudeRef"], tags["GPS:GPSAltitude"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_are_the_same_bits(kind: str) -> None:
    """Nothing is encoded again, and the profile stays; equal input gives equal bytes."""
    picture = made(kind)
    finished = finish(picture, KEPT)
    np.testing.assert_array_equal(pixels(picture), pixels(finished))
    with Image.open(io.BytesIO(finished)) as image:
        assert srgb_profile() == image.info["icc_profile"]
        assert PACKET.caption.encode() in image.info["xmp"]
    assert finished == finish(picture, KEPT)
    if kind == "JPEG":
        assert finished.endswith(picture[picture.index(b"\xff\xda") :])
    if kind == "WEBP":
        assert picture[picture.index(b"VP8 ") :] in finished


def test_finishing_replaces_what_stood_there() -> None:
    """New texts replace the old; no texts leave nothing; twice is once."""
    picture = made()
    finished = finish(picture, PACKET)
    assert finished == finish(finished, PACKET)
    other = finish(finished, Packet(caption="Another caption"))
    assert other == finish(picture, Packet(caption="Another caption"))
    assert b"Harbour" not in other
    assert picture == finish(finished, Packet())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_nothing_of_the_camera_is_left(kind: str) -> None:
    """Serial number, place, thumbnail and comment of a picture that has them are gone."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA431] = "SERIAL-12345"
    exif.get_ifd(0x8825)[2] = (51.0, 55.0, 20.0)
    options: dict[str, Any] = {"comment": b"secret words"} if kind == "JPEG" else {}
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><old>words</old></x:xmpmeta>"
    picture = encoded(scene(), kind, exif=exif, xmp=xmp, **options)
    finished = finish(picture, PACKET)
    for word in (b"SERIAL", b"secret", b"<old>"):
        assert word not in finished
    with Image.open(io.BytesIO(finished)) as image:
        assert {} == image.getexif().get_ifd(0x8825) == image.getexif().get_ifd(0x8769)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda good: good.replace(b"Harbour", b"Habrour"), "is not what was written"),
        (lambda good: good.replace(b"rdf:Bag>", b"rdf:Seq>"), "dc:subject"),
        (lambda good: good[:2] + b"\xff\xfe\x00\x06word" + good[2:], "COM"),
        (lambda good: good[:2] + b"\xff\xe5\x00\x06word" + good[2:], "APP5"),
        (lambda good: good[:-400] + bytes(398) + b"\xff\xd9", "pixels"),
        (lambda good: good[:300], "open again"),
    ],
)
def test_the_second_look_finds_what_is_wrong(spoil: Any, what: str) -> None:
    """A value that is missing or another, a stranger's tag or segment, pixels that changed."""
    picture = encoded(scene(64, 48), icc_profile=srgb_profile())
    finished = finish(picture, PACKET)
    packet_check.check(picture, finished, PACKET)
    with pytest.raises(packet_check.Differs, match=what):
        packet_check.check(picture, spoil(finished), PACKET)


def test_the_second_look_finds_tags_that_nobody_asked_for() -> None:
    """A place in EXIF, a keyword in XMP, another profile."""
    picture = made()
    with pytest.raises(packet_check.Differs, match=r"EXIF .* was not asked for"):
        packet_check.check(picture, finish(picture, KEPT), PACKET)
    with pytest.raises(packet_check.Differs, match=r"XMP dc:subject stands there"):
        packet_check.check(picture, finish(picture, PACKET), replace(PACKET, keywords=()))
    with pytest.raises(packet_check.Differs, match="profile"):
        packet_check.check(encoded(scene()), finish(picture, PACKET), PACKET)


def test_iim_is_cut_at_a_character_and_xmp_is_whole() -> None:
    """A By-line holds 32 bytes, a caption 2,000; no letter loses its accent, no family a member."""
    creator = "Αλεξάνδρα Παπαδοπούλου-Βασιλείου"
    packet = Packet(caption="é" * 1500, creator=creator, keywords=("e\u0301" * 40, "👩‍👩‍👧‍👦" * 3))
    table = said.iim_table(packet)
    assert "é" * 1000 == table[2, 120][0].decode()
    assert creator.startswith(table[2, 80][0].decode())
    assert 30 <= len(table[2, 80][0]) <= 32
    assert ["e\u0301" * 21, "👩‍👩‍👧‍👦" * 2] == [value.decode() for value in table[2, 25]]
    assert packet.caption == said.xmp_table(packet)["dc:description"].items[0][1]
    finish(made(), packet)


def test_another_licence_than_creative_commons_is_a_web_statement_alone() -> None:
    """`cc:license` names one of theirs only, also where their name is a part of another's."""
    for url in ("https://example.org/terms", "https://evilcreativecommons.org/licenses/by/4.0/"):
        table = said.xmp_table(Packet(licence_url=url))
        assert {"xmpRights:WebStatement"} == set(table)


def test_texts_too_large_for_a_jpeg_are_a_clear_error() -> None:
    """64 KB is what a segment holds; nothing is cut off in silence."""
    with pytest.raises(AdapterError) as caught:
        finish(made(), Packet(caption="word " * 14_000))
    assert caught.value.code == "FinishingFailed"
    assert "large" in caught.value.detail.lower()


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"GIF89a", b"\xff\xd8\xff\xe0\x00", b"RIFF"])
def test_what_is_no_picture_is_a_clear_error(data: bytes) -> None:
    """Not a picture, or one that is damaged before its pixels begin."""
    with pytest.raises(AdapterError) as caught:
        finish(data, PACKET)
    assert "FinishingFailed" == caught.value.code


def test_avif_without_exiftool_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is missing."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AdapterError) as caught:
        finish(made("AVIF"), PACKET)
    assert "ExiftoolMissing" == caught.value.code


TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)


@settings(max_examples=150, deadline=None)
@given(caption=TEXTS, alt_text=TEXTS, keywords=st.lists(TEXTS, max_size=4), name=TEXTS)
def test_any_text_reads_back(caption: str, alt_text: str, keywords: list[str], name: str) -> None:
    """What XML can not hold is left out; `finish` itself compares all the rest."""
    packet = Packet(
        caption=caption,
        alt_text=alt_text,
        keywords=tuple(keywords),
        creator=name,
        credit=name,
        copyright=name,
        caption_writer=name,
    )
    finish(encoded(scene(32, 32)), packet)
    kept = "".join(char for char in caption if unicodedata.category(char) not in ("Cc", "Cs"))
    assert set(clean(caption)) - set("\n\t") <= set(kept)


@settings(max_examples=200, deadline=None)
@given(degrees=st.floats(-180, 180), metres=st.floats(-11_000, 9_000))
def test_any_place_is_written_within_a_step(degrees: float, metres: float) -> None:
    """Three rationals that come back to the degrees, to a hundred-millionth."""
    table = said.exif_table(Packet(latitude_deg=1, longitude_deg=degrees, altitude_m=metres))
    arc: Any = table["GPSInfo", 4]
    assert abs(degrees) == pytest.approx(float(arc[0] + arc[1] / 60 + arc[2] / 3600), abs=2e-8)
    assert arc[1] < 60
    assert arc[2] < 60
