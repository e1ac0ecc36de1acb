"""
Publishing to a website whose MariaDB dies, is busy, refuses, or holds somebody else's rows.

What has to hold is that of `test_website_faults`: nothing half, one line a failure, and one more
`publish` brings every row out, once.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pymysql
import pytest
import stamina

from driver.errors import UNREACHABLE
from tests.driver.evening import ROWS, EveningWebsite, is_ours
from tests.servers.mariadb import PASSWORD, USER
from tests.servers.proxy import BreakingProxy, Moment

DEADLINE_S = 30.0
ASK_S = 0.15
"""InnoDB tells news of its transactions only to who has not asked for a tenth of a second."""


@pytest.fixture
def proxy(website: EveningWebsite) -> Iterator[BreakingProxy]:
    """Stands between the program and the database."""
    with BreakingProxy(website.maria.port) as breaking:
        website.use("ftp", in_flight=1, mysql={"port": breaking.port})
        yield breaking


@contextlib.contextmanager
def rival(website: EveningWebsite) -> Iterator[Any]:
    """Another client, who has the line about our workspace locked."""
    connection = pymysql.connect(
        host="127.0.0.1",
        port=website.maria.port,
        user=USER,
        password=PASSWORD.encode(),
        database=website.database,
        ssl_disabled=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM photojournal_workspace FOR UPDATE")
        yield cursor


def wait_until_blocked(website: EveningWebsite) -> None:
    """Wait until the program waits for a lock."""
    query = "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"
    deadline = time.monotonic() + DEADLINE_S
    while website.maria.query(query) != [(1,)]:
        assert time.monotonic() < deadline
        time.sleep(ASK_S)


def goes_out_unnoticed(website: EveningWebsite) -> None:
    """Publish: every row arrives in this one run, and no failure is told."""
    sent, stopped = website.desk.publish()
    assert (["published"] * len(ROWS), None) == ([one.outcome for one in sent], stopped), sent
    assert [] == website.failures()
    website.check_published()


def at_the_first_upload(website: EveningWebsite, do: Callable[[], object]) -> None:
    """Do something once, when a row's first picture is sent."""
    waiting = [do]

    def happen(line: str) -> None:
        if waiting and is_ours(line):
            waiting.pop()()

    website.ftp.on_command = happen


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_a_database_that_dies_at_a_commit_stops_the_stage(
    website: EveningWebsite, proxy: BreakingProxy, moment: Moment
) -> None:
    """Whether it was done is found out when the database is back."""
    proxy.breaks_at, proxy.on_break = moment, website.maria.kill
    try:
        sent, stopped = website.desk.publish()
    finally:
        website.maria.start()
    assert 1 == proxy.broken
    assert [(1, "PublishUnreachable")] == [(one.row, one.code) for one in sent]
    assert stopped is not None
    assert UNREACHABLE == stopped.exit_code
    website.check_faulty(sent)
    website.check_recovered()


def test_a_commit_whose_answer_is_lost_is_asked_for(
    website: EveningWebsite, proxy: BreakingProxy
) -> None:
    """The line is cut at the COMMIT of each row; nobody notices, and nothing is there twice."""
    moments: list[Moment] = ["after", "during", "before"]

    def break_again() -> None:
        if moments:
            proxy.breaks_at = moments.pop()

    proxy.on_break = break_again
    break_again()
    goes_out_unnoticed(website)
    assert 3 == proxy.broken


def test_a_database_that_hung_up_meanwhile_is_called_again(website: EveningWebsite) -> None:
    """Gone away: the upload took longer than it waits for a word."""
    at_the_first_upload(website, website.maria.drop_connections)
    goes_out_unnoticed(website)


def test_a_connection_that_dies_within_a_transaction_costs_nothing(website: EveningWebsite) -> None:
    """What was not committed is rolled back, and done again."""
    with rival(website) as cursor, ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(goes_out_unnoticed, website)
        wait_until_blocked(website)
        website.maria.drop_connections(besides=cursor.connection.thread_id())
        cursor.connection.rollback()
        publishing.result()


