"""
Making pictures goes wrong: odd photos, a full or read-only disk, a death in the middle.

Five renditions of three formats, one with a watermark. No half file ever stands under a final name,
and the others are done.
"""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adapters.workers import Workers
from driver.errors import Misused
from machine.row import attempts_of
from machine.status import stage_status
from tests.adapters.photos import encoded, pixels, scene
from tests.adapters.test_decode import bomb
from tests.driver.desk import Desk
from tests.driver.processes import KILLED, do
from tests.driver.test_named_renditions import NAMED, NAMES, made, settle, stored

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")


@pytest.fixture
def desk(tmp_path: Path, workers: Workers) -> Desk:
    """A workspace with five renditions of each photo."""
    return Desk(tmp_path / "workspace", workers, NAMED)


def log(desk: Desk) -> str:
    return (desk.root / "logs" / "latest_run.log").read_text("utf-8")


def check_objects(desk: Desk) -> None:
    """Every file under a final name is whole, and every rendition that counts is there."""
    assert [] == list(stored(desk).verify_all())
    for line in desk.queue():
        for one in made(desk, line["id"]).values():
            with Image.open(io.BytesIO(stored(desk).get(one.sha256))) as picture:
                assert (one.width_px, one.height_px) == picture.size
                picture.load()


# --- odd photos


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 48), (tone, tone, tone)) for tone in (20, 120, 220)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def odd_photos() -> dict[str, tuple[bytes, dict[str, tuple[int, int]]]]:
    """Name to bytes and to the sizes that some of its renditions have."""
    grey = np.asarray(scene().convert("L")).astype(np.uint16) * 257
    wide = Image.fromarray(np.tile(np.asarray(scene(650, 40)), (1, 100, 1)))
    assert (65_000, 40) == wide.size
    one = dict.fromkeys(NAMES, (1, 1))
    strip = {"web": (300, 1), "large": (400, 1), "tile": (40, 40)}
    plain = {"web": (267, 200), "large": (320, 240), "tile": (80, 80), "small": (120, 90)}
    small = {"web": (64, 48), "thumb": (53, 40), "tile": (48, 48)}
    return {
        "1 pixel.png": (encoded(Image.new("RGB", (1, 1), (9, 8, 7)), "PNG"), one),
        "panorama.png": (encoded(wide, "PNG"), strip),
        "panorama.jpg": (encoded(wide), strip),
        "ink.jpg": (encoded(scene().convert("CMYK")), plain),
        "ink.tif": (encoded(scene().convert("CMYK"), "TIFF"), plain),
        "deep.png": (encoded(Image.fromarray(grey), "PNG"), plain),
        "deep.tif": (encoded(Image.fromarray(grey), "TIFF"), plain),
        "moving.gif": (animation("GIF"), small),
        "moving.webp": (animation("WEBP"), small),
    }


