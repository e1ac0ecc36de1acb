"""
Real photos keep their colours, beside a conversion that shares nothing with the darkroom.

The reference: OpenCV decodes the whole photo, numpy turns it, LittleCMS converts it at full size to
its own sRGB (relative colorimetric; the profiles here are matrices, for which the perceptual intent
is the same), OpenCV averages it over areas. The darkroom decodes at a fraction, reduces with
Lanczos, and converts last. Both are compared in blocks of 8 x 8 pixels by CIE76, D65: about 2.3
of it can just be seen, and CIEDE2000 hardly ever tells more.
"""

import io
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from adapters.colour import srgb_profile
from adapters.darkroom import Recipe, Size, render
from adapters.recipes import Format
from tests.adapters.photos import encoded, real, wide_gamut_profile

LIMIT = 2.0
SHARE = 95
"""So many percent of the blocks have to stay within the limit."""
BLOCK_PX = 8
BOX_PX = 800
TURNS = {1: 0, 3: 2, 6: 3, 8: 1}
"""EXIF orientation to quarter turns against the clock."""
PHOTOS = [
    *("canon_hdr_NO.jpg", "canon_hdr_YES.jpg", "iphone_hdr_NO.jpg"),
    *("landscape_6.jpg", "portrait_3.jpg", "portrait_8.jpg"),
]
Pixels = np.ndarray[Any, Any]


def decoded(photo: bytes) -> Pixels:
    """RGB uint8, H x W x 3, as stored."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    found = cv2.imdecode(np.frombuffer(photo, np.uint8), flags)
    assert found is not None
    return np.ascontiguousarray(found[:, :, ::-1])


def reference(photo: bytes, size: tuple[int, int]) -> Pixels:
    """The photo as it should come out, by other means."""
    with Image.open(io.BytesIO(photo)) as image:
        profile, orientation = image.info.get("icc_profile"), image.getexif().get(0x0112, 1)
    picture = Image.fromarray(np.rot90(decoded(photo), TURNS[orientation]).copy())
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        target = ImageCms.createProfile("sRGB")
        done = ImageCms.profileToProfile(picture, source, target, intent, outputMode="RGB")
        assert done is not None
        picture = done
    return cv2.resize(np.asarray(picture), size, interpolation=cv2.INTER_AREA)


def lab(picture: Pixels) -> Pixels:
    """CIE L*a*b* (D65) of the means of blocks of sRGB; source: IEC 61966-2-1, CIE 15."""
    height, width = (side // BLOCK_PX * BLOCK_PX for side in picture.shape[:2])
    blocks = picture[:height, :width].reshape(
        height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX, 3
    )
    signal = blocks.mean(axis=(1, 3)) / 255
    light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = np.moveaxis(light @ (to_xyz / to_xyz.sum(axis=1, keepdims=True)).T, -1, 0)
    fx, fy, fz = (
        np.where(v > 216 / 24389, np.cbrt(v), (24389 / 27 * v + 16) / 116) for v in (x, y, z)
    )
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def difference(made: bytes, photo: bytes) -> float:
    """CIE76 between a rendition and the reference that most blocks stay within."""
    with Image.open(io.BytesIO(made)) as image:
        assert image.info["icc_profile"] == srgb_profile()
        picture = np.asarray(image.convert("RGB"))
    wanted = reference(photo, (picture.shape[1], picture.shape[0]))
    apart = np.linalg.norm(lab(picture) - lab(wanted), axis=-1)
    return float(np.percentile(apart, SHARE))


def rendition(photo: bytes, kind: Format = "jpeg", quality: int = 90) -> bytes:
    """The photo as it would be published."""
    size = Size(name="x", width_px=BOX_PX, height_px=BOX_PX, quality=quality, format=kind)
    ((_, data),) = render(photo, Recipe(sizes=(size,)))
    return data


@pytest.mark.parametrize("name", PHOTOS)
def test_a_real_photo_keeps_its_colours(name: str) -> None:
    """Without a profile, and with one whose gamma is another; upright."""
    photo = real(name)
    assert difference(rendition(photo), photo) <= LIMIT


@pytest.mark.parametrize("kind", ["webp", "avif"])
@pytest.mark.parametrize("name", ["iphone_hdr_NO.jpg", "landscape_6.jpg"])
def test_other_formats_show_the_same_colours(name: str, kind: Format) -> None:
    """At a quality at which the conversion counts, not the compression; docs/renditions.md."""
    photo = real(name)
    assert difference(rendition(photo, kind, 95), photo) <= LIMIT


def test_a_wide_profile_is_converted_as_littlecms_does_it() -> None:
    """Conversion after reducing gives what conversion before it gives."""
    with Image.open(io.BytesIO(real("iphone_hdr_NO.jpg"))) as image:
        photo = encoded(image, quality=95, icc_profile=wide_gamut_profile())
    assert difference(rendition(photo), photo) <= LIMIT


def test_the_measure_sees_a_profile_that_is_ignored() -> None:
    """A conversion that is left out is far over the limit."""
    photo = real("landscape_6.jpg")
    with Image.open(io.BytesIO(photo)) as image:
        bare = encoded(image, quality=95, exif=image.getexif())
    assert difference(rendition(bare), photo) > 2 * LIMIT


@pytest.mark.parametrize("name", ["IMG_5195.HEIC", "samplefilehub.heif", "Arbitro.tiff"])
def test_other_formats_become_a_jpeg_for_the_web(name: str) -> None:
    """Eight bits, RGB, sRGB with its profile, progressive, nothing of the original's metadata."""
    with Image.open(io.BytesIO(rendition(real(name)))) as image:
        assert ("JPEG", "RGB") == (image.format, image.mode)
        assert image.info["icc_profile"] == srgb_profile()
        assert image.info["progressive"]
        assert not image.getexif()
        assert max(image.size) <= BOX_PX
