"""How long the command line takes to start, beside `python -c pass`."""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.measure import line, seconds

ROUNDS = 9
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
    subprocess.run([sys.executable, "-m", "photojournal", *words], check=True, capture_output=True)
