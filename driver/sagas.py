"""
Performs what is open outside: the steps of publications, withdrawals and rollbacks.

Each step is looked up in the row (`next_effects`), done by the gallery, which reads back what
stands there, and recorded before the next one begins. So a death anywhere is finished by doing the
same again. A fault that may pass is tried again for a while (`driver.retrying`); a gallery that
stays away leaves the saga open.
"""

from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.ports import Gallery, Mark
from driver.errors import Unreachable
from driver.recovery import is_alive
from driver.shell import Shell
from driver.standing import unreachable
from journal.crashpoints import point
from machine.digests import record_digest
from machine.effects import EndSaga, PerformStep, next_effects
from machine.failures import FAILURES
from machine.intents import CloseSaga, RecordPublicationFailure, RecordStep, ResumeSaga
from machine.record import differing
from machine.refusals import Refused
from machine.row import Row, Saga
from machine.values import Step, StepReport


class Sagas:
    """Performs the open steps of rows for one run."""

    def __init__(
        self,
        shell: Shell,
        objects: Objects,
        gallery: Gallery,
        overcome: list[AdapterError] | None = None,
    ) -> None:
        """Keep the devices; `overcome` is given the faults that passed when tried again."""
        self.shell = shell
        self.objects = objects
        self.gallery = gallery
        self._overcome = overcome
        self.notable: list[StepReport] = []
        """Steps that did not end as `done`."""
        self._untouched: set[str] = set()
        """Targets at which a step that was left surely changed nothing."""
        self._resumed: set[str] = set()
        """Sagas that another run began: nobody knows what it did before it died."""

    def claim(self, number: int) -> Row:
        """
        Take over what is open on a row, unless a living run works on it.

        Raises:
            Refused: another run is at it, or nothing is open.
        """
        saga = self.shell.row(number).happened.saga
        other = saga and saga.claimed_by != self.shell.run_id
        if saga and other and is_alive(self.shell.workspace, saga.claimed_by):
            msg = f"row {number} is being worked on by run {saga.claimed_by}"
            raise Refused(msg, f"photojournal show {number}")
        if saga and (other or saga.incomplete):
            self._resumed.add(saga.id)
            gallery = self.gallery.name
            self.shell.ask(number, ResumeSaga(gallery=gallery, claimed_by=self.shell.run_id))
        return self.shell.row(number)

    def drive(self, number: int) -> Row:
        """
        Do every open step of the row and say how it ended; return the row.

        Raises:
            Unreachable: the gallery is away or full; what is open stays open, or was undone.
        """
        paused: AdapterError | None = None
        while True:
            row = self.shell.row(number)
            effect = next((one for one in next_effects(row) if not _is_stage(one)), None)
            if effect is None or row.happened.saga is None:
                break
            if isinstance(effect, EndSaga):
                left = {one.target for one in row.happened.saga.reports}
                self.shell.ask(number, CloseSaga(untouched=left <= self._untouched))
            elif isinstance(effect, PerformStep):
                error = self._take(number, row.happened.saga, effect.step)
                if error and paused:
                    break
                paused = paused or error
                if error and self.shell.row(number).happened.saga == row.happened.saga:
                    break
        if paused:
            raise self._stopped(number, paused)
        return row

    def _stopped(self, number: int, error: AdapterError) -> Unreachable:
        """Return what a person is told of what stopped the row, and how it goes on."""
        stopped = unreachable(error)
        verb = "repair" if self.shell.row(number).happened.saga else "publish"
        hint = stopped.hint.partition("; then: ")[0].partition(", then: ")[0]
        return Unreachable(str(stopped), f"{hint}; then: photojournal {verb} {number}")

    def _take(self, number: int, saga: Saga, step: Step) -> AdapterError | None:
        """Do one step and record its outcome; return the error that should pause the stage."""
        try:
            data = self.objects.get(step.sha256) if step.action == "put_file" else b""
        except AdapterError as error:
            untouched = saga.id not in self._resumed or self._is_absent(saga, step)
            return self._failed(number, saga, step, error, untouched=untouched)
        try:
            report = self._try(number, step, data)
        except AdapterError as error:
            return self._failed(number, saga, step, error)
        if report.outcome == "changed" and step.action.endswith("_record"):
            seen = self._what_stands(number, step)
            report = replace(report, detail=f"{report.detail}{seen}")
        if report.outcome != "done":
            self.notable.append(report)
        if report.outcome in ("changed", "impossible"):
            self._untouched.add(step.target)
        self.shell.ask(number, RecordStep(outcome=report.outcome, detail=report.detail))
        return None

    def _what_stands(self, number: int, step: Step) -> str:
        """Return in words what of a record is not as it was expected, or whose picture it shows."""
        row = self.shell.row(number)
        known = (row.happened.record, row.decided.publication.record)
        expected = next((one for one in known if one and record_digest(one) == step.expected), None)
        try:
            there = self.gallery.look_record(step.target)
        except AdapterError:
            return ""
        if there is None or there.record is None:
            return ""
        if expected is None:
            return f"; it shows {there.record.path}"
        names = ", ".join(differing(expected, there.record))
        return f"; other values: {names}" if names else ""

    def _is_absent(self, saga: Saga, step: Step) -> bool:
        """Tell whether a run that died at a repair surely did not come to put a file."""
        try:
            return saga.kind == "repair" and self.gallery.look(step.target) is None
        except AdapterError:
            return False

    def _failed(
        self,
        number: int,
        saga: Saga,
        step: Step,
        error: AdapterError,
        *,
        untouched: bool = False,
    ) -> AdapterError | None:
        """Record that a step failed; `untouched`: the gallery was surely not asked for it."""
        waits = FAILURES[error.code].policy == "nobody"
        if saga.kind == "publication" and not saga.undoing:
            failure = RecordPublicationFailure(
                code=error.code, detail=error.detail, untouched=untouched
            )
            self.shell.ask(number, failure)
        elif not waits:
            if untouched:
                self._untouched.add(step.target)
            report = StepReport(
                action=step.action, target=step.target, outcome="impossible", detail=str(error)
            )
            self.notable.append(report)
            self.shell.ask(number, RecordStep(outcome="impossible", detail=str(error)))
        return error if waits else None

    def _try(self, number: int, step: Step, data: bytes) -> StepReport:
        """Do one step, again after a fault that may pass."""
        from driver.retrying import retried

        def perform() -> StepReport:
            point(f"saga.{step.action}.before")
            report = self._perform(number, step, data)
            point(f"saga.{step.action}.after")
            return report

        return retried(perform, self._overcome)

    def _perform(self, number: int, step: Step, data: bytes) -> StepReport:
        if step.action == "put_file":
            return self.gallery.put_file(step, data)
        if step.action == "remove_file":
            return self.gallery.remove_file(step)
        if step.action == "put_record":
            return self.gallery.put_record(step, row=number, mark=self._mark())
        return self.gallery.remove_record(step, row=number, mark=self._mark())

    def _mark(self) -> Mark:
        """Return where the journal stands: what a gallery learns of it with each record."""
        head = self.shell.journal.head
        return Mark(position=head.position, hash=head.hash.hex())


def _is_stage(effect: object) -> bool:
    return not isinstance(effect, PerformStep | EndSaga)
