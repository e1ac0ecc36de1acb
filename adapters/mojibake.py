"""
Text that was decoded with the wrong encoding, put right by ftfy: `SchÃ¶nbrunn` is `Schönbrunn`.

Only the encoding is mended (`ftfy.fix_encoding`). ftfy can do much more, such as straightening
quotes and folding wide letters; all that changes what was meant, and our own rules do what is
needed of it. A text that looks right is left alone: ftfy changes only what no sane text holds.

Imported by whoever cleans, when they clean: ftfy and its tables take their time to load.
"""

from ftfy import fix_encoding

from machine.wording import Cleaner


def mended(text: str) -> str:
    """Return `text` with its encoding put right; most texts come back as they are."""
    return fix_encoding(text)


MOJIBAKE: Cleaner = ("mojibake", mended)
"""Comes first: other rules must not take `Ã©` for two letters."""
