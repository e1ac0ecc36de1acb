"""Every format that photographers bring: upright, in its colours, with what it says of itself."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from adapters.darkroom import Recipe, Size, render
from adapters.decode import Unreadable, check_decodable, load, opened, rgb, sniff
from adapters.errors import AdapterError
from adapters.exif import read_metadata
from adapters.finishing import xmp_packet
from adapters.packet import Packet
from adapters.preview import prepare
from adapters.scorer import measure
from tests.adapters.photos import encoded, pixels, scene, wide_gamut_profile

KINDS = ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF"]
SMALL = Recipe(sizes=(Size(name="s", width_px=60, height_px=60, quality=92),))
NATURAL = Recipe(sizes=(Size(name="all", width_px=2000, height_px=2000, quality=95),))
_TURNED_BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif(orientation: int = 1) -> Image.Exif:
    """What a camera writes: facts, place, and a person's words."""
    written = Image.Exif()
    written[0x0112] = orientation
    written[0x010F], written[0x0110] = "NIKON CORPORATION", "NIKON Z 8"
    written[0x010E], written[0x013B] = "A pier in winter", "Ann Photographer"
    written.get_ifd(0x8769).update({0x9003: "2024:05:30 15:56:01", 0x829A: 0.004, 0x8827: 200})
    place = {1: "N", 2: (52.0, 30.0, 0.0), 3: "W", 4: (4.0, 15.0, 0.0)}
    written.get_ifd(0x8825).update(place)
    return written


def packet() -> bytes:
    return xmp_packet(Packet(caption="Words in the packet", keywords=("pier", "ice"))).encode()


def developed(photo: bytes) -> Any:
    """The pixels as they would be published."""
    return pixels(render(photo, NATURAL)[0][1]).astype(float)


def written(kind: str, picture: Image.Image, **options: Any) -> bytes:
    lossless = {"TIFF": {}, "PNG": {}, "WEBP": {"lossless": True}}
    return encoded(picture, kind, **lossless.get(kind, {"quality": 95}), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_format_comes_out_upright(kind: str, orientation: int) -> None:
    """Stored in any of the eight ways, by EXIF or by HEIF's own boxes: turned once, not twice."""
    back = _TURNED_BACK[orientation]
    stored = scene(160, 96) if back is None else scene(160, 96).transpose(back)
    photo = written(kind, stored, exif=exif(orientation).tobytes())
    metadata, _, _ = read_metadata(photo)
    assert (160, 96, orientation) == (metadata.width_px, metadata.height_px, metadata.orientation)
    made = developed(photo)
    assert made.shape == (96, 160, 3)
    assert np.abs(made - np.asarray(scene(160, 96), dtype=float)).mean() < 8


def test_heif_is_not_turned_by_exif() -> None:
    """Its boxes say how it lies; EXIF that says otherwise is a leftover."""
    tag = Image.Exif()
    tag[0x0112] = 6
    photo = written("HEIF", scene(160, 96), exif=tag)  # as an object: the encoder writes no box
    assert b"irot" not in photo
    assert developed(photo).shape == (96, 160, 3)
    assert read_metadata(photo)[0].width_px == 160


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_says_what_the_camera_and_a_person_wrote(kind: str) -> None:
    """Camera, date, place, creator from EXIF, caption and keywords from XMP."""
    tags = exif()
    options: dict[str, Any] = {}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet().decode())
    elif kind == "TIFF":
        tags[700] = packet()
    else:
        options["xmp"] = packet()
    photo = written(kind, scene(64, 48), exif=tags.tobytes(), **options)
    metadata, text, private = read_metadata(photo)
    assert ("NIKON Z 8", "2024:05:30 15:56:01") == (metadata.camera, metadata.date_time)
    assert ("1/250 sec", 200) == (metadata.exposure, metadata.iso)
    assert () == metadata.notes
    assert ("Words in the packet", ("pier", "ice")) == (text.caption, text.keywords)
    assert "Ann Photographer" == text.creator
    assert private is not None
    assert (52.5, -4.25) == (private.latitude_deg, private.longitude_deg)


def test_iptc_is_read_from_tiff() -> None:
    """The old records of news agencies."""
    record = b"".join(
        b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text
        for number, text in ((120, b"Ice on the pier"), (25, b"ice"), (80, b"Ann"))
    )
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info.tagtype[33723] = 7
    info[33723] = record
    _, text, _ = read_metadata(encoded(scene(64, 48), "TIFF", tiffinfo=info))
    assert ("Ice on the pier", ("ice",), "Ann") == (text.caption, text.keywords, text.creator)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_a_colour_profile_is_kept_and_used(kind: str) -> None:
    """A profile with red and green exchanged shows that it is applied."""
    profile = wide_gamut_profile()
    photo = written(kind, Image.new("RGB", (64, 48), (200, 30, 40)), icc_profile=profile)
    with opened(photo) as image:
        assert image.info["icc_profile"] == profile
    red, green, _ = developed(photo)[24, 32]
    assert green > red + 100


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_of_several_pictures_the_first_is_taken_and_the_choice_is_noted(kind: str) -> None:
    """Animations and pages: one photo, with a note."""
    frames = [Image.new("RGB", (64, 48), (tone, tone, tone)) for tone in (20, 120, 220)]
    photo = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    which = "main" if kind == "HEIF" else "first"
    assert (f"the {which} one of 3 pictures in the file",) == read_metadata(photo)[0].notes
    assert np.abs(developed(photo) - 20).mean() < 6


