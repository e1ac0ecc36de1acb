"""
Carries out what changes the past or the outside: rollbacks, withdrawals, repairs.

Row by row, the outside first and step by step; one row that cannot go back never stops the others.
A gallery that is away leaves the row's rollback or withdrawal open, and `repair` goes on with it.
"""

from msgspec import Struct

from adapters.objects import Objects
from adapters.ports import Gallery
from driver import clock
from driver.going_back import RowPlan
from driver.sagas import Sagas
from driver.shell import Shell
from machine.intents import RollBack, Withdraw
from machine.next_action import next_action
from machine.refusals import Refused
from machine.row import Row
from machine.status import review_status
from machine.values import StepReport


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


class TakingBack:
    """Carries plans out for one run."""

    def __init__(self, shell: Shell, objects: Objects, gallery: Gallery) -> None:
        """Keep the devices."""
        self.shell = shell
        self.objects = objects
        self.gallery = gallery

    def roll_back(self, plan: RowPlan, reason: str) -> Returned:
        """
        Take one row back as planned.

        Raises:
            Unreachable: the gallery is away; the rollback stays open and `repair` goes on with it.
        """
        intent = RollBack(
            to=plan.to,
            rollback=clock.uuid7(),
            claimed_by=self.shell.run_id,
            parts=plan.parts,
            reason=reason,
            undoes=plan.undoes,
        )
        try:
            self.shell.ask(plan.row, intent)
        except Refused as refused:
            return self._refused(plan.row, refused)
        return self._drive(plan.row)

    def withdraw(self, number: int, reason: str) -> Returned:
        """
        Take one row down.

        Raises:
            Unreachable: the gallery is away; the withdrawal stays open.
        """
        intent = Withdraw(withdrawal=clock.uuid7(), claimed_by=self.shell.run_id, reason=reason)
        try:
            self.shell.ask(number, intent)
        except Refused as refused:
            return self._refused(number, refused)
        return self._drive(number)

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
        return self._drive(number)

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
        row = sagas.drive(number)
        detail = "; ".join(map(told, sagas.notable))
        if row.happened.saga is None:
            return _returned(row, number, "done", detail)
        action = next_action(row)
        hint = f"Look at what stands there, then: {action.command}" if action else ""
        return _returned(row, number, "incomplete", detail, hint)


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
