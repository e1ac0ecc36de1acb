"""Named renditions of rows: which are made, which are kept, and what stops nothing but them."""

from pathlib import Path

import pytest
from PIL import Image

from adapters.objects import Objects
from adapters.workers import Workers
from driver.errors import Misused
from driver.going_back import plan_run
from driver.pipeline import plan_work
from driver.replacing import Replacing
from driver.workspace import MARKER
from machine.intents import CorrectMetadata
from machine.status import stage_status
from machine.values import Corrections, Rendition
from tests.driver.desk import CONFIG, Desk

NAMED = f"""\
{CONFIG}
[resize.renditions.large]
size = "400x400"
format = "webp"
watermark = true
[resize.renditions.tile]
size = "80x80"
mode = "fill"
sharpen = 60
[resize.renditions.small]
size = "120x120"
format = "avif"
[resize.watermark]
text = "© Anna"
"""
NAMES = {"web", "thumb", "large", "tile", "small"}
WITH_LOGO = NAMED.replace('text = "© Anna"', 'image = "logo.png"')


@pytest.fixture
def desk(tmp_path: Path, workers: Workers) -> Desk:
    """A workspace with five renditions of each photo."""
    return Desk(tmp_path / "workspace", workers, NAMED)


def settle(desk: Desk, config: str) -> None:
    """Change the settings."""
    (desk.root / MARKER).write_text(config, encoding="utf-8")


def made(desk: Desk, number: int = 1) -> dict[str, Rendition]:
    """The renditions that count, by name."""
    return {one.name: one for one in desk.row(number).decided.resize.renditions}


def changed(before: dict[str, Rendition], after: dict[str, Rendition]) -> set[str]:
    """The names of those whose bytes are others."""
    return {name for name in after if before.get(name) != after[name]}


def to_make(desk: Desk, number: int = 1) -> set[str]:
    """What a dry run says would be made."""
    with desk.program() as program:
        due = plan_work(program, program.rehearsal("resize"), [number], ["resize"])
        return {one.name for row in due if row.renditions for one in row.renditions.make}


def replace(desk: Desk, number: int, sample: str) -> None:
    with desk.program("replace") as program:
        path = desk.photo(sample)
        Replacing(program.shell, program.objects, program.workers, number, path).carry_out(
            "a new export", copy=False
        )


def stored(desk: Desk) -> Objects:
    return Objects(desk.workspace.objects)


def test_every_name_is_made_as_it_was_asked_for(desk: Desk) -> None:
    """Format, box and shape; each opens from where it is kept."""
    desk.ingest(desk.photo("coffee"))
    desk.work()
    found = made(desk)
    assert NAMES == found.keys()
    assert {"image/jpeg": 3, "image/webp": 1, "image/avif": 1} == {
        kind: sum(one.media_type == kind for one in found.values())
        for kind in ("image/jpeg", "image/webp", "image/avif")
    }
    assert (80, 80) == (found["tile"].width_px, found["tile"].height_px)
    assert all(len(stored(desk).get(one.sha256)) == one.size_bytes for one in found.values())


def test_no_picture_of_a_replaced_photo_is_kept(desk: Desk) -> None:
    """The settings are the same, the pixels are not: every rendition is made anew."""
    desk.ingest(desk.photo("coffee"))
    desk.work()
    before = made(desk)
    replace(desk, 1, "chelsea")
    assert NAMES == to_make(desk)
    desk.work()
    after = made(desk)
    assert NAMES == changed(before, after)
    assert not {one.sha256 for one in before.values()} & {one.sha256 for one in after.values()}
    desk.check()


def test_going_back_to_the_former_photo_never_counts_the_new_ones_pictures(desk: Desk) -> None:
    """Also where only the photo is set back, and the pictures are not."""
    desk.ingest(desk.photo("coffee"))
    desk.work()
    before = made(desk)
    desk.ask(1, intents=[CorrectMetadata(corrections=Corrections(camera="Leica"))])
    correction = desk.newest_run("decide")
    replace(desk, 1, "chelsea")
    desk.work()
    with desk.program() as program:
        (plan,) = plan_run(program.rehearsal("rollback"), correction, including_later=True)
    assert ("photo",) == plan.parts
    desk.roll_back_run(correction, including_later=True)
    assert ("stale", "stale") == tuple(
        stage_status(desk.row(1), stage) for stage in ("score", "resize")
    )
    desk.work()
    assert before == made(desk)
    desk.check()


