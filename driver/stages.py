"""
Stage work: claim, do, record, for every row that is due.

The photo's bytes are read by hash and handed to a worker process, or to a model; what comes back is
recorded. Work of the processors and waiting for a model are two lanes, each with rows of its own in
flight: a service that is slow or away keeps nothing else from being done. Rows that may have killed
the program or a worker are tried alone, after the others. A failure of the host or of a service
stops its whole stage and charges nobody. The first Ctrl+C lets the rows in flight finish.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from adapters.errors import AdapterError
from adapters.workers import WorkerFailure
from driver import clock
from driver.captioned import NotCaptioned
from driver.errors import about
from driver.shell import Shell
from driver.stage_work import Answer, Approach, StageWork, Task
from driver.tally import Tally
from driver.worker_failures import code_of
from journal.crashpoints import point
from machine.decide import decide
from machine.decide_stage import cause_of
from machine.events import AttemptFailed, PartlyScored
from machine.failures import FAILURES
from machine.intents import Intent, RecordFailure, StartAttempt
from machine.refusals import Refused
from machine.row import attempts_of
from machine.run_events import ModelChecked, StageEnded, StagePaused, StageStarted
from machine.status import due_stages
from machine.values import ModelCall, Stage
from machine.worth import worth

BACKOFF_WAIT_MAX_S = 60.0
"""A run waits this long at most for rows that are due again later."""
_TICK_S = 0.5
_LOOK_S = 0.05
_SORT_S = 5.0

Waiting = deque[tuple[int, Stage]]
"""Rows and the stages that are due on them."""


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
        self.failures: dict[Stage, dict[int, str]] = {stage: {} for stage in stages}
        """By stage, the rows whose last attempt failed, and the code."""
        self._progress = progress
        self._stopping = stopping
        self._flying: dict[Future[Any], tuple[Task, Approach]] = {}
        self.warnings: dict[str, None] = {}
        """What a person should know about the model, in order."""
        self._given_back: list[tuple[int, Stage]] = []
        """What has to wait for a service that went away, and comes first when it is back."""
        self._sorted_at = 0.0

    def run(self, numbers: Iterable[int]) -> dict[Stage, Tally]:
        """
        Do everything that is due on these rows; return the counts by stage.

        Raises:
            JournalError: an append failed; the rows in flight stay claimed and are settled later.
        """
        numbers = list(numbers)
        self._learn(numbers)
        waiting = Waiting(self._due(numbers))
        for stage, tally in self.tallies.items():
            tally.rows = sum(one[1] == stage for one in waiting)
            tally.started = time.monotonic()
            if tally.rows:
                marker = self.work.marker(stage)
                self.shell.note(StageStarted(stage=stage, rows=tally.rows, marker=marker))
        if any(self._asks(*one) for one in waiting):
            self._open(self.tallies["prefill"])
        if self.work.no_darkroom and any(stage == "resize" for _, stage in waiting):
            tally = self.tallies["resize"]
            tally.paused, tally.paused_detail = "ResizeSettings", str(self.work.no_darkroom)
        if any(stage == "score" for _, stage in waiting):
            self.work.scoring.open()
        touched = dict.fromkeys(number for number, _ in waiting)
        while waiting and not self._stopping():
            alone = Waiting(one for one in waiting if self._alone(*one))
            crowd = Waiting(one for one in waiting if not self._alone(*one))
            self._drain(crowd, alone=False)
            self._drain(alone, alone=True)
            waiting = Waiting(self._again(touched))
        self._look_around()
        for stage, tally in self.tallies.items():
            if tally.rows or tally.without:
                self._end(stage, tally)
        return self.tallies

    def _open(self, tally: Tally) -> None:
        try:
            self.work.captioning.open()
        except AdapterError as error:
            tally.paused, tally.paused_detail = error.code, error.detail

    def _learn(self, numbers: Iterable[int]) -> None:
        """Where rows lack scores, learn first what can be measured: else they are tried again."""
        work, now = self.work, clock.now()
        rows = map(self.shell.row, numbers if "score" in self.tallies else ())
        due = (row for row in rows if "score" in due_stages(row, work.recipes, now))
        if any(work.lacked(row) and not work.still_lacking(row) for row in due):
            work.scoring.open()
            while not work.scoring.known(_TICK_S) and not self._stopping():
                self._progress(self.tallies)

    def _due(self, numbers: Iterable[int]) -> Iterable[tuple[int, Stage]]:
        """Yield what is due; rows that lacked a score before come last."""
        now = clock.now()
        rows = [(number, self.shell.row(number)) for number in numbers]
        for number, row in sorted(rows, key=lambda one: bool(one[1].happened.score.lacking)):
            for stage in due_stages(row, self.work.recipes, now):
                tally = self.tallies.get(stage)
                if tally is None or tally.paused or number in tally.without:
                    continue
                if not self._would_lack(number, stage):
                    yield number, stage

    def _would_lack(self, number: int, stage: Stage) -> bool:
        """Tell whether scoring would end as it did before; then it is not tried in this run."""
        row, tally = self.shell.row(number), self.tallies[stage]
        lacking = self.work.still_lacking(row) if stage == "score" else None
        if lacking is not None:
            tally.lacking = lacking
            tally.without.add(number)
        return lacking is not None

    def _again(self, numbers: Iterable[int]) -> list[tuple[int, Stage]]:
        """Return what failed and is due again, waiting a moment for it if need be."""
        rows = {number: self.shell.row(number) for number in numbers}
        times = [
            attempts_of(row, stage).retry_at
            for number, row in rows.items()
            for stage, tally in self.tallies.items()
            if attempts_of(row, stage).failed and not tally.paused and number not in tally.without
            if attempts_of(row, stage).retry_at  # and it is due then: a person may have said no
            if stage in due_stages(row, self.work.recipes, attempts_of(row, stage).retry_at)
        ]
        if times:
            seconds = (clock.parse(min(times)) - clock.parse(clock.now())).total_seconds()
            if seconds > BACKOFF_WAIT_MAX_S:
                return []
            end = time.monotonic() + seconds
            while time.monotonic() < end and not self._stopping():
                time.sleep(min(_TICK_S, max(end - time.monotonic(), 0)))
                self._look_around()
        return [] if self._stopping() else list(self._due(rows))

    def _alone(self, number: int, stage: Stage) -> bool:
        return attempts_of(self.shell.row(number), stage).alone_next

    def _drain(self, waiting: Waiting, *, alone: bool) -> None:
        lanes = {
            asks: Waiting(one for one in waiting if self._asks(*one) is asks)
            for asks in (False, True)
        }
        while any(lanes.values()) or self._flying:
            self._look_around()
            for asks, lane in lanes.items():
                while lane and self._has_room(lane[0][1], asks=asks, alone=alone):
                    number, stage = self._next(lane, asks=asks)
                    with about(f"{stage} id={number}"):
                        self._start(number, stage, alone=alone)
                if self._stopping():
                    lane.clear()
            if self._flying:
                tick_s = _LOOK_S if any(lanes.values()) else _TICK_S
                finished, _ = wait(self._flying, tick_s, return_when=FIRST_COMPLETED)
                self._look_around()
                for future in finished:
                    task, how = self._flying.pop(future)
                    with about(f"{task.stage} id={task.number} attempt={task.attempt}"):
                        self._finish(future, task, how)
                lanes[True].extend(self._given_back)
                self._given_back.clear()
            elif any(lanes.values()):
                time.sleep(_LOOK_S)

    def _asks(self, number: int, stage: Stage) -> bool:
        """Tell whether a model is asked, which is a lane of its own."""
        return self.work.asks(self.shell.row(number), stage)

    def _has_room(self, stage: Stage, *, asks: bool, alone: bool) -> bool:
        """Tell whether an attempt in the lane may begin now; `stage` is that of the next one."""
        if self._stopping():
            return False
        paused = self.tallies[stage].paused  # then it is not begun, but dropped
        if asks and not paused and self.work.captioning.standing.state != "open":
            return False
        if alone or paused:
            return not self._flying
        beside = sum(bool(how.model) is asks for _, how in self._flying.values())
        return beside < self.work.window(asks=asks)

    def _next(self, lane: Waiting, *, asks: bool) -> tuple[int, Stage]:
        """Return what to begin next; where a model is asked, what is worth most comes first."""
        now = time.monotonic()
        if asks and now - self._sorted_at > _SORT_S:
            self._sorted_at = now
            first = sorted(lane, key=self._order)
            lane.clear()
            lane.extend(first)
        return lane.popleft()

    def _order(self, one: tuple[int, Stage]) -> tuple[object, ...]:
        """Rows at which the program has died come last: none of them is tried three times over."""
        row = self.shell.row(one[0])
        spent = attempts_of(row, one[1]).ledger.values()
        return sum(ledger.deaths_alone for ledger in spent), worth(row)

    def _look_around(self) -> None:
        """Append what the captioner found, see whether it can be asked, show the progress."""
        for checked in self.work.scoring.notes():
            self.shell.note(checked)
            self.warnings.update(dict.fromkeys(checked.warnings))
        if self.work.asking is not None:
            if self.work.asking.bug:
                raise self.work.asking.bug
            for event in self.work.asking.notes():
                self.shell.note(event)
                if isinstance(event, ModelChecked):
                    self.warnings.update(dict.fromkeys(event.warnings))
            tally, standing = self.tallies["prefill"], self.work.asking.standing
            tally.waiting, tally.waits_until = standing.words, standing.gives_up_at
            if standing.state == "paused" and not tally.paused:
                tally.paused, tally.paused_detail = standing.code, standing.detail
        self._progress(self.tallies)

    def _start(self, number: int, stage: Stage, *, alone: bool) -> None:
        tally = self.tallies[stage]
        if tally.paused or self._would_lack(number, stage):
            return
        how = self.work.approach(self.shell.row(number), stage)
        start = StartAttempt(
            stage=stage,
            recipe_digest=self.work.recipes[stage],
            claimed_by=self.shell.run_id,
            alone=alone,
            model=how.model,
            fallback_for=how.fallback_for,
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
            future = self.work.begin(row, stage, how)
        except AdapterError as error:
            self._failed(task, how, error.code, error.detail)
        else:
            self._flying[future] = task, how

    def _finish(self, future: Future[Any], task: Task, how: Approach) -> None:
        point(f"stage.{task.stage}.after")
        answer: Answer = future.result()
        if isinstance(answer, WorkerFailure):
            if answer.kind != "stopped":  # else the attempt is left open, to be settled
                code = code_of(task.stage, answer)
                detail = self.work.detail_of(task, answer, self.shell.run_id)
                self._failed(task, how, code, detail, exit_code=answer.exit_code)
            return
        try:
            if isinstance(answer, NotCaptioned):
                self.work.keep(answer.raw)
                self._failed(task, how, answer.code, answer.detail, call=answer.call)
                return
            intent = self.work.outcome(task, answer)
        except AdapterError as error:
            self._failed(task, how, error.code, error.detail)
        else:
            self._record(task, intent)

    def _record(self, task: Task, intent: Intent) -> None:
        events = self.shell.ask(task.number, intent, cause=task.cause)
        tally = self.tallies[task.stage]
        failure = next((one for one in events if isinstance(one, AttemptFailed)), None)
        partly = next((one for one in events if isinstance(one, PartlyScored)), None)
        failed_in = self.failures[task.stage]
        failed_in.pop(task.number, None)
        if failure:
            failed_in[task.number] = failure.code
        tally.failed = len(failed_in)
        if failure is None:
            tally.done += 1
            return
        if partly and not failure.charged:
            tally.lacking = cause_of(partly.missing), failure.detail
            tally.without.add(task.number)
            return
        known = FAILURES.get(failure.code)
        away = failure.code == "PrefillUnreachable"  # it is waited for: the captioner says how long
        asking = self.work.asking
        if away and asking and not tally.paused and task.number not in asking.suspects:
            self._given_back.append((task.number, task.stage))
            self._sorted_at = 0.0
        if known and known.policy == "nobody" and not tally.paused and not away:
            tally.paused, tally.paused_detail = failure.code, failure.detail

    def _failed(
        self,
        task: Task,
        how: Approach,
        code: str,
        detail: str,
        *,
        exit_code: int | None = None,
        call: ModelCall | None = None,
    ) -> None:
        known = FAILURES.get(code)
        native = known is not None and known.policy == "native"
        wait_s = 0.0 if native else self.work.limits(task.stage).backoff_s * 4**how.backoffs
        failure = RecordFailure(
            stage=task.stage,
            attempt=task.attempt,
            input_digest=task.input_digest,
            code=code,
            detail=detail,
            budget=how.budget,
            retry_at=clock.after(wait_s),
            exit_code=exit_code,
            duration_ms=round((time.monotonic() - task.started) * 1000),
            call=call,
        )
        self._record(task, failure)

    def _end(self, stage: Stage, tally: Tally) -> None:
        tally.waiting = ""
        if tally.without and not tally.paused:
            tally.paused, tally.paused_detail = tally.lacking
        if tally.paused:
            left = max(tally.rows - tally.done - tally.skipped, len(tally.without))
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
