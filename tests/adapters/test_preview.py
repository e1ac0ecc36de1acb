"""The picture that a model is shown is small, upright, sRGB and says nothing of the camera."""

import io
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from PIL import Image

from adapters.errors import AdapterError
from adapters.preview import SIDE_MIN_PX, Preview, fit, prepare
from adapters.workers import WorkerFailure, WorkerResult, Workers
from tests.adapters.photos import encoded, pixels, real, scene, wide_gamut_profile, with_exif
from tests.adapters.test_decode import bomb


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("HMD_Nokia_8.3_5G.jpg", (1024, 439)),
        ("canon_hdr_YES.jpg", None),
        ("landscape_6.jpg", None),
        ("portrait_8.jpg", None),
        ("Arbitro.tiff", None),
        ("corrupted.jpg", None),
        ("coffee.jpg", None),
        ("chelsea.jpg", None),
    ],
)
def test_real_photos_become_small_plain_jpegs(name: str, size: tuple[int, int] | None) -> None:
    """Within the long side, RGB, without EXIF, comment or profile."""
    made = prepare(real(name))
    with opened(made) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert size in {None, picture.size}
        assert max(picture.size) <= 1024
        assert min(picture.size) >= SIDE_MIN_PX
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(
    ("full", "size"),
    [
        ((4000, 3000), (1024, 768)),
        ((3000, 4000), (768, 1024)),
        ((640, 480), (640, 480)),
        ((32, 32), (32, 32)),
        ((8, 6), (43, 32)),
        ((1, 1), (32, 32)),
        ((3000, 7), (1024, 2)),
        ((200, 4), (1024, 20)),
    ],
)
def test_only_what_is_tiny_is_enlarged(full: tuple[int, int], size: tuple[int, int]) -> None:
    """In proportion, and never beyond the long side."""
    assert size == fit(full, 1024)


@pytest.mark.parametrize(
    ("full", "size"),
    [((3000, 7), (1024, 32)), ((7, 3000), (32, 1024)), ((8, 6), (43, 32)), ((1, 1), (32, 32))],
)
def test_both_sides_are_long_enough_for_a_model(
    full: tuple[int, int], size: tuple[int, int]
) -> None:
    """A panorama of a few lines is padded, a tiny picture enlarged."""
    with opened(prepare(encoded(Image.new("RGB", full, "red"), "PNG"))) as picture:
        assert size == picture.size


def test_padding_is_neutral_grey_on_both_sides() -> None:
    """The picture stands in the middle."""
    made = pixels(prepare(encoded(Image.new("RGB", (1000, 8), "red"), "PNG"))).astype(int)
    for row in (0, -1):
        assert np.abs(made[row] - 128).max() < 12
    assert made[16, 500, 0] > 200


def test_the_settings_are_kept() -> None:
    """A smaller long side and a lower quality give fewer pixels and bytes."""
    photo = real("china.jpg")
    small = prepare(photo, Preview(long_side_px=256, quality=60))
    assert max(opened(small).size) == 256
    assert len(small) < len(prepare(photo, Preview(long_side_px=256, quality=95)))
    assert max(opened(prepare(photo, Preview(long_side_px=1))).size) == SIDE_MIN_PX


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_stands_upright(orientation: int) -> None:
    """The red patch is where a person sees it, however the camera was held."""
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
    made = prepare(encoded(stored, "JPEG", exif=tag, quality=95))
    upright = prepare(encoded(scene(), "PNG"))
    assert opened(made).size == opened(upright).size == (320, 240)
    assert np.abs(pixels(made).astype(int) - pixels(upright)).mean() < 4


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "1", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Print, palette, transparent and deep grey pictures are shown, too."""
    if mode == "I;16":
        picture = Image.fromarray((np.asarray(scene().convert("L")).astype(np.uint16)) * 257)
    else:
        picture = scene().convert(mode)
    made = prepare(encoded(picture, {"CMYK": "TIFF"}.get(mode, "PNG")))
    assert opened(made).mode == "RGB"
    reference = pixels(prepare(encoded(scene().convert("L"), "PNG"))).mean()
    assert abs(pixels(made).mean() - reference) < 12


def test_transparent_parts_are_white() -> None:
    """As on a page."""
    assert pixels(prepare(encoded(Image.new("RGBA", (64, 64)), "PNG"))).min() > 250


def test_colours_are_those_of_srgb() -> None:
    """A wide-gamut photo is translated, since the model looks at no profile."""
    red = Image.new("RGB", (64, 64), (220, 30, 30))
    made = pixels(prepare(encoded(red, "PNG", icc_profile=wide_gamut_profile())))
    r, g, _ = (int(value) for value in made[32, 32])
    assert g > 150 > r


def test_a_senseless_orientation_is_none() -> None:
    assert opened(prepare(with_exif({0x0112: 99}))).size == (64, 48)


@pytest.mark.parametrize(
    "photo",
    [b"", b"# a readme", encoded(scene())[:2000], encoded(scene(), "PNG")[:2000], bomb()],
    ids=["empty", "text", "cut JPEG", "cut PNG", "too large"],
)
def test_what_cannot_be_shown_is_refused_for_good(photo: bytes) -> None:
    """With the reason, and no second try."""
    with pytest.raises(AdapterError) as caught:
        prepare(photo)
    assert caught.value.code == "PrefillUnreadable"
    assert caught.value.detail
    assert caught.value.permanent


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1, deadline_s=60) as one:
        yield one


def test_it_is_a_task_of_the_workers(workers: Workers) -> None:
    """The settings travel as JSON, the picture comes back as it is."""
    argument = msgspec.json.encode(Preview(long_side_px=128))
    answer = workers.submit("prepare", real("coffee.jpg"), argument).result()
    assert isinstance(answer, WorkerResult), answer
    assert max(opened(answer.data).size) == 128


def test_a_damaged_photo_is_refused_by_the_task(workers: Workers) -> None:
    """With the stage's code and the reason."""
    argument = msgspec.json.encode(Preview())
    answer = workers.submit("prepare", real("damaged_coffee.jpg"), argument).result()
    assert isinstance(answer, WorkerFailure), answer
    assert (answer.kind, answer.code) == ("refused", "PrefillUnreadable")
    assert "truncated" in answer.detail
