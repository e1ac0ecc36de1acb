"""A workspace that publishes to real servers: FTP by pyftpdlib, the table on a MariaDB."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driver import galleries, publishing
from driver.demo import open_workspace
from driver.errors import Misused, Unreachable
from journal.locks import ProcessLock
from tests.driver.desk import Desk
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.ftp import Trouble
from tests.servers.mariadb import PASSWORD, MariaDb

CAPTION, ALT_TEXT = "A cup of coffee", "A white cup on a wooden table"


@pytest.fixture
def website(
    desk: Desk, tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Website]:
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)
    with ftp.serving(tmp_path / "ftp") as files:
        yield Website(desk, files, mariadb)


@pytest.fixture
def published(website: Website) -> Website:
    """A website with one photo."""
    website.create_table()
    website.desk.ingest(website.desk.photo())
    website.desk.work()
    website.desk.write(1, CAPTION, ALT_TEXT)
    website.desk.approve(1)
    sent, stopped = website.desk.publish()
    assert (["published"], None) == ([one.outcome for one in sent], stopped), (sent, stopped)
    return website


def test_a_photo_goes_out_and_comes_down_again(published: Website) -> None:
    """Pictures on one server, the record on the other; the folder gallery is not made."""
    ((name, caption),) = published.rows()
    assert CAPTION == caption
    assert 2 == len(published.files())
    assert all(path.endswith(name) for path in published.files())
    assert not published.desk.workspace.site.exists()
    assert "done" == published.desk.withdraw(1).outcome
    assert ([], []) == (published.rows(), published.files())


def test_an_edit_goes_out_and_back(published: Website) -> None:
    """A rollback puts the former picture and record back on the servers."""
    with published.desk.program() as program:
        version = program.rehearsal("look").row(1).version
    published.desk.write(1, "Coffee at last", ALT_TEXT)
    published.desk.publish()
    assert [CAPTION] != [caption for _, caption in published.rows()]
    assert "done" == published.desk.roll_back(1, version).outcome
    assert [CAPTION] == [caption for _, caption in published.rows()]


def test_passwords_are_nowhere_in_the_workspace(published: Website) -> None:
    """Neither after a publication nor after a server that tells them."""
    published.desk.write(1, "Coffee at last", ALT_TEXT)
    rude = Trouble(reply=f"550 Not with {ftp.PASSWORD}.")
    published.ftp.trouble("STOR", *[Trouble()] * 2, *[rude] * 9)
    sent, _ = published.desk.publish()
    assert ["Not with ***" in one.detail for one in sent] == [True], sent
    words = published.words()
    assert b"Not with ***" in words
    assert ftp.PASSWORD.encode() not in words
    assert PASSWORD.encode() not in words


def test_without_a_password_nothing_begins(
    published: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hint says how to give one; what needs no server needs none."""
    monkeypatch.delenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD")
    published.desk.write(1, "Coffee at last", ALT_TEXT)
    with pytest.raises(Misused, match=r"no mysql password for anna@127\.0\.0\.1") as caught:
        published.desk.publish()
    assert "PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD" in caught.value.hint
    assert [CAPTION] == [caption for _, caption in published.rows()]


def test_a_server_that_refuses_the_login_pauses_the_stage(
    published: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no failure of the row."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", "wrong and long")
    published.desk.write(1, "Coffee at last", ALT_TEXT)
    sent, stopped = published.desk.publish()
    assert [] == sent
    assert "(ftp)" in str(stopped)
    assert "wrong and long" not in f"{stopped}{published.words()!r}"


def test_what_stands_on_the_servers_is_not_sought_in_the_folder(published: Website) -> None:
    """With the other setting, the row is refused; back with the first one, all goes on."""
    published.use("folder")
    published.desk.write(1, "Coffee at last", ALT_TEXT)
    sent, _ = published.desk.publish()
    assert ["refused"] == [one.outcome for one in sent]
    assert "published to the gallery `ftp`, not to `folder`" in sent[0].detail
    assert "refused" == published.desk.withdraw(1).outcome
    assert [CAPTION] == [caption for _, caption in published.rows()]
    published.use("ftp")
    assert "done" == published.desk.withdraw(1).outcome
    assert [] == published.rows()


