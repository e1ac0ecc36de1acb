"""Rules about what a text is made of: its characters, its repetitions, its language."""

import re
import unicodedata
from collections import Counter
from functools import cache

from machine.values import Finding
from machine.wording.packs import primary
from machine.wording.packs.functions import BY_LANGUAGE, NAMES, ONLY_ENGLISH
from machine.wording.reading import Reading
from machine.wording.scripts import other_script, strange_script, written_in
from machine.wording.words import PHRASE_WORDS, Part, is_doubled, is_doubled_phrase

OFTEN = 4
"""A word may stand so often in a caption."""
_SHORT_WORD = 4
"""Where no function words are known, words up to this length count as such."""
_AGAIN_AND_AGAIN = re.compile(r"([^\W\d_]{2,20}?)\1{2,}")


def repeated_words(reading: Reading) -> Finding | None:
    """
    Words are written twice in a row, or one word again and again.

    Found: `the the quay`, `on the quay on the quay`, `heron` five times in a caption, and without
    spaces `港の港の港の`. Not found: `Bora Bora`, `had had`, `again and again and again`.
    """
    functions = reading.pack.functions
    for part in reading.parts:
        found = _repeated(part, functions)
        if found:
            return Finding(code="repeated_words", detail=f"{part.name}: {found}")
    return None


def _repeated(part: Part, functions: frozenset[str]) -> str:
    if part.unspaced:
        found = _AGAIN_AND_AGAIN.search(part.text)
        return found.group(1) if found else ""
    tokens, folded = part.tokens, part.folded
    if len(set(folded)) == len(folded):
        return ""
    for at in [at for at in range(1, len(folded)) if folded[at] == folded[at - 1]]:
        if is_doubled(tokens[at - 1], tokens[at], functions):
            return f"{tokens[at - 1]} {tokens[at]}"
    for length in range(2, PHRASE_WORDS + 1):
        starts = range(len(folded) - 2 * length + 1)
        for at in [at for at in starts if folded[at] == folded[at + length]]:
            phrase = folded[at : at + length]
            if is_doubled_phrase(phrase, folded[at + length : at + 2 * length]):
                return " ".join((*phrase, *phrase))
    if part.field == "alt_text" or len(folded) - len(set(folded)) < OFTEN:
        return ""
    (word, times), *_ = [
        *((word, n) for word, n in Counter(folded).most_common() if _weighs(word, functions)),
        ("", 0),
    ]
    return f"{word}, {times} times" if times > OFTEN else ""


def _weighs(word: str, functions: frozenset[str]) -> bool:
    return word not in functions if functions else len(word) > _SHORT_WORD


_JOINER_SCRIPTS = re.compile("[\u0600-\u06ff\u0750-\u077f\u0900-\u0dff\u1000-\u109f\u1780-\u17ff]")
_SPACES = "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000"
_TAG_BASE, _TAGS = "\U0001f3f4", re.compile("[\U000e0020-\U000e007f]")


def control_characters(reading: Reading) -> Finding | None:
    """
    A character that cannot be seen and does something, or that says that one was lost.

    Found: control characters (C0, C1), zero width space, soft hyphen, marks that turn the direction
    of writing, U+FFFD. Not found: spaces of any kind (cleaning makes plain ones of them), the
    joiner inside of an emoji, joiners and non-joiners in Persian and in scripts of India.
    """
    for name, text in (
        ("caption", reading.text.caption),
        ("alt text", reading.text.alt_text),
        ("keywords", reading.keywords),
    ):
        if text.isprintable() and "\ufffd" not in text:
            continue
        for at, char in enumerate(text):
            if _is_control(char, at, text):
                return Finding(code="control_characters", detail=f"{name}: U+{ord(char):04X}")
    return None


