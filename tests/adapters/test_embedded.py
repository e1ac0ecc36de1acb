"""Text that a person wrote into a photo is found; what devices leave there is not text."""

import pytest
from PIL import Image

from adapters.evidence import is_boilerplate
from adapters.exif import read_metadata
from adapters.finishing import xmp_packet
from adapters.packet import Packet
from machine.values import EmbeddedText
from tests.adapters.photos import encoded, real, scene, with_exif


def text_of(photo: bytes) -> EmbeddedText:
    return read_metadata(photo)[1]


@pytest.mark.parametrize(
    "text",
    [
        "OLYMPUS DIGITAL CAMERA         ",
        "KODAK DC240 Zoom Digital Camera",
        "SONY DSC",
        "MINOLTA DSC",
        "SAMSUNG CAMERA PICTURES",
        "<Digimax S600 / Kenox S600>",
        "DCIM",
        "100CANON",
        "Created with GIMP",
        "CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90",
        "Exif_JPEG_PICTURE",
        "dav_soft",
        "IMG_1234.JPG",
        "DSC_1801",
        "P1010001",
        "untitled",
        "image 3",
        "...",
        "2008-05-30",
        "",
    ],
)
def test_what_devices_write_is_no_text(text: str) -> None:
    """Names of cameras, programs, folders and files."""
    assert is_boilerplate(text)


@pytest.mark.parametrize(
    "text",
    [
        "Harbour at dusk",
        "P-51 Mustang over Duxford",
        "Photo of my grandmother",
        "My first digital photo",
        "Canon fire at the fortress",
        "Blue Square Test File - .jpg",
        "日没の港",
        "Rotterdam",
    ],
)
def test_what_people_write_is_text(text: str) -> None:
    """Even where it looks a little like what devices write."""
    assert not is_boilerplate(text, camera="Canon EOS 40D")


def test_the_cameras_own_name_is_no_caption() -> None:
    """A field that says nothing but the camera's name says nothing."""
    assert is_boilerplate("canon eos", camera="Canon EOS 40D")


def test_the_olympus_photo_has_no_text() -> None:
    """A real photo with the best known boilerplate, which is kept as what it is."""
    assert text_of(real("corrupted.jpg")) == EmbeddedText(boilerplate=("OLYMPUS DIGITAL CAMERA",))


def test_a_photoshop_file_keeps_its_text() -> None:
    """Title, caption and keywords from XMP, IPTC and EXIF come out once."""
    text = text_of(real("BlueSquare.jpg"))
    assert text.title == "Blue Square Test File - .jpg"
    assert text.caption.startswith("XMPFiles BlueSquare test file")
    assert text.keywords == ("XMP", "Blue Square", "test file", "Photoshop", ".jpg")


def test_the_packet_counts_before_exif_and_blanks_do_not_hide_text() -> None:
    """XMP first; a blank caption in EXIF is passed over."""
    packet = Packet(caption="from XMP", alt_text="An alt text", keywords=("sea", "Sea", "pier"))
    exif = Image.Exif()
    exif.update({0x010E: "from EXIF", 0x013B: "Ann"})
    photo = encoded(scene(64, 48), exif=exif, xmp=xmp_packet(packet).encode())
    text = text_of(photo)
    assert (text.caption, text.alt_text, text.creator) == ("from XMP", "An alt text", "Ann")
    assert text.keywords == ("sea", "pier")
    assert text_of(with_exif({0x010E: "   ", 0x9C9C: "by hand\0".encode("utf-16-le")})).caption == (
        "by hand"
    )


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (b"ASCII\0\0\0a comment\0\0", "a comment"),
        (b"UNICODE\0" + "hafen".encode("utf-16-le"), "hafen"),
        (b"UNICODE\0" + "hafen".encode("utf-16-be"), "hafen"),
        (bytes(64), ""),
        (b"ASCII\0\0\0          ", ""),
        (b"JIS\0\0\0\0\0abc", ""),
    ],
)
def test_user_comments_are_decoded_as_they_say(stored: bytes, text: str) -> None:
    """Eight bytes in front name the encoding; blanks are no comment."""
    assert text == text_of(with_exif({}, {0x9286: stored})).caption


def test_utf8_in_exif_is_read_as_such() -> None:
    """Most programs write UTF-8 where the standard has ASCII."""
    photo = with_exif({0x8298: "© Zoë Müller".encode()})
    assert text_of(photo).copyright == "© Zoë Müller"


def test_control_characters_never_come_out() -> None:
    """Text goes into logs and terminals."""
    caption = text_of(with_exif({0x010E: "Pier\x1b[31m at\x07 dusk"})).caption
    assert caption.isprintable()
    assert "at" in caption


def test_a_dangerous_packet_is_noted_and_not_read() -> None:
    """A packet with entities is refused; the photo is not."""
    packet = b"""<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>"""
    metadata, text, _ = read_metadata(encoded(scene(64, 48), xmp=packet))
    assert text == EmbeddedText()
    assert any("document type" in note for note in metadata.notes)


def test_png_and_webp_carry_text_too() -> None:
    """Not only JPEG."""
    exif = Image.Exif()
    exif[0x010E] = "A pier in winter"
    for kind in ("PNG", "WEBP", "TIFF"):
        assert text_of(encoded(scene(64, 48), kind, exif=exif)).caption == "A pier in winter"
