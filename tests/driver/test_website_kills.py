"""
`publish` to a website, killed on the spot at every moment at which it appends or changes something.

Typed again, it brings every row out, once, with nothing left over, whatever the servers had taken.
What the journal and the workspace look like after a kill is the subject of `tests/crash`.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import Typist, crash, say
from tests.driver.evening import Evening, EveningWebsite, copied
from tests.servers import ftp, mariadb
from tests.servers.mariadb import MariaDb

SAMPLE = {
    True: (
        "gallery.put_file.half_written:4",
        "gallery.put_record.after_commit:1",
    ),
    False: ("gallery.put_file.after_aside:2",),
}
"""Points for `make test`; the last one is passed where the server does not rename over files."""


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


class Killing:
    """Publishes, is killed, and publishes again; to one kind of FTP server."""

    def __init__(
        self, hands: Typist, evening: Evening, maria: MariaDb, folder: Path, *, renames_over: bool
    ) -> None:
        self.hands = hands
        self.evening = evening
        self.maria = maria
        self.folder = folder
        self.renames_over = renames_over

    @contextlib.contextmanager
    def website(self, name: str) -> Iterator[EveningWebsite]:
        """Give a website of its own."""
        with copied(self.evening, self.folder / name, self.maria) as website:
            website.ftp.renames_over = self.renames_over
            yield website

    def points(self) -> list[str]:
        """Return every point of one `publish`, in order."""
        with self.website("count") as website:
            done, found = self.hands.points(website.desk.root, "publish")
            assert done.code == 0, done
            website.check_published()
        return found

    def at_each(self, points: Sequence[str]) -> None:
        """Go through points; tell all that come to another end."""
        faults = []
        for number, point in enumerate(points):
            try:
                self._at(point, str(number))
            except AssertionError as error:
                faults.append(f"{point}: {error}")
                say(faults[-1])
        assert not faults, f"{len(faults)} of {len(points)} points:\n" + "\n\n".join(faults)

    def _at(self, point: str, name: str) -> None:
        with self.website(name) as website:
            root = website.desk.root
            if not crash(self.hands, root, ("publish",), point):
                say(f"not passed this time: {point}")
            typed = self.hands.go_on(root, "publish")
            assert typed[-1].code == 0, "\n".join(map(str, typed))
            website.check_published()
            assert [] == website.failures()
            if ws.leftovers(root):  # It found nothing to do: what is left goes with the next run.
                self.hands.type(root, "repair", "--yes")
            assert [] == ws.leftovers(root)


@pytest.fixture(params=[True, False], ids=["renames over", "does not rename over"])
def killing(
    request: pytest.FixtureRequest,
    hands: Typist,
    evening: Evening,
    mariadb: MariaDb,
    tmp_path: Path,
) -> Killing:
    """For both kinds of FTP servers."""
    return Killing(hands, evening, mariadb, tmp_path, renames_over=request.param)


def test_killed_where_it_hurts_it_comes_to_the_same_end(killing: Killing) -> None:
    """The sample."""
    killing.at_each(SAMPLE[killing.renames_over])


@pytest.mark.soak
def test_killed_at_every_point_it_comes_to_the_same_end(killing: Killing) -> None:
    """All of them, each pass."""
    points = killing.points()
    say(f"publish to a website: {len(points)} points")
    killing.at_each(points)
