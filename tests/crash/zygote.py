"""
Starts commands quickly: each is forked from a process that has imported the program already.

What a command does is what it does when typed: it is a process of its own, reads its own
environment, and ends like any other, and so are its workers. Only Python's start and the imports
are not paid again, which is most of the time of a short verb.

`Zygote` is that process: it reads one request a line from standard input, to be a command or to run
a snippet, and answers each with the exit code, negative for a signal. Not for Windows, which has no
fork.
"""

import atexit
import functools
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.prepared_workers import prepared, share

LIMIT_S = 120.0
"""A command that takes longer hangs; it is killed and answered as such."""
_PRELOADED = (
    *("commands.app", "commands.output", "commands.progress", "commands.failing"),
    *("driver.program", "driver.pipeline", "driver.taking_back", "driver.undoing"),
    *("driver.looking", "driver.editing", "driver.stage_work", "projections.run_log"),
    *("adapters.gallery", "adapters.workers", "adapters.captioner", "adapters.xmp"),
    *("adapters.mysql_table", "tests.adapters.ftp_gallery", "tests.adapters.gallery_contract"),
    *("tests.adapters.record_contract", "tests.journal.stores"),
)
_QUIET = "ignore:resource_tracker"
"""Who was killed cleans nothing up: the tracker of resources need not say so."""
_ROOT = Path(__file__).resolve().parents[2]


class Zygote:
    """The process that others are forked from, seen by who asks for them."""

    def __init__(self, around: Iterable[str] = ()) -> None:
        """Start it; `around` is what stands before its command."""
        self._process = subprocess.Popen(
            [*around, sys.executable, "-W", _QUIET, "-m", "tests.crash.zygote"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(
        self,
        what: Mapping[str, object],
        folder: Path,
        environment: Mapping[str, str],
        output: tuple[Path, Path],
    ) -> int:
        """
        Let a process be forked, and wait for its end.

        Args:
            what: `argv` of a command, or the `code` of a snippet.
            folder: the current one of the process.
            environment: all of it.
            output: files for its standard output and error.

        Returns:
            The exit code, negative for a signal.
        """
        stdout, stderr = map(str, output)
        place = {"folder": str(folder), "environment": dict(environment)}
        request = json.dumps({**what, **place, "stdout": stdout, "stderr": stderr})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{request}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@functools.cache
def shared() -> Zygote:
    """Return the one that serves all tests of this process, to its end."""
    zygote = Zygote()
    atexit.register(zygote.close)
    return zygote


def main() -> None:
    """Serve until standard input ends."""
    if sys.platform == "win32":
        raise NotImplementedError
    for name in _PRELOADED:
        importlib.import_module(name)
    with prepared():
        for line in sys.stdin:
            request = json.loads(line)
            if "argv" in request:
                share()
            child = os.fork()
            if child == 0:
                _become(request)
                return
            sys.stdout.write(f"{_ending(child)}\n")
            sys.stdout.flush()


def _become(request: dict[str, Any]) -> None:
    """Be the command, to its very end."""
    if sys.platform == "win32":
        raise NotImplementedError
    from journal import crashpoints

    for descriptor, path in enumerate((os.devnull, request["stdout"], request["stderr"])):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(path, flags, 0o600), descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    importlib.reload(crashpoints)
    if "code" in request:
        exec(request["code"], {"__name__": "__main__"})
        sys.exit()
    from commands.app import run

    sys.exit(run(request["argv"]))


def _ending(child: int) -> int:
    if sys.platform == "win32":
        raise NotImplementedError
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGABRT)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()
