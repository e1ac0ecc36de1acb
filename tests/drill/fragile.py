"""
The program with two weaknesses: `python -m tests.drill.fragile ARGV...` is `photojournal ARGV...`.

Of a photo that ends in `CRASH`, the worker that makes its renditions dies natively, by SIGSEGV. At
the row that the environment names as `STUMBLES_AT`, the program itself stumbles over something that
nobody foresaw.
"""

import functools
import os
import signal
import sys
from concurrent.futures import Future
from typing import Any

from adapters import tasks, workers
from driver.stage_work import Approach, StageWork
from machine.row import Row
from machine.values import Stage

CRASH = b"<crash>"
"""Last bytes of a photo."""
STUMBLES_AT = "DRILL_STUMBLES_AT"


def resize(photo: bytes, argument: bytes) -> bytes:
    """Die of a deadly photo, else make its renditions."""
    if photo.endswith(CRASH):
        os.kill(os.getpid(), signal.SIGSEGV)
    return tasks.resize(photo, argument)


def main(argv: list[str]) -> int:
    """Be the program."""
    from commands.app import run

    begin, functions = StageWork.begin, {**workers.FUNCTIONS, "resize": f"{__spec__.name}:resize"}

    def begin_or_stumble(self: StageWork, row: Row, stage: Stage, how: Approach) -> Future[Any]:
        if stage == "resize" and os.environ.get(STUMBLES_AT) == str(row.happened.row):
            msg = "a thing that nobody thought of"
            raise KeyError(msg)
        return begin(self, row, stage, how)

    StageWork.begin = begin_or_stumble  # type: ignore[method-assign]
    vars(workers)["Workers"] = functools.partial(workers.Workers, functions=functions)
    return run(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
