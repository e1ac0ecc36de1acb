"""`relink`: where originals lie after a move."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import working
from commands.options import Asked
from commands.output import counted, line, middle_cut, small, table, write_json
from driver.errors import DONE, ROWS_FAILED, Misused

if TYPE_CHECKING:
    from driver.program import Program
    from driver.relinking import Relinked

_BAD = ("missing", "changed", "unreadable")
_PATH = 40
"""Columns that a path gets in a small terminal."""


def relink(
    call: Call,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Where they lay.", show_default=False)],
    new: Annotated[
        Path, typer.Argument(metavar="NEW", help="Where they lie now.", show_default=False)
    ],
    asked: Asked,
) -> None:
    """
    Say where originals lie after a drive or folder was moved

    OLD is a folder or a file as it was called when it came in (`show` tells), NEW stands in its
    place. Every original below OLD is read at its new place and compared by its SHA-256: only the
    very same bytes are accepted, and what is missing or different is named and left as it is.
    """
    from driver.relinking import relink as look

    with call.opened(heading=not asked.json) as program:
        if not new.exists():
            msg = f"there is nothing at {new}"
            raise Misused(msg, "photojournal relink OLD NEW, with NEW where the photos lie now")
        numbers = [one["id"] for one in program.models.query("SELECT id FROM review_queue")]
        if asked.dry_run:
            found = look(program.rehearsal("relink"), numbers, old, new, dry_run=True)
        else:
            with working(call, program, "relink", as_json=asked.json) as shell:
                found = look(shell, numbers, old, new, dry_run=False)
                program.exit_code = code_of(found)
        program.exit_code = code_of(found)
        if not found:
            msg = f"no row has its original at {old} or below it"
            raise Misused(msg, "photojournal show ROW says where the original of a row lies")
        if asked.json:
            write_json([to_builtins(one) for one in found])
        else:
            _say(found, dry_run=asked.dry_run, leads_on=_next(program, found))


def _next(program: "Program", found: "Sequence[Relinked]") -> str:
    """Return what to type next: rows that were set aside for their missing photo are released."""
    rows = [one.row for one in found if one.outcome == "done"]
    missed = [
        line for line in program.models.queue(rows) if line["failure"].startswith("OriginalMissing")
    ]
    if len(missed) == 1:
        return str(missed[0]["next_action"])
    verbs = {line["next_action"].split()[1] for line in missed if line["next_action"]}
    if "release" in verbs:
        return "photojournal release --qc OriginalMissing --reason '...'"
    return "photojournal retry --qc OriginalMissing" if "retry" in verbs else "photojournal status"


def code_of(found: "Sequence[Relinked]") -> int:
    """Return the exit code: 10 if some could not be confirmed."""
    return ROWS_FAILED if any(one.outcome in _BAD for one in found) else DONE


def _say(found: "Sequence[Relinked]", *, dry_run: bool, leads_on: str) -> None:
    bad = [one for one in found if one.outcome in _BAD]
    if bad:
        cut = middle_cut if small() else (lambda text, _room: text)
        table(
            ("row", "File_Name", "now at", "outcome", "why"),
            [
                (one.row, one.file_name, cut(one.path, _PATH), one.outcome, one.detail)
                for one in bad
            ],
            right=("row",),
            keep=("row", "outcome"),
        )
    counts: dict[str, int] = {}
    for one in found:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    line(f"{counted(len(found), 'original')}: {', '.join(f'{n} {o}' for o, n in counts.items())}")
    if dry_run:
        line("Dry run: nothing was changed.")
    elif bad:
        line(
            "Hint: bring the missing files back and repeat the command;"
            " `photojournal replace ROW FILE` takes a new version of a photo"
        )
    elif counts.get("done"):
        line(f"Next: {leads_on}")
    else:
        line("Nothing changed.")
