"""
Taking over the website that is there: its names and published rows, and photos that wait.

What the plan says is appended piece by piece; the same command again goes on where one was cut
short, and appends nothing when there is nothing new. The gallery and the predecessor's files are
read only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from driver.adoption_plan import BAD, Plan, QueueRow
from driver.ingest import Taken
from driver.names import key_of
from driver.program import Program
from driver.queue_intake import QueueIntake, Wanted
from driver.shell import Shell
from driver.workspace import escape_name
from journal import Entry, VersionConflict
from journal.crashpoints import point
from machine.event_base import Event
from machine.failures import FAILURES
from machine.run_events import NameAdopted, SiteAdopted
from machine.values import Labels

BATCH = 250
"""Names or rows in one append."""


class Adopted(Struct, frozen=True, kw_only=True):
    """What was taken over."""

    names: int
    rows: int
    queue: list[QueueRow]


def carry_out(
    program: Program, plan: Plan, queue: Path | None, progress: Callable[[int, int], None]
) -> Adopted:
    """
    Append what the plan says; `progress(done, total)` counts names, rows and photos.

    Raises:
        Unreachable: the disk is full or no worker can be started.
        JournalError: an append failed.
    """
    total = len(plan.names) + len(plan.rows) + len(plan.wanted)
    done = 0

    def count(by: int = 1) -> None:
        nonlocal done
        done += by
        progress(done, total)

    shell = program.shell
    names = {stream: (0, event) for stream, event in plan.names.items()}
    names_adopted = _append_all(shell, names, count)
    rows_adopted = _append_all(shell, plan.rows, count)
    taken = _bring_in(program, plan, queue, count) if queue else {}
    told = [_after(one, taken.get(one.old_id)) for one in plan.queue]
    names_adopted += _append_all(shell, _names_left(told, plan), count)
    found = Adopted(names=names_adopted, rows=rows_adopted, queue=told)
    if shell.started:
        shell.note(_summary(found))
    program.refresh()
    return found


def _append_all(
    shell: Shell, entries: Mapping[str, tuple[int, Event]], count: Callable[[int], None]
) -> int:
    """Append events to streams of their own; what somebody else was first with is left to them."""
    appended = 0
    for some in _batches([Entry(stream, *entry) for stream, entry in entries.items()]):
        point("adopt.batch.before")
        try:
            shell.append(some)
            appended += len(some)
        except VersionConflict:
            appended += sum(_append_one(shell, entry) for entry in some)
        point("adopt.batch.after")
        count(len(some))
    return appended


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    for first in range(0, len(entries), BATCH):
        yield entries[first : first + BATCH]


def _append_one(shell: Shell, entry: Entry) -> bool:
    try:
        shell.append([entry])
    except VersionConflict:
        return False
    return True


def _bring_in(
    program: Program, plan: Plan, queue: Path, count: Callable[[int], None]
) -> dict[int, Taken]:
    """
    Take the photos in, a set for all that have the same labels.

    Those that keep their names come first: the series of the others go on after these.
    """
    intakes: dict[Labels, QueueIntake] = {}
    taken: dict[int, Taken] = {}

    def order(one: Wanted) -> tuple[bool, str, str, str]:
        labels = one.old.labels
        return not one.file_name, labels.category, labels.location, labels.subject

    for _, group in groupby(sorted(plan.wanted.values(), key=order), key=order):
        wanted = list(group)
        labels = wanted[0].old.labels
        intake = intakes.setdefault(labels, QueueIntake(program, labels, queue))
        came = intake.bring_in(wanted, lambda: count(1), program.stopping)
        taken |= {one.old.id: what for one, what in zip(wanted, came, strict=False)}
    return taken


def _after(planned: QueueRow, taken: Taken | None) -> QueueRow:
    """Return what became of a row of the old queue."""
    if planned.outcome != "new":
        return planned
    if taken is None:
        return replace(planned, outcome="left", detail="the run was stopped before it")
    if taken.row is None:
        known = FAILURES.get(taken.code)
        words = taken.detail or (known.meaning if known else taken.code)
        return replace(planned, outcome="refused", detail=words)
    outcome, detail = ("ingested", planned.detail)
    if taken.outcome != "ingested":
        outcome, detail = "here", taken.detail
    return replace(
        planned, outcome=outcome, row=taken.row, file_name=taken.file_name, detail=detail
    )


def _names_left(told: Sequence[QueueRow], plan: Plan) -> dict[str, tuple[int, NameAdopted]]:
    """Return the names that photos were to keep which could not be taken in."""
    found: dict[str, tuple[int, NameAdopted]] = {}
    for one in told:
        wanted = plan.wanted.get(one.old_id)
        if wanted and wanted.file_name and one.outcome == "refused":
            event = NameAdopted(file_name=escape_name(one.old_file_name), found_in=("queue",))
            found[f"name/{key_of(wanted.file_name)}"] = (0, event)
    return found


def _summary(found: Adopted) -> SiteAdopted:
    outcomes = [one.outcome for one in found.queue]
    return SiteAdopted(
        names=found.names,
        rows=found.rows,
        photos=outcomes.count("ingested"),
        left=sum(outcome in BAD for outcome in outcomes),
    )
