"""
Worker processes that are there at once, for tests of what is done with workers.

Each is a process of its own that does what a spawned one does, in its parent's environment and
folder; it is forked from a process that has loaded the libraries already, which takes a spawned one
a second. How workers start, die and end is tested with spawned ones (`adapters/test_workers`, and
wherever a test starts the program from nothing). Linux only; elsewhere workers are spawned.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import SpawnContext
from typing import Any

from pebble.common.types import CONSTS

from adapters import workers

_PRELOADED = [
    *("adapters.tasks", "adapters.scorer", "adapters.darkroom", "adapters.preview"),
    *("adapters.exif", "adapters.embedded", "adapters.evidence", "adapters.culling"),
    *("adapters.finishing", "adapters.packet_check", "adapters.perceptual"),
    *("adapters.model_inputs", "adapters.worker_side", "pebble.pool.process"),
    *("cv2", "exiv2", "pillow_heif", "tests.tolerant_forks"),
]

_SPAWNED = workers._Children
_LOOKED_EACH_S = CONSTS.sleep_unit
_LOOKS_EACH_S = 0.02
"""So often Pebble looks whether a process has died or a pool was closed."""


def prepared() -> contextlib.AbstractContextManager[None]:
    """Let the workers that this process starts in the block be forked."""
    if sys.platform == "linux":
        forkserver.set_forkserver_preload(_PRELOADED)
        return _started_by(_PreparedChildren, _LOOKS_EACH_S)
    return contextlib.nullcontext()


def spawned() -> contextlib.AbstractContextManager[None]:
    """Let them be started from nothing, as the program does it."""
    return _started_by(_SPAWNED, _LOOKED_EACH_S)


@contextlib.contextmanager
def _started_by(children: type[workers._Children], looks_each_s: float) -> Iterator[None]:
    before = workers._Children, CONSTS.sleep_unit
    vars(workers)["_Children"], CONSTS.sleep_unit = children, looks_each_s
    try:
        yield
    finally:
        vars(workers)["_Children"], CONSTS.sleep_unit = before


def share() -> None:
    """Let the processes that are forked from this one use its process for forking."""
    if sys.platform == "linux":
        forkserver.ensure_running()
        vars(forkserver._forkserver)["ensure_running"] = resource_tracker.ensure_running


class _Forking(SpawnContext):
    def Process(self, *, target: Callable[..., None], args: Any, **named: Any) -> Any:  # type: ignore[override]  # noqa: N802
        """Make a process that is forked."""
        if sys.platform == "linux":
            from multiprocessing.context import ForkServerProcess

            given = (dict(os.environ), target, *args)
            return ForkServerProcess(target=_begin, args=given, **named)
        raise NotImplementedError


class _PreparedChildren(workers._Children, _Forking):
    """What the program uses to start workers, but they are forked."""


def _begin(environment: dict[str, str], target: Callable[..., None], *args: object) -> None:
    """Be as if spawned: with the parent's environment, and no Ctrl+C."""
    os.environ.clear()
    os.environ.update(environment)
    if sys.platform != "win32":
        time.tzset()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    target(*args)
