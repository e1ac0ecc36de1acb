"""The darkroom makes upright sRGB pictures inside their boxes, and tells when it cannot."""

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from adapters.colour import srgb_profile
from adapters.darkroom import RECIPE, Recipe, Size, render
from adapters.errors import AdapterError
from tests.adapters.photos import encoded, pixels, real, scene, wide_gamut_profile, with_exif
from tests.adapters.test_decode import bomb

SMALL = Recipe(
    sizes=(
        Size(name="web", width_px=150, height_px=100, quality=92),
        Size(name="thumb", width_px=54, height_px=36, quality=92),
    )
)


def pictures(photo: bytes, recipe: Recipe = RECIPE) -> dict[str, bytes]:
    """Name to bytes."""
    return {facts.name: data for facts, data in render(photo, recipe)}


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


def test_the_default_recipe_is_web_and_thumb() -> None:
    """1500 x 1000 and 548 x 365, each the largest that fits."""
    made = render(real("HMD_Nokia_8.3_5G.jpg"))
    assert [(f.name, f.width_px, f.height_px) for f, _ in made] == [
        ("web", 1500, 643),
        ("thumb", 548, 235),
    ]


def test_the_facts_are_those_of_the_bytes() -> None:
    """Hash, size and dimensions can be trusted by who stores them."""
    for facts, data in render(encoded(scene()), SMALL):
        assert facts.sha256 == hashlib.sha256(data).hexdigest()
        assert facts.size_bytes == len(data)
        with opened(data) as picture:
            assert (facts.width_px, facts.height_px) == picture.size
            assert (picture.format, picture.mode) == ("JPEG", "RGB")
            assert facts.media_type == "image/jpeg"


def test_nothing_is_enlarged() -> None:
    """A small photo stays as small as it is."""
    assert [(f.width_px, f.height_px) for f, _ in render(encoded(scene(64, 48)))] == [(64, 48)] * 2


@pytest.mark.parametrize(("width", "height"), [(3000, 7), (7, 3000)])
def test_extreme_shapes_keep_a_pixel(width: int, height: int) -> None:
    """A panorama of a few lines does not vanish."""
    ((facts, _), _) = render(encoded(Image.new("RGB", (width, height)), "PNG"))
    assert min(facts.width_px, facts.height_px) >= 1
    assert max(facts.width_px, facts.height_px) <= 1500


def test_the_same_photo_and_recipe_give_the_same_bytes() -> None:
    """A picture that is made again is the same object."""
    photo = encoded(scene())
    assert render(photo, SMALL) == render(photo, SMALL)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_gone(orientation: int) -> None:
    """All eight ways a camera can be held give the same upright picture."""
    undo: dict[int, Image.Transpose] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = scene() if orientation == 1 else scene().transpose(undo[orientation])
    tag = Image.Exif()
    tag[0x0112] = orientation
    for kind in ("PNG", "TIFF", "JPEG"):
        options: dict[str, Any] = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
        made = pictures(encoded(stored, kind, exif=tag, **options), SMALL)["web"]
        upright = pictures(encoded(scene(), "PNG"), SMALL)["web"]
        assert opened(made).size == opened(upright).size == (133, 100)
        difference = np.abs(pixels(made).astype(int) - pixels(upright))
        assert difference.mean() < 1.5
        assert 0x0112 not in opened(made).getexif()


def test_nothing_of_the_original_is_carried_over() -> None:
    """No place, no camera, no comment, no packet; only the sRGB profile."""
    photo = encoded(
        Image.open(io.BytesIO(real("DSCN0010.jpg"))),
        exif=Image.open(io.BytesIO(real("DSCN0010.jpg"))).getexif(),
        comment=b"a secret comment",
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    )
    for data in pictures(photo).values():
        with opened(data) as picture:
            assert not picture.getexif()
            assert "comment" not in picture.info
            assert "xmp" not in picture.info
            assert picture.info["icc_profile"] == srgb_profile()
            assert picture.info["progressive"]
        assert b"NIKON" not in data
        assert b"secret" not in data


