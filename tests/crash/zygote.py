"""
Starts commands quickly: each is forked from a process that has imported the program already.

What a command does is what it does when typed: it is a process of its own, reads its own
environment, and ends like any other, and so are its workers. Only Python's start and the imports are
not paid again, which is most of the time of a short verb.

Reads one request a line from standard input and answers each with the exit code, negative for a
signal. `python -m tests.crash.zygote`; not for Windows, which has no fork.
"""

import importlib
import json
import os
import signal
import sys
import time
from typing import Any

from tests.prepared_workers import prepared, share

LIMIT_S = 120.0
"""A command that takes longer hangs; it is killed and answered as such."""
_PRELOADED = (
    *("commands.app", "commands.output", "commands.progress", "commands.failing"),
    *("driver.program", "driver.pipeline", "driver.taking_back", "driver.undoing"),
    *("driver.looking", "driver.editing", "driver.stage_work", "projections.run_log"),
    *("adapters.gallery", "adapters.workers", "adapters.captioner", "adapters.xmp"),
)


def main() -> None:
    """Serve until standard input ends."""
    if sys.platform == "win32":
        raise NotImplementedError
    for name in _PRELOADED:
        importlib.import_module(name)
    with prepared():
        share()
        for line in sys.stdin:
            request = json.loads(line)
            child = os.fork()
            if child == 0:
                _become(request)
                return
            sys.stdout.write(f"{_ending(child)}\n")
            sys.stdout.flush()


def _become(request: dict[str, Any]) -> None:
    """Be the command, to its very end."""
    from journal import crashpoints

    for descriptor, path in enumerate((os.devnull, request["stdout"], request["stderr"])):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(path, flags, 0o600), descriptor)
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    importlib.reload(crashpoints)
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
