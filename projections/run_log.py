"""
The log files of a workspace, each a projection of the journal.

- `logs/runs/<run>.log`: a run with effects, from its first event to its last.
- `logs/latest_run.log`: the same for the newest of these runs. Looking and dry runs never touch it.
- `logs/db_uploader.log`: one line per failure outside, with id, File_Name, step and code.
- `data/run_log.txt`: a line per run and stage when the run has ended; for a run that died, when a
  later one has settled it.

Whoever calls `catch_up` writes for all processes, one at a time. `logs/cursor.json` says up to
which event that has been done; each file's last line tells how far it has come itself, so that a
crash between the two writes nothing twice. A file that is gone is rendered again, byte for byte;
only the logs of runs that ended before the cursor stay away, since they may have been pruned on
purpose (`narrator.render_run` brings one back; without the cursor all are made again). Text that no
event tells of is never in these files, and text that was redacted leaves them.
"""

import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from journal import Journal, JournalError, ProcessLock, Recorded, UnreadableEvent
from projections.building import redacts
from projections.log_files import LogFile, replace_text
from projections.marks import hash_at
from projections.narrator import RUNS, Narrator, Told, render_run
from projections.summaries import RunSummary

PAGE = 2_000
"""Events between two writes."""

WAIT_S = 20.0
"""How long to wait for another process that writes the logs."""

_BUSY = "another process has been writing the logs for too long"


class Cursor(Struct, frozen=True):
    """How far the logs have come."""

    journal: str = ""
    position: int = 0
    hash: str = ""
    uploader: bool = False
    """Whether there is something in `db_uploader.log`."""


