"""The MySQL table when the server dies, is busy, or refuses: once done is done, and never half."""

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pymysql
import pytest

from adapters.errors import AdapterError
from adapters.mysql_schema import OWNER_TABLE, WORKSPACE_TABLE
from adapters.mysql_server import MysqlServer
from adapters.mysql_table import MysqlTable
from machine.failures import FAILURES
from machine.values import Record
from tests.adapters.crashing import points_of, run_snippet, was_killed
from tests.adapters.mysql_site import TABLE, MysqlSite
from tests.adapters.record_contract import MARK, ROW, a_record, put_record, remove_record
from tests.servers.mariadb import PASSWORD, USER, MariaDb
from tests.servers.proxy import BreakingProxy, Moment

OLD, NEW = a_record("old"), a_record("new")
CHANGES = ("INSERT", "UPDATE", "DELETE")
PUT, REMOVAL = put_record(NEW, over=OLD), remove_record(OLD)


@pytest.fixture
def site(mysql_site: MysqlSite) -> MysqlSite:
    """Our old record stands in the table."""
    mysql_site.table.create()
    assert mysql_site.put_record(put_record(OLD), row=ROW, mark=MARK).outcome == "done"
    return mysql_site


@pytest.fixture
def proxy(mariadb: MariaDb) -> Iterator[BreakingProxy]:
    with BreakingProxy(mariadb.port) as breaking:
        yield breaking


def stands(site: MysqlSite) -> Record | None:
    """Return what another client sees."""
    with contextlib.closing(MysqlTable(site.server, workspace="visitor")) as table:
        found = table.look(OLD.file_name)
    return found.record if found else None


def through(site: MysqlSite, **settings: object) -> MysqlSite:
    """The same table, reached otherwise."""
    return MysqlSite(site.mariadb, msgspec.structs.replace(site.server, **settings))


def code_of(site: MysqlSite) -> str:
    """Return the code with which a put fails."""
    with pytest.raises(AdapterError) as caught:
        site.put_record(PUT, row=ROW, mark=MARK)
    assert PASSWORD not in str(caught.value)
    return caught.value.code


@contextlib.contextmanager
def rival(site: MysqlSite) -> Iterator[Any]:
    """Another client in the middle of a transaction."""
    server = site.server
    connection = pymysql.connect(
        host=server.host,
        port=server.port,
        user=USER,
        password=PASSWORD.encode(),
        database=server.database,
    )
    with connection, connection.cursor() as cursor:
        yield cursor


