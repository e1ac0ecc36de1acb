"""
Two texts beside each other, word by word, as `git diff --word-diff` writes it.

What is gone stands in `[-...-]`, what is new in `{+...+}`. Where a script has no spaces between its
words, every character counts as one.
"""

import re
from difflib import SequenceMatcher

_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+|\s+|.", re.DOTALL)


def word_diff(old: str, new: str) -> str:
    """Return what became of `old`, word by word; equal texts come back as they are."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    pieces: list[list[str]] = []
    for kind, from_, to, begin, end in matcher.get_opcodes():
        gone, come = "".join(before[from_:to]), "".join(after[begin:end])
        if kind == "equal":
            pieces.append([gone])
        elif len(pieces) > 1 and len(pieces[-1]) == 1 and not "".join(pieces[-1]).strip():
            # A blank alone between two changes belongs to them: one longer change reads better.
            (blank,) = pieces.pop()
            pieces[-1] = [pieces[-1][0] + blank + gone, pieces[-1][1] + blank + come]
        else:
            pieces.append([gone, come])
    return "".join(_shown(*piece) for piece in pieces)


def _shown(gone: str, come: str | None = None) -> str:
    """Return a piece as it is, or what went and what came in its marks."""
    if come is None:
        return gone
    return (f"[-{gone}-]" if gone else "") + (f"{{+{come}+}}" if come else "")
