"""Edits: texts, labels and names; names of rows never published follow their labels."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from msgspec import Struct

from driver.decisions import Answer, ask_one
from driver.errors import Misused
from driver.names import Names
from driver.sets import append_to_set, labels_of_set
from driver.shell import CONFLICTS_MAX, Shell, answers_of
from journal import Entry, VersionConflict
from machine.event_base import Event
from machine.events import NameReserved
from machine.intents import CorrectMetadata, EditText, Intent, Relabel, Rename
from machine.naming import EXTENSION, MAX_LENGTH, name_key, slug
from machine.refusals import Refused
from machine.row import Row, corrected
from machine.run_events import SetRelabelled
from machine.values import Corrections, Labels, Metadata


class Edit(Struct, frozen=True, kw_only=True):
    """What `edit` was asked to change; None leaves a field as it is."""

    caption: str | None = None
    alt_text: str | None = None
    keywords: tuple[str, ...] | None = None
    category: str | None = None
    subject: str | None = None
    location: str | None = None
    camera: str | None = None
    lens_model: str | None = None
    shift: timedelta | None = None
    """How far the camera's clock was off."""
    based_on: str = ""

    def after(self, old: Labels) -> Labels:
        """Return labels as they are after the edit."""
        return Labels(
            category=old.category if self.category is None else self.category,
            subject=old.subject if self.subject is None else self.subject,
            location=old.location if self.location is None else self.location,
        )

    def corrections(self, row: Row) -> Corrections:
        """
        Return what is to stand in the place of the file's facts.

        Raises:
            Refused: the clock of a photo without a time cannot be mended.
        """
        date_time = None
        if self.shift is not None:
            date_time = _shifted(row, self.shift)
        return Corrections(date_time=date_time, camera=self.camera, lens_model=self.lens_model)

    def after_facts(self, row: Row) -> Metadata:
        """Return what the row says about camera, lens and time after the edit."""
        try:
            return corrected(row.decided.photo.metadata, self.corrections(row))
        except Refused:
            return row.decided.photo.metadata

    def has_facts(self) -> bool:
        """Tell whether camera, lens or time are to be corrected."""
        return not (self.camera is None and self.lens_model is None and self.shift is None)

    def has_text(self) -> bool:
        """Tell whether one of the three texts is to be changed."""
        return not (self.caption is None and self.alt_text is None and self.keywords is None)


def _shifted(row: Row, shift: timedelta) -> str:
    """Return the time of the photo by a clock that goes right. Raises Refused."""
    number, told = row.happened.row, row.decided.photo.metadata.date_time
    try:
        return f"{datetime.strptime(told, _EXIF_TIME) + shift:{_EXIF_TIME}}"  # noqa: DTZ007
    except (ValueError, OverflowError) as error:
        what = f"the time `{told}`" if told else "no time"
        msg = f"row {number} has {what}, which cannot be shifted"
        raise Refused(msg, f"photojournal show {number}") from error


_EXIF_TIME = "%Y:%m:%d %H:%M:%S"


class EditPlan(Struct, frozen=True, kw_only=True):
    """What an edit means for one row."""

    row: int
    old_name: str
    new_name: str
    labels: Labels
    text: bool
    name_stays: str = ""
    """Why the name stays although its parts changed."""


def plan_edit(shell: Shell, numbers: Iterable[int], edit: Edit) -> list[EditPlan]:
    """Say what an edit would change; names of rows never published follow their labels."""
    names, plans = Names(shell.journal), []
    for number in numbers:
        row = shell.row(number)
        labels = edit.after(row.decided.labels)
        old = new = row.happened.file_name
        stays = ""
        facts = edit.after_facts(row)
        if (labels, facts) != (row.decided.labels, row.decided.photo.metadata) and _derived(row):
            if row.happened.ever_published:
                stays = "it was published under this name"
            else:
                stem = _series(names, row, labels, facts)
                if stem != _series(names, row, row.decided.labels, row.decided.photo.metadata):
                    new = names.propose(stem)
                    names.taken(stem, new)
        plans.append(
            EditPlan(
                row=number,
                old_name=old,
                new_name=new,
                labels=labels,
                text=edit.has_text(),
                name_stays=stays,
            )
        )
    return plans


