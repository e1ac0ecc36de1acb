"""What verbs share that go back or take down: the plan, then row by row, then the way back."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from commands.call import Call
from commands.doing import LISTED, outcome_code, working
from commands.options import Asked
from commands.output import counted, line, table, warn, write_json
from driver.errors import Unreachable, worst

if TYPE_CHECKING:
    from driver.going_back import RowPlan
    from driver.program import Program
    from driver.shell import Shell
    from driver.taking_back import Returned, TakingBack
    from machine.values import Text


@dataclass(frozen=True)
class Way:
    """A verb that goes back."""

    verb: str
    question: str
    """Such as `Take back`."""
    done: str
    """Such as `Taken back`."""
    act: "Callable[[TakingBack, RowPlan], Returned]"
    forth: "Callable[[str, Sequence[RowPlan]], str]"
    """The command that brings it all back, from the run and the plans that were carried out."""
    also: "Callable[[Shell], None]" = lambda _shell: None
    """What is done once, beside the rows."""
    careful: bool = False
    """True: ask also about a single row, if a person's text or the site would change."""


def go(call: Call, program: "Program", asked: Asked, plans: "Sequence[RowPlan]", way: Way) -> None:
    """Show the plans, ask, carry them out, and set the program's exit code."""
    going = [plan for plan in plans if not plan.kept]
    kept = [plan for plan in plans if plan.kept and not plan.nothing]
    if not asked.json:
        _say_plans(going, kept)
        _say_erased([plan for plan in plans if plan.erased])
    if not going:
        if asked.json:
            write_json([_as_json(plan) for plan in plans])
        elif not kept:
            line("Nothing changed.")
        program.exit_code = worst(program.exit_code, outcome_code(failed=bool(kept)))
        return
    names = [f"{plan.row} {plan.file_name}" for plan in going]
    asks = len(going) > 1 or any(_is_grave(plan, way) for plan in going)
    if not asked.agree(way.question, names, always=asks):
        if asked.json:
            write_json([_as_json(plan) for plan in plans])
        program.exit_code = worst(program.exit_code, outcome_code(failed=bool(kept)))
        return
    _carry_out(call, program, asked, plans, way)


def _is_grave(plan: "RowPlan", way: Way) -> bool:
    """Tell whether a plan is to be asked about although it touches one row only."""
    return way.careful and (plan.lost_text is not None or bool(plan.steps))


def _carry_out(
    call: Call, program: "Program", asked: Asked, plans: "Sequence[RowPlan]", way: Way
) -> None:
    going = [plan for plan in plans if not plan.kept]
    returned: list[Returned] = []
    stopped: Unreachable | None = None
    with working(call, program, way.verb, as_json=asked.json) as shell:
        try:
            _each(program, going, way, returned)
            if any(one.outcome == "done" for one in returned):
                way.also(shell)
            if _texts_changed(going, returned):
                program.report_texts()
        except Unreachable as error:
            stopped = error
            program.detail = str(error)
        kept = any(plan.kept and not plan.nothing for plan in plans)
        failed = kept or any(one.failed for one in returned)
        code = outcome_code(failed=failed, unreachable=stopped is not None)
        program.exit_code = worst(program.exit_code, code)
        run = shell.run_id
    if asked.json:
        left = [_as_json(plan) for plan in plans if plan.kept]
        write_json([*to_builtins(returned), *left])
    else:
        _say_returned(returned, going, way)
        done = [plan for plan, one in zip(going, returned, strict=False) if one.outcome == "done"]
        if done:
            line(f"The way back: {way.forth(run, done)}")
    if stopped:
        raise stopped


def _each(
    program: "Program", going: "Sequence[RowPlan]", way: Way, returned: "list[Returned]"
) -> None:
    """Carry out plan by plan; alone at the gallery, if the outside is to change."""
    from driver.standing import refuse_away, refuse_behind
    from driver.taking_back import TakingBack

    outside = any(plan.steps for plan in going)
    with program.publishing() if outside else contextlib.nullcontext(program.gallery) as gallery:
        if outside:
            refuse_behind(program.journal, gallery)
            for target in _some_file(going):
                refuse_away(gallery, target)
        back = TakingBack(program.shell, program.objects, gallery)
        for plan in going:
            if program.stopping():
                return
            try:
                returned.append(way.act(back, plan))
            except Unreachable:
                begun = back.left_open(plan.row)
                returned += [begun] if begun else []
                raise


