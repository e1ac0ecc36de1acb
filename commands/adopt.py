"""`adopt`: take over the website that is there already."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import to_builtins

from commands.call import Call
from commands.doing import LISTED, working
from commands.options import Asked
from commands.output import counted, line, table, write_json
from driver.errors import DONE, ROWS_FAILED

if TYPE_CHECKING:
    from driver.adopting import Adopted
    from driver.adoption_plan import Plan, QueueRow


def adopt(
    call: Call,
    asked: Asked,
    *,
    review_db: Annotated[
        Path | None,
        typer.Option(
            "--review-db",
            metavar="FILE",
            help="The predecessor's data/review.db: photos that wait come in.",
            show_default=False,
        ),
    ] = None,
    used_names: Annotated[
        Path | None,
        typer.Option(
            "--used-names",
            metavar="FILE",
            help="Its data/used_filenames.json: names that were ever given.",
            show_default=False,
        ),
    ] = None,
    originals: Annotated[
        Path | None,
        typer.Option(
            "--originals",
            metavar="DIR",
            help="Where photos are looked for that lie no more where the queue says.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """
    Take over the website that is there already

    Every name in the published table, among the public files, in the list of used names and in the
    old queue belongs to the site from now on: no photo gets it, and series are numbered on after
    it. Published rows stay as they are, for ever: never overwritten, never withdrawn; new texts are
    compared with theirs. Photos of the old queue that are not published come in as rows, with their
    names, texts and scores; an approval there is none here. What cannot come in is listed. The same
    command again adds what is new, or nothing. See docs/adopting.md.
    """
    from commands.progress import progress
    from driver.adopting import carry_out
    from driver.adoption_plan import Given, plan_adoption

    given = Given(review_db=review_db, used_names=used_names, originals=originals)
    with call.opened(heading=not asked.json) as program:
        with progress("looked at") as shown:
            plan = plan_adoption(program, program.rehearsal("adopt"), given, shown.count)
        program.exit_code = code_of(plan, plan.queue)
        if not asked.json:
            say_plan(plan)
        if asked.dry_run or plan.nothing:
            _say_nothing(plan, dry_run=asked.dry_run, as_json=asked.json)
            return
        with (
            working(call, program, "adopt", as_json=asked.json),
            progress("adopted") as shown,
        ):
            done = carry_out(program, plan, review_db, shown.count)
            program.exit_code = code_of(plan, done.queue)
            if plan.wanted:
                program.report_texts()
        if asked.json:
            write_json(as_json(plan, done.queue, names=done.names, rows=done.rows))
        else:
            say_done(done)


def code_of(plan: "Plan", queue: "list[QueueRow]") -> int:
    """Return the exit code: 10 where something could not be brought in, or is called alike."""
    from driver.adoption_plan import BAD

    bad = any(one.outcome in BAD for one in queue)
    return ROWS_FAILED if bad or plan.clashes or plan.odd else DONE


def as_json(plan: "Plan", queue: "list[QueueRow]", *, names: int, rows: int) -> dict[str, Any]:
    """Return what was adopted, and what was so already."""
    return {
        "names": names,
        "known_names": plan.known_names,
        "rows": rows,
        "known_rows": plan.known_rows,
        "queue": to_builtins(queue),
        "clashes": to_builtins(plan.clashes),
        "odd_names": plan.odd,
    }


def _say_nothing(plan: "Plan", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        write_json(_planned(plan))
    elif dry_run:
        line("Dry run: nothing was changed.")
    else:
        line("Nothing changed.")


def _planned(plan: "Plan") -> dict[str, Any]:
    return as_json(plan, plan.queue, names=len(plan.names), rows=len(plan.rows))


def say_plan(plan: "Plan") -> None:
    """Print what taking over means."""
    line(f"Names: {len(plan.names):,} for the site, {plan.known_names:,} known already")
    line(f"Published rows: {len(plan.rows):,} for the site, {plan.known_rows:,} known already")
    bare = sum(bool(event.digest) and not event.files for _, event in plan.rows.values())
    if bare:
        rows = f"{counted(bare, 'published row')} without a picture"
        line(f"Warning: {rows} in the gallery: is its folder the right one (photojournal doctor)?")
    if plan.queue:
        counts = Counter(one.outcome for one in plan.queue)
        words = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
        line(f"Old queue: {counted(len(plan.queue), 'row')}: {words}")
    for name in plan.odd[:LISTED]:
        line(f"Error: the name {name!a} is too long to be kept, or holds a NUL; no row can have it")
    for clash in plan.clashes[:LISTED]:
        line(f"Error: row {clash.row} is called {clash.file_name}, as a published row of the site")
        line(f"Hint: photojournal rename {clash.row} --to NAME")
    say_left([one for one in plan.queue if one.outcome not in ("new", "here")])


def say_left(left: "list[QueueRow]") -> None:
    """Print the rows of the old queue that do not come in, with the reason."""
    if left:
        table(
            ("old id", "old name", "status", "outcome", "why"),
            [
                (one.old_id, one.old_file_name, one.old_status, one.outcome, one.detail)
                for one in left
            ],
            right=("old id",),
            keep=("old id", "outcome"),
            main="why",
        )


def say_done(done: "Adopted") -> None:
    """Print what was taken over."""
    say_left([one for one in done.queue if one.outcome in ("refused", "left")])
    came = [one for one in done.queue if one.outcome == "ingested"]
    line(
        f"The site keeps {counted(done.names, 'name')} and {counted(done.rows, 'row')};"
        f" {counted(len(came), 'photo')} came in"
    )
    approved = [one for one in came if one.old_status == "Approved"]
    if approved:
        ids = " ".join(str(one.row) for one in approved[:LISTED])
        more = " ..." if len(approved) > LISTED else ""
        line(f"Approved before, to be approved here: {ids}{more}")
    renamed = [one for one in came if one.file_name != one.old_file_name]
    for one in renamed[:LISTED]:
        line(
            f"Row {one.row} is called {one.file_name}, was {one.old_file_name or 'without a name'}"
        )
    if len(renamed) > LISTED:
        line(f"... and {len(renamed) - LISTED} more have another name")
    line("Next: photojournal run" if came else "Next: photojournal status")
