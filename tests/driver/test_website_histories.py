"""
Publish, edit, replace, withdraw, go back and forth on real servers that fail, in any order.

One history again: `WEBSITE_SEED=1234 make soak`, or with pytest: `-m soak` and this file.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.workers import Workers
from tests.driver.desk import CONFIG, Desk
from tests.driver.site_kinds import website_on
from tests.driver.website_histories import History
from tests.servers import ftp
from tests.servers.mariadb import PASSWORD, MariaDb
from tests.servers.proxy import BreakingProxy

SAMPLE, SOAK = 5, 100
STEPS = 8

Live = Callable[[int], History]


@pytest.fixture
def live(
    mariadb: MariaDb,
    tmp_path: Path,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    hurried: None,
) -> Live:
    """Live through the history of a seed, on a website of its own."""
    del hurried
    monkeypatch.setenv("PHOTOJOURNAL_RESIZE_THUMB", "24x16")
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", PASSWORD)

    def run(seed: int) -> History:
        folder = tmp_path / str(seed)
        folder.mkdir()
        desk = Desk(folder / "workspace", workers, CONFIG)
        with (
            BreakingProxy(mariadb.port) as proxy,
            website_on("pyftpdlib", desk, mariadb, folder) as website,
        ):
            website.create_table()
            monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PORT", str(proxy.port))
            history = History(seed, website, proxy)
            history.live(STEPS)
            monkeypatch.delenv("PHOTOJOURNAL_PUBLISH_MYSQL_PORT")
        return history

    return run


@pytest.mark.parametrize("seed", range(1, SAMPLE + 1))
def test_what_stands_outside_is_what_was_decided_last(live: Live, seed: int) -> None:
    """Whatever failed meanwhile, once it is repaired, done again and swept."""
    live(seed)


@pytest.mark.soak
def test_it_is_so_in_many_histories(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    """Other seeds each time; they are printed."""
    given = os.environ.get("WEBSITE_SEED", "")
    first = int(given) if given else random.SystemRandom().randrange(1_000_000)
    seeds = range(first, first + (1 if given else SOAK))
    faults, failed = [], 0
    with capsys.disabled():
        print(f"\nWEBSITE_SEED={seeds[0]} to {seeds[-1]}")  # noqa: T201
        for done, seed in enumerate(seeds, 1):
            try:
                failed += live(seed).failed
            except Exception as error:  # noqa: BLE001  (one must not hide the others)
                faults.append(f"WEBSITE_SEED={seed}: {error}")
                print(faults[-1])  # noqa: T201
            if done in (1, len(seeds)) or not done % 10:
                print(f"{done} histories, {failed} steps came to their end later")  # noqa: T201
    assert not faults, f"{len(faults)} of {len(seeds)} histories"
