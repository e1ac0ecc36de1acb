"""
What can be said about a text without looking at the picture, and what can be mended.

`findings` judges a text beside what is known about its row; `refusing` picks those for which a
model's answer is not accepted; `clean` mends what rules can mend without touching the meaning.
Everything is pure: the same text, facts and limits give the same answer.
"""

from machine.wording.about import About, about
from machine.wording.cleaning import Cleaned, Cleaner, clean, protected_words
from machine.wording.judging import CODES, RULES_VERSION, findings, refusing
from machine.wording.packs import pack_of

__all__ = [
    "CODES",
    "RULES_VERSION",
    "About",
    "Cleaned",
    "Cleaner",
    "about",
    "clean",
    "findings",
    "pack_of",
    "protected_words",
    "refusing",
]
