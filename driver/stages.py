"""
Stage work: claim, do, record, for every row that is due.

The photo's bytes are read by hash and handed to a worker process; what comes back is recorded. Rows
that may have killed the program or a worker are tried alone, after the others. A failure of the
host or of a service stops its whole stage and charges nobody. The first Ctrl+C lets the rows in
flight finish.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.workers import Answer, WorkerFailure
from driver import clock
from driver.shell import Shell
from driver.stage_work import StageWork, Task
from journal.crashpoints import point
from machine.decide import decide
from machine.events import AttemptFailed
from machine.failures import FAILURES
from machine.intents import Intent, RecordFailure, StartAttempt
from machine.refusals import Refused
from machine.row import attempts_of
from machine.run_events import StageEnded, StagePaused, StageStarted
from machine.status import due_stages
from machine.values import Stage

BACKOFF_WAIT_MAX_S = 60.0
"""A run waits this long at most for rows that are due again later."""
_TICK_S = 0.5


class Tally(Struct):
    """What a stage did in this run."""

    rows: int = 0
    done: int = 0
    failed: int = 0
    """Rows whose last attempt failed, however many came before it."""
    skipped: int = 0
    started: float = 0.0
    paused: str = ""
    """Failure code that stopped the stage."""
    paused_detail: str = ""


Progress = Callable[[dict[Stage, Tally]], None]


class Stages:
    """Works on the stages of rows for one run, with as many rows in flight as there are workers."""

    def __init__(
        self,
        shell: Shell,
        work: StageWork,
        stages: Iterable[Stage],
        *,
        progress: Progress,
        stopping: Callable[[], bool],
    ) -> None:
        """
        Prepare the stages.

        Args:
            shell: the run.
            work: what does the work of each stage.
            stages: which ones.
            progress: told about the counts after every outcome and at least twice a second.
            stopping: True once the person asked to stop.
        """
        self.shell = shell
        self.work = work
        self.tallies: dict[Stage, Tally] = {stage: Tally() for stage in stages}
        self.failed_rows: dict[int, str] = {}
        self._failed_in: dict[Stage, set[int]] = {stage: set() for stage in self.tallies}
        self._progress = progress
        self._stopping = stopping
        self._flying: dict[Future[Answer], Task] = {}

    def run(self, numbers: Iterable[int]) -> dict[Stage, Tally]:
        """
        Do everything that is due on these rows; return the counts by stage.

        Raises:
            JournalError: an append failed; the rows in flight stay claimed and are settled later.
        """
        waiting = deque(self._due(numbers))
        for stage, tally in self.tallies.items():
            tally.rows = sum(one[1] == stage for one in waiting)
            tally.started = time.monotonic()
            marker = self.work.marker(stage)
            if tally.rows:
                self.shell.note(StageStarted(stage=stage, rows=tally.rows, marker=marker))
        touched = dict.fromkeys(number for number, _ in waiting)
        while waiting and not self._stopping():
            alone = deque(one for one in waiting if self._alone(*one))
            crowd = deque(one for one in waiting if not self._alone(*one))
            self._drain(crowd, self.work.in_flight, alone=False)
            self._drain(alone, 1, alone=True)
            waiting = deque(self._again(touched))
        for stage, tally in self.tallies.items():
            if tally.rows:
                self._end(stage, tally)
        return self.tallies

    def _due(self, numbers: Iterable[int]) -> Iterable[tuple[int, Stage]]:
        now = clock.now()
        for number in numbers:
            row = self.shell.row(number)
            for stage in due_stages(row, self.work.recipes, now):
                if stage in self.tallies and not self.tallies[stage].paused:
                    yield number, stage

    def _again(self, numbers: Iterable[int]) -> list[tuple[int, Stage]]:
        """Return what failed and is due again, waiting a moment for it if need be."""
        rows = {number: self.shell.row(number) for number in numbers}
        times = [
            attempts_of(row, stage).retry_at
            for row in rows.values()
            for stage, tally in self.tallies.items()
            if attempts_of(row, stage).failed and not tally.paused
            if attempts_of(row, stage).retry_at
        ]
        if times:
            seconds = (clock.parse(min(times)) - clock.parse(clock.now())).total_seconds()
            if seconds > BACKOFF_WAIT_MAX_S:
                return []
            end = time.monotonic() + seconds
            while time.monotonic() < end and not self._stopping():
                time.sleep(min(_TICK_S, max(end - time.monotonic(), 0)))
                self._progress(self.tallies)
        return [] if self._stopping() else list(self._due(rows))

    def _alone(self, number: int, stage: Stage) -> bool:
        return attempts_of(self.shell.row(number), stage).alone_next

    def _drain(self, waiting: deque[tuple[int, Stage]], in_flight: int, *, alone: bool) -> None:
        while waiting or self._flying:
            while waiting and len(self._flying) < in_flight and not self._stopping():
                self._start(*waiting.popleft(), alone=alone)
            if self._stopping():
                waiting.clear()
            if self._flying:
                finished, _ = wait(self._flying, _TICK_S, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._finish(future, self._flying.pop(future))
            self._progress(self.tallies)

    def _start(self, number: int, stage: Stage, *, alone: bool) -> None:
        tally = self.tallies[stage]
        if tally.paused:
            return
        start = StartAttempt(
            stage=stage,
            recipe_digest=self.work.recipes[stage],
            claimed_by=self.shell.run_id,
            alone=alone,
        )
        try:
            _, positions = self.shell.change(number, lambda row: decide(row, start))
        except Refused:
            tally.skipped += 1
            return
        row = self.shell.row(number)
        claimed = attempts_of(row, stage).open
        assert claimed is not None
        task = Task(
            number=number,
            stage=stage,
            attempt=claimed.attempt,
            input_digest=claimed.input_digest,
            cause=positions[0],
            started=time.monotonic(),
            alone=alone,
        )
        point(f"stage.{stage}.before")
        try:
            future = self.work.begin(row, stage)
        except AdapterError as error:
            self._failed(task, error.code, error.detail)
        else:
            self._flying[future] = task

    def _finish(self, future: Future[Answer], task: Task) -> None:
        point(f"stage.{task.stage}.after")
        answer = future.result()
        if isinstance(answer, WorkerFailure):
            if answer.kind != "stopped":  # else the attempt is left open, to be settled
                code = answer.code or self.work.code_of(task.stage, answer.kind)
                detail = self.work.detail_of(task, answer)
                self._failed(task, code, detail, exit_code=answer.exit_code)
            return
        try:
            intent = self.work.outcome(task, answer)
        except AdapterError as error:
            self._failed(task, error.code, error.detail)
        else:
            self._record(task, intent)

    def _record(self, task: Task, intent: Intent) -> None:
        events = self.shell.ask(task.number, intent, cause=task.cause)
        tally = self.tallies[task.stage]
        failure = next((one for one in events if isinstance(one, AttemptFailed)), None)
        if failure is None:
            tally.done += 1
            self._failed_in[task.stage].discard(task.number)
            tally.failed = len(self._failed_in[task.stage])
            self.failed_rows.pop(task.number, None)
            return
        self._failed_in[task.stage].add(task.number)
        tally.failed = len(self._failed_in[task.stage])
        self.failed_rows[task.number] = failure.code
        known = FAILURES.get(failure.code)
        if known and known.policy == "nobody" and not tally.paused:
            tally.paused, tally.paused_detail = failure.code, failure.detail

    def _failed(self, task: Task, code: str, detail: str, *, exit_code: int | None = None) -> None:
        limits = self.work.limits(task.stage)
        ledger = attempts_of(self.shell.row(task.number), task.stage).ledger
        charged = ledger[task.input_digest].charged if task.input_digest in ledger else 0
        known = FAILURES.get(code)
        native = known is not None and known.policy == "native"
        wait_s = 0.0 if native else limits.backoff_s * 4**charged
        failure = RecordFailure(
            stage=task.stage,
            attempt=task.attempt,
            input_digest=task.input_digest,
            code=code,
            detail=detail,
            budget=limits.attempts,
            retry_at=clock.after(wait_s),
            exit_code=exit_code,
            duration_ms=round((time.monotonic() - task.started) * 1000),
        )
        self._record(task, failure)

    def _end(self, stage: Stage, tally: Tally) -> None:
        if tally.paused:
            left = tally.rows - tally.done - tally.skipped
            paused = StagePaused(
                stage=stage, code=tally.paused, detail=tally.paused_detail, rows_left=left
            )
            self.shell.note(paused)
        ended = StageEnded(
            stage=stage,
            done=tally.done,
            failed=tally.failed,
            skipped=tally.skipped,
            duration_ms=round((time.monotonic() - tally.started) * 1000),
        )
        self.shell.note(ended)
