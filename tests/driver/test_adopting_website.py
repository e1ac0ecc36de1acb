"""A website on real servers, put there by the predecessor, is taken over and goes on."""

from pathlib import Path

import msgspec
import pytest

from driver.adopting import carry_out
from driver.adoption_plan import Given, plan_adoption
from machine.values import Record
from tests.adapters.mysql_site import MysqlSite, server_of
from tests.driver import old_site
from tests.driver.desk import Desk
from tests.driver.old_site import SERIES
from tests.driver.site_kinds import files_of, lines_of, website_on
from tests.driver.taken_in import photographed, take_in
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb

LEGACY, NEW = 200, 20


@pytest.fixture(autouse=True)
def person(monkeypatch: pytest.MonkeyPatch, person: None) -> None:
    """Who knows the passwords and wants the predecessor's short names."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_INGEST_FILE_NAME", "{subject}_{location}_{number}")


def put_up(website: Website) -> None:
    """Put files and lines there by other means than ours, into a table of other types."""
    server = server_of(website.maria, website.database)
    MysqlSite(website.maria, server).make_predecessor(more=", likes INT DEFAULT 7")
    lines = [old_site.record(number) for number in range(1, LEGACY + 1)]
    for one in lines:
        for folder in ("2019/travel", "2019/thumbs/travel"):
            path = website.ftp.root / "www" / folder / one.file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{folder} {one.file_name}".encode())
    columns = ", ".join(f"`{name}`" for name in Record.__struct_encode_fields__)
    marks = ", ".join(["%s"] * LEGACY)
    table = f"{website.database}.photos_info_revamp"
    values = [list(msgspec.to_builtins(one).values()) for one in lines]
    website.maria.query(f"INSERT INTO {table} ({columns}) VALUES {marks}", *values)


def legacy_lines(website: Website) -> object:
    """Return the whole lines of the predecessor, with columns that we know nothing of."""
    table = f"{website.database}.photos_info_revamp"
    return website.maria.query(f"SELECT * FROM {table} WHERE id <= {LEGACY} ORDER BY id")


def adopt(desk: Desk) -> tuple[int, int]:
    """Take over, as the command does; return how many names and rows were new."""
    with desk.program("adopt") as program:
        plan = plan_adoption(program, program.shell, Given(), lambda _done, _all: None)
        done = carry_out(program, plan, None, lambda _done, _all: None)
    return done.names, done.rows


def test_new_photos_go_on_in_a_series_of_the_website(
    desk: Desk, mariadb: MariaDb, tmp_path: Path
) -> None:
    """Twenty after two hundred: the numbers go on, and no byte or column of these changes."""
    with website_on("pyftpdlib", desk, mariadb, tmp_path) as website:
        put_up(website)
        files, lines = files_of(website), legacy_lines(website)
        assert (LEGACY, LEGACY) == adopt(desk)
        take_in(desk, [photographed(number) for number in range(1, NEW + 1)])
        names = [f"{SERIES}_{LEGACY + number:03d}.JPG" for number in range(1, NEW + 1)]
        assert names == [line["File_Name"] for line in desk.queue()]
        sent, stopped = desk.publish()
        assert (["published"] * NEW, None) == ([one.outcome for one in sent], stopped)
        assert lines == legacy_lines(website)
        after = files_of(website)
        assert files == {path: after[path] for path in files}
        new = {f"2008/{folder}travel/{name}" for folder in ("", "thumbs/") for name in names}
        assert new == after.keys() - files.keys()
        there = lines_of(website)
        assert LEGACY + NEW == len(there)
        columns = Record.__struct_encode_fields__
        wanted = [photographed(number).caption for number in range(1, NEW + 1)]
        assert wanted == [there[name][columns.index("Caption")] for name in names]
        assert (0, 0) == adopt(desk)
