"""
Is everything still what it was? The journal, what is made from it, and the objects that it names.

Nothing is changed. Four questions are asked: is the journal what was appended (also beside heads
that were kept elsewhere), are names and bytes reserved for one row each, do the read models say
what the journal says, is every object whole that an event names. Where the answer to the first is
no, the next two are left out, since what they would be compared with is not to be trusted.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.objects import Objects
from driver.errors import DAMAGED, DONE, DRIFT, Damaged, worst
from driver.heads import compared, other_keys
from driver.incident_seen import manifest_of
from driver.named_objects import Named, named_objects
from driver.problems import Problem
from driver.program import Program
from driver.reservations import unreserved
from journal.heads import SignedHead
from journal.verify import Report, verify
from projections.drift import Difference
from projections.marks import noted_in

Progress = Callable[[str, int, int], None]
"""Told the part, how much of it is through, and how much there is."""

MAX_LISTED = 1_000
"""Findings of one kind that are kept; the journal's own report has a limit of its own."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What was checked and what was found."""

    events: int
    head: str
    """Hash of the last event, to be noted elsewhere."""
    redacted: int
    withheld: int
    """Events that are not told, in an opened incident bundle."""
    objects: int
    lines_checked: bool
    """False: the journal is damaged, so that nothing was compared with what it says."""
    problems: tuple[Problem, ...]
    unnamed: int = 0
    """Further damages of the journal."""
    notes: tuple[str, ...] = ()
    """What is no fault, but should be known."""

    @property
    def exit_code(self) -> int:
        """Return 3 for a damaged journal, 5 for drift of anything else."""
        codes = [DAMAGED if one.part == "journal" else DRIFT for one in self.problems]
        return worst(DONE, *codes)


def check_everything(
    program: Program,
    heads: Sequence[tuple[str, SignedHead]] = (),
    progress: Progress = lambda _part, _done, _total: None,
) -> Verdict:
    """
    Check journal, reservations, read models and objects of a workspace.

    Args:
        program: the workspace, opened with `accept_head`.
        heads: what was kept elsewhere, each with where it stands.
        progress: is told the part, how much of it is through, and how much there is.

    Raises:
        CannotOpen: there is no journal, or it is something else.
    """
    path = program.workspace.journal
    report = verify(path, progress=partial(progress, "events"))
    problems, notes = list(_about_journal(report)), [report.note] if report.note else []
    if all(one.problem == "tail" for one in problems):
        problems += _known_further(program)
        problems += compared(program.journal, heads)
        notes += other_keys(program.journal, heads)
    sound = not any(one.part == "journal" for one in problems)
    named: dict[str, Named] = {}
    if sound:
        progress("read models", 0, 1)
        problems += unreserved(program.journal)
        problems += (_drifted(one) for one in program.models.check()[:MAX_LISTED])
        problems += (
            Problem(part="read models", where=one.name, problem="behind", detail=one.error)
            for one in program.models.status()
            if one.error
        )
        progress("read models", 1, 1)
        named = named_objects(program.journal)
        if program.workspace.is_incident:
            pictures = manifest_of(program.workspace).pictures
            named = {sha256: what for sha256, what in named.items() if sha256 in pictures}
    lacking = about_objects(program.objects, named, partial(progress, "objects"))
    if program.workspace.is_incident:
        lacking = (replace(one, hint="photojournal incident open FILE") for one in lacking)
        problems += _told_of_before(program, problems)
    problems += lacking
    return Verdict(
        events=report.head.position,
        head=report.head.hash.hex(),
        redacted=report.redacted,
        withheld=report.withheld,
        objects=len(named),
        lines_checked=sound,
        problems=tuple(problems),
        unnamed=report.more,
        notes=tuple(notes),
    )