def _some_file(going: "Sequence[RowPlan]") -> list[str]:
    """Return the first file that is to be put or removed, if there is one."""
    steps = (step for plan in going for step in plan.steps)
    return [step.target for step in steps if step.action.endswith("_file")][:1]


def _texts_changed(going: "Sequence[RowPlan]", returned: "Sequence[Returned]") -> bool:
    """Tell whether rows went back with a part that the report on the texts looks at."""
    from driver.going_back import TEXT_PARTS

    done = {one.row for one in returned if one.outcome == "done"}
    return any(plan.row in done and not TEXT_PARTS.isdisjoint(plan.parts) for plan in going)


def _say_lost(text: "Text") -> None:
    """Print the texts that are not blank."""
    for label, lost in (
        ("caption", text.caption),
        ("alt text", text.alt_text),
        ("keywords", ", ".join(text.keywords)),
    ):
        if lost:
            line(f"  {label}: {lost}")


def _say_plans(going: "Sequence[RowPlan]", kept: "Sequence[RowPlan]") -> None:
    if going:
        table(
            ("row", "File_Name", "version", "to", "parts", "outside"),
            [
                (
                    plan.row,
                    plan.file_name,
                    plan.version,
                    plan.to,
                    ", ".join(plan.parts),
                    steps(plan),
                )
                for plan in going[:LISTED]
            ],
            right=("row", "version", "to"),
            keep=("parts", "outside"),
        )
        if len(going) > LISTED:
            line(f"... and {len(going) - LISTED} more")
    for plan in going:
        for target in plan.not_ours if plan.steps else ():
            line(f"Row {plan.row}: {target} was somebody else's; it stays if it still is")
        if plan.lost_text:
            line(f"Row {plan.row} loses a text that a person wrote:")
            _say_lost(plan.lost_text)
    for plan in kept:
        line(f"Kept: row {plan.row} {plan.file_name}: {plan.kept}")
        if plan.hint:
            line(f"Hint: {plan.hint}")


def _say_erased(erased: "Sequence[RowPlan]") -> None:
    """Name the rows that do not go back since nothing of them is left: that is no failure."""
    for plan in erased[:LISTED]:
        line(f"Left out: row {plan.row} {plan.file_name}: {plan.kept}")
    if len(erased) > LISTED:
        line(f"... and {len(erased) - LISTED} more")


def steps(plan: "RowPlan") -> str:
    """Return what would be done outside, counted."""
    words = {
        "put_file": "puts {} back",
        "remove_file": "removes {}",
        "put_record": "sets the record",
        "remove_record": "removes the record",
    }
    counts: dict[str, int] = {}
    for step in plan.steps:
        counts[step.action] = counts.get(step.action, 0) + 1
    said = [words[action].format(counted(n, "file")) for action, n in counts.items()]
    return ", ".join(said) if said else "nothing"


def _say_returned(returned: "Sequence[Returned]", going: "Sequence[RowPlan]", way: Way) -> None:
    done = [one for one in returned if one.outcome == "done"]
    for one in done[:LISTED]:
        said = f" ({one.detail})" if one.detail and not one.not_ours else ""
        line(f"{way.done}: row {one.row} {one.file_name}, now {one.status}{said}")
    if len(done) > LISTED:
        line(f"... and {len(done) - LISTED} more")
    for one in filter(lambda one: one.failed, returned):
        warn(f"Error: row {one.row} {one.file_name}: {one.detail}")
        warn(f"Hint: {one.hint or f'photojournal show {one.row}'}")
    if len(returned) < len(going):
        left = ", ".join(str(plan.row) for plan in going[len(returned) :][:LISTED])
        line(f"Not begun: row {left}")
    if not done and all(one.outcome == "nothing" for one in returned):
        line("Nothing changed.")


def _as_json(plan: "RowPlan") -> dict[str, Any]:
    outcome = "nothing" if plan.nothing else "kept" if plan.kept else "planned"
    found: dict[str, Any] = to_builtins(plan) | {"outcome": outcome}
    return found
