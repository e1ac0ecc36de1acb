"""What the doing verbs share: a run around the work, what became of rows, what to type next."""

import contextlib
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commands.answers import report
from commands.call import Call
from commands.options import Asked, Choice
from commands.output import counted, line, table, warn, write_json
from commands.portion import Portion
from commands.rehearsing import rehearse, say_again
from driver.errors import DONE, INTERRUPTED, ROWS_FAILED, UNREACHABLE, worst
from driver.selection import labelled
from machine.failures import FAILURES, hint_for

if TYPE_CHECKING:
    from driver.decisions import Answer
    from driver.pipeline import Worked
    from driver.program import Program
    from driver.shell import Shell
    from driver.tally import Tally
    from machine.values import Stage

LISTED = 20
"""Rows that are named one by one; the others are counted."""


@contextlib.contextmanager
def working(
    call: Call, program: "Program", verb: str, *, as_json: bool = False, resume: str = ""
) -> "Iterator[Shell]":
    """
    Begin a run with effects: what is gone is settled first, and Ctrl+C lets rows in flight finish.

    Args:
        call: what was typed.
        program: the opened workspace.
        verb: what the run is called.
        as_json: say everything on standard error.
        resume: what to type to go on; the same command by default.
    """
    again = resume or shlex.join(["photojournal", *call.argv])
    try:
        with (
            program.run(verb, call.argv, effects=True) as shell,
            call.stoppable(program, again),
        ):
            for gone in program.settled:
                (warn if as_json else line)(
                    f"Settled run {gone.run}: {counted(gone.attempts, 'attempt')} interrupted,"
                    f" {gone.sagas} left open outside"
                )
            yield shell
    finally:
        for words in program.warnings:
            warn(f"Warning: {words}")


@dataclass(frozen=True)
class Decision:
    """What is decided about rows."""

    verb: str
    """Such as `approve`."""
    done: str
    """What was done, such as `Approved`."""
    act: "Callable[[Shell, list[int]], list[Answer]]"
    """Decides; with a rehearsal's shell it changes nothing."""
    texts: bool = False
    """True: afterwards, quality control may say something else about the texts."""


def decide(call: Call, choice: Choice, asked: Asked, decision: Decision) -> None:
    """Carry out a decision about rows, after a count and perhaps a question."""
    verb, done, act = decision.verb, decision.done, decision.act
    with call.opened(heading=not asked.json) as program:
        numbers = choice.numbers(program)
        if not numbers:
            program.exit_code = report([], as_json=asked.json)
        elif asked.dry_run:
            answers = act(program.rehearsal(verb), numbers)
            program.exit_code = report(answers, f"Would be {done.lower()}", as_json=asked.json)
            (warn if asked.json else line)("Dry run: nothing was changed.")
        elif asked.agree(verb.capitalize(), labelled(program.models, numbers), choice):
            with program.run(verb, call.argv) as shell:
                answers = act(shell, numbers)
                program.exit_code = report(answers, done, as_json=asked.json)
                if decision.texts and any(answer.outcome == "done" for answer in answers):
                    program.report_texts()


# --- stage work


def say_work(program: "Program", worked: "Worked") -> None:
    """Print what the stages did, each failure with its hint."""
    tallies = {stage: tally for stage, tally in worked.tallies.items() if tally.rows}
    if tallies:
        table(
            ("stage", "rows", "done", "failed", "skipped"),
            [
                (stage, tally.rows, tally.done, tally.failed, tally.skipped)
                for stage, tally in tallies.items()
            ],
            right=("rows", "done", "failed", "skipped"),
        )
    _say_failures(program, worked)
    for number, run in list(worked.claimed.items())[:LISTED]:
        line(f"Row {number}: run {run} is at work on it")
    if worked.paused:
        warn(f"Error: the stage is paused: {worked.paused}")
        warn(f"Hint: {worked.hint}")


def _say_failures(program: "Program", worked: "Worked") -> None:
    """Print an error and a hint for each row and each stage of it that failed."""
    rows = sorted(worked.failed)
    for one in program.models.queue(rows[:LISTED]):
        codes = [codes[one["id"]] for codes in worked.failures.values() if one["id"] in codes]
        for code in dict.fromkeys(codes):
            told = one["failure"] if one["failure"].partition(":")[0] == code else code
            warn(f"Error: row {one['id']} {one['File_Name']}: {meaning(told)}")
            warn(f"Hint: {hint_of({**one, 'failure': told})}")
    if len(rows) > LISTED:
        rest = "photojournal queue --status Error --status Quarantined"
        warn(f"... and {len(rows) - LISTED} more: {rest}")


