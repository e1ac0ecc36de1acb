"""Pictures before anything is made, from any format, kept, and forgotten with their row."""

import importlib.util
import io
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from adapters.workers import Workers
from driver.review_pictures import ReviewPictures
from tests.adapters.photos import encoded, scene
from tests.adapters.raw_files import dng
from tests.commands.cli import Terminal
from tests.web.visitor import Visitor
from web.errors import NoSuchRow
from web.pictures import _forget_erased


def opened(data: bytes) -> Image.Image:
    """Decode a picture as a browser does: turned as it says."""
    picture = Image.open(io.BytesIO(data))
    return picture.convert("RGB") if picture.getexif().get(0x0112, 1) == 1 else _turned(picture)


def _turned(picture: Image.Image) -> Image.Image:
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture).convert("RGB")


def kept(root: Path) -> list[str]:
    """Return the pictures that were made for looking."""
    return sorted(path.name for path in (root / "data" / "thumbs").rglob("*.jpg"))


def test_a_photo_is_seen_before_anything_is_made_of_it(page: Visitor) -> None:
    line = page.get("/api/lines", ids=4)["lines"][0]
    assert "due" == line["resize_status"]
    answer = page.ask(line["pictures"]["thumb"])
    assert "image/jpeg" == answer.headers["Content-Type"]
    assert (200, 150) == opened(answer.content).size
    assert [f"{line['pictures']['thumb'].partition('v=')[2]}-thumb.jpg"] == kept(page.root)
    assert answer.content == page.ask(line["pictures"]["thumb"]).content


def test_the_rendition_is_shown_where_there_is_one(page: Visitor) -> None:
    pictures = page.get("/api/lines", ids=1)["lines"][0]["pictures"]
    thumb = opened(page.ask(pictures["thumb"]).content)
    assert (60, 40) == thumb.size
    assert [] == kept(page.root)


@pytest.mark.parametrize(("row", "size"), [(5, (320, 240)), (6, (300, 200)), (7, (120, 240))])
def test_heic_tiff_and_photos_that_lie_on_their_side_are_shown_upright(
    page: Visitor, row: int, size: tuple[int, int]
) -> None:
    for name in ("thumb", "web", "full"):
        answer = page.ask(f"/pictures/{row}/{name}")
        assert "image/jpeg" == answer.headers["Content-Type"]
        assert size == opened(answer.content).size, name


@pytest.mark.skipif(importlib.util.find_spec("rawpy") is None, reason="needs the extra `raw`")
def test_a_raw_file_is_shown_upright_by_the_preview_that_the_camera_wrote(
    page: Visitor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In all three sizes, before any stage has run, from a file that no browser could show."""
    photo = page.root.parent / "IMGP0001.DNG"
    photo.write_bytes(dng(encoded(scene(320, 240), quality=95), (320, 240), 6))
    said = Terminal(page.root, capsys, monkeypatch).type("ingest", str(photo))
    assert 0 == said.code, said.err
    (line,) = page.get("/api/lines", ids=8)["lines"]
    assert ("IMGP0001.DNG", "due") == (line["Original_File_Name"], line["resize_status"])
    for name in ("thumb", "web", "full"):
        answer = page.ask(line["pictures"][name])
        assert "image/jpeg" == answer.headers["Content-Type"]
        assert (240, 320) == opened(answer.content).size, name


def test_the_full_picture_of_a_jpeg_is_the_original_itself(page: Visitor) -> None:
    samples = Path(__file__).resolve().parents[2] / "samples"
    answer = page.ask("/pictures/1/full")
    assert (samples / "coffee.jpg").read_bytes() == answer.content


def test_a_picture_is_kept_for_ever_at_its_own_address_only(page: Visitor) -> None:
    line = page.get("/api/lines", ids=1)["lines"][0]
    right = page.ask(line["pictures"]["web"])
    assert "immutable" in right.headers["Cache-Control"]
    old = page.ask("/pictures/1/web", v="0" * 64)
    assert "private, no-cache" == old.headers["Cache-Control"]
    tag = {"If-None-Match": right.headers["ETag"]}
    same = page.client.get("/pictures/1/web", headers=tag)
    assert (304, b"") == (same.status_code, same.content)


def test_a_photo_that_is_gone_is_told_and_not_a_crash(page: Visitor, evening: Path) -> None:
    inbox = evening.parent / "work inbox"
    (inbox / "script.jpg").rename(inbox / "away.jpg")
    try:
        answer = page.ask("/pictures/4/thumb")
    finally:
        (inbox / "away.jpg").rename(inbox / "script.jpg")
    assert 404 == answer.status_code
    assert "script.jpg" in answer.json()["error"]
    assert not (page.root / "data" / "crash_runtime.log").exists()
    assert 200 == page.ask("/pictures/4/thumb").status_code


def test_an_erased_row_is_forgotten_by_the_server_too(
    page: Visitor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for row in (4, 5):
        page.ask(f"/pictures/{row}/thumb")
    assert 2 == len(kept(page.root))
    assert "temple" in page.ask("/api/rows/3").text
    terminal = Terminal(page.root, capsys, monkeypatch)
    said = terminal.type("erase", "3", "4", "--reason", "asked to", "--yes")
    assert 0 == said.code, said.err
    assert 1 == len(kept(page.root))
    assert 404 == page.ask("/pictures/4/thumb").status_code
    assert "temple" not in page.ask("/api/rows/3").text
    assert 200 == page.ask("/pictures/5/thumb").status_code


def test_the_end_comes_although_who_wanted_a_picture_has_gone(
    page: Visitor, workers: Workers
) -> None:
    """A server that ends gives up its requests, and then closes what made the pictures."""
    gate = threading.Event()

    def ready() -> Workers:
        gate.wait(10)
        return workers

    pictures = ReviewPictures(page.program.workspace, page.program.objects, ready)
    wanted = [pictures.make(page.desk.row(row), "thumb") for row in (4, 5, 6, 7)]
    while 2 > sum(one.running() for one in wanted):
        time.sleep(0.01)
    gone = [one for one in wanted if one.cancel()]
    assert 2 == len(gone)
    gate.set()
    pictures.close()
    assert all(one.done() for one in wanted)


def test_a_picture_of_a_row_that_is_erased_meanwhile_is_not_kept(
    page: Visitor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = page.desk.row(4)
    terminal = Terminal(page.root, capsys, monkeypatch)
    assert 0 == terminal.type("erase", "4", "--reason", "asked to", "--yes").code
    page.desk.pictures.make(row, "thumb").result(60)
    with pytest.raises(NoSuchRow):
        _forget_erased(page.desk, row)
    assert [] == kept(page.root)
