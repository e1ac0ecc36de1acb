"""
`publish` to a website, killed on the spot at every moment at which it appends or changes something.

Typed again, it brings every row out, once, with nothing left over, whatever the servers had taken.
What the journal and the workspace look like after a kill is the subject of `tests/crash`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, crash, say
from tests.driver.evening import Evening, copied
from tests.servers import ftp, mariadb
from tests.servers.mariadb import MariaDb

OUTSIDE = ("gallery.", "saga.")
"""Points beside what is sent; the sample is taken of these."""


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typist]:
    """Somebody who types, and has the passwords."""
    if sys.platform == "win32":
        pytest.skip("needs fork; on Windows nobody has tried this yet")
    passwords = {
        "PHOTOJOURNAL_PUBLISH_FTP_PASSWORD": ftp.PASSWORD,
        "PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD": mariadb.PASSWORD,
    }
    typist = Typist(tmp_path_factory.mktemp("typed"), passwords)
    yield typist
    typist.close()


@pytest.fixture(scope="module")
def points(
    hands: Typist, evening: Evening, mariadb: MariaDb, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Every point of one `publish`, in order."""
    with copied(evening, tmp_path_factory.mktemp("count"), mariadb) as website:
        done, found = hands.points(website.desk.root, "publish")
        assert done.code == 0, done
        website.check_published()
    return found


def kill_at_each(
    hands: Typist, evening: Evening, maria: MariaDb, points: list[str], folder: Path
) -> None:
    """Go through points, each with a website of its own."""
    faults = []
    for number, point in enumerate(points):
        try:
            _kill_and_go_on(hands, evening, maria, point, folder / str(number))
        except AssertionError as error:
            faults.append(f"{point}: {error}")
            say(faults[-1])
    assert not faults, f"{len(faults)} of {len(points)} points:\n" + "\n\n".join(faults)


def _kill_and_go_on(
    hands: Typist, evening: Evening, maria: MariaDb, point: str, folder: Path
) -> None:
    with copied(evening, folder, maria) as website:
        root = website.desk.root
        if not crash(hands, root, ("publish",), point):
            say(f"not passed this time: {point}")
        typed = hands.go_on(root, "publish")
        assert typed[-1].code == 0, "\n".join(map(str, typed))
        website.check_published()
        assert [] == website.failures()
        if ws.leftovers(root):  # It found nothing to do: what is left goes with the next run.
            hands.type(root, "repair", "--yes")
        assert [] == ws.leftovers(root)


def test_killed_at_each_kind_of_point_outside_it_comes_to_the_same_end(
    hands: Typist, evening: Evening, mariadb: MariaDb, points: list[str], tmp_path: Path
) -> None:
    """The sample: the middle pass of each."""
    passes: dict[str, list[str]] = {}
    for point in points:
        if point.startswith(OUTSIDE):
            passes.setdefault(point.rpartition(":")[0], []).append(point)
    kill_at_each(hands, evening, mariadb, [one[len(one) // 2] for one in passes.values()], tmp_path)


@pytest.mark.soak
def test_killed_at_every_point_it_comes_to_the_same_end(
    hands: Typist, evening: Evening, mariadb: MariaDb, points: list[str], tmp_path: Path
) -> None:
    """All of them, each pass."""
    say(f"publish to a website: {len(points)} points")
    kill_at_each(hands, evening, mariadb, points, tmp_path)
