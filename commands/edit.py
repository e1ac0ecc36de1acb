"""`edit`: texts and labels, of one row or of a whole set."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import to_builtins
from msgspec.structs import replace

from commands.answers import report
from commands.bundles import Bundle
from commands.call import Call
from commands.options import Asked, Choice
from commands.output import counted, line, write_json
from commands.rename import say_names
from commands.spelling import NEW, keep, spelt
from driver.editing import Edit, Rated, carry_out_edit, plan_edit
from driver.errors import Misused
from driver.moments import shift_of
from driver.selection import labelled
from machine.status import outside, publication_due
from machine.text import split_keywords
from machine.values import Labels

if TYPE_CHECKING:
    from driver.editing import EditPlan
    from driver.shell import Shell


@dataclass(frozen=True)
class Mending(Bundle):
    """What the file has wrong."""

    camera: Annotated[
        str | None,
        typer.Option("--camera", help="The camera, where the file is wrong.", show_default=False),
    ] = None
    lens: Annotated[
        str | None,
        typer.Option("--lens", help="The lens, where the file is wrong.", show_default=False),
    ] = None
    shift_time: Annotated[
        str | None,
        typer.Option(
            "--shift-time",
            metavar="SHIFT",
            help="How far the camera's clock was off: +1h, -30m, +1d2h.",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True)
class Rating(Bundle):
    """How a person rates a photo."""

    rating: Annotated[
        str | None,
        typer.Option(
            "--rating",
            metavar="QR",
            help="Your rating, 0 to 10, in place of the measured one; '' takes it away.",
            show_default=False,
        ),
    ] = None
    reason: Annotated[
        str, typer.Option("--reason", help="Why you rate it so.", show_default=False)
    ] = ""

    def rated(self) -> Rated | None:
        """Return what was said about the rating; None: nothing. Raises Misused."""
        if self.rating is None:
            if self.reason:
                msg = "--reason is the reason of a rating"
                raise Misused(msg, "photojournal edit ROW --rating 7.5 --reason '...'")
            return None
        try:
            return Rated(float(self.rating) if self.rating.strip() else None, self.reason)
        except ValueError as error:
            msg = f"`{self.rating}` is no rating: it is a number from 0 to 10"
            raise Misused(msg, "photojournal edit ROW --rating 7.5 --reason '...'") from error


def edit(
    call: Call,
    choice: Choice,
    asked: Asked,
    mending: Mending,
    rating: Rating,
    *,
    caption: Annotated[
        str | None,
        typer.Option("--caption", help="What stands below the photo.", show_default=False),
    ] = None,
    alt_text: Annotated[
        str | None,
        typer.Option(
            "--alt-text", help="What somebody who cannot see it should know.", show_default=False
        ),
    ] = None,
    keywords: Annotated[
        str | None,
        typer.Option("--keywords", help="Separated by commas.", show_default=False),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option("--category", help="The website's folder.", show_default=False),
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="What was photographed.", show_default=False)
    ] = None,
    location: Annotated[
        str | None, typer.Option("--location", help="Where that was.", show_default=False)
    ] = None,
    new: Annotated[bool, typer.Option("--new", help=NEW)] = False,
) -> None:
    """
    Change texts, labels, and facts that a file has wrong

    A text that you write is yours: no machine replaces it. An approved row stays approved, with
    the new text; a published one waits for `publish`. Other labels give rows that were never
    published another file name; the plan comes first. With --set alone, what comes into the set
    later has the new labels, too. Empty ('') takes a text or a label away. Camera, lens and time
    stay in the original as they are: what you say instead is an event, and `undo` takes it back.
    Your rating stands over whatever is measured, now and later, until you take it away.
    """
    wanted = Edit(
        caption=caption,
        alt_text=alt_text,
        keywords=None if keywords is None else split_keywords(keywords),
        category=category,
        subject=subject,
        location=location,
        camera=mending.camera,
        lens_model=mending.lens,
        shift=None if mending.shift_time is None else shift_of(mending.shift_time),
        rating=rating.rated(),
    )
    if wanted == Edit():
        msg = "say what to change"
        raise Misused(
            msg, "--caption, --alt-text, --keywords, --category, --camera ...: see --help"
        )
    _carry_out(call, choice, asked, wanted, new=new)


def _carry_out(call: Call, choice: Choice, asked: Asked, wanted: Edit, *, new: bool) -> None:
    """Plan the edit, ask, and do it."""
    with call.opened(heading=not asked.json) as program:
        numbers = choice.numbers(program)
        if not numbers:
            program.exit_code = report([], as_json=asked.json)
            return
        found = spelt(program, wanted.after(Labels()), new=new, quiet=asked.json)
        wanted = _in_known_words(wanted, found.labels)
        plans = plan_edit(program.rehearsal("edit"), numbers, wanted)
        if not asked.json:
            say_names(plans)
        if not asked.agree("Edit", labelled(program.models, numbers), choice):
            if asked.json:
                write_json([_planned(one) for one in plans])
            return
        with program.run("edit", call.argv) as shell:
            answers = carry_out_edit(shell, plans, wanted, set_id=_whole_set(choice))
            program.exit_code = report(answers, "Edited", as_json=asked.json)
            if not asked.json:
                done = [one.row for one in answers if one.outcome == "done"]
                _say_public(shell, done, moved=wanted.category is not None)
            if any(answer.outcome == "done" for answer in answers):
                keep(program, found, quiet=asked.json)
                program.report_texts()


def _say_public(shell: "Shell", numbers: list[int], *, moved: bool) -> None:
    """Say which rows visitors still see as they were; `moved`: their category is another one."""
    rows = [str(one) for one in numbers if outside(row := shell.row(one)) and publication_due(row)]
    if rows:
        which = rows[0] if len(rows) == 1 else ""
        said = counted(len(rows), "row")
        line(f"Published as before, {said}: photojournal publish {which}".rstrip())
        if moved:
            line("Published pictures keep their addresses, whatever the category.")


def _in_known_words(wanted: Edit, labels: Labels) -> Edit:
    """Return an edit whose category and location, where they are given, are as in `labels`."""
    return replace(
        wanted,
        category=None if wanted.category is None else labels.category,
        location=None if wanted.location is None else labels.location,
    )


def _whole_set(choice: Choice) -> str:
    """Return the set, if it was chosen and nothing else."""
    given = {name for name, value in vars(choice).items() if value}
    return choice.set_id if given == {"set_id"} else ""


def _planned(plan: "EditPlan") -> dict[str, Any]:
    found: dict[str, Any] = to_builtins(plan)
    return found