@pytest.mark.parametrize(
    ("was", "becomes", "names"),
    [
        ('text = "© Anna"', 'text = "© Ann"', {"large"}),
        ('size = "80x80"', 'size = "90x90"', {"tile"}),
        ("sharpen = 60", "sharpen = 90", {"tile"}),
        ('format = "avif"', 'format = "avif"\nquality = 30', {"small"}),
        ('thumb = "60x40"', 'thumb = "60x40"\nquality = 70', {"web", "thumb", "tile"}),
        ('size = "400x400"', 'size = "400x400"\nquality = 60', {"large"}),
        ("watermark = true\n", "", {"large"}),
    ],
)
def test_a_change_makes_exactly_what_it_touches(
    desk: Desk, was: str, becomes: str, names: set[str]
) -> None:
    """The others stay as they are, to the byte; texts and scores are not done again."""
    desk.ingest(desk.photo("coffee"))
    desk.work()
    before, attempts = made(desk), desk.types(1).count("AttemptStarted")
    config = NAMED.replace(was, becomes)
    if "watermark = true" in was:
        config = config[: config.index("[resize.watermark]")]
    settle(desk, config)
    assert names == to_make(desk)
    desk.work()
    assert names == changed(before, made(desk))
    assert attempts + 1 == desk.types(1).count("AttemptStarted")
    assert set() == to_make(desk)
    desk.check()


def test_a_new_caption_makes_no_picture(desk: Desk) -> None:
    """It is put into copies when the row is published: pixels are never encoded again."""
    desk.published()
    before, attempts = made(desk), desk.types(1).count("AttemptStarted")
    finished = desk.types(1).count("RenditionFinished")
    desk.write(1, "A cup of coffee on a table in the morning")
    assert set() == to_make(desk)
    desk.work()
    (sent,), _ = desk.publish()
    assert "published" == sent.outcome
    assert before == made(desk)
    assert attempts == desk.types(1).count("AttemptStarted")
    assert finished + len(before) == desk.types(1).count("RenditionFinished")
    desk.check()


def test_a_rendition_that_is_gone_from_the_disk_is_made_again_alone(desk: Desk) -> None:
    """Others are kept."""
    desk.ingest(desk.photo("coffee"))
    desk.work()
    before = made(desk)
    lost = before["tile"].sha256
    stored(desk).path(lost).unlink()
    settle(desk, NAMED.replace('size = "120x120"', 'size = "110x110"'))
    assert {"tile", "small"} == to_make(desk)
    desk.work()
    assert {"small"} == changed(before, made(desk))
    assert stored(desk).get(lost)


def test_a_watermark_that_is_missing_stops_resizing_alone(desk: Desk) -> None:
    """Texts and scores are made; the pause names line, file and key, and it goes on once mended."""
    settle(desk, WITH_LOGO)
    desk.ingest(desk.photo("coffee"))
    worked = desk.work()
    assert ["done", "done", "due"] == [
        stage_status(desk.row(1), stage) for stage in ("prefill", "score", "resize")
    ]
    assert "ResizeSettings" == worked.tallies["resize"].paused
    assert "logo.png` cannot be a watermark: it cannot be read" in worked.paused
    assert f"{MARKER}:" in worked.paused
    assert f"mend [resize.watermark] image in {MARKER}" == worked.hint
    with desk.program() as program:
        assert [] == plan_work(program, program.rehearsal("run"), [1], ["prefill", "score"])
    Image.new("RGBA", (40, 20), (255, 255, 255, 200)).save(desk.root / "logo.png")
    assert "" == desk.work().paused
    assert NAMES == made(desk).keys()
    desk.check()


def test_resizing_alone_is_refused_while_its_settings_cannot_be_carried_out(desk: Desk) -> None:
    """Nothing is begun; the error is that of the settings."""
    settle(desk, WITH_LOGO)
    desk.ingest(desk.photo("coffee"))
    (desk.root / "logo.png").write_text("no picture")
    with pytest.raises(Misused, match="it is no picture that can be read"):
        desk.work("resize")
    with pytest.raises(Misused, match="it is no picture that can be read"):
        to_make(desk)
    assert 0 == desk.types(1).count("AttemptStarted")