def test_the_small_copies_behind_a_jpeg_are_not_worth_a_note() -> None:
    """Telephones and cameras hide brightness maps and previews there."""
    frames = [Image.new("RGB", (64, 48), (tone, tone, tone)) for tone in (20, 120)]
    photo = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert () == read_metadata(photo)[0].notes
    assert np.abs(developed(photo) - 20).mean() < 6


def test_heif_says_which_picture_is_its_main_one() -> None:
    """Not the first one: the one that its maker chose."""
    frames = [Image.new("RGB", (64, 48), (tone, tone, tone)) for tone in (20, 120, 220)]
    photo = encoded(frames[0], "HEIF", save_all=True, append_images=frames[1:], primary_index=1)
    assert np.abs(developed(photo) - 120).mean() < 6


def test_a_small_copy_inside_heif_is_not_taken_for_the_photo() -> None:
    """Renditions are made from the large picture."""
    photo = encoded(scene(640, 480), "HEIF", quality=95, thumbnails=[64])
    made = pixels(render(photo, SMALL)[0][1])
    small = scene(640, 480).resize((60, 45), Image.Resampling.LANCZOS)
    assert np.abs(made.astype(float) - np.asarray(small)).mean() < 5


def modes() -> list[tuple[str, Image.Image]]:
    grey = scene(64, 48).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    see_through = scene(64, 48).convert("RGBA")
    see_through.putalpha(grey)
    return [
        ("HEIF", grey),
        ("HEIF", deep),
        ("HEIF", see_through),
        ("AVIF", grey),
        ("AVIF", see_through),
        ("WEBP", see_through),
        ("TIFF", deep),
        ("TIFF", scene(64, 48).convert("CMYK")),
        ("PNG", deep),
        ("PNG", scene(64, 48).convert("P")),
    ]


@pytest.mark.parametrize(
    ("kind", "picture"), modes(), ids=lambda value: getattr(value, "mode", value)
)
def test_every_mode_is_scored_resized_and_shown(kind: str, picture: Image.Image) -> None:
    """Grey, 16 bits, palette, ink, see-through: three channels of eight bits come out."""
    photo = encoded(picture, kind)
    check_decodable(photo)
    with opened(photo) as image:
        load(image)
        assert rgb(image).mode == "RGB"
    assert developed(photo).shape == (48, 64, 3)
    assert 4 == len(measure(photo).scores)
    assert prepare(photo).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "HEIF", "TIFF", "PNG"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_file_that_was_cut_off_is_no_picture(kind: str, share: float) -> None:
    """From the header on, or when its pixels are asked for: with a reason."""
    photo = encoded(scene(), kind)
    with pytest.raises(Unreadable) as caught, opened(photo[: int(len(photo) * share)]) as image:
        load(image)
    assert str(caught.value)


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_a_header_that_promises_too_much_is_refused(kind: str) -> None:
    """A few hundred bytes that say they are 20,000 pixels wide; HEIC hides that behind a crop."""
    photo = encoded(scene(64, 48), kind)
    at = photo.index(b"ispe") + 8
    bomb = photo[:at] + (20_000).to_bytes(4, "big") * 2 + photo[at + 8 :]
    with pytest.raises(AdapterError, match="20000 x 20000 pixels, at most") as caught:
        check_decodable(bomb)
    assert "ResizeTooLarge" == caught.value.code


@pytest.mark.parametrize(
    ("first", "fits", "media_type"),
    [
        (b"heic", b"mif1heic", "image/heic"),
        (b"heix", b"", "image/heic"),
        (b"mif1", b"mif1heic", "image/heic"),
        (b"mif1", b"mif1avifmiaf", "image/avif"),
        (b"avis", b"", "image/avif"),
        (b"crx ", b"crx isom", "image/x-canon-cr3"),
        (b"qt  ", b"", None),
        (b"isom", b"iso2avc1mp41", None),
    ],
)
def test_boxes_are_told_apart_by_their_brands(
    first: bytes, fits: bytes, media_type: str | None
) -> None:
    """A photo, a RAW file or a video: all begin alike."""
    size = (16 + len(fits)).to_bytes(4, "big")
    assert media_type == sniff(size + b"ftyp" + first + bytes(4) + fits + b"\0\0\0\0meta")


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "this is a video, which is not read"),
        (b"8BPS\0\1" + bytes(20), "this is a Photoshop document, which is not read"),
        (b"\xff\x0a\xfa\x1f", "this is a JPEG XL picture, which is not read"),
        (b"%PDF-1.7\n", "this is a PDF document, which is not read"),
        (b"some words", "the bytes are not those of a photo"),
        (b"RIFF\0\0\0\0WEBP", "the file begins like image/webp, but its header is damaged"),
    ],
)
def test_a_refusal_says_what_the_file_is(photo: bytes, words: str) -> None:
    """People drop whole folders in; the line tells them what was left out."""
    with pytest.raises(AdapterError) as caught:
        check_decodable(photo)
    assert ("NotAPhoto", words) == (caught.value.code, caught.value.detail)


def test_the_name_of_the_format_comes_from_the_bytes() -> None:
    """As it stands in the metadata."""
    types = [read_metadata(encoded(scene(64, 48), kind))[0].media_type for kind in KINDS]
    assert types == [f"image/{kind}" for kind in ("jpeg", "png", "tiff", "webp", "avif", "heic")]
    with Image.open(io.BytesIO(encoded(scene(64, 48), "AVIF"))) as image:
        assert image.format == "AVIF"
