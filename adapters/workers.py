"""
Supervised child processes for work that can hang or crash natively: decoding, measuring, models.

One crashing photo costs one task, known by name; its neighbours go on. So that this holds whatever
dies when, every worker has a Pebble pool of its own with one process in it: in a shared pool the
processes share two pipes and their locks, and one that is killed while it holds them takes the
others with it. After any death or timeout the worker's pool is thrown away with its pipes.

A worker ignores Ctrl+C (the parent decides), prints nothing to stdout, takes part in no crash
point, and ends when its parent is gone, however the parent went. The parent imports none of the
heavy modules; processes start with the first task.

Not guaranteed: a task that hangs natively *and* holds Python's lock while its parent is killed
lives on until its deadline plus `worker_side.HANG_GRACE_S`; a library that ends the process with
exit code 0 is noticed at the deadline only.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from msgspec import Struct
from pebble import ProcessExpired, ProcessPool

from adapters import worker_side

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "finish": "adapters.tasks:finish",
        "prepare": "adapters.tasks:prepare",
        "read_metadata": "adapters.tasks:read_metadata",
        "read_photo": "adapters.tasks:read_photo",
        "resize": "adapters.tasks:resize",
        "score": "adapters.tasks:score",
    }
)
"""The tasks that workers can do: name -> `module:function`, a `ports.Task`."""
MAX_COUNT = 16
"""More workers than this need more memory than a photographer's computer has (0.5 GiB each)."""
TASKS_PER_PROCESS = 500
"""A process is replaced after so many tasks, against libraries that leak."""
_START_LIMIT_S = 120.0
_STARTS = 3
_CLOSE_LIMIT_S = 10.0
_TICK_S = 0.2
"""`kill` is noticed so soon, also by a task whose process is only just starting."""
_WINDOWS_EXITS = {
    0xC0000005: "access violation",
    0xC0000017: "no memory",
    0xC000001D: "illegal instruction",
    0xC00000FD: "stack overflow",
    0xC0000135: "a DLL was not found",
    0xC0000374: "heap corruption",
    0xC0000409: "stack buffer overrun",
}
_LOWEST_SIGNAL = -255
"""Below that a negative exit code is a Windows code read as a signed number."""


class WorkerResult(Struct, frozen=True, kw_only=True):
    """The task is done."""

    data: bytes
    duration_ms: int
    """In the worker, without queueing; the first task of a process includes its imports."""


class WorkerFailure(Struct, frozen=True, kw_only=True):
    """
    The task is not done.

    - `refused`: the adapter raised `AdapterError`; `code` and `detail` are its.
    - `timeout`: no answer within the deadline; the process was killed.
    - `died`: the process ended during this task; see `exit_code`.
    - `bug`: another exception; `detail` is the traceback.
    - `host`: nothing was tried: no process could be started. `code` says why, nobody is to blame.
    - `stopped`: `kill` was called.
    """

    kind: Literal["refused", "timeout", "died", "bug", "host", "stopped"]
    detail: str
    code: str = ""
    """For `refused` and `host`: a code of `machine.failures`. Else the caller's stage decides."""
    exit_code: int | None = None
    """For `died`: negative for a signal on POSIX, unsigned on Windows (0xC0000005)."""
    duration_ms: int = 0


Answer = WorkerResult | WorkerFailure


def default_count() -> int:
    """Return how many workers suit this machine: the cores this process may use, at most 16."""
    allowed = getattr(os, "sched_getaffinity", None)
    cores = len(allowed(0)) if allowed else os.cpu_count() or 1
    return min(cores, MAX_COUNT)


