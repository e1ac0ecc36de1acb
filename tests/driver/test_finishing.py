"""What is published says what was approved and whose it is, and nothing else of the original."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import tasks
from adapters.workers import FUNCTIONS, Workers
from driver.doctor import trials
from driver.errors import Misused
from driver.finishing import packet_of
from driver.replacing import Replacing
from driver.workspace import MARKER
from machine.intents import EditText
from tests.adapters.packets import caption, packet
from tests.adapters.photos import SAMPLES, SHARED
from tests.driver.desk import CONFIG, Desk

PUBLISH = """\
[publish]
creator = "Anna Berg"
credit = "Anna Berg Pictures"
copyright = "© Anna Berg"
licence_url = "https://creativecommons.org/licenses/by/4.0/"
"""
SETTINGS = CONFIG + PUBLISH

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed"
)

SAID = {
    "XMP-x:XMPToolkit",
    *(f"XMP-dc:{name}" for name in ("Description", "Description-en", "Subject", "Creator")),
    "XMP-dc:Rights",
    *(f"XMP-iptcCore:AltTextAccessibility{language}" for language in ("", "-en")),
    *(f"XMP-photoshop:{name}" for name in ("Credit", "CaptionWriter")),
    *("XMP-xmpRights:WebStatement", "XMP-cc:License"),
    *(f"IFD0:{name}" for name in ("ImageDescription", "Artist", "Copyright")),
    *(f"IPTC:{name}" for name in ("CodedCharacterSet", "Caption-Abstract", "Keywords", "By-line")),
    *(f"IPTC:{name}" for name in ("Credit", "CopyrightNotice", "Writer-Editor")),
}
"""The allow-list of docs/published-metadata.md, as exiftool calls its fields."""

TECHNICAL = ("File", "JFIF", "RIFF", "ICC", "Composite", "System", "ExifTool", "SourceFile")
"""Groups that describe the file, its pixels and its colour profile."""


def site_tags(desk: Desk) -> dict[str, dict[str, Any]]:
    """Return what exiftool finds in each published picture beside the technical groups."""
    names = list(desk.pictures())
    command = ["exiftool", "-a", "-G1", "-s", "-j", "-struct", *names]
    done = subprocess.run(command, cwd=desk.site, capture_output=True, check=True, timeout=120)
    return {
        tags["SourceFile"]: {
            name: value for name, value in tags.items() if not name.startswith(TECHNICAL)
        }
        for tags in json.loads(done.stdout)
    }


@pytest.fixture
def desk(tmp_path: Path, workers: Workers) -> Desk:
    return Desk(tmp_path / "workspace", workers, config=SETTINGS)


def ready(desk: Desk, *samples: str) -> Desk:
    """Take samples as far as an approval of texts that Anna wrote."""
    desk.ingest(*[desk.photo(sample) for sample in samples])
    desk.work()
    for number in range(1, len(samples) + 1):
        desk.write(number, f"Photo {number}, taken in the evening")
    desk.approve(*range(1, len(samples) + 1))
    return desk


@needs_exiftool
def test_every_published_sample_says_what_is_allowed_and_nothing_else(desk: Desk) -> None:
    """Caption, alt text, rights and the person who wrote; no camera, no program, no date."""
    samples = [path.stem for path in SAMPLES.glob("*.jpg") if "damaged" not in path.name]
    ready(desk, *samples).publish()
    found = site_tags(desk)
    assert 2 * len(samples) == len(found)
    for tags in found.values():
        assert set() == tags.keys() - SAID
        assert "© Anna Berg" == tags["XMP-dc:Rights"] == tags["IFD0:Copyright"]
        assert tags["XMP-dc:Description"].startswith("Photo ")
        assert "anna" == tags["XMP-photoshop:CaptionWriter"]
    desk.check()


@needs_exiftool
@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of real photos is not at hand")
@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.soak)])
def test_nothing_private_of_real_cameras_is_published(desk: Desk, step: int) -> None:
    """Places, serial numbers, thumbnails and maker notes of telephones and cameras are gone."""
    got = desk.ingest(*sorted(path for path in SHARED.iterdir() if path.suffix != ".md")[::step])
    desk.work()
    rows = [line["id"] for line in desk.queue() if line["Review_Status"] == "Pending"]
    assert len(rows) > len(got.taken) // 2
    desk.approve(*rows)
    sent, _ = desk.publish(*rows)
    assert {"published"} == {one.outcome for one in sent}
    for name, tags in site_tags(desk).items():
        assert set() == tags.keys() - SAID, name
        in_file = tags["XMP-dc:Description"].startswith("XMPFiles BlueSquare")
        wrote = "anna" if in_file else None  # rules wrote the others, and nobody vouched for them
        assert wrote == tags.get("XMP-photoshop:CaptionWriter"), name


@needs_exiftool
@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of real photos is not at hand")
def test_what_the_owner_keeps_is_published(tmp_path: Path, workers: Workers) -> None:
    """Date, camera, exposure and place by name; serial number and thumbnail never."""
    keep = 'keep = ["date", "camera", "lens", "exposure", "gps"]\n'
    desk = Desk(tmp_path / "workspace", workers, config=SETTINGS + keep)
    desk.ingest(SHARED / "DSCN0010.jpg")
    desk.work()
    desk.approve(1)
    desk.publish()
    kept = {
        *(f"ExifIFD:{name}" for name in ("DateTimeOriginal", "ExposureTime", "FNumber", "ISO")),
        *("ExifIFD:FocalLength", "ExifIFD:LensModel", "IFD0:Model"),
        *(f"GPS:GPS{name}" for name in ("VersionID", "Latitude", "LatitudeRef")),
        *(f"GPS:GPS{name}" for name in ("Longitude", "LongitudeRef", "Altitude", "AltitudeRef")),
    }
    for tags in site_tags(desk).values():
        assert set() == tags.keys() - SAID - kept
        assert "2008:10:22 16:28:39" == tags["ExifIFD:DateTimeOriginal"]
        assert "NIKON COOLPIX P6000" in tags["IFD0:Model"].upper()
        assert tags["GPS:GPSLatitude"].startswith("43 deg 28'")


@needs_exiftool
def test_a_gallery_of_webp_says_it_too(tmp_path: Path, workers: Workers) -> None:
    """In XMP and EXIF: WebP has no place for IIM."""
    more = '[resize.renditions.large]\nsize = "400x400"\nformat = "webp"\n'
    more += '[resize.renditions.small]\nsize = "80x80"\nformat = "avif"\n'
    desk = Desk(tmp_path / "workspace", workers, config=SETTINGS + more)
    ready(desk, "coffee").publish()
    found = site_tags(desk)
    endings = {Path(name).suffix.lower(): tags for name, tags in found.items()}
    assert {".jpg", ".webp", ".avif"} == set(endings)
    for ending in (".webp", ".avif"):
        tags = {name for name in endings[ending] if not name.startswith(("QuickTime", "Meta"))}
        assert SAID - {one for one in SAID if one.startswith("IPTC")} == tags
    desk.check()


def test_an_approver_stands_for_what_a_machine_wrote_unless_nobody_looked(desk: Desk) -> None:
    """The caption writer of a text let through unseen is nobody."""
    ready(desk, "coffee")
    desk.ingest(desk.photo("rocket"))
    desk.work()
    desk.approve(2)
    desk.publish()
    found = {name: (desk.site / name).read_bytes() for name in desk.pictures()}
    writers = {name.rpartition("/")[2]: b"CaptionWriter" in data for name, data in found.items()}
    first, second = (desk.row(number).happened.file_name for number in (1, 2))
    assert {first.rpartition("/")[2]: True, second.rpartition("/")[2]: False} == writers


def test_the_writer_is_that_of_the_text_and_not_of_the_newest_file(desk: Desk) -> None:
    """Another file that another person captioned replaces the pixels, not the words."""
    for name, writer in (("coffee", "Anna"), ("chelsea", "Bert")):
        beside = packet(caption(f"Words by {writer}"), photoshop_CaptionWriter=writer)
        (desk.inbox / f"{name}.xmp").write_bytes(beside)
    desk.ingest(desk.photo("coffee"))
    desk.work()
    desk.approve(1)
    with desk.program("replace") as program:
        path = desk.photo("chelsea")
        Replacing(program.shell, program.objects, program.workers, 1, path).carry_out(
            "new", copy=False
        )
        said = packet_of(program.shell, program.shell.row(1))
    assert ("Words by Anna", "Anna") == (said.caption, said.caption_writer)


def test_other_rights_reach_a_published_row_with_its_next_publication(desk: Desk) -> None:
    """Not before: `publish` sees no change of the row; an edit brings the new words along."""
    ready(desk, "coffee").publish()
    marker = desk.root / MARKER
    marker.write_text(SETTINGS.replace("© Anna Berg", "© Berg & Sons"), "utf-8")
    before = desk.pictures()
    sent, _ = desk.publish()
    assert ["nothing"] == [one.outcome for one in sent]
    assert before == desk.pictures()
    desk.ask(1, intents=[EditText(caption="The same photo, seen again in the evening", by="anna")])
    sent, _ = desk.publish()
    assert ["published"] == [one.outcome for one in sent]
    for name in desk.pictures():
        assert "© Berg &amp; Sons".encode() in (desk.site / name).read_bytes()
    desk.check()


# --- What can go wrong


def _die() -> None:
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGKILL)


def dies(photo: bytes, argument: bytes) -> bytes:
    """Be killed while finishing the first picture that is asked for; the others are finished."""
    flag = Path(os.environ["FINISHING_DIED"])
    if not flag.exists():
        flag.touch()
        _die()
    return tasks.finish(photo, argument)


def deadly(photo: bytes, argument: bytes) -> bytes:
    """Be killed while finishing any picture of row 1."""
    if b"Photo 1" in argument:
        _die()
    return tasks.finish(photo, argument)


def lying(photo: bytes, argument: bytes) -> bytes:
    """Write other words than were asked for into row 1, as a broken library would."""
    from adapters import finishing

    honest = finishing.xmp_packet
    if b"Photo 1" in argument:
        finishing.xmp_packet = lambda packet: honest(packet).replace("Photo 1", "Phoney 1")
    try:
        return tasks.finish(photo, argument)
    finally:
        finishing.xmp_packet = honest


@pytest.fixture
def moody(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A desk whose workers finish pictures as the test wants."""
    monkeypatch.setenv("FINISHING_DIED", str(tmp_path / "died"))
    task = f"{__name__}:{request.param}"
    with Workers(1, functions={**FUNCTIONS, "finish": task}) as one:
        yield Desk(tmp_path / "workspace", one, config=SETTINGS)


