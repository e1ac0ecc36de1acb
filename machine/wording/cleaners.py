"""
The cleaning rules, each a pure function of a text.

They see a text whose kept words are masked: a kept word is one letter that has no case.
"""

import re

from machine.text import normalise
from machine.wording.masking import STANDS_IN, STANDS_IN_WITH_STOP
from machine.wording.packs import pack_for, primary
from machine.wording.words import PHRASE_WORDS, UNSPACED, is_doubled, is_doubled_phrase

_SPACES = re.compile(r"\s+")
_SPACES_NOT_FRENCH = re.compile(r"(?:(?![\u00a0\u202f](?=[;:!?»%])|(?<=«)[\u00a0\u202f])\s)+")


def spaces(text: str, language: str) -> str:
    """
    Make one plain space of every run of spaces and line breaks, and none at both ends.

    `Two  cranes` and a line break become `Two cranes`. In French the spaces before `;:!?` stay that
    do not break.
    """
    pattern = _SPACES_NOT_FRENCH if primary(language) == "fr" else _SPACES
    return pattern.sub(" ", text).strip()


_DASH = "\u2010-\u2015\u2212"
_SPACED_DASH = re.compile(rf"(?<=[\w\"'”’)\]])(?:\s+[-{_DASH}]+)+\s+(?=[\w\"'“‘(\[])")
_CLOSE_DASH = re.compile(rf"(?<=[^\W\d_{UNSPACED}])[\u2014\u2015]+(?=[^\W\d_{UNSPACED}])")
_HYPHEN = re.compile(r"(?<=\w)[\u2010-\u2013\u2212](?=\w)")


def hyphens(text: str, language: str) -> str:
    """
    Make a comma of a dash between words, and a plain hyphen of an odd one inside of a word.

    `Two cranes – at dusk` becomes `Two cranes, at dusk`; `quay‑side` becomes `quay-side`. Ranges
    (`1939–1945`) and names (`Noord-Holland`) are kept.
    """
    del language
    text = _CLOSE_DASH.sub(", ", _SPACED_DASH.sub(", ", text))
    return _HYPHEN.sub("-", text)