@contextlib.contextmanager
def putting(site: MysqlSite) -> Iterator[Future[str]]:
    """A put that goes on in another thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(lambda: site.put_record(PUT, row=ROW, mark=MARK).outcome)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_to_a_commit_is_asked_for(
    site: MysqlSite, proxy: BreakingProxy, moment: Moment
) -> None:
    """Whether the COMMIT arrived or not: the change is done once, and reported as done."""
    behind = through(site, port=proxy.port)
    proxy.breaks_at = moment
    assert behind.put_record(PUT, row=ROW, mark=MARK).outcome == "done"
    assert (proxy.broken, stands(site)) == (1, NEW)
    proxy.breaks_at = moment
    assert behind.remove_record(remove_record(NEW), row=ROW, mark=MARK).outcome == "done"
    assert (proxy.broken, stands(site)) == (2, None)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_server_that_dies_at_the_commit_keeps_the_whole_change_or_nothing(
    site: MysqlSite, proxy: BreakingProxy, moment: Moment
) -> None:
    """Nobody can be asked: unreachable. When it is back, the step is done again."""
    behind = through(site, port=proxy.port)
    proxy.on_break = site.mariadb.kill
    proxy.breaks_at = moment
    try:
        assert code_of(behind) == "PublishUnreachable"
    finally:
        site.mariadb.start()
    assert stands(site) == (OLD if moment == "before" else NEW)
    outcome = behind.put_record(PUT, row=ROW, mark=MARK).outcome
    assert outcome == ("done" if moment == "before" else "already")
    assert stands(site) == NEW


def test_a_server_that_is_down_is_unreachable_until_it_is_back(site: MysqlSite) -> None:
    """The same table goes on with the next call; what was acknowledged survived the kill."""
    site.mariadb.kill()
    try:
        assert code_of(site) == "PublishUnreachable"
        with pytest.raises(AdapterError, match="does not answer"):
            site.look_record(OLD.file_name)
    finally:
        site.mariadb.start()
    assert stands(site) == OLD
    assert site.put_record(PUT, row=ROW, mark=MARK).outcome == "done"


def test_a_host_that_nobody_knows_is_unreachable(site: MysqlSite) -> None:
    assert code_of(through(site, host="nowhere.invalid")) == "PublishUnreachable"
    assert code_of(through(site, host="nowhere..invalid")) == "PublishRefused"


def test_a_connection_that_was_closed_meanwhile_is_opened_again(site: MysqlSite) -> None:
    """Uploading the pictures took longer than the server waits for a word."""
    site.mariadb.drop_connections()
    assert site.put_record(PUT, row=ROW, mark=MARK).outcome == "done"
    site.mariadb.drop_connections()
    assert site.mark() == MARK


def test_a_connection_that_dies_within_a_change_leaves_no_half_of_it(site: MysqlSite) -> None:
    """Unreachable, the old record stands; again: done."""
    with rival(site) as cursor:
        cursor.execute("SELECT 1 FROM photojournal_workspace FOR UPDATE")
        with putting(site) as put:
            wait_until(lambda: waiting(site) == 1)
            site.mariadb.drop_connections(besides=cursor.connection.thread_id())
            with pytest.raises(AdapterError) as caught:
                put.result()
    assert caught.value.code == "PublishUnreachable"
    assert stands(site) == OLD
    assert site.put_record(PUT, row=ROW, mark=MARK).outcome == "done"


def test_an_answer_that_does_not_come_in_time_counts_as_none(
    site: MysqlSite, mariadb: MariaDb
) -> None:
    """A server that hangs does not hang the program."""
    slow = through(site, timeout_s=1.0)
    assert slow.mark() == MARK
    with mariadb.frozen():
        began = time.monotonic()
        assert code_of(slow) == "PublishUnreachable"
        assert time.monotonic() - began < 10
    wait_until(lambda: slow.put_record(PUT, row=ROW, mark=MARK).outcome in ("done", "already"))


def test_the_victim_of_a_deadlock_tries_again(site: MysqlSite) -> None:
    """InnoDB takes back the smaller of two transactions that wait for each other: ours."""
    deadlocks = number_of_deadlocks(site)
    with rival(site) as cursor:
        cursor.execute("CREATE TABLE scratch (n INT) ENGINE=InnoDB")
        cursor.execute("INSERT INTO scratch SELECT seq FROM seq_1_to_500")
        cursor.execute("SELECT 1 FROM photojournal_workspace FOR UPDATE")
        with putting(site) as put:
            wait_until(lambda: waiting(site) == 1)
            cursor.execute(f"SELECT 1 FROM {site.name} FOR UPDATE")
            cursor.connection.rollback()
            assert put.result() == "done"
    assert number_of_deadlocks(site) == deadlocks + 1
    assert stands(site) == NEW


def test_a_row_that_is_locked_for_a_moment_is_waited_for(site: MysqlSite) -> None:
    """Longer than one wait, shorter than all tries."""
    hasty = through(site, timeout_s=2.0)
    with rival(site) as cursor:
        cursor.execute(f"SELECT 1 FROM {site.name} FOR UPDATE")
        with putting(hasty) as put:
            time.sleep(1.5)
            cursor.connection.rollback()
            assert put.result() == "done"


def test_a_row_that_stays_locked_fails_and_may_go_better_next_time(site: MysqlSite) -> None:
    """A fault that may pass, which is no matter of the whole stage."""
    hasty = through(site, timeout_s=2.0)
    with rival(site) as cursor:
        cursor.execute(f"SELECT 1 FROM {site.name} FOR UPDATE")
        assert code_of(hasty) == "PublishFailed"
        assert FAILURES["PublishFailed"].policy == "transient"
    assert hasty.put_record(PUT, row=ROW, mark=MARK).outcome == "done"


def test_two_workspaces_that_want_one_name_at_the_same_time_get_it_once(site: MysqlSite) -> None:
    """The other is told whose it is; no run of them ever ends with both."""
    theirs = MysqlSite(site.mariadb, site.server, workspace="theirs")
    with ThreadPoolExecutor(2) as pool, contextlib.closing(theirs.table):
        together = threading.Barrier(2)

        def put(one: MysqlSite, name: str) -> str:
            together.wait()
            step = put_record(a_record(file_name=name))
            return one.put_record(step, row=ROW, mark=MARK).outcome

        for number in range(20):
            names = [f"{number}.jpg"] * 2
            assert sorted(pool.map(put, (site, theirs), names)) == ["changed", "done"]


def test_a_server_that_takes_no_changes_is_told(site: MysqlSite) -> None:
    """Read-only: the stage pauses, the row is not charged, looking works."""
    site.mariadb.query("SET GLOBAL read_only = 1")
    try:
        assert code_of(site) == "PublishRefused"
        assert site.look_record(OLD.file_name)
    finally:
        site.mariadb.query("SET GLOBAL read_only = 0")


def test_a_login_that_may_only_look_is_told(site: MysqlSite) -> None:
    """Refused, and `problems` finds nothing wrong with the table itself."""
    site.mariadb.query("CREATE USER IF NOT EXISTS guest@'%' IDENTIFIED BY 'guest'")
    site.mariadb.query(f"GRANT SELECT ON {site.server.database}.* TO guest@'%'")
    guest = through(site, user="guest", password="guest")
    assert code_of(guest) == "PublishRefused"
    assert guest.table.problems() == []
    with pytest.raises(AdapterError, match="denied"):
        guest.table.probe(a_record())


@pytest.mark.parametrize(
    ("table", "right"),
    [
        *[(table, right) for table in (TABLE, OWNER_TABLE) for right in CHANGES],
        *[(WORKSPACE_TABLE, right) for right in CHANGES[:2]],
    ],
)
def test_a_login_that_lacks_one_right_is_found_by_the_trial(
    site: MysqlSite, table: str, right: str
) -> None:
    """Not by the first row that is changed or withdrawn; the trial leaves nothing in any table."""
    site.mariadb.query("CREATE OR REPLACE USER guest@'%' IDENTIFIED BY 'guest'")
    for one in (TABLE, OWNER_TABLE, WORKSPACE_TABLE):
        rights = ", ".join(("SELECT", *(each for each in CHANGES if (one, each) != (table, right))))
        site.mariadb.query(f"GRANT {rights} ON {site.server.database}.{one} TO guest@'%'")
    guest = through(site, user="guest", password="guest").table
    with contextlib.closing(guest), pytest.raises(AdapterError) as caught:
        guest.probe(a_record(file_name="probe"))
    assert caught.value.code == "PublishRefused"
    assert f"{right} command denied" in caught.value.detail
    before = contents(site)
    site.table.probe(a_record(file_name="probe"))
    assert before == contents(site)


def contents(site: MysqlSite) -> list[list[tuple[Any, ...]]]:
    """Return all lines of the three tables."""
    tables = (f"{site.server.database}.{one}" for one in (TABLE, OWNER_TABLE, WORKSPACE_TABLE))
    return [site.mariadb.query(f"SELECT * FROM {one}") for one in tables]


@pytest.mark.parametrize(
    "settings", [{"password": "wrong"}, {"user": "nobody"}, {"database": "elsewhere"}]
)
def test_a_login_that_is_refused_is_told_without_the_password(
    site: MysqlSite, settings: dict[str, str]
) -> None:
    assert code_of(through(site, **settings)) == "PublishRefused"


def test_a_server_that_is_full_is_told(site: MysqlSite) -> None:
    """What stands there stands; the stage pauses, and the workspace's own disk is not to blame."""
    site.mariadb.kill()
    site.mariadb.start_with_little_space()
    try:
        site.mariadb.query(f"DROP TABLE {site.name}")
        site.table.create()
        big = msgspec.structs.replace(OLD, keywords="k" * 60_000, alt_text="a" * 60_000)
        names = [f"{number}.jpg" for number in range(500)]
        steps = [put_record(msgspec.structs.replace(big, file_name=name)) for name in names]
        with pytest.raises(AdapterError) as caught:
            assert all(site.put_record(step, row=1, mark=MARK).outcome == "done" for step in steps)
        assert caught.value.code == "RemoteFull"
        assert 0 < len(list(site.records())) < len(steps)
    finally:
        site.mariadb.restart()


