"""What stage work comes to before it is done: what is due, what it needs, takes and makes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from commands.options import Asked
from commands.output import counted, line, table, warn, write_json
from commands.progress import about
from machine.text import size

if TYPE_CHECKING:
    from driver.pipeline import Due
    from driver.program import Program
    from driver.resize_plan import RowPlan, ToMake
    from driver.score_plan import Again, Estimate, NeededFile, ScorePlan
    from driver.shell import Shell
    from machine.values import Stage


def rehearse(
    program: "Program",
    shell: "Shell",
    numbers: Sequence[int],
    stages: "Sequence[Stage]",
    asked: Asked,
) -> None:
    """Say which stages are due on these rows, and what measuring and resizing them comes to."""
    from driver.pipeline import plan_scoring, plan_work

    due = plan_work(program, shell, numbers, stages)
    plan = plan_scoring(program, shell, numbers, due) if "score" in stages else None
    words = plan_in_words(plan) if plan else []
    words += renditions_in_words(due)
    wrong = program.stage_work.no_darkroom
    if wrong and any(one.stage == "resize" for one in due):
        words.append(f"No pictures can be made: {wrong}")
    if asked.json:
        write_json([_as_json(one, plan) for one in due])
        for said in words:
            warn(said)
        return
    _list(due)
    for said in words:
        line(said)
    if due:
        line("Dry run: nothing was changed.")


def _as_json(due: "Due", plan: "ScorePlan | None") -> dict[str, Any]:
    """Return what is due, and for scores what cannot be measured and how long a photo takes."""
    scores = plan if due.stage == "score" else None
    per_photo_ms = scores.estimate.per_photo_ms if scores and scores.estimate else None
    found: dict[str, Any] = to_builtins(due)
    missing = to_builtins(scores.missing) if scores else []
    return found | {"missing": missing, "estimate_ms": per_photo_ms}


def _list(due: "Sequence[Due]") -> None:
    if not due:
        line("Nothing is due.")
        return
    columns = ["row", "file_name", "stage", "why"]
    columns += ["change"] if any(one.change for one in due) else []
    lines = [[getattr(one, column) for column in columns] for one in due]
    if any(one.renditions for one in due):
        columns.append("renditions")
        for one, cells in zip(due, lines, strict=True):
            cells.append(_renditions(one.renditions) if one.renditions else "")
    table(columns, lines, right=("row",))


def _renditions(plan: "RowPlan") -> str:
    """Return what would be made of a row, and what of it stays or goes."""
    words = [f"{one.name} {_pixels(one)}{_amount(one)}" for one in plan.make]
    words += [f"{name} stays" for name in plan.kept]
    return ", ".join([*words, *(f"{name} goes" for name in plan.dropped)])


def _pixels(one: "ToMake") -> str:
    return f"{one.width_px} x {one.height_px}" if one.width_px else "of unknown size"


def _amount(one: "ToMake") -> str:
    return "" if one.estimate_bytes is None else f" (about {size(one.estimate_bytes)})"


def renditions_in_words(due: "Sequence[Due]") -> list[str]:
    """Return what resizing comes to, in a line; an estimate is called so."""
    from driver.resize_plan import estimated

    count, size_bytes, unknown = estimated(one.renditions for one in due if one.renditions)
    if not count:
        return []
    amount = f"an estimated {size(size_bytes)}, by the bytes per pixel of those made before"
    if unknown == count:
        amount = "how many bytes is not known before the first ones are made"
    elif unknown:
        amount += f"; {unknown:,} more of unknown size"
    return [f"Renditions: {count:,} to make, {amount}"]


def say_again(
    program: "Program",
    shell: "Shell",
    numbers: Sequence[int],
    stages: "Sequence[Stage]",
    asked: Asked,
) -> None:
    """Say before the work what no photo has, and that rows are measured with other settings."""
    from adapters.neural import misnamed
    from driver.score_plan import measured_again

    if "score" not in stages:
        return
    for metric, why in misnamed(program.workspace.config.score.metrics).items():
        warn(f"Warning: nothing can be measured as {metric}: {why}")
    found = measured_again(program, shell, numbers)
    lacking = program.stage_work.still_lacking  # Nothing more of those can be measured.
    able = {
        what: [row for row in rows if lacking(shell.row(row)) is None]
        for what, rows in found.rows.items()
    }
    if any(able.values()):
        kept = f"; {_kept(found)}" if found.kept() else ""
        (warn if asked.json else line)(f"Measured again: {_changes(able)}{kept}")


def plan_in_words(plan: "ScorePlan") -> list[str]:
    """Return what measuring comes to, a line for each thing."""
    said = []
    if plan.again.rows:
        said.append(f"Measured again: {_changes(plan.again.rows)}")
    if plan.again.kept():
        again = "to measure one again: photojournal retry ROW --stage score"
        said.append(f"Other settings, and left alone: {_kept(plan.again)}; {again}")
    if not plan.rows:
        return said
    if plan.files:
        said.append(f"Needed in {plan.folder}: {'; '.join(map(_file, plan.files))}")
    to_fetch = any(one.state != "present" for one in plan.files)
    if to_fetch:
        said.append("To fetch them: photojournal models pull")
    reasons: dict[str, list[str]] = {}
    for lack in plan.missing:
        if not (to_fetch and lack.code == "ScoringWeights"):
            reasons.setdefault(lack.detail or lack.code, []).append(lack.metric)
    said += [f"Missing for {', '.join(those)}: {why}" for why, those in reasons.items()]
    if plan.estimate:
        said.append(f"Time: {_time(plan.estimate)}")
    return said


def _changes(rows: Mapping[str, Sequence[int]]) -> str:
    return "; ".join(f"{counted(len(one), 'row')}, {what}" for what, one in rows.items() if one)


def _kept(again: "Again") -> str:
    counts = ((again.approved, "approved"), (again.published, "published"))
    words = " and ".join(f"{number:,} {what}" for number, what in counts if number)
    return f"{words} {'row stays as it is' if again.kept() == 1 else 'rows stay as they are'}"


def _file(one: "NeededFile") -> str:
    amount = "size not known" if one.size_bytes is None else size(one.size_bytes)
    state = {"present": "there", "absent": "missing"}.get(one.state, one.detail)
    return f"{one.file} ({amount}, {state})"


def _time(estimate: "Estimate") -> str:
    per_photo = f"{estimate.per_photo_ms:,.0f} ms a photo on {estimate.device}"
    basis = f"as the newest {estimate.photos} that were measured so"
    return f"{about(estimate.seconds).removesuffix(' left')} ({per_photo}, {basis})"
