"""The verbs that do work: the three stages, publish; alike for command line and page."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.ports import Gallery
from driver import clock
from driver.errors import Unreachable
from driver.found_marks import check_shared_texts
from driver.program import Program
from driver.publication import Publisher, may_be_published, targets
from driver.quality_control import report_texts
from driver.resize_plan import Densities, RowPlan, plan_renditions
from driver.score_check import check_scores
from driver.score_plan import ScorePlan, change_of, plan_scores, why_not
from driver.shell import Shell
from driver.stages import Progress, Stages
from driver.standing import refuse_behind
from driver.tally import Tally
from machine.completeness import without
from machine.failures import FAILURES
from machine.next_action import next_action
from machine.refusals import Refused
from machine.row import Row, attempts_of
from machine.status import (
    due_stages,
    failure,
    publication_due,
    review_status,
    stage_status,
)
from machine.values import Stage


class Due(Struct, frozen=True, kw_only=True):
    """A stage that a run would take up."""

    row: int
    file_name: str
    stage: Stage
    why: str
    """Its status, such as `due`, `failed`, `interrupted`, or `OTHER_SETTINGS`."""
    change: str = ""
    """Scores: what changed since it was measured, such as `profile embedded -> full`."""
    renditions: RowPlan | None = None
    """Resize: which ones would be made."""


OTHER_SETTINGS = "other settings"
"""Why a stage that is done is due."""


def plan_work(
    program: Program, shell: Shell, numbers: Iterable[int], stages: Sequence[Stage]
) -> list[Due]:
    """Say what is due on these rows; changes nothing. Raises Misused (`StageWork.check`)."""
    program.stage_work.check(stages)
    now, found = clock.now(), list[Due]()
    settings, recipe = program.workspace.config.score, program.stage_work.recipes["score"]
    makes = "resize" in stages and not program.stage_work.no_darkroom
    densities = Densities(program, shell) if makes else None
    for number in numbers:
        row = shell.row(number)
        found += (
            Due(
                row=number,
                file_name=row.happened.file_name,
                stage=stage,
                why=OTHER_SETTINGS if (why := stage_status(row, stage)) == "done" else why,
                change=change_of(row, settings, recipe) if stage == "score" else "",
                renditions=plan_renditions(program, row, densities)
                if stage == "resize" and densities
                else None,
            )
            for stage in due_stages(row, program.stage_work.recipes, now)
            if stage in stages
        )
    return found


def plan_scoring(
    program: Program, shell: Shell, numbers: Iterable[int], due: Iterable[Due]
) -> ScorePlan | None:
    """Say what measuring comes to; None where it needs no model and no settings changed."""
    rows = sum(one.stage == "score" for one in due)
    plan = plan_scores(program, shell, numbers, rows)
    needs = rows and program.stage_work.scoring.neural
    return plan if needs or plan.again.rows or plan.again.kept() else None


class Worked(Struct, frozen=True, kw_only=True):
    """What stage work came to."""

    tallies: dict[Stage, Tally]
    failures: dict[Stage, dict[int, str]]
    """Failure code by stage and row."""
    paused: str = ""
    hint: str = ""
    claimed: dict[int, str] = {}
    """Rows that another run works on, and which run."""

    @property
    def failed(self) -> dict[int, str]:
        """Return each row of which a stage failed, with the code of the first one."""
        found: dict[int, str] = {}
        for codes in self.failures.values():
            found = codes | found
        return found


LOADING = "loading the models"
"""What scoring does before the first photo can be measured."""


def work(
    program: Program, numbers: Iterable[int], stages: Sequence[Stage], progress: Progress
) -> Worked:
    """Do what is due on these rows; rows that failed are counted. Raises Misused (`check`)."""
    program.stage_work.check(stages)
    if program.stage_work.no_darkroom and "resize" in stages:
        program.warn(f"no pictures can be made: {program.stage_work.no_darkroom}")

    def told(tallies: dict[Stage, Tally]) -> None:
        if "score" in tallies:
            tallies["score"].waiting = LOADING if program.stage_work.scoring.loading else ""
        progress(tallies)
        program.keep_up()

    runner = Stages(
        program.shell,
        program.stage_work,
        stages,
        progress=told,
        stopping=program.enough,
    )
    numbers = list(numbers)
    if "prefill" in stages:
        check_shared_texts(program.shell, program.models, numbers)
    tallies = runner.run(numbers)
    if "prefill" in tallies:
        report_texts(program, begun=program.shell.started)
    if "score" in tallies and (tallies["score"].rows or tallies["score"].without):
        check_scores(program, numbers)
    program.refresh()
    why, hint = _why_paused(program, tallies)
    program.detail = why or program.detail
    for words in runner.warnings:
        program.warn(words)
    return Worked(
        tallies=tallies,
        failures={
            stage: {row: code for row, code in codes.items() if row not in tallies[stage].without}
            for stage, codes in runner.failures.items()
        },
        paused=why,
        hint=hint,
        claimed=_claimed(program.shell, numbers, stages),
    )


def _why_paused(program: Program, tallies: Mapping[Stage, Tally]) -> tuple[str, str]:
    """Return why a stage is paused and what helps, a line each; empty: none is."""
    found = next(((stage, one) for stage, one in tallies.items() if one.paused), None)
    if found is None:
        return "", ""
    stage, tally = found
    known = FAILURES[tally.paused]
    unavailable = program.stage_work.scoring.unavailable
    if stage == "score" and unavailable and tally.paused in _NOT_MEASURABLE:
        return why_not(program)
    if stage == "resize" and (wrong := program.stage_work.no_darkroom):
        return f"{known.meaning}: {tally.paused_detail}", wrong.hint
    hint = known.hint.replace("MODEL", program.workspace.config.prefill.model)
    return f"{known.meaning}: {tally.paused_detail}", hint


_NOT_MEASURABLE = ("ScoringWeights", "ScoringDependency", "OutOfMemory")
"""Codes for what lacks in every row of a run alike."""


def _claimed(shell: Shell, numbers: Iterable[int], stages: Sequence[Stage]) -> dict[int, str]:
    """Return the rows that another run works on."""
    found: dict[int, str] = {}
    for number in numbers:
        for stage in stages:
            claim = attempts_of(shell.row(number), stage).open
            if claim and claim.claimed_by != shell.run_id:
                found[number] = claim.claimed_by
    return found


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


def plan_publication(
    program: Program, numbers: Iterable[int], *, forced: str = ""
) -> list[Publishable]:
    """Say for each row what would be published and why; changes nothing."""
    shell = program.rehearsal("publish")
    return [_publishable(shell.row(number), number, forced) for number in numbers]


def _publishable(row: Row, number: int, forced: str) -> Publishable:
    name, status = row.happened.file_name, review_status(row)
    saga = row.happened.saga
    if saga:
        mine = saga.kind == "publication"
        why = f"a {saga.kind} is open" + ("" if mine else f": photojournal repair {number}")
        return Publishable(row=number, file_name=name, due=mine, why=why)
    if row.decided.decision.value != "approved" or not row.decided.intake:
        return Publishable(row=number, file_name=name, due=False, why=f"it is {status}")
    if not publication_due(row):
        return Publishable(row=number, file_name=name, due=False, why="published as approved")
    try:
        may_be_published(row, forced=forced)
    except Refused as refused:
        return Publishable(row=number, file_name=name, due=False, why=f"{refused}: {refused.hint}")
    why = "changed since it was published" if status == "Published" else "approved"
    why = f"{why}, {lacks}" if (lacks := without(row)) else why
    paths = tuple(targets(row).values())
    return Publishable(row=number, file_name=name, due=True, why=why, paths=paths)


def publish(
    program: Program,
    numbers: Sequence[int],
    progress: Callable[[int, int], None],
    *,
    forced: str = "",
) -> tuple[list[Sent], Unreachable | None]:
    """
    Publish rows one by one; a row that fails does not stop the others.

    Before the first row, the gallery is tried out: one that is away is no failure of any row.
    `forced`: a person's reason to publish rows although something stands against it.

    Returns:
        What became of each row that was tried, and what stopped the stage, if something did.

    Raises:
        Misused: another process publishes.
    """
    sent: list[Sent] = []
    with program.publishing() as gallery:
        publisher = Publisher(
            program.shell, program.objects, gallery, program.workers, forced=forced
        )
        try:
            check_gallery(gallery)
            refuse_behind(program.journal, gallery)
            program.report_texts()
            for done, number in enumerate(numbers):
                progress(done, len(numbers))
                if program.stopping():
                    break
                _publish_one(program, publisher, number, sent)
                program.say_report()
        except Unreachable as error:
            program.refresh()
            return sent, error
        progress(len(sent), len(numbers))
    program.refresh()
    return sent, None


def check_gallery(gallery: Gallery) -> None:
    """
    Try the gallery out.

    Raises:
        Unreachable: it does not take what we would send.
    """
    for probe in gallery.check():
        if not probe.ok:
            msg = f"nothing can be published to the gallery ({probe.name}): {probe.detail}"
            raise Unreachable(msg, FAILURES["PublishRefused"].hint)


def _publish_one(program: Program, publisher: Publisher, number: int, sent: list[Sent]) -> None:
    """
    Publish one row and say in `sent` what became of it.

    Raises:
        Unreachable: the gallery or the disk fails; the stage is over.
    """
    name = program.shell.row(number).happened.file_name
    try:
        row = publisher.publish(number)
    except Refused as refused:
        outcome = "nothing" if refused.nothing else "refused"
        sent.append(
            Sent(
                row=number,
                file_name=name,
                outcome=outcome,
                detail=str(refused),
                hint=refused.hint,
            )
        )
    except AdapterError as error:
        sent.append(_failed(program, number, error.code, error.detail))
        if FAILURES[error.code].policy == "nobody":
            raise Unreachable(str(error), FAILURES[error.code].hint.format(row=number)) from error
    except Unreachable as error:
        code = program.shell.row(number).happened.publish_failure
        sent.append(_failed(program, number, code or "PublishRefused", str(error)))
        raise
    else:
        code, detail = failure(row)
        if row.happened.saga or publication_due(row):
            sent.append(_failed(program, number, code or "PublishFailed", detail))
        else:
            sent.append(Sent(row=number, file_name=name, outcome="published"))
            aside = row.decided.decision.without_scores
            if lacks := without(row):
                program.warn(
                    f"row {number} {name} was published {lacks}"
                    f"{'' if aside else f': photojournal score {number}'}"
                )


def _failed(program: Program, number: int, code: str, detail: str) -> Sent:
    """Say why a row was not published; the row's own next command stands in the hint."""
    row = program.shell.row(number)
    action = next_action(row)
    hint = f"{_FIRST.get(code, FAILURES[code].meaning)}; then: {action.command}" if action else ""
    return Sent(
        row=number,
        file_name=row.happened.file_name,
        outcome="failed",
        code=code,
        detail=detail,
        hint=hint,
    )


_FIRST = {
    "TargetChanged": "look at what stands there and move it away",
    "PublishUnreachable": "bring the gallery back (photojournal doctor)",
    "PublishRefused": "see what the gallery refuses (photojournal doctor)",
    "RemoteFull": "free some space in the gallery",
    "PublishFailed": "see what the gallery says (photojournal doctor)",
    "DiskLow": "free some space",
    "WriteFailed": "check the permissions of the workspace",
    "FinishingFailed": "see why (photojournal show ROW), shorten the texts if it says so",
    "ExiftoolMissing": "install exiftool (exiftool.org) or choose WebP",
    "ObjectMissing": "make the picture again (photojournal retry ROW --stage resize)",
}
"""What to do first, by failure code."""
