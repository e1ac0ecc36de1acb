"""`approve`: exactly this text and these pictures may be published."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.doing import LISTED, Decision, decide
from commands.options import Asked, Choice
from commands.output import warn
from driver.decisions import Answer, ask_each, refuse_unseen
from driver.errors import Misused
from machine.intents import Approve

if TYPE_CHECKING:
    from driver.shell import Shell
    from machine.row import Row

SAMPLE = 10
"""Rows that are shown before the clean ones are approved."""


def approve(
    call: Call,
    choice: Choice,
    asked: Asked,
    *,
    waive: Annotated[
        str,
        typer.Option(
            "--waive",
            metavar="REASON",
            help="Let it pass in spite of its findings, or without its scores, and why.",
            show_default=False,
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the decision.", show_default=False)
    ] = "",
    clean: Annotated[
        bool,
        typer.Option(
            "--clean", help="Only rows that nothing stands against; some are shown first."
        ),
    ] = False,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="With --clean: rows that are shown, at random.")
    ] = SAMPLE,
) -> None:
    """
    Approve rows for publication

    Pins the text and the pictures as they are now: nothing else is published. A text that nobody
    checked against the picture is refused, unless [publish] allow_ungrounded says otherwise; then
    the approval says that it was allowed. A text with a finding that blocks is refused, too; with
    `--waive` it passes as it is now, and who let it pass is kept. Another text has to pass anew. So
    does a photo whose scores were set aside, such as one that is too small to be measured. With
    `--clean`, rows without any finding or failure, whose caption is by who saw the picture, are
    approved as one step, after some of them were shown with their texts.
    """

    def act(shell: "Shell", numbers: list[int], seen: int = 0) -> list[Answer]:
        allowed = shell.workspace.config.publish.allow_ungrounded
        intent = Approve(allow_ungrounded=allowed, reason=reason, waive=waive)

        def intents(row: "Row") -> list[Approve]:
            refuse_unseen(shell, row, seen)
            return [intent]

        answers = ask_each(shell, numbers, intents)
        _say_other_pictures(shell, [one.row for one in answers if one.outcome == "done"])
        return answers

    if not clean:
        decide(call, choice, asked, Decision("approve", "Approved", act))
        return
    if waive:
        msg = "a clean row has nothing to let pass"
        raise Misused(msg, "leave out --clean or --waive")
    from commands.approve_clean import approve_clean

    approve_clean(call, choice, asked, act, sample=sample)


def _say_other_pictures(shell: "Shell", approved: Sequence[int]) -> None:
    """Warn of rows whose pictures are approved although the settings ask for others by now."""
    from driver.other_settings import with_other_pictures

    if others := with_other_pictures(shell, approved):
        rows = " ".join(map(str, others[:LISTED]))
        more = f" and {len(others) - LISTED} more" if len(others) > LISTED else ""
        warn(
            f"Warning: the pictures of row {rows}{more} were made by other settings than today's:"
            f" photojournal retry {rows} --stage resize, then resize and approve again"
        )
