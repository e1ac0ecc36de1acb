"""A website on real servers at the keyboard: taking down, another's change, an old backup."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driver.workspace import MARKER
from tests.commands.cli import Said, Terminal
from tests.driver.desk import Desk
from tests.driver.site_kinds import files_of, lines_of, website_on
from tests.driver.taken_in import photographed, take_in
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb

NEW = "https://pictures.example.net"


@pytest.fixture
def website(tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> Iterator[Website]:
    """A website without photos."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)
    desk = Desk(tmp_path / "studio")
    with website_on("pyftpdlib", desk, mariadb, tmp_path) as website:
        website.create_table()
        yield website


@pytest.fixture
def keyboard(
    website: Website, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """The keyboard before its workspace."""
    return Terminal(website.desk.root, capsys, monkeypatch)


def typed(terminal: Terminal, *words: object) -> Said:
    """Type what has to go well."""
    said = terminal.type(*words)
    assert 0 == said.code, said.out + said.err
    return said


def edit(terminal: Terminal, caption: str) -> None:
    typed(terminal, "edit", 1, "--caption", caption, "--alt-text", "A crane")


@pytest.mark.parametrize("count", [8, pytest.param(50, marks=pytest.mark.soak)])
def test_what_somebody_changed_is_the_one_thing_that_is_left(
    website: Website, keyboard: Terminal, count: int
) -> None:
    """All others of a set come down; the one is named, and its file untouched."""
    went_in = [photographed(number) for number in range(1, count + 1)]
    take_in(website.desk, went_in)
    said = typed(keyboard, "publish")
    assert f"{count} rows published." in said.out
    changed = f"2008/travel/{went_in[4].name}"
    (website.ftp.root / "www" / changed).write_bytes(b"theirs")
    set_id = website.desk.line(1)["set_id"]
    said = keyboard.type("withdraw", "--set", set_id, "--yes")
    assert 10 == said.code
    errors = [line for line in said.err.splitlines() if line.startswith("Error:")]
    assert 1 == len(errors)
    assert errors[0].startswith(f"Error: row 5 {went_in[4].name}: ")
    assert f"{changed}: somebody else's now, left alone" in errors[0]
    assert {changed: b"theirs"} == files_of(website)
    assert {} == lines_of(website)
    assert ["Withdrawn"] * count == [line["Review_Status"] for line in website.desk.queue()]


def test_a_restored_workspace_knows_the_website_until_the_other_one_goes_on(
    website: Website, keyboard: Terminal, tmp_path: Path
) -> None:
    """Clean at first; then it publishes nothing before somebody takes the gallery as it is."""
    take_in(website.desk, [photographed(number) for number in range(1, 3)])
    typed(keyboard, "publish")
    typed(keyboard, "backup", tmp_path / "usb")
    typed(keyboard, "restore", tmp_path / "usb", tmp_path / "again")
    copy = Terminal(tmp_path / "again", keyboard._capsys, keyboard._monkeypatch)
    said = typed(copy, "verify", "--remote")
    assert "Gallery ftp: 4 files and 2 records of ours; 0 files and 0 records of others" in said.out
    edit(keyboard, "What the studio says two days later")
    typed(keyboard, "publish")
    there = files_of(website), lines_of(website)
    said = copy.type("publish")
    assert (2, True) == (said.code, "the journal is behind the gallery" in said.err)
    told = "restored from a backup: the journal may be behind the gallery"
    assert told in copy.type("status").out
    edit(copy, "What the copy says")
    for words in (("publish",), ("withdraw", "2", "--yes"), ("repair", "--remote", "--yes")):
        said = copy.type(*words)
        assert 2 == said.code, said.out + said.err
        assert "the journal is behind the gallery (was an old backup restored?)" in said.err
        assert "photojournal repair --remote --accept-gallery --reason '...'" in said.err
        assert there == (files_of(website), lines_of(website))
    said = copy.type("verify", "--remote")
    assert 5 == said.code
    assert "the journal is behind the gallery" in said.err
    assert "verify --remote" not in said.err
    accept = ("repair", "--remote", "--accept-gallery", "--reason", "the disk died", "--yes")
    said = typed(copy, *accept)
    assert "Accepted: of 1 row something else stands outside" in said.out
    assert "Published otherwise since, taken as it is: row 1" in said.lines
    assert there == (files_of(website), lines_of(website))
    typed(copy, "verify", "--remote")
    typed(copy, "approve", "1")
    typed(copy, "publish")
    assert told not in copy.type("status").out
    typed(copy, "verify", "--remote")
    captions = {line[14] for line in lines_of(website).values()}
    assert {"What the copy says", photographed(2).caption} == captions
    there = files_of(website), lines_of(website)
    edit(keyboard, "The studio goes on as if nothing had happened")
    assert keyboard.type("publish", "1").code in (2, 10)
    assert there == (files_of(website), lines_of(website))


def test_another_public_address_reaches_the_lines_that_are_published(
    website: Website, keyboard: Terminal
) -> None:
    """Each line is sent once more, and no picture; then nothing is due."""
    take_in(website.desk, [photographed(number) for number in range(1, 3)])
    typed(keyboard, "publish")
    settings = website.desk.root / MARKER
    settings.write_text(settings.read_text("utf-8").replace("https://example.org/photos", NEW))
    assert 2 == typed(keyboard, "status", "--json").json["other_addresses"]
    pictures = files_of(website)
    website.ftp.commands.clear()
    assert "2 rows published." in typed(keyboard, "publish").out
    sent = [one for one in website.ftp.commands if one.startswith("STOR") and "probe" not in one]
    assert ([], pictures) == (sent, files_of(website))
    assert all(
        one[2].startswith(NEW) and one[3].startswith(NEW) for one in lines_of(website).values()
    )
    assert "Nothing changed" in typed(keyboard, "publish").out
    assert 0 == typed(keyboard, "status", "--json").json["other_addresses"]
    typed(keyboard, "verify", "--remote")


@pytest.mark.usefixtures("few_libraries")
def test_tables_made_anew_claim_what_is_published(website: Website, keyboard: Terminal) -> None:
    """`verify --remote` tells that they are lost and what to type; then all is well again."""
    take_in(website.desk, [photographed(1)])
    typed(keyboard, "publish")
    for table in ("photojournal_owner", "photojournal_workspace"):
        website.maria.query(f"DROP TABLE {website.database}.{table}")
    said = keyboard.type("verify", "--remote")
    assert (5, True) == (said.code, "unclaimed" in said.out)
    assert "photojournal doctor --create-table" in said.err
    said = keyboard.type("doctor", "--create-table")
    assert "Claimed again, as published by this workspace: 1 line" in said.out
    typed(keyboard, "verify", "--remote")
