"""How much of what is due is done now: picked rows, the first so many, until some time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from commands.bundles import Bundle
from driver.errors import Misused

if TYPE_CHECKING:
    from driver.program import Program
    from driver.shell import Shell
    from machine.values import Stage


@dataclass(frozen=True)
class Portion(Bundle):
    """How much of what is due is done now."""

    picked: Annotated[bool, typer.Option("--picked", help="Only rows that were picked.")] = False
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            help="Work on so many rows: picked ones first, then the best rated.",
            min=1,
        ),
    ] = None
    until: Annotated[
        str,
        typer.Option(
            "--until", metavar="HH:MM", help="Begin nothing more from then on.", show_default=False
        ),
    ] = ""

    def end(self) -> datetime | None:
        """Return when nothing more is begun; None: at no time. Raises Misused."""
        return _moment(self.until) if self.until else None

    def picks(self, shell: "Shell", numbers: Sequence[int]) -> Sequence[int]:
        """Return those of `numbers` that are meant."""
        from machine.worth import is_picked

        if not self.picked:
            return numbers
        return [number for number in numbers if is_picked(shell.row(number))]

    def rows(
        self, program: "Program", shell: "Shell", numbers: Sequence[int], stages: "Sequence[Stage]"
    ) -> Sequence[int]:
        """Return those of `numbers` that are to be worked on."""
        return self.first(program, shell, self.picks(shell, numbers), stages)

    def first(
        self, program: "Program", shell: "Shell", numbers: Sequence[int], stages: "Sequence[Stage]"
    ) -> Sequence[int]:
        """Return the first so many of `numbers` that are due; all of them without a limit."""
        from driver.pipeline import plan_work
        from machine.worth import worth

        if self.limit is None:
            return numbers
        due = dict.fromkeys(one.row for one in plan_work(program, shell, numbers, stages))
        return sorted(due, key=lambda number: worth(shell.row(number)))[: self.limit]


def _moment(until: str) -> datetime:
    """Return the next time that the clock shows `until`."""
    try:
        hour, minute = (int(part) for part in until.split(":"))
        now = datetime.now().astimezone()
        moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError as error:
        msg = f"`{until}` is no time of day"
        raise Misused(msg, "write it as 07:00") from error
    return (moment if moment > now else moment + timedelta(days=1)).astimezone(UTC)
