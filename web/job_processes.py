"""
Jobs: verbs of the command line that run as processes of their own, beside the page.

A job is what a person would have typed, `python -m photojournal -w ROOT VERB ... --yes`, with the
server's environment and so its actor. It outlives a server that is killed: what it says goes to a
file, not to a pipe. A server that ends in order asks its jobs to stop, as Ctrl+C does, and waits.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from adapters.workers import describe_exit, unsigned_exit
from driver import clock
from driver.errors import INTERRUPTED, Misused
from driver.program import OUTCOMES
from driver.workspace import Workspace
from web import job_orders
from web.errors import Busy

LINES_MAX = 50
"""Lines of output that are kept for the page."""
RUNNING_MAX = 4
"""Jobs at work at once: each is a process with workers."""
KEPT_MAX = 100
"""Jobs that are remembered after their end."""
LEAVE_S = 5.0
"""After a second Ctrl+C at the server, how long its jobs are waited for."""

_TAIL_BYTES = 64 * 1024
_LINE_MAX = 2_000


class Job:
    """One process and what became of it. Every attribute may be read from any thread."""

    def __init__(self, order: job_orders.Order, argv: list[str], output: Path) -> None:
        """Keep what is asked; nothing runs yet."""
        self.id = clock.uuid7()
        self.order = order
        self.argv = argv
        """What the program gets: everything after its name."""
        self.command = job_orders.in_brief(order)
        self.started_at = clock.now()
        self.ended_at = ""
        self.exit_code: int | None = None
        """None while it runs; negative: the signal that killed it."""
        self.stop_asked = False
        self.run_id = ""
        """Its run, once somebody found it in the journal."""
        self.pid = 0
        self._output = output
        self._over = threading.Event()
        self._said: list[str] | None = None
        """What it said, once it has ended."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Tell whether the process is there."""
        return self.exit_code is None

    @property
    def state(self) -> Literal["running", "done", "failed"]:
        """What the page calls it."""
        if self.running:
            return "running"
        return "failed" if self.exit_code else "done"

    def start(self) -> None:
        """Start the process; its end is noted by a thread of its own."""
        typed = job_orders.read_from_input(self.order)
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603  (a list of words from a fixed table)
                [sys.executable, "-m", "photojournal", *self.argv],
                stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )  # apart from us, so that Ctrl+C at the server's terminal does not reach it by itself
        self.pid = self._process.pid
        if typed:
            threading.Thread(target=self._type_rows, name=f"rows of {self.id}", daemon=True).start()
        threading.Thread(target=self._watch, name=f"job {self.id}", daemon=True).start()

    def _type_rows(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as stdin:
            stdin.write("".join(f"{row}\n" for row in self.order.rows).encode())

    def _watch(self) -> None:
        assert self._process is not None
        code = unsigned_exit(self._process.wait())
        self.ended_at = clock.now()
        self.exit_code = INTERRUPTED if code in _INTERRUPTED_EARLY else code
        self._over.set()

    def interrupt(self) -> None:
        """Ask it to stop after the rows in flight, as Ctrl+C does; again: to leave at once."""
        self.stop_asked = True
        if self._process is not None and self.running:
            with contextlib.suppress(OSError):
                self._process.send_signal(_INTERRUPT)

    def wait(self, limit_s: float) -> bool:
        """Wait for its end; tell whether it has come."""
        return self._over.wait(limit_s)

    def tail(self) -> list[str]:
        """Return the last lines that it said so far."""
        over = not self.running
        if self._said is None:
            lines = self._read()
            self._said = lines if over else None
            return lines
        return self._said

    def _read(self) -> list[str]:
        try:
            with self._output.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(size - _TAIL_BYTES, 0))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        lines = text.splitlines()[1 if size > _TAIL_BYTES else 0 :]
        return [line[:_LINE_MAX] for line in lines[-LINES_MAX:]]

    def forget(self) -> None:
        """Remove what it said."""
        with contextlib.suppress(OSError):
            self._output.unlink(missing_ok=True)


