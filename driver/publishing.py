"""
Publishing many rows: planned, then sent, several at once where the gallery bears it.

A row that fails does not stop the others; a gallery that is away stops them all, after those that
are on their way.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.ports import Gallery
from driver import galleries
from driver.errors import Unreachable, about
from driver.program import Program
from driver.publication import (
    Publisher,
    is_due,
    may_be_published,
    names_of_the_site,
    refuse_a_name_of_the_site,
    targets,
)
from driver.shell import Shell
from driver.standing import refuse_behind
from machine.completeness import without
from machine.failures import FAILURES, hint_for
from machine.next_action import next_action
from machine.refusals import Refused
from machine.run_events import StagePaused
from machine.status import failure, publication_due, review_status
from machine.text import counted

_LOOK_S = 0.2
"""So often it is told how far the rows on their way are."""


class Publishable(Struct, frozen=True, kw_only=True):
    """What publishing would do with one row."""

    row: int
    file_name: str
    due: bool
    why: str
    """Why it is or is not due."""
    open: bool = False
    """Something was begun on it and has no end yet."""
    refused: bool = False
    """It is approved, and something stands against publishing it: `why` says what helps."""
    paths: tuple[str, ...] = ()
    size_bytes: int = 0
    """Of the approved renditions; the texts that are put into them add a little."""


class Sent(Struct, frozen=True, kw_only=True):
    """What publishing did with one row."""

    row: int
    file_name: str
    outcome: str
    """`published`, `nothing`, `refused` or `failed`."""
    code: str = ""
    detail: str = ""
    hint: str = ""


def plan_publication(
    program: Program, numbers: Iterable[int], *, forced: str = ""
) -> list[Publishable]:
    """Say for each row what would be published and why; changes nothing."""
    shell, names = program.rehearsal("publish"), names_of_the_site(program.journal)
    return [_publishable(shell, number, forced, names) for number in numbers]


def _publishable(shell: Shell, number: int, forced: str, names: Mapping[str, str]) -> Publishable:
    row = shell.row(number)
    name, status = row.happened.file_name, review_status(row)
    saga = row.happened.saga
    if saga:
        mine = saga.kind == "publication"
        why = f"a {saga.kind} is open" + ("" if mine else f": photojournal repair {number}")
        return Publishable(row=number, file_name=name, due=mine, why=why, open=True)
    if row.decided.decision.value != "approved" or not row.decided.intake:
        return Publishable(row=number, file_name=name, due=False, why=f"it is {status}")
    if not is_due(shell, row):
        return Publishable(row=number, file_name=name, due=False, why="published as approved")
    try:
        may_be_published(shell, row, forced=forced)
        refuse_a_name_of_the_site(row, names)
    except Refused as refused:
        why = f"{refused}: {refused.hint}"
        return Publishable(row=number, file_name=name, due=False, why=why, refused=True)
    why = "changed since it was published" if status == "Published" else "approved"
    why = why if publication_due(row) else "published under another public_url_base"
    why = f"{why}, {lacks}" if (lacks := without(row)) else why
    return Publishable(
        row=number,
        file_name=name,
        due=True,
        why=why,
        paths=tuple(targets(row).values()),
        size_bytes=sum(one.size_bytes for one in row.decided.decision.renditions),
    )


class Uploads(Struct):
    """How far a publication of many rows is."""

    rows: int
    started: float
    """`time.monotonic()`."""
    heard: float
    """When something moved last, by the same clock: a step, a row, a block that was sent."""
    done: int = 0
    failed: int = 0
    sent_bytes: int = 0
    """To servers only: what is copied into a folder is not counted."""
    answer_s: float = 0.0
    """So long a server may take for one answer; 0: there is none."""


Progress = Callable[[Uploads], None]


def publish(
    program: Program, numbers: Sequence[int], progress: Progress, *, forced: str = ""
) -> tuple[list[Sent], Unreachable | None]:
    """
    Publish rows; one that fails does not stop the others.

    Before the first row, the gallery is tried out: one that is away is no failure of any row.
    `forced`: a person's reason to publish rows although something stands against it.

    Returns:
        What became of each row that was tried, and what stopped the stage, if something did.

    Raises:
        Misused: another process publishes, or the journal is behind the gallery.
    """
    sending = _Sending(program, numbers, progress, forced)
    try:
        with program.publishing() as gallery:
            sending.begin(gallery)
            program.report_texts()
            sending.send(gallery)
    except Unreachable as error:
        sending.stopped = sending.stopped or error
    if sending.overcome:
        faults, last = counted(len(sending.overcome), "fault"), sending.overcome[-1].detail
        program.warn(f"{faults} of the gallery passed when tried again, the last one: {last}")
    program.refresh()
    return sending.in_order(), sending.stopped


class _Sending:
    """Rows on their way, each lane with a gallery of its own: connections are not shared."""

    def __init__(
        self, program: Program, numbers: Sequence[int], progress: Progress, forced: str
    ) -> None:
        self.program = program
        self.numbers = numbers
        self.progress = progress
        self.forced = forced
        now, publish = time.monotonic(), program.workspace.config.publish
        answer_s = publish.answer_s
        self.uploads = Uploads(rows=len(numbers), started=now, heard=now, answer_s=answer_s)
        self._moved = (0, 0, 0)
        program.uploaded = self._uploaded
        self.sent: dict[int, Sent] = {}
        self.stopped: Unreachable | None = None
        self.overcome: list[AdapterError] = []
        """Faults of the gallery that passed when tried again: no row was failed by them."""
        self._broken = False
        self._left = iter(numbers)
        self._guard = threading.Lock()

    def in_order(self) -> list[Sent]:
        """Return what became of the rows that were tried, in the order in which they were given."""
        return [self.sent[number] for number in self.numbers if number in self.sent]

    def begin(self, gallery: Gallery) -> None:
        """Try the gallery out before the first row; refuse one that knows more than the journal."""

        def begin() -> None:
            _try_out(self.program, gallery, len(self.numbers), self.overcome)
            refuse_behind(self.program.journal, gallery)

        with ThreadPoolExecutor(1, thread_name_prefix="publish") as pool:
            self._watch({pool.submit(begin)})

    def send(self, gallery: Gallery) -> None:
        """Send all rows, over as many lanes as the configuration says."""
        publish = self.program.workspace.config.publish
        lanes = publish.ftp.in_flight if publish.gallery == "ftp" else 1
        lanes = min(lanes, len(self.numbers))
        with ThreadPoolExecutor(max(lanes, 1), thread_name_prefix="publish") as pool:
            waiting = {pool.submit(self._lane, gallery)}
            waiting |= {pool.submit(self._own_lane) for _ in range(1, lanes)}
            self._watch(waiting)

    def _watch(self, waiting: set[Future[None]]) -> None:
        """Wait until all are done, and tell meanwhile how far it is."""
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=_LOOK_S)
                self._tell()
                for one in done:
                    one.result()
        except BaseException:
            self._broken = True
            raise

    def _tell(self) -> None:
        """Show how far it is, and let the logs tell it; in the main thread only."""
        uploads = self.uploads
        moved = (self.program.journal.head.position, uploads.sent_bytes, uploads.done)
        if moved != self._moved:
            self._moved, uploads.heard = moved, time.monotonic()
        self.progress(uploads)
        self.program.keep_up()

    def _own_lane(self) -> None:
        opened = galleries.opened(self.program.workspace, self.program.journal.uuid, self._uploaded)
        with opened as gallery:
            self._lane(gallery)

    def _lane(self, gallery: Gallery) -> None:
        """Send row after row, until none is left or something stops all."""
        program = self.program
        publisher = Publisher(
            program.shell, program.objects, gallery, program.workers, forced=self.forced
        )
        try:
            for number in self._rows():
                with about(f"publish id={number}"):
                    sent, stops = _publish_one(program, publisher, number)
                with self._guard:
                    self.sent[number] = sent
                    self.uploads.done += 1
                    self.uploads.failed += sent.outcome == "failed"
                    program.say_report()
                    self.stopped = self.stopped or stops
        except BaseException:
            self._broken = True
            raise
        finally:
            with self._guard:
                self.overcome += publisher.overcome

    def _rows(self) -> Iterator[int]:
        while not (self.stopped or self._broken or self.program.stopping()):
            with self._guard:
                number = next(self._left, None)
            if number is None:
                return
            yield number

    def _uploaded(self, size_bytes: int) -> None:
        with self._guard:
            self.uploads.sent_bytes += size_bytes


def _try_out(program: Program, gallery: Gallery, rows: int, overcome: list[AdapterError]) -> None:
    """
    Try the gallery out before the first row.

    Raises:
        Unreachable: it does not take what we would send; the journal says so.
    """
    try:
        for words in check_gallery(gallery, overcome):
            program.warn(words)
    except AdapterError as error:
        paused = StagePaused(stage="publish", code=error.code, detail=error.detail, rows_left=rows)
        program.shell.note(paused)
        passing = FAILURES[error.code].policy != "nobody"
        hint = error.hint or FAILURES["PublishUnreachable" if passing else error.code].hint
        msg = f"nothing can be published to the {error.detail}"
        raise Unreachable(msg, hint) from error


def check_gallery(gallery: Gallery, overcome: list[AdapterError]) -> list[str]:
    """
    Try a gallery out, again after a fault that may pass; return what a person should know of it.

    Raises:
        AdapterError: it does not take what we would send.
    """
    from driver.retrying import retried

    def check() -> list[str]:
        probes = gallery.check()
        for probe in probes:
            if not probe.ok:
                detail = f"gallery ({probe.name}): {probe.detail}"
                raise AdapterError(probe.code, detail, probe.hint)
        return [f"{one.warning}; {one.hint}" for one in probes if one.warning]

    return retried(check, overcome)


def _publish_one(
    program: Program, publisher: Publisher, number: int
) -> tuple[Sent, Unreachable | None]:
    """Publish one row; return what became of it, and why the stage is over, where it is."""
    name = program.shell.row(number).happened.file_name
    try:
        row = publisher.publish(number)
    except Refused as refused:
        return _refused(number, name, refused), None
    except AdapterError as error:
        failed = _failed(program, number, error.code, error.detail)
        if FAILURES[error.code].policy != "nobody":
            return failed, None
        hint = FAILURES[error.code].hint.format(row=number)
        return failed, Unreachable(str(error), hint)
    except Unreachable as error:
        code = program.shell.row(number).happened.publish_failure
        return _failed(program, number, code or "PublishRefused", str(error)), error
    code, detail = failure(row)
    if row.happened.saga or publication_due(row):
        return _failed(program, number, code or "PublishFailed", detail), None
    if lacks := without(row):
        aside = row.decided.decision.without_scores
        program.warn(
            f"row {number} {name} was published {lacks}"
            f"{'' if aside else f': photojournal score {number}'}"
        )
    return Sent(row=number, file_name=name, outcome="published"), None


def _refused(number: int, name: str, refused: Refused) -> Sent:
    return Sent(
        row=number,
        file_name=name,
        outcome="nothing" if refused.nothing else "refused",
        detail=str(refused),
        hint=refused.hint,
    )


def _failed(program: Program, number: int, code: str, detail: str) -> Sent:
    """Say why a row was not published; the row's own next command stands in the hint."""
    row = program.shell.row(number)
    action = next_action(row)
    hint = f"{_FIRST.get(code, FAILURES[code].meaning)}; then: {action.command}" if action else ""
    if action and action.command.startswith("photojournal rename"):
        hint = hint_for(code, number, action.command)
    return Sent(
        row=number,
        file_name=row.happened.file_name,
        outcome="failed",
        code=code,
        detail=detail,
        hint=hint,
    )


_FIRST = {
    "TargetChanged": "look at what stands there and move it away",
    "PublishUnreachable": "bring the gallery back (photojournal doctor)",
    "PublishRefused": "see what the gallery refuses (photojournal doctor)",
    "RemoteFull": "free some space in the gallery",
    "PublishFailed": "see what the gallery says (photojournal doctor)",
    "DiskLow": "free some space",
    "WriteFailed": "check the permissions of the workspace",
    "FinishingFailed": "see why (photojournal show ROW), shorten the texts if it says so",
    "ExiftoolMissing": "install exiftool (exiftool.org) or choose WebP",
    "ObjectMissing": "make the picture again (photojournal retry ROW --stage resize)",
}
"""What to do first, by failure code."""
