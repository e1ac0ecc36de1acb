"""How long the command line takes to start, beside `python -c pass`."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.measure import line, seconds

ROUNDS = 9
_NO_CACHE = {"PYTHONDONTWRITEBYTECODE"}
"""Compiled files are kept, as they are for everybody who installed the program."""
GOAL_S = 0.25


def rounds() -> list[dict[str, Any]]:
    """Return the extra seconds of `--help` and of `queue --json` on a small workspace."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        _run("init", str(workspace))
        verbs = {"--help": ["--help"], "queue --json": ["-w", str(workspace), "queue", "--json"]}
        return [_figure(name, words) for name, words in verbs.items()]


def _figure(name: str, words: list[str]) -> dict[str, Any]:
    extra: list[float] = []
    for _ in range(ROUNDS):
        plain = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
        extra.append(seconds(lambda: _run(*words)) - plain)
    return line(
        f"start of `{name}`",
        statistics.median(extra),
        "s more than python -c pass",
        goal=GOAL_S,
        at_most=True,
        reference="python -c pass",
        detail=f"{min(extra):.3f} to {max(extra):.3f} s",
    )


def _run(*words: str) -> None:
    cached = {name: value for name, value in os.environ.items() if name not in _NO_CACHE}
    command = [sys.executable, "-m", "photojournal", *words]
    subprocess.run(command, check=True, capture_output=True, env=cached)
