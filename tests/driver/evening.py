"""
A website on the evening of a fault: row 1 is published and edited since, rows 2 and 3 are approved.

It is made once and copied for each test, what stands on the servers included. What stands there is
looked at without the program: by a walk through the FTP server's folder and by SELECT.
"""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from adapters.workers import Workers
from driver.finishing import Finisher
from driver.publishing import Sent
from journal.verify import verify
from tests.crash.workspace import small
from tests.driver.desk import Desk
from tests.driver.website import Website
from tests.servers import ftp, mariadb
from tests.servers.ftp import Trouble, TroubledServer
from tests.servers.mariadb import MariaDb

ROWS = (1, 2, 3)
TABLES = ("photos_info_revamp", "photojournal_owner", "photojournal_workspace")
LASTING = 999
"""Times: more often than anybody asks."""
_FAILURE = re.compile(r"\[ERROR\] id=(\d+) (\S+) step=\"\w+ [^\"]+\" code=(\w+)( outcome=)?")


class Standing(NamedTuple):
    """What stands on the servers."""

    files: dict[str, str]
    """SHA-256 by path, hidden files included."""
    records: dict[str, tuple[Any, ...]]
    """By File_Name, without the table's own id."""

    def of(self, name: str) -> "Standing":
        """Return what belongs to one row, hidden files left out."""
        files = {path: one for path, one in self.files.items() if path.endswith(f"/{name}")}
        return Standing(files, {key: one for key, one in self.records.items() if key == name})


class Evening(NamedTuple):
    """The website before the publication, and what has to stand there after it."""

    folder: Path
    desk: Desk
    database: str
    before: Standing
    after: Standing
    commands: list[str]
    """What a publication without a fault sends to the FTP server."""
    trial: int
    """So many of them come before the first row."""

    def times(self, command: str) -> int:
        """Return how often a command is sent for the rows."""
        return sum(line.split()[0] == command for line in self.commands[self.trial :])


class EveningWebsite(Website):
    """A copy of the evening, with its own servers' contents."""

    def __init__(
        self, evening: Evening, folder: Path, files: TroubledServer, maria: MariaDb
    ) -> None:
        shutil.copytree(evening.folder / "ftp", files.root, dirs_exist_ok=True)
        super().__init__(evening.desk.copied(folder / "workspace"), files, maria)
        self.use("ftp", in_flight=1)
        self.evening = evening
        for table in TABLES:
            there, here = (f"{one}.{table}" for one in (evening.database, self.database))
            maria.query(f"CREATE TABLE {here} LIKE {there}")
            maria.query(f"INSERT INTO {here} SELECT * FROM {there}")

    def break_ftp(
        self, command: str, trouble: Trouble, *, after: int = 0, times: int = LASTING
    ) -> None:
        """Let a command meet trouble once the trial is over; `after`: so many go well before."""
        trial = self.evening.commands[: self.evening.trial]
        well = sum(line.split()[0] == command for line in trial) + after
        self.ftp.trouble(command, *[Trouble()] * well, *[trouble] * times)

    @property
    def table(self) -> str:
        """The published table."""
        return f"{self.database}.{TABLES[0]}"

    def standing(self) -> Standing:
        """Look at both servers, without the program."""
        return standing(self)

    def name(self, row: int) -> str:
        """Return a row's File_Name."""
        return self.desk.row(row).happened.file_name

    def check_faulty(self, sent: Sequence[Sent]) -> None:
        """Visitors see nothing half, rows are as before or after, each failure is one line."""
        now = self.standing()
        hidden = [path for path in now.files if "/." in f"/{path}"]
        opened = [row for row in ROWS if self.desk.row(row).happened.saga]
        assert not hidden or opened, hidden
        for row in ROWS:
            name, status = self.name(row), self.desk.status(row)
            old, new = (one.of(name) for one in (self.evening.before, self.evening.after))
            there = now.of(name)
            if row in opened:
                assert there.files.items() <= old.files.items() | new.files.items()
                assert there.records in (old.records, new.records)
                assert not there.records or len(there.files) == 2
            else:
                due = self.desk.line(row)["due"]
                assert there == (old if due else new), (row, status)
        failed = [one for one in sent if one.outcome == "failed"]
        assert [(one.row, one.file_name, one.code) for one in failed] == sorted(self.failures())

    def failures(self) -> list[tuple[int, str, str]]:
        """Return row, File_Name and code of each failed publication that the log tells of."""
        found = [_FAILURE.search(line) for line in self.log()]
        assert all(found), self.log()
        return [(int(one[1]), one[2], one[3]) for one in found if one and not one[4]]

    def log(self) -> list[str]:
        """Return the lines of the log of failures outside."""
        path = self.desk.root / "logs" / "db_uploader.log"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def check_recovered(self) -> None:
        """One more `publish` brings every row out, once and whole, and nothing else is there."""
        before = self.failures()
        sent, stopped = self.desk.publish()
        assert stopped is None, stopped
        assert {one.outcome for one in sent} <= {"published", "nothing"}, sent
        self.check_published()
        assert before == self.failures()

    def check_published(self) -> None:
        """Every row stands on the servers, once and whole, and the program says so too."""
        assert self.evening.after == self.standing()
        assert ["Published"] * len(ROWS) == [self.desk.status(row) for row in ROWS]
        verdict = self.compared()
        assert (verdict.exit_code, verdict.files, verdict.records) == (0, 6, 3), verdict
        assert (verdict.foreign_files, verdict.foreign_records) == (0, 0)
        with self.desk.program() as program:
            assert [] == program.models.check()
        assert verify(self.desk.root / "data" / "journal.db", jobs=1).ok