CRASH = """
    from adapters.mysql_schema import OWNER_TABLE, WORKSPACE_TABLE
    from adapters.mysql_server import MysqlServer
    from adapters.mysql_table import MysqlTable
    from tests.adapters.record_contract import *
    server = MysqlServer(host="127.0.0.1", port={port}, user={user!r}, password={password!r},
        database={database!r})
    outcome, detail = MysqlTable(server, workspace="ours").{call}
    assert outcome in ("done", "already"), detail
"""
UPSERT = 'put(put_record(a_record("new"), over=a_record("old")), row=ROW, mark=MARK)'
DELETE = 'remove(remove_record(a_record("old")), row=ROW, mark=MARK)'


@pytest.mark.parametrize(("call", "after"), [(UPSERT, NEW), (DELETE, None)])
def test_no_death_of_the_program_leaves_anything_half(
    site: MysqlSite, tmp_path: Path, call: str, after: Record | None
) -> None:
    """Killed at any point of a transaction: before or after it; again: after it."""
    server: MysqlServer = site.server
    code = CRASH.format(
        port=server.port, user=USER, password=PASSWORD, database=server.database, call=call
    )
    points = points_of(code, tmp_path / "log")
    assert any("before_commit" in point for point in points)
    for point in points:
        site.mariadb.query(f"DELETE FROM {site.name}")
        site.put_record(put_record(OLD), row=ROW, mark=MARK)
        assert was_killed(run_snippet(code, crash_at=point))
        assert stands(site) == (after if "after_commit" in point else OLD)
        assert run_snippet(code) == 0
        assert stands(site) == after


def waiting(site: MysqlSite) -> int:
    """Return how many transactions wait for a lock."""
    query = "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"
    return int(site.mariadb.query(query)[0][0])


def number_of_deadlocks(site: MysqlSite) -> int:
    return int(site.mariadb.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1])


def wait_until(condition: Any) -> None:
    """Wait at most half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.15)  # Who asks InnoDB for its transactions more often is told no news.
