"""What a category and a location are called: known words, or new ones that were asked for."""

from typing import TYPE_CHECKING

from commands.output import line, warn
from driver.vocabulary import FILE, OPTION, Spelt, Table, Vocabulary, Word, add, load, spell
from machine.values import Labels

if TYPE_CHECKING:
    from driver.program import Program

NEW = "Category and location are meant as they are typed, however like they are to known ones."


def spelt(program: "Program", labels: Labels, *, new: bool, quiet: bool) -> Spelt:
    """
    Return labels in their known spelling, and say what differs from what was typed.

    Args:
        program: the opened workspace.
        labels: what was typed.
        new: words that are like a known one may be added, too.
        quiet: standard output belongs to JSON.

    Raises:
        Misused: a word is like a known one, or cannot be written.
    """
    found = spell(_known(program), labels, new=new)
    for words in found.said:
        (warn if quiet else line)(words)
    return found


def keep(program: "Program", found: Spelt, *, quiet: bool) -> None:
    """Add new words, which rows have by now, to the workspace's vocabulary, and say so."""
    if not found.added:
        return
    workspace, words = program.workspace, list(found.added)
    if not workspace.vocabulary.exists():
        known = _known(program)
        words = [Word(table, word) for table in OPTION for word in known.words(table)]
        words = [*(word for word in words if word not in found.added), *found.added]
    for one in add(workspace.vocabulary, words, workspace.locks):
        if one in found.added:
            told = f"The {OPTION[one.table]} {one.word} is new: added to {FILE}"
            (warn if quiet else line)(told)


def _known(program: "Program") -> Vocabulary:
    """Return the words of the file; where there is none yet, those that rows have."""
    path = program.workspace.vocabulary
    return load(path) if path.exists() else _of_rows(program)


def _of_rows(program: "Program") -> Vocabulary:
    query = "SELECT Folder, Location FROM review_queue GROUP BY 1, 2 ORDER BY min(id)"
    known = Vocabulary()
    columns: dict[Table, str] = {"folders": "Folder", "locations": "Location"}
    for one in program.models.query(query):
        for table, column in columns.items():
            word = one[column]
            if word and not known.spelling(table, word):
                known.words(table)[word] = ""
    return known