_OPENED_BY = {"“": "”“", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』"}
_CLOSED_BY = {"”": "“„", "“": "„", "»": "«", "«": "»", "」": "「", "』": "『"}


def quotes(text: str, language: str) -> str:
    """
    Drop a quote at the start or the end of the text that has no other half.

    `"Two cranes at dusk.` loses its quote; a title in quotes keeps both. `24"` is a size.
    """
    del language
    first, last = text[:1], text[-1:]
    if text.count('"') % 2:
        if first == '"':
            return text[1:].strip()
        if last == '"' and not text[-2:-1].isdigit():
            return text[:-1].strip()
    if first in _OPENED_BY and not any(char in text[1:] for char in _OPENED_BY[first]):
        return text[1:].strip()
    if last in _CLOSED_BY and not any(char in text[:-1] for char in _CLOSED_BY[last]):
        return text[:-1].strip()
    return text


_BEFORE = re.compile(r"(?<=\S) +(?=[,;!?](?![)(])|[.:](?![\w.:)(]))")
_BEFORE_FRENCH = re.compile(r"(?<=\S) +(?=[,.](?![\w.)(]))")
_AFTER = re.compile(r"(?<=[^\W_])([,;!?])(?=[^\W\d_])")
_AFTER_STOP = re.compile(r"(?<=[^\W\d_][^\W\d_])\.(?=[A-ZÀ-ÖØ-Þ][^\W\d_])")
_AFTER_COLON = re.compile(r"(?<=[^\W\d_][^\W\d_]):(?=[^\W\d_])")
_DOUBLE = re.compile(r"([,;:])(?: ?\1)+|([!?])\2+")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")
_COMMA_STOP = re.compile(r"[,;:]+(?=\.(?!\.))")


def punctuation_spacing(text: str, language: str) -> str:
    """
    Put no space before `.,;:!?`, one after, and no mark twice.

    `Two cranes ,at dusk..` becomes `Two cranes, at dusk.` Numbers (`3.5`), times (`12:30`) and
    three stops stay; in French the space before `;:!?` does, too.
    """
    before = _BEFORE_FRENCH if primary(language) == "fr" else _BEFORE
    text = before.sub("", text)
    text = _DOUBLE.sub(lambda found: found.group(1) or found.group(2), text)
    text = _COMMA_STOP.sub("", _TWO_STOPS.sub(".", text))
    text = _AFTER_STOP.sub(". ", _AFTER.sub(r"\1 ", text))
    return _AFTER_COLON.sub(": ", text) if pack_for(language).functions else text


_TAIL = re.compile(r"[.,;:!?…\"'”’)\]]*$")


def doubled_words(text: str, language: str) -> str:
    """
    Write a word or phrase once that stands twice in a row.

    `The the quay` becomes `The quay`, `on the quay on the quay.` becomes `on the quay.` Names
    (`Bora Bora`), numbers and manners of speaking (`again and again and again`) stay.
    """
    functions = pack_for(language).functions
    words = text.split(" ")
    length = PHRASE_WORDS
    while length:
        at = _doubled(words, length, functions)
        if at is None:
            length -= 1
        else:
            last = at + length
            tail = _TAIL.search(words[last + length - 1])
            kept = words[last - 1] + (tail.group() if tail else "")
            words[last - 1 : last + length] = [kept]
    return " ".join(words)


def _doubled(words: list[str], length: int, functions: frozenset[str]) -> int | None:
    for at in range(len(words) - 2 * length + 1):
        first = words[at : at + length]
        second = words[at + length : at + 2 * length]
        second[-1] = _TAIL.sub("", second[-1])
        if first[-1].casefold() != second[-1].casefold() or not all(map(str.isalpha, first[-1:])):
            continue
        if length == 1:
            if is_doubled(first[0], second[0], functions):
                return at
        elif is_doubled_phrase(
            tuple(word.casefold() for word in first), tuple(word.casefold() for word in second)
        ):
            return at
    return None


_ENDED = re.compile(rf"[.!?…。！？।॥۔։።{STANDS_IN_WITH_STOP}][\"'”’“»」』)\]）]*$")
_HANGING = re.compile(r"[\s,;:、，；：]+$")
_WORD_AT_END = re.compile(r"[^\W_][\"'”’“»)\]%°]*$")
_DENSE_AT_END = re.compile(r"[^\W_][\"'”’」』)\]）%]*$|[」』）]$")
_NO_STOP = re.compile(
    rf"(?![{STANDS_IN}])[\u0530-\u058f\u0900-\u10cf\u1200-\u1bff{UNSPACED}][\"'”’)\]]*$"
)


def caption_stop(text: str, language: str) -> str:
    """
    End a caption in a full stop, `。` in Japanese and Chinese; drop what hangs on its end.

    `Two cranes at dusk,` becomes `Two cranes at dusk.` What ends in `!`, `?` or `…` is ended, and
    so is what ends in an emoji; scripts with another stop than ours, or none, are left alone.
    """
    text = _HANGING.sub("", text)
    if not text:
        return text
    if primary(language) in ("ja", "zh", "yue"):
        if text.endswith(".") and re.search(rf"[{UNSPACED}]\.$", text):
            return f"{text[:-1]}。"
        return text if _ENDED.search(text) or not _DENSE_AT_END.search(text) else f"{text}。"
    if _ENDED.search(text) or _NO_STOP.search(text) or not _WORD_AT_END.search(text):
        return text
    return f"{text}."


def alt_text_stop(text: str, language: str) -> str:
    """
    Leave the end of an alt text as it is, sentence or phrase; only drop what hangs on it.

    `Two cranes at dusk,` becomes `Two cranes at dusk`. A phrase needs no stop to be listened to.
    """
    del language
    return _HANGING.sub("", text)


_FIRST_WORD = re.compile(r"^([\"“„«‘(\[]*)([^\W\d_][\w'’-]*)")


def capital(text: str, language: str) -> str:
    """
    Start with a capital.

    `two cranes` becomes `Two cranes`, Dutch `ijsberg` becomes `IJsberg`. Kept words and words with
    a capital or a digit further on (`iPhone`) stay.
    """
    found = _FIRST_WORD.match(text)
    if found is None:
        return text
    opening, word = found.groups()
    code, first = primary(language), word[0]
    if any(char.isupper() or char.isdigit() for char in word) or not first.islower():
        return text
    upper = first.title()
    if code in ("tr", "az") and first == "i":
        upper = "İ"
    taken = 1
    if code == "nl" and word.startswith("ij"):
        upper, taken = "IJ", 2
    if len(upper) != taken:
        return text
    return f"{opening}{upper}{text[len(opening) + taken :]}"


_KEYWORD_START = re.compile(r"^[\s#•*\-,;]+(?=\w)")
_KEYWORD_END = re.compile(r"[\s,;.。、]+$")


def keywords_tidy(keywords: tuple[str, ...], protected: frozenset[str]) -> tuple[str, ...]:
    """
    Trim keywords, drop empty ones and those that stand there already, whatever their case.

    `#crane, Crane., , harbour` becomes `crane, harbour`. `U.S.` and kept words are not trimmed.
    """
    tidy: list[str] = []
    seen: set[str] = set()
    for keyword in keywords:
        word = _SPACES.sub(" ", keyword).strip() if keyword not in protected else keyword
        if word not in protected:
            word = _KEYWORD_START.sub("", word)
            end = _KEYWORD_END.search(word)
            if end is not None and "." not in word[: end.start()]:
                word = word[: end.start()]
        folded = normalise(word) or word.casefold()
        if word and folded not in seen:
            tidy.append(word)
            seen.add(folded)
    return tuple(tidy)
