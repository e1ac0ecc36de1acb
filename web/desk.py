"""
The desk: a workspace opened for the page, and the one run that its clicks belong to.

Promised: a click is one step, carried out alone, and nothing else of this process appends
meanwhile; the run begins with the first click that changes something, so that looking leaves no
trace; the same click sent twice is done once. Anything else that works on the workspace, such as
`photojournal run`, goes on beside it.
"""

import contextlib
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

from fastapi import Depends, Header, Request
from msgspec import Struct

from driver.crash_files import RUNTIME, entry
from driver.drafts import Drafts
from driver.errors import Misused
from driver.looking import Seen
from driver.program import Program
from driver.review_pictures import ReviewPictures, Versions, versions_of
from driver.shell import Shell
from machine.row import Row
from web.errors import NoSuchRow
from web.similar import Alike
from web.watch import Watch

if TYPE_CHECKING:
    from adapters.workers import Workers

ANSWERS_KEPT = 500
"""Clicks whose answer is remembered: a browser repeats one within seconds."""
KEY_MAX = 100
"""Characters of an Idempotency-Key; a UUID has 36."""

REPORT_AFTER_S = 20.0
"""The report on the texts looks at every row that waits: not after each keystroke."""

Made = TypeVar("Made")


class Click(Struct, frozen=True):
    """What one click asks for: its key, and what came with it."""

    key: str
    digest: str


class _Answer:
    """The answer to a click, once it is there."""

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.guard = threading.Lock()
        self.made: object = None
        self.is_made = False


class Desk:
    """A program opened for a server: for all threads, until it is closed."""

    def __init__(self, program: Program, argv: Sequence[str] = ()) -> None:
        """
        Open journal and read models; nothing is appended yet.

        Args:
            program: readonly for an opened incident bundle: then every click is refused.
            argv: the command line, for the run.
        """
        self.program = program
        self.seen = Seen(program, None)
        self.models = program.models
        self.alike = Alike(self.seen)
        self.watch = Watch(program.journal, self.crashed)
        self.drafts = Drafts(program.workspace.data)
        self.pictures = ReviewPictures(program.workspace, program.objects, self._workers)
        self._argv = tuple(argv)
        self._open = contextlib.ExitStack()
        self._clicking = threading.RLock()
        self._shell: Shell | None = None
        self._versions: dict[int, tuple[int, Versions]] = {}
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._guard = threading.Lock()
        self._report = threading.Timer(0, self._write_report)

    # --- looking

    def looking(self) -> Seen:
        """Return the workspace as it is now, the read models caught up."""
        self.models.catch_up()
        return self.seen

    def row(self, number: int) -> Row:
        """
        Return a row's state as of now. Raises NoSuchRow.

        Read from the journal each time: what was forgotten since is in no memory of ours.
        """
        row = self.seen.row(number)
        if not row.version:
            raise NoSuchRow(number)
        return row

    def versions(self, number: int, last_position: int) -> Versions:
        """
        Return which pictures a row has. Raises NoSuchRow.

        Args:
            number: the row.
            last_position: of its newest event; while that is the same, so is the answer.
        """
        with self._guard:
            known = self._versions.get(number)
        if known and known[0] == last_position:
            return known[1]
        versions = versions_of(self.row(number))
        with self._guard:
            self._versions[number] = (last_position, versions)
        return versions

    def _workers(self) -> "Workers":
        with self._guard:  # made when it is first needed, and once
            return self.program.workers

    @property
    def is_readonly(self) -> bool:
        """Tell whether this can only be looked at."""
        return self.program.readonly

    # --- clicking

    @contextlib.contextmanager
    def step(self) -> Iterator[Shell]:
        """
        Carry out one click: alone, as a step of its own, with the read models caught up behind it.

        Raises:
            Misused: this is an opened incident bundle.
        """
        with self._clicking:
            self.program.workspace.refuse_incident()
            if self._shell is None:
                run = self.program.run("review", self._argv)
                self._shell = self._open.enter_context(run)
            else:
                self._shell.step += 1
            try:
                yield self._shell
            finally:
                self.models.catch_up()

    def texts_changed(self) -> None:
        """Say that a step changed texts: the report on them is written when the clicking pauses."""
        with self._guard:
            self._report.cancel()
            self._report = threading.Timer(REPORT_AFTER_S, self._write_report)
            self._report.daemon = True
            self._report.start()

    def _write_report(self) -> None:
        with self._clicking:
            try:
                self.program.report_texts()
            except Exception as error:  # noqa: BLE001  (the edge of a thread)
                self.crashed("report", error)

    def rehearsal(self) -> Shell:
        """Return a shell that answers like a click and changes nothing: for plans."""
        return self.program.rehearsal("review")

    def answer_once(self, click: Click, make: Callable[[], Made]) -> Made:
        """
        Return what `make` returns; the same click again, also meanwhile, gets the first answer.

        A click that failed may be repeated.

        Raises:
            Misused: the key came with something else before.
        """
        with self._guard:
            answer = self._answers.setdefault(click.key, _Answer(click.digest))
            while len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        if answer.digest != click.digest:
            msg = "this Idempotency-Key was used for something else"
            raise Misused(msg, "make a new key for each click")
        with answer.guard:
            if not answer.is_made:
                answer.made = make()
                answer.is_made = True
            return cast("Made", answer.made)

    # --- the end

    def crashed(self, about: str, error: BaseException) -> None:
        """Leave the traceback of a handler or a stream in `data/crash_runtime.log`."""
        workspace = self.program.workspace
        said = entry(f"photojournal review {about}", self.program.run_id, error)
        with (
            contextlib.suppress(OSError),
            (workspace.root / RUNTIME).open(
                "a", encoding="utf-8", errors="backslashreplace"
            ) as log,
        ):
            log.write(workspace.credentials.redacted(said))

    def close(self) -> None:
        """End the streams, and the run if one began; a report that is due is written before."""
        self.watch.close()
        self.pictures.close()
        self.alike.close()
        if self._report.is_alive():
            self._report.cancel()
            self._write_report()
        with self._clicking:
            self._open.close()


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskDep = Annotated[Desk, Depends(_desk)]
"""The desk, for a handler."""


async def _click(
    request: Request,
    idempotency_key: Annotated[
        str,
        Header(
            min_length=1,
            max_length=KEY_MAX,
            description="Made by the page for each click; the same key twice is done once.",
        ),
    ],
) -> Click:
    digest = hashlib.sha256(await request.body()).hexdigest()
    return Click(f"{request.method} {request.url.path} {idempotency_key}", digest)


ClickDep = Annotated[Click, Depends(_click)]
"""The click that a writing handler answers once."""
