"""Runs a snippet in a process of its own and kills it at each crash point it passes."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from tests.crash.zygote import shared

ROOT = Path(__file__).resolve().parents[2]


def run_snippet(code: str, *, crash_at: str = "", log: Path | None = None) -> int:
    """Run `code` with the repository importable; return the exit code, negative for a signal."""
    environment = {
        **os.environ,
        "PHOTOJOURNAL_CRASH_AT": crash_at,
        "PHOTOJOURNAL_CRASH_LOG": str(log or ""),
    }
    if sys.platform == "win32":
        code_of_end, said = _spawned(textwrap.dedent(code), environment)
    else:
        code_of_end, said = _forked(textwrap.dedent(code), environment)
    if code_of_end > 0 and not was_killed(code_of_end):
        raise AssertionError(said)
    return code_of_end


def _spawned(code: str, environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stderr


def _forked(code: str, environment: dict[str, str]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "stdout"), Path(folder, "stderr")
        ended = shared().ask({"code": code}, ROOT, environment, output)
        return ended, output[1].read_text(encoding="utf-8", errors="replace")


def was_killed(code: int) -> bool:
    """Tell whether an exit code is that of a crash point."""
    if sys.platform == "win32":
        return code == 137
    return code == -signal.SIGKILL


def points_of(code: str, log: Path) -> list[str]:
    """Run `code` to its end and return every `NAME:N` at which it can be killed."""
    assert run_snippet(code, crash_at="count", log=log) == 0
    passes: dict[str, int] = {}
    points = []
    for name in log.read_text().splitlines():
        passes[name] = passes.get(name, 0) + 1
        points.append(f"{name}:{passes[name]}")
    log.unlink()
    return points
