"""
Every photo of the collection has one expected ending: `tests/golden/photos.json`.

The table was checked by eye against the bytes. The collection is not part of the repository; where
it is not at hand, these tests are skipped.
"""

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adapters.captioner import caption
from adapters.darkroom import Recipe, Size, render
from adapters.displayed import camera_name
from adapters.errors import AdapterError
from adapters.exif import read_facts
from adapters.tasks import PhotoFacts
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
        read_facts((SHARED / name).read_bytes())
    assert (known["code"], known["why"]) == (caught.value.code, caught.value.detail)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_real_photo_says_what_the_table_says(name: str) -> None:
    """Size upright, camera, lens, date, place, marks, and who wrote its text by what evidence."""
    known = PHOTOS[name]
    facts = read_facts(recorded(name, known["sha256"]))
    metadata, text = facts.metadata, facts.embedded
    author = caption(Labels(subject="Pier"), metadata, text).author
    assert known == {
        "sha256": known["sha256"],
        "outcome": "ingested",
        "media_type": metadata.media_type,
        "upright_px": [metadata.width_px, metadata.height_px],
        "orientation": metadata.orientation,
        "camera": metadata.camera,
        "lens": metadata.lens_model,
        "date_time": metadata.date_time,
        "place_deg": place_of(facts),
        "text": text.caption or text.title,
        "text_by": author.kind,
        "evidence": text.evidence,
        "boilerplate": list(text.boilerplate),
        "creator": text.creator,
        "rating": facts.culling.rating,
        "notes": list(metadata.notes),
    }


@pytest.fixture(scope="module")
def by_exiftool() -> dict[str, Any]:
    """What another program reads: EXIF and XMP alone, not what makers hide in their notes."""
    program = shutil.which("exiftool")
    if program is None or not SHARED.is_dir():
        pytest.skip("needs exiftool and the collection of real photos")
    wanted = ("DateTimeOriginal", "Make", "Model", "Orientation", "Rating", "RatingPercent")
    tags = [f"-{group}:{tag}" for tag in wanted for group in ("EXIF", "XMP")]
    tags += ["-Composite:GPSLatitude", "-Composite:GPSLongitude"]
    paths = [str(SHARED / name) for name in PHOTOS]
    said = subprocess.run([program, "-j", "-n", *tags, *paths], capture_output=True, check=False)
    return {Path(one["SourceFile"]).name: one for one in json.loads(said.stdout)}


@pytest.mark.parametrize("name", PHOTOS)
def test_another_program_reads_the_same(name: str, by_exiftool: dict[str, Any]) -> None:
    """Date, camera, orientation, place and rating."""
    known, other = PHOTOS[name], by_exiftool[name]
    assert known["date_time"] == other.get("DateTimeOriginal", "")
    assert known["camera"] == camera_name(other.get("Make", ""), other.get("Model", ""))
    if known["media_type"] != "image/heic":  # there, boxes of the format say it
        assert known["orientation"] == other.get("Orientation", 1)
    place = [other.get("GPSLatitude"), other.get("GPSLongitude")]
    assert known["place_deg"] == (None if None in place else [round(one, 5) for one in place])
    assert (known["rating"] or 0) == other.get("Rating", other.get("RatingPercent", 0))


def place_of(facts: PhotoFacts) -> list[float] | None:
    """Latitude and longitude to five digits, a metre; None where the file names no place."""
    private = facts.private
    if private is None or private.latitude_deg is None or private.longitude_deg is None:
        return None
    return [round(private.latitude_deg, 5), round(private.longitude_deg, 5)]


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
