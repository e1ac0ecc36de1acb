"""A few photos behind a page, as they are in the middle of an evening."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from tests.adapters.photos import encoded, scene
from tests.driver.desk import Desk
from tests.web.visitor import Visitor

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CAPTION = f"A temple {SCRIPT} seen over the roofs of an old town in autumn"


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """Real worker processes."""
    with Workers(1) as started:
        yield started


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna, on a computer without any other workspace."""
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "anna")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory, workers: Workers) -> Path:
    """
    Seven photos, to be copied.

    Rows 1 to 3 have texts, scores and pictures, 1 and 3 by a person, 3 with a script in it. 4 to 7
    have just come in: one with a script in its EXIF, a HEIC, a TIFF, a JPEG that lies on its side.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOJOURNAL_ACTOR", "anna")
        before = Desk(tmp_path_factory.mktemp("evening") / "work", workers)
        before.ingest(*(before.photo(one) for one in ("coffee", "chelsea", "china")))
        before.work()
        before.write(1, "A cup of black coffee stands on the table of a kitchen")
        before.write(3, CAPTION)
        before.ingest(*_fresh(before.inbox))
    return before.root


def _fresh(inbox: Path) -> list[Path]:
    picture, told, turned = scene(), scene(200, 150).getexif(), scene(240, 120).getexif()
    told[0x010E], told[0x013B] = SCRIPT, SCRIPT
    turned[0x0112] = 6
    photos = {
        "script.jpg": encoded(scene(200, 150), exif=told.tobytes()),
        "shot.heic": encoded(picture, "HEIF"),
        "scan.tif": encoded(scene(300, 200), "TIFF"),
        "lying.jpg": encoded(scene(240, 120), exif=turned.tobytes()),
    }
    for name, data in photos.items():
        (inbox / name).write_bytes(data)
    return [inbox / name for name in photos]


@pytest.fixture(scope="module")
def watched(
    evening: Path, tmp_path_factory: pytest.TempPathFactory, workers: Workers
) -> Iterator[Visitor]:
    """A page that the tests of a module share, since none of them changes anything."""
    visitor = Visitor(
        shutil.copytree(evening, tmp_path_factory.mktemp("watched") / "work"), workers
    )
    yield visitor
    visitor.leave()


@pytest.fixture
def workspace(evening: Path, tmp_path: Path) -> Path:
    """A copy of these photos' workspace; the originals lie where they did."""
    return shutil.copytree(evening, tmp_path / "work")


@pytest.fixture
def page(workspace: Path, workers: Workers) -> Iterator[Visitor]:
    """A page open on it."""
    visitor = Visitor(workspace, workers)
    yield visitor
    visitor.leave()
