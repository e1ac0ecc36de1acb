"""
Going back: rollback, undo, redo, withdraw, repair.

A plan comes first: which rows go back to which version, which of their parts, what happens outside,
and which rows are kept because somebody worked on the same part later. Carrying it out appends per
row; one row that cannot go back never stops the others.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from adapters.objects import Objects
from adapters.ports import Gallery
from driver import clock
from driver.errors import Misused
from driver.recovery import row_number
from driver.sagas import Sagas
from driver.shell import Shell
from journal import Journal, Recorded
from machine import events as e
from machine.decide import decide
from machine.intents import RollBack, Withdraw
from machine.parts import parts_of
from machine.refusals import Refused
from machine.row import PARTS, Mark, Row, mark_at
from machine.run_events import RunStarted
from machine.values import Author, Step

_CROSSING = (e.Published, e.Withdrawn, e.PublicationStarted, e.WithdrawalStarted)


class RowPlan(Struct, frozen=True, kw_only=True):
    """What going back means for one row."""

    row: int
    file_name: str
    to: int
    parts: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    kept: str = ""
    """Why the row is left as it is; empty: it goes back."""
    nothing: bool = False
    """True: it is as asked already."""
    lost_text: str = ""
    """A person's caption that stops counting."""
    undoes: str = ""


def plan_row(shell: Shell, number: int, to: int, parts: tuple[str, ...] = ()) -> RowPlan:
    """Plan one row's way back to version `to`."""
    row = shell.row(number)
    return _plan(row, number, to, parts or PARTS, undoes="")


def plan_run(shell: Shell, run_id: str, *, including_later: bool = False) -> list[RowPlan]:
    """Plan to take back what a run did, row by row, only the parts that it touched."""
    if not shell.journal.read_stream(f"run/{run_id}"):
        msg = f"there is no run {run_id}"
        raise Misused(msg, "photojournal runs")
    touched = _by_row(shell.journal.by_run(run_id))
    return [
        _plan_touched(shell.row(number), number, mine, including_later=including_later)
        for number, mine in touched.items()
    ]


def plan_position(shell: Shell, numbers: Iterable[int], position: int) -> list[RowPlan]:
    """Plan to bring rows back to what they were at a position of the journal."""
    plans = []
    for number in numbers:
        history = shell.journal.read_stream(f"row/{number}", until_position=position)
        to = history[-1].version if history else 0
        plans.append(_plan(shell.row(number), number, to, PARTS, undoes=""))
    return plans


def plan_step(
    shell: Shell, run_id: str, step: int, *, undoes: str, including_later: bool = False
) -> list[RowPlan]:
    """Plan to take back one step of a run."""
    mine = (one for one in shell.journal.by_run(run_id) if one.step == step)
    return [
        _plan_touched(
            shell.row(number), number, events, including_later=including_later, undoes=undoes
        )
        for number, events in _by_row(mine).items()
    ]


def _by_row(recorded: Iterable[Recorded]) -> dict[int, list[Recorded]]:
    """Return the events that may have changed a part of a row, by row."""
    found: dict[int, list[Recorded]] = {}
    for one in recorded:
        number = row_number(one.stream)
        if number is not None and parts_of(one.event):
            found.setdefault(number, []).append(one)
    return found


def _plan_touched(
    row: Row, number: int, mine: Sequence[Recorded], *, including_later: bool, undoes: str = ""
) -> RowPlan:
    """Plan for the parts that these events touched, unless somebody changed them later."""
    touched = {part for one in mine for part in parts_of(one.event)}
    to, last = mine[0].version - 1, mine[-1].version
    to = _settled_before(row, to)
    then, after = mark_at(row, to).decided, mark_at(row, last).decided
    changed = tuple(
        part for part in PARTS if part in touched and getattr(then, part) != getattr(after, part)
    )
    later = [part for part in changed if getattr(row.decided, part) != getattr(after, part)]
    still = [part for part in later if getattr(row.decided, part) != getattr(then, part)]
    if still and not including_later:
        kept = f"{', '.join(still)} changed later"
        return _kept(row, number, to, changed, kept, undoes)
    if not changed or all(getattr(row.decided, part) == getattr(then, part) for part in changed):
        return _kept(row, number, to, changed, "it no longer counts", undoes, nothing=True)
    return _plan(row, number, to, changed, undoes=undoes)


def _settled_before(row: Row, version: int) -> int:
    """Return the newest version up to `version` at which nothing was open outside."""
    mark: Mark = mark_at(row, version)
    while not mark.settled and mark.version > 0:
        version = mark.version - 1
        mark = mark_at(row, version)
    return version


def _kept(
    row: Row,
    number: int,
    to: int,
    parts: tuple[str, ...],
    why: str,
    undoes: str,
    *,
    nothing: bool = False,
) -> RowPlan:
    return RowPlan(
        row=number,
        file_name=row.happened.file_name,
        to=to,
        parts=parts,
        kept=why,
        nothing=nothing,
        undoes=undoes,
    )


def _plan(row: Row, number: int, to: int, parts: tuple[str, ...], *, undoes: str) -> RowPlan:
    """Ask the machine what would happen, and append nothing."""
    intent = RollBack(to=to, rollback="plan", claimed_by="plan", parts=parts, undoes=undoes)
    try:
        (event,) = decide(row, intent)
    except Refused as refused:
        return _kept(row, number, to, parts, str(refused), undoes, nothing=refused.nothing)
    assert isinstance(event, e.RolledBack | e.RollbackStarted)
    then = mark_at(row, to).decided
    now, author = row.decided.prefill, row.decided.prefill.author
    lost = "prefill" in event.parts and _is_human(author) and now.text != then.prefill.text
    return RowPlan(
        row=number,
        file_name=row.happened.file_name,
        to=to,
        parts=event.parts,
        steps=event.steps if isinstance(event, e.RollbackStarted) else (),
        lost_text=now.text.caption if lost else "",
        undoes=undoes,
    )


