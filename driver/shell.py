"""
The only door to append: load a row, ask the machine, append what it answers.

A `Shell` is one run. It announces itself in the journal with its first append (`RunStarted`), so
that whoever only looks leaves no trace. A version conflict means that someone else was first: the
row is loaded again and the machine is asked again.
"""

import contextlib
import getpass
import os
import platform
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from driver import clock
from driver.errors import Misused
from driver.workspace import Workspace
from journal import AfterEntry, Entry, Journal, VersionConflict
from journal.crashpoints import point
from journal.locks import ProcessLock
from machine.decide import decide
from machine.event_base import Event
from machine.evolve import evolve
from machine.intents import Intent
from machine.refusals import Refused
from machine.row import Row, attempts_of
from machine.run_events import RunEnded, RunStarted
from machine.values import STAGES

CONFLICTS_MAX = 100
"""Tries of one append before we believe that something is wrong."""
PRUNING_WAIT_S = 60.0
"""Removing thousands of files takes seconds."""
_PACKAGES = ("pillow", "msgspec", "numpy", "opencv-python-headless", "pebble")
_SECRET_NAME = re.compile(r"(?i)password|passwd|secret|token|api[_-]?key")
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w.-]*)=.")
_LOGIN_URL = re.compile(r"[A-Za-z][\w+.-]*://[^/\s:@]*:[^/\s@]+@\S*")

Decider = Callable[[Row], Sequence[Event]]


def actor() -> str:
    """Return who acts: PHOTOJOURNAL_ACTOR, else the user's name."""
    try:
        return os.environ.get("PHOTOJOURNAL_ACTOR") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


