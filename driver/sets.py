"""The set that an ingest fills: made when there is something to say about it, found again."""

from driver import clock
from driver.errors import DONE, ROWS_FAILED
from driver.shell import CONFLICTS_MAX, Shell
from journal import Entry, Journal, VersionConflict
from journal.crashpoints import point
from machine.run_events import (
    FileRefused,
    FileSkipped,
    RunDied,
    RunEnded,
    SetCreated,
    SetRelabelled,
)
from machine.values import Labels


class OpenSet:
    """One set; `set_id` is empty until `make` was called."""

    def __init__(self, shell: Shell, labels: Labels, paths: tuple[str, ...]) -> None:
        """Append nothing yet."""
        self.shell = shell
        self.labels = labels
        self.paths = paths
        self.set_id = ""

    def make(self) -> str:
        """Return the set's id; an ingest of the same paths, cut short, goes on in its set."""
        if not self.set_id:
            self.set_id = self._cut_short() or self._new()
        return self.set_id

    def append(self, event: FileRefused | FileSkipped) -> None:
        """Say something about the set."""
        append_to_set(self.shell, self.make(), event)

    def _new(self) -> str:
        day, count = clock.today(), 1
        while True:
            set_id = f"{day}-{count}"
            created = SetCreated(set_id=set_id, labels=self.labels, paths=self.paths)
            try:
                point("ingest.set.before")
                self.shell.append([Entry(f"set/{set_id}", 0, created)])
            except VersionConflict:
                count += 1
            else:
                return set_id

    def _cut_short(self) -> str:
        """Return the newest set, if it is of the same paths and its ingest did not end well."""
        streams = sorted(self.shell.journal.streams("set/"), key=_order)
        for stream in streams[-1:]:
            created = self.shell.journal.read_stream(stream)[0]
            event = created.event
            if isinstance(event, SetCreated) and (event.labels, event.paths) == (
                self.labels,
                self.paths,
            ):
                return "" if _ended_well(self.shell.journal, created.run_id) else event.set_id
        return ""


def _order(stream: str) -> tuple[str, int]:
    day, _, count = stream.rpartition("-")
    return day, int(count) if count.isdecimal() else 0


def _ended_well(journal: Journal, run_id: str) -> bool:
    """Tell whether a run came to its end; one that lives has not ended, and is left alone."""
    ends = [one.event for one in journal.read_stream(f"run/{run_id}")]
    codes = [end.exit_code for end in ends if isinstance(end, RunEnded)]
    died = any(isinstance(end, RunDied) for end in ends)
    return not died and (not codes or codes[-1] in (DONE, ROWS_FAILED))


def append_to_set(
    shell: Shell, set_id: str, event: FileRefused | FileSkipped | SetRelabelled
) -> None:
    """Append to a set, whoever else does so, too."""
    stream = f"set/{set_id}"
    for _ in range(CONFLICTS_MAX):
        history = shell.journal.read_stream(stream)
        try:
            shell.append([Entry(stream, len(history), event)])
        except VersionConflict:
            continue
        return


def labels_of_set(journal: Journal, set_id: str, until_position: int | None = None) -> Labels:
    """Return what the photos of a set have in common, as it was said last."""
    found = Labels()
    for recorded in journal.read_stream(f"set/{set_id}", until_position=until_position):
        if isinstance(recorded.event, SetCreated | SetRelabelled):
            found = recorded.event.labels
    return found


def take_labels_back(shell: Shell, run_id: str, step: int | None = None) -> None:
    """
    Give sets the labels back that they had before a run, or one step of it, relabelled them.

    A set that was relabelled again since is left as it is.
    """
    for recorded in list(shell.journal.by_run(run_id, (SetRelabelled.tag,))):
        if not isinstance(recorded.event, SetRelabelled) or step not in (None, recorded.step):
            continue
        set_id = recorded.stream.removeprefix("set/")
        before = labels_of_set(shell.journal, set_id, recorded.position - 1)
        if labels_of_set(shell.journal, set_id) == recorded.event.labels != before:
            append_to_set(shell, set_id, SetRelabelled(labels=before))