def test_odd_photos_are_made_and_damaged_ones_named(desk: Desk) -> None:
    """A bomb does not come in; one that was cut off is set aside; all others have all pictures."""
    odd, whole = odd_photos(), encoded(scene(640, 480), quality=95)
    for name, (photo, _) in odd.items():
        (desk.inbox / name).write_bytes(photo)
    (desk.inbox / "cut off.jpg").write_bytes(whole[: len(whole) // 2])
    (desk.inbox / "bomb.png").write_bytes(bomb())
    got = desk.ingest(desk.inbox)
    (refused,) = [one for one in got.taken if one.outcome == "refused"]
    assert ("bomb.png", "ResizeTooLarge") == (Path(refused.path).name, refused.code)
    assert "pixels" in refused.detail
    worked = desk.work("resize")
    numbers = {Path(one.path).name: one.row for one in got.taken if one.row is not None}
    damaged = numbers.pop("cut off.jpg")
    assert {damaged: "ResizeUnreadable"} == worked.failed
    assert "ResizeUnreadable" == desk.line(damaged)["QC_Status"]
    assert f"[WARN] Quarantined row id={damaged}" in log(desk)
    for name, number in numbers.items():
        sizes = {one.name: (one.width_px, one.height_px) for one in made(desk, number).values()}
        assert NAMES == sizes.keys(), name
        assert odd[name][1].items() <= sizes.items(), name
    check_objects(desk)
    desk.check()


@pytest.mark.parametrize("name", ["ink.jpg", "deep.png", "moving.webp"])
def test_odd_photos_look_as_they_should(desk: Desk, name: str) -> None:
    """In all formats: WebP, AVIF and JPEG show the same picture."""
    (desk.inbox / name).write_bytes(odd_photos()[name][0])
    desk.ingest(desk.inbox / name)
    settle(desk, NAMED[: NAMED.index("[resize.watermark]")].replace("watermark = true\n", ""))
    desk.work("resize")
    means = {
        name: pixels(stored(desk).get(one.sha256)).mean(axis=(0, 1))
        for name, one in made(desk).items()
        if name != "tile"  # cut: it shows less
    }
    for mean in means.values():
        assert np.abs(mean - means["web"]).max() < 5


# --- disks


@pytest.fixture
def small_store(desk: Desk) -> Iterator[Path]:
    """The folder of objects on a disk of its own, with room for a few kilobytes."""
    mount, umount, folder = shutil.which("mount"), shutil.which("umount"), desk.workspace.objects
    if sys.platform != "linux" or mount is None or umount is None:
        pytest.skip("a small file system is mounted on Linux only")
    folder.mkdir(parents=True, exist_ok=True)
    words = [mount, "-t", "tmpfs", "-o", "size=24k", "photojournal-test", str(folder)]
    done = subprocess.run(words, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run([umount, "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def test_a_disk_that_is_full_pauses_resizing_and_charges_nobody(
    desk: Desk, small_store: Path
) -> None:
    """In the middle of a row's pictures; with room again all arrive."""
    desk.ingest(desk.photo("coffee"), desk.photo("chelsea"))
    worked = desk.work()
    assert "DiskLow" == worked.tallies["resize"].paused
    assert "No space left on device" in worked.paused
    assert [2, 2] == [worked.tallies[stage].done for stage in ("prefill", "score")]
    assert "DiskLow" in log(desk)
    for number in (1, 2):
        assert "due" == stage_status(desk.row(number), "resize")
        assert {} == made(desk, number)
        ledger = attempts_of(desk.row(number), "resize").ledger.values()
        assert not any(one.charged for one in ledger)
    check_objects(desk)
    remount(small_store, "size=4m")
    assert 2 == desk.work().tallies["resize"].done
    assert [NAMES, NAMES] == [made(desk, number).keys() for number in (1, 2)]
    check_objects(desk)
    desk.check()


def test_a_folder_that_is_read_only_pauses_resizing_and_charges_nobody(
    desk: Desk, small_store: Path
) -> None:
    """The pause says what could not be written; writable again, the pictures arrive."""
    desk.ingest(desk.photo("coffee"))
    remount(small_store, "size=4m,ro")
    worked = desk.work()
    assert "WriteFailed" == worked.tallies["resize"].paused
    assert "Read-only file system" in worked.paused
    assert "photojournal" in worked.hint or "permissions" in worked.hint
    assert "WriteFailed" in log(desk)
    assert {} == made(desk)
    assert "due" == stage_status(desk.row(1), "resize")
    remount(small_store, "size=4m,rw")
    desk.work()
    assert NAMES == made(desk).keys()
    check_objects(desk)
    desk.check()


# --- deaths


@posix_only
@pytest.mark.parametrize(
    "point",
    [
        "objects.put.half_written:4",
        pytest.param("objects.put.before_rename:3", marks=pytest.mark.soak),
        pytest.param("stage.resize.after_put:1", marks=pytest.mark.soak),
    ],
)
def test_a_death_between_two_pictures_leaves_no_half_one(tmp_path: Path, point: str) -> None:
    """What was whole is used, the rest is made; the row has all of its names in one event."""
    desk = Desk(tmp_path / "workspace", config=NAMED)
    desk.ingest(desk.photo("coffee"))
    code, said = do(desk.root, "resize", crash_at=point)
    assert KILLED == code, said
    assert [] == list(stored(desk).verify_all())
    assert 0 == desk.types(1).count("Resized")
    code, said = do(desk.root, "resize")
    assert 0 == code, said
    assert 1 == desk.types(1).count("Resized")
    assert NAMES == made(desk).keys()
    temporaries = [one for one in Path(desk.workspace.objects).rglob(".*") if one.is_file()]
    assert [] == temporaries
    check_objects(desk)
    desk.check()


# --- encoders


def test_an_encoder_that_is_missing_is_told_with_its_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which format, which rendition, what to do; texts and scores are made."""
    desk.ingest(desk.photo("coffee"))
    monkeypatch.setitem(sys.modules, "PIL._avif", None)  # as a Pillow that was built without it
    with pytest.raises(Misused, match="cannot write `avif`, which `small` is") as refused:
        desk.work("resize")
    assert "photojournal.toml:" in str(refused.value)
    assert "pip install" in refused.value.hint
    worked = desk.work()
    assert "ResizeSettings" == worked.tallies["resize"].paused
    assert [1, 1] == [worked.tallies[stage].done for stage in ("prefill", "score")]
    monkeypatch.undo()
    monkeypatch.setenv("PHOTOJOURNAL_ACTOR", "anna")
    desk.work()
    assert NAMES == made(desk).keys()


def test_two_names_may_stand_for_equal_pictures(desk: Desk) -> None:
    """Equal bytes are one file, and both names count."""
    settle(
        desk,
        NAMED.replace(
            "[resize.watermark]", '[resize.renditions.web2]\nsize = "300x200"\n[resize.watermark]'
        ),
    )
    desk.ingest(desk.photo("coffee"))
    desk.work("resize")
    found = made(desk)
    assert found["web"].sha256 == found["web2"].sha256
    desk.check()
