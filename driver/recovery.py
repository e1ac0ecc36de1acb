"""
Settling what dead runs left open.

A run with effects holds a lock for life. If its lock can be taken and it never said that it ended,
it is dead: its open attempts become `AttemptInterrupted`, its open sagas are free to be resumed, and
`RunDied` says who settled it. The settler holds the dead run's lock meanwhile. Looking settles
nothing.
"""

from collections.abc import Iterable

from msgspec import Struct

from driver.shell import Shell, lock_path
from driver.workspace import Workspace
from journal import Entry, Journal, VersionConflict
from journal.locks import ProcessLock
from machine.intents import RecordInterruption
from machine.row import attempts_of
from machine.run_events import RunDied, RunEnded
from machine.values import STAGES


class Settled(Struct, frozen=True):
    """A dead run and what was open."""

    run: str
    attempts: int
    sagas: int


def is_alive(workspace: Workspace, run_id: str) -> bool:
    """Tell whether the process of a run with effects still holds its lock."""
    path = lock_path(workspace, run_id)
    if not path.exists():
        return False
    lock = ProcessLock(path)
    try:
        return not lock.try_acquire()
    finally:
        lock.close()


def settle(shell: Shell, unended: Iterable[str]) -> list[Settled]:
    """
    Settle every dead run; return what was found.

    Args:
        shell: the run that settles.
        unended: runs with effects that have not said that they ended.
    """
    settled: list[Settled] = []
    for run_id in sorted({*unended, *_with_lock_file(shell)} - {shell.run_id}):
        path = lock_path(shell.workspace, run_id)
        lock = ProcessLock(path)
        try:
            if lock.try_acquire():
                found = _settle_run(shell, run_id)
                if found:
                    settled.append(found)
                path.unlink(missing_ok=True)
        finally:
            lock.close()
    return settled


def _with_lock_file(shell: Shell) -> list[str]:
    """Return the runs whose lock file is there; a run that ends takes its file away."""
    if not shell.workspace.locks.is_dir():
        return []
    return [path.name for path in shell.workspace.locks.iterdir() if _is_run(path.name)]


def _is_run(name: str) -> bool:
    return len(name) == 36 and name.count("-") == 4  # noqa: PLR2004  (the shape of a UUID)


def _settle_run(shell: Shell, run_id: str) -> Settled | None:
    history = shell.journal.read_stream(f"run/{run_id}")
    if not history or any(isinstance(one.event, RunEnded | RunDied) for one in history):
        return None
    attempts = sagas = 0
    for number in rows_of_run(shell.journal, run_id):
        row = shell.row(number)
        for stage in STAGES:
            claimed = attempts_of(row, stage).open
            if claimed and claimed.claimed_by == run_id:
                interruption = RecordInterruption(stage=stage, run=run_id)
                attempts += bool(shell.ask(number, interruption))
        saga = row.happened.saga
        sagas += bool(saga and saga.claimed_by == run_id)
    died = RunDied(settled_by=shell.run_id, attempts=attempts, sagas=sagas)
    try:
        shell.append([Entry(f"run/{run_id}", history[-1].version, died)])
    except VersionConflict:
        return None
    return Settled(run_id, attempts, sagas)


def rows_of_run(journal: Journal, run_id: str) -> list[int]:
    """Return the rows that a run appended to, in order of their first event of it."""
    numbers = (row_number(one.stream) for one in journal.by_run(run_id))
    return list(dict.fromkeys(number for number in numbers if number is not None))


def row_number(stream: str) -> int | None:
    """Return the row of a stream `row/<id>`; None for another stream."""
    return int(stream.removeprefix("row/")) if stream.startswith("row/") else None
