"""
Photos that kill: the program that describes them, or the worker that prepares them.

`python -m tests.crash.deadly SHA256 ARGV...` is `photojournal ARGV...`, killed on the spot as soon
as it begins to ask a model about the photo with this hash.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from adapters import tasks
from adapters.workers import FUNCTIONS as REAL
from driver.stage_work import Approach, StageWork
from journal import crashpoints
from machine.row import Row
from machine.values import Stage

FUNCTIONS: Mapping[str, str] = {**REAL, "prepare": "tests.crash.deadly:prepare"}
"""What workers do, the preparing of pictures as here."""
CRASH, HANG = b"<crash>", b"<hang>"
"""Last bytes of a photo."""


def prepare(photo: bytes, argument: bytes) -> bytes:
    """Do as the photo's last bytes say, else prepare it."""
    if photo.endswith(CRASH):
        os.kill(os.getpid(), signal.SIGSEGV)
    if photo.endswith(HANG):
        time.sleep(3600)
    return tasks.prepare(photo, argument)


def main(deadly: str, argv: list[str]) -> int:
    """Be the program."""
    from commands.app import run

    begin = StageWork.begin

    def begin_or_die(self: StageWork, row: Row, stage: Stage, how: Approach) -> Future[Any]:
        future = begin(self, row, stage, how)
        if how.model and row.decided.photo.sha256 == deadly:
            crashpoints._die()
        return future

    StageWork.begin = begin_or_die  # type: ignore[method-assign]
    return run(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
