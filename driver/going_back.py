"""
Plans for going back: which rows return to which version, with which parts, and at what price.

A plan says what happens outside, which text of a person would stop counting, and which rows are
kept as they are because somebody worked on the same part later. Nothing here appends;
`driver.taking_back` carries plans out.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from driver.errors import Misused
from driver.recovery import row_number
from driver.shell import Shell
from journal import Recorded
from machine import events as e
from machine.decide import decide
from machine.evolve import evolve
from machine.intents import RollBack
from machine.parts import parts_of
from machine.refusals import Refused
from machine.row import PARTS, Row, mark_at
from machine.status import review_status
from machine.values import Step, Text

TEXT_PARTS = frozenset(("intake", "labels", "prefill"))
"""Parts of a row that are its text, or that its text is judged beside."""


class RowPlan(Struct, frozen=True, kw_only=True):
    """What going back means for one row."""

    row: int
    file_name: str
    version: int
    """Where the row stands now: a rollback to this version is the way forth again."""
    to: int
    parts: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    """What is to be done outside, in order."""
    kept: str = ""
    """Why the row is left as it is; empty: it goes back."""
    hint: str = ""
    """What to type about it."""
    nothing: bool = False
    """True: it is as asked already, or can never be."""
    erased: bool = False
    """True: nothing of it is left to bring back."""
    not_ours: tuple[str, ...] = ()
    """Places where somebody else's bytes or row stood when last looked at: they stay."""
    lost_text: Text | None = None
    """What of a person's text stops counting; a text that stays as it is, is blank here."""
    undoes: str = ""


def plan_row(shell: Shell, number: int, to: int, parts: tuple[str, ...] = ()) -> RowPlan:
    """Plan one row's way to version `to`, back or forth."""
    return _plan(shell, number, to, parts or PARTS)


def plan_run(
    shell: Shell,
    run_id: str,
    *,
    rows: Iterable[int] | None = None,
    including_later: bool = False,
) -> list[RowPlan]:
    """
    Plan to take back what a run did, row by row, only the parts that it touched.

    Args:
        shell: only read from.
        run_id: the run.
        rows: of these rows only.
        including_later: also where the same part was changed later; the plan names each text that
            a person would lose.

    Raises:
        Misused: there is no such run.
    """
    if not shell.journal.read_stream(f"run/{run_id}"):
        msg = f"there is no run {run_id}"
        raise Misused(msg, "photojournal runs")
    touched, wanted = by_row(shell.journal.by_run(run_id)), None if rows is None else set(rows)
    return [
        plan_touched(shell, number, mine, including_later=including_later)
        for number, mine in touched.items()
        if wanted is None or number in wanted
    ]


def plan_position(shell: Shell, numbers: Iterable[int], position: int) -> list[RowPlan]:
    """Plan to bring rows to what they were at a position of the journal."""
    plans = []
    for number in numbers:
        history = shell.journal.read_stream(f"row/{number}", until_position=position)
        plans.append(_erased(shell.row(number)) or _plan(shell, number, len(history), PARTS))
    return plans


def plan_status(shell: Shell, numbers: Iterable[int], status: str) -> list[RowPlan]:
    """Plan to bring rows to the newest version before now at which they had a Review_Status."""
    plans = []
    for number in numbers:
        row, versions = shell.row(number), list[int]()
        if erased := _erased(row):
            plans.append(erased)
            continue
        past = Row()
        for recorded in shell.journal.read_stream(f"row/{number}"):
            past = evolve(past, recorded.event)
            if past.happened.saga is None and review_status(past).casefold() == status.casefold():
                versions.append(past.version)
        if versions:
            plans.append(_plan(shell, number, versions[-1], PARTS))
        else:
            plans.append(_kept(row, number, row.version, PARTS, f"it never was {status}"))
    return plans


def by_row(recorded: Iterable[Recorded]) -> dict[int, list[Recorded]]:
    """Return the events that may have changed a part of a row, by row."""
    found: dict[int, list[Recorded]] = {}
    for one in recorded:
        number = row_number(one.stream)
        if number is not None and parts_of(one.event):
            found.setdefault(number, []).append(one)
    return found


