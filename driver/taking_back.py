"""
Carries out what changes the past or the outside: rollbacks, withdrawals, repairs.

Row by row, the outside first and step by step; one row that cannot go back never stops the others.
A gallery that is away leaves the row's rollback or withdrawal open, and `repair` goes on with it.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.ports import Gallery
from driver import clock
from driver.errors import about
from driver.galleries import how_to_remove
from driver.going_back import RowPlan
from driver.named_objects import named_objects
from driver.recovery import is_alive
from driver.sagas import Sagas
from driver.shell import Decider, Shell, answers_of
from machine.decide import decide
from machine.event_base import Event
from machine.events import RollbackStarted, WithdrawalStarted
from machine.intents import RollBack, Withdraw
from machine.next_action import next_action
from machine.refusals import Refused
from machine.repair_events import RepairStarted
from machine.row import Row, Saga, attempts_of, mark_at
from machine.status import outside, review_status
from machine.values import STAGES, Step, StepReport


class Returned(Struct, frozen=True, kw_only=True):
    """How it ended for one row."""

    row: int
    file_name: str
    outcome: str
    """`done`, `nothing`, `incomplete` or `refused`."""
    detail: str = ""
    hint: str = ""
    status: str = ""
    """Review_Status afterwards."""
    not_ours: tuple[str, ...] = ()
    """Places where somebody else's bytes or row stand, which were left alone."""

    @property
    def failed(self) -> bool:
        """Tell whether a person has to look at the row."""
        return self.outcome in ("incomplete", "refused") or bool(self.not_ours)


def plan_withdrawal(shell: Shell, number: int) -> RowPlan:
    """Plan to take a row down; appends nothing."""
    row = shell.row(number)
    plan = RowPlan(
        row=number,
        file_name=row.happened.file_name,
        version=row.version,
        to=row.version,
        parts=("publication",),
    )
    saga = row.happened.saga
    if saga and saga.kind == "withdrawal":
        return replace(plan, steps=steps_left(saga), not_ours=row.happened.not_ours)
    try:
        gallery = shell.workspace.config.publish.gallery
        (started,) = decide(row, Withdraw(withdrawal="plan", gallery=gallery, claimed_by="plan"))
    except Refused as refused:
        return replace(plan, kept=str(refused), hint=refused.hint, nothing=refused.nothing)
    assert isinstance(started, WithdrawalStarted)
    return replace(plan, steps=started.steps, not_ours=row.happened.not_ours)


def steps_left(saga: Saga) -> tuple[Step, ...]:
    """Return what is still to be done of something open, in order."""
    if not saga.incomplete:
        return saga.steps[saga.done :]
    left = {(report.action, report.target) for report in saga.reports}
    return tuple(step for step in saga.steps if (step.action, step.target) in left)


