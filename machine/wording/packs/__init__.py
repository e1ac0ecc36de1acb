"""
What the rules know about languages: a pack for each of a few, and a neutral one for all others.

Packs are loaded when first asked for: a command that judges no text does not pay for them.
"""

from functools import cache

from machine.wording.packs.shape import Pack

NEUTRAL = Pack()
"""Knows no words: only rules that need none speak."""


def primary(language: str) -> str:
    """Return the language itself of a BCP 47 tag: `en` of `en-GB`."""
    return language.replace("_", "-").partition("-")[0].strip().casefold()


@cache
def pack_for(language: str) -> Pack:
    """Return the pack for a BCP 47 language; the neutral one where there is no other."""
    match primary(language):
        case "en":
            from machine.wording.packs.english import PACK
        case "nl":
            from machine.wording.packs.dutch import PACK
        case "de":
            from machine.wording.packs.german import PACK
        case "ja":
            from machine.wording.packs.japanese import PACK
        case _:
            return NEUTRAL
    return PACK


def pack_of(language: str) -> str:
    """Return the name of the pack that judges a language; empty: neutral rules alone do."""
    return pack_for(language).name