def _is_control(char: str, at: int, text: str) -> bool:
    if char == "\ufffd":
        return True
    if char.isprintable() or char in _SPACES:
        return False
    category = unicodedata.category(char)
    if category in ("Cn", "Zs"):  # Cn: newer than our table of characters, such as a new emoji
        return False
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if char in "\u200c\u200d" and _JOINER_SCRIPTS.match(before):
        return False
    if char == "\u200d" and _is_emoji(before) and _is_emoji(after):
        return False
    return not (_TAGS.match(char) and _TAG_BASE in text[:at])


def _is_emoji(char: str) -> bool:
    return bool(char) and (char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk", "Cn"))


_MAYBE_MARKUP = re.compile(r"[*`<{}\[\]\\&#_|:]")
_MARKUP = re.compile(
    r"""(?ix)
    \*\*|(?<!\w)\*\w[^*]*\w\*(?!\w)|`|(?<!\w)__\w|^\s*\#{1,6}\s|^\s*[*]\s|\|\s*-{3,}
    |</?[a-z][^<>]*>|<!--|[{\[]\s*["']\s*\w|["']\s*[}\]]|["']\s*:\s*["\[{]|\[[^\[\]]*\]\(
    |&(?:amp|lt|gt|quot|apos|nbsp|\#\d+|\#x[0-9a-f]+);|\\[nrt"]|\\u[0-9a-f]{4}
    |^\W*(?:caption|alt[ _-]?text|alt|keywords|description|title
        |bijschrift|beschrijving|bildunterschrift|beschreibung)["']?\s?:
    """
)


def markup(reading: Reading) -> Finding | None:
    r"""
    Leftovers of Markdown, HTML or JSON, or the name of the field before the text.

    Found: `**Harbour**`, three back quotes, `{"caption": "Harbour"`, `<br>`, `&amp;`, `\n` as two
    characters, `Caption: Harbour`. Not found: `Fish & chips`, `5 < 7`, `#1`.
    """
    for name, text in (
        ("caption", reading.text.caption),
        ("alt text", reading.text.alt_text),
        ("keywords", reading.keywords),
    ):
        if _MAYBE_MARKUP.search(text):
            found = _MARKUP.search(text)
            if found is not None:
                return Finding(code="markup", detail=f"{name}: {found.group().strip()}")
    return None


HITS_MIN = 3
"""So many function words of another language are needed to say that a text is in it."""
CLEARLY = 2
"""And so many times those that only the asked language has."""


def wrong_language(reading: Reading) -> Finding | None:
    """
    A text is not in the language that was asked for.

    Found by script where scripts differ: an English caption where Japanese was asked, and the
    reverse. Between English, Dutch and German by function words: only when another language has
    at least three and clearly more. For other languages in Latin script only English is found,
    which is what models fall back to. An unknown language (`und`) is not judged.
    """
    asked = primary(reading.language)
    scripts = written_in(asked)
    if not scripts:
        return None
    for part in reading.parts:
        other = "" if scripts == ("Latin",) and part.latin else other_script(part.text, asked)
        other = other or (_other_words(part, asked) if "Latin" in scripts else "")
        if other:
            return Finding(code="wrong_language", detail=f"{part.name}: {other}")
    if "Latin" not in scripts:
        other = strange_script(reading.keywords, asked)
        if other:
            return Finding(code="wrong_language", detail=f"keywords: {other}")
    return None


def _other_words(part: Part, asked: str) -> str:
    own = BY_LANGUAGE.get(asked)
    if own is None:
        return "English" if len(ONLY_ENGLISH.intersection(part.folded)) >= HITS_MIN else ""
    for other, theirs, ours in _neighbours(asked):
        if theirs.isdisjoint(part.folded):
            continue
        hits = sum(word in theirs for word in part.folded)
        if hits >= HITS_MIN and hits > CLEARLY * sum(word in ours for word in part.folded):
            return NAMES[other]
    return ""


@cache
def _neighbours(asked: str) -> tuple[tuple[str, frozenset[str], frozenset[str]], ...]:
    """Return the other languages, each with what it alone has and what the asked one alone has."""
    own = BY_LANGUAGE[asked]
    return tuple(
        (code, theirs - own, own - theirs) for code, theirs in BY_LANGUAGE.items() if code != asked
    )
