"""Taking photos in, for `ingest` and `run`: the options, and what became of each file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from commands.bundles import Bundle
from commands.output import counted, line, middle_cut, small, table, write_json
from commands.spelling import NEW, keep
from driver.errors import DONE, ROWS_FAILED, UNREACHABLE, worst
from driver.ingest import Taken
from machine.failures import FAILURES
from machine.values import Labels

if TYPE_CHECKING:
    from driver.disk_need import DiskNeed
    from driver.lookalikes import Alike
    from driver.program import Program
    from driver.taking_in import Ingested
    from driver.vocabulary import Spelt

LISTED = 40
"""Files that are named although all went well with them."""


SOME = 10
"""Rows of a group that are named."""
_PATH = 30
"""Columns that a path gets in a small terminal."""


@dataclass(frozen=True)
class Taking(Bundle):
    """What the photos have in common, and how deep to look."""

    category: Annotated[
        str,
        typer.Option(
            "--category", help="The website's folder, such as Travel.", show_default=False
        ),
    ] = ""
    subject: Annotated[
        str,
        typer.Option(
            "--subject", help="What the set shows, such as 'Harbour at dusk'.", show_default=False
        ),
    ] = ""
    location: Annotated[
        str,
        typer.Option(
            "--location", help="Where it was taken, such as Rotterdam.", show_default=False
        ),
    ] = ""
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Also folders inside of folders.")
    ] = False
    as_new: Annotated[
        bool,
        typer.Option(
            "--as-new", help="Also what seems to be another version of a photo: as a new row."
        ),
    ] = False

    min_rating: Annotated[
        int | None,
        typer.Option(
            "--min-rating",
            min=1,
            max=5,
            metavar="N",
            help="Photos with N stars or more, or Photo Mechanic's tag, become picks.",
            show_default=False,
        ),
    ] = None
    new: Annotated[bool, typer.Option("--new", help=NEW)] = False

    def labels(self) -> Labels:
        """Return what the photos have in common."""
        return Labels(
            category=self.category.strip(),
            subject=self.subject.strip(),
            location=self.location.strip(),
        )


def take_in(
    program: "Program", paths: Sequence[Path], taking: Taking, found: "Spelt", *, as_json: bool
) -> "Ingested":
    """
    Take photos in, inside a run, with progress; first say what disk they will need.

    Args:
        program: with a run begun.
        paths: what was typed.
        taking: how deep to look, and what becomes a pick.
        found: the labels in their known spelling; new words are kept once rows have them.
        as_json: standard output belongs to JSON.
    """
    from commands.progress import progress
    from driver.taking_in import ingest

    with progress("ingest") as shown:
        got = ingest(
            program,
            paths,
            found.labels,
            recursive=taking.recursive,
            progress=shown.count,
            announce=lambda need: None if as_json else say_disk(need),
            as_new=taking.as_new,
            min_rating=taking.min_rating,
        )
    if got.rows():
        keep(program, found, quiet=as_json)
    program.exit_code = worst(program.exit_code, code_of(got.taken))
    if got.stopped:
        program.exit_code = worst(program.exit_code, UNREACHABLE)
        program.detail = str(got.stopped)
    return got


def say_disk(need: "DiskNeed") -> None:
    """Say what disk a set will need."""
    if need.photos:
        line(f"Disk: {need.in_words()}")


def say_ingested(got: "Ingested") -> None:
    """Say what became of each file, which new rows look like earlier ones, and what was picked."""
    say_taken(got.taken, got.set_id)
    _say_alike(got.alike)
    _say_picked(got.picked)


def _say_alike(alike: "Sequence[Alike]") -> None:
    """Say which new rows look like earlier ones, together by the earlier one."""
    for one in alike[:LISTED]:
        rows = f"Row {one.rows[0]} looks" if len(one.rows) == 1 else f"Rows {_some(one.rows)} look"
        line(f"{rows} like row {one.row} {one.file_name}")
    if len(alike) > LISTED:
        line(f"... and {counted(len(alike) - LISTED, 'further group')}")
    if alike:
        line("Nothing is dropped for that. To compare: photojournal similar")


def _some(rows: Sequence[int]) -> str:
    more = f", and {len(rows) - SOME} more" if len(rows) > SOME else ""
    return ", ".join(map(str, rows[:SOME])) + more


def code_of(taken: Sequence[Taken]) -> int:
    """Return the exit code: files that were refused are rows that failed."""
    return ROWS_FAILED if any(one.outcome == "refused" for one in taken) else DONE


def _say_picked(picked: Sequence[int] | None) -> None:
    """Print which rows became picks for their marks, if that was asked for."""
    if picked is not None:
        ids = " ".join(map(str, picked[:LISTED])) + (" ..." if len(picked) > LISTED else "")
        line(f"Picked for their marks: {counted(len(picked), 'row')}" + (f": {ids}" if ids else ""))


def rehearse_intake(
    program: "Program", paths: Sequence[Path], taking: Taking, *, as_json: bool
) -> None:
    """
    Say what an ingest would do, and what disk it would need.

    Raises:
        Unreachable: the disk is too small for it.
    """
    from driver.disk_need import check_disk
    from driver.taking_in import plan_ingest

    plan = plan_ingest(program, paths, recursive=taking.recursive, as_new=taking.as_new)
    program.exit_code = code_of(plan.taken)
    if as_json:
        write_json([to_builtins(one) | {"set_id": ""} for one in plan.taken])
    else:
        say_taken(plan.taken, "")
        say_disk(plan.need)
        line("Dry run: nothing was changed.")
    check_disk(plan.need, copy=program.workspace.config.ingest.copy)


def say_taken(taken: Sequence[Taken], set_id: str) -> None:
    """Print what became of each file; of many good ones, only how many."""
    fine = ("ingested", "new", "sidecar")
    many = sum(one.outcome in fine for one in taken) > LISTED
    shown = [one for one in taken if not (many and one.outcome in fine)]
    if shown:
        table(
            ("file", "outcome", "row", "File_Name", "why"),
            [(_path(one), one.outcome, one.row, one.file_name, why(one)) for one in shown],
            right=("row",),
            keep=("file", "outcome", "row"),
            main="why" if any(why(one) for one in shown) else "File_Name",
            spare=("File_Name",) if any(why(one) for one in shown) else ("why",),
        )
    counts: dict[str, int] = {}
    for one in taken:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    said = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    where = f"Set {set_id}: " if set_id else ""
    line(f"{where}{counted(len(taken), 'file')}: {said}" if taken else "There are no files.")


def _path(one: Taken) -> str:
    return middle_cut(one.path, _PATH) if small() else one.path


def why(one: Taken) -> str:
    """Return why a file was not taken in, with what can be done about it."""
    known = FAILURES.get(one.code)
    if known is None:
        return one.detail
    hint = f" (Hint: {known.hint})" if known.stage == "ingest" and known.hint else ""
    words = one.detail or known.meaning
    return f"{words}{hint}"
