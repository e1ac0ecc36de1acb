"""Taking down what a website shows, at the keyboard: servers that are away, what others changed."""

import pytest

from tests.commands.cli import Terminal
from tests.driver.evening import LASTING, EveningWebsite
from tests.servers.ftp import Trouble

REFUSED = Trouble(reply="530 Not logged in.")


@pytest.fixture
def keyboard(
    website: EveningWebsite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """The keyboard before the workspace of the evening."""
    return Terminal(website.desk.root, capsys, monkeypatch)


@pytest.mark.usefixtures("hurried")
def test_nothing_comes_down_while_the_server_with_the_pictures_is_away(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """The line stays in the table, nothing is open, and the words say just that."""
    website.ftp.trouble("PASS", *[Trouble(reply="421 Too many connections.")] * LASTING)
    version = website.desk.row(1).version
    for words in (("withdraw", "1"), ("rollback", "1", "--to", "1", "--yes")):
        said = keyboard.type(*words)
        assert 4 == said.code
        assert "Nothing changed." in said.lines
        assert "the gallery does not answer" in said.err
    assert (website.evening.before, version) == (website.standing(), website.desk.row(1).version)


@pytest.mark.usefixtures("hurried")
def test_a_withdrawal_that_stops_half_way_says_what_is_open_and_the_same_command_ends_it(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """The line is gone when the server refuses to delete the pictures."""
    website.ftp.trouble("DELE", *[REFUSED] * LASTING)
    name = website.name(1)
    said = keyboard.type("withdraw", "1")
    assert 4 == said.code
    assert "Nothing changed." not in said.out
    begun = "the withdrawal is begun, not ended; done: remove the line of"
    assert f"Error: row 1 {name}: {begun} {name}; open: remove " in said.err
    assert "photojournal doctor; then: photojournal repair 1" in said.err
    assert (2, 0) == (len(website.standing().files), len(website.standing().records))
    assert "photojournal repair" == keyboard.type("status", "--json").json["next_command"]
    open_row = f"Row 1 {name}: a withdrawal is open: photojournal repair 1"
    assert open_row in keyboard.type("publish", "--dry-run").out
    website.ftp.forgive()
    said = keyboard.type("withdraw", "1")
    assert 0 == said.code, said.out + said.err
    assert f"Taken down: row 1 {name}, now Withdrawn" in said.out
    assert ({}, {}) == website.standing()


@pytest.mark.usefixtures("hurried")
def test_a_rollback_that_stops_half_way_names_repair_each_time(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """Also a program that reads JSON is told."""
    website.ftp.trouble("DELE", *[REFUSED] * LASTING)
    back = ("rollback", "1", "--to", "1", "--yes")
    said = keyboard.type(*back, "--json")
    (told,) = said.json
    assert (4, "incomplete", 1) == (said.code, told["outcome"], told["row"])
    website.ftp.forgive()
    said = keyboard.type(*back)
    assert (2, True) == (said.code, "Hint: photojournal repair 1" in said.err)
    assert 0 == keyboard.type("repair", "1").code
    assert ({}, {}) == website.standing()


def test_a_line_that_somebody_changed_before_a_republish_is_named_when_the_row_comes_down(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """Until it is gone: by `withdraw`, `status`, `show` and `verify --remote`, with the way out."""
    name = website.name(1)
    website.maria.query(f"UPDATE {website.table} SET Caption = 'Mine' WHERE File_Name = '{name}'")
    assert "TargetChanged" in keyboard.type("publish", "1").err
    said = keyboard.type("withdraw", "1")
    assert 10 == said.code
    assert f"Row 1: {name} was somebody else's; it stays if it still is" in said.lines
    assert f"Taken down: row 1 {name}, now Withdrawn" in said.lines
    delete = f"DELETE FROM photos_info_revamp WHERE File_Name = '{name}'"
    assert f"{name}: somebody else's now, left alone" in said.err
    assert f"Hint: still public; to take it down: {delete}; then:" in said.err
    assert [(name, "Mine")] == website.rows()
    assert delete in keyboard.type("show", "1").out
    (blocked,) = keyboard.type("status", "--json").json["blocked"]
    assert ("TargetChanged", 1) == (blocked["code"], blocked["id"])
    said = keyboard.type("verify", "--remote")
    assert (5, True) == (said.code, "Hint: how to take down what is still public" in said.err)
    assert 10 == keyboard.type("withdraw", "1").code
    website.maria.query(delete.replace("photos_info_revamp", website.table))
    assert 0 == keyboard.type("withdraw", "1").code
    assert [] == keyboard.type("status", "--json").json["blocked"]
    assert 0 == keyboard.type("verify", "--remote").code


def test_a_picture_that_somebody_changed_is_no_file_of_others_after_a_withdrawal(
    website: EveningWebsite, keyboard: Terminal
) -> None:
    """It is ours to worry about: `verify --remote` ends with 5, and nothing touches it."""
    (path, _) = sorted(website.standing().files)
    (website.ftp.root / path).write_bytes(b"theirs")
    assert 10 == keyboard.type("withdraw", "1").code
    said = keyboard.type("verify", "--remote")
    assert 5 == said.code
    assert "still public" in said.out
    assert "0 files and 0 records of others" in said.out
    assert f"delete the file /{path} by FTP" in keyboard.type("show", "1").out
    (website.ftp.root / path).unlink()
    assert 0 == keyboard.type("withdraw", "1").code
    assert 0 == keyboard.type("verify", "--remote").code
