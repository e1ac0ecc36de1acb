"""The verbs that do stage work, alike for command line and page."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from driver import clock
from driver.found_marks import check_shared_texts
from driver.program import Program
from driver.quality_control import report_texts
from driver.resize_plan import Densities, RowPlan, plan_renditions
from driver.score_check import check_scores
from driver.score_plan import ScorePlan, change_of, plan_scores, why_not
from driver.shell import Shell
from driver.stages import Progress, Stages
from driver.tally import Tally
from machine.failures import FAILURES
from machine.row import attempts_of
from machine.status import (
    due_stages,
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
