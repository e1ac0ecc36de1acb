"""
Publishing to an FTP server that breaks, refuses or is full, with a real MariaDB beside it.

While the fault lasts, visitors see nothing half and each failure is one line in the log; once it is
over, one more `publish` brings every row out, once, with nothing left over (`Evening`).
"""

import time
from collections import Counter
from pathlib import Path

import pytest
import stamina

from adapters.gallery_steps import PROBE_BYTES
from driver import publishing
from driver.errors import UNREACHABLE
from driver.retrying import ATTEMPTS, FIRST_WAIT_S
from machine.failures import FAILURES
from tests.driver.evening import LASTING, ROWS, Evening, EveningWebsite, copied, fill, is_ours
from tests.servers.ftp import Trouble
from tests.servers.mariadb import MariaDb

CUT, LOST = Trouble(drop="before"), Trouble(drop="after")
COMMANDS = ("STOR", "RNFR", "RNTO", "SIZE", "RETR", "PASV", "LIST", "MLSD", "CWD", "MKD")
REFUSALS = [
    ("STOR", "421 Service not available.", "PublishFailed"),
    ("PASV", "425 Can't open data connection.", "PublishFailed"),
    ("STOR", "426 Transfer aborted.", "PublishFailed"),
    ("RNFR", "450 File busy.", "PublishFailed"),
    ("STOR", "530 Not logged in.", "PublishRefused"),
    ("STOR", "550 Permission denied.", "PublishRefused"),
    ("RNTO", "550 Permission denied.", "PublishRefused"),
    ("RNTO", "553 File name not allowed.", "PublishFailed"),
    ("STOR", "552 Quota exceeded.", "RemoteFull"),
]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("command", "reply", "code"), REFUSALS)
def test_a_refusal_leaves_the_rows_as_they_were(
    website: EveningWebsite, command: str, reply: str, code: str
) -> None:
    """One that may pass fails each row; any other stops the stage at the first row."""
    website.break_ftp(command, Trouble(reply=reply))
    sent, stopped = website.desk.publish()
    website.check_faulty(sent)
    assert {code} == {one.code for one in sent}
    if FAILURES[code].policy == "nobody":
        assert stopped is not None
        assert (UNREACHABLE, 1) == (stopped.exit_code, len(sent))
    else:
        assert (None, len(ROWS)) == (stopped, len(sent))
    website.ftp.forgive()
    website.check_recovered()


@pytest.mark.parametrize("command", ["STOR", "MKD"])
def test_a_path_that_is_refused_alone_keeps_no_other_row(
    website: EveningWebsite, command: str
) -> None:
    """550 once, and a trial goes well: its row fails, the stage goes on, no trial is left."""
    website.break_ftp(command, Trouble(reply="550 Permission denied."), times=1)
    sent, stopped = website.desk.publish()
    assert stopped is None
    assert ["published"] * (len(ROWS) - 1) == [
        one.outcome for one in sent if one.outcome != "failed"
    ]
    assert ["PublishFailed"] == [one.code for one in sent if one.outcome == "failed"]
    assert not [path for path in website.standing().files if "probe" in path]
    website.check_faulty(sent)
    website.check_recovered()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("command", "trouble"),
    [
        ("STOR", LOST),
        ("RNTO", CUT),
        *[
            pytest.param(command, trouble, marks=pytest.mark.soak)
            for command in COMMANDS
            for trouble in (CUT, LOST)
            if (command, trouble) not in {("STOR", LOST), ("RNTO", CUT)}
        ],
    ],
)
def test_a_line_that_is_always_cut_costs_no_row(
    website: EveningWebsite, command: str, trouble: Trouble
) -> None:
    """Before a command is done, or before its answer comes."""
    website.break_ftp(command, trouble)
    sent, stopped = website.desk.publish()
    website.check_faulty(sent)
    assert {one.code for one in sent if one.outcome != "published"} <= {"PublishFailed"}
    assert stopped is None
    website.ftp.forgive()
    website.check_recovered()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("trouble", [LOST, Trouble(reply="552 Quota exceeded.")])
def test_rows_that_travel_together_are_each_taken_back(
    website: EveningWebsite, trouble: Trouble
) -> None:
    """Into folders that they share; a full server stops them all."""
    website.use("ftp", in_flight=3)
    website.break_ftp("STOR", trouble, after=2)
    sent, stopped = website.desk.publish()
    website.check_faulty(sent)
    assert "failed" in {one.outcome for one in sent}
    assert (stopped is not None) is bool(trouble.reply)
    website.ftp.forgive()
    website.check_recovered()


@pytest.mark.usefixtures("hurried")
def test_a_wrong_size_is_never_published(website: EveningWebsite) -> None:
    """The server says that it has other than what was sent."""

    def misreport(line: str) -> None:
        website.ftp.misreports |= is_ours(line)

    website.ftp.on_command = misreport
    sent, stopped = website.desk.publish()
    assert ({"PublishFailed"}, None) == ({one.code for one in sent}, stopped)
    website.check_faulty(sent)
    website.ftp.on_command = lambda line: None
    website.ftp.misreports = False
    website.check_recovered()


