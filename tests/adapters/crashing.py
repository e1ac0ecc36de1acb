"""Runs a snippet in a process of its own and kills it at each crash point it passes."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_snippet(code: str, *, crash_at: str = "", log: Path | None = None) -> int:
    """Run `code` with the repository importable; return the exit code, negative for a signal."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PHOTOJOURNAL_CRASH_AT": crash_at,
        "PHOTOJOURNAL_CRASH_LOG": str(log or ""),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode > 0 and not was_killed(done.returncode):
        raise AssertionError(done.stderr)
    return done.returncode


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
