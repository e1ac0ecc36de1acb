"""`verify --remote` and `repair --remote`: the gallery beside the journal."""

from typing import TYPE_CHECKING

from msgspec import to_builtins

from commands.call import Call
from commands.doing import LISTED, outcome_code, working
from commands.options import Asked
from commands.output import counted, line, table, warn, write_json
from commands.progress import progress
from driver.errors import DONE, DRIFT, ROWS_FAILED, Unreachable, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.ports import Gallery
    from driver.accepting import Acceptance
    from driver.program import Program
    from driver.remote_check import Finding, RemoteVerdict
    from driver.taking_back import Returned


def verify_remote(call: Call, *, json: bool) -> None:
    """Compare journal and gallery; exit code 5 where they differ."""
    with call.opened(heading=not json, readonly=True) as program:
        verdict = _compare(program, program.gallery)
        program.exit_code = worst(program.exit_code, verdict.exit_code)
    if json:
        write_json(to_builtins(verdict))
        return
    _say(verdict)
    if verdict.exit_code == DONE:
        line("The gallery is as the journal says.")
        return
    if verdict.findings:
        warn(f"Error: {counted(len(verdict.findings), 'thing')} not as the journal says")
    if verdict.behind:
        from driver.standing import ACCEPT_HINT

        warn(f"Error: the journal is behind the gallery: {verdict.behind}")
        warn(f"Hint: {ACCEPT_HINT}")
    else:
        _say_hints(verdict.findings, verdict.gallery)


def repair_remote(call: Call, asked: Asked) -> None:
    """Bring the gallery back to what the journal says, after a plan and a question."""
    from driver.repairing import by_row
    from driver.standing import refusal

    with call.opened(heading=not asked.json) as program:
        verdict = _compare(program, program.gallery)
        if verdict.behind:
            raise refusal(verdict.behind)
        plan = by_row(verdict.findings)
        if not asked.json:
            _say(verdict)
        left = [one for one in verdict.findings if not one.repair]
        names = [f"{number} {found[0].file_name}" for number, found in plan.items()]
        agreed = plan and not asked.dry_run and asked.agree("Repair", names, always=len(plan) > 1)
        if left:
            program.exit_code = worst(program.exit_code, DRIFT)
        if not agreed:
            if asked.json:
                write_json(to_builtins(verdict))
            else:
                line("Dry run: nothing was changed." if asked.dry_run else "Nothing changed.")
                _say_left(left, verdict.gallery)
            return
        returned, stopped = _mend_all(call, program, asked)
        if asked.json:
            write_json(to_builtins(returned))
        else:
            say_repaired(returned)
            _say_left(left, verdict.gallery)
        if stopped:
            raise stopped


def _mend_all(
    call: Call, program: "Program", asked: Asked
) -> "tuple[list[Returned], Unreachable | None]":
    """Look again, alone at the gallery, and repair row by row."""
    from driver.repairing import by_row, mend
    from driver.standing import refuse_behind
    from driver.taking_back import TakingBack

    returned: list[Returned] = []
    stopped: Unreachable | None = None
    with working(call, program, "repair", as_json=asked.json):
        try:
            with program.publishing() as gallery:
                refuse_behind(program.journal, gallery)
                back = TakingBack(program.shell, program.objects, gallery)
                for number, findings in by_row(_compare(program, gallery).findings).items():
                    if program.stopping():
                        break
                    returned.append(mend(back, number, findings))
        except Unreachable as error:
            stopped, program.detail = error, str(error)
        failed = any(one.outcome in ("incomplete", "refused") for one in returned)
        code = outcome_code(failed=failed, unreachable=stopped is not None)
        program.exit_code = worst(program.exit_code, code)
    return returned, stopped


def accept_gallery(call: Call, asked: Asked, reason: str) -> None:
    """Note what of ours stands in the gallery, whatever the journal knew; change nothing there."""
    from driver.accepting import Acceptance, accept, plan_acceptance
    from driver.standing import why_behind

    with call.opened(heading=not asked.json) as program:
        behind = why_behind(program.journal, program.gallery)
        if not behind:
            nothing = Acceptance(observed={}, left=()).told()
            write_json(nothing) if asked.json else line(
                "Nothing changed: the journal is not behind the gallery."
            )
            return
        say = warn if asked.json else line
        say(f"The journal is behind the gallery: {behind}")
        numbers = _numbers(program)
        plan = plan_acceptance(program.rehearsal("repair"), program.gallery, numbers)
        for one in plan.left:
            where = f" {one.target}" if one.target else ""
            say(f"Left as it is: row {one.row}{where}: {one.why}")
        names = [str(number) for number in plan.observed]
        if asked.dry_run or not asked.agree("Take the gallery as it is for", names, always=True):
            if asked.json:
                write_json(plan.told())
            else:
                _say_observed(plan, "Something else stands outside than known")
                line("Nothing was changed.")
            return
        with (
            working(call, program, "repair", as_json=asked.json),
            program.publishing() as gallery,
        ):
            accepted = accept(program, gallery, numbers, reason)
            code = ROWS_FAILED if accepted.left else DONE
            program.exit_code = worst(program.exit_code, code)
        if asked.json:
            write_json(accepted.told())
            return
        _say_observed(accepted, "Accepted")
        line("To publish such a row again, look at it and approve it.")
        line("Next: photojournal verify --remote, photojournal adopt, photojournal queue")