def _known_further(program: Program) -> Iterator[Problem]:
    """Say where the read models know an event that the journal does not have, or has otherwise."""
    marks = noted_in(program.workspace.review)  # read first: they follow the journal
    journal, head = program.journal, program.journal.head
    hint = "was a backup restored on purpose? photojournal replay"
    for mark in marks.values():
        if mark.journal != journal.uuid or not mark.position:
            continue
        if mark.position > head.position:
            made = f"the read models were made from {mark.position} events"
            problem, what = "tail", f"ends at {head.position}, but {made}"
        elif _hash_at(program, mark.position) != mark.hash:
            problem = "rewritten"
            what = f"the read models were made from another event {mark.position}"
        else:
            continue
        place = min(mark.position, head.position + 1)
        yield Problem(
            part="journal",
            where=f"position {place}",
            problem=problem,
            detail=what,
            position=place,
            hint=hint,
        )
        return


def _hash_at(program: Program, position: int) -> bytes:
    return next(program.journal.read_raw(position - 1, position)).hash


def _about_journal(report: Report) -> Iterator[Problem]:
    return (_problem(one.position, one.kind, one.detail) for one in report.damages)


def _problem(position: int, kind: str, detail: str) -> Problem:
    """Return a fault of the journal."""
    where = f"position {position}" if position else "the file"
    return Problem(
        part="journal", where=where, problem=kind, detail=detail, position=position or None
    )


def drifted(difference: Difference) -> dict[str, Any]:
    """Return a cell that differs, for JSON."""
    return {
        "projection": difference.projection,
        "table": difference.table,
        "key": difference.key,
        "column": difference.column,
        "stored": difference.stored,
        "expected": difference.expected,
    }


def _told_of_before(program: Program, found: Sequence[Problem]) -> Iterator[Problem]:
    """Yield what was wrong with the journal when the bundle was made and is not seen in it."""
    known = {(one.position, one.problem) for one in found}
    for flaw in manifest_of(program.workspace).flaws:
        if (flaw.position or None, flaw.kind) not in known:
            yield _problem(flaw.position, flaw.kind, f"{flaw.detail} (said by its maker)")


def _drifted(one: Difference) -> Problem:
    where = "/".join(part for part in (one.table, one.key, one.column) if part)
    detail = f"{one.stored!r}, the journal says {one.expected!r}"
    hint = "photojournal replay"
    return Problem(part="read models", where=where, problem="drift", detail=detail, hint=hint)


def about_objects(
    objects: Objects,
    named: dict[str, Named],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[Problem]:
    """
    Say which objects are gone, damaged or strangers.

    Args:
        objects: the store; every object in it is read.
        named: what has to be there, by SHA-256.
        progress: is told how many files of how many were read.
    """
    for sha256, what in named.items():
        if not objects.exists(sha256):
            where, hint = str(what), what.hint
            yield Problem(part="objects", where=where, problem="gone", detail=sha256, hint=hint)
    total = sum(1 for _ in objects.all()) or 1
    for damage in objects.verify_all(lambda done: progress(done, total)):
        known = named.get(damage.sha256)
        yield Problem(
            part="objects",
            where=str(known or Path(damage.path).name),
            problem=damage.problem,
            detail=damage.detail or damage.path,
            hint=known.hint if known else "",
        )


def accept_head(program: Program, argv: tuple[str, ...], reason: str) -> int:
    """
    Say that the journal ends here on purpose; return the position of the event that says so.

    Returns:
        0 where nothing is missing; then nothing is appended.

    Raises:
        Damaged: more is wrong than that the end is missing.
    """
    damages = verify(program.workspace.journal).damages
    if not damages:
        return 0
    worse = next((one for one in damages if one.kind != "tail"), None)
    if worse:
        msg = f"position {worse.position}: {worse.kind}, {worse.detail}"
        raise Damaged(msg, "restore another backup; only a missing end can be accepted")
    journal = program.journal
    with program.run("verify", argv) as shell:
        position = journal.accept_head(
            reason,
            key=f"{shell.run_id}/0",
            run_id=shell.run_id,
            step=shell.step,
            actor=shell.actor,
        )
        shell.append([])
    return position
