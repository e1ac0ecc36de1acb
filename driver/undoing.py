"""
Undo and redo: the newest step of a person that still counts, and the newest undo.

An undo is a rollback that says which step it takes back (`undo <run>#<step>`), a redo one that says
which undo (`redo <run>#<step>`). What was undone is found by walking back through the journal, row
by row, so that a step can be undone for some of its rows only. Neither crosses a publication.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from driver.errors import Misused
from driver.going_back import RowPlan, by_row, plan_touched
from driver.recovery import row_number
from driver.shell import Shell
from journal import Journal, Recorded
from machine import events as e
from machine.repair_events import OutsideObserved, RepairStarted
from machine.run_events import RunStarted

_CROSSING = (
    e.PublicationStarted,
    e.Published,
    e.WithdrawalStarted,
    e.Withdrawn,
    e.RollbackStarted,
    OutsideObserved,
    RepairStarted,
)
_PAGE = 500
"""Events that are read at a time."""


class Step(Struct, frozen=True):
    """What one person did at once: a command, a click, a decision about many rows."""

    run: str
    step: int
    verb: str
    at: str
    events: tuple[Recorded, ...]

    @property
    def name(self) -> str:
        """What an undo calls it."""
        return f"{self.run}#{self.step}"


class StepPlan(Struct, frozen=True):
    """What taking a step back means, row by row."""

    step: Step
    rows: list[RowPlan]
    passed: tuple[Step, ...] = ()
    """Newer steps that left nothing to take back, such as a scoring that measured nothing."""


def plan_undo(
    shell: Shell, rows: Collection[int] | None = None, *, including_later: bool = False
) -> StepPlan | None:
    """
    Plan to take back this actor's newest step that still counts and is no undo itself.

    Args:
        shell: only read from.
        rows: of these rows only.
        including_later: also where the same part was changed later.

    Raises:
        Misused: the step is a publication, a withdrawal or a rollback that changed the outside.
    """
    undone: set[tuple[str, int]] = set()
    redone: set[tuple[str, int]] = set()
    passed: list[Step] = []
    for step in _steps_backwards(shell.journal, shell.actor, rows):
        marks = _undoes(step)
        if marks:
            for number, kind, target in marks:
                if kind == "redo":
                    redone.add((target, number))
                elif (step.name, number) not in redone:
                    undone.add((target, number))
            continue
        left = [one for one in step.events if (step.name, row_number(one.stream)) not in undone]
        plans = _plans(shell, left, f"undo {step.name}", including_later=including_later)
        if any(not plan.nothing for plan in plans):
            _refuse_crossing(left, "undo")
            return StepPlan(step, plans, tuple(passed))
        if left:
            passed.append(step)
    return None


def plan_redo(shell: Shell, rows: Collection[int] | None = None) -> StepPlan | None:
    """
    Plan to bring back what this actor's newest undo took back.

    Raises:
        Misused: bringing it back would change what visitors see.
    """
    redone: set[tuple[str, int]] = set()
    for step in _steps_backwards(shell.journal, shell.actor, rows):
        marks = _undoes(step)
        redone |= {(target, number) for number, kind, target in marks if kind == "redo"}
        mine = {number for number, kind, _ in marks if kind == "undo"}
        left = [
            one
            for one in step.events
            if row_number(one.stream) in mine and (step.name, row_number(one.stream)) not in redone
        ]
        plans = _plans(shell, left, f"redo {step.name}")
        if any(not plan.nothing for plan in plans):
            _refuse_crossing(left, "redo")
            return StepPlan(step, plans)
    return None


def _plans(
    shell: Shell, events: Iterable[Recorded], undoes: str, *, including_later: bool = False
) -> list[RowPlan]:
    return [
        plan_touched(shell, number, mine, including_later=including_later, undoes=undoes)
        for number, mine in by_row(events).items()
    ]


def _undoes(step: Step) -> list[tuple[int, str, str]]:
    """Return row, kind and target of what a step took back or brought back."""
    found: list[tuple[int, str, str]] = []
    for one in step.events:
        number = row_number(one.stream)
        if isinstance(one.event, e.RolledBack) and one.event.undoes and number is not None:
            kind, _, target = one.event.undoes.partition(" ")
            found.append((number, kind, target))
    return found


def _steps_backwards(journal: Journal, actor: str, rows: Collection[int] | None) -> Iterator[Step]:
    """Yield the steps of an actor that touched rows (these rows), those of the newest run first."""
    wanted = None if rows is None else set(rows)
    runs: dict[str, dict[int, list[Recorded]]] = {}
    for one in _backwards(journal):
        number = row_number(one.stream)
        if one.stream == f"run/{one.run_id}" and one.version == 1:  # the run began here
            steps = runs.pop(one.run_id, {})
            if isinstance(one.event, RunStarted):
                for step in sorted(steps, reverse=True):
                    events = tuple(reversed(steps[step]))
                    yield Step(one.run_id, step, one.event.verb, events[-1].at, events)
        elif number is None or one.actor != actor:
            continue
        elif wanted is None or number in wanted:
            runs.setdefault(one.run_id, {}).setdefault(one.step, []).append(one)


def _backwards(journal: Journal) -> Iterator[Recorded]:
    """Yield the journal's events, the newest first, a page at a time."""
    until = journal.head.position
    while until > 0:
        after = max(until - _PAGE, 0)
        yield from reversed(list(journal.read_all(after, until)))
        until = after


def _refuse_crossing(events: Sequence[Recorded], what: str) -> None:
    """Refuse an undo or redo that would change what visitors see."""
    crossing = next((one for one in events if isinstance(one.event, _CROSSING)), None)
    if crossing:
        number = row_number(crossing.stream)
        msg = f"{what} stops at a publication: the newest step is {crossing.type} of row {number}"
        hint = f"photojournal rollback --run {crossing.run_id}"
        if isinstance(crossing.event, e.PublicationStarted | e.Published):
            hint = f"photojournal withdraw {number} (or: {hint})"
        raise Misused(msg, hint)
