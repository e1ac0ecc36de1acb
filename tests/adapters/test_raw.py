"""RAW files are told from TIFF, read by their preview, and refused in a way that helps."""

import importlib.util
import struct
import sys
from typing import Any, Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters import raw
from adapters.darkroom import Recipe, Size, render
from adapters.decode import Unreadable, check_decodable, load, opened
from adapters.errors import AdapterError
from adapters.exif import read_metadata
from adapters.finishing import xmp_packet
from adapters.packet import Packet
from adapters.scorer import measure
from adapters.sniffing import RAW_TYPES, sniff
from machine.failures import FAILURES
from tests.adapters.photos import encoded, pixels, scene
from tests.adapters.raw_files import dng

needs_rawpy = pytest.mark.skipif(
    importlib.util.find_spec("rawpy") is None, reason="needs the extra `raw`"
)
NATURAL = Recipe(sizes=(Size(name="all", width_px=2000, height_px=2000, quality=95),))
NIKON: dict[str, Any] = {"dng": False, "make": "NIKON CORPORATION", "model": "NIKON Z 8"}


def file(orientation: int = 1, **more: Any) -> bytes:
    return dng(encoded(scene(320, 240), quality=95), (320, 240), orientation, **more)


@pytest.mark.parametrize(
    ("photo", "media_type"),
    [
        (file(), "image/x-adobe-dng"),
        (file(**NIKON), "image/x-nikon-nef"),
        (file(dng=False, make="SONY"), "image/x-sony-arw"),
        (file(dng=False, make="PENTAX"), "image/x-pentax-pef"),
        (file(dng=False, make="Hasselblad"), "image/x-dcraw"),
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(40), "image/x-canon-cr2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "image/x-canon-cr3"),
        (b"II\x1a\0\0\0HEAPCCDR", "image/x-canon-crw"),
        (b"FUJIFILMCCD-RAW 0201", "image/x-fuji-raf"),
        (b"IIU\0\x18\0\0\0", "image/x-panasonic-rw2"),
        (b"IIRO\x08\0\0\0", "image/x-olympus-orf"),
        (b"MMOR\0\0\0\x08", "image/x-olympus-orf"),
        (b"FOVb\0\0\2\0", "image/x-sigma-x3f"),
        (b"II*\0\x08\0\0\0IIII", "image/x-dcraw"),
    ],
)
def test_raw_files_are_known_by_their_bytes(photo: bytes, media_type: str) -> None:
    """Also those that are a TIFF to whoever looks at the first bytes only."""
    assert media_type == sniff(photo)
    assert media_type in RAW_TYPES


def test_a_tiff_stays_a_tiff() -> None:
    """With any compression, in either byte order, and where its directories lead nowhere."""
    for options in ({}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}):
        assert "image/tiff" == sniff(encoded(scene(64, 48), "TIFF", **options))
    assert "image/tiff" == sniff(b"MM\0*\0\0\0\x08")
    assert "image/tiff" == sniff(b"II*\0\xff\xff\xff\xff")
    circle = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x014A, 4, 1, 8, 8)
    assert "image/tiff" == sniff(circle)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_directories_never_end_badly(data: st.DataObject) -> None:
    """The walk through the directories ends, whatever they say."""
    photo = bytearray(file(**NIKON)[:600])
    for _ in range(data.draw(st.integers(1, 20))):
        photo[data.draw(st.integers(4, len(photo) - 1))] = data.draw(st.integers(0, 255))
    assert sniff(bytes(photo)) in RAW_TYPES | {"image/tiff"}