def plan_touched(
    shell: Shell,
    number: int,
    mine: Sequence[Recorded],
    *,
    including_later: bool = False,
    undoes: str = "",
) -> RowPlan:
    """Plan for the parts that these events of a row touched, unless somebody changed them later."""
    row = shell.row(number)
    if erased := _erased(row, undoes):
        return erased
    to = _settled_before(row, mine[0].version - 1)
    then, after = mark_at(row, to).decided, mark_at(row, mine[-1].version).decided
    touched = {part for one in mine for part in parts_of(one.event)}
    changed = [
        part for part in PARTS if part in touched and getattr(then, part) != getattr(after, part)
    ]
    if "intake" in changed:  # without its intake, nothing of the row is worth anything
        changed = list(PARTS)
    parts = tuple(part for part in changed if getattr(row.decided, part) != getattr(then, part))
    if not parts:
        return _kept(
            row, number, to, tuple(changed), "it no longer counts", undoes=undoes, nothing=True
        )
    later = [part for part in parts if getattr(row.decided, part) != getattr(after, part)]
    later += [part for part in parts if part in _between(shell, number, mine) and part not in later]
    if later and not including_later:
        return _kept(row, number, to, parts, f"{', '.join(later)} changed later", undoes=undoes)
    return _plan(shell, number, to, tuple(changed), undoes=undoes)


def _between(shell: Shell, number: int, mine: Sequence[Recorded]) -> set[str]:
    """Return the parts that were touched by others between the first and the last of these."""
    positions = {one.position for one in mine}
    history = shell.journal.read_stream(
        f"row/{number}", after=mine[0].version, until_position=mine[-1].position
    )
    others = (one for one in history if one.position not in positions)
    return {part for one in others for part in parts_of(one.event)}


def _settled_before(row: Row, version: int) -> int:
    """Return the newest version up to `version` at which nothing was open outside."""
    mark = mark_at(row, version)
    while not mark.settled and mark.version > 0:
        version = mark.version - 1
        mark = mark_at(row, version)
    return version


def _erased(row: Row, undoes: str = "") -> RowPlan | None:
    """Return the plan for a row that was erased, or is being erased; None: it is none."""
    if not row.happened.erasure:
        return None
    why = "it was erased" if row.happened.erasure == "done" else "it is being erased"
    kept = _kept(row, row.happened.row, row.version, (), why, undoes=undoes, nothing=True)
    return replace(kept, erased=True)


def _kept(
    row: Row,
    number: int,
    to: int,
    parts: tuple[str, ...],
    why: str,
    *,
    undoes: str = "",
    nothing: bool = False,
) -> RowPlan:
    return RowPlan(
        row=number,
        file_name=row.happened.file_name,
        version=row.version,
        to=to,
        parts=parts,
        kept=why,
        nothing=nothing,
        undoes=undoes,
    )


def _plan(shell: Shell, number: int, to: int, parts: tuple[str, ...], undoes: str = "") -> RowPlan:
    """Ask the machine what would happen, and append nothing."""
    row = shell.row(number)
    intent = RollBack(
        to=to,
        rollback="plan",
        gallery=shell.workspace.config.publish.gallery,
        claimed_by="plan",
        parts=parts,
        undoes=undoes,
    )
    try:
        (event,) = decide(row, intent)
    except Refused as refused:
        kept = _kept(row, number, to, parts, str(refused), undoes=undoes, nothing=refused.nothing)
        return replace(kept, hint=refused.hint)
    assert isinstance(event, e.RolledBack | e.RollbackStarted)
    return RowPlan(
        row=number,
        file_name=row.happened.file_name,
        version=row.version,
        to=to,
        parts=event.parts,
        steps=event.steps if isinstance(event, e.RollbackStarted) else (),
        not_ours=row.happened.not_ours,
        lost_text=_lost(row, to) if "prefill" in event.parts else None,
        undoes=undoes,
    )


def _lost(row: Row, to: int) -> Text | None:
    """Return what of a person's text counts now and would not at version `to`."""
    now, then = row.decided.prefill, mark_at(row, to).decided.prefill
    lost = Text(
        caption=now.text.caption if now.text.caption != then.text.caption else "",
        alt_text=now.text.alt_text if now.text.alt_text != then.text.alt_text else "",
        keywords=now.text.keywords if now.text.keywords != then.text.keywords else (),
    )
    human = now.author is not None and now.author.kind == "human"
    return lost if human and lost != Text() else None
