"""
A website that takes nothing from the start: found out before the first row is begun.

The stage pauses with exit code 4, no row is touched, and the log has one line that says why.
"""

import socket
import time
from collections.abc import Callable

import pytest
import stamina

from driver import publishing
from driver.errors import ROWS_FAILED, UNREACHABLE
from driver.retrying import ATTEMPTS
from tests.commands.cli import Terminal
from tests.driver.evening import LASTING, ROWS, EveningWebsite
from tests.servers.ftp import Trouble
from tests.servers.mariadb import PASSWORD

FULL = Trouble(reply="552 Quota exceeded.")


def full(website: EveningWebsite) -> None:
    website.ftp.trouble("STOR", *[FULL] * LASTING)


def login_refused(website: EveningWebsite) -> None:
    website.ftp.trouble("PASS", *[Trouble(reply="530 Login incorrect.")] * LASTING)


def nobody_there(website: EveningWebsite) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    website.use("ftp", in_flight=1, port=port)


def database_refused(website: EveningWebsite) -> None:
    website.use("ftp", in_flight=1, mysql={"user": "nobody"})


def database_away(website: EveningWebsite) -> None:
    website.maria.kill()


def read_only(website: EveningWebsite) -> None:
    website.maria.query("SET GLOBAL read_only = 1")


def without_a_column(website: EveningWebsite) -> None:
    website.maria.query(f"ALTER TABLE {website.table} RENAME COLUMN Caption TO aside")


def mend(website: EveningWebsite) -> None:
    """End every fault of this file."""
    website.ftp.forgive()
    website.use("ftp", in_flight=1)
    if not website.maria.runs:
        website.maria.start()
    website.maria.query("SET GLOBAL read_only = 0")
    columns = [line[0] for line in website.maria.query(f"SHOW COLUMNS FROM {website.table}")]
    if "aside" in columns:
        website.maria.query(f"ALTER TABLE {website.table} RENAME COLUMN aside TO Caption")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("fault", "code", "where"),
    [
        (full, "RemoteFull", "ftp"),
        (login_refused, "PublishRefused", "ftp"),
        (nobody_there, "PublishUnreachable", "ftp"),
        (database_refused, "PublishRefused", "mysql"),
        (database_away, "PublishUnreachable", "mysql"),
        (read_only, "PublishRefused", "mysql"),
        (without_a_column, "PublishRefused", "mysql"),
    ],
)
def test_a_website_that_takes_nothing_costs_no_row(
    website: EveningWebsite, fault: Callable[[EveningWebsite], None], code: str, where: str
) -> None:
    """Refused at once, or tried again in vain: then the rows wait as they are."""
    versions = [website.desk.row(row).version for row in ROWS]
    fault(website)
    try:
        sent, stopped = website.desk.publish()
    finally:
        mend(website)
    assert [] == sent
    assert stopped is not None
    assert UNREACHABLE == stopped.exit_code
    assert f"nothing can be published to the gallery ({where}): " in str(stopped)
    assert ("Free some space" in stopped.hint) is (code == "RemoteFull")
    assert versions == [website.desk.row(row).version for row in ROWS]
    assert website.evening.before == website.standing()
    (line,) = website.log()
    assert f"[ERROR] Stage publish paused: {code}: gallery ({where}): " in line
    assert "rows_left=3" in line
    assert website.ftp.commands.count("PASS") <= 2
    sent, stopped = website.desk.publish()
    assert (["published"] * len(ROWS), None) == ([one.outcome for one in sent], stopped)
    website.check_published()


def test_a_fault_of_the_trial_that_passes_fails_nothing(website: EveningWebsite) -> None:
    """Tried again, like any step."""
    website.ftp.trouble("STOR", Trouble(reply="426 Transfer aborted."))
    website.ftp.trouble("RNTO", Trouble(drop="after"))
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        sent, stopped = website.desk.publish()
    assert (["published"] * len(ROWS), None) == ([one.outcome for one in sent], stopped)
    assert [] == website.log()
    website.check_published()


@pytest.mark.usefixtures("hurried")
def test_a_server_that_is_silent_from_the_start_is_told_while_it_lasts(
    website: EveningWebsite,
) -> None:
    """Before the first row is begun: how long nothing moved, and how long an answer may take."""
    website.use("ftp", in_flight=1, timeout_s=1.0, mysql={"timeout_s": 0.5})
    website.ftp.trouble("STOR", Trouble(drop="silent"))
    seen: list[tuple[float, float, int]] = []

    def told(now: publishing.Uploads) -> None:
        seen.append((time.monotonic() - now.heard, now.answer_s, now.done))

    with website.desk.program("publish") as program:
        sent, _ = publishing.publish(program, ROWS, told)
    assert ["published"] * len(ROWS) == [one.outcome for one in sent]
    assert any(silent > 0.5 and not done for silent, _, done in seen)
    assert {1.0} == {answer for _, answer, _ in seen}
    assert seen[-1][0] < 0.5
    website.check_published()


def test_a_trial_that_died_leaves_nothing_to_the_next_one(website: EveningWebsite) -> None:
    """What it had put there is ours by its name; a neighbour's trial is not disturbed."""
    website.ftp.trouble("STOR", *[Trouble(drop="after")] * LASTING)
    website.ftp.trouble("DELE", *[Trouble(drop="before")] * LASTING)
    with stamina.set_testing(True, attempts=1, cap=True):
        sent, _ = website.desk.publish()
    assert [] == sent
    assert website.evening.before.files != website.standing().files
    website.ftp.forgive()
    theirs = website.ftp.root / "www" / ".photojournal-probe-another workspace.tmp"
    theirs.write_bytes(b"theirs")
    sent, _ = website.desk.publish()
    assert ["published"] * len(ROWS) == [one.outcome for one in sent]
    assert theirs.exists()
    theirs.unlink()
    website.check_published()


@pytest.mark.usefixtures("hurried")
def test_the_exit_code_tells_a_website_that_refuses_from_rows_that_failed(
    website: EveningWebsite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """4: what is typed next will not help before somebody frees space; 10: it may."""
    terminal = Terminal(website.desk.root, capsys, monkeypatch)
    website.break_ftp("STOR", FULL)
    said = terminal.type("publish")
    assert UNREACHABLE == said.code
    assert "Free some space" in said.err
    assert PASSWORD not in said.out + said.err
    website.ftp.forgive()
    website.break_ftp("RNTO", Trouble(reply="553 Not that name."), after=2, times=1)
    said = terminal.type("publish")
    assert ROWS_FAILED == said.code
    assert "2 rows published." in said.out
    said = terminal.type("publish")
    assert (0, "1 row published." in said.out) == (said.code, True)
    website.check_published()
