"""A website that is there already is taken over, and new photos are published beside it."""

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.gallery import FolderGallery
from adapters.gallery_table import FILE_NAME
from adapters.ports import Gallery
from driver import workspace
from driver.adopting import Adopted, carry_out
from driver.adoption_plan import Given, Plan, plan_adoption
from driver.decisions import Answer
from driver.renaming import rename
from machine.events import NameReserved
from machine.run_events import NameAdopted, RowAdopted
from tests.driver import old_site
from tests.driver.desk import CONFIG, HARBOUR, Desk
from tests.driver.old_site import SERIES
from tests.driver.processes import KILLED, do

LEGACY, NEW = 200, 20
TEMPLATE = '[ingest]\nfile_name = "{subject}_{location}_{number}"\n'

kills = pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")


def site_of(desk: Desk) -> Callable[[], Gallery]:
    """Return what opens the site as the predecessor did: for nobody."""
    return lambda: FolderGallery(desk.site, workspace="")


@pytest.fixture(scope="module")
def website(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the predecessor, for copies."""
    folder = tmp_path_factory.mktemp("website")
    numbers = range(1, LEGACY + 1)
    gallery = FolderGallery(folder, workspace="")
    old_site.put_up(gallery, [old_site.record(number) for number in numbers])
    return folder


@pytest.fixture
def studio(desk: Desk, website: Path) -> Desk:
    """A workspace whose names are short, in front of a site of the predecessor."""
    (desk.root / workspace.MARKER).write_text(TEMPLATE + CONFIG, encoding="utf-8")
    shutil.copytree(website, desk.site, dirs_exist_ok=True)
    return desk


def plan(desk: Desk, **given: Path) -> Plan:
    with desk.program() as program:
        shell = program.rehearsal("adopt")
        return plan_adoption(program, shell, Given(**given), lambda _done, _all: None)


def adopt(desk: Desk, **given: Path) -> Adopted:
    """Take over, as the command does."""
    with desk.program("adopt") as program:
        found = plan_adoption(program, program.shell, Given(**given), lambda _done, _all: None)
        queue = given.get("review_db")
        return carry_out(program, found, queue, lambda _done, _all: None)


def head(desk: Desk) -> int:
    with desk.reading() as journal:
        return journal.head.position


def events(desk: Desk, prefix: str) -> dict[str, list[Any]]:
    """Return the events of streams by the rest of their names."""
    with desk.reading() as journal:
        return {
            stream.removeprefix(prefix): [one.event for one in journal.read_stream(stream)]
            for stream in journal.streams(prefix)
        }


def test_new_photos_are_published_beside_a_site_that_stays_as_it_is(studio: Desk) -> None:
    """Twenty photos of a series that has two hundred: no byte and no row of these changes."""
    before = old_site.everything(site_of(studio)())
    done = adopt(studio)
    assert (LEGACY, LEGACY) == (done.names, done.rows)
    photos = [studio.photo(name=f"new {n}.jpg", ending=b"%d" % n) for n in range(NEW)]
    rows = studio.ingest(*photos).rows()
    studio.work()
    studio.approve(*rows)
    sent, stopped = studio.publish()
    assert stopped is None
    assert {"published"} == {one.outcome for one in sent}
    names = [f"{SERIES}_{number}.JPG" for number in range(LEGACY + 1, LEGACY + NEW + 1)]
    assert names == [line["File_Name"] for line in studio.queue()]
    after = old_site.everything(site_of(studio)())
    assert before == {place: after[place] for place in before}
    assert len(before) + 3 * NEW == len(after)
    with studio.program() as program:
        assert [] == program.models.check()
        assert NEW == len(program.models.queue())


def test_what_the_site_has_stands_in_the_journal(studio: Desk) -> None:
    """Each row with its columns and its files; each name with the places where it was seen."""
    used = old_site.write_names(studio.inbox / "used.json", [f"{SERIES}_007.JPG", "Gone_001.JPG"])
    adopt(studio, used_names=used)
    (adopted,) = events(studio, "site/")[f"{SERIES}_007.JPG"]
    assert isinstance(adopted, RowAdopted)
    assert old_site.record(7) == adopted.record
    targets = {one.target: one.size_bytes for one in adopted.files}
    assert {f"2019/{folder}travel/{SERIES}_007.JPG" for folder in ("", "thumbs/")} == set(targets)
    assert all(targets.values())
    names = events(studio, "name/")
    (seven,), (gone,) = names[f"{SERIES}_007".casefold()], names["gone_001"]
    assert ("table", "files", "used names") == seven.found_in
    assert ("used names",) == gone.found_in


def test_a_second_adoption_appends_nothing(studio: Desk) -> None:
    """Neither with the same files nor after photos of ours stand on the site."""
    used = old_site.write_names(studio.inbox / "used.json", ["Gone_001.JPG"])
    photo = studio.photo(name="waits.jpg")
    queue = old_site.write_queue(studio.inbox / "review.db", old_site.queued(301, photo))
    given = {"used_names": used, "review_db": queue}
    adopt(studio, **given)
    studio.work()
    studio.approve(1)
    studio.publish()
    before = head(studio)
    assert plan(studio, **given).nothing
    again = adopt(studio, **given)
    assert (0, 0, ["here"]) == (again.names, again.rows, [one.outcome for one in again.queue])
    assert before == head(studio)


def test_a_row_that_the_owner_changed_is_adopted_again(studio: Desk) -> None:
    """So that new texts are compared with what visitors read today; the first time stays known."""
    adopt(studio)
    with closing(sqlite3.connect(studio.site / FILE_NAME)) as db, db:
        db.execute("UPDATE photos_info SET Caption = 'Rewritten' WHERE File_Name LIKE '%_007.JPG'")
    done = adopt(studio)
    assert (0, 1) == (done.names, done.rows)
    assert 2 == len(events(studio, "site/")[f"{SERIES}_007.JPG"])
    with studio.program() as program:
        (line,) = program.models.query("SELECT * FROM site_rows WHERE Caption = 'Rewritten'")
        assert [] == program.models.check()
    assert 2 == line["version"]
    assert line["id"] < line["last_position"]


def test_a_row_that_is_no_record_keeps_what_can_be_read(studio: Desk) -> None:
    """A caption of NULL, an ISO that is a word: the name and the other columns count."""
    with closing(sqlite3.connect(studio.site / FILE_NAME)) as db, db:
        db.execute("UPDATE photos_info SET ISO = 'high' WHERE File_Name LIKE '%_007.JPG'")
    adopt(studio)
    (adopted,) = events(studio, "site/")[f"{SERIES}_007.JPG"]
    assert adopted.record is None
    assert ("high", "Rotterdam") == (adopted.readable["ISO"], adopted.readable["Location"])
    with studio.program() as program:
        (line,) = program.models.query("SELECT * FROM site_rows WHERE File_Name LIKE '%_007.JPG'")
    assert old_site.record(7).caption == line["Caption"]


def test_no_row_can_be_renamed_to_a_name_of_the_site(studio: Desk) -> None:
    """It is refused by name; a series goes on after it."""
    adopt(studio)
    studio.ingest(studio.photo())

    def to(name: str) -> Answer:
        with studio.program("rename", effects=False) as program:
            return rename(program.shell, 1, name)

    refused = to(f"{SERIES}_007.JPG".lower().replace(".jpg", ".JPG"))
    assert "refused" == refused.outcome
    assert "belongs to the site" in refused.detail
    assert "done" == to("Something_else.JPG").outcome


def test_quality_control_sees_the_texts_of_the_site(studio: Desk) -> None:
    """A caption that visitors read already is named, and where."""
    adopt(studio)
    studio.ingest(studio.photo())
    studio.work()
    studio.write(1, old_site.record(7).caption)
    with studio.program("edit", effects=False) as program:
        program.report_texts()
    told = json.loads((studio.root / "data" / "prefill_qc_last.json").read_text("utf-8"))
    (flagged,) = [one for one in told["flagged"] if "duplicate_caption_exact" in one["reasons"]]
    assert 1 == flagged["id"]
    assert f"as site {SERIES}_007.JPG" == flagged["details"]["duplicate_caption_exact"]
    (group,) = [one for one in told["groups"] if one["kind"] == "duplicate_caption_exact"]
    assert ([1], [], [f"{SERIES}_007.JPG"]) == (group["ids"], group["published_ids"], group["site"])


@pytest.mark.parametrize("spelt", [str, str.lower])
def test_a_row_of_ours_that_is_called_like_one_of_the_site_is_told(
    desk: Desk, spelt: Callable[[str], str]
) -> None:
    """It was there first in our journal; visitors have the other one: a person has to rename."""
    (desk.root / workspace.MARKER).write_text(TEMPLATE + CONFIG, encoding="utf-8")
    desk.ingest(desk.photo(), labels=HARBOUR)
    name = spelt(f"{SERIES}_001.JPG")
    old_site.put_up(site_of(desk)(), [replace(old_site.record(1), file_name=name)])
    found = plan(desk)
    assert [(1, name)] == [(one.row, one.file_name) for one in found.clashes]
    done = adopt(desk)
    assert (0, 1) == (done.names, done.rows)
    (owner,) = events(desk, "name/")[f"{SERIES}_001".casefold()]
    assert isinstance(owner, NameReserved)
    before = old_site.everything(site_of(desk)())
    desk.work()
    desk.approve(1)
    ((sent,), _) = desk.publish()
    assert ("refused", "photojournal rename 1 --to NAME") == (sent.outcome, sent.hint)
    assert before == old_site.everything(site_of(desk)())


@kills
@pytest.mark.parametrize(
    "moment",
    [
        "adopt.batch.before:2",
        pytest.param("adopt.batch.after:1", marks=pytest.mark.soak),
        pytest.param("ingest.row.before:2", marks=pytest.mark.soak),
    ],
)
def test_killed_in_the_middle_it_goes_on(studio: Desk, moment: str) -> None:
    """The same command again brings all of it in, each once, in one set."""
    photos = [studio.photo(name=f"waits {n}.jpg", ending=b"%d" % n) for n in range(4)]
    rows = [old_site.queued(300 + n, photo) for n, photo in enumerate(photos)]
    queue = old_site.write_queue(studio.inbox / "review.db", *rows)
    words = ("adopt", "--review-db", queue)
    code, said = do(studio.root, *words, crash_at=moment)
    assert KILLED == code, said
    code, said = do(studio.root, *words)
    assert 0 == code, said
    names = [f"{SERIES}_{300 + n}.JPG" for n in range(4)]
    assert names == sorted(line["File_Name"] for line in studio.queue())
    assert 1 == len({line["set_id"] for line in studio.queue()})
    adopted = events(studio, "name/")
    assert LEGACY == sum(isinstance(one[0], NameAdopted) for one in adopted.values())
    assert {1} == {len(found) for found in events(studio, "site/").values()}
    before = head(studio)
    code, said = do(studio.root, *words)
    assert (0, before) == (code, head(studio)), said
