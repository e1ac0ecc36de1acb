"""Scripts by Unicode ranges, and which of them a language is written in."""

import re
from functools import cache

from machine.wording.lists import listed
from machine.wording.packs import primary

_LETTERS = {
    "Latin": (
        "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff"
        "\uff21-\uff3a\uff41-\uff5a"
    ),
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f\u1c80-\u1c8f",
    "Armenian": "\u0530-\u058f",
    "Hebrew": "\u05d0-\u05f2",
    "Arabic": "\u0620-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Devanagari": "\u0900-\u097f",
    "Bengali": "\u0980-\u09ff",
    "Gurmukhi": "\u0a00-\u0a7f",
    "Gujarati": "\u0a80-\u0aff",
    "Tamil": "\u0b80-\u0bff",
    "Telugu": "\u0c00-\u0c7f",
    "Kannada": "\u0c80-\u0cff",
    "Malayalam": "\u0d00-\u0d7f",
    "Sinhala": "\u0d80-\u0dff",
    "Thai": "\u0e00-\u0e7f",
    "Lao": "\u0e80-\u0eff",
    "Burmese": "\u1000-\u109f",
    "Georgian": "\u10a0-\u10ff\u1c90-\u1cbf",
    "Ethiopic": "\u1200-\u139f",
    "Khmer": "\u1780-\u17ff",
    "Kana": "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\uff66-\uff9f",
    "Han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
}
_IN = {name: re.compile(f"[{ranges}]") for name, ranges in _LETTERS.items()}
_DENSE = ("Kana", "Han", "Hangul")
"""A letter of these says about as much as two of another script."""

_WRITTEN: dict[str, tuple[str, ...]] = {
    "ja": ("Kana", "Han"),
    "ko": ("Hangul", "Han"),
    **dict.fromkeys(("zh", "yue"), ("Han",)),
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "kk", "ky", "mn"), ("Cyrillic",)),
    "sr": ("Cyrillic", "Latin"),
    "el": ("Greek",),
    "hy": ("Armenian",),
    "ka": ("Georgian",),
    **dict.fromkeys(("he", "yi"), ("Hebrew",)),
    **dict.fromkeys(("ar", "fa", "ur", "ps"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("Devanagari",)),
    "bn": ("Bengali",),
    "gu": ("Gujarati",),
    "ta": ("Tamil",),
    "te": ("Telugu",),
    "kn": ("Kannada",),
    "ml": ("Malayalam",),
    "si": ("Sinhala",),
    "th": ("Thai",),
    "lo": ("Lao",),
    "my": ("Burmese",),
    "km": ("Khmer",),
    "am": ("Ethiopic",),
    **dict.fromkeys(
        listed(
            "en nl de fr es it pt ca gl eu fy af da sv no nb nn fi et lv lt pl cs sk sl hr bs hu",
            "ro tr id ms vi sw ga cy is fo lb mt sq tl",
        ),
        ("Latin",),
    ),
}
SHARE_MIN = 0.3
"""Of the letters, so many are of the language's own scripts; names may be foreign."""
LETTERS_MIN = 3
"""Fewer letters tell nothing."""
HAN_ONLY_MAX = 10
"""A Japanese sentence of more Chinese characters than this has a kana letter somewhere."""
KANA_IN_CHINESE = 0.1
"""A Chinese text has no larger share of kana, such as in a name on a sign."""


def written_in(language: str) -> tuple[str, ...]:
    """Return the scripts of a language; empty: not known here."""
    return _WRITTEN.get(primary(language), ())


def weights(text: str) -> dict[str, int]:
    """Return how much of `text` stands in which script."""
    found = {name: len(pattern.findall(text)) for name, pattern in _IN.items()}
    return {name: n * (2 if name in _DENSE else 1) for name, n in found.items() if n}


def strange_script(words: str, language: str) -> str:
    """Return the script of `words` if none of their letters is in the language's own scripts."""
    if _own(primary(language)).search(words):
        return ""
    weight = weights(words)
    return max(weight, key=lambda name: weight[name]) if weight else ""


def _has_look_alike(text: str, language: str) -> bool:
    """Return whether the script alone does not tell the language of `text`."""
    code = primary(language)
    return code in _WITH_LOOK_ALIKES or (code == "ja" and _IN["Kana"].search(text) is None)


@cache
def _own(language: str) -> re.Pattern[str]:
    """Return what finds a letter in one of the scripts of a language."""
    return re.compile(f"[{''.join(_LETTERS[name] for name in _WRITTEN[language])}]")


def other_script(text: str, language: str) -> str:
    """
    Return the script that `text` stands in instead of one of its language's; empty: all is well.

    An English caption where Japanese was asked gives `Latin`; Japanese with a Latin name is well.
    """
    asked = written_in(language)
    if not asked:
        return ""
    own_letters = len(_own(primary(language)).findall(text))
    if own_letters >= 2 * SHARE_MIN * len(text) and not _has_look_alike(text, language):
        return ""
    weight = weights(text)
    total = sum(weight.values())
    if total < LETTERS_MIN:
        return ""
    own = sum(weight.get(name, 0) for name in asked)
    if own < SHARE_MIN * total:
        return max(weight, key=lambda name: 0 if name in asked else weight[name])
    return _look_alike(text, primary(language), weight)


_WITH_LOOK_ALIKES = frozenset(("zh", "yue", "ru", "uk"))
"""Languages whose script does not tell them from their neighbours."""
_RUSSIAN = re.compile("[ыэъё]")
_UKRAINIAN = re.compile("[іїєґ]")


def _look_alike(text: str, language: str, weight: dict[str, int]) -> str:
    """Return the neighbour whose script `text` stands in: Chinese for Japanese, and so on."""
    kana, han = weight.get("Kana", 0), weight.get("Han", 0)
    if language == "ja" and not kana and han > 2 * HAN_ONLY_MAX:
        return "Chinese"
    if language in ("zh", "yue") and kana > KANA_IN_CHINESE * (kana + han):
        return "Japanese"
    if language in ("ru", "uk"):
        folded = text.casefold()
        russian, ukrainian = len(_RUSSIAN.findall(folded)), len(_UKRAINIAN.findall(folded))
        if language == "uk" and russian and not ukrainian:
            return "Russian"
        if language == "ru" and ukrainian and not russian:
            return "Ukrainian"
    return ""
