"""
The program with the profile `full`, and models that need no torch.

`python -m tests.crash.scoring_program ARGV...` is `photojournal ARGV...` in the current folder; its
folder `weights` holds what `tests.driver.moody_models.make` put there.
"""

import os
import subprocess
import sys
from pathlib import Path

from adapters import neural
from tests.adapters import small_models
from tests.crash import studio
from tests.crash import workspace as ws
from tests.crash.campaign import Typist, environment_of
from tests.driver import moody_models

WORKERS = 2
IN_FLIGHT = WORKERS + 1 + 2 * moody_models.BATCH
"""Rows at most: with the workers, one ready, and two batches that wait for the models."""

SETTINGS = f"""\
[score]
profile = "full"
weights = "weights"
backoff_s = 0.01

[resize]
web = "72x72"
thumb = "24x24"
backoff_s = 0.01

[prefill]
backoff_s = 0.01

[journal]
min_free = "1 MiB"

[run]
workers = {WORKERS}
"""
"""Of a workspace in which nothing waits for long, as `workspace.configure` does it."""


def furnish(person: Typist, root: Path, count: int, *, slow_s: float) -> Path:
    """Make a workspace with photos that nobody has scored; the models take so long for a batch."""
    root.mkdir(parents=True)
    assert person.type(root, "init", str(root)).code == 0
    (root / "photojournal.toml").write_text(SETTINGS, encoding="utf-8")
    moody_models.make(root / "weights")
    (root / "weights" / "slow").write_text(str(slow_s), encoding="utf-8")
    studio.paint(root / "photos", count)
    assert person.type(root, "ingest", "photos", *studio.LABELS).code == 0
    return root


def started(root: Path, *argv: str) -> "subprocess.Popen[bytes]":
    """Start a command in a process group of its own, and do not wait."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.scoring_program", *argv],
        cwd=root,
        env={**os.environ, **environment_of(root), "PYTHONPATH": str(ws.ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(argv: list[str]) -> int:
    """Be the program."""
    from commands.app import run

    neural.FUNCTIONS = moody_models.FUNCTIONS
    vars(neural)["LIBRARIES"] = ()
    with small_models.accepted(Path.cwd() / "weights"):
        return run(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
