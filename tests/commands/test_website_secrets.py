"""Passwords stand nowhere but where their owner keeps them, whatever went well or wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from driver.credentials import FILE_NAME
from tests.commands.cli import Terminal, copied
from tests.driver.bundles import plain
from tests.driver.desk import Desk
from tests.driver.site_kinds import website_on
from tests.driver.taken_in import photographed, take_in
from tests.driver.website import Website
from tests.servers import ftp, mariadb
from tests.servers.ftp import Trouble

WRONG = "hunter3-is-not-it"
SECRETS = (ftp.PASSWORD, "hunter2", WRONG)
"""What is sought; of the second password the part without signs that may be written otherwise."""


class Listener:
    """Types commands, and keeps all that was said."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.said = ""

    def type(self, *words: object, code: int = 0) -> None:
        said = self.terminal.type(*words)
        self.said += said.out + said.err
        assert code == said.code, said.out + said.err


class Keep(Protocol):
    """Puts the passwords, or a wrong one in place of both, where the program looks for them."""

    def __call__(self, root: Path, patch: pytest.MonkeyPatch, *, wrong: str = "") -> None: ...


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two photos that may go out, for copies."""
    desk = Desk(tmp_path_factory.mktemp("approved") / "studio")
    take_in(desk, [photographed(1), photographed(2)])
    return desk.root


@pytest.fixture
def website(approved: Path, tmp_path: Path, mariadb: mariadb.MariaDb) -> Iterator[Website]:
    desk = Desk(copied(approved, tmp_path / "studio"))
    with website_on("pyftpdlib", desk, mariadb, tmp_path) as website:
        yield website


def keep_in_environment(root: Path, patch: pytest.MonkeyPatch, *, wrong: str = "") -> None:
    patch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", wrong or ftp.PASSWORD)
    patch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", wrong or mariadb.PASSWORD)


def keep_in_file(root: Path, patch: pytest.MonkeyPatch, *, wrong: str = "") -> None:
    text = f"[ftp]\npassword = {json.dumps(wrong or ftp.PASSWORD)}\n"
    text += f"[mysql]\npassword = {json.dumps(wrong or mariadb.PASSWORD)}\n"
    path = root / FILE_NAME
    path.write_text(text, "utf-8")
    path.chmod(0o600)


@pytest.fixture
def listener(
    website: Website, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Listener:
    return Listener(Terminal(website.desk.root, capsys, monkeypatch))


@pytest.mark.usefixtures("few_libraries", "hurried")
@pytest.mark.parametrize("keep", [keep_in_environment, keep_in_file])
def test_no_file_and_no_word_holds_a_password(
    website: Website,
    listener: Listener,
    tmp_path: Path,
    keep: Keep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Journal, read models, objects, logs, crash files, report, backup, bundle, what is said."""
    root, told = website.desk.root, listener.type
    keep(root, monkeypatch)
    told("doctor", "--create-table")
    told("publish", "1")
    rude = Trouble(reply=f"550 Not with {ftp.PASSWORD} nor {mariadb.PASSWORD}.")
    website.ftp.trouble("STOR", *[Trouble()] * 2, *[rude] * 99)
    told("publish", "2", code=4)
    website.ftp.forgive()
    reason = f"because {ftp.PASSWORD} works and {mariadb.PASSWORD} does"
    told("withdraw", "1", "--reason", reason)
    told("publish", "2", "--ftp-password", ftp.PASSWORD, code=2)
    keep(root, monkeypatch, wrong=WRONG)
    website.ftp.trouble("PASS", *[Trouble(reply=f"530 {WRONG} is not it.")] * 9)
    told("publish", "2", code=4)
    told("doctor", "--json", code=4)
    website.ftp.forgive()
    told("publish", "2", code=4)
    told("verify", "--remote", code=4)
    keep(root, monkeypatch)
    told("publish", "2")
    told("verify", "--remote")
    told("backup", tmp_path / "usb")
    told("report", "--out", tmp_path / "report.html")
    told("incident", "export", "last", tmp_path / "incident.zip", "--with-private", "--thumbnails")
    told("incident", "open", tmp_path / "incident.zip", tmp_path / "opened")
    for words in ("events --json", "history 1", "history 2 --json", "runs", "status", "show 2"):
        told(*words.split())
    assert "***" in listener.said
    for secret in SECRETS:
        assert secret not in listener.said
        places = ("usb", "report.html", "opened")
        found = holding(secret.encode(), root, *(tmp_path / place for place in places))
        assert found in ([], [root / FILE_NAME])
        assert secret.encode() not in plain(tmp_path / "incident.zip")


def holding(secret: bytes, *places: Path) -> list[Path]:
    """Return the files that hold the bytes."""
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    assert any(path.name.endswith(".db") for path in files)
    return [path for path in files if secret in path.read_bytes()]
