"""
The composition root: the one module that puts a program together from concrete parts.

`Program` is a workspace opened for one command. Its journal, read models, logs, workers and gallery
are made when they are first used, so that looking costs what looking needs.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from adapters.files import sync_folder
from adapters.objects import Objects
from driver import recovery
from driver.errors import (
    BUG,
    INTERRUPTED,
    MISUSED,
    DriverError,
    Misused,
    journal_exit_code,
)
from driver.shell import Rehearsal, Shell
from driver.workspace import Workspace
from journal import DiskLow, Journal, JournalError
from journal.database import SHARED_MEMORY_BYTES
from journal.locks import ProcessLock
from machine.refusals import Refused
from machine.run_events import StoppedDiskLow
from machine.values import STAGES
from projections.engine import ReadModels

if TYPE_CHECKING:
    from adapters.ports import Gallery
    from adapters.workers import Workers
    from driver.captioned import Past
    from driver.stage_work import StageWork
    from machine.run_events import QcReported
    from projections.run_log import Logs

OUTCOMES = {
    0: "done",
    2: "refused",
    3: "damaged",
    4: "paused",
    5: "drift",
    10: "failed rows",
    70: "bug",
    130: "interrupted",
}
"""What a run's end is called, by exit code."""

KEEP_UP_S = 5.0
"""While the work goes on, the logs are behind by about so long."""
_LOGS_WAIT_S = 0.05
"""For another process that writes the logs, while work waits for us."""