class Workers:
    """
    Up to `count` worker processes, started when they are first needed; one `Workers` a program.

    Args:
        count: tasks that run at once; None for `default_count`. With more than one, the numeric
            libraries get one thread each.
        deadline_s: seconds a task may take, from its start in the worker, imports included.
        crash_log: file to which a native crash appends its Python traceback.
        functions: the tasks by name; tests bring their own.
    """

    def __init__(
        self,
        count: int | None = None,
        *,
        deadline_s: float = 120.0,
        crash_log: Path | None = None,
        tasks_per_process: int = TASKS_PER_PROCESS,
        functions: Mapping[str, str] = FUNCTIONS,
    ) -> None:
        self.count = count or default_count()
        self.deadline_s = deadline_s
        self._functions = functions
        self._threads = 1 if self.count > 1 else None
        self._crash_log = str(crash_log or "")
        self._tasks_per_process = tasks_per_process
        self._context = _Children()
        self._slot = threading.local()
        self._pools: set[ProcessPool] = set()
        self._endings: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopping = False
        self._executor = ThreadPoolExecutor(self.count, "worker", initializer=_shield_children)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self, function_name: str, photo: bytes, argument: bytes, *, deadline_s: float | None = None
    ) -> "Future[Answer]":
        """
        Queue a task; the future's result is a `WorkerResult` or a `WorkerFailure`.

        The future raises nothing but `CancelledError`, if it was cancelled before its start. The
        queue has no limit and holds every photo's bytes: the caller decides how many are in flight.

        Raises:
            KeyError: no function of this name.
            RuntimeError: the workers are closed.
        """
        path = self._functions[function_name]
        limit_s = self.deadline_s if deadline_s is None else deadline_s
        return self._executor.submit(self._perform, path, photo, argument, limit_s)

    def close(self) -> None:
        """Wait for the tasks that run, cancel those that wait, end every process."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._endings += [_end(pool) for pool in self._pools]
            self._pools.clear()
            endings, self._endings = self._endings, []
        limit = time.monotonic() + _CLOSE_LIMIT_S
        for ending in endings:
            ending.join(max(0.0, limit - time.monotonic()))

    def kill(self) -> None:
        """End every process at once; what ran answers `stopped`. `close` still has to follow."""
        self._stopping = True
        self._executor.shutdown(wait=False, cancel_futures=True)
        for child in self._context.alive():
            child.kill()

    def _perform(self, path: str, photo: bytes, argument: bytes, limit_s: float) -> Answer:
        """Run one task in this thread's worker; a worker that never began is started again."""
        reason = ""
        for _ in range(_STARTS):
            if self._stopping:
                break
            try:
                return self._try(path, photo, argument, limit_s)
            except _NotStartedError as error:
                reason = str(error)
        if self._stopping:
            return WorkerFailure(kind="stopped", detail="the program is stopping")
        detail = f"no worker process could be started: {reason}"
        return WorkerFailure(kind="host", code="OutOfMemory", detail=detail)

    def _try(self, path: str, photo: bytes, argument: bytes, limit_s: float) -> Answer:
        try:
            pool = self._pool()
            future = pool.schedule(
                worker_side.perform,
                args=(path, photo, argument, self._threads, limit_s),
                timeout=limit_s,
            )
        except (OSError, RuntimeError) as error:
            self._discard()
            raise _NotStartedError(str(error)) from error
        try:
            reply = self._reply(future, limit_s + _START_LIMIT_S)
        except TimeoutError as error:
            self._discard()
            if not future.done():
                msg = f"no sign of life for {_START_LIMIT_S:.0f} s"
                raise _NotStartedError(msg) from error
            detail = f"no answer within {limit_s:g} s"
            return WorkerFailure(kind="timeout", detail=detail, duration_ms=round(limit_s * 1000))
        except ProcessExpired as error:
            self._discard()
            return self._died(error.exitcode)
        except (OSError, RuntimeError) as error:
            # The process ended before it took the task, perhaps while it was idle.
            self._discard()
            raise _NotStartedError(str(error)) from error
        return _answer(reply)

    def _reply(self, future: "Future[worker_side.Reply]", limit_s: float) -> worker_side.Reply:
        """Wait for a reply. Raises as the future does, and _NotStartedError after `kill`."""
        end = time.monotonic() + limit_s
        while not future.done() and time.monotonic() < end:
            wait([future], min(_TICK_S, max(end - time.monotonic(), 0.0)))
            if self._stopping and not future.done():
                self._discard()
                msg = "the program is stopping"
                raise _NotStartedError(msg)
        return future.result(timeout=0)

    def _died(self, exit_code: int | None) -> WorkerFailure:
        if self._stopping:
            return WorkerFailure(kind="stopped", detail="the program is stopping")
        code = None if exit_code is None else unsigned_exit(exit_code)
        return WorkerFailure(kind="died", exit_code=code, detail=describe_exit(code))

    def _pool(self) -> ProcessPool:
        """Return this thread's pool of one process; a new one if it broke while idle."""
        pool: ProcessPool | None = getattr(self._slot, "pool", None)
        if pool is not None and pool.active:
            return pool
        self._discard()
        context: Any = self._context  # Pebble's type fits no Windows pipe.
        pool = ProcessPool(
            max_workers=1,
            max_tasks=self._tasks_per_process,
            initializer=worker_side.start,
            initargs=(self._threads, self._crash_log),
            context=context,
        )
        with self._lock:
            self._pools.add(pool)
        self._slot.pool = pool
        return pool

    def _discard(self) -> None:
        """Throw this thread's pool away without waiting: its pipes may be stuck for good."""
        pool: ProcessPool | None = getattr(self._slot, "pool", None)
        if pool is None:
            return
        self._slot.pool = None
        with self._lock:
            self._pools.discard(pool)
            self._endings = [one for one in self._endings if one.is_alive()]
            self._endings.append(_end(pool))


