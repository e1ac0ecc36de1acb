"""`doctor` before real servers: what it tries, what it makes, and where it says to look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.cli import Terminal
from tests.driver.desk import Desk
from tests.driver.website import Website
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb

pytestmark = pytest.mark.usefixtures("few_libraries")


@pytest.fixture
def website(
    terminal: Terminal, tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Website]:
    """The servers of a workspace with rows."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)
    (tmp_path / "ftp" / "www").mkdir(parents=True)
    with ftp.serving(tmp_path / "ftp") as files:
        yield Website(Desk(terminal.root), files, mariadb)


def tried(terminal: Terminal, *words: str) -> tuple[int, dict[str, dict[str, str]], str]:
    """Type `doctor`; return the exit code, the trials of the gallery by name, and the rest."""
    said = terminal.type("doctor", "--json", *words)
    found = {one["name"]: one for one in said.json if one["name"].startswith("gallery")}
    return said.code, found, said.err


def test_tables_are_made_once_and_then_tried(terminal: Terminal, website: Website) -> None:
    """Without them `doctor` fails and says how; the journal is left as it is."""
    head = terminal.head()
    code, found, _ = tried(terminal)
    assert 4 == code
    assert "ok" == found["gallery ftp"]["state"]
    assert f"{ftp.USER}@127.0.0.1:{website.ftp.port}/www: " in found["gallery ftp"]["detail"]
    assert "fail" == found["gallery mysql"]["state"]
    assert "photos_info_revamp is missing" in found["gallery mysql"]["detail"]
    assert "doctor --create-table" in found["gallery mysql"]["hint"]
    for _ in range(2):
        _, found, err = tried(terminal, "--create-table")
        assert {"ok"} == {one["state"] for one in found.values()}
        assert f"{website.database}.photos_info_revamp" in err
    assert ([], []) == (website.rows(), website.files())
    assert head == terminal.head()


def test_a_misspelt_folder_is_told_before_and_after_it_is_made(
    terminal: Terminal, website: Website
) -> None:
    """`doctor` warns and leaves nothing there; so does the `publish` that makes it."""
    website.use("ftp", remote_base="/wwww/photos")
    said, hint = "the folder /wwww/photos was not there", "is remote_base in [publish.ftp] as it"
    code, found, _ = tried(terminal, "--create-table")
    told = found["gallery ftp"]
    assert (0, "warn") == (code, told["state"])
    assert said in told["detail"]
    assert hint in told["hint"]
    assert not (website.ftp.root / "wwww").exists()
    published = terminal.type("publish", "2")
    assert (0, True) == (published.code, f"Warning: {said}" in published.err), published.err
    _, found, _ = tried(terminal)
    assert {"ok"} == {one["state"] for one in found.values()}


def test_a_folder_has_no_table_to_make(terminal: Terminal) -> None:
    """Refused, with what to set first."""
    said = terminal.type("doctor", "--create-table")
    assert 2 == said.code
    assert "the gallery is a folder" in said.err
    assert "docs/publishing.md" in said.err


def test_a_missing_password_is_one_trial_that_fails(
    terminal: Terminal, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its hint; the other trials go on."""
    monkeypatch.delenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD")
    code, found, _ = tried(terminal)
    assert 4 == code
    assert "no ftp password for photos@127.0.0.1" in found["gallery"]["detail"]
    assert "PHOTOJOURNAL_PUBLISH_FTP_PASSWORD" in found["gallery"]["hint"]


def test_looking_and_dry_runs_speak_to_no_server(
    terminal: Terminal, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do they need a password."""
    monkeypatch.delenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD")
    monkeypatch.delenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD")
    for words in ("status", "queue", "show 2", "publish --dry-run"):
        assert terminal.type(*words.split()).code == 0, words
    assert 0 == terminal.type("publish", "--dry-run", "2").code
    assert [] == website.ftp.commands


def test_what_stands_in_the_folder_is_kept_by_a_plan(terminal: Terminal, website: Website) -> None:
    """Row 1 was published into the folder: its withdrawal is refused before anything is asked."""
    said = terminal.type("withdraw", "1", "--yes")
    assert "was published to the gallery `folder`, not to `ftp`" in said.out
    assert 'set [publish] gallery = "folder"' in said.out
    assert [] == website.ftp.commands
