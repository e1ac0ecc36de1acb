"""
Choosing rows, the same way for every verb: by id or name, set, run, status, code, tier, time.

Several ways together mean rows for which all of them hold. A name that stands for several rows is
an error that lists them.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import get_args

from msgspec import Struct

from driver.errors import Misused
from driver.recovery import rows_of_run
from journal import Journal
from machine.failures import FAILURES
from machine.quality import TIERS
from machine.status import ReviewStatus
from projections.reader import Reader

_LISTED = 10
_DIGITS = 19
"""A longer number is no id that SQLite can hold."""


_CALLED = "QC_Status COLLATE NOCASE"
TIER = "replace(quality_tier, ' (provisional)', '')"
"""The plain tier of a line of `review_queue`, in SQL."""
CODE = "substr(failure, 1, instr(failure || ':', ':') - 1)"
"""The code itself, where QC_Status calls it by a wider one."""

TIER_NAMES = (*[name for _, name in TIERS], "Very Low", "NA")


class Selector(Struct, frozen=True, kw_only=True):
    """What the command line asked for."""

    rows: tuple[str, ...] = ()
    set_id: str = ""
    run: str = ""
    status: tuple[str, ...] = ()
    qc: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    since: str = ""
    """UTC, as the journal writes it."""

    def is_empty(self) -> bool:
        """Tell whether nothing was asked for."""
        return self == Selector()


class UnknownRow(Misused):
    """No row is meant by a word."""

    def __init__(self, word: str, hint: str) -> None:
        """Name the word."""
        super().__init__(f"there is no row {word}", hint)
        self.word = word


def select(models: Reader, journal: Journal, selector: Selector) -> list[int]:
    """
    Return the ids of the rows that are meant, in order.

    Raises:
        Misused: a row, set or run is not there, or a name stands for several rows.
    """
    _check_words("status", selector.status, get_args(ReviewStatus))
    _check_words("tier", selector.tier, TIER_NAMES)
    _check_words("QC_Status", selector.qc, (*FAILURES, *TIER_NAMES))
    conditions, values = ["1"], list[str | int]()
    for column, wanted in (
        ("Review_Status", selector.status),
        (TIER, selector.tier),
    ):
        if wanted:
            marks = ", ".join("?" * len(wanted))
            conditions.append(f"{column} COLLATE NOCASE IN ({marks})")
            values += wanted
    if selector.qc:
        marks = ", ".join("?" * len(selector.qc))
        conditions.append(f"({_CALLED} IN ({marks}) OR {CODE} COLLATE NOCASE IN ({marks}))")
        values += selector.qc * 2
    if selector.set_id:
        _check_set(journal, selector.set_id)
        conditions.append("set_id = ?")
        values.append(selector.set_id)
    if selector.since:
        conditions.append("updated_at >= ?")
        values.append(selector.since)
    query = f"SELECT id FROM review_queue WHERE {' AND '.join(conditions)} ORDER BY id"  # noqa: S608
    found = [int(line["id"]) for line in models.query(query, values)]
    if selector.run:
        ran = set(rows_of_run(journal, run_named(journal, selector.run)))
        found = [number for number in found if number in ran]
    if selector.rows:
        named = {resolve(models, word): None for word in selector.rows}
        allowed = set(found)
        found = [number for number in named if number in allowed]
    return found


def resolve(models: Reader, word: str) -> int:
    """
    Return the row that a word means: its id, its file name (former ones too), the original's name.

    Raises:
        Misused: no row, or several.
    """
    if word.isdecimal() and len(word) < _DIGITS and models.line(int(word)):
        return int(word)
    found = models.find(word)
    if not found:
        if re.fullmatch(r"\d+([-,]\d+)*[-,]?(\d+)?", word) and not word.isdecimal():
            apart = " ".join(re.findall(r"\d+", word)) if "-" not in word else "1 2 3"
            raise UnknownRow(word, f"ids are separated by blanks, such as {apart}")
        raise UnknownRow(word, "photojournal queue")
    if len(found) > 1:
        several = ", ".join(labelled(models, [one.row for one in found[:_LISTED]]))
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        msg = f"{word} stands for several rows: {several}{more}"
        raise Misused(msg, f"name one by its id: photojournal show {found[0].row}")
    return found[0].row


def _check_words(what: str, words: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a word that stands for no row ever, since it is a slip of the hand."""
    folded = {one.casefold() for one in known}
    for word in words:
        if word.casefold() not in folded:
            near = get_close_matches(word.casefold(), folded, n=1)
            shown = [one for one in known if one.casefold() in near]
            msg = f"there is no {what} {word}"
            hint = f"did you mean {shown[0]}?" if shown else f"one of: {', '.join(known)}"
            raise Misused(msg, hint)


def run_named(journal: Journal, text: str) -> str:
    """
    Return the run whose id begins so; `last` is the newest.

    Raises:
        Misused: none, or several.
    """
    prefix = "" if text == "last" else text
    found = [stream.removeprefix("run/") for stream in journal.streams(f"run/{prefix}")]
    if not found:
        msg = f"there is no run {text}"
        raise Misused(msg, "photojournal runs")
    if text != "last" and len(found) > 1:
        msg = f"{len(found)} runs begin with {text}"
        raise Misused(msg, "type more of it: photojournal runs")
    return found[-1]


def _check_set(journal: Journal, set_id: str) -> None:
    if not journal.read_stream(f"set/{set_id}"):
        msg = f"there is no set {set_id}"
        raise Misused(msg, "photojournal sets")


def labelled(models: Reader, numbers: Sequence[int]) -> list[str]:
    """Return rows as a person reads them: `id File_Name`."""
    names = {line["id"]: line["File_Name"] for line in models.queue(numbers)}
    return [f"{number} {names.get(number, '')}".strip() for number in numbers]


def words_from(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the rows that stand on lines, as `photojournal queue --ids` prints them."""
    return tuple(word for line in lines for word in line.split())