def _is_human(author: Author | None) -> bool:
    return author is not None and author.kind == "human"


# --- Undo and redo


def newest_undoable(journal: Journal, actor: str) -> tuple[str, int, list[Recorded]] | None:
    """Return run, step and events of the actor's newest step that counts and is no undo itself."""
    taken_back = _taken_back(journal, actor)
    for run_id, step, events in _steps_backwards(journal, actor):
        if any(isinstance(one.event, e.RolledBack) and one.event.undoes for one in events):
            continue
        if f"{run_id}#{step}" not in taken_back:
            return run_id, step, events
    return None


def newest_redoable(journal: Journal, actor: str) -> tuple[str, int, list[Recorded]] | None:
    """Return run, step and events of the actor's newest undo that still counts."""
    redone: set[str] = set()
    for run_id, step, events in _steps_backwards(journal, actor):
        undoes = {one.event.undoes for one in events if isinstance(one.event, e.RolledBack)} - {""}
        for words in undoes:
            kind, _, target = words.partition(" ")
            if kind == "redo":
                redone.add(target)
        if any(words.startswith("undo ") for words in undoes):
            if f"{run_id}#{step}" not in redone:
                return run_id, step, events
        elif not undoes:
            return None
    return None


def _taken_back(journal: Journal, actor: str) -> set[str]:
    """Return the steps that an undo took back and no redo brought again."""
    undone: dict[str, str] = {}
    for run_id, step, events in reversed(list(_steps_backwards(journal, actor))):
        for one in events:
            if isinstance(one.event, e.RolledBack) and one.event.undoes:
                kind, _, target = one.event.undoes.partition(" ")
                if kind == "undo":
                    undone[f"{run_id}#{step}"] = target
                else:
                    undone.pop(target, None)
    return set(undone.values())


def _steps_backwards(journal: Journal, actor: str) -> Iterable[tuple[str, int, list[Recorded]]]:
    """Yield the steps of an actor that touched rows, newest first."""
    runs = sorted(journal.streams("run/"), reverse=True)
    for stream in runs:
        opening = journal.read_stream(stream)[:1]
        if not opening or not isinstance(opening[0].event, RunStarted):
            continue
        if opening[0].actor != actor:
            continue
        run_id = stream.removeprefix("run/")
        steps: dict[int, list[Recorded]] = {}
        for one in journal.by_run(run_id):
            if row_number(one.stream) is not None and _touches(one):
                steps.setdefault(one.step, []).append(one)
        for step in sorted(steps, reverse=True):
            yield run_id, step, steps[step]


def _touches(recorded: Recorded) -> bool:
    return bool(parts_of(recorded.event)) or isinstance(recorded.event, _CROSSING)


def refuse_crossing(events: Sequence[Recorded], what: str) -> None:
    """Refuse an undo or redo that would change what visitors see."""
    crossing = next((one for one in events if isinstance(one.event, _CROSSING)), None)
    if crossing:
        number = row_number(crossing.stream)
        msg = f"{what} stops at a publication: the newest step is {crossing.type} of row {number}"
        hint = f"photojournal withdraw {number} (or: photojournal rollback --run {crossing.run_id})"
        raise Misused(msg, hint)


# --- Carrying it out


class Returned(Struct, frozen=True, kw_only=True):
    """How going back ended for one row."""

    row: int
    outcome: str
    """`done`, `incomplete` or `refused`."""
    detail: str = ""


def carry_out(
    shell: Shell, objects: Objects, gallery: Gallery, plan: RowPlan, reason: str
) -> Returned:
    """
    Take one row back as planned; the outside first, step by step.

    Raises:
        Unreachable: the gallery is away; the rollback stays open and `repair` goes on with it.
    """
    intent = RollBack(
        to=plan.to,
        rollback=clock.uuid7(),
        claimed_by=shell.run_id,
        parts=plan.parts,
        reason=reason,
        undoes=plan.undoes,
    )
    try:
        shell.ask(plan.row, intent)
    except Refused as refused:
        return Returned(row=plan.row, outcome="refused", detail=str(refused))
    return settle_row(shell, objects, gallery, plan.row)


def withdraw_row(
    shell: Shell, objects: Objects, gallery: Gallery, number: int, reason: str
) -> Returned:
    """
    Take one row down.

    Raises:
        Refused: it is not published, or something is open.
        Unreachable: the gallery is away; the withdrawal stays open.
    """
    withdraw = Withdraw(withdrawal=clock.uuid7(), claimed_by=shell.run_id, reason=reason)
    shell.ask(number, withdraw)
    return settle_row(shell, objects, gallery, number)


def settle_row(shell: Shell, objects: Objects, gallery: Gallery, number: int) -> Returned:
    """Do what is open on a row, after `Sagas.claim` where another run had begun it."""
    row = Sagas(shell, objects, gallery).drive(number)
    saga = row.happened.saga
    if saga:
        reports = "; ".join(f"{one.target}: {one.outcome} {one.detail}" for one in saga.reports)
        return Returned(row=number, outcome="incomplete", detail=reports)
    return Returned(row=number, outcome="done")


def repair_row(shell: Shell, objects: Objects, gallery: Gallery, number: int) -> Returned:
    """
    Go on with what is open on a row and what no living run works on.

    Raises:
        Refused: nothing is open, or a living run is at it.
        Unreachable: the gallery is away.
    """
    Sagas(shell, objects, gallery).claim(number)
    return settle_row(shell, objects, gallery, number)
