"""
The program as processes of their own: started, interrupted, killed, several at once.

What is started is started from nothing, as a person does; what is done is forked, which is quicker.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.crash.zygote import shared

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 120.0
KILLED = -9
"""Exit code of a process that was killed by SIGKILL, as subprocess tells it."""


def start(root: Path, *words: object, crash_at: str = "") -> "subprocess.Popen[str]":
    """Start a command on a workspace."""
    return subprocess.Popen(
        [sys.executable, "-m", "photojournal", "-w", str(root), *map(str, words)],
        cwd=root,
        env=_environment(crash_at),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def _environment(crash_at: str) -> dict[str, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PHOTOJOURNAL_ACTOR": "anna"}
    return environment | {"PHOTOJOURNAL_CRASH_AT": crash_at, "PHOTOJOURNAL_CRASH_LOG": ""}


def end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a command and return its exit code and all that it said."""
    out, err = process.communicate(timeout=LIMIT_S)
    return process.returncode, out + err


def do(root: Path, *words: object, crash_at: str = "") -> tuple[int, str]:
    """Run a command to its end, and return what `end` does."""
    if sys.platform == "win32":
        return end(start(root, *words, crash_at=crash_at))
    argv = ["-w", str(root), *map(str, words)]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "stdout"), Path(folder, "stderr")
        code = shared().ask({"argv": argv}, root, _environment(crash_at), output)
        return code, "".join(path.read_text(encoding="utf-8") for path in output)


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill a command as the system does: no handler, no cleanup."""
    process.kill()
    process.communicate(timeout=LIMIT_S)


def wait_for(seen: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    """Wait until something can be seen."""
    deadline = time.monotonic() + limit_s
    while not seen():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