def test_the_victim_of_a_deadlock_is_published_all_the_same(website: EveningWebsite) -> None:
    """Of two that wait for each other, the database takes the smaller transaction back: ours."""
    deadlocks = number_of_deadlocks(website)
    with rival(website) as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute("CREATE TEMPORARY TABLE scratch (n INT) ENGINE=InnoDB")
        cursor.execute("SELECT 1 FROM photojournal_workspace FOR UPDATE")
        cursor.execute("INSERT INTO scratch SELECT seq FROM seq_1_to_500")
        publishing = pool.submit(goes_out_unnoticed, website)
        wait_until_blocked(website)
        cursor.execute("SELECT 1 FROM photos_info_revamp FOR UPDATE")
        cursor.connection.rollback()
        publishing.result()
    assert deadlocks + 1 == number_of_deadlocks(website)


def number_of_deadlocks(website: EveningWebsite) -> int:
    """Return how many there were since the server started."""
    return int(website.maria.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1])


def test_a_lock_that_stays_fails_the_row_and_takes_its_pictures_back(
    website: EveningWebsite,
) -> None:
    """The other rows are tried all the same; here they were not asked for."""
    website.use("ftp", in_flight=1, mysql={"timeout_s": 2.0})
    with rival(website), stamina.set_testing(True, attempts=1, cap=True):
        sent, stopped = website.desk.publish(2)
    assert (["PublishFailed"], None) == ([one.code for one in sent], stopped)
    assert "Lock wait timeout" in sent[0].detail
    website.check_faulty(sent)
    website.check_recovered()


@pytest.mark.usefixtures("hurried")
def test_a_database_that_became_read_only_stops_the_stage(website: EveningWebsite) -> None:
    """Refused, and not asked twice."""
    at_the_first_upload(website, lambda: website.maria.query("SET GLOBAL read_only = 1"))
    try:
        sent, stopped = website.desk.publish()
    finally:
        website.maria.query("SET GLOBAL read_only = 0")
    assert [(1, "PublishRefused")] == [(one.row, one.code) for one in sent]
    assert stopped is not None
    assert UNREACHABLE == stopped.exit_code
    website.check_faulty(sent)
    website.check_recovered()


@pytest.mark.usefixtures("hurried")
def test_a_column_that_is_gone_stops_the_stage(website: EveningWebsite) -> None:
    """Somebody tidies the table up while a picture is on its way."""
    rename = f"ALTER TABLE {website.table} RENAME COLUMN "
    at_the_first_upload(website, lambda: website.maria.query(f"{rename} alt_text TO aside"))
    sent, stopped = website.desk.publish()
    website.maria.query(f"{rename} aside TO alt_text")
    assert [(1, "PublishRefused")] == [(one.row, one.code) for one in sent]
    assert "alt_text" in sent[0].detail
    assert stopped is not None
    website.check_faulty(sent)
    website.check_recovered()


@pytest.mark.parametrize("clash", ["File_Name", "Path"])
def test_a_row_that_clashes_with_somebody_elses_fails_alone(
    website: EveningWebsite, clash: str
) -> None:
    """By its name, or by another column that the table's owner keeps unique."""
    columns = [line[0] for line in website.maria.query(f"SHOW COLUMNS FROM {website.table}")]
    columns.remove("id")
    ours = dict(zip(columns, website.evening.after.records[website.name(2)], strict=True))
    theirs = ours | {"File_Name": "theirs.jpg", "Path": "https://elsewhere.example/1.jpg"}
    theirs[clash] = ours[clash]
    if clash == "Path":
        website.maria.query(f"ALTER TABLE {website.table} ADD UNIQUE (Path(255))")
    marks = ", ".join(["%s"] * len(columns))
    names = ", ".join(f"`{one}`" for one in columns)
    website.maria.query(f"INSERT INTO {website.table} ({names}) VALUES ({marks})", *theirs.values())
    sent, stopped = website.desk.publish()
    assert stopped is None
    assert ["", "TargetChanged", ""] == [one.code for one in sent]
    assert (f"it shows {theirs['Path']}" in sent[1].detail) is (clash == "File_Name")
    query = f"SELECT Path FROM {website.table} WHERE File_Name = %s"
    assert [(theirs["Path"],)] == website.maria.query(query, theirs["File_Name"])
    website.maria.query(f"DELETE FROM {website.table} WHERE File_Name = %s", theirs["File_Name"])
    website.check_faulty(sent)
    website.check_recovered()
