"""
Settling what runs left open that are gone.

A run with effects holds a lock for life. If its lock can be taken, it is gone: its open attempts
become `AttemptInterrupted`, its open sagas are free to be resumed, and if it never said that it
ended, `RunDied` says who settled it. The settler holds the lock meanwhile. Temporary files that it
left are removed. Looking settles nothing.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator

from msgspec import Struct

from adapters.files import SWEEP_AGE_S, sweep_temporaries
from driver.shell import Shell, lock_path
from driver.workspace import Workspace
from journal import Entry, Journal, JournalError, VersionConflict
from journal.crashpoints import point
from journal.locks import ProcessLock
from machine.intents import RecordInterruption
from machine.row import attempts_of
from machine.run_events import RunDied, RunEnded
from machine.values import STAGES

_OTHERS_LOOK_S = 0.1
"""Somebody else who asks whether a run lives holds its lock for a moment."""
_FORGOTTEN_S = 24 * 3600.0
_MTIME_STEP_S = 0.05
"""A file may seem to be a little older than it is: the system's clock for files ticks slowly."""


class Settled(Struct, frozen=True):
    """A run that is gone and what it had left open."""

    run: str
    attempts: int
    sagas: int
    died: bool
    """False: it said that it ended, with attempts still open (a full disk)."""


def is_alive(workspace: Workspace, run_id: str) -> bool:
    """Tell whether the process of a run with effects still holds its lock."""
    path = lock_path(workspace, run_id)
    if not path.exists():
        return False
    lock = ProcessLock(path)
    try:
        return not lock.acquire(_OTHERS_LOOK_S)
    finally:
        lock.close()


def settle(shell: Shell, unended: Iterable[str], running: Iterable[int]) -> list[Settled]:
    """
    Settle every run that is gone; return what was found.

    Args:
        shell: the run that settles.
        unended: runs with effects that have not said that they ended.
        running: rows of which a stage is claimed.
    """
    began = time.time()
    claims = _claims(shell, running)
    settled: list[Settled] = []
    gone: list[str] = []
    living = False
    with contextlib.ExitStack() as held:
        for run_id in sorted(
            {*unended, *claims, *runs_with_lock_file(shell.workspace)} - {shell.run_id}
        ):
            lock = ProcessLock(lock_path(shell.workspace, run_id))
            held.callback(lock.close)
            if lock.acquire(_OTHERS_LOOK_S):
                gone.append(run_id)
                settled += _settle_run(shell, run_id, claims.get(run_id, ()))
            else:
                living = True
        point("settle.sweep.before")
        _sweep(shell.workspace, None if living else began, everywhere=bool(gone))
        for run_id in gone:  # last: if we die before, the next one knows that it has to sweep
            point("settle.tidy.before")
            _tidy(shell, run_id)
    return settled


def _sweep(workspace: Workspace, began: float | None, *, everywhere: bool) -> None:
    """
    Remove the temporary files that dead runs left behind.

    Whoever begins to write after `began` writes younger ones. Where another run lives (None), only
    files that are too old to be its own go. The site's page is written after a run's end, so what
    lies beside it may be left by a run that counts as ended.
    """
    age_s = SWEEP_AGE_S if began is None else time.time() - began + _MTIME_STEP_S
    if everywhere:
        sweep_temporaries(workspace.objects, older_than_s=age_s)
    sweep_temporaries(workspace.site, older_than_s=age_s, below=everywhere)


def _claims(shell: Shell, running: Iterable[int]) -> dict[str, list[int]]:
    """Return the rows that each run claims a stage of."""
    claims: dict[str, list[int]] = {}
    for number in running:
        row = shell.row(number)
        for run_id in {
            claimed.claimed_by for stage in STAGES if (claimed := attempts_of(row, stage).open)
        }:
            claims.setdefault(run_id, []).append(number)
    return claims


def runs_with_lock_file(workspace: Workspace) -> list[str]:
    """Return the runs whose lock file is there; a run that ends takes its file away."""
    if not workspace.locks.is_dir():
        return []
    return [path.name for path in workspace.locks.iterdir() if _is_run(path.name)]


def _is_run(name: str) -> bool:
    return len(name) == 36 and name.count("-") == 4  # noqa: PLR2004  (the shape of a UUID)


def _tidy(shell: Shell, run_id: str) -> None:
    """
    Remove the lock file of a run that is over.

    A run that has appended nothing may be about to: its process has the file open and waits for the
    lock that we hold, so its file stays, unless it is a day old.
    """
    path = lock_path(shell.workspace, run_id)
    with contextlib.suppress(OSError):
        begun = bool(shell.journal.read_stream(f"run/{run_id}"))
        if begun or time.time() - path.stat().st_mtime > _FORGOTTEN_S:
            path.unlink()


def _settle_run(shell: Shell, run_id: str, claimed: Iterable[int]) -> list[Settled]:
    history = shell.journal.read_stream(f"run/{run_id}")
    if not history:
        return []
    died = not any(isinstance(one.event, RunEnded | RunDied) for one in history)
    numbers = rows_of_run(shell.journal, run_id) if died else claimed
    attempts = sum(_interrupt(shell, number, run_id) for number in numbers)
    if not died:
        return [Settled(run_id, attempts, 0, died)] if attempts else []
    sagas = sum(_has_open_saga(shell, number, run_id) for number in numbers)
    point("settle.died.before")
    gone = RunDied(settled_by=shell.run_id, attempts=attempts, sagas=sagas)
    try:
        shell.append([Entry(f"run/{run_id}", history[-1].version, gone)])
    except VersionConflict:
        return []
    return [Settled(run_id, attempts, sagas, died)]


def _interrupt(shell: Shell, number: int, run_id: str, *, asked: bool = False) -> int:
    """Record that the open attempts of a run on a row are over; return how many there were."""
    row, found = shell.row(number), 0
    for stage in STAGES:
        claimed = attempts_of(row, stage).open
        if claimed and claimed.claimed_by == run_id:
            point("settle.attempt.before")
            intent = RecordInterruption(stage=stage, run=run_id, asked=asked)
            found += bool(shell.ask(number, intent))
    return found


def _has_open_saga(shell: Shell, number: int, run_id: str) -> bool:
    saga = shell.row(number).happened.saga
    return bool(saga and saga.claimed_by == run_id)


def interrupt_own(shell: Shell) -> int:
    """Record that this run, which is about to end, leaves its open attempts undone."""
    numbers = rows_of_run(shell.journal, shell.run_id) if shell.started and shell.effects else []
    return sum(_interrupt(shell, number, shell.run_id) for number in numbers)


@contextlib.contextmanager
def leave(shell: Shell, exit_code: int) -> Iterator[None]:
    """
    Say that a person ends the run at once; while the block lasts, nothing else is appended.

    The attempts in flight count as nobody's fault: no row is suspected for them. The lock stays, so
    that nobody goes on with the run's work before its process is gone.
    """
    with shell.held() as claims:
        if shell.effects:
            with contextlib.suppress(JournalError):
                for number in claims:
                    _interrupt(shell, number, shell.run_id, asked=True)
                shell.say_end("interrupted", exit_code, "left at once")
        yield


def rows_of_run(journal: Journal, run_id: str) -> list[int]:
    """Return the rows that a run appended to, in order of their first event of it."""
    numbers = (row_number(one.stream) for one in journal.by_run(run_id))
    return list(dict.fromkeys(number for number in numbers if number is not None))


def row_number(stream: str) -> int | None:
    """Return the row of a stream `row/<id>`; None for another stream."""
    return int(stream.removeprefix("row/")) if stream.startswith("row/") else None
