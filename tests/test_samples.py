"""The demo's photographs: each one accounted for, decodable, and exactly one of them damaged."""

import importlib.resources
import io
from importlib.resources.abc import Traversable

import pytest
from PIL import Image

LONG_SIDE_MAX_PX = 1600
SIZE_MAX_BYTES = 400_000

SAMPLES = importlib.resources.files("samples")
PHOTOS = sorted((p for p in SAMPLES.iterdir() if p.name.endswith(".jpg")), key=lambda p: p.name)


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)
def test_every_photo_is_small_and_its_licence_is_told(photo: Traversable) -> None:
    """Small enough for a clone, and listed with author and licence."""
    assert f"| `{photo.name}` |" in SAMPLES.joinpath("README.md").read_text(encoding="utf-8")
    content = photo.read_bytes()
    assert len(content) <= SIZE_MAX_BYTES
    with Image.open(io.BytesIO(content)) as image:
        assert max(image.size) <= LONG_SIDE_MAX_PX


def decodes(photo: Traversable) -> bool:
    """Return whether all pixels can be read."""
    with Image.open(io.BytesIO(photo.read_bytes())) as image:
        try:
            image.load()
        except OSError:
            return False
    return True


def test_only_the_damaged_photo_is_damaged() -> None:
    """The demo shows seven good photos and one whose bytes were cut off."""
    assert ["damaged_coffee.jpg"] == [photo.name for photo in PHOTOS if not decodes(photo)]
    assert len(PHOTOS) == 8
