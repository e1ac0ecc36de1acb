"""
Undo and redo: the newest step of a person that still counts, and the newest undo.

An undo is a rollback that says which step it takes back (`undo <run>#<step>`), a redo one that says
which undo (`redo <run>#<step>`). What was undone is found by walking back through the journal, row
by row, so that a step can be undone for some of its rows only. Neither crosses a publication.

A step is as new as its first event: what a run did that began before a click, and still goes on, is
older than the click. No more of the journal is read than that takes, however long a run is; where
only what persons did counts, the work of machines is skipped.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from driver.errors import Misused
from driver.going_back import RowPlan, by_row, plan_touched
from driver.recovery import row_number
from driver.shell import Shell
from journal import Journal, Recorded
from machine import events as e
from machine.event_base import Event
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
_BY_HAND = (
    e.TextEdited,
    e.Relabelled,
    e.MetadataCorrected,
    e.PhotoReplaced,
    e.QcWaived,
    e.RatingOverridden,
    e.Picked,
    e.Approved,
    e.Rejected,
    e.RolledBack,
    *_CROSSING,
)
_BY_HAND_TAGS = tuple(kind.tag for kind in _BY_HAND)
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
    shell: Shell,
    rows: Collection[int] | None = None,
    *,
    including_later: bool = False,
    by_hand: bool = False,
) -> StepPlan | None:
    """
    Plan to take back this actor's newest step that still counts and is no undo itself.

    Args:
        shell: only read from.
        rows: of these rows only.
        including_later: also where the same part was changed later.
        by_hand: pass over what machines did, such as the work of the stages.

    Raises:
        Misused: the step is a publication, a withdrawal or a rollback that changed the outside.
    """
    undone: set[tuple[str, int]] = set()
    redone: set[tuple[str, int]] = set()
    passed: list[Step] = []
    for step in _steps_backwards(shell.journal, shell.actor, rows, by_hand=by_hand):
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
    for step in _steps_backwards(shell.journal, shell.actor, rows, by_hand=True):
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


def _is_by_hand(event: Event) -> bool:
    """Tell whether a person did that; a pick may come from marks that a photo came in with."""
    by_marks = isinstance(event, e.Picked) and event != e.Picked()
    return isinstance(event, _BY_HAND) and not by_marks


def _undoes(step: Step) -> list[tuple[int, str, str]]:
    """Return row, kind and target of what a step took back or brought back."""
    found: list[tuple[int, str, str]] = []
    for one in step.events:
        number = row_number(one.stream)
        if isinstance(one.event, e.RolledBack) and one.event.undoes and number is not None:
            kind, _, target = one.event.undoes.partition(" ")
            found.append((number, kind, target))
    return found


def _steps_backwards(
    journal: Journal, actor: str, rows: Collection[int] | None, *, by_hand: bool
) -> Iterator[Step]:
    """
    Yield the steps of an actor that touched rows (these rows), the one that began last first.

    Args:
        journal: only read from.
        actor: who took the steps.
        rows: None: any.
        by_hand: only steps in which a person did something; of those, only that.
    """
    wanted = None if rows is None else set(rows)
    steps = _Steps(journal, _is_by_hand if by_hand else _is_any)
    until = journal.head.position
    while until > 0:
        if by_hand and steps.are_told:
            until = journal.newest(_BY_HAND_TAGS, actor, until)
        after = max(until - _PAGE, 0)
        for one in reversed(list(journal.read_all(after, until))):
            steps.end_newer(one)
            number = row_number(one.stream)
            if number is not None and one.actor == actor and (wanted is None or number in wanted):
                steps.take(one)
            yield from steps.known()
        until = after


def _is_any(_event: Event) -> bool:
    return True


class _Found(Struct):
    """What is known of a step, read backwards."""

    events: list[Recorded]
    """Those that count, the newest first."""
    began: int
    """The position of the oldest of all so far."""


class _Steps:
    """Steps put together from events that come in backwards."""

    def __init__(self, journal: Journal, counts: Callable[[Event], bool]) -> None:
        """Begin with none; `counts` tells which events a step is made of."""
        self._journal = journal
        self._counts = counts
        self._open: dict[tuple[str, int], _Found] = {}
        """By run and step; more of it may come."""
        self._whole: list[_Found] = []
        self._verbs: dict[str, str] = {}

    @property
    def are_told(self) -> bool:
        """Tell whether every step that was met is yielded."""
        return not self._open and not self._whole

    def take(self, one: Recorded) -> None:
        """Take an event of a row; one that does not count tells only how old its step is."""
        key = (one.run_id, one.step)
        if self._counts(one.event):
            self._open.setdefault(key, _Found([], one.position)).events.append(one)
        if key in self._open:
            self._open[key].began = one.position

    def end_newer(self, one: Recorded) -> None:
        """Steps of a run follow each other: before this event there is nothing of a later one."""
        begins = one.stream == f"run/{one.run_id}" and one.version == 1
        for run, step in [key for key in self._open if key[0] == one.run_id]:
            if step > one.step or begins:
                self._whole.append(self._open.pop((run, step)))

    def known(self) -> Iterator[Step]:
        """Yield what is whole, unless it may turn out that something open began later."""
        self._whole.sort(key=lambda found: found.began)
        while self._whole:
            if any(found.began > self._whole[-1].began for found in self._open.values()):
                return
            events = tuple(reversed(self._whole.pop().events))
            newest = events[-1]
            verb = self._verb(newest.run_id)
            if verb:
                yield Step(newest.run_id, newest.step, verb, newest.at, events)

    def _verb(self, run: str) -> str:
        """Return what a run was called for; empty where that is not known."""
        if run not in self._verbs:
            begun = self._journal.read_stream(f"run/{run}")[:1]
            started = [one.event for one in begun if isinstance(one.event, RunStarted)]
            self._verbs[run] = started[0].verb if started else ""
        return self._verbs[run]


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