kills = pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")


@kills
@pytest.mark.parametrize("moody", ["dies"], indirect=True)
def test_a_worker_that_is_killed_while_it_finishes_costs_nothing(moody: Desk) -> None:
    """Tried once more, and published."""
    ready(moody, "coffee")
    sent, _ = moody.publish()
    assert ["published"] == [one.outcome for one in sent]
    assert "FinishingFailed" not in moody.types(1)
    moody.check()


@pytest.mark.parametrize("moody", [pytest.param("deadly", marks=kills), "lying"], indirect=True)
def test_a_row_that_cannot_be_finished_is_not_sent_and_the_others_are(moody: Desk) -> None:
    """It is recorded, told in the queue and the uploader's log, and says what to type."""
    ready(moody, "coffee", "rocket")
    sent, stopped = moody.publish()
    assert stopped is None
    assert ["failed", "published"] == [one.outcome for one in sent]
    assert "FinishingFailed" == sent[0].code
    assert sent[0].hint.endswith("then: photojournal publish 1")
    line = moody.line(1)
    assert ("Approved", "FinishingFailed") == (line["Review_Status"], line["QC_Status"])
    assert "PublicationStarted" not in moody.types(1)
    assert 2 == len(moody.pictures())
    log = (moody.root / "logs" / "db_uploader.log").read_text("utf-8")
    assert 'step="finish web" code=FinishingFailed' in log
    moody.check()


