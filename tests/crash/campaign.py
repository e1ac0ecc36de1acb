"""
Typing commands, killing them at a point, and going on as a person would.

A person types the command again; where it is refused, they type what the hint says. That has to
lead to the end that the command has without a crash.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.adapters.crashing import was_killed
from tests.crash import workspace as ws
from tests.crash.zygote import Zygote, shared

ORPHANS_LIMIT_S = 15.0
"""So long may a worker take to notice that its parent is gone, on a busy machine."""
BREATH_S = 0.06
"""Nobody types faster; what was written right before a run is not swept as a dead run's."""
HINTS_MAX = 3
REPAIR = re.compile(r"Hint: photojournal (repair \d+)")


class Done(NamedTuple):
    """How a command ended."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"{' '.join(self.argv)} -> {self.code}\n{self.stdout}{self.stderr}"


class Typist:
    """Types commands, one after the other, each a process of its own."""

    def __init__(
        self, scratch: Path, elsewhere: Mapping[str, str] | None = None, *, offline: bool = False
    ) -> None:
        """
        Keep output in the folder `scratch`; the processes start when the first one is typed.

        Args:
            scratch: a folder.
            elsewhere: what the environment says on top, such as another time zone.
            offline: take the network away, where the system lets us.
        """
        self.scratch = scratch
        self._elsewhere = dict(elsewhere or {})
        self._around = without_network() if offline else ()
        self._zygote: Zygote | None = None

    def type(self, root: Path, *argv: str, crash_at: str = "", log: Path | None = None) -> Done:
        """Type `photojournal ARGV` in the folder of a workspace and wait for its end."""
        stdout, stderr = self.scratch / "stdout", self.scratch / "stderr"
        environment = {**os.environ, **environment_of(root), **self._elsewhere}
        environment |= {"PHOTOJOURNAL_CRASH_AT": crash_at, "PHOTOJOURNAL_CRASH_LOG": str(log or "")}
        if self._zygote is None:
            self._zygote = Zygote(self._around) if self._around else shared()
        code = self._zygote.ask({"argv": argv}, root, environment, (stdout, stderr))
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in (stdout, stderr)]
        return Done(argv, code, *texts)

    def points(self, root: Path, *argv: str) -> tuple[Done, list[str]]:
        """Run a command to its end; return every `NAME:N` at which it can be killed, in order."""
        log = self.scratch / "points"
        log.write_text("", encoding="utf-8")
        done = self.type(root, *argv, crash_at="count", log=log)
        passes: dict[str, int] = {}
        found = []
        for name in log.read_text(encoding="utf-8").splitlines():
            passes[name] = passes.get(name, 0) + 1
            found.append(f"{name}:{passes[name]}")
        return done, found

    def go_on(self, root: Path, *argv: str) -> list[Done]:
        """Type a command again after a crash, and `repair` first where its answer says so."""
        typed = [self.type(root, *argv)]
        for _ in range(HINTS_MAX):
            hint = re.search(
                r"Hint: photojournal (repair \d+)", typed[-1].stdout + typed[-1].stderr
            )
            if hint is None:
                break
            typed += [self.type(root, *hint[1].split()), self.type(root, *argv)]
        return typed

    def close(self) -> None:
        """End the process that the commands were forked from, where it is this typist's own."""
        if self._zygote is not None and self._around:
            self._zygote.close()


def say(text: str) -> None:
    """Print a seed or a count; `make soak` shows it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def environment_of(root: Path) -> dict[str, str]:
    """Return what a command in this workspace finds in its environment; names its processes."""
    return {
        "PHOTOJOURNAL_WORKSPACE": str(root),
        "PHOTOJOURNAL_ACTOR": "Ada",
        "XDG_STATE_HOME": str(root.parent / "state"),
        "TZ": "UTC",
    }


def started(root: Path, *argv: str) -> subprocess.Popen[bytes]:
    """Start `photojournal ARGV` from nothing, as a person does, and do not wait."""
    return subprocess.Popen(
        [sys.executable, "-m", "photojournal", *argv],
        cwd=root,
        env={**os.environ, **environment_of(root), "PYTHONPATH": str(ws.ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def typist(
    scratch: Path, elsewhere: Mapping[str, str] | None = None, *, offline: bool = False
) -> Iterator[Typist]:
    """Give a typist whose processes end with the block; the arguments are those of `Typist`."""
    one = Typist(scratch, elsewhere, offline=offline)
    try:
        yield one
    finally:
        one.close()


def without_network() -> tuple[str, ...]:
    """Return what to put before a command to take the network from it; nothing if we may not."""
    command = ("unshare", "--net")
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return command


def processes_of(root: Path) -> list[int]:
    """Return the processes that were started or forked for this workspace and live (Linux only)."""
    mark = f"PHOTOJOURNAL_WORKSPACE={root}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = mark in (folder / "environ").read_bytes() or (folder / "cwd").readlink() == root
            if ours and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def wait_for_orphans(root: Path) -> None:
    """Wait until no process of this workspace is left; a worker has to notice by itself."""
    end = time.monotonic() + ORPHANS_LIMIT_S
    while (left := processes_of(root)) and time.monotonic() < end:
        time.sleep(0.02)
    assert left == [], f"orphans are alive: {left}"


def check_dead(root: Path, before: int, commits: int | None) -> None:
    """
    Look at what a killed program left.

    Args:
        root: the workspace.
        before: the journal's head before the program.
        commits: how many appends had been acknowledged; None where that is not known.
    """
    wait_for_orphans(root)
    time.sleep(BREATH_S)
    ws.check_journal(root)
    ws.check_outside(root)
    ws.check_signs(root)
    if commits is not None:
        keys = {line["append_key"].rpartition("#")[0] for line in ws.events(root, after=before)}
        assert len(keys) == commits, f"{commits} appends were acknowledged, {len(keys)} are there"


def commits_before(points: list[str], point: str) -> int | None:
    """Return how many appends were acknowledged at a point; None where timing decides."""
    name, _, number = point.rpartition(":")
    if name == "journal.after_commit":
        return int(number)
    if name == "journal.before_commit":
        return int(number) - 1
    return None


def crash(typist: Typist, root: Path, argv: tuple[str, ...], point: str) -> bool:
    """Run a command up to a point and look at what is left; False: it came to its end."""
    before = ws.head(root)
    done = typist.type(root, *argv, crash_at=point)
    if not was_killed(done.code):
        return False
    check_dead(root, before, commits_before([], point))
    return True


def check_end(typist: Typist, root: Path, wanted: dict[str, object], said: str) -> None:
    """The end is that of a program that was never killed, and everything verifies."""
    found = ws.differences(ws.end_of(root), wanted)
    assert found == [], "\n".join([said, *found])
    left = ws.leftovers(root)
    assert left == [], "\n".join([said, f"left behind: {left}"])
    ws.check_journal(root)
    told = json.loads((root / "logs" / "cursor.json").read_text(encoding="utf-8"))
    assert told["position"] == ws.head(root), f"{said}: the logs end at {told['position']}"
    done = typist.type(root, "verify")
    assert done.code == 0, f"{said}\n{done}"