def meaning(failure: str) -> str:
    """Return a failure in words, with its code and what exactly happened."""
    code, _, detail = failure.partition(": ")
    known = FAILURES.get(code)
    words = f"{known.meaning} ({code})" if known else code
    return f"{words}: {detail}" if detail else words


def hint_of(row: Mapping[str, Any]) -> str:
    """Return what a person can do about a row: the code's hint, else the row's next command."""
    code = str(row["failure"]).partition(":")[0]
    action = str(row["next_action"])
    return hint_for(code, row["id"], action) or action


def code_of_work(worked: "Worked", allow_failed: int = 0) -> int:
    """Return the exit code of stage work."""
    failed = ROWS_FAILED if len(worked.failed) > allow_failed else DONE
    return worst(failed, UNREACHABLE if worked.paused else DONE)


def work_as_json(worked: "Worked") -> list[dict[str, Any]]:
    """Return what each stage did."""
    return [_stage_as_json(worked, stage, tally) for stage, tally in worked.tallies.items()]


def _stage_as_json(worked: "Worked", stage: "Stage", tally: "Tally") -> dict[str, Any]:
    return {
        "stage": stage,
        "rows": tally.rows,
        "done": tally.done,
        "failed": tally.failed,
        "skipped": tally.skipped,
        "failures": [{"id": row, "failure": code} for row, code in worked.failures[stage].items()],
        "claimed": [{"id": row, "run_id": run} for row, run in worked.claimed.items()],
        "paused": tally.paused,
        "hint": worked.hint if tally.paused else "",
    }


def run_stage(
    call: Call,
    choice: Choice,
    asked: Asked,
    stage: "Stage",
    portion: Portion | None = None,
) -> None:
    """Do a stage on the rows that are due; all rows where none were chosen."""
    portion, stages = portion or Portion(), (stage,)
    end = portion.end()
    from commands.progress import progress
    from driver.pipeline import work

    with call.opened(heading=not asked.json) as program:
        program.until = end
        numbers = choice.numbers(program, everything=True)
        if asked.dry_run:
            shell = program.rehearsal(stage)
            now = portion.rows(program, shell, numbers, stages)
            rehearse(program, shell, now, stages, asked)
            return
        with working(call, program, stage, as_json=asked.json) as shell:
            now = portion.rows(program, shell, numbers, stages)
            say_again(program, shell, now, stages, asked)
            with progress() as shown:
                worked = work(program, now, stages, shown.stages)
            program.exit_code = code_of_work(worked)
        if asked.json:
            write_json(work_as_json(worked))
        else:
            say_work(program, worked)
            say_if_time(program, stage)
            if not program.shell.started and not worked.claimed:
                line("Nothing changed.")


def say_if_time(program: "Program", verb: str) -> None:
    """Say that nothing more is begun, if it is because of the time."""
    if program.enough() and not program.stopping():
        line(f"It is time: nothing more is begun. To go on: photojournal {verb}")


# --- the end of a bulk verb


def say_where_rows_are(program: "Program", numbers: Iterable[int]) -> None:
    """Print how many rows are where, what each group waits for, and the command for it."""
    lines = program.models.queue(numbers)
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in lines:
        wrong = one["QC_Status"] if one["failure"] else ""
        groups.setdefault((one["Review_Status"], wrong), []).append(one)
    if not groups:
        return
    table(
        ("Review_Status", "QC_Status", "rows", "next"),
        [
            (status, wrong, len(group), _next_of(status, group))
            for (status, wrong), group in groups.items()
        ],
        right=("rows",),
        keep=("next",),
    )


def _next_of(status: str, group: Sequence[Mapping[str, Any]]) -> str:
    """Return the command that leads a group of rows on."""
    first = str(group[0]["next_action"])
    if len(group) == 1 or not first:
        return first
    verb = first.split()[1]
    if verb in ("prefill", "score", "resize"):
        return "photojournal run"
    if verb in ("approve", "publish", "repair", "retry"):
        return f"photojournal {verb} --status {status}"
    return first


def outcome_code(*, failed: bool, stopped: bool = False, unreachable: bool = False) -> int:
    """Return the exit code of a verb that works on several rows."""
    return worst(
        ROWS_FAILED if failed else DONE,
        UNREACHABLE if unreachable else DONE,
        INTERRUPTED if stopped else DONE,
    )
