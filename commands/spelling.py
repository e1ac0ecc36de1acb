"""What a category and a location are called: known words, or new ones that were asked for."""

from typing import TYPE_CHECKING

from commands.output import line, warn
from driver.known_words import keep_words, known_words
from driver.vocabulary import FILE, OPTION, Spelt, spell
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
    found = spell(known_words(program), labels, new=new)
    for words in found.said:
        (warn if quiet else line)(words)
    return found


def keep(program: "Program", found: Spelt, *, quiet: bool) -> None:
    """Add new words, which rows have by now, to the workspace's vocabulary, and say so."""
    for one in keep_words(program, found):
        told = f"The {OPTION[one.table]} {one.word} is new: added to {FILE}"
        (warn if quiet else line)(told)