@pytest.mark.parametrize("trouble", [CUT, LOST, Trouble(reply="421 Closing.")])
def test_faults_that_pass_fail_nothing_and_are_counted(
    website: EveningWebsite, trouble: Trouble
) -> None:
    """Each command meets one, somewhere on the way; the very same run publishes all rows."""
    for number, command in enumerate(COMMANDS):
        after = min(number, website.evening.times(command) - 1)
        website.break_ftp(command, trouble, after=after, times=1)
    with (
        stamina.set_testing(True, attempts=ATTEMPTS, cap=True),
        website.desk.program("publish") as program,
    ):
        sent, stopped = publishing.publish(program, ROWS, lambda _uploads: None)
    assert ({"published"}, None) == ({one.outcome for one in sent}, stopped), sent
    assert [] == website.failures()
    (told,) = program.warnings
    assert "faults of the gallery passed when tried again, the last one: " in told
    assert website.ftp.commands.count("PASS") > len(COMMANDS) // 2
    website.check_published()


@pytest.mark.soak
@pytest.mark.parametrize("trouble", [CUT, LOST])
def test_a_line_that_is_cut_at_any_command_is_noticed_by_nobody(
    evening: Evening, tmp_path: Path, mariadb: MariaDb, trouble: Trouble
) -> None:
    """Each command of a publication in turn, with a website of its own."""
    passed: Counter[str] = Counter()
    for number, line in enumerate(evening.commands[evening.trial : -1]):
        command = line.split()[0]
        with copied(evening, tmp_path / str(number), mariadb) as website:
            website.break_ftp(command, trouble, after=passed[command], times=1)
            with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
                sent, stopped = website.desk.publish()
            assert ({"published"}, None) == ({one.outcome for one in sent}, stopped), line
            website.check_published()
        passed[command] += 1


def test_a_server_that_is_away_for_a_moment_is_waited_for(website: EveningWebsite) -> None:
    """The line is cut, and the next two logins are turned away: too many connections."""
    website.break_ftp("STOR", LOST, times=1)
    website.ftp.trouble("PASS", Trouble(), *[Trouble(reply="421 Too many connections.")] * 2)
    began = time.monotonic()
    sent, stopped = website.desk.publish()
    assert time.monotonic() - began > FIRST_WAIT_S * (1 + 2)
    assert ({"published"}, None) == ({one.outcome for one in sent}, stopped), sent
    website.check_published()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("421 Too many connections.", "PublishUnreachable"),
        ("530 Login incorrect.", "PublishRefused"),
    ],
)
def test_a_server_that_lets_nobody_in_any_more_stops_the_stage(
    website: EveningWebsite, reply: str, code: str
) -> None:
    """A new picture was uploaded, and nobody can take it back; the next run does."""
    website.break_ftp("STOR", LOST, times=1)
    website.ftp.trouble("PASS", Trouble(), *[Trouble(reply=reply)] * LASTING)
    sent, stopped = website.desk.publish(2, 3)
    website.check_faulty(sent)
    assert [(2, code)] == [(one.row, one.code) for one in sent]
    assert stopped is not None
    assert UNREACHABLE == stopped.exit_code
    website.ftp.forgive()
    website.check_recovered()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("552 Exceeded storage allocation.", "RemoteFull"),
        ("426 No space left on device; transfer aborted.", "RemoteFull"),
        ("", ""),
    ],
)
def test_an_upload_that_stops_half_way_leaves_nothing(
    website: EveningWebsite, reply: str, code: str
) -> None:
    """Full: the stage stops at once. Cut: it is sent again."""
    website.ftp.stops_after, website.ftp.stops_with = PROBE_BYTES, reply
    sent, stopped = website.desk.publish()
    website.check_faulty(sent)
    assert website.ftp.stops_after is None
    assert code == sent[0].code
    assert (code != "", 1 if code else len(ROWS)) == (stopped is not None, len(sent))
    website.check_recovered()


@pytest.mark.usefixtures("hurried")
def test_a_server_whose_disk_is_full_keeps_what_stood_there(
    evening: Evening, tmp_path: Path, tiny_disk: Path, mariadb: MariaDb
) -> None:
    """It fills up after the trial; the half picture is gone, the former one stands."""
    with copied(evening, tmp_path, mariadb, tiny_disk / "ftp") as website:
        ballast = tiny_disk / "ballast"
        website.ftp.on_command = lambda line: fill(ballast) if is_ours(line) else None
        sent, _ = website.desk.publish()
        website.check_faulty(sent)
        assert "published" not in {one.outcome for one in sent}
        website.ftp.on_command = lambda line: None
        ballast.unlink()
        website.check_recovered()
