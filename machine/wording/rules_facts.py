"""Rules that compare a text with what is known about its row."""

import re
from functools import lru_cache

from machine.values import Finding
from machine.wording.about import About
from machine.wording.lists import listed
from machine.wording.packs.scenes import INHABITED, NATURE, URBAN
from machine.wording.reading import Reading, label_words
from machine.wording.words import Part

_MAYBE_FILE = re.compile(r"[\d_]|\.\w")
_EXTENSION = re.compile(
    r"(?i)\w\.(?:jpe?g|png|tiff?|heic|webp|gif|bmp|cr[23]|nef|arw|dng|orf|rw2|raf)(?!\w)"
)
_NUMBERED = re.compile(
    r"(?i)(?<![^\W_])_?(?:img|dsc[nf]?|dscn|pict|mvi|gopr|dji|pxl|cimg|imgp|mg|sam)[_-]?\d{3,}"
)
_JOINED = re.compile(r"(?<![^\W_])[^\W_]+_[^\W_]\w*")
_ALONE = re.compile(r"[^\W_]+")
_COUNTER = re.compile(r"0\d{2,}|\d*[^\W\d]*\d{5,}\w*|(?!(?:1[89]|20)\d\d$)\d{4}")


def file_name_in_text(reading: Reading) -> Finding | None:
    """
    The name of a file stands in the text.

    Found: `DSC_0123`, `IMG2001`, `harbour_at_dusk`, `sunset.jpg`, and of the photo's own names the
    parts that only a file has: `0123`, `20240501`. Not found: words of a name that are ordinary,
    years, and whatever the labels hold, too.
    """
    for part in reading.parts:
        if not _MAYBE_FILE.search(part.text):
            continue
        for pattern in (_NUMBERED, _JOINED, _EXTENSION):
            found = pattern.search(part.text)
            if found is not None:
                return Finding(code="file_name_in_text", detail=f"{part.name}: {found.group()}")
        if reading.about is not None:
            for alone in file_words(reading.about).intersection(
                _ALONE.findall(part.text.casefold())
            ):
                return Finding(code="file_name_in_text", detail=f"{part.name}: {alone}")
    return None


@lru_cache(maxsize=256)
def file_words(about: About) -> frozenset[str]:
    """Return the parts of the photo's names that only the name of a file has, without case."""
    found: set[str] = set()
    for name in about.names:
        stem = name.rpartition(".")[0] or name
        found.update(w for w in _ALONE.findall(stem.casefold()) if _COUNTER.fullmatch(w))
    return frozenset(found) - label_words(about)


BRANDS = listed(
    "canon nikon sony fujifilm fuji olympus panasonic leica pentax hasselblad ricoh sigma tamron",
    "samsung apple gopro dji minolta konica kodak lumix coolpix powershot ixus huawei xiaomi",
    "mamiya iphone eos",
)
_ALSO_WORDS = frozenset(("canon", "apple", "olympus", "sigma", "fuji", "samsung", "sony", "eos"))
"""Brands that are other things, too, or stand on signs: a canon, Mount Olympus."""
_SERIES = frozenset(
    ("eos", "powershot", "coolpix", "ixus", "lumix", "cyber-shot", "cybershot", "alpha", "rebel")
)
_LENS = listed("lens objectief objektiv")
_TAKEN = listed(
    "taken shot photographed captured genomen gemaakt gefotografeerd aufgenommen fotografiert",
)
_LATIN_WORD = re.compile(r"[a-z0-9][a-z0-9-]*")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_EXPOSURE = re.compile(
    r"(?i)(?<!\w)(?:f/\d|\d{2,3}\s?mm[\s-]?(?:lens|objectief|objektiv|レンズ)"
    r"|iso[ -]?(?!9001|14001|27001)\d{2,6}(?!\w))"
)
_MODEL_MIN = 3
"""Characters of a model's name that stands alone; `A7` is a road, too."""


def camera_in_text(reading: Reading) -> Finding | None:
    """
    Camera, lens or exposure are named: gear is no caption, and stands in columns of its own.

    Found: the photo's own camera or lens (`EOS 5D`, `D850`), a brand before a model (`Sony A7R`),
    `f/2.8`, `ISO 400`. Not found: `a camera on a tripod`, `a canon in robes`, `Mount Olympus`, and
    what the labels hold, too.
    """
    about = reading.about
    labels = label_words(about) if about else frozenset[str]()
    own = camera_words(about) if about else frozenset[str]()
    for part in reading.parts:
        words = _latin_words(part)
        found = ""
        if not own.isdisjoint(words) or not BRANDS.isdisjoint(words):
            found = _gear(words, own, labels)
        if not found and _DIGIT.search(part.text):
            told = _EXPOSURE.search(part.text)
            found = told.group() if told else ""
        if found:
            return Finding(code="camera_in_text", detail=f"{part.name}: {found}")
    return None


@lru_cache(maxsize=256)
def camera_words(about: About) -> frozenset[str]:
    """Return the words of the photo's own camera and lens that can tell it, without case."""
    words = _LATIN_WORD.findall(" ".join(about.camera).casefold())
    return frozenset(word for word in words if word in BRANDS or _is_model(word))


def _latin_words(part: Part) -> tuple[str, ...]:
    if part.unspaced:
        return tuple(_LATIN_WORD.findall(part.text.casefold()))
    return part.folded


def _is_model(word: str) -> bool:
    return bool(_DIGIT.search(word) and _LETTER.search(word))


def _gear(words: tuple[str, ...], own: frozenset[str], labels: frozenset[str]) -> str:
    for at, word in enumerate(words):
        if word in labels or (word not in own and word not in BRANDS):
            continue
        after = words[at + 1] if at + 1 < len(words) else ""
        if word not in BRANDS:
            branded = at > 0 and words[at - 1] in BRANDS
            if branded or (len(word) >= _MODEL_MIN and labels.isdisjoint(word.split("-"))):
                return word
        elif _is_model(after) or (after in _SERIES and after not in labels):
            return f"{word} {after}"
        elif word in own and (
            word not in _ALSO_WORDS
            or after in own
            or after in _LENS
            or not _TAKEN.isdisjoint(words[max(at - 3, 0) : at])
        ):
            return f"{word} {after}" if after in _LENS or after in own else word
    return ""


def suspicious_context(reading: Reading) -> Finding | None:
    """
    A town in what the labels call nature, or the wild in what they call a town. A warning.

    Found: `skyscrapers` for `Nature`, `a glacier` for `Street photography`. Not found where the
    labels name both, as in `City birds`.
    """
    about = reading.about
    if about is None:
        return None
    labels = label_words(about)
    nature, urban = not NATURE.isdisjoint(labels), not URBAN.isdisjoint(labels)
    if nature == urban or not INHABITED.isdisjoint(labels):
        return None
    phrases = reading.pack.urban if nature else reading.pack.nature
    for part in reading.parts:
        found = phrases.first(part)
        if found and labels.isdisjoint(found.split()):
            label = "nature" if nature else "town"
            return Finding(code="suspicious_context", detail=f"{part.name}: {found}, but {label}")
    return None