class Program:
    """A workspace opened for one command."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        readonly: bool = False,
        accept_head: bool = False,
        frees_disk: bool = False,
    ) -> None:
        """
        Keep the workspace; nothing is opened yet.

        Args:
            workspace: where.
            readonly: for verbs that only look.
            accept_head: open the journal although its last appends are gone.
            frees_disk: for verbs that make room: they may append below `[journal] min_free`.

        Raises:
            Misused: more than looking is wanted, and this is an opened incident bundle.
        """
        if not readonly:
            workspace.refuse_incident()
        self.workspace = workspace
        self.readonly = readonly
        self.accept_head = accept_head
        self.min_free_bytes = 0 if frees_disk else workspace.config.min_free_bytes()
        self.objects = Objects(workspace.objects)
        self.exit_code = 0
        self.detail = ""
        self.until: datetime | None = None
        """When stage work is to end, rows in flight apart."""
        self.warnings: list[str] = []
        """What a person should know and what stops nothing."""
        self.settled: list[recovery.Settled] = []
        """Runs that were gone when this one began, and what they had left open."""
        self.uploaded: Callable[[int], None] = lambda _: None
        """Told of what went to a server, in bytes."""
        self.unsaid: QcReported | None = None
        """What the newest report on the texts came to, until the run has said it."""
        self._stopping = threading.Event()
        self._open = contextlib.ExitStack()
        self._shell: Shell | None = None
        self._kept_up_at = float("-inf")
        self._kept_up_to = 0

    def __enter__(self) -> Self:
        """Return the program."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what was opened; a verb that found nothing to do finishes what the dead left."""
        if "journal" in self.__dict__ and self._shell is None and not self.readonly:
            self.logs.catch_up()
            self.list_published()
        self._open.close()

    # --- parts

    @cached_property
    def journal(self) -> Journal:
        """The journal, open for reading and appending. Raises JournalError."""
        journal = Journal.open(
            self.workspace.journal,
            readonly=self.readonly,
            accept_head=self.accept_head,
            min_free_bytes=self.min_free_bytes,
        )
        return self._open.enter_context(journal)

    @cached_property
    def models(self) -> ReadModels:
        """The read models, caught up."""
        models = self._open.enter_context(self._read_models())
        models.catch_up()
        return models

    def _read_models(self) -> ReadModels:
        """Open the read models; where they cannot be written, looking gets some of its own."""
        try:
            return ReadModels.open(self.workspace.review, self.journal)
        except (sqlite3.OperationalError, OSError) as error:
            if not self.readonly:
                self._blame_the_disk(error)
                raise
            folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="photojournal-"))
            return ReadModels.open(Path(folder) / "review.db", self.journal)

    def _blame_the_disk(self, error: Exception) -> None:
        """Raise DiskLow where the disk has no room for what SQLite needs beside its files."""
        needed = max(self.min_free_bytes, SHARED_MEMORY_BYTES)
        free = shutil.disk_usage(self.workspace.data).free
        if free < needed:
            raise DiskLow(free, needed) from error

    @cached_property
    def logs(self) -> "Logs":
        """The log files of the runs."""
        from projections.run_log import Logs

        return Logs(self.workspace.root, self.journal)

    @cached_property
    def workers(self) -> "Workers":
        """The worker processes; they start with their first task."""
        from adapters.workers import Workers

        workers = Workers(
            self.workspace.config.run.workers or None,
            crash_log=self.workspace.data / "crash_runtime.log",
        )
        return self._open.enter_context(workers)

    @cached_property
    def stage_work(self) -> "StageWork":
        """What does the work of the stages."""
        from driver.stage_work import StageWork

        work = StageWork(self.workspace, self.objects, self.workers, self._past)
        self._open.callback(work.close)
        return work

    def _past(self) -> "Iterator[Past]":
        """Yield the newest texts that models wrote, the oldest of them first."""
        from driver import captioned

        query = (
            "SELECT id FROM review_queue WHERE text_author LIKE 'model:%'"
            " ORDER BY last_position DESC LIMIT 50"
        )
        for line in reversed(self.models.query(query)):
            prefill = self.shell.row(line["id"]).decided.prefill
            if prefill.call:
                yield captioned.Past(row=line["id"], text=prefill.text, call=prefill.call)

    @cached_property
    def gallery(self) -> "Gallery":
        """Where photos are published; a server is spoken to when it is first needed."""
        from driver.galleries import opened

        self.workspace.refuse_incident()

        def uploaded(size_bytes: int) -> None:
            self.uploaded(size_bytes)  # whoever wants to be told by then

        return self._open.enter_context(opened(self.workspace, self.journal.uuid, uploaded))

    @property
    def run_id(self) -> str:
        """The run of this command, also after its end; empty: none was begun."""
        return self._shell.run_id if self._shell else ""

    @property
    def shell(self) -> Shell:
        """The run of this command. Only inside `run`."""
        assert self._shell is not None, "the command did not begin a run"
        return self._shell

    # --- a run

    @contextlib.contextmanager
    def run(self, verb: str, argv: Sequence[str] = (), *, effects: bool = False) -> Iterator[Shell]:
        """
        Begin a run; whatever happens, say how it ended and bring logs and read models up to date.

        With `effects`, what dead runs left open is settled first. Set `exit_code` and `detail`
        before the end; an error sets its own.
        """
        shell = self._shell = Shell(self.workspace, self.journal, verb, argv, effects=effects)
        try:
            if effects:
                sync_folder(self.workspace.locks)
                self.settled = recovery.settle(shell, self._unended_runs(), self._claimed_rows())
                if any(gone.died for gone in self.settled):
                    self.report_texts()  # the dead run may not have come to it
            yield shell
        except BaseException as error:
            self.exit_code, self.detail = _ending(error)
            if isinstance(error, DiskLow):
                self._stopped_disk_low(error)
            with contextlib.suppress(JournalError):
                if self.exit_code == BUG and not shell.started:
                    shell.append([])  # else nothing but a crash file would tell of it
                recovery.interrupt_own(shell)
            raise
        finally:
            self._end(shell)

    def rehearsal(self, verb: str) -> Shell:
        """Return a shell that answers like a run of `verb` and changes nothing."""
        return Rehearsal(self.workspace, self.journal, verb)

    def _unended_runs(self) -> list[str]:
        query = "SELECT run_id FROM runs WHERE effects AND ended_at = ''"
        return [line["run_id"] for line in self.models.query(query)]

    def _claimed_rows(self) -> list[int]:
        stages = ", ".join(f"{stage}_status" for stage in STAGES)
        query = f"SELECT id FROM review_queue WHERE 'running' IN ({stages})"  # noqa: S608
        return [line["id"] for line in self.models.query(query)]

    def _stopped_disk_low(self, error: DiskLow) -> None:
        stopped = StoppedDiskLow(free_bytes=error.free_bytes, needed_bytes=error.needed_bytes)
        with contextlib.suppress(JournalError):
            self.shell.last_words(stopped, self.exit_code, self.detail)

    def _end(self, shell: Shell) -> None:
        try:
            self.say_report()
            shell.end(OUTCOMES.get(self.exit_code, "done"), self.exit_code, self.detail)
        except JournalError:
            shell.release()
        else:
            self.refresh()
            if shell.effects:
                self.list_published()

    def list_published(self) -> Path | None:
        """Bring the site's own page up to date; return it where it is there and ours."""
        from driver.site_page import write_page

        try:
            return write_page(self.workspace, self.models)
        except (OSError, sqlite3.Error) as error:
            self.warn(f"the page that lists what is published could not be written: {error}")
        return None

    def refresh(self) -> None:
        """Bring read models and logs up to the journal's head; what is in the way is a warning."""
        for standing in self.models.catch_up():
            if standing.error:
                self.warn(f"{standing.name} is {standing.behind} events behind: {standing.error}")
        problem = self.logs.catch_up()
        if problem:
            self.warn(f"the logs are behind: {problem}")

    def keep_up(self) -> None:
        """Let the logs tell what the run has done so far; cheap, for a loop that works."""
        now = time.monotonic()
        if now - self._kept_up_at < KEEP_UP_S:
            return
        head = self.journal.head.position
        if head != self._kept_up_to and not self.logs.catch_up(_LOGS_WAIT_S):
            self._kept_up_to = head  # what is in the way is said at the end, if it still is
        self._kept_up_at = time.monotonic()

    def warn(self, words: str) -> None:
        """Keep something that a person should know and that stops nothing."""
        if words not in self.warnings:
            self.warnings.append(words)

    def report_texts(self) -> None:
        """Write the report on the texts of the rows that wait, `data/prefill_qc_last.json`."""
        from driver.quality_control import report_texts

        report_texts(self)

    def say_report(self) -> None:
        """Note what the newest report came to, if the run has begun and has not said it yet."""
        if self.unsaid is not None and self.shell.started:
            said, self.unsaid = self.unsaid, None
            self.shell.note(said)

    # --- stopping

    def stop(self) -> None:
        """Ask the work to stop after the rows in flight."""
        self._stopping.set()

    def leave(self, exit_code: int) -> None:
        """Say that a person ends the run at once, and end the process. Never returns."""
        with recovery.leave(self.shell, exit_code):
            self.logs.catch_up(_LOGS_WAIT_S)
            os._exit(exit_code)

    def stopping(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self._stopping.is_set()

    def enough(self) -> bool:
        """Tell whether to begin nothing more: somebody asked to stop, or `until` has come."""
        return self.stopping() or (self.until is not None and datetime.now(UTC) >= self.until)

    @contextlib.contextmanager
    def publishing(self) -> Iterator["Gallery"]:
        """
        Be the one publisher of the gallery.

        Raises:
            Misused: another process publishes.
        """
        from driver.galleries import lock_name

        self.workspace.locks.mkdir(parents=True, exist_ok=True)
        lock = ProcessLock(self.workspace.locks / lock_name(self.workspace.config.publish))
        try:
            if not lock.try_acquire():
                msg = "another process is publishing to this gallery"
                raise Misused(msg, "wait for it to end: photojournal status")
            yield self.gallery
        finally:
            lock.close()


def _ending(error: BaseException) -> tuple[int, str]:
    """Return the exit code and the words for a run that an error ended."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, "interrupted"
    if isinstance(error, DriverError):
        return error.exit_code, str(error)
    if isinstance(error, Refused):
        return (0 if error.nothing else MISUSED), str(error)
    if isinstance(error, JournalError):
        return journal_exit_code(error), str(error)
    return BUG, f"{type(error).__name__}: {error}"


def create_journal(workspace: Workspace) -> None:
    """Make the journal of a new workspace and its key; existing ones are left as they are."""
    from journal.signing import make_key

    if not Path(workspace.journal).exists():
        Journal.open(workspace.journal, create=True).close()
        make_key(workspace.journal)