class Jobs:
    """The jobs of one server."""

    def __init__(self, workspace: Workspace) -> None:
        """Begin with none."""
        self.workspace = workspace
        self._jobs: dict[str, Job] = {}
        self._started = 0
        self._guard = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._closed = False

    def start(self, order: job_orders.Order) -> Job:
        """
        Start a job.

        Raises:
            Busy: too many are at work.
            Misused: the server ends.
        """
        with self._guard:
            self._refuse()
            words = job_orders.words(order)
            argv = ["-w", str(self.workspace.root), words[0], "--yes", *words[1:]]
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="photojournal-jobs-")
            self._started += 1
            job = Job(order, argv, Path(self._folder.name) / f"{self._started}.txt")
            job.start()
            self._jobs[job.id] = job
            self._forget_old()
            return job

    def _refuse(self) -> None:
        if self._closed:
            msg = "the page is being closed"
            raise Misused(msg, "photojournal review")
        working = [job for job in self._jobs.values() if job.running]
        if len(working) >= RUNNING_MAX:
            msg = f"{len(working)} jobs are at work already"
            raise Busy(msg, f"wait for one to end: {working[0].command}")

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if not job.running]
        for job in ended[: max(len(self._jobs) - KEPT_MAX, 0)]:
            del self._jobs[job.id]
            job.forget()

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        with self._guard:
            return list(reversed(self._jobs.values()))

    def get(self, number: str) -> Job | None:
        """Return a job; None if there is none, or it is forgotten."""
        with self._guard:
            return self._jobs.get(number)

    def lines(self, job: Job) -> list[str]:
        """Return the last lines of a job, without any password that this process knows."""
        return [self.workspace.credentials.redacted(line) for line in job.tail()]

    def close(self, say: Callable[[str], None]) -> None:
        """
        Ask every job to stop and wait until they have.

        A Ctrl+C meanwhile makes them leave at once; what they leave open is settled by the next
        run.

        Args:
            say: tells the person at the server's terminal what is waited for.
        """
        with self._guard:
            self._closed = True
            working = [job for job in self._jobs.values() if job.running]
        for job in working:
            say(f"Stopping after the rows in flight: {job.command}")
            job.interrupt()
        try:
            for job in working:
                while not job.wait(0.2):
                    pass
        except KeyboardInterrupt:
            say("Leaving at once. What is open is settled by the next run: photojournal repair")
            for job in working:
                job.interrupt()
            for job in working:
                job.wait(LEAVE_S)
        for job in working:
            say(f"{job.command}: {ending(job)}")
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.cleanup()


_ENDINGS = {
    0: "done",
    2: "refused",
    3: "the journal is damaged",
    4: "something does not answer, or the disk is low; what it lacked is due as before",
    5: "something is not as it should be",
    10: "done, but something failed or was left as it is",
    70: "an error of the program that nobody foresaw",
    INTERRUPTED: "stopped because somebody asked; the same command goes on",
}


def ending(job: Job) -> str:
    """Return in words how a job ended; empty while it runs, or stops."""
    code = job.exit_code
    if code is None:
        return "stopping after the rows in flight" if job.stop_asked else ""
    if code in OUTCOMES:
        return _ENDINGS[code]
    if code >= 0 and code < _WINDOWS:
        return f"ended with exit code {code}, which this program does not use"
    return f"{describe_exit(code)}; it could not say why"


def hint(job: Job, lines: list[str]) -> str:
    """Return what to do after a job that did not end well: its own hint, if it gave one."""
    code = job.exit_code
    if not code:
        return ""
    told = [line.removeprefix("Hint: ") for line in lines if line.startswith("Hint: ")]
    if told:
        return told[-1]
    if code not in OUTCOMES:
        return "photojournal repair"
    return "" if code == INTERRUPTED else "photojournal triage"


_WINDOWS = 0xC0000000
_INTERRUPTED_EARLY = (-signal.SIGINT, 0xC000013A)
"""Exit codes of a Python that was interrupted before the program could say so itself."""
_INTERRUPT = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
"""Windows has no SIGINT for a group of its own; the command line takes both alike."""


def _environment() -> dict[str, str]:
    """Return the server's environment; what is printed is there at once, in UTF-8."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
