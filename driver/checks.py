"""
Is everything still what it was? The journal, what is made from it, and the objects that it names.

Nothing is changed. Three questions are asked, and the first does not need the others: is the
journal what was appended, do the read models say what it says, is every object whole that an event
names.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from adapters.objects import Objects
from driver.errors import DAMAGED, DONE, DRIFT, Damaged, worst
from driver.incident_seen import manifest_of
from driver.named_objects import Named, named_objects
from driver.program import Program
from journal.verify import Report, verify
from projections.drift import Difference

MAX_LISTED = 1_000
"""Findings of one kind that are kept; the journal's own report has a limit of its own."""


class Problem(Struct, frozen=True, kw_only=True):
    """Something that is not as it was."""

    part: str
    """`journal`, `read models` or `objects`."""
    where: str
    problem: str
    detail: str = ""
    position: int | None = None
    hint: str = ""


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
    """False: the journal is damaged, so that read models and objects were not compared."""
    problems: tuple[Problem, ...]
    unnamed: int = 0
    """Further damages of the journal."""

    @property
    def exit_code(self) -> int:
        """Return 3 for a damaged journal, 5 for drift of anything else."""
        codes = [DAMAGED if one.part == "journal" else DRIFT for one in self.problems]
        return worst(DONE, *codes)


def check_everything(program: Program) -> Verdict:
    """
    Check journal, read models and objects of a workspace.

    Raises:
        CannotOpen: there is no journal, or it is something else.
    """
    report = verify(program.workspace.journal)
    problems = list(_about_journal(report))
    objects = 0
    if report.ok:
        problems += (_drifted(one) for one in program.models.check()[:MAX_LISTED])
        named = named_objects(program.journal)
        if program.workspace.is_incident:
            pictures = manifest_of(program.workspace).pictures
            named = {sha256: what for sha256, what in named.items() if sha256 in pictures}
        objects = len(named)
        problems += about_objects(program.objects, named)
    return Verdict(
        events=report.head.position,
        head=report.head.hash.hex(),
        redacted=report.redacted,
        withheld=report.withheld,
        objects=objects,
        lines_checked=report.ok,
        problems=tuple(problems),
        unnamed=report.more,
    )


def _about_journal(report: Report) -> Iterator[Problem]:
    for damage in report.damages:
        where = f"position {damage.position}" if damage.position else "the file"
        yield Problem(
            part="journal",
            where=where,
            problem=damage.kind,
            detail=damage.detail,
            position=damage.position or None,
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


def _drifted(one: Difference) -> Problem:
    where = "/".join(part for part in (one.table, one.key, one.column) if part)
    detail = f"{one.stored!r}, the journal says {one.expected!r}"
    hint = "photojournal replay"
    return Problem(part="read models", where=where, problem="drift", detail=detail, hint=hint)


def about_objects(objects: Objects, named: dict[str, Named]) -> Iterator[Problem]:
    """
    Say which objects are gone, damaged or strangers.

    Args:
        objects: the store; every object in it is read.
        named: what has to be there, by SHA-256.
    """
    for sha256, what in named.items():
        if not objects.exists(sha256):
            where, hint = str(what), what.hint
            yield Problem(part="objects", where=where, problem="gone", detail=sha256, hint=hint)
    for damage in objects.verify_all():
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