class _Children(SpawnContext):
    """Starts processes and knows which they are: `kill` must not hit those of other `Workers`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: list[BaseProcess] = []

    def Process(self, *arguments: Any, **named: Any) -> Any:  # type: ignore[override]  # noqa: ANN401, N802
        """Make a process, as Pebble asks for it."""
        child = super().Process(*arguments, **named)
        with self._lock:  # One that is yet to start has no exit code either.
            self._started = [one for one in self._started if one.exitcode is None]
            self._started.append(child)
        return child

    def alive(self) -> list[BaseProcess]:
        """Return the processes that run."""
        with self._lock:
            return [one for one in self._started if one.is_alive()]


class _NotStartedError(Exception):
    """The task did not begin, as far as anybody can tell."""


def _end(pool: ProcessPool) -> threading.Thread:
    """End a pool's process and threads in the background."""

    def end() -> None:
        with contextlib.suppress(OSError, RuntimeError):
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    thread = threading.Thread(target=end, name="end-pool", daemon=True)
    thread.start()
    return thread


def _shield_children() -> None:
    """
    Block Ctrl+C in this thread: children inherit it and cannot be hit while they start.

    Starting multiprocessing's resource tracker lets the signal through again, so that comes first.
    """
    if sys.platform != "win32":
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _answer(reply: worker_side.Reply) -> Answer:
    if reply.kind == "done":
        return WorkerResult(data=reply.data, duration_ms=reply.duration_ms)
    return WorkerFailure(
        kind=reply.kind, code=reply.code, detail=reply.detail, duration_ms=reply.duration_ms
    )


def unsigned_exit(code: int) -> int:
    """Return an exit code as it is written: signals negative, Windows codes unsigned."""
    return code & 0xFFFFFFFF if code < _LOWEST_SIGNAL else code


def describe_exit(code: int | None) -> str:
    """Return an exit code in words, such as `killed by SIGSEGV (-11)`."""
    if code is None:
        return "the worker died"
    if code in _WINDOWS_EXITS:
        return f"{_WINDOWS_EXITS[code]} (0x{code:08X})"
    if code >= 0:
        return f"the worker ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", by the system if memory ran out" if name == "SIGKILL" else ""
    return f"killed by {name} ({code}){hint}"
