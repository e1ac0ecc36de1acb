"""
Names that change: as somebody says, or by the template from today's labels.

Only before the first publication. A name belongs to its row for ever; nobody else gets it.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from driver.decisions import Answer
from driver.errors import Misused
from driver.names import Names, key_of
from driver.shell import CONFLICTS_MAX, Shell, answers_of
from journal import Entry, VersionConflict
from machine.event_base import Event
from machine.events import NameReserved
from machine.intents import Intent, Rename
from machine.name_template import Series
from machine.naming import EXTENSION, MAX_LENGTH, slug
from machine.refusals import Refused
from machine.row import Row


def names_of(shell: Shell) -> Names:
    """Return what proposes names by the template of today."""
    return Names(shell.journal, shell.workspace)


def series_of(names: Names, row: Row) -> Series:
    """Return the series that the template of today gives a row."""
    decided = row.decided
    return names.series(decided.labels, decided.photo.metadata, row.happened.original_name)


def follows_template(names: Names, row: Row) -> bool:
    """Tell whether a name is what the template makes of the labels; one that was given is not."""
    return series_of(names, row).number_of(key_of(row.happened.file_name)) is not None


class NamePlan(Struct, frozen=True, kw_only=True):
    """What `rename --from-labels` means for one row."""

    row: int
    old_name: str
    new_name: str
    name_stays: str = ""
    """Why the name cannot follow the labels."""


def plan_names(shell: Shell, numbers: Iterable[int]) -> list[NamePlan]:
    """Say which names the labels of today make; one that the row had before comes back."""
    names, plans = names_of(shell), list[NamePlan]()
    for number in numbers:
        row = shell.row(number)
        old = new = row.happened.file_name
        stays = ""
        if not follows_template(names, row):
            if row.happened.ever_published:
                stays = f"it was published as {old}"
            else:
                series = series_of(names, row)
                new = _former(row, series) or names.propose(series)
                names.taken(series, new)
        plans.append(NamePlan(row=number, old_name=old, new_name=new, name_stays=stays))
    return plans


def _former(row: Row, series: Series) -> str:
    """Return the newest name that the row had in a series; empty where it had none."""
    had = (one for one in reversed(row.happened.former_names))
    return next((one for one in had if series.number_of(key_of(one)) is not None), "")


def carry_out_names(shell: Shell, plans: Sequence[NamePlan]) -> list[Answer]:
    """Rename rows as planned; one whose name or labels changed meanwhile is planned again."""
    return [_rename_one(shell, plan) for plan in plans]


def _rename_one(shell: Shell, plan: NamePlan) -> Answer:
    names, row = names_of(shell), shell.row(plan.row)
    series = series_of(names, row)
    changed = plan.new_name != plan.old_name
    if row.happened.file_name != plan.old_name or (
        changed and series.number_of(key_of(plan.new_name)) is None
    ):
        (plan,) = plan_names(shell, [plan.row])
    if plan.name_stays:
        hint = "names may change before the first publication only"
        return Answer(
            row=plan.row,
            file_name=plan.old_name,
            outcome="refused",
            detail=plan.name_stays,
            hint=hint,
        )
    if plan.new_name == plan.old_name:
        detail = "its name follows its labels already"
        return Answer(row=plan.row, file_name=plan.old_name, outcome="nothing", detail=detail)
    return rename(shell, plan.row, plan.new_name, series=series)


def rename(
    shell: Shell,
    number: int,
    file_name: str,
    before: Callable[[Row], Sequence[Intent]] = lambda _row: (),
    *,
    series: Series | None = None,
) -> Answer:
    """
    Give a row another name and reserve it in the same append.

    Args:
        shell: the run.
        number: the row.
        file_name: the new name; one that this row had before comes back.
        before: what else is to be asked, first, in the same append.
        series: where another row has the name, take the next number of this series; None: that is
            refused.
    """
    old = shell.row(number).happened.file_name
    names = names_of(shell)
    for _ in range(CONFLICTS_MAX):
        owner = owner_of_name(shell, file_name)
        if owner not in (None, number):
            if series is None:
                return _taken(number, old, file_name, owner)
            names.taken(series, file_name)
            file_name = names.propose(series)
            continue
        reserve = Entry(
            f"name/{key_of(file_name)}", 0, NameReserved(row=number, file_name=file_name)
        )

        def decider(row: Row, name: str = file_name) -> list[Event]:
            return answers_of(row, [*before(row), Rename(file_name=name)])

        try:
            shell.change(number, decider, () if owner == number else (reserve,))
        except VersionConflict:
            continue
        except Refused as refused:
            outcome = "nothing" if refused.nothing else "refused"
            return Answer(
                row=number, file_name=old, outcome=outcome, detail=str(refused), hint=refused.hint
            )
        return Answer(row=number, file_name=file_name, outcome="done", detail=f"was {old}")
    return _taken(number, old, file_name)


def rename_all(shell: Shell, numbers: Sequence[int], text: str) -> list[Answer]:
    """
    Give one row a name, or several rows the numbers of a series.

    Raises:
        Misused: the text cannot be a file name.
    """
    name = checked_name(text)
    if len(numbers) == 1:
        return [rename(shell, numbers[0], name)]
    names, answers = names_of(shell), list[Answer]()
    series = Series(f"{name.removesuffix(EXTENSION)}_")
    for number in numbers:
        proposed = names.propose(series)
        names.taken(series, proposed)
        answers.append(rename(shell, number, proposed, series=series))
    return answers


SITE = 0
"""In place of a row: the name belongs to the website that was there before."""


def owner_of_name(shell: Shell, file_name: str) -> int | None:
    """Return the row that a name belongs to, or `SITE`; None for a free one."""
    history = shell.journal.read_intact(f"name/{key_of(file_name)}")
    if not history:
        return None
    reserved = history[0].event
    return reserved.row if isinstance(reserved, NameReserved) else SITE


def _taken(number: int, old: str, file_name: str, owner: int | None = None) -> Answer:
    whose = "belongs to the site" if owner == SITE else "is taken by another row"
    return Answer(
        row=number,
        file_name=old,
        outcome="refused",
        detail=f"the name {file_name} {whose}",
        hint=f"photojournal show {file_name}",
    )


def checked_name(text: str) -> str:
    """
    Return a file name as it will be used.

    Raises:
        Misused: nothing of it can be a file name, or it is too long.
    """
    stem = slug(text.removesuffix(EXTENSION).removesuffix(EXTENSION.lower()))
    if not stem:
        msg = f"`{text}` cannot be a file name"
        raise Misused(msg, "use letters, digits and underscores")
    if len(stem) + len(EXTENSION) > MAX_LENGTH:
        msg = f"the name has {len(stem) + len(EXTENSION)} characters, at most {MAX_LENGTH} are safe"
        raise Misused(msg, "choose a shorter name")
    return stem + EXTENSION
