"""`approve --clean`: the rows that nothing stands against, some of them shown first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from commands.answers import report
from commands.call import Call
from commands.options import Asked, Choice
from commands.output import counted, hanging, line, warn, write_json
from driver.clean_rows import clean_rows, sample_of, told
from driver.errors import Misused
from driver.selection import labelled

if TYPE_CHECKING:
    from driver.decisions import Answer
    from driver.shell import Shell

Act = Callable[["Shell", list[int], int], "list[Answer]"]
"""Approves rows whose texts are those of a position of the journal."""


def approve_clean(call: Call, choice: Choice, asked: Asked, act: Act, *, sample: int) -> None:
    """Show what is clean among the chosen rows, and a sample of it; approve that at a yes."""
    if choice.is_empty():
        msg = "say which rows are meant"
        hint = "photojournal approve --clean --status Pending (or: --set SET)"
        raise Misused(msg, hint)
    with call.opened(heading=not asked.json) as program:
        seen = program.models.position
        lines = program.models.queue(choice.numbers(program))
        found = clean_rows(lines)
        drawn = sample_of(found.rows, sample)
        shown = [one for one in lines if one["id"] in drawn]
        if not asked.json:
            _say_others(found.not_clean)
            _say_sample([*told(shown)], len(found.rows))
        if not found.rows:
            program.exit_code = report([], as_json=asked.json)
            return
        if asked.dry_run and asked.json:
            plan = {"clean": found.rows, "sample": [*told(shown)], "not_clean": found.not_clean}
            write_json([plan])
            warn("Dry run: nothing was changed.")
        elif asked.agree("Approve", labelled(program.models, found.rows), choice, always=True):
            with program.run("approve", call.argv) as shell:
                answers = act(shell, list(found.rows), seen)
                program.exit_code = report(answers, "Approved", as_json=asked.json)


def _say_others(not_clean: dict[str, int]) -> None:
    for reason, rows in not_clean.items():
        line(f"Not clean, {counted(rows, 'row')}: {reason}")


def _say_sample(shown: list[dict[str, object]], rows: int) -> None:
    """Print the texts of the sample."""
    if not shown:
        return
    line(f"{counted(len(shown), 'row')} of {rows:,}, drawn at random:")
    for one in shown:
        rating = "" if one["QR"] is None else f"  QR {one['QR']}"
        line(f"{one['id']} {one['File_Name']}{rating}")
        for name, label in (("Caption", "Caption"), ("alt_text", "Alt text")):
            hanging(f"  {label}: ", str(one[name]))