class Logs:
    """Keeps the log files up to date. For all threads of a process; several may do so at once."""

    def __init__(self, root: Path, journal: Journal) -> None:
        """
        Look at nothing yet.

        Args:
            root: of the workspace; its folders `logs` and `data` are written to.
            journal: what the lines are made from.
        """
        self.folder = root / "logs"
        self.latest = self.folder / "latest_run.log"
        self.uploader = self.folder / "db_uploader.log"
        self.account = root / "data" / "run_log.txt"
        self._cursor_file = self.folder / "cursor.json"
        self._journal = journal
        self._narrator = Narrator(journal)
        self._position = 0
        self._latest_run = ""
        self._one_at_a_time = threading.Lock()

    def of_run(self, run: str) -> Path:
        """Return the path of a run's log."""
        name = "".join(char if char.isalnum() or char == "-" else "_" for char in run)
        return self.folder / "runs" / f"{name}.log"

    def catch_up(self, wait_s: float = WAIT_S) -> str:
        """
        Write what happened since the last time; the logs of runs that died meanwhile included.

        Args:
            wait_s: for another process that writes the logs.

        Returns:
            What is in the way, empty when all is well. Never raises for it: what the logs would
            tell has happened already, and they can be written later.
        """
        with self._one_at_a_time:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                self.account.parent.mkdir(parents=True, exist_ok=True)
                with closing(self._lock()) as lock:
                    if not lock.acquire(wait_s):
                        return _BUSY
                    self._write()
            except (OSError, JournalError) as error:
                self._position = 0
                return f"{type(error).__name__}: {error}"
            return ""

    def remove(self, runs: Iterable[str]) -> dict[str, str]:
        """
        Delete the logs of runs that have ended; nothing but `logs show` brings them back.

        Returns:
            Why, for each run whose log is still there.
        """
        runs, failed = list(runs), dict[str, str]()
        with self._one_at_a_time, closing(self._lock()) as lock:
            if not lock.acquire(WAIT_S):
                return dict.fromkeys(runs, _BUSY)
            for run in runs:
                try:
                    self.of_run(run).unlink(missing_ok=True)
                except OSError as error:
                    failed[run] = f"{self.of_run(run)}: {error.strerror or error}"
        return failed

    def _lock(self) -> ProcessLock:
        return ProcessLock(self.folder / "cursor.lock")

    # All of the following only under the lock.

    def _write(self) -> None:
        cursor, head = self._read_cursor(), self._journal.head
        if cursor.position != self._position:
            self._narrator = Narrator(self._journal)
        files = self._resumed(cursor)
        self._bring_back(cursor)
        position, uploader = cursor.position, cursor.uploader
        while position < head.position:
            events, unreadable = self._read(position, min(position + PAGE, head.position))
            told = [(recorded, self._narrator.take(recorded)) for recorded in events]
            if told:
                self._page(told, files, cursor)
                position = told[-1][0].position
                uploader = uploader or any(each.uploader for _, each in told)
                if redacts(events):
                    self._render_again(position, uploader=uploader)
                self._write_cursor(position, uploader=uploader)
                self._position = position
            if unreadable:
                raise unreadable
        self._position = position

    def _read(self, after: int, until: int) -> tuple[list[Recorded], UnreadableEvent | None]:
        """Return the events up to `until`, or up to the first that cannot be read, and why."""
        try:
            return list(self._journal.read_all(after, until)), None
        except UnreadableEvent as error:
            return list(self._journal.read_all(after, error.position - 1)), error

    def _render_again(self, position: int, *, uploader: bool) -> None:
        """Render every file that exists anew: what was redacted is in none of them then."""
        self._narrator = Narrator(self._journal)
        for stream in self._journal.streams(RUNS):
            path = self.of_run(stream.removeprefix(RUNS))
            if path.exists():
                lines = render_run(self._journal, stream.removeprefix(RUNS), position)
                replace_text(path, "".join(f"{line}\n" for line in lines))
        for path in (self.latest, self.uploader, self.account):
            path.unlink(missing_ok=True)
        self._bring_back(Cursor(position=position, uploader=uploader))

    def _resumed(self, cursor: Cursor) -> dict[Path, LogFile]:
        """Return the files that all runs share, ready to go on."""
        files = {path: LogFile(path) for path in (self.latest, self.uploader, self.account)}
        for file in files.values():
            file.resume(cursor.position)
        begins = files[self.latest].begins_at()
        self._latest_run = ""
        for recorded in self._journal.read_all(begins - 1, begins) if begins else ():
            self._latest_run = recorded.stream.removeprefix(RUNS)
        return files

    def _page(
        self, told: Iterable[tuple[Recorded, Told]], files: dict[Path, LogFile], cursor: Cursor
    ) -> None:
        latest = files[self.latest]
        for recorded, each in told:
            position = recorded.position
            if each.begins and latest.begins_at() < position:
                latest.start_anew(each.by_run[each.begins][0])
                self._latest_run = each.begins
            for run, lines in each.by_run.items():
                self._file_of(run, position, files, cursor).add(position, lines)
                if run == self._latest_run and run != each.begins:
                    latest.add(position, lines)
            files[self.uploader].add(position, [*each.uploader])
            files[self.account].add(position, [*each.account])
        for file in files.values():
            file.flush()

    def _file_of(
        self, run: str, position: int, files: dict[Path, LogFile], cursor: Cursor
    ) -> LogFile:
        path = self.of_run(run)
        file = files.get(path)
        if file is None:
            file = files[path] = LogFile(path)
            if not path.exists():
                before = render_run(self._journal, run, min(cursor.position, position - 1))
                text = "".join(f"{line}\n" for line in before)
                if text:
                    replace_text(path, text)
            file.resume(cursor.position)
        return file

    def _bring_back(self, cursor: Cursor) -> None:
        """Render again what was deleted of the files that all runs share."""
        if cursor.position and not self.latest.exists():
            self._bring_back_latest(cursor.position)
        wanted = {
            path
            for path, expected in ((self.uploader, cursor.uploader), (self.account, True))
            if expected and cursor.position and not path.exists()
        }
        if not wanted:
            return
        narrator = Narrator(self._journal)
        lines: dict[Path, list[str]] = {path: [] for path in wanted}
        for recorded in self._journal.read_all(0, cursor.position):
            told = narrator.take(recorded)
            for path, more in ((self.uploader, told.uploader), (self.account, told.account)):
                if path in wanted:
                    lines[path] += more
        for path, found in lines.items():
            replace_text(path, "".join(f"{line}\n" for line in found))

    def _bring_back_latest(self, position: int) -> None:
        for stream in reversed(list(self._journal.streams(RUNS))):
            summary = RunSummary()
            for recorded in self._journal.read_stream(stream, until_position=position)[:1]:
                summary.take(recorded)
            if summary.logged:
                run = stream.removeprefix(RUNS)
                lines = render_run(self._journal, run, position)
                replace_text(self.latest, "".join(f"{line}\n" for line in lines))
                self._latest_run = run
                return

    def _read_cursor(self) -> Cursor:
        """Return how far the logs have come; one of another journal, or of a lost tail, is void."""
        try:
            cursor = msgspec.json.decode(self._cursor_file.read_bytes(), type=Cursor)
        except FileNotFoundError:
            cursor = Cursor()
        except msgspec.MsgspecError:
            cursor = Cursor(journal="damaged")
        here = hash_at(self._journal, cursor.position).hex()
        if cursor.journal in ("", self._journal.uuid) and cursor.hash == here:
            return cursor
        self._set_aside()
        return Cursor()

    def _set_aside(self) -> None:
        """Keep what tells of events that this journal does not have, under other names."""
        number = 1
        while any(self.folder.glob(f"*.{number}.old")):
            number += 1
        for path in (self.latest, self.uploader, self.account, *self.folder.glob("runs/*.log")):
            if path.exists():
                path.replace(self.folder / f"{path.stem}.{number}.old")
        self._cursor_file.unlink(missing_ok=True)

    def _write_cursor(self, position: int, *, uploader: bool) -> None:
        digest = hash_at(self._journal, position).hex()
        cursor = Cursor(self._journal.uuid, position, digest, uploader)
        replace_text(self._cursor_file, msgspec.json.encode(cursor).decode())
