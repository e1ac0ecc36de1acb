"""
A made-up gallery: files and records that the steps of a saga really change.

It behaves as a gallery adapter has to: it looks first, does nothing twice, and never destroys what
is not ours.
"""

from machine.digests import record_digest
from machine.intents import ObserveOutside
from machine.record import record_of
from machine.row import FileFact, Row
from machine.values import ObservedFile, Outcome, Record, Step


class Outside:
    """
    Files by path and records by key.

    Attributes:
        touched: targets that somebody else wrote to or removed since a step last looked at them.
        unheard: targets that a step of ours may have changed without anybody hearing of it.
        foreign: targets where somebody else's bytes or row stand.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.files: dict[str, FileFact] = {}
        self.records: dict[str, Record] = {}
        self.touched: set[str] = set()
        self.unheard: set[str] = set()
        self.foreign: set[str] = set()

    def lose(self, step: Step) -> None:
        """Do `step`, and let the answer be lost."""
        self.perform(step)
        self.unheard.add(step.target)

    def perform(self, step: Step) -> Outcome:
        """Do `step` and say what was found."""
        self.touched.discard(step.target)
        self.unheard.discard(step.target)
        if step.action in ("put_file", "remove_file"):
            return self._file(step)
        return self._record(step)

    def write_over(self, target: str, theirs: str) -> None:
        """Let somebody else remove what stands at `target`, or put bytes or a row of theirs."""
        self.touched.add(target)
        self.foreign.discard(target)
        self.files.pop(target, None)
        self.records.pop(target, None)
        if theirs:
            self.foreign.add(target)
            if "/" in target:
                self.files[target] = FileFact(theirs, 7)
            else:
                self.records[target] = record_of(Row(), "https://not.ours", target)

    def look_after(self, row: Row) -> ObserveOutside:
        """Say what of the row is gone; what somebody else put in its place is not the row's."""
        happened = row.happened
        files = tuple(ObservedFile(path=path) for path in happened.files if path not in self.files)
        gone = happened.record is not None and happened.record.file_name not in self.records
        self.touched -= {one.path for one in files}
        if happened.record and gone:
            self.touched.discard(happened.record.file_name)
        return ObserveOutside(gallery="folder", files=files, record_seen=gone)

    def _file(self, step: Step) -> Outcome:
        found = self.files.get(step.target)
        if step.action == "put_file":
            wanted = FileFact(step.sha256, step.size_bytes)
            if found == wanted:
                return "already"
            if found and found.sha256 != step.expected:
                return "changed"
            self.files[step.target] = wanted
            self.foreign.discard(step.target)
            return "done"
        if found is None:
            return "already"
        if found.sha256 != step.expected:
            return "changed"
        del self.files[step.target]
        return "done"

    def _record(self, step: Step) -> Outcome:
        found = self.records.get(step.target)
        if step.action == "put_record":
            assert step.record
            if found == step.record:
                return "already"
            if found and record_digest(found) != step.expected:
                return "changed"
            self.records[step.target] = step.record
            self.foreign.discard(step.target)
            return "done"
        if found is None:
            return "already"
        if record_digest(found) != step.expected:
            return "changed"
        del self.records[step.target]
        return "done"