def _series(names: Names, row: Row, labels: Labels, facts: Metadata) -> str:
    stem = PurePosixPath(row.happened.original_name).stem
    return names.series(labels, facts, stem)


def _derived(row: Row) -> bool:
    """Tell whether the name still follows the scheme; a name that a person gave is kept."""
    stem = row.happened.file_name.removesuffix(EXTENSION).rpartition("_")[0]
    original = PurePosixPath(row.happened.original_name).stem
    return stem == Names.series(row.decided.labels, row.decided.photo.metadata, original)


def carry_out_edit(
    shell: Shell, plans: Sequence[EditPlan], edit: Edit, *, set_id: str = ""
) -> list[Answer]:
    """
    Change texts, labels and names as planned.

    A set that was edited as a whole (`set_id`) says so, too: what comes in later belongs to it.
    """
    answers = [_edit_one(shell, plan, edit) for plan in plans]
    if set_id and any(answer.outcome == "done" for answer in answers):
        before = labels_of_set(shell.journal, set_id)
        labels = edit.after(before)
        if labels != before:
            append_to_set(shell, set_id, SetRelabelled(labels=labels))
    return answers


def _edit_one(shell: Shell, plan: EditPlan, edit: Edit) -> Answer:
    """Edit one row as it is now: what others changed since the plan was shown stays."""
    row = shell.row(plan.row)
    if edit.after(row.decided.labels) != plan.labels or row.happened.file_name != plan.old_name:
        (plan,) = plan_edit(shell, [plan.row], edit)

    def intents(row: Row) -> list[Intent]:
        wanted: list[Intent] = []
        labels = edit.after(row.decided.labels)
        if labels != row.decided.labels:
            wanted.append(Relabel(labels=labels))
        if edit.has_facts():
            wanted.append(CorrectMetadata(corrections=edit.corrections(row)))
        if edit.has_text():
            wanted.append(
                EditText(
                    caption=edit.caption,
                    alt_text=edit.alt_text,
                    keywords=edit.keywords,
                    by=shell.actor,
                    based_on=edit.based_on,
                )
            )
        if not wanted:
            raise Refused("it is already so", nothing=True)
        return wanted

    if plan.new_name == plan.old_name:
        return ask_one(shell, plan.row, intents)
    return rename(shell, plan.row, plan.new_name, intents, numbered=True)


def rename(
    shell: Shell,
    number: int,
    file_name: str,
    before: Callable[[Row], Sequence[Intent]] = lambda _row: (),
    *,
    numbered: bool = False,
) -> Answer:
    """
    Give a row another name and reserve it in the same append.

    Args:
        shell: the run.
        number: the row.
        file_name: the new name; one that this row had before comes back.
        before: what else is to be asked, first, in the same append.
        numbered: where another row has the name, take the next number of its series; else that is
            refused.
    """
    old = shell.row(number).happened.file_name
    names = Names(shell.journal)
    for _ in range(CONFLICTS_MAX):
        owner = owner_of_name(shell, file_name)
        if owner not in (None, number):
            if not numbered:
                return _taken(number, old, file_name)
            file_name = _next_name(names, file_name)
            continue
        stream = f"name/{name_key(PurePosixPath(file_name).stem)}"
        reserve = Entry(stream, 0, NameReserved(row=number, file_name=file_name))

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
    names, answers = Names(shell.journal), list[Answer]()
    series = name.removesuffix(EXTENSION)
    for number in numbers:
        proposed = names.propose(series)
        names.taken(series, proposed)
        answers.append(rename(shell, number, proposed, numbered=True))
    return answers


def owner_of_name(shell: Shell, file_name: str) -> int | None:
    """Return the row that a name belongs to; None for a free one."""
    key = name_key(PurePosixPath(file_name).stem)
    history = shell.journal.read_stream(f"name/{key}")
    reserved = history[0].event if history else None
    return reserved.row if isinstance(reserved, NameReserved) else None


def _next_name(names: Names, file_name: str) -> str:
    series = PurePosixPath(file_name).stem.rpartition("_")[0]
    names.taken(series, file_name)
    return names.propose(series)


def _taken(number: int, old: str, file_name: str) -> Answer:
    return Answer(
        row=number,
        file_name=old,
        outcome="refused",
        detail=f"the name {file_name} is taken by another row",
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
