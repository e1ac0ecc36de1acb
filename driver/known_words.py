"""Known words of a workspace for category and location: found, and added when they are new."""

from typing import TYPE_CHECKING

from driver.vocabulary import OPTION, Spelt, Table, Vocabulary, Word, add, load

if TYPE_CHECKING:
    from driver.program import Program


def known_words(program: "Program") -> Vocabulary:
    """Return the words of the file; where there is none yet, those that rows have."""
    path = program.workspace.vocabulary
    return load(path) if path.exists() else _of_rows(program)


def keep_words(program: "Program", found: Spelt) -> list[Word]:
    """Add new words, which rows have by now, to the workspace's vocabulary; return those."""
    if not found.added:
        return []
    workspace, words = program.workspace, list(found.added)
    if not workspace.vocabulary.exists():
        known = known_words(program)
        words = [Word(table, word) for table in OPTION for word in known.words(table)]
        words = [*(word for word in words if word not in found.added), *found.added]
    added = add(workspace.vocabulary, words, workspace.locks)
    return [one for one in added if one in found.added]


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
