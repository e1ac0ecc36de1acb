"""
What runs inside a worker process: the other half of `adapters.workers`.

Everything comes back as plain data, never as an exception object: what the parent cannot unpickle
would take the whole pool down. Heavy modules are imported here, by the task, on its first call.
"""

import contextlib
import faulthandler
import importlib
import io
import multiprocessing
import os
import sys
import threading
import time
import traceback
from multiprocessing.connection import wait
from typing import Literal

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.ports import Task

EXIT_ORPHAN = 113
"""Exit code of a worker whose parent is gone. Nobody reads it but a person with `ps`."""
HANG_GRACE_S = 15.0
"""So long after its deadline a worker ends itself, if nobody else has done it."""
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_TRACEBACK_CHARACTERS = 4000
_crash_log: io.BufferedWriter | None = None


class Reply(Struct, frozen=True, kw_only=True):
    """What a task came to, as it travels: `data` if it is done, else `code` and `detail`."""

    kind: Literal["done", "refused", "bug"]
    duration_ms: int
    data: bytes = b""
    code: str = ""
    detail: str = ""


def start(threads: int | None, crash_log: str) -> None:
    """
    Prepare this process to be a worker; runs once, before any heavy import.

    `threads` limits the numeric libraries, None leaves them alone. In the file `crash_log` a native
    crash leaves its Python traceback; empty: nowhere.
    """
    global _crash_log  # noqa: PLW0603  (must stay open for the life of the process)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    with contextlib.suppress(OSError):
        os.dup2(2, 1)  # What a native library prints must not end up in somebody's --json.
    if threads is not None:
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    with contextlib.suppress(OSError):
        _crash_log = open(crash_log or os.devnull, "ab")  # noqa: PTH123, SIM115
        faulthandler.enable(_crash_log, all_threads=False)


def _end_with_parent() -> None:
    """Wait until the parent is gone, however it went, and end on the spot."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(EXIT_ORPHAN)


def perform(path: str, photo: bytes, argument: bytes, threads: int | None, limit_s: float) -> Reply:
    """Call the task at `path` (`module:function`) and pack what comes of it; raises nothing."""
    started = time.monotonic()
    if _crash_log is not None:
        # Ends even a task that hangs natively while it holds the interpreter, with no parent left.
        faulthandler.dump_traceback_later(limit_s + HANG_GRACE_S, exit=True, file=_crash_log)
    try:
        reply = _call(path, photo, argument, threads)
    finally:
        faulthandler.cancel_dump_traceback_later()
    duration_ms = round((time.monotonic() - started) * 1000)
    return Reply(
        kind=reply.kind,
        duration_ms=duration_ms,
        data=reply.data,
        code=reply.code,
        detail=reply.detail,
    )


def _call(path: str, photo: bytes, argument: bytes, threads: int | None) -> Reply:
    try:
        data = _task(path, threads)(photo, argument)
        assert isinstance(data, bytes), f"{path} returned {type(data).__name__}, not bytes"
    except AdapterError as error:
        return Reply(kind="refused", duration_ms=0, code=error.code, detail=error.detail)
    except MemoryError:
        return Reply(
            kind="refused", duration_ms=0, code="OutOfMemory", detail="a worker got no memory"
        )
    except BaseException:  # noqa: BLE001  (SystemExit too: whatever it is must reach the parent)
        text = traceback.format_exc()[-_TRACEBACK_CHARACTERS:]
        return Reply(kind="bug", duration_ms=0, detail=text)
    return Reply(kind="done", duration_ms=0, data=data)


def _task(path: str, threads: int | None) -> Task:
    module, _, name = path.partition(":")
    task: Task = getattr(importlib.import_module(module), name)
    if threads is not None and "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(threads)
    return task