class Shell:
    """One run: its identity, its step, and the rows that it has loaded."""

    def __init__(
        self,
        workspace: Workspace,
        journal: Journal,
        verb: str,
        argv: Sequence[str] = (),
        *,
        effects: bool = False,
    ) -> None:
        """
        Begin a run; nothing is appended yet.

        Args:
            workspace: where it works.
            journal: open for writing.
            verb: what it was called for, such as `approve`.
            argv: the command line; refused when it seems to hold a secret.
            effects: True for stage work and anything outside: the run holds a lock for life.

        Raises:
            Misused: the command line holds a secret.
        """
        if holds_secret(argv):
            msg = "the command line seems to hold a password or a token"
            raise Misused(
                msg, "put secrets into the environment, such as PHOTOJOURNAL_..._PASSWORD"
            )
        self.workspace = workspace
        self.journal = journal
        self.verb = verb
        self.argv = tuple(_writable(word) for word in argv)
        self.effects = effects
        self.actor = actor()
        self.run_id = clock.uuid7()
        self.step = 1
        self.started = False
        self._run_version = 0
        self._appends = 0
        self._rows: dict[int, Row] = {}
        self._changed = 0
        """The row that was appended to last."""
        self._ended = False
        self._guard = threading.RLock()
        self._lock: ProcessLock | None = None
        if effects:
            workspace.locks.mkdir(parents=True, exist_ok=True)
            self._lock = ProcessLock(lock_path(workspace, self.run_id))
            self._lock.acquire()
            self._wait_until_nobody_prunes()

    # --- rows

    def row(self, number: int) -> Row:
        """
        Return the row as it is now, to decide upon; version 0 when there is none.

        Raises:
            JournalDamaged: an event of it is not what was appended.
        """
        with self._guard:
            row = self._rows.get(number, Row())
            for recorded in self.journal.read_intact(f"row/{number}", after=row.version):
                row = evolve(row, recorded.event)
            self._rows[number] = row
            return row

    def ask(self, number: int, *intents: Intent, cause: int | None = None) -> tuple[Event, ...]:
        """
        Ask the machine, append what it answers in one piece, and return it.

        Raises:
            Refused: the machine does not do it; nothing was appended.
            JournalError: the append failed; nothing is acted on.
        """

        def decider(row: Row) -> list[Event]:
            return answers_of(row, intents)

        return self.change(number, decider, cause=cause)[0]

    def change(
        self,
        number: int,
        decider: Decider,
        beside: Iterable[Entry] = (),
        *,
        cause: int | None = None,
    ) -> tuple[tuple[Event, ...], tuple[int, ...]]:
        """
        Append what `decider` says about the row, with entries of other streams beside it.

        A conflict on the row's own stream is tried again; one on a stream beside it is raised.

        Returns:
            The events and their positions (those of the row only).
        """
        stream = f"row/{number}"
        for _ in range(CONFLICTS_MAX):
            row = self.row(number)
            events = tuple(decider(row))
            if not events:
                return (), ()
            entries = [
                Entry(stream, row.version + i, event, cause if i == 0 else AfterEntry(i - 1))
                for i, event in enumerate(events)
            ]
            self._changed = number
            try:
                positions = self.append([*entries, *beside])
            except VersionConflict as conflict:
                if conflict.stream != stream:
                    raise
                continue
            return events, positions[: len(events)]
        msg = f"row {number} changes faster than it can be worked on"
        raise Misused(msg, "end other runs on this row, then repeat the command")

    # --- the journal

    def append(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Append in one piece and return the positions of `entries`."""
        with self._guard:
            opening = [] if self.started else [self._opening()]
            shifted = [_shifted(entry, len(opening)) for entry in entries]
            self._appends += 1
            point("shell.append.before")
            positions = self.journal.append(
                self._redacted([*opening, *shifted]),
                key=f"{self.run_id}/{self._appends}",
                run_id=self.run_id,
                step=self.step,
                actor=self.actor,
            )
            point("shell.append.after")
            if opening:
                self.started, self._run_version = True, 1
            return tuple(positions[len(opening) :])

    def note(self, event: Event) -> int:
        """Append an event to the run's own stream and return its position."""
        with self._guard:
            if not self.started:
                self.append([])
            position = self.append([Entry(f"run/{self.run_id}", self._run_version, event)])[0]
            self._run_version += 1
            return position

    def forget(self, forgotten: Mapping[int, Event | None], reason: str) -> None:
        """Redact events; `forgotten` says what is left of each: see `Journal.redact_all`."""
        with self._guard:
            if not self.started:
                self.append([])
            self._appends += 1
            self.journal.redact_all(
                forgotten,
                self.workspace.credentials.redacted(reason),
                key=f"{self.run_id}/{self._appends}",
                run_id=self.run_id,
                step=self.step,
                actor=self.actor,
            )

    def end(self, outcome: str, exit_code: int, detail: str = "") -> None:
        """Say how the run ended, if it ever began, and give its lock back."""
        self.say_end(outcome, exit_code, detail)
        self.release()

    def say_end(self, outcome: str, exit_code: int, detail: str = "") -> None:
        """Say once how the run ended, if it ever began; its lock stays until the process ends."""
        with self._guard:
            if self.started and not self._ended:
                self.note(RunEnded(outcome=outcome, exit_code=exit_code, detail=detail))
                self._ended = True

    @contextlib.contextmanager
    def held(self) -> Iterator[list[int]]:
        """Keep all other threads from appending; see the rows of which this run claims a stage."""
        with self._guard:
            if self._changed:
                self.row(self._changed)
            claims = [
                number
                for number, row in self._rows.items()
                for stage in STAGES
                if (claimed := attempts_of(row, stage).open) and claimed.claimed_by == self.run_id
            ]
            yield list(dict.fromkeys(claims))

    def last_words(self, event: Event, exit_code: int, detail: str) -> None:
        """
        Say why the run stops although the disk is low, in the space of the journal's reserve.

        A run that could not even begin says so once: where the reserve was given up before, there
        is nothing to add.
        """
        with self._guard:
            if not self.started and not (self.effects and self.journal.has_reserve):
                return
            opening = [] if self.started else [self._opening()]
            version, stream = self._run_version + len(opening), f"run/{self.run_id}"
            ended = RunEnded(outcome="paused", exit_code=exit_code, detail=detail)
            why = Entry(stream, version, event)
            end = Entry(stream, version + 1, ended, AfterEntry(len(opening)))
            self._appends += 1
            self.journal.append_last(
                self._redacted([*opening, why, end]),
                key=f"{self.run_id}/{self._appends}",
                run_id=self.run_id,
                step=self.step,
                actor=self.actor,
            )
            self.started = False

    def _redacted(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return entries whose words hold no password that this process knows."""
        redact = self.workspace.credentials.redact
        return [
            Entry(one.stream, one.expected_version, redact(one.event), one.cause) for one in entries
        ]

    def release(self) -> None:
        """Give the run's lock back."""
        if self._lock:
            self._lock.close()
            with contextlib.suppress(OSError):
                lock_path(self.workspace, self.run_id).unlink(missing_ok=True)
            self._lock = None

    def _wait_until_nobody_prunes(self) -> None:
        """What is being removed may be what we are about to name; our lock keeps the next away."""
        with contextlib.closing(ProcessLock(pruning_lock(self.workspace))) as lock:
            if not lock.acquire(PRUNING_WAIT_S):
                self.release()
                msg = "another process prunes data/objects, and has for a while"
                raise Misused(msg, "wait for it to end, then repeat the command")

    def _opening(self) -> Entry:
        started = RunStarted(
            verb=self.verb,
            argv=self.argv,
            pid=os.getpid(),
            host=socket.gethostname(),
            program=_version("photojournal"),
            versions={name: _version(name) for name in _PACKAGES}
            | {"python": platform.python_version(), "system": platform.platform()},
            config_digest=self.workspace.config.digest(),
            effects=self.effects,
        )
        return Entry(f"run/{self.run_id}", 0, started)


class Rehearsal(Shell):
    """A run that asks the machine as ever and appends nothing: for dry runs."""

    def append(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Append nothing; the positions are made up."""
        return (0,) * len(entries)

    def note(self, event: Event) -> int:
        """Append nothing."""
        del event
        return 0


def answers_of(row: Row, intents: Iterable[Intent]) -> list[Event]:
    """
    Return what the machine answers to intents, one after the other.

    One that has nothing to do is left out, as long as another has.

    Raises:
        Refused: one of them is refused, or none has anything to do (`nothing`).
    """
    events: list[Event] = []
    idle: Refused | None = None
    for intent in intents:
        try:
            answer = decide(row, intent)
        except Refused as refused:
            if not refused.nothing:
                raise
            idle = idle or refused
            continue
        for event in answer:
            row = evolve(row, event)
        events += answer
    if idle and not events:
        raise idle
    return events


def holds_secret(argv: Sequence[str]) -> bool:
    """
    Tell whether a command line seems to hold a secret.

    That is an option with such a name and a value, KEY=VALUE with such a key, or a URL with a
    password. What another option is given, such as a caption, may say anything else.
    """
    option = ""
    for word in argv:
        name, _, value = word.partition("=")
        if _SECRET_NAME.search(option) or _LOGIN_URL.fullmatch(word):
            return True
        if word.startswith("--"):
            if value and (_SECRET_NAME.search(name) or _LOGIN_URL.fullmatch(value)):
                return True
            option = "" if "=" in word else name
            continue
        key = _ASSIGNMENT.match(word)
        if key and not option and _SECRET_NAME.search(key[1]):
            return True
        option = ""
    return False


def pruning_lock(workspace: Workspace) -> Path:
    """Return the file whose lock says that objects are being removed."""
    return workspace.locks / "objects"


def lock_path(workspace: Workspace, run_id: str) -> Path:
    """Return the file whose lock says that a run lives."""
    return workspace.locks / run_id


def _shifted(entry: Entry, by: int) -> Entry:
    if by and isinstance(entry.cause, AfterEntry):
        cause = AfterEntry(entry.cause.index + by)
        return Entry(entry.stream, entry.expected_version, entry.event, cause)
    return entry


def _writable(word: str) -> str:
    r"""Return a word of the command line as text: a byte that is not UTF-8 as `\xNN`."""
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"
