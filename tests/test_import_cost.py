"""
What the command line may not load before it knows that it needs it.

A person waits for `--help`; torch alone would take seconds, and is an extra that need not even be
installed. Looked at in a process of its own, since this one has loaded everything already.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "torchvision", "pyiqa", "open_clip", "pandas", "cv2", "numpy", "sqlite_utils"}

LIST_WHAT_WAS_LOADED = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
import photojournal
sys.argv = ["photojournal", *sys.argv[1:]]
photojournal.main()
"""


@pytest.mark.skipif(
    not (ROOT / "commands" / "app.py").is_file(), reason="there is no command line yet"
)
def test_help_loads_nothing_heavy() -> None:
    """`photojournal --help` succeeds without any library that takes long to load."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_WHAT_WAS_LOADED, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    assert set() == HEAVY & loaded