@pytest.mark.usefixtures("hurried")
def test_what_is_open_is_finished_where_it_was_begun(published: Website) -> None:
    """A server dies half-way; another setting does not make `repair` look elsewhere."""
    published.maria.kill()
    try:
        with pytest.raises(Unreachable):
            published.desk.withdraw(1)
        published.use("folder")
        assert "refused" == published.desk.repair(1).outcome
    finally:
        published.maria.start()
    published.use("ftp")
    assert "done" == published.desk.repair(1).outcome
    assert ([], []) == (published.rows(), published.files())


def test_one_process_publishes_to_a_website_at_a_time(published: Website) -> None:
    """Its lock tells the website, not the setting's name; another website has another."""
    workspace = published.desk.workspace
    name = galleries.lock_name(workspace.config.publish)
    assert name.startswith("gallery-127.0.0.1-")
    lock = ProcessLock(workspace.locks / name)
    assert lock.try_acquire()
    try:
        with pytest.raises(Misused, match="another process is publishing"):
            published.desk.publish()
    finally:
        lock.close()
    published.use("ftp", remote_base="/other")
    assert name != galleries.lock_name(published.desk.workspace.config.publish)


def test_a_folder_makes_its_table_itself(website: Website) -> None:
    """`--create-table` is for servers."""
    website.use("folder")
    with pytest.raises(Misused, match="the gallery is a folder"):
        website.create_table()


def test_the_demo_never_goes_to_a_server(website: Website) -> None:
    """Its photos are nobody's to publish."""
    with pytest.raises(Misused, match="the demo publishes into a folder"):
        open_workspace(website.desk.root)


def test_several_rows_travel_at_once(website: Website) -> None:
    """Each over connections of its own; what one of them meets is not the others' trouble."""
    website.use("ftp", in_flight=4)
    website.create_table()
    desk = website.desk
    desk.ingest(*(desk.photo(name=f"{n}.jpg", ending=bytes([n])) for n in range(9)))
    desk.work()
    numbers = [line["id"] for line in desk.queue()]
    desk.approve(*numbers)
    website.ftp.trouble("STOR", *[Trouble()] * 5, Trouble(reply="553 Not that name."))
    seen: list[tuple[int, int]] = []
    with desk.program("publish") as program:
        sent, stopped = publishing.publish(
            program, numbers, lambda now: seen.append((now.done, now.sent_bytes))
        )
    assert stopped is None
    assert numbers == [one.row for one in sent]
    assert ["failed", *["published"] * 8] == sorted(one.outcome for one in sent)
    assert 4 == website.ftp.commands.count(f"USER {ftp.USER}")
    assert (8, 16) == (len(website.rows()), len(website.files()))
    assert seen == sorted(seen)
    assert seen[-1][0] == 9
    assert seen[-1][1] >= sum(
        path.stat().st_size for path in (website.ftp.root / "www").rglob("*.JPG")
    )
    website.ftp.forgive()
    sent, _ = desk.publish()
    assert {"published", "nothing"} == {one.outcome for one in sent}
    assert (9, 18) == (len(website.rows()), len(website.files()))
    assert () == website.compared().findings


def test_a_server_that_goes_away_stops_all_rows_on_their_way(website: Website) -> None:
    """Those that were not begun stay as they are; one more publication brings every row out."""
    website.use("ftp", in_flight=3)
    website.create_table()
    desk = website.desk
    desk.ingest(*(desk.photo(name=f"{n}.jpg", ending=bytes([n])) for n in range(9)))
    desk.work()
    numbers = [line["id"] for line in desk.queue()]
    desk.approve(*numbers)
    full = Trouble(reply="452 Insufficient storage space.")
    website.ftp.trouble("STOR", *[Trouble()] * 4, *[full] * 99)
    sent, stopped = desk.publish()
    assert stopped is not None
    assert 1 <= len(sent) < 9
    website.ftp.forgive()
    sent, stopped = desk.publish()
    assert stopped is None
    assert (9, 18) == (len(website.rows()), len(website.files()))
    assert () == website.compared().findings