def test_without_the_library_the_refusal_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never the picture as small as a stamp that a reader of TIFF would find inside."""
    monkeypatch.setitem(sys.modules, "rawpy", None)
    for photo in (file(), file(**NIKON), b"FUJIFILMCCD-RAW 0201"):
        with pytest.raises(AdapterError, match="the extra `raw`") as caught:
            check_decodable(photo)
        assert "RawNeedsExtra" == caught.value.code
        assert caught.value.permanent
    assert "photojournal[raw]" in FAILURES["RawNeedsExtra"].hint
    with pytest.raises(AdapterError, match="the extra `raw`") as later:
        render(file())
    assert "ResizeUnreadable" == later.value.code


@needs_rawpy
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_preview_is_read_upright_with_what_the_camera_wrote(orientation: int) -> None:
    """Size of the preview, facts of the RAW file, and a note that says what was read."""
    photo = file(orientation, packet=xmp_packet(Packet(caption="Ice on the pier")).encode())
    metadata, text, private = read_metadata(photo)
    size = (240, 320) if orientation in {6, 8} else (320, 240)
    assert size == (metadata.width_px, metadata.height_px)
    assert orientation == metadata.orientation
    assert ("Pentax K-3 Mark III", "2024:05:30 15:56:01") == (metadata.camera, metadata.date_time)
    assert ("1/250 sec", "f/2.8", 200) == (metadata.exposure, metadata.aperture, metadata.iso)
    assert ("the preview in the RAW file, 320 x 240; its data has 64 x 48",) == metadata.notes
    assert "Ice on the pier" == text.caption
    assert private is not None
    assert "SN-12345" == private.camera_serial
    made = pixels(render(photo, NATURAL)[0][1]).astype(float)
    turns = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]
    assert np.abs(made - np.rot90(np.asarray(scene(320, 240)), turns)).mean() < 6
    assert 4 == len(measure(photo).scores)


@needs_rawpy
def test_a_preview_that_knows_how_it_lies_is_believed() -> None:
    """Its own EXIF counts before that of the RAW file."""
    straight = Image.Exif()
    straight[0x0112] = 1
    inside = encoded(scene(320, 240), exif=straight)
    inside = inside[:2] + inside[inside.index(b"\xff\xe1") :]  # as cameras do it: EXIF in front
    metadata, _, _ = read_metadata(dng(inside, (320, 240), 6))
    assert (320, 240, 1) == (metadata.width_px, metadata.height_px, metadata.orientation)


@needs_rawpy
@pytest.mark.parametrize("size", [12, 200, 700])
def test_a_raw_file_that_was_cut_off_is_no_photo(size: int) -> None:
    """With a reason."""
    with pytest.raises(AdapterError) as caught:
        check_decodable(file()[:size])
    assert "NotAPhoto" == caught.value.code
    assert caught.value.detail


@needs_rawpy
def test_a_camera_that_the_library_does_not_know_is_said() -> None:
    """In its words."""
    with pytest.raises(AdapterError, match="the RAW file cannot be read: Unsupported") as caught:
        check_decodable(b"FUJIFILMCCD-RAW 0201" + bytes(3000))
    assert "NotAPhoto" == caught.value.code


@needs_rawpy
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_raw_files_give_a_picture_or_a_reason(data: st.DataObject) -> None:
    """Directories that lie, a preview that is cut."""
    photo = bytearray(file())
    for _ in range(data.draw(st.integers(1, 8))):
        photo[data.draw(st.integers(0, 700))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(600, len(photo)))
    try:
        with opened(bytes(photo[:cut])) as image:
            load(image)
    except Unreadable as error:
        assert str(error)  # noqa: PT017  (either ending is fine)


class Opened:
    """What the library gives for a file that it has opened."""

    def __init__(self, kind: str, data: Any) -> None:
        import rawpy

        self.sizes = rawpy.ImageSizes(48, 64, 48, 64, 0, 0, 48, 64, 1.0, 6, 0, 0, 0, 0)
        self._found = rawpy.Thumbnail(rawpy.ThumbFormat[kind], data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def extract_thumb(self) -> Any:
        return self._found


@needs_rawpy
def test_bare_pixels_are_a_preview_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some cameras store no JPEG; then the RAW file says which way is up."""
    opened_file = Opened("BITMAP", np.asarray(scene(64, 48)))
    monkeypatch.setattr("rawpy.imread", lambda _file: opened_file)
    assert 6 == raw.preview(b"FUJIFILMCCD-RAW").orientation
    assert b"" == raw.exif_of(b"FUJIFILMCCD-RAW")
    with opened(b"FUJIFILMCCD-RAW") as image:
        load(image)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(scene(64, 48)))
    metadata, _, _ = read_metadata(b"FUJIFILMCCD-RAW")
    assert (48, 64, 6) == (metadata.width_px, metadata.height_px, metadata.orientation)


def box(name: bytes, data: bytes) -> bytes:
    return (8 + len(data)).to_bytes(4, "big") + name + data


def tiff(tags: dict[int, Any]) -> bytes:
    written = Image.Exif()
    written.update(tags)
    return written.tobytes().removeprefix(b"Exif\0\0")


def cr3(**damage: bytes) -> bytes:
    """The boxes of a CR3 that hold its facts; the library has the picture."""
    parts = {
        "CMT1": tiff({0x010F: "Canon", 0x0110: "Canon EOS R5m2", 0x013B: "Ann", 0x0112: 8}),
        "CMT2": tiff({0x9003: "2024:05:30 15:56:01", 0x829A: 0.004, 0xA434: "RF50mm F1.2 L USM"}),
        "CMT4": tiff({1: "S", 2: (52.0, 30.0, 0.0), 3: "E", 4: (4.0, 15.0, 0.0)}),
    }
    boxes = b"".join(box(name.encode(), data) for name, data in (parts | damage).items())
    packet = xmp_packet(Packet(caption="Ice on the pier")).encode()
    return (
        box(b"ftyp", b"crx \0\0\0\1crx isom")
        + box(b"moov", box(b"uuid", bytes(16) + boxes))
        + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + packet)
    )


@needs_rawpy
def test_canons_boxes_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Camera, lens, date, place, creator and words; how it lies is the preview's to say."""
    opened_file = Opened("JPEG", encoded(scene(320, 240)))
    monkeypatch.setattr("rawpy.imread", lambda _file: opened_file)
    metadata, text, private = read_metadata(cr3())
    assert ("Canon EOS R5m2", "RF50mm F1.2 L USM") == (metadata.camera, metadata.lens_model)
    assert ("2024:05:30 15:56:01", "1/250 sec") == (metadata.date_time, metadata.exposure)
    assert ("Ann", "Ice on the pier") == (text.creator, text.caption)
    assert private is not None
    assert (-52.5, 4.25) == (private.latitude_deg, private.longitude_deg)
    assert ("image/x-canon-cr3", 1) == (metadata.media_type, metadata.orientation)


@needs_rawpy
@pytest.mark.parametrize("name", ["CMT1", "CMT2", "CMT4"])
def test_damaged_boxes_cost_facts_and_no_photo(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrambled, or gone."""
    opened_file = Opened("JPEG", encoded(scene(320, 240)))
    monkeypatch.setattr("rawpy.imread", lambda _file: opened_file)
    for data in (b"", b"scrambled", b"II*\0\xff\xff\xff\xff"):
        assert 320 == read_metadata(cr3(**{name: data}))[0].width_px


def test_tiff_under_another_name_has_its_exif_read() -> None:
    """Panasonic's and Olympus' files begin with letters of their own."""
    facts = tiff({0x010F: "OLYMPUS CORPORATION", 0x0110: "E-M1MarkII"})
    for magic in (b"IIU\0", b"IIRO", b"IIRS") if facts.startswith(b"II") else (b"MMOR",):
        assert facts == raw.exif_of(magic + facts[4:])