@pytest.mark.usefixtures("few_libraries")
def test_avif_without_exiftool_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install; with it, the same command publishes."""
    monkeypatch.setenv("PATH", "")
    more = '[resize.renditions.small]\nsize = "80x80"\nformat = "avif"\n'
    with Workers(1) as one:
        desk = ready(Desk(tmp_path / "workspace", one, config=SETTINGS + more), "coffee")
        sent, _ = desk.publish()
    assert ["ExiftoolMissing"] == [one.code for one in sent]
    assert "install exiftool" in sent[0].hint
    assert {} == desk.pictures()
    with desk.program() as program:
        (trial,) = [one for one in trials(program) if one.name == "exiftool"]
    assert "fail" == trial.state
    assert "small" in trial.detail


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('licence_url = "CC BY"', "is no address"),
        ('licence_url = "https://anna:secret@example.org/"', "a login does not belong here"),
        ('keep = ["serial"]', "`gps`"),
        ('keep = ["gps", "gps"]', "each fact once"),
    ],
)
def test_settings_that_cannot_be_meant_name_their_line(desk: Desk, line: str, words: str) -> None:
    """An address that leads nowhere, a fact that is never kept."""
    (desk.root / MARKER).write_text(f"[publish]\n{line}\n", "utf-8")
    with pytest.raises(Misused, match=words) as caught:
        _ = desk.workspace.config
    assert f"{MARKER}:2" in str(caught.value)
    assert "secret" not in str(caught.value)
