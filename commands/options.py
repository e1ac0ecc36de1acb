"""
What verbs have in common: choosing rows, looking back, asking before writing.

- `Choice`: `ROW... --set --run --status --qc --tier --since`, alike for every verb.
- `View`: `--json`, `--at`, for verbs that look.
- `Asked`: `--dry-run`, `--yes`, for verbs that change something.

When is a person asked? Rows that were typed one by one are meant. Rows that a filter found
(`--set`, `--status`, ids on standard input ...) are counted and confirmed, if there are several. A
verb that goes back or takes something down asks whenever its plan touches more than one row. Stage
work is never confirmed: it can be repeated. Without a terminal nobody can answer: `--yes`, or exit
code 2.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from commands.bundles import Bundle
from driver.errors import MISUSED, Misused

if TYPE_CHECKING:
    from driver.program import Program
    from driver.selection import Selector
    from journal import Journal
    from projections.reader import Reader

_LISTED = 5


@dataclass(frozen=True)
class Filter(Bundle):
    """Which rows are meant, but by name. Several ways together: all of them have to hold."""

    set_id: Annotated[
        str, typer.Option("--set", metavar="SET", help="Rows of this set.", show_default=False)
    ] = ""
    run: Annotated[
        str,
        typer.Option(
            "--run",
            metavar="RUN",
            help="Rows that this run worked on; `last` is the newest run.",
            show_default=False,
        ),
    ] = ""
    status: Annotated[
        list[str] | None,
        typer.Option("--status", metavar="STATUS", help="Review_Status, such as Pending."),
    ] = None
    qc: Annotated[
        list[str] | None,
        typer.Option("--qc", metavar="CODE", help="QC_Status: a failure code or a tier."),
    ] = None
    tier: Annotated[
        list[str] | None,
        typer.Option("--tier", metavar="TIER", help="Quality tier, such as Top."),
    ] = None
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Rows that changed since: 2026-07-04, 14:30, 2h.",
            show_default=False,
        ),
    ] = ""

    def words(self) -> tuple[str, ...]:
        """Return the rows that were typed; `-` stands for standard input."""
        return ()

    def names_each(self) -> bool:
        """Tell whether every row was typed by hand."""
        return False

    def selector(self) -> "Selector":
        """Return what is asked for, standard input read. Raises Misused."""
        from driver.moments import moment_of
        from driver.selection import Selector, words_from

        words = self.words()
        if "-" in words:
            rest = tuple(word for word in words if word != "-")
            words = (*rest, *words_from(sys.stdin.read().splitlines()))
        return Selector(
            rows=words,
            set_id=self.set_id,
            run=self.run,
            status=tuple(self.status or ()),
            qc=tuple(self.qc or ()),
            tier=tuple(self.tier or ()),
            since=moment_of(self.since) if self.since else "",
        )

    def is_empty(self) -> bool:
        """Tell whether nothing was asked for."""
        return not any(vars(self).values())

    def numbers(self, program: "Program", *, everything: bool = False) -> list[int]:
        """
        Return the ids of the rows that are meant.

        Args:
            program: the opened workspace.
            everything: True: no choice means all rows; False: it is refused.

        Raises:
            Misused: nothing was chosen, or a row, set or run is not there.
        """
        return self.found_in(program.models, program.journal, everything=everything)

    def found_in(
        self, models: "Reader", journal: "Journal", *, everything: bool = False
    ) -> list[int]:
        """Return the ids of the rows that are meant, in read models of now or then."""
        from driver.selection import select

        if self.is_empty() and not everything:
            msg = "say which rows are meant"
            hint = "ROW..., --set, --run, --status, --qc, --tier or --since; photojournal queue"
            raise Misused(msg, hint)
        selector = self.selector()
        if selector.is_empty() and not self.is_empty():
            return []  # standard input was empty
        return select(models, journal, selector)


@dataclass(frozen=True)
class Choice(Filter):
    """Which rows are meant. Several ways together: rows for which all of them hold."""

    rows: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ROW",
            help="Id, file name or original name; - reads ids from standard input.",
            show_default=False,
        ),
    ] = None

    def words(self) -> tuple[str, ...]:
        """Return the rows that were typed; `-` stands for standard input."""
        return tuple(self.rows or ())

    def names_each(self) -> bool:
        """Tell whether every row was typed by hand."""
        return bool(self.rows) and "-" not in (self.rows or ())


@dataclass(frozen=True)
class View(Bundle):
    """How to look: for people or for programs, now or then."""

    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="POSITION|TIME|RUN",
            help="Look at how it was then. A time without offset is local.",
            show_default=False,
        ),
    ] = ""


@dataclass(frozen=True)
class Asked(Bundle):
    """How much a verb may do without asking."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")
    ] = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False

    def agree(
        self, what: str, rows: Sequence[str], choice: Filter | None = None, *, always: bool = False
    ) -> bool:
        """
        Say how many rows are meant, ask if need be, and tell whether to go on.

        Args:
            what: the verb as a word that begins the question, such as `Approve`.
            rows: the rows as `id File_Name`; the first ones are shown.
            choice: how they were chosen; rows that were typed one by one are not asked about.
            always: ask even about rows that were typed.

        Returns:
            False for a dry run; nothing is asked then.

        Raises:
            Misused: the answer was no, or nobody can answer.
        """
        from commands.output import counted, line, warn

        bulk = always or (len(rows) > 1 and not (choice and choice.names_each()))
        shown = ", ".join(rows[:_LISTED])
        more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
        said = [f"{what} {counted(len(rows), 'row')}: {shown}{more}"]
        if self.dry_run:
            said.append("Dry run: nothing was changed.")
        for words in said:
            (warn if self.json else line)(words)
        if self.dry_run:
            return False
        if bulk and not self.yes:
            ask()
        return True


def ask() -> None:
    """Wait for a yes. Raises Misused where nobody can answer, Exit at a no."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        msg = "this needs a yes, and there is no terminal to ask at"
        raise Misused(msg, "look at it with --dry-run, then give --yes")
    try:
        answer = input("Go on? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        from commands.output import line

        line("Nothing changed.")
        raise typer.Exit(MISUSED)
