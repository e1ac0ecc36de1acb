"""
One invocation of the program: where it works, and how it ends.

A verb gets a `Call`, opens the workspace through it, and never exits by itself: it raises, or
leaves its exit code on the program.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from driver.errors import INTERRUPTED, Misused, worst

_INTERRUPTING = (signal.SIGINT, *filter(None, [getattr(signal, "SIGBREAK", None)]))
"""On Windows, Ctrl+Break too: it is what one process can send to another."""
LEAVE_S = 1.0
"""A second Ctrl+C ends the process within about so long, whatever hangs."""

if TYPE_CHECKING:
    from driver.looking import Seen
    from driver.program import Program
    from driver.workspace import Workspace


class Call:
    """What was typed, the workspace that it is about, and the exit code."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Keep the command line; nothing is opened yet."""
        self.argv = tuple(argv)
        self.given: Path | None = None
        """What `-w` said."""
        self.verb = ""
        self.workspace: Workspace | None = None
        self.program: Program | None = None
        """What was opened last."""
        self.exit_code = 0

    def find(self) -> "Workspace":
        """Return the workspace that is meant. Raises Misused."""
        from driver.workspace import find

        self.workspace = find(self.given)
        return self.workspace

    def redacted(self, text: str) -> str:
        """Return what is to be said about a failure, without any password that we know."""
        from driver.credentials import Credentials

        known = self.workspace.credentials if self.workspace else Credentials(Path())
        return known.redacted(text)

    @contextlib.contextmanager
    def opened(
        self,
        *,
        heading: bool = True,
        readonly: bool = False,
        accept_head: bool = False,
        frees_disk: bool = False,
    ) -> Iterator["Program"]:
        """
        Open the workspace for one verb, say which it is, and keep the program's exit code.

        Args:
            heading: False where standard output belongs to ids or JSON.
            readonly: for verbs that only look: they append nothing.
            accept_head: look at the journal although it lacks what was appended last.
            frees_disk: for verbs that make room on a disk that is low.
        """
        from commands.output import heading as say_where
        from driver.program import Program

        workspace = self.workspace or self.find()
        if heading:
            say_where(workspace.root)
        with Program(
            workspace, readonly=readonly, accept_head=accept_head, frees_disk=frees_disk
        ) as program:
            if workspace.is_incident:
                self._say_incident(workspace, heading=heading)
            self.program = program
            try:
                yield program
            except Misused as error:
                withheld = _withheld(program, error)
                if withheld is None:
                    raise
                raise withheld from error
            finally:
                self.exit_code = worst(self.exit_code, program.exit_code)

    def _say_incident(self, workspace: "Workspace", *, heading: bool) -> None:
        """Say that not all is here, so that nobody takes what is withheld for absent."""
        from commands.output import line, warn
        from driver.incident_seen import heading_of

        (line if heading else warn)(heading_of(workspace))

    @contextlib.contextmanager
    def looking(self, at: str = "", *, heading: bool = True) -> Iterator["Seen"]:
        """
        Open the workspace for a verb that only looks, as it is or as it was.

        Args:
            at: a position, a time or a run; empty: now.
            heading: False where standard output belongs to ids or JSON; what must be said then goes
                to standard error.
        """
        from commands.output import line, warn
        from driver.looking import look

        with self.opened(heading=heading, readonly=True) as program, look(program, at) as seen:
            if seen.place:
                (line if heading else warn)(f"As of {seen.place.words}")
            behind = seen.behind()
            if behind:
                warn(f"Warning: {behind}")
            yield seen

    @contextlib.contextmanager
    def stoppable(self, program: "Program", resume: str) -> Iterator[None]:
        """
        Let the first Ctrl+C finish the rows in flight, and a second one leave them and end.

        The second one says in the journal that a person left; a third one does not wait for that.

        Args:
            program: told to stop; its work looks at `stopping` between rows.
            resume: the command that goes on where this one stopped.
        """
        from commands.output import warn

        leaving = threading.Event()

        def interrupted(_signal: int, _frame: FrameType | None) -> None:
            if leaving.is_set():
                os._exit(INTERRUPTED)
            if program.stopping():
                # This thread may be in the middle of an append: it must be able to go on.
                leaving.set()
                threading.Thread(target=_leave, args=(program, resume), daemon=True).start()
                return
            program.stop()
            warn("Stopping after the rows in flight. Ctrl+C again leaves at once.")

        before = {sign: signal.signal(sign, interrupted) for sign in _INTERRUPTING}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)
            if program.stopping():
                program.exit_code = worst(program.exit_code, INTERRUPTED)
                warn(f"Stopped. To go on: {resume}")


def _withheld(program: "Program", error: Misused) -> Misused | None:
    """Return what to say where a row is not unknown but withheld from an incident bundle."""
    if not program.workspace.is_incident:
        return None
    from driver.incident_seen import withheld_row

    return withheld_row(program, error)


def _leave(program: "Program", resume: str) -> None:
    """End the process: no thread and no worker is waited for, and nobody charged for it."""
    last = threading.Timer(LEAVE_S, os._exit, (INTERRUPTED,))
    last.daemon = True
    last.start()
    cursor = "\x1b[?25h\n" if sys.stderr.isatty() else ""  # a progress bar hides the cursor
    words = f"{cursor}Left at once. To go on: {resume}\n"
    with contextlib.suppress(OSError):
        os.write(2, words.encode("utf-8", "backslashreplace"))
    try:
        program.leave(INTERRUPTED)
    finally:
        os._exit(INTERRUPTED)
