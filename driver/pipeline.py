"""
The verbs that do work: ingest, the three stages, publish. Command line and page call the same ones.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from adapters.errors import AdapterError
from driver.errors import Unreachable
from driver.ingest import Intake, Taken, files_of
from driver.program import Program
from driver.publication import publish_row, targets
from driver.shell import Shell
from driver.stages import Progress, Stages, Tally
from machine.failures import FAILURES, hint_for
from machine.refusals import Refused
from machine.row import Row
from machine.status import publication_due, review_status
from machine.values import Labels, Stage


def ingest(
    program: Program,
    paths: Sequence[Path],
    labels: Labels,
    *,
    recursive: bool,
    progress: Callable[[int, int], None],
) -> tuple[str, list[Taken]]:
    """Take photos in; return the set's id (empty when nothing came in) and what became of each."""
    intake = Intake(
        program.shell,
        program.objects,
        program.workers,
        labels,
        paths,
        copy=program.workspace.config.ingest.copy,
    )
    files = list(files_of(paths, recursive=recursive))
    taken = intake.run(files, progress, program.stopping)
    program.refresh()
    return intake.set_id, taken


class Worked(Struct, frozen=True, kw_only=True):
    """What stage work came to."""

    tallies: dict[Stage, Tally]
    failed: dict[int, str]
    """Failure code by row."""
    paused: str = ""
    hint: str = ""


def work(
    program: Program, numbers: Iterable[int], stages: Sequence[Stage], progress: Progress
) -> Worked:
    """Do what is due on these rows; rows that failed are counted, not raised."""
    runner = Stages(
        program.shell,
        program.stage_work,
        stages,
        progress=progress,
        stopping=program.stopping,
    )
    tallies = runner.run(numbers)
    program.refresh()
    paused = next((tally for tally in tallies.values() if tally.paused), None)
    failure = FAILURES[paused.paused] if paused else None
    return Worked(
        tallies=tallies,
        failed=runner.failed_rows,
        paused=f"{failure.meaning}: {paused.paused_detail}" if failure and paused else "",
        hint=failure.hint.format(row="") if failure else "",
    )


# --- Publishing


class Publishable(Struct, frozen=True, kw_only=True):
    """What publishing would do with one row."""

    row: int
    file_name: str
    due: bool
    why: str
    """Why it is or is not due."""
    paths: tuple[str, ...] = ()


class Sent(Struct, frozen=True, kw_only=True):
    """What publishing did with one row."""

    row: int
    file_name: str
    outcome: str
    """`published`, `nothing`, `refused` or `failed`."""
    code: str = ""
    detail: str = ""
    hint: str = ""


def plan_publication(program: Program, numbers: Iterable[int]) -> list[Publishable]:
    """Say for each row what would be published and why; changes nothing."""
    shell = Shell(program.workspace, program.journal, "plan")
    return [_publishable(shell.row(number), number) for number in numbers]


def _publishable(row: Row, number: int) -> Publishable:
    name, status = row.happened.file_name, review_status(row)
    if row.happened.saga:
        return Publishable(row=number, file_name=name, due=True, why="its publication is open")
    if row.decided.decision.value != "approved":
        return Publishable(row=number, file_name=name, due=False, why=f"it is {status}")
    if not publication_due(row):
        return Publishable(row=number, file_name=name, due=False, why="published as approved")
    why = "changed since it was published" if status == "Published" else "approved"
    paths = tuple(targets(row).values())
    return Publishable(row=number, file_name=name, due=True, why=why, paths=paths)


def publish(
    program: Program, numbers: Sequence[int], progress: Callable[[int, int], None]
) -> tuple[list[Sent], Unreachable | None]:
    """
    Publish rows one by one; a row that fails does not stop the others.

    Returns:
        What became of each row that was tried, and what stopped the stage, if something did.

    Raises:
        Misused: another process publishes.
    """
    sent: list[Sent] = []
    with program.publishing():
        for done, number in enumerate(numbers):
            progress(done, len(numbers))
            if program.stopping():
                break
            try:
                sent.append(_publish_one(program, number))
            except Unreachable as error:
                sent.append(_failed(program, number, "PublishRefused", str(error), error.hint))
                return sent, error
        progress(len(sent), len(numbers))
    program.refresh()
    return sent, None


def _publish_one(program: Program, number: int) -> Sent:
    name = program.shell.row(number).happened.file_name
    try:
        row = publish_row(program.shell, program.objects, program.gallery, number)
    except Refused as refused:
        outcome = "nothing" if refused.nothing else "refused"
        return Sent(
            row=number, file_name=name, outcome=outcome, detail=str(refused), hint=refused.hint
        )
    except AdapterError as error:
        if FAILURES[error.code].policy == "nobody":
            hint = hint_for(error.code, number)
            raise Unreachable(str(error), hint) from error
        return _failed(program, number, error.code, error.detail, hint_for(error.code, number))
    if row.happened.publish_failure or row.happened.saga:
        code = row.happened.publish_failure or "TargetChanged"
        return _failed(program, number, code, row.happened.publish_detail, hint_for(code, number))
    return Sent(row=number, file_name=name, outcome="published")


def _failed(program: Program, number: int, code: str, detail: str, hint: str) -> Sent:
    name = program.shell.row(number).happened.file_name
    return Sent(row=number, file_name=name, outcome="failed", code=code, detail=detail, hint=hint)
