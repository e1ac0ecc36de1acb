"""A text and its facts, taken apart once for all rules."""

from functools import lru_cache

from msgspec import Struct

from machine.text import normalise
from machine.values import Text, TextLimits
from machine.wording.about import About
from machine.wording.packs import pack_for
from machine.wording.packs.places import by_any_name
from machine.wording.packs.shape import Pack
from machine.wording.words import Part, part, words_of


class Reading(Struct, frozen=True, kw_only=True):
    """What a rule looks at."""

    text: Text
    about: About | None
    """None: nothing is known, and rules that need facts say nothing."""
    limits: TextLimits
    language: str
    """As asked; of the text where nothing was asked."""
    pack: Pack
    caption: Part
    alt_text: Part
    keywords: str
    """All of them, joined."""
    folded_keywords: tuple[str, ...]
    """Normalised; those of which nothing is left are left out."""

    @property
    def parts(self) -> tuple[Part, Part]:
        """The two texts."""
        return self.caption, self.alt_text


def read(text: Text, about: About | None) -> Reading:
    """Return `text` taken apart."""
    language = (about.language if about else "") or text.language
    return Reading(
        text=text,
        about=about,
        limits=about.limits if about else TextLimits(),
        language=language,
        pack=pack_for(language),
        caption=part("caption", text.caption),
        alt_text=part("alt_text", text.alt_text),
        keywords=", ".join(text.keywords),
        folded_keywords=tuple(filter(None, map(normalise, text.keywords))),
    )


@lru_cache(maxsize=256)
def label_words(about: About) -> frozenset[str]:
    """Return the words of subject, location and category, without case."""
    labels = about.labels
    return frozenset(words_of(f"{labels.subject} {labels.location} {labels.category}"))


@lru_cache(maxsize=256)
def known_words(about: About) -> frozenset[str]:
    """Return the words of the labels and of the file names, places in all languages we know."""
    labels = about.labels
    said = f"{labels.subject} {labels.location} {labels.category}"
    told = normalise(" ".join((said, *about.names)))
    known = set(told.split())
    padded = f" {told} "
    for name, others in by_any_name().items():
        if f" {name} " in padded or (not name.isascii() and name in padded):
            known.update(word for other in others for word in other.split())
    return frozenset(known)
