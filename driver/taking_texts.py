"""What a table of texts (`driver.csv_texts`) means for the rows, and carrying that out."""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from driver.csv_texts import Entry, after
from driver.decisions import Answer, ask_one
from driver.shell import Shell
from journal import Journal
from machine.digests import text_digest
from machine.events import BytesReserved
from machine.intents import EditText, Intent
from machine.row import Row
from machine.values import Text


class TextPlan(Struct, frozen=True, kw_only=True):
    """What a line of the table means."""

    line: int
    """Of the file."""
    row: int = 0
    """0: no row has this photo."""
    file_name: str = ""
    outcome: Literal["changed", "same", "conflict", "unknown", "erased"]
    before: Text = Text()
    after: Text = Text()
    detail: str = ""
    hint: str = ""

    @property
    def is_left_alone(self) -> bool:
        """Tell whether a person has to see to it."""
        return self.outcome in ("conflict", "unknown", "erased")


def plan_texts(shell: Shell, entries: Iterable[Entry]) -> list[TextPlan]:
    """Say what each line of a table would do, in its order; nothing is changed."""
    return [_plan(shell, entry) for entry in entries]


def _plan(shell: Shell, entry: Entry) -> TextPlan:
    number = row_of_bytes(shell.journal, entry.sha256)
    if number is None:
        detail = f"no row has the photo {entry.sha256[:12]}"
        return TextPlan(line=entry.line, outcome="unknown", detail=detail)
    row = shell.row(number)
    name, before = row.happened.file_name, row.decided.prefill.text
    wanted = after(entry, before)
    if row.happened.erasure:
        detail = "it was erased since"
        return TextPlan(
            line=entry.line, row=number, file_name=name, outcome="erased", detail=detail
        )
    if wanted == before:
        return TextPlan(line=entry.line, row=number, file_name=name, outcome="same")
    changed = TextPlan(
        line=entry.line,
        row=number,
        file_name=name,
        outcome="changed",
        before=before,
        after=wanted,
    )
    return changed if entry.based_on == text_digest(before) else _conflict(changed)


def _conflict(plan: TextPlan) -> TextPlan:
    return TextPlan(
        line=plan.line,
        row=plan.row,
        file_name=plan.file_name,
        outcome="conflict",
        before=plan.before,
        after=plan.after,
        detail="its text has changed since the export",
        hint=f"photojournal history {plan.row}, then export it anew, or edit it",
    )


def row_of_bytes(journal: Journal, sha256: str) -> int | None:
    """Return the row that stands, or stood, for these bytes."""
    history = journal.read_stream(f"bytes/{sha256}")
    first = history[0].event if history else None
    return first.row if isinstance(first, BytesReserved) else None


def carry_out_texts(shell: Shell, plans: Sequence[TextPlan]) -> list[Answer]:
    """Change texts as planned, in one step; one that changed meanwhile is refused."""
    limits = shell.workspace.config.prefill.text_limits()

    def edit(plan: TextPlan) -> Answer:
        old, new = plan.before, plan.after

        def intents(_row: Row) -> list[Intent]:
            return [
                EditText(
                    caption=None if new.caption == old.caption else new.caption,
                    alt_text=None if new.alt_text == old.alt_text else new.alt_text,
                    keywords=None if new.keywords == old.keywords else new.keywords,
                    by=shell.actor,
                    based_on=text_digest(old),
                    limits=limits,
                )
            ]

        return ask_one(shell, plan.row, intents)

    return [edit(plan) for plan in plans if plan.outcome == "changed"]
