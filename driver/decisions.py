"""
What a person decides about rows: pick, approve, reject, edit, rename, retry, release.

Every function takes rows and answers row by row; one refusal does not stop the others.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from driver.errors import Misused
from driver.names import Names
from driver.shell import Shell
from journal import Entry, VersionConflict
from machine.decide import decide
from machine.event_base import Event
from machine.events import NameReserved
from machine.evolve import evolve
from machine.intents import EditText, Intent, Relabel, Release, Rename, Retry
from machine.naming import EXTENSION, MAX_LENGTH, name_key, slug
from machine.refusals import Refused
from machine.row import Row
from machine.run_events import SetRelabelled
from machine.status import stage_status
from machine.values import STAGES, Labels, Stage


class Answer(Struct, frozen=True, kw_only=True):
    """What became of one row."""

    row: int
    file_name: str = ""
    outcome: str
    """`done`, `nothing` (it was so already) or `refused`."""
    detail: str = ""
    hint: str = ""


def ask_each(
    shell: Shell, numbers: Iterable[int], intents: Callable[[Row], Sequence[Intent]]
) -> list[Answer]:
    """Ask each row for what `intents` returns for it."""
    return [_ask_one(shell, number, intents) for number in numbers]


def _ask_one(shell: Shell, number: int, intents: Callable[[Row], Sequence[Intent]]) -> Answer:
    row = shell.row(number)
    name = row.happened.file_name
    if row.version == 0:
        return Answer(row=number, outcome="refused", detail=f"there is no row {number}")
    try:
        shell.ask(number, *intents(row))
    except Refused as refused:
        outcome = "nothing" if refused.nothing else "refused"
        return Answer(
            row=number, file_name=name, outcome=outcome, detail=str(refused), hint=refused.hint
        )
    return Answer(row=number, file_name=shell.row(number).happened.file_name, outcome="done")


def retry(shell: Shell, numbers: Iterable[int], stage: Stage | None, reason: str) -> list[Answer]:
    """Make a stage due again: the one named, else every stage that failed."""

    def intents(row: Row) -> list[Intent]:
        stages: list[Stage] = [stage] if stage else _in(row, ("failed", "interrupted"))
        if not stages:
            aside = _in(row, ("quarantined",))
            number = row.happened.row
            hint = f"photojournal release {number} --reason '...'" if aside else ""
            msg = f"nothing of row {number} has failed"
            raise Refused(msg, hint, nothing=not aside)
        return [Retry(stage=one, reason=reason) for one in stages]

    return ask_each(shell, numbers, intents)


def release(shell: Shell, numbers: Iterable[int], stage: Stage | None, reason: str) -> list[Answer]:
    """Give quarantined stages a fresh budget: the one named, else all of them."""

    def intents(row: Row) -> list[Intent]:
        stages: list[Stage] = [stage] if stage else _in(row, ("quarantined",))
        if not stages:
            msg = f"nothing of row {row.happened.row} is quarantined"
            raise Refused(msg, nothing=True)
        return [Release(stage=one, reason=reason) for one in stages]

    return ask_each(shell, numbers, intents)


def _in(row: Row, wanted: tuple[str, ...]) -> list[Stage]:
    return [stage for stage in STAGES if stage_status(row, stage) in wanted]


# --- Edits


class Edit(Struct, frozen=True, kw_only=True):
    """What `edit` was asked to change; None leaves a field as it is."""

    caption: str | None = None
    alt_text: str | None = None
    keywords: tuple[str, ...] | None = None
    category: str | None = None
    subject: str | None = None
    location: str | None = None
    based_on: str = ""

    def labels_of(self, row: Row) -> Labels:
        """Return the row's labels after the edit."""
        old = row.decided.labels
        return Labels(
            category=old.category if self.category is None else self.category,
            subject=old.subject if self.subject is None else self.subject,
            location=old.location if self.location is None else self.location,
        )

    def has_text(self) -> bool:
        """Tell whether one of the three texts is to be changed."""
        return not (self.caption is None and self.alt_text is None and self.keywords is None)


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
        labels = edit.labels_of(row)
        old = new = row.happened.file_name
        stays = ""
        if labels != row.decided.labels and _derived(row):
            if row.happened.ever_published:
                stays = "it was published under this name"
            else:
                stem = _series(names, row, labels)
                if stem != _series(names, row, row.decided.labels):
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


def _series(names: Names, row: Row, labels: Labels) -> str:
    stem = PurePosixPath(row.happened.original_name).stem
    return names.series(labels, row.happened.metadata, stem)


def _derived(row: Row) -> bool:
    """Tell whether the name still follows the scheme; a name that a person gave is kept."""
    stem = row.happened.file_name.removesuffix(EXTENSION).rpartition("_")[0]
    original = PurePosixPath(row.happened.original_name).stem
    return stem == Names.series(row.decided.labels, row.happened.metadata, original)


def carry_out_edit(
    shell: Shell, plans: Sequence[EditPlan], edit: Edit, *, set_id: str = ""
) -> list[Answer]:
    """Change texts, labels and names as planned; a set that was edited as a whole says so too."""
    answers = [_edit_one(shell, plan, edit) for plan in plans]
    history = shell.journal.read_stream(f"set/{set_id}") if set_id else []
    if history and plans and any(answer.outcome == "done" for answer in answers):
        relabelled = SetRelabelled(labels=plans[0].labels)
        shell.append([Entry(f"set/{set_id}", history[-1].version, relabelled)])
    return answers


def _edit_one(shell: Shell, plan: EditPlan, edit: Edit) -> Answer:
    def intents(row: Row) -> list[Intent]:
        wanted: list[Intent] = []
        if plan.labels != row.decided.labels:
            wanted.append(Relabel(labels=plan.labels))
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
        return _ask_one(shell, plan.row, intents)
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

    A name that another row has is refused; with `numbered` the next number of its series is taken
    instead. A name that this row had before comes back.
    """
    names = Names(shell.journal)
    old = shell.row(number).happened.file_name
    while True:
        key = name_key(PurePosixPath(file_name).stem)
        history = shell.journal.read_stream(f"name/{key}")
        reserved = history[0].event if history else None
        mine = isinstance(reserved, NameReserved) and reserved.row == number
        beside = [Entry(f"name/{key}", 0, NameReserved(row=number, file_name=file_name))]

        def decider(row: Row, name: str = file_name) -> list[Event]:
            events: list[Event] = []
            for intent in (*before(row), Rename(file_name=name)):
                answer = decide(row, intent)
                for event in answer:
                    row = evolve(row, event)
                events += answer
            return events

        try:
            if reserved is not None and not mine:
                raise VersionConflict(f"name/{key}", 0, 1)
            shell.change(number, decider, () if mine else beside)
        except Refused as refused:
            outcome = "nothing" if refused.nothing else "refused"
            return Answer(
                row=number,
                file_name=old,
                outcome=outcome,
                detail=str(refused),
                hint=refused.hint,
            )
        except VersionConflict:
            if not numbered:
                detail = f"the name {file_name} is taken by another row"
                hint = f"photojournal show {file_name}"
                return Answer(
                    row=number, file_name=old, outcome="refused", detail=detail, hint=hint
                )
            series = PurePosixPath(file_name).stem.rpartition("_")[0]
            names.taken(series, file_name)
            file_name = names.propose(series)
        else:
            detail = f"was {old}"
            return Answer(row=number, file_name=file_name, outcome="done", detail=detail)


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
