"""The rule about places that nobody told of."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from machine.values import Finding
from machine.wording.packs import primary
from machine.wording.packs.places import by_name
from machine.wording.packs.shape import Pack
from machine.wording.reading import Reading, known_words
from machine.wording.words import Part, words_of

_CAPITAL = "[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİĶŁŃŅŇŌŐŒŘŚŠŞŤŪŮŰŹŻŽ]"
_RUN = (
    rf"{_CAPITAL}[\w'’-]*"
    rf"(?: (?:(?:of|the|upon|de|den|der|van|aan|am|del|la|le|du|do|di) ){{0,2}}{_CAPITAL}[\w'’-]*)*"
)
_NEXT = re.compile(r" ([^\W\d_]+)")
RUNS_MAX = 50
"""So many possible places of a text are looked at."""
TITLE_SHARE = 0.6
"""A text of which more of the words have a capital is a title."""
_DAYS = ("day", "dag", "days", "dagen", "eve", "avond")
"""Ends of words for feasts: Koningsdag, Boxing Day."""
_SHORT_NAME = 5
"""An abbreviation up to this length is no place, unless the table has it: KLM, NASA."""


@cache
def _looked_for(pack: Pack) -> re.Pattern[str]:
    words = "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in sorted(pack.locative))
    article = "the|de|het|der|den|die|dem"
    return re.compile(
        rf"(?: (?:{words}) (?P<article>(?:{article}) )?|(?P<comma>, ))(?P<run>{_RUN})"
    )


def invented_location(reading: Reading) -> Finding | None:
    """
    A place is named that neither the labels nor the file names hold.

    A model does not know where a photo was taken. Only a name with a capital after `in`, `at` and
    their like counts, or one of the table of countries and cities after a comma; in German, where
    all nouns have a capital, and in Japanese the table alone. A place is known under its names in
    all four languages, and with its country. Found: `in Amsterdam` where the location is Rotterdam.
    Not found: `in Gothic style`, `in May`, `at Central Station`, `in Delft blue`.
    """
    about = reading.about
    if about is None or not reading.pack.name:
        return None
    for part in reading.parts:
        for place in _places(part, reading.pack, primary(reading.language)):
            words = set(words_of(place))
            if words - reading.pack.kinds_of_place and _strange(words, reading):
                return Finding(code="invented_location", detail=f"{part.name}: {place}")
    return None


def _strange(words: set[str], reading: Reading) -> bool:
    assert reading.about is not None
    naming = words - reading.pack.kinds_of_place
    return naming.isdisjoint(known_words(reading.about))


def _places(part: Part, pack: Pack, language: str) -> Iterator[str]:
    if not pack.locative:
        if language == "ja":
            yield from _japanese(part.text)
        return
    table = by_name(language)
    text = f" {part.text}"
    for found in islice(_looked_for(pack).finditer(text), RUNS_MAX):
        run = found["run"].removesuffix("'s").removesuffix("’s")
        listed = " ".join(words_of(run)) in table
        listed = listed or " ".join(words_of(f"{found['article'] or ''}{run}")) in table
        if listed or not (
            pack.nouns_capital
            or found["comma"]
            or found["article"]
            or _is_title(part, run, pack)
            or _is_no_place(run, pack)
            or _describes(text, found.end(), pack)
        ):
            yield run


_JAPANESE_RUN = re.compile("[ァ-ヺー]+|[一-龥々]+")
_KATAKANA = re.compile("[ァ-ヺー]")
_JAPANESE_KINDS = ("市街", "市", "駅", "空港", "郊外", "中心")
_JAPANESE_AFTER = (
    *_JAPANESE_KINDS,
    *("で", "に", "へ", "から", "の街", "の町", "の港", "の通り", "の市街", "、", "。", ","),
)


def _japanese(text: str) -> Iterator[str]:
    """
    Yield places of the table of which something is said to be there.

    A particle or a word for a kind of place has to follow: `日本庭園` (a Japanese garden) and
    `ローマ字` (Latin letters) are no places.
    """
    table = by_name("ja")
    for found in _JAPANESE_RUN.finditer(text):
        run = found.group()
        kind = next((kind for kind in _JAPANESE_KINDS if run.endswith(kind)), "")
        ended = found.end() == len(text) or text.startswith(_JAPANESE_AFTER, found.end())
        if kind or ended:
            run = run.removesuffix(kind)
            place = next((run[at:] for at in range(len(run)) if run[at:] in table), "")
            if place and (place == run or not _KATAKANA.match(run)):
                yield place


def _is_title(part: Part, run: str, pack: Pack) -> bool:
    """Return whether the other words have capitals, too, so that those of `run` tell nothing."""
    named = words_of(run)
    if not pack.functions.isdisjoint(named[1:]) and run.istitle():
        return True
    others = [
        word
        for word, folded in zip(part.tokens[1:], part.folded[1:], strict=True)
        if word.isalpha() and folded not in named and folded not in pack.functions
    ]
    return sum(word.istitle() for word in others) > TITLE_SHARE * len(others)


def _is_no_place(run: str, pack: Pack) -> bool:
    words = words_of(run)
    return (
        words[0] in pack.no_places
        or words[-1].endswith(_DAYS)
        or (run.isupper() and len(run) <= _SHORT_NAME)
    )


def _describes(text: str, end: int, pack: Pack) -> bool:
    """Return whether a noun follows at once: `Gothic style`, `Nike shoes`."""
    after = _NEXT.match(text, end)
    if after is None:
        return False
    word = after.group(1)
    return word.islower() and word not in pack.functions
