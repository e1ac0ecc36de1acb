"""Passwords: where they are found, who may read them, and that they are never told."""

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from commands.call import Call
from commands.failing import leave_traceback
from driver.credentials import REDACTED, Credentials
from driver.errors import Misused
from driver.shell import Shell
from machine.events import FinishingFailed, PublicationStarted, WithdrawalIncomplete
from machine.run_events import RunEnded, RunStarted
from machine.step_events import FileRemoved, StepLeft
from machine.values import Pins, StepReport
from tests.driver.desk import Desk

ANNA = {"user": "anna", "host": "ftp.example.org"}
PASSWORD = 'tide "low" & sälzig/7'
FILE = f"[ftp]\npassword = '{PASSWORD}'\n"


class Ring(KeyringBackend):
    """A keyring that holds one password, or that cannot be asked."""

    priority = 9

    def __init__(self, password: str = "", *, locked: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.password, self.locked = password, locked
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        if self.locked:
            raise NoKeyringError
        return self.password or None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ring]:
    """An empty keyring, and an environment without passwords."""
    for name in ("PUBLISH_FTP_PASSWORD", "PUBLISH_MYSQL_PASSWORD", "CREDENTIALS"):
        monkeypatch.delenv(f"PHOTOJOURNAL_{name}", raising=False)
    empty, before = Ring(), keyring.get_keyring()
    keyring.set_keyring(empty)
    yield empty
    keyring.set_keyring(before)


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_environment_comes_first_then_the_file_then_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ring: Ring
) -> None:
    """Each by itself, and asked under the account's name."""
    ring.password = "from the ring"
    assert "from the ring" == Credentials(tmp_path).password("ftp", **ANNA)
    assert [("photojournal", "ftp:anna@ftp.example.org")] == ring.asked
    write(tmp_path / "credentials.toml", FILE)
    assert PASSWORD == Credentials(tmp_path).password("ftp", **ANNA)
    assert "from the ring" == Credentials(tmp_path).password("mysql", **ANNA)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", "from outside")
    assert "from outside" == Credentials(tmp_path).password("ftp", **ANNA)


def test_the_file_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the variable says; if nothing lies there, that is said."""
    elsewhere = tmp_path / "elsewhere.toml"
    monkeypatch.setenv("PHOTOJOURNAL_CREDENTIALS", str(elsewhere))
    with pytest.raises(Misused, match=r"elsewhere\.toml cannot be read: No such file"):
        Credentials(tmp_path).password("ftp", **ANNA)
    write(elsewhere, FILE)
    assert PASSWORD == Credentials(tmp_path).password("ftp", **ANNA)


@pytest.mark.parametrize("locked", [False, True])
def test_without_a_password_the_three_ways_are_named(
    tmp_path: Path, ring: Ring, *, locked: bool
) -> None:
    """Each as it has to be typed; a keyring that cannot be asked is mentioned."""
    ring.locked = locked
    with pytest.raises(Misused, match=r"no mysql password for anna@ftp\.example\.org") as caught:
        Credentials(tmp_path).password("mysql", **ANNA)
    for way in (
        "PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD",
        "credentials.toml (mode 0600)",
        "keyring set photojournal mysql:anna@ftp.example.org",
    ):
        assert way in caught.value.hint
    assert locked == ("NoKeyringError" in str(caught.value))


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    """Before anything of it is used."""
    path = write(tmp_path / "credentials.toml", FILE, mode)
    with pytest.raises(Misused, match=f"by others: mode {mode:04o}") as caught:
        Credentials(tmp_path).password("ftp", **ANNA)
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize(
    "text",
    [
        f"[ftp]\npassword = {PASSWORD}\n",
        f"[ftp]\npasword = '{PASSWORD}'\n",
        f"ftp = '{PASSWORD}'\n",
        f"[ftp]\npassword = ['{PASSWORD}']\n",
        f"'{PASSWORD}' = 1\n'{PASSWORD}' = 2\n",
    ],
)
def test_a_file_that_says_something_else_is_not_repeated(tmp_path: Path, text: str) -> None:
    """Neither in the error nor in what it came from."""
    write(tmp_path / "credentials.toml", text)
    with pytest.raises(Misused, match=r"credentials\.toml") as caught:
        Credentials(tmp_path).password("ftp", **ANNA)
    assert PASSWORD[:4] not in f"{caught.value}{caught.value.hint}"


def test_a_known_password_is_never_told(tmp_path: Path) -> None:
    """As it is, in an address, in JSON, in a repr; nor by printing what holds it."""
    write(tmp_path / "credentials.toml", FILE)
    credentials = Credentials(tmp_path)
    credentials.password("ftp", **ANNA)
    address = "ftp://anna:tide%20%22low%22%20%26%20s%C3%A4lzig%2F7@host/"
    json = r"login tide \"low\" & s\u00e4lzig/7 refused"
    told = credentials.redacted(f"530 {PASSWORD} | {address} | {json} | {PASSWORD!r}")
    assert f"530 *** | ftp://anna:***@host/ | login *** refused | '{REDACTED}'" == told
    assert "tide" not in repr(credentials)


def test_words_of_events_hold_no_password_and_facts_stay(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the one door to append: details, nested ones too, the command line; never a path."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", "harbour")
    report = StepReport(
        action="put_file", target="2008/harbour/x.jpg", outcome="impossible", detail="530 harbour"
    )
    with desk.program() as program:
        shell = Shell(program.workspace, program.journal, "publish", ["publish", "harbour"])
        shell.note(StepLeft(saga="s", report=report))
        shell.note(WithdrawalIncomplete(withdrawal="w", reports=(report, report)))
        shell.note(FinishingFailed(name="web", code="FinishingFailed", detail="harbour!"))
        shell.note(FileRemoved(saga="s", target="2008/harbour/x.jpg", sha256="00"))
        shell.note(
            PublicationStarted(
                publication="p",
                gallery="ftp",
                claimed_by="r",
                pins=Pins(text="", renditions="", labels="", name=""),
                steps=(),
                forced="the login is harbour",
            )
        )
        shell.end("failed rows", 10, "the server said harbour")
    with desk.reading() as journal:
        events = [one.event for one in journal.read_all()]
    started, left, incomplete, failed, removed, forced, ended = events
    assert isinstance(started, RunStarted)
    assert ("publish", REDACTED) == started.argv
    assert isinstance(left, StepLeft)
    assert ("2008/harbour/x.jpg", "530 ***") == (left.report.target, left.report.detail)
    assert isinstance(incomplete, WithdrawalIncomplete)
    assert ["530 ***"] * 2 == [one.detail for one in incomplete.reports]
    assert isinstance(failed, FinishingFailed)
    assert "***!" == failed.detail
    assert isinstance(removed, FileRemoved)
    assert "2008/harbour/x.jpg" == removed.target
    assert isinstance(forced, PublicationStarted)
    assert "the login is ***" == forced.forced
    assert isinstance(ended, RunEnded)
    assert "the server said ***" == ended.detail


def test_a_traceback_holds_no_password(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does one of a failure before any workspace was found."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", PASSWORD)
    monkeypatch.chdir(desk.root)
    for workspace in (desk.workspace, None):
        call = Call(["publish"])
        call.workspace = workspace
        path = leave_traceback(call, ValueError(f"login with {PASSWORD}"))
        text = Path(path).read_text(encoding="utf-8")
        assert "ValueError: login with ***" in text
        assert "tide" not in text
