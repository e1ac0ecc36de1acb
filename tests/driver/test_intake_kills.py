"""An ingest that is killed goes on with the same command: pairs, patterns and copies included."""

import sys
from pathlib import Path

import pytest

from adapters.files import sha256_of
from tests.adapters.photos import encoded, scene, with_exif
from tests.adapters.raw_files import dng
from tests.driver.desk import CONFIG, Desk
from tests.driver.processes import KILLED, do, kill, start, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")

PAIRS = 4
COPYING = CONFIG + "[ingest]\ncopy = true\n"


def card(desk: Desk) -> Path:
    """Fill a card with pairs, in folders of a camera; return the pattern that means all of it."""
    for place in range(PAIRS):
        folder = desk.inbox / "DCIM" / f"10{place}CAMERA"
        folder.mkdir(parents=True)
        desk.photo("coffee", f"DCIM/{folder.name}/IMG_{place}.JPG", ending=b"%d" % place)
        preview = encoded(scene(320, 240), quality=60 + place)
        (folder / f"IMG_{place}.DNG").write_bytes(dng(preview, (320, 240)))
    return desk.inbox / "**" / "IMG_*"


def check_each_once(desk: Desk) -> None:
    """Each JPEG is one row with its RAW file, all of one set, and every copy is whole."""
    lines = desk.queue()
    assert [f"IMG_{place}.JPG" for place in range(PAIRS)] == sorted(
        line["Original_File_Name"] for line in lines
    )
    assert 1 == len({line["set_id"] for line in lines})
    for line in lines:
        (companion,) = desk.row(line["id"]).happened.companions
        assert Path(line["Original_File_Name"]).stem == Path(companion.original_name).stem
    with desk.program() as program:
        for path in desk.inbox.rglob("IMG_*"):
            assert path.read_bytes() == program.objects.get(sha256_of(path))
    desk.check()


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("objects.put_file.after_copy:4", marks=pytest.mark.soak),
        "ingest.pair.before:2",
        pytest.param("ingest.set.before:1", marks=pytest.mark.soak),
        pytest.param("ingest.row.before:2", marks=pytest.mark.soak),
        pytest.param("ingest.row.after:3", marks=pytest.mark.soak),
        pytest.param("ingest.pair.after:1", marks=pytest.mark.soak),
    ],
)
def test_killed_at_a_moment_it_goes_on(tmp_path: Path, moment: str) -> None:
    """Between a photo and its RAW file, too: the row is found again and completed."""
    desk = Desk(tmp_path / "workspace", config=COPYING)
    words = ("ingest", card(desk), "--subject", "Harbour")
    code, said = do(desk.root, *words, crash_at=moment)
    assert KILLED == code, said
    code, said = do(desk.root, *words)
    assert 0 == code, said
    check_each_once(desk)
    code, said = do(desk.root, *words)
    assert (0, True) == (code, "Nothing changed." in said), said


def test_killed_by_the_system_midway_it_goes_on(tmp_path: Path) -> None:
    """At whatever instruction that was."""
    desk = Desk(tmp_path / "workspace", config=COPYING)
    words = ("ingest", card(desk), "--subject", "Harbour")
    process = start(desk.root, *words)
    wait_for(lambda: len(desk.queue()) >= 1)
    kill(process)
    code, said = do(desk.root, *words)
    assert 0 == code, said
    check_each_once(desk)


def test_a_template_of_a_killed_ingest_is_nobodys_caption(tmp_path: Path) -> None:
    """Killed before its conclusions were drawn; they are drawn before a text is used."""
    desk = Desk(tmp_path / "workspace")
    for place in range(4):
        exif = {0x010E: "Our club", 0x0131: "Photo Mechanic 6", 0x0110: f"Camera {place}"}
        (desk.inbox / f"{place}.jpg").write_bytes(with_exif(exif))
    code, said = do(desk.root, "ingest", desk.inbox, crash_at="ingest.row.after:4")
    assert KILLED == code, said
    code, said = do(desk.root, "prefill")
    assert 0 == code, said
    assert ["rule"] * 4 == [line["text_author"].partition(":")[0] for line in desk.queue()]
