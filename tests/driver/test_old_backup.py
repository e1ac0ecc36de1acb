"""A workspace from before the last publication, in front of a website that went on without it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.workers import Workers
from driver.accepting import accept
from driver.adopting import carry_out
from driver.adoption_plan import Given, plan_adoption
from driver.errors import Misused
from driver.remote_check import RemoteVerdict, compare
from driver.taking_in import ingest
from driver.workspace import MARKER
from tests.driver.desk import HARBOUR, Desk
from tests.driver.site_kinds import files_of, lines_of, website_on
from tests.driver.taken_in import SERIES, photographed, take_in
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb


@pytest.fixture
def website(
    desk: Desk, mariadb: MariaDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Website]:
    """A website with one photo."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)
    with website_on("pyftpdlib", desk, mariadb, tmp_path) as website:
        website.create_table()
        take_in(desk, [photographed(1)])
        desk.publish()
        yield website


@pytest.fixture
def copy(website: Website, workers: Workers, tmp_path: Path) -> Desk:
    """The workspace as it was then; after that, the studio published two more photos."""
    studio, folder = website.desk, tmp_path / "copy"
    shutil.copytree(studio.root, folder)
    settings = (studio.root / MARKER).read_text("utf-8")
    take_in(studio, [photographed(2), photographed(3)], first=2)
    studio.publish()
    return Desk(folder, workers, settings)


def verdict(desk: Desk) -> RemoteVerdict:
    with desk.program() as program:
        numbers = desk.numbers(program)
        return compare(program.rehearsal("verify"), program.objects, program.gallery, numbers)


def accept_and_adopt(desk: Desk) -> None:
    """Go on from what stands there, as the hint says."""
    with desk.program("repair") as program, program.publishing() as gallery:
        accept(program, gallery, desk.numbers(program), "the disk died")
    with desk.program("adopt") as program:
        plan = plan_adoption(program, program.shell, Given(), lambda _done, _all: None)
        carry_out(program, plan, None, lambda _done, _all: None)


def test_names_that_it_does_not_know_are_not_given_away_again(website: Website, copy: Desk) -> None:
    """Its next photo would be row 2, as was one that it lost; both stand there in the end."""
    there, lines = files_of(website), lines_of(website)
    with pytest.raises(Misused, match="behind the gallery"):
        copy.publish()
    accept_and_adopt(copy)
    take_in(copy, [photographed(40)], first=40)
    assert f"{SERIES}_004.JPG" == copy.line(2)["File_Name"]
    ((_, sent), stopped) = copy.publish()
    assert ("published", None) == (sent.outcome, stopped), sent
    after, now = files_of(website), lines_of(website)
    assert there == {path: after[path] for path in there}
    assert lines == {name: now[name] for name in lines}
    assert {f"{SERIES}_004.JPG"} == now.keys() - lines.keys()
    found = verdict(copy)
    assert ("", ()) == (found.behind, found.findings)


def test_a_lost_photo_that_comes_in_again_is_held_back(website: Website, copy: Desk) -> None:
    """It stands there already: its name is told, and only `--as-new` publishes it twice."""
    lost = sorted(website.desk.inbox.glob("00[23].jpg"))
    accept_and_adopt(copy)
    got = copy.ingest(*lost)
    names = [f"as {SERIES}_00{number}.JPG" for number in (2, 3)]
    assert names == [one.detail for one in got.taken]
    assert {("refused", "PublishedBefore")} == {(one.outcome, one.code) for one in got.taken}
    with copy.program("ingest") as program:
        again = ingest(
            program, lost, HARBOUR, recursive=False, progress=lambda _n, _all: None, as_new=True
        )
    assert {"ingested"} == {one.outcome for one in again.taken}


def test_lost_photos_that_were_not_known_when_a_row_took_their_name_are_told(copy: Desk) -> None:
    """Adopting after the fact says which row is to be called otherwise."""
    with copy.program("repair") as program, program.publishing() as gallery:
        accept(program, gallery, copy.numbers(program), "the disk died")
    take_in(copy, [photographed(40)], first=40)
    with copy.program("adopt") as program:
        plan = plan_adoption(program, program.shell, Given(), lambda _done, _all: None)
    assert [2] == [one.row for one in plan.clashes]


def test_without_adopting_the_lost_photos_are_not_overwritten(website: Website, copy: Desk) -> None:
    """The same name and the same row number: what stands there is not what was expected."""
    there, lines = files_of(website), lines_of(website)
    with copy.program("repair") as program, program.publishing() as gallery:
        accept(program, gallery, copy.numbers(program), "the disk died")
    take_in(copy, [photographed(40)], first=40)
    assert f"{SERIES}_002.JPG" == copy.line(2)["File_Name"]
    ((_, sent), _) = copy.publish()
    assert ("failed", "TargetChanged") == (sent.outcome, sent.code), sent
    rename = "photojournal rename 2 --to NAME"
    assert (rename, True, False) == (
        copy.line(2)["next_action"],
        rename in sent.hint,
        "move" in sent.hint,
    )
    assert (there, lines) == (files_of(website), lines_of(website))
