"""
What a person decides about rows: pick, approve, reject, retry, release.

Every function takes rows and answers row by row; one refusal does not stop the others. Edits and
names are in `driver.editing`.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from driver.errors import about
from driver.shell import Shell, answers_of
from machine.intents import Intent, Release, Retry
from machine.refusals import Refused
from machine.row import Row, mark_at
from machine.status import stage_status
from machine.values import STAGES, Stage


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
    return [ask_one(shell, number, intents) for number in numbers]


def ask_one(shell: Shell, number: int, intents: Callable[[Row], Sequence[Intent]]) -> Answer:
    """Ask one row; a refusal is an answer, too."""
    row = shell.row(number)
    name = row.happened.file_name
    if row.version == 0:
        return Answer(row=number, outcome="refused", detail=f"there is no row {number}")
    try:
        with about(f"{shell.verb} id={number}"):
            shell.change(number, lambda now: answers_of(now, intents(now)))
    except Refused as refused:
        outcome = "nothing" if refused.nothing else "refused"
        return Answer(
            row=number, file_name=name, outcome=outcome, detail=str(refused), hint=refused.hint
        )
    return Answer(row=number, file_name=shell.row(number).happened.file_name, outcome="done")


def refuse_unseen(shell: Shell, row: Row, position: int) -> None:
    """Refuse a text that came in after a position; 0: nobody says what was seen. Raises Refused."""
    number = row.happened.row
    if not position:
        return
    version = len(shell.journal.read_stream(f"row/{number}", until_position=position))
    if mark_at(row, version).decided.prefill.text != row.decided.prefill.text:
        msg = f"row {number} has another text than the one that you saw"
        raise Refused(msg, f"look at it, then: photojournal approve {number}")


def retry(
    shell: Shell, numbers: Iterable[int], stage: Stage | None, reason: str, model: str = ""
) -> list[Answer]:
    """
    Make a stage due again: the one named, else every stage that failed.

    With a model, its stage alone is meant, failed or not.
    """
    stage = "prefill" if model else stage

    def intents(row: Row) -> list[Intent]:
        stages: list[Stage] = [stage] if stage else _in(row, ("failed", "interrupted"))
        if not stages:
            aside = _in(row, ("quarantined",))
            number = row.happened.row
            hint = f"photojournal release {number} --reason '...'" if aside else ""
            msg = f"nothing of row {number} has failed"
            raise Refused(msg, hint, nothing=not aside)
        return [Retry(stage=one, reason=reason, model=model) for one in stages]

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
