"""
Power loss is not a kill: what is promised has to be on the disk, not in the system's cache.

The system calls of an ingest, a resize, a publication and a withdrawal are traced, and played
through a small model of a disk that keeps only what was synced. Three rules, at every write into
the journal's WAL (an event may promise what was done before) and at every final rename outside (an
effect may follow from an event written before):

- everything written to pictures, objects and the published table has been synced;
- every folder in which a final name was made or removed has been synced since;
- before an effect and before the head file's note, the WAL has been synced.

What a torn WAL is worth is tested with the journal.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.crash import workspace as ws
from tests.crash.campaign import environment_of
from tests.crash.scenario import LABELS, Stop

CALLS = "openat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,mkdir,rmdir"
LINE = re.compile(r"^\d+ +(?P<name>\w+)\((?P<rest>.*)\) += (?P<answer>-?\d+)")
OF_DESCRIPTOR = re.compile(r"^\d+<(?P<path>[^>]*)>")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Call(NamedTuple):
    """A system call that succeeded, with the files that it was about."""

    name: str
    paths: tuple[str, ...]
    made: bool = False


@pytest.fixture
def strace() -> str:
    """The tracer; `make test` does not install it."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("needs strace")
    if subprocess.run([program, "-qq", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    return program


def traced(strace: str, root: Path, *argv: str) -> list[Call]:
    """Type a command under the tracer; return the calls of the program, without its workers."""
    log = root.parent / "trace"
    done = subprocess.run(
        [
            *(strace, "-f", "-qq", "-y", "-s", "512", "-e", f"trace={CALLS}", "-o", str(log)),
            *(sys.executable, "-m", "photojournal", *argv),
        ],
        cwd=root,
        env={**os.environ, **environment_of(root), "PYTHONPATH": str(ws.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 10), done.stdout + done.stderr
    return list(calls_of(log.read_text("utf-8", "replace")))


def calls_of(log: str) -> Iterator[Call]:
    """Read a trace; calls that another thread's interrupted are put together again."""
    unfinished: dict[str, str] = {}
    for line in log.splitlines():
        pid = line.partition(" ")[0]
        if line.endswith("<unfinished ...>"):
            unfinished[pid] = line.removesuffix("<unfinished ...>")
            continue
        resumed = re.match(r"^\d+ +<\.\.\. \w+ resumed>(.*)$", line)
        whole = unfinished.pop(pid, "") + resumed[1] if resumed else line
        found = LINE.match(whole)
        if found and int(found["answer"]) >= 0:
            yield call_of(found["name"], found["rest"])


def call_of(name: str, rest: str) -> Call:
    """Return one call with its files."""
    if name == "openat":
        return Call(name, tuple(QUOTED.findall(rest)[:1]), "O_CREAT" in rest)
    if name in ("write", "writev", "pwrite64", "fsync", "fdatasync"):
        found = OF_DESCRIPTOR.match(rest)
        return Call(name, (found["path"],) if found else ())
    return Call(name, tuple(QUOTED.findall(rest)[:2]))


class Disk:
    """What has been written and not synced, of the files that events are about."""

    def __init__(self, root: Path) -> None:
        """Watch the workspace at `root`."""
        self.wal = str(root / "data" / "journal.db-wal")
        self.note = str(root / "data" / "journal.head")
        self.watched = (str(root / "data" / "objects"), str(root / "site"))
        self.there = {str(path) for path in root.rglob("*")}
        self.dirty: set[str] = set()
        self.faults: list[str] = []
        self.effects = self.commits = 0

    def is_watched(self, path: str) -> bool:
        """Tell whether events are about this file; SQLite's own journal is its own affair."""
        return path.startswith(self.watched) and not path.endswith("-journal")

    def pass_by(self, call: Call) -> None:
        """Take one call in."""
        name, paths = call.name, call.paths
        if name in ("fsync", "fdatasync"):
            self.commits += self.wal in self.dirty and self.wal in paths
            self.dirty -= set(paths)
        elif name in ("write", "writev", "pwrite64") and paths:
            self._written(paths[0])
        elif name == "openat" and call.made and paths and paths[0] not in self.there:
            self._named(paths[0])
        elif name.startswith("rename") and self.is_watched(paths[-1]):
            self._effect(f"rename to {paths[1]}")
            if paths[0] in self.dirty:
                self.faults.append(f"{paths[1]}: renamed before it was synced")
            self._named(paths[1])
        elif name in ("unlink", "mkdir", "rmdir") and paths and self.is_watched(paths[0]):
            self._named(paths[0])

    def _written(self, path: str) -> None:
        if path == self.note:
            self._settled("the commit is noted")
        elif path == self.wal:
            self._outside_settled()
            self.dirty.add(path)
        elif self.is_watched(path):
            self.dirty.add(path)

    def _named(self, path: str) -> None:
        self.there.add(path)
        if self.is_watched(path) and not Path(path).name.startswith("."):  # no temporary
            self.dirty.add(str(Path(path).parent))

    def _effect(self, what: str) -> None:
        self.effects += 1
        self._settled(what)

    def _settled(self, what: str) -> None:
        if self.wal in self.dirty:
            self.faults.append(f"{what} before the WAL was synced")

    def _outside_settled(self) -> None:
        left = self.dirty - {self.wal}
        if left:
            self.faults.append(f"an event is written before the disk has {sorted(left)}")
            self.dirty -= left


@pytest.mark.parametrize(
    ("step", "argv"),
    [
        ("ingest", ("ingest", "photos/001_chelsea.jpg", "photos/002_coffee.jpg", *LABELS)),
        ("resize", ("resize", "1")),
        ("publish", ("publish", "1")),
        ("withdraw", ("withdraw", "2", "--yes")),
    ],
)
def test_nothing_is_promised_before_the_disk_has_it(
    strace: str, day: dict[str, Stop], step: str, argv: tuple[str, ...], tmp_path: Path
) -> None:
    """The rules of the module, for one verb."""
    root = ws.copy_of(day[step].before, tmp_path / "w")
    if step == "ingest":
        text = (root / "photojournal.toml").read_text(encoding="utf-8")
        text = text.replace("# copy = false", "copy = true ")
        (root / "photojournal.toml").write_text(text, encoding="utf-8")
    before = {line["run_id"] for line in ws.events(root)}
    calls = traced(strace, root, *argv)
    disk = Disk(root)
    disk.there = {str(path) for path in day[step].before.rglob("*")}
    disk.there = {path.replace(str(day[step].before), str(root)) for path in disk.there}
    for call in calls:
        disk.pass_by(call)
    assert disk.faults == []
    appends = {
        line["append_key"].rpartition("#")[0]
        for line in ws.events(root)
        if line["run_id"] not in before
    }
    assert disk.commits >= len(appends)
    assert disk.effects >= {"ingest": 2, "resize": 2, "publish": 4, "withdraw": 0}[step]
    assert disk.wal not in disk.dirty
