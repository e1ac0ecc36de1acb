"""
What follows from marks and texts in the photos of an ingest, once they are in.

Picks: with a least rating, rows whose photo has as many stars, or Photo Mechanic's tag, become
picks, and so do those with a label that the settings name; rows that somebody decided about are
left alone, and a rating of -1 rejects nothing. Texts: a text that most photos of the set share was
put there by a template or a camera, and does not count as a person's. That is looked at once more
before texts are used: an ingest may have been cut short.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from adapters.captioner import person_wrote, text_in_file
from driver.shell import Shell
from machine.intents import DiscountEmbeddedText, Pick
from machine.naming import name_key
from machine.row import Row
from machine.status import stage_status
from machine.text import normalise
from machine.values import Culling
from projections.reader import Reader

SHARED_BY_MIN = 3
"""Photos; what two have in common may be said of both on purpose."""


class Wanted(Struct, frozen=True):
    """Which marks make picks."""

    min_rating: int | None = None
    """Stars, 1 to 5, of a pick, as Photo Mechanic's tag makes one; None: neither makes one."""
    labels: tuple[str, ...] = ()
    """Labels of which each makes a pick, whatever its case."""

    def is_pick(self, marks: Culling) -> bool:
        """Tell whether a photo with these marks is a pick."""
        rated = self.min_rating is not None and (
            marks.tagged is True or (marks.rating or 0) >= self.min_rating
        )
        return rated or bool(self.label_of(marks))

    def label_of(self, marks: Culling) -> str:
        """Return the label of the photo if it makes a pick, else an empty one."""
        wanted = {name_key(label.strip()) for label in self.labels}
        return marks.label if name_key(marks.label.strip()) in wanted else ""


def follow_up(
    shell: Shell, numbers: Sequence[int], set_id: str, wanted: Wanted
) -> list[int] | None:
    """
    Do what follows for the rows of an ingest; return those that became picks.

    Args:
        shell: of the run.
        numbers: rows that came in or were there already, each once.
        set_id: the set of the ingest, empty if nothing is in it.
        wanted: the marks of a pick; None is returned where no mark makes one.
    """
    if set_id:
        discount_shared_texts(shell, numbers, set_id)
    return None if wanted == Wanted() else pick_marked(shell, numbers, wanted)


def pick_marked(shell: Shell, numbers: Iterable[int], wanted: Wanted) -> list[int]:
    """Make picks of the undecided rows whose marks ask for it; return their ids."""
    picked = []
    for number in numbers:
        row = shell.row(number)
        undecided = row.decided.intake and row.decided.decision.value == "undecided"
        marks = row.decided.photo.culling
        if undecided and wanted.is_pick(marks):
            shell.ask(number, Pick(by_marks=True, label=wanted.label_of(marks)))
            picked.append(number)
    return picked


def check_shared_texts(shell: Shell, models: Reader, numbers: Iterable[int]) -> None:
    """Look at the sets of rows whose text is about to be used, whatever became of their ingest."""
    rows = map(shell.row, numbers)
    sets = dict.fromkeys(row.happened.set_id for row in rows if _is_about_to_count(row))
    for set_id in sets:
        found = models.query("SELECT id FROM review_queue WHERE set_id = ? ORDER BY id", (set_id,))
        discount_shared_texts(shell, [one["id"] for one in found], set_id)


def _is_about_to_count(row: Row) -> bool:
    """Tell whether the text in the photo would become the row's text."""
    written = row.decided.intake and person_wrote(row.decided.photo.embedded)
    return bool(written) and stage_status(row, "prefill") != "done"


def discount_shared_texts(shell: Shell, numbers: Iterable[int], set_id: str) -> None:
    """Let the texts that most photos of the set share not count, where they are not used yet."""
    texts: dict[int, str] = {}
    counted: set[int] = set()
    for number in numbers:
        row = shell.row(number)
        if row.happened.set_id != set_id or not row.decided.intake:
            continue
        texts[number] = normalise(text_in_file(row.decided.photo.embedded))
        if _is_about_to_count(row):
            counted.add(number)
    for text, sharing in Counter(texts.values()).items():
        if not text or sharing < SHARED_BY_MIN or sharing * 2 <= len(texts):
            continue
        reason = f"{sharing} of {len(texts)} photos of the set have this text"
        for number in sorted(counted):
            if texts[number] == text:
                shell.ask(number, DiscountEmbeddedText(reason=reason))
