"""Edits: texts, labels and facts; names of rows never published follow their labels."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from driver.decisions import Answer, ask_one
from driver.renaming import follows_template, names_of, rename, series_of
from driver.sets import append_to_set, labels_of_set
from driver.shell import Shell
from driver.typed_fields import TypedFields
from machine.intents import CorrectMetadata, EditText, Intent, OverrideRating, Relabel
from machine.refusals import Refused
from machine.row import Row, corrected
from machine.run_events import SetRelabelled
from machine.values import Corrections, Labels, Metadata


class Rated(Struct, frozen=True):
    """How a person rates a photo."""

    qr: float | None
    """0 to 10; None: what was measured counts again."""
    reason: str = ""


class Edit(TypedFields, frozen=True, kw_only=True):
    """
    What `edit` was asked to change; None leaves a field as it is.

    Where the text is not the one that it is based on, or a label that is changed not the one that
    was seen, it is refused.
    """

    camera: str | None = None
    lens_model: str | None = None
    shift: timedelta | None = None
    """How far the camera's clock was off."""
    rating: Rated | None = None

    def overtaken(self, now: Labels) -> str:
        """Return which label is to be changed and is not the one that was seen; empty: none."""
        after, seen = self.after(now), self.seen or now
        moved = (
            name
            for name in Labels.__struct_fields__
            if getattr(now, name) not in (getattr(seen, name), getattr(after, name))
        )
        return next(moved, "")

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
    names, plans = names_of(shell), []
    for number in numbers:
        row = shell.row(number)
        labels = edit.after(row.decided.labels)
        old = new = row.happened.file_name
        stays = ""
        facts = edit.after_facts(row)
        moved = (labels, facts) != (row.decided.labels, row.decided.photo.metadata)
        if moved and follows_template(names, row):
            if row.happened.ever_published:
                stays = "it was published under this name"
            else:
                series = names.series(labels, facts, row.happened.original_name)
                if series != series_of(names, row):
                    new = names.propose(series)
                    names.taken(series, new)
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


def _text_of(shell: Shell, edit: Edit) -> EditText:
    return EditText(
        caption=edit.caption,
        alt_text=edit.alt_text,
        keywords=edit.keywords,
        by=shell.actor,
        based_on=edit.based_on,
        limits=shell.workspace.config.prefill.text_limits(),
    )


def _edit_one(shell: Shell, plan: EditPlan, edit: Edit) -> Answer:
    """Edit one row as it is now: what others changed since the plan was shown stays."""
    row = shell.row(plan.row)
    if edit.after(row.decided.labels) != plan.labels or row.happened.file_name != plan.old_name:
        (plan,) = plan_edit(shell, [plan.row], edit)

    def intents(row: Row) -> list[Intent]:
        wanted: list[Intent] = []
        if other := edit.overtaken(row.decided.labels):
            number = row.happened.row
            msg = f"the {other} of row {number} has changed since you saw it"
            raise Refused(msg, f"photojournal show {number}")
        labels = edit.after(row.decided.labels)
        if labels != row.decided.labels:
            limits = shell.workspace.config.prefill.text_limits()
            wanted.append(Relabel(labels=labels, limits=limits))
        if edit.has_facts():
            wanted.append(CorrectMetadata(corrections=edit.corrections(row)))
        if edit.has_text():
            wanted.append(_text_of(shell, edit))
        if edit.rating:
            rated = edit.rating
            wanted.append(OverrideRating(qr=rated.qr, reason=rated.reason, by=shell.actor))
        if not wanted:
            raise Refused("it is already so", nothing=True)
        return wanted

    if plan.new_name == plan.old_name:
        return ask_one(shell, plan.row, intents)
    series = names_of(shell).series(plan.labels, edit.after_facts(row), row.happened.original_name)
    return rename(shell, plan.row, plan.new_name, intents, series=series)
