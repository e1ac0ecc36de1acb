"""
Named moments at which a test may kill the program.

`point("objects.put.before_rename")` does nothing in daily life. With `PHOTOJOURNAL_CRASH_AT` set
when the program starts, it does one of two things:

- `NAME:N`: the N-th time (from 1) that this process passes NAME, it is killed on the spot, as a
  power cut or the system would: no handler, no cleanup, no flush. Exit by SIGKILL; on Windows exit
  code 137.
- `count`: every name passed is appended as a line to the file in `PHOTOJOURNAL_CRASH_LOG`, in
  order, so that a campaign can list the points and stop at each.

Worker processes inherit the environment but never take part: it is the program that is killed.
A kill at a point shows what the disk's cache would have kept, not what a power cut leaves; that an
fsync precedes each promise is a matter for another test. Without the variable the cost is one
look at a module's variable.
"""

import os
import sys
import threading

_VARIABLE = "PHOTOJOURNAL_CRASH_AT"
_LOG_VARIABLE = "PHOTOJOURNAL_CRASH_LOG"
_EXIT_CODE = 137
"""What a shell reports for a process that was killed by SIGKILL (128 + 9)."""


def _in_worker() -> bool:
    """Tell whether this is a child started by multiprocessing, without loading it otherwise."""
    module = sys.modules.get("multiprocessing.process")
    return module is not None and module.parent_process() is not None


_ORDER = "" if _in_worker() else os.environ.get(_VARIABLE, "")
_COUNTING = _ORDER == "count"
_NAME, _, _NUMBER = _ORDER.rpartition(":")
_AT = int(_NUMBER) if _NAME else 0
_ACTIVE = bool(_ORDER)
_lock = threading.Lock()
_passes = 0


def point(name: str) -> None:
    """Pass the moment `name`, such as `gallery.put_file.before_rename`; maybe die here."""
    if _ACTIVE:
        _pass(name)


def _pass(name: str) -> None:
    global _passes  # noqa: PLW0603  (one counter for the whole process)
    with _lock:
        if _COUNTING:
            _log(name)
        elif name == _NAME:
            _passes += 1
            if _passes == _AT:
                _die()


def _log(name: str) -> None:
    path = os.environ.get(_LOG_VARIABLE)
    if path:
        with open(path, "a", encoding="utf-8") as log:  # noqa: PTH123  (no pathlib at start-up)
            log.write(f"{name}\n")


def _die() -> None:
    if sys.platform != "win32":
        import signal

        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(_EXIT_CODE)