class TakingBack:
    """Carries plans out for one run."""

    def __init__(self, shell: Shell, objects: Objects, gallery: Gallery) -> None:
        """Keep the devices."""
        self.shell = shell
        self.objects = objects
        self.gallery = gallery

    def roll_back(self, plan: RowPlan, reason: str) -> Returned:
        """
        Take one row back as planned; not one whose parts changed since somebody saw the plan.

        Raises:
            Unreachable: the gallery is away; the rollback stays open and `repair` goes on with it.
        """
        intent = RollBack(
            to=plan.to,
            rollback=clock.uuid7(),
            gallery=self.gallery.name,
            claimed_by=self.shell.run_id,
            parts=plan.parts,
            reason=reason,
            undoes=plan.undoes,
        )

        def decider(row: Row) -> tuple[Event, ...]:
            _refuse_if_changed(row, plan)
            return decide(row, intent)

        return self.begin(plan.row, decider)

    def withdraw(self, number: int, reason: str) -> Returned:
        """
        Take one row down, or go on with a withdrawal that was begun.

        Raises:
            Unreachable: the gallery is away; the withdrawal stays open.
        """
        saga = self.shell.row(number).happened.saga
        if saga and saga.kind == "withdrawal":
            return self.repair(number)
        intent = Withdraw(
            withdrawal=clock.uuid7(),
            gallery=self.gallery.name,
            claimed_by=self.shell.run_id,
            reason=reason,
        )
        return self.begin(number, lambda row: answers_of(row, (intent,)))

    def begin(self, number: int, decider: Decider) -> Returned:
        """
        Begin what `decider` answers with, and bring it to its end.

        Nothing is begun that needs a picture which is not kept any more.

        Raises:
            Unreachable: the gallery is away; what was begun stays open.
        """

        def checked(row: Row) -> Sequence[Event]:
            events = decider(row)
            self._refuse_without_pictures(number, events)
            return events

        try:
            self.shell.change(number, checked)
        except Refused as refused:
            return self._refused(number, refused)
        return self._drive(number)

    def _refuse_without_pictures(self, number: int, events: Iterable[Event]) -> None:
        for event in events:
            if not isinstance(event, RollbackStarted | RepairStarted):
                continue
            for step in event.steps:
                if step.action == "put_file":
                    self._refuse_without(number, step)

    def _refuse_without(self, number: int, step: Step) -> None:
        try:
            self.objects.get(step.sha256)
        except AdapterError as error:
            msg = f"{step.target} of row {number} cannot be put back: {error.detail}"
            named = named_objects(self.shell.journal).get(step.sha256)
            raise Refused(msg, named.hint if named else "") from error

    def repair(self, number: int) -> Returned:
        """
        Go on with what is open on a row and what no living run works on.

        Raises:
            Unreachable: the gallery is away.
        """
        try:
            self._sagas().claim(number)
        except Refused as refused:
            return self._refused(number, refused)
        self.gallery.sweep()  # What stopped it may have kept a trial from clearing up.
        return self._drive(number)

    def left_open(self, number: int) -> Returned | None:
        """Say what of a row was done and what is open, where a gallery that is away stopped it."""
        row = self.shell.row(number)
        saga = row.happened.saga
        if saga is None:
            return None
        left = steps_left(saga)
        done = [step for step in saga.steps if step not in left]
        detail = f"the {saga.kind} is begun, not ended; done: {_said(done)}; open: {_said(left)}"
        hint = f"photojournal doctor; then: photojournal repair {number}"
        return _returned(row, number, "incomplete", detail, hint)

    def _sagas(self) -> Sagas:
        return Sagas(self.shell, self.objects, self.gallery)

    def _refused(self, number: int, refused: Refused) -> Returned:
        return _returned(
            self.shell.row(number),
            number,
            "nothing" if refused.nothing else "refused",
            str(refused),
            refused.hint,
        )

    def _drive(self, number: int) -> Returned:
        """Do what is open on a row, and say what was left as it stands because it is not ours."""
        sagas = self._sagas()
        saga = self.shell.row(number).happened.saga
        with about(f"{self.shell.verb} id={number}"):
            row = sagas.drive(number)
        detail = "; ".join(map(told, sagas.notable))
        left = any(one.outcome in ("changed", "impossible") for one in sagas.notable)
        if row.happened.saga is None and not (left and saga and saga.kind == "repair"):
            not_ours = tuple(one.target for one in sagas.notable if one.outcome == "changed")
            down = not outside(row)
            hint = how_to_remove(self.shell.workspace, not_ours, number) if down else ""
            return replace(_returned(row, number, "done", detail, hint), not_ours=not_ours)
        action = next_action(row)
        hint = f"Look at what stands there, then: {action.command}" if action else ""
        return _returned(row, number, "incomplete", detail, hint)


class Open(Struct, frozen=True, kw_only=True):
    """Something that was begun on a row and has no end yet."""

    row: int
    file_name: str
    what: str
    """`publication`, `withdrawal`, `rollback`, or a stage."""
    run: str
    alive: bool
    """True: a living run works on it."""
    left: str = ""
    """What is still to be done outside, in words; empty for a stage."""


def open_things(shell: Shell, numbers: Iterable[int]) -> list[Open]:
    """Return what is open on these rows."""
    found: list[Open] = []
    for number in numbers:
        happened = shell.row(number).happened
        claims: list[tuple[str, str, str]] = []
        if saga := happened.saga:
            claims.append((saga.kind, saga.claimed_by, _said(steps_left(saga))))
        for stage in STAGES:
            attempt = attempts_of(shell.row(number), stage).open
            claims += [(stage, attempt.claimed_by, "")] if attempt else []
        found += (
            Open(
                row=number,
                file_name=happened.file_name,
                what=what,
                run=run,
                alive=is_alive(shell.workspace, run),
                left=left,
            )
            for what, run, left in claims
        )
    return found


def _refuse_if_changed(row: Row, plan: RowPlan) -> None:
    then, now = mark_at(row, plan.version).decided, row.decided
    changed = [part for part in plan.parts if getattr(now, part) != getattr(then, part)]
    if changed:
        msg = f"{', '.join(changed)} of row {plan.row} changed since the plan was made"
        raise Refused(msg, "give the command again to see what it means now")


def _said(steps: Sequence[Step]) -> str:
    """Return in words what steps do, such as `remove the line of A.JPG`."""
    words = {
        "put_file": "put",
        "remove_file": "remove",
        "put_record": "write the line of",
        "remove_record": "remove the line of",
    }
    return ", ".join(f"{words[one.action]} {one.target}" for one in steps) or "nothing"


def told(report: StepReport) -> str:
    """Return in words what stood in the way of a step."""
    meaning = {
        "changed": "somebody else's now, left alone",
        "already": "gone already" if report.action.startswith("remove") else "stood there already",
    }.get(report.outcome, "impossible")
    return f"{report.target}: {meaning}" + (f" ({report.detail})" if report.detail else "")


def _returned(row: Row, number: int, outcome: str, detail: str = "", hint: str = "") -> Returned:
    return Returned(
        row=number,
        file_name=row.happened.file_name,
        outcome=outcome,
        detail=detail,
        hint=hint,
        status=review_status(row) if row.version else "",
    )
