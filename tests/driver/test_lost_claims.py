"""A website that moved without the tables beside the published one: whose its lines are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driver.adopting import carry_out
from driver.adoption_plan import Given, Plan, plan_adoption
from driver.claims import claim_again
from driver.remote_check import compare
from driver.repairing import by_row, mend
from driver.standing import why_behind
from tests.driver.desk import Desk
from tests.driver.site_kinds import COLUMNS, website_on
from tests.driver.taken_in import photographed, take_in
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb

LOST = ("photojournal_owner", "photojournal_workspace")


@pytest.fixture
def moved(
    desk: Desk, mariadb: MariaDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Website]:
    """A website with two photos, and without the tables that say whose they are."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)
    with website_on("pyftpdlib", desk, mariadb, tmp_path) as website:
        website.create_table()
        take_in(desk, [photographed(1), photographed(2)])
        desk.publish()
        for table in LOST:
            mariadb.query(f"DROP TABLE {website.database}.{table}")
        yield website


def plan(desk: Desk) -> Plan:
    """Say what `adopt` would take over."""
    with desk.program("adopt") as program:
        return plan_adoption(program, program.shell, Given(), lambda _done, _all: None)


def adopt(desk: Desk) -> None:
    """Take over what is there."""
    with desk.program("adopt") as program:
        found = plan_adoption(program, program.shell, Given(), lambda _done, _all: None)
        carry_out(program, found, None, lambda _done, _all: None)


def of_the_site(website: Website) -> list[tuple[str, str]]:
    """Return what is told of rows that are none of ours."""
    findings = website.compared().findings
    return [(one.part, one.target) for one in findings if one.row is None]


def test_lost_claims_are_told_and_come_back_by_a_repair(moved: Website) -> None:
    """Every line is named; nothing that visitors see changes."""
    before = moved.rows(), moved.files()
    found = moved.compared()
    assert 5 == found.exit_code
    assert {("unclaimed", "claim it")} == {(one.problem, one.repair) for one in found.findings}
    assert (2, 2) == (len(found.findings), found.whole_records)
    moved.create_table()
    with moved.desk.taking_back("repair") as (program, back):
        numbers = moved.desk.numbers(program)
        found = compare(program.shell, program.objects, back.gallery, numbers)
        ended = [mend(back, number, some) for number, some in by_row(found.findings).items()]
    assert [("done", "Published")] * 2 == [(one.outcome, one.status) for one in ended]
    assert 0 == moved.compared().exit_code
    assert before == (moved.rows(), moved.files())


def test_own_lines_that_nobody_claims_are_not_the_sites(moved: Website) -> None:
    """Adopting takes none of them over, and no row has to be called otherwise."""
    moved.create_table()
    adopted = plan(moved.desk)
    assert ({}, []) == (adopted.rows, adopted.clashes)


def test_tables_made_anew_know_again_which_journal_is_the_newest(
    moved: Website, tmp_path: Path
) -> None:
    """What the journal knows is claimed; a line that says something else is left alone."""
    older = moved.desk.copied(tmp_path / "older")
    name = moved.desk.row(2).happened.file_name
    table = f"{moved.database}.photos_info_revamp"
    moved.maria.query(f"UPDATE {table} SET Caption = 'theirs' WHERE File_Name = %s", name)
    moved.desk.write(1, "Written after the copy was made")
    moved.create_table()
    with moved.desk.program("doctor") as program, program.publishing() as gallery:
        assert [1] == claim_again(program.shell, gallery, moved.desk.numbers(program))
    with older.program() as program:
        assert why_behind(program.journal, program.gallery)
        assert [] == claim_again(program.rehearsal("doctor"), program.gallery, [1, 2])
    assert [("changed", 2)] == [(one.problem, one.row) for one in moved.compared().findings]


def test_what_the_site_has_lost_is_told_until_it_is_adopted_so(moved: Website) -> None:
    """A line and a picture that were there before the workspace are missed."""
    moved.create_table()
    table = f"{moved.database}.photos_info_revamp"
    values = COLUMNS.replace("File_Name", "'old.JPG'").replace("Caption", "'An old one'")
    name = moved.desk.row(1).happened.file_name
    moved.maria.query(
        f"INSERT INTO {table} ({COLUMNS}) SELECT {values} FROM {table} WHERE File_Name = %s", name
    )
    picture = moved.ftp.root / "www" / "2001" / "old.JPG"
    picture.parent.mkdir()
    picture.write_bytes(b"old")
    adopt(moved.desk)
    assert [] == of_the_site(moved)
    picture.unlink()
    moved.maria.query(f"DELETE FROM {table} WHERE File_Name = 'old.JPG'")
    assert [("record", "old.JPG"), ("file", "2001/old.JPG")] == of_the_site(moved)
    adopt(moved.desk)
    assert [] == of_the_site(moved)
    with moved.desk.program() as program:
        (line,) = program.models.query("SELECT Caption FROM site_rows")
    assert "An old one" == line["Caption"]