def test_chroma_is_kept_in_full() -> None:
    """4:4:4, so that red edges stay sharp; the recipe may say otherwise."""
    layers = [opened(data).layer for data in pictures(encoded(scene()), SMALL).values()]  # type: ignore[attr-defined]
    assert all(sampling[1:3] == (1, 1) for layer in layers for sampling in layer)
    halved = Recipe(sizes=(replace(SMALL.sizes[0], subsampling="4:2:0"),))
    (first, *_) = opened(pictures(encoded(scene()), halved)["web"]).layer  # type: ignore[attr-defined]
    assert first[1:3] == (2, 2)


def test_colours_are_converted_to_srgb() -> None:
    """A wide-gamut photo does not look faded: its numbers are translated."""
    red = Image.new("RGB", (64, 64), (220, 30, 30))
    made = pictures(encoded(red, "PNG", icc_profile=wide_gamut_profile()), SMALL)["web"]
    r, g, _ = (int(value) for value in pixels(made)[32, 32])
    assert g > 150 > r


def test_a_useless_profile_is_as_good_as_none() -> None:
    """A damaged profile does not cost the photo; its colours are taken for sRGB."""
    plain = encoded(scene(), "PNG")
    marked = encoded(scene(), "PNG", icc_profile=b"damaged")
    assert render(plain, SMALL) == render(marked, SMALL)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "1", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Print, palette, transparent and deep grey pictures are published, too."""
    if mode == "I;16":
        picture = Image.fromarray((np.asarray(scene().convert("L")).astype(np.uint16)) * 257)
    else:
        picture = scene().convert(mode)
    kind = {"CMYK": "TIFF"}.get(mode, "PNG")
    made = pictures(encoded(picture, kind), SMALL)["web"]
    assert opened(made).mode == "RGB"
    reference = pixels(pictures(encoded(scene().convert("L"), "PNG"), SMALL)["web"]).mean()
    assert abs(pixels(made).mean() - reference) < 12


def test_transparent_parts_become_white() -> None:
    """As on a page, not black."""
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert pixels(pictures(encoded(clear, "PNG"), SMALL)["web"]).min() > 250


def test_one_small_decode_is_as_good_as_a_full_one() -> None:
    """Decoding a JPEG at a fraction of its size changes no pixel that a person would see."""
    photo = real("iphone_hdr_NO.jpg")
    quick = pixels(pictures(photo, SMALL)["web"]).astype(int)
    full = encoded(Image.open(io.BytesIO(photo)), "PNG")
    exact = pixels(pictures(full, SMALL)["web"]).astype(int)
    assert quick.shape == exact.shape
    assert np.abs(quick - exact).mean() < 2


@pytest.mark.parametrize(
    ("photo", "code"),
    [
        (b"", "ResizeUnreadable"),
        (b"# a readme", "ResizeUnreadable"),
        (encoded(scene())[:2000], "ResizeUnreadable"),
        (encoded(scene(), "PNG")[:2000], "ResizeUnreadable"),
        (bomb(), "ResizeTooLarge"),
    ],
)
def test_what_cannot_be_made_is_a_permanent_failure(photo: bytes, code: str) -> None:
    """Quarantined at once: the same bytes cannot succeed."""
    with pytest.raises(AdapterError) as caught:
        render(photo)
    assert code == caught.value.code
    assert caught.value.permanent
    assert caught.value.detail


def test_the_damaged_sample_is_refused_with_its_reason() -> None:
    """What the demo shows: a photo that was cut off."""
    with pytest.raises(AdapterError, match="truncated"):
        render(real("damaged_coffee.jpg"))


def test_broken_metadata_does_not_cost_the_picture() -> None:
    """Real photos with damaged or senseless EXIF are made all the same."""
    for photo in (real("corrupted.jpg"), with_exif({0x0112: 99})):
        assert len(render(photo)) == 2
