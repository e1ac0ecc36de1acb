"""
Every photo of the collection has one expected ending: `tests/golden/photos.json`.

The table was checked by eye against the bytes. The collection is not part of the repository; where
it is not at hand, these tests are skipped.
"""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adapters.captioner import caption
from adapters.darkroom import Recipe, Size, render
from adapters.errors import AdapterError
from adapters.exif import read_metadata
from machine.values import Labels
from tests.adapters.photos import SHARED, golden, pixels, real, recorded

TABLE: dict[str, Any] = golden("photos.json")
PHOTOS = {name: known for name, known in TABLE.items() if known["outcome"] == "ingested"}
SMALL = Recipe(sizes=(Size(name="small", width_px=200, height_px=200, quality=92),))


def small(name: str) -> Any:
    """The pixels of the photo as it would be published, 200 pixels long."""
    return pixels(render(real(name), SMALL)[0][1]).astype(float)


def test_every_file_of_the_collection_is_in_the_table() -> None:
    """A photo that somebody adds needs an expected ending."""
    if not SHARED.is_dir():
        pytest.skip("the collection of real photos is not at hand")
    assert sorted(TABLE) == sorted(path.name for path in SHARED.iterdir())


@pytest.mark.parametrize("name", [name for name in TABLE if name not in PHOTOS])
def test_what_is_no_photo_is_refused_as_expected(name: str) -> None:
    """With its code and its words."""
    known = TABLE[name]
    if not SHARED.is_dir():
        pytest.skip("the collection of real photos is not at hand")
    with pytest.raises(AdapterError) as caught:
        read_metadata((SHARED / name).read_bytes())
    assert (known["code"], known["why"]) == (caught.value.code, caught.value.detail)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_real_photo_says_what_the_table_says(name: str) -> None:
    """Size upright, camera, date, place present or not, and who wrote its text."""
    known = PHOTOS[name]
    metadata, text, private = read_metadata(recorded(name, known["sha256"]))
    author = caption(Labels(subject="Pier"), metadata, text).author
    assert known == {
        "sha256": known["sha256"],
        "outcome": "ingested",
        "media_type": metadata.media_type,
        "upright_px": [metadata.width_px, metadata.height_px],
        "orientation": metadata.orientation,
        "camera": metadata.camera,
        "date_time": metadata.date_time,
        "gps": private is not None and private.latitude_deg is not None,
        "text": text.caption or text.title,
        "text_by": author.kind,
        "creator": text.creator,
        "notes": list(metadata.notes),
    }


@pytest.mark.parametrize("name", PHOTOS)
def test_a_real_photo_gives_pictures_of_its_shape(name: str) -> None:
    """Upright, inside the box, never enlarged."""
    width, height = PHOTOS[name]["upright_px"]
    ((made, data),) = render(recorded(name, PHOTOS[name]["sha256"]), SMALL)
    scale = min(1.0, 200 / max(width, height))
    assert (round(width * scale), round(height * scale)) == (made.width_px, made.height_px)
    assert "image/jpeg" == made.media_type
    assert data.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("turned", "upright"),
    [("landscape_6.jpg", "landscape_1.jpg"), ("portrait_8.jpg", "portrait_3.jpg")],
)
def test_the_orientation_samples_come_out_the_same_way_up(turned: str, upright: str) -> None:
    """The same scene, stored lying and stored straight: the same picture."""
    one, other = small(turned), small(upright)
    assert one.shape == other.shape
    assert np.abs(one - other).mean() < 12
    assert np.abs(one - other[::-1, ::-1]).mean() > 24


def test_the_photo_on_its_head_is_put_on_its_feet() -> None:
    """`portrait_3` is stored upside down: what comes out is the stored picture, turned by half."""
    with Image.open(io.BytesIO(real("portrait_3.jpg"))) as stored:
        grey = np.asarray(stored.convert("L").resize((150, 200))).astype(float)
    made = small("portrait_3.jpg").mean(axis=2)
    alike = np.corrcoef([made.ravel(), grey[::-1, ::-1].ravel(), grey.ravel()])
    assert alike[0, 1] > 0.97
    assert alike[0, 2] < 0.5
