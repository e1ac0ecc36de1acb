"""What a language pack holds, and how its phrases are looked for."""

import re
from collections.abc import Iterable

from msgspec import Struct

from machine.wording.words import Part


class Phrases(Struct, frozen=True):
    """A list of phrases, ready to be looked for."""

    gates: frozenset[str]
    """Of every phrase its longest word: a text without any of them need not be searched."""
    pattern: re.Pattern[str] | None = None
    but_not: re.Pattern[str] | None = None
    """What only looks like one of the phrases."""
    spaced: bool = True

    def first(self, part: Part) -> str:
        """Return the first phrase that stands in `part`; empty: there is none."""
        if self.pattern is None or (self.spaced and self.gates.isdisjoint(part.folded)):
            return ""
        text = part.joined if self.spaced else part.text
        if self.but_not is not None:
            text = self.but_not.sub(" ", text)
        found = self.pattern.search(text)
        return found.group().strip() if found else ""


def phrases(written: Iterable[str], *, but_not: Iterable[str] = ()) -> Phrases:
    """
    Return phrases of whole words.

    Args:
        written: In lower case; `*` stands for up to four words, and never at the start.
        but_not: Phrases of which a part must not be found: `the might of` is no guess.
    """
    every = tuple(written)
    gates = frozenset(max(one.replace("*", " ").split(), key=len) for one in every)
    return Phrases(gates=gates, pattern=_whole(every), but_not=_whole(tuple(but_not)))


def pieces(written: Iterable[str], *, but_not: Iterable[str] = ()) -> Phrases:
    """Return pieces of text, for scripts in which words have no ends."""
    others = "|".join(map(re.escape, but_not))
    return Phrases(
        gates=frozenset(),
        pattern=re.compile("|".join(map(re.escape, written))),
        but_not=re.compile(others) if others else None,
        spaced=False,
    )


def _whole(written: tuple[str, ...]) -> re.Pattern[str] | None:
    if not written:
        return None
    ways = [re.escape(one).replace(r"\ \*\ ", r"(?: \S+){0,4} ") for one in written]
    return re.compile(f"(?<= )(?:{'|'.join(ways)})(?= )")


NOTHING = Phrases(gates=frozenset())


class Pack(Struct, frozen=True, kw_only=True):
    """What the rules know about a language. Without a part, the rules for it say nothing."""

    name: str = ""
    """As people say it; empty: no language in particular."""
    functions: frozenset[str] = frozenset()
    """Words that carry no meaning of their own, such as `the` and `with`."""
    lead_gates: frozenset[str] = frozenset()
    """A text without any of these words has no `lead_in`; empty: it is always looked for."""
    lead_in: re.Pattern[str] | None = None
    """At the start of a sentence: words about the picture instead of what is in it."""
    lead_out: re.Pattern[str] | None = None
    """The same at the end of the text."""
    uncertain: Phrases = NOTHING
    template: Phrases = NOTHING
    locative: frozenset[str] = frozenset()
    """Words after which a place stands."""
    nouns_capital: bool = False
    """A capital does not tell a name from another noun."""
    no_places: frozenset[str] = frozenset()
    """Words with a capital that are no places: months, days, languages, styles."""
    kinds_of_place: frozenset[str] = frozenset()
    """Words that make no name of a place by themselves, such as `Airport`."""
    nature: Phrases = NOTHING
    urban: Phrases = NOTHING
    """Words for what can only be in the wild, and only in a town."""