def standing(website: Website) -> Standing:
    """Look at both servers, without the program."""
    files = {}
    for folder, _, names in os.walk(website.ftp.root):
        for path in (Path(folder, name) for name in names):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            files[path.relative_to(website.ftp.root).as_posix()] = digest
    table = f"{website.database}.{TABLES[0]}"
    columns = [line[0] for line in website.maria.query(f"SHOW COLUMNS FROM {table}")]
    named = ", ".join(f"`{one}`" for one in columns if one != "id")
    lines = website.maria.query(f"SELECT File_Name, {named} FROM {table}")
    return Standing(files, {str(line[0]): line[1:] for line in lines})


def made_evening(folder: Path, workers: Workers, maria: MariaDb) -> Evening:
    """Live through the day, and once through the evening, to learn what it comes to."""
    desk = Desk(folder / "workspace", workers)
    with ftp.serving(folder / "ftp") as files, _anna(folder):
        website = Website(desk, files, maria)
        website.create_table()
        _review(desk)
        database, before = website.database, standing(website)
    evening = Evening(folder, desk, database, before, before, [], 0)
    with copied(evening, folder / "without a fault", maria) as website:
        sent, stopped = website.desk.publish()
        assert ({"published"}, None) == ({one.outcome for one in sent}, stopped), sent
        commands = [*website.ftp.commands]
        trial = max(n for n, line in enumerate(commands) if "probe" in line) + 1
        evening = evening._replace(after=standing(website), commands=commands, trial=trial)
        website.evening = evening
        _check_learned(website)
    return evening


def _review(desk: Desk) -> None:
    for name in ("coffee", "flower", "chelsea"):
        (desk.inbox / f"{name}.jpg").write_bytes(small(f"{name}.jpg"))
    desk.ingest(*sorted(desk.inbox.iterdir()))
    desk.work()
    for row in ROWS:
        desk.write(row, f"Caption of {row}")
    desk.approve(1)
    desk.publish(1)
    desk.write(1, "Another caption")
    desk.approve(2, 3)
    with desk.program("publish") as program:
        finisher = Finisher(program.shell, program.objects, program.workers)
        for row in ROWS:
            list(finisher.finish(program.shell.row(row)))


def _check_learned(website: EveningWebsite) -> None:
    """What tests compare with is what a person wanted."""
    evening = website.evening
    finished = {
        fact[1] for row in ROWS for fact in website.desk.row(row).happened.finished.values()
    }
    assert finished == set(evening.after.files.values())
    assert 6 == len(evening.after.files)
    captions = sorted(caption for _, caption in website.rows())
    assert ["Another caption", "Caption of 2", "Caption of 3"] == captions
    assert 1 == len(evening.before.records)
    website.check_published()


@contextlib.contextmanager
def copied(
    evening: Evening, folder: Path, maria: MariaDb, root: Path | None = None
) -> Iterator[EveningWebsite]:
    """Give a copy of the evening while the block runs; `root`: of the FTP server."""
    with ftp.serving(root or folder / "ftp") as files, _anna(folder):
        yield EveningWebsite(evening, folder, files, maria)


@contextlib.contextmanager
def _anna(folder: Path) -> Iterator[None]:
    """Let the program be Anna's, who has the passwords and no other workspace."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOJOURNAL_ACTOR", "anna")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", ftp.PASSWORD)
        patch.setenv("PHOTOJOURNAL_PUBLISH_MYSQL_PASSWORD", mariadb.PASSWORD)
        yield


def is_ours(line: str) -> bool:
    """Tell whether a command sends a row's picture."""
    return line.startswith("STOR") and "probe" not in line and "Photography" in line


def fill(ballast: Path) -> None:
    """Leave no room on a disk."""
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))