def _say_observed(plan: "Acceptance", heading: str) -> None:
    """Name the rows, those that are gone from the gallery and those that are otherwise there."""
    gone = [str(row) for row in plan.observed if row in plan.gone]
    unsent = [str(row) for row in plan.observed if row in plan.unsent]
    other = [str(row) for row in plan.observed if row not in plan.gone | plan.unsent]
    line(f"{heading}: of {counted(len(plan.observed), 'row')} something else stands outside.")
    if gone:
        line(f"Gone from the gallery, taken for withdrawn: row {', '.join(gone)}")
    if other:
        line(f"Published otherwise since, taken as it is: row {', '.join(other)}")
    if unsent:
        line(f"Approved, but perhaps taken down since: row {', '.join(unsent)}")


def say_repaired(returned: "list[Returned]") -> None:
    """Print what became of each row."""
    for one in returned:
        if one.outcome == "done":
            said = f" ({one.detail})" if one.detail else ""
            line(f"Repaired: row {one.row} {one.file_name}, now {one.status}{said}")
        elif one.outcome == "nothing":
            line(f"Row {one.row} {one.file_name}: {one.detail}")
        else:
            warn(f"Error: row {one.row} {one.file_name}: {one.detail}")
            warn(f"Hint: {one.hint or f'photojournal show {one.row}'}")
    again = [one.row for one in returned if (one.outcome, one.status) == ("done", "Approved")]
    if again:
        rows = f" {again[0]}" if len(again) == 1 else ""
        line(f"Taken back, and still approved: photojournal publish{rows}")


def _numbers(program: "Program") -> list[int]:
    return [one["id"] for one in program.models.query("SELECT id FROM review_queue ORDER BY id")]


def _compare(program: "Program", gallery: "Gallery") -> "RemoteVerdict":
    from driver.remote_check import compare

    with progress("verify") as shown:
        shell = program.rehearsal("verify")
        return compare(shell, program.objects, gallery, _numbers(program), shown.count)


def _say(verdict: "RemoteVerdict") -> None:
    others = (
        f"{counted(verdict.foreign_files, 'file')} and {counted(verdict.foreign_records, 'record')}"
    )
    files = _of(verdict.whole_files, verdict.files, "file")
    records = _of(verdict.whole_records, verdict.records, "record")
    line(
        f"Gallery {verdict.gallery}: {files} and {records} of ours; {others} of others, left alone"
    )
    if verdict.elsewhere:
        rows = counted(verdict.elsewhere, "row")
        line(f"Not looked at: {rows} published to another gallery (setting: [publish] gallery)")
    if not verdict.findings:
        return
    table(
        ("row", "problem", "part", "target", "detail", "repair"),
        [
            (
                "" if one.row is None else one.row,
                one.problem,
                one.part,
                one.target,
                one.detail,
                one.repair or "-",
            )
            for one in verdict.findings[:LISTED]
        ],
        right=("row",),
        keep=("problem", "repair"),
    )
    if len(verdict.findings) > LISTED:
        line(f"... and {len(verdict.findings) - LISTED} more: photojournal verify --remote --json")


def _of(whole: int, expected: int, noun: str) -> str:
    """Return how many stand there as published, such as `5 of 6 records`."""
    return counted(whole, noun) if whole == expected else f"{whole} of {counted(expected, noun)}"


def _say_left(left: "Sequence[Finding]", gallery: str) -> None:
    """Say what no repair touches, and what to do about it."""
    if not left:
        return
    warn(f"Error: {counted(len(left), 'thing')} left for a person to look at")
    _say_hints(left, gallery)


def _say_hints(findings: "Sequence[Finding]", gallery: str) -> None:
    """Say what to type, for each kind of finding."""
    from driver.remote_check import OF_THE_SITE, STAYED

    if gallery == "ftp" and any(one.problem == "unclaimed" for one in findings):
        tables = "photojournal_owner and photojournal_workspace"
        warn(f"Hint: bring {tables} along from where the site was;")
        warn("      else, with the newest journal only: photojournal doctor --create-table")
    if any(one.repair for one in findings):
        warn("Hint: photojournal repair --remote (look first: --dry-run)")
    begun = {one.row for one in findings if one.problem == "open"}
    if begun:
        warn(f"Hint: photojournal repair{'' if len(begun) > 1 else f' {begun.pop()}'}")
    rest = [one for one in findings if not one.repair and one.problem != "open"]
    for row in {one.row: None for one in rest if one.detail == STAYED}:
        warn(f"Hint: how to take down what is still public: photojournal show {row}")
    if any(one.detail == OF_THE_SITE for one in rest):
        warn("Hint: put back what the site has lost, from its own backup; if it is to be gone:")
        warn("      photojournal adopt")
    if any(one.detail not in (STAYED, OF_THE_SITE) for one in rest):
        warn("Hint: look at what stands there; move it away, then: photojournal repair --remote")
