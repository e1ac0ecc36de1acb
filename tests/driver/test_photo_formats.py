"""A row of any format is scored, resized and published as a JPEG; its name does not matter."""

import importlib.util
from pathlib import Path

from tests.adapters.photos import encoded, scene
from tests.adapters.raw_files import dng
from tests.driver.desk import Desk

KINDS = ["HEIF", "AVIF", "WEBP", "TIFF", "PNG", "JPEG"]


def sizes(desk: Desk, number: int) -> dict[str, tuple[int, int]]:
    """The made pictures of a row, each seen to be a JPEG."""
    made = {}
    for rendition in desk.row(number).decided.resize.renditions:
        assert "image/jpeg" == rendition.media_type
        made[rendition.name] = (rendition.width_px, rendition.height_px)
    return made


def test_every_format_becomes_a_row_with_scores_and_jpegs(desk: Desk) -> None:
    """HEIC, AVIF, WebP, TIFF, PNG: all called .jpg here, and told apart by their bytes."""
    photos = []
    for place, kind in enumerate(KINDS):
        path = desk.inbox / f"IMG_{place}.jpg"
        path.write_bytes(encoded(scene(640, 480), kind))
        photos.append(path)
    got = desk.ingest(*photos)
    assert ["ingested"] * len(KINDS) == [one.outcome for one in got.taken]
    desk.work()
    types = []
    for number in got.rows():
        row = desk.row(number)
        types.append(row.decided.photo.metadata.media_type)
        assert "Pending" == desk.status(number)
        assert 4 == len(row.decided.score.scores)
        assert {"web": (267, 200), "thumb": (53, 40)} == sizes(desk, number)
    assert [f"image/{kind}" for kind in ("heic", "avif", "webp", "tiff", "png", "jpeg")] == types
    desk.approve(*got.rows())
    sent, stopped = desk.publish(*got.rows())
    assert stopped is None
    assert {"published"} == {one.outcome for one in sent}
    for picture in desk.pictures():
        assert (desk.site / picture).read_bytes().startswith(b"\xff\xd8\xff")
    desk.check()


def test_a_photo_with_the_name_of_another_format_is_what_its_bytes_are(desk: Desk) -> None:
    """`.heic` over a JPEG, no ending at all: both come in."""
    odd = {"IMG_1.heic": encoded(scene(64, 48)), "IMG_2": encoded(scene(64, 48), "WEBP")}
    for name, data in odd.items():
        (desk.inbox / name).write_bytes(data)
    got = desk.ingest(*[desk.inbox / name for name in odd])
    assert [1, 2] == got.rows()
    types = [desk.row(number).decided.photo.metadata.media_type for number in (1, 2)]
    assert ["image/jpeg", "image/webp"] == types


def test_what_lies_beside_the_photos_of_a_telephone_is_refused_by_kind(desk: Desk) -> None:
    """The clip of a live photo and the list of its edits; the photo itself comes in."""
    files: dict[str, bytes] = {
        "IMG_1.HEIC": encoded(scene(64, 48), "HEIF"),
        "IMG_1.MOV": b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(200),
        "IMG_1.AAE": b'<?xml version="1.0" encoding="UTF-8"?><plist/>',
    }
    for name, data in files.items():
        (desk.inbox / name).write_bytes(data)
    got = desk.ingest(desk.inbox)
    assert {
        "IMG_1.AAE": ("refused", "the bytes are not those of a photo"),
        "IMG_1.HEIC": ("ingested", ""),
        "IMG_1.MOV": ("refused", "this is a video, which is not read"),
    } == {Path(one.path).name: (one.outcome, one.detail) for one in got.taken}


def test_a_heic_that_lies_is_published_upright(desk: Desk) -> None:
    """Turned by its box, once."""
    tag = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06"
    lying = encoded(scene(640, 480), "HEIF", exif=tag + bytes(6))
    assert b"irot" in lying
    (desk.inbox / "IMG_1.HEIC").write_bytes(lying)
    desk.ingest(desk.inbox / "IMG_1.HEIC")
    desk.work()
    assert {"web": (150, 200), "thumb": (30, 40)} == sizes(desk, 1)
    metadata = desk.row(1).decided.photo.metadata
    assert (480, 640) == (metadata.width_px, metadata.height_px)


def test_a_raw_file_is_taken_by_its_preview_or_told_what_it_needs(desk: Desk) -> None:
    """With the extra `raw` a row, without it a refusal that names the extra."""
    preview = encoded(scene(640, 480), quality=95)
    (desk.inbox / "IMG_1.DNG").write_bytes(dng(preview, (640, 480), 6))
    (taken,) = desk.ingest(desk.inbox / "IMG_1.DNG").taken
    if importlib.util.find_spec("rawpy") is None:
        assert ("refused", "RawNeedsExtra") == (taken.outcome, taken.code)
        return
    assert "ingested" == taken.outcome
    desk.work()
    assert {"web": (150, 200), "thumb": (30, 40)} == sizes(desk, 1)
    (note,) = desk.row(1).decided.photo.metadata.notes
    assert note.startswith("the preview in the RAW file, 640 x 480")
