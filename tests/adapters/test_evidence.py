"""Text in a photo is a person's where something shows it; else it is kept and does not count."""

import io

import pytest
from PIL import Image

from adapters.captioner import NO_EVIDENCE, person_wrote, text_in_file, why_not_counted
from adapters.exif import read_facts
from machine.values import EmbeddedText
from tests.adapters.packets import caption, history, keywords, packet
from tests.adapters.photos import encoded, scene, with_exif

PLAIN = encoded(scene(64, 48))
PIER = "Fiskere på molen, Ærø – 漁師"


def with_iptc(datasets: dict[int, bytes], charset: bytes = b"") -> bytes:
    """A small JPEG with IPTC-IIM, in the segment where Photoshop puts it."""
    records = b"".join(
        b"\x1c\x02" + bytes([number]) + len(value).to_bytes(2, "big") + value
        for number, value in datasets.items()
    )
    if charset:
        records = b"\x1c\x01\x5a" + len(charset).to_bytes(2, "big") + charset + records
    block = b"8BIM\x04\x04\x00\x00" + len(records).to_bytes(4, "big") + records
    segment = b"Photoshop 3.0\x00" + block + b"\x00" * (len(records) % 2)
    return PLAIN[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + PLAIN[2:]


def text_of(photo: bytes, sidecar: bytes = b"") -> EmbeddedText:
    return read_facts(photo, sidecar).embedded


def with_packet(body: bytes) -> bytes:
    return encoded(scene(64, 48), xmp=body)


def test_text_alone_is_kept_and_not_used() -> None:
    """Neither its length nor the name of a creator shows that a person wrote it."""
    for photo in (
        with_exif({0x010E: "Fishermen on the pier", 0x013B: "Ann"}),
        with_packet(packet(caption(PIER) + "<dc:creator>Ann</dc:creator>")),
        with_iptc({120: b"Fishermen on the pier", 80: b"Ann"}),
    ):
        text = text_of(photo)
        assert text_in_file(text)
        assert "" == person_wrote(text)
        assert NO_EVIDENCE == why_not_counted(text)


@pytest.mark.parametrize(
    ("photo", "sidecar", "evidence"),
    [
        (with_packet(packet(caption(PIER), photoshop_CaptionWriter="Zoë")), b"", "Zoë"),
        (with_iptc({120: PIER.encode(), 122: b"Ann"}), b"", "Ann"),
        (PLAIN, packet(caption(PIER)), "sidecar"),
        (
            with_packet(packet(caption(PIER), xmp_CreatorTool="Adobe Photoshop Lightroom 6.1")),
            b"",
            "Adobe Photoshop Lightroom 6.1",
        ),
        (with_packet(packet(caption(PIER) + history("darktable 4.6"))), b"", "darktable 4.6"),
        (with_iptc({120: PIER.encode(), 65: b"Photo Mechanic"}), b"", "Photo Mechanic"),
        (with_exif({0x010E: PIER.encode(), 0x0131: "digiKam-8.2.0"}), b"", "digiKam-8.2.0"),
        (with_exif({0x010E: PIER.encode(), 0x0131: "Capture One 23"}), b"", "Capture One 23"),
    ],
)
def test_writer_sidecar_or_editor_show_a_person(
    photo: bytes, sidecar: bytes, evidence: str
) -> None:
    """Any one of them; what it was is kept."""
    text = text_of(photo, sidecar)
    assert PIER == person_wrote(text)
    assert evidence in text.evidence


@pytest.mark.parametrize("software", ["Ver.1.00", "8.3", "Nikon Transfer 1.1 W", "HDR+ 1.0"])
def test_what_a_camera_runs_is_no_editor(software: str) -> None:
    """Firmware and transfer programs write no captions."""
    text = text_of(with_exif({0x010E: "A fine caption", 0x0131: software}))
    assert "" == person_wrote(text)


def test_boilerplate_is_kept_as_what_it_is_whatever_the_evidence() -> None:
    """An editor that passed it through does not make it text."""
    photo = with_exif({0x010E: "SAMSUNG", 0x9286: b"", 0x0131: "Adobe Photoshop CS6"})
    text = text_of(photo)
    assert ("", ("SAMSUNG",)) == (text_in_file(text), text.boilerplate)
    assert "" == text.evidence


def test_the_sidecar_counts_before_the_photo() -> None:
    """Caption, keywords, date and place; what it does not say stays the photo's."""
    inside = packet(caption("Old") + keywords("old", "gone"), photoshop_CaptionWriter="Ann")
    photo = with_packet(inside)
    beside = packet(
        caption(PIER) + keywords("mole"),
        exif_DateTimeOriginal="2019-05-06T07:08:09",
        exif_GPSLatitude="54,53.5N",
        exif_GPSLongitude="10,24,30W",
    )
    facts = read_facts(photo, beside)
    assert (PIER, ("mole",), "Ann") == (
        facts.embedded.caption,
        facts.embedded.keywords,
        facts.embedded.writer,
    )
    assert "2019:05:06 07:08:09" == facts.metadata.date_time
    assert facts.private is not None
    assert (54.8916667, -10.4083333) == (
        facts.private.latitude_deg,
        facts.private.longitude_deg,
    )


@pytest.mark.parametrize(
    ("stored", "charset"),
    [
        ("Kürbis am Straßenrand".encode("latin-1"), b""),
        ("Kürbis am Straßenrand".encode(), b"\x1b%G"),
        ("Kürbis am Straßenrand".encode(), b""),
    ],
)
def test_iptc_is_read_in_latin_1_and_in_utf_8(stored: bytes, charset: bytes) -> None:
    """Also where nobody said which."""
    text = text_of(with_iptc({120: stored, 25: stored, 122: b"Ann"}, charset))
    assert "Kürbis am Straßenrand" == text.caption
    assert ("Kürbis am Straßenrand",) == text.keywords


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><x>&j;</x>"
).encode()


@pytest.mark.parametrize(
    ("packet_of_a_stranger", "why"),
    [
        (BOMB, "document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
        (packet("<dc:a>" * 9_000 + "</dc:a>" * 9_000), "nested deeper"),
        (packet(xmp_Label="x" * (10 << 20)), "bytes"),
        (packet(caption(PIER))[:-20], "not well-formed"),
        (b"\x00\x01\x02 no xml", "not well-formed"),
        (bytes(4_000), "not well-formed"),
    ],
)
def test_a_hostile_sidecar_is_told_and_the_photo_read(
    packet_of_a_stranger: bytes, why: str
) -> None:
    """Entities, references, depth, size and damage; nothing of it is taken over."""
    facts = read_facts(with_exif({0x0110: "EOS 40D"}), packet_of_a_stranger)
    assert why in facts.sidecar_problem
    assert "EOS 40D" == facts.metadata.camera
    assert EmbeddedText() == facts.embedded


def test_a_sidecar_in_utf_16_is_read() -> None:
    """XMP allows it."""
    text = text_of(PLAIN, packet(caption(PIER)).decode().encode("utf-16"))
    assert PIER == text.caption


def test_the_made_iptc_is_what_pillow_reads() -> None:
    """The photo with it is still a photo."""
    with Image.open(io.BytesIO(with_iptc({120: b"odd", 122: b"Ann"}))) as image:
        assert (64, 48) == image.size
