"""
Texts that say the same: groups of photos with equal or nearly equal captions, alt texts, keywords.

Equal: letters and digits are the same, whatever the case, punctuation and width of the characters.

Nearly equal, captions and alt texts: the words are sorted and the characters compared
(`rapidfuzz.fuzz.ratio`, insertions and deletions). Sorting finds a sentence that was turned round,
which the characters in their order miss (`At dusk two cranes ...`: 85), and puts apart sentences in
which a word that means something was exchanged (a red boat, a blue boat: 85 instead of 92). At 92,
a changed article or ending counts as the same; of 3,000 captions made from 30 subjects, 15 places,
10 verbs, times and details, 17 of 4.5 million pairs are found, all with one slot of five exchanged.
Where words are not divided by spaces there is nothing to sort, and one character is a whole idea:
characters in their order, and 94.

Nearly equal, keywords: nine in ten of all words are in both sets.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from unicodedata import normalize

import numpy as np
from msgspec import Struct

from machine.text import normalise
from machine.values import Text
from projections.likeness import Indexes, Likeness, alike_sets

SPACED_PERCENT = 92
UNSPACED_PERCENT = 94
KEYWORDS_TENTHS = 9
KEYWORDS_LEAST = 9
"""Fewer keywords cannot have nine tenths in common with other ones."""
START = 80
"""Characters of a text that name its group."""
_UNSPACED_FROM = "\u2e80"
"""East Asian scripts begin here."""


class Said(Struct, frozen=True, gc=False):
    """What a photo says: now, or, published, what visitors read."""

    row: int
    text: Text
    published: bool = False


class Group(Struct, frozen=True, kw_only=True, gc=False):
    """Photos that say the same. At least one of them waits, and there are two or more."""

    kind: str
    ids: tuple[int, ...]
    """Of those that wait."""
    published_ids: tuple[int, ...] = ()
    """Of those that visitors read, less `ids`."""
    text: str = ""
    """How it begins."""

    @property
    def photos(self) -> int:
        """Return how many photos say the same."""
        return len(self.ids) + len(self.published_ids)


class _Node(Struct, frozen=True, gc=False):
    """One wording, and whose it is."""

    ids: set[int]
    published_ids: set[int]
    start: str

    def owner(self) -> int:
        """Return the photo, if it is the only one that says so, else -1."""
        owners = self.ids | self.published_ids
        return next(iter(owners)) if len(owners) == 1 else -1


Nodes = dict[str, _Node]
"""By what the equal texts have in common."""


def folded(text: str) -> str:
    """Return what equal texts have in common; empty for a text without letters and digits."""
    return normalise(normalize("NFKC", text))


def _pair(text: Text) -> str:
    caption, alt_text = folded(text.caption), folded(text.alt_text)
    return f"{caption}|{alt_text}" if caption and alt_text else ""


def _keywords(text: Text) -> str:
    return "|".join(sorted({folded(word) for word in text.keywords} - {""}))


_SIGNATURES: dict[str, tuple[Callable[[Text], str], Callable[[Text], str]]] = {
    "duplicate_caption_exact": (lambda text: folded(text.caption), lambda text: text.caption),
    "duplicate_alt_exact": (lambda text: folded(text.alt_text), lambda text: text.alt_text),
    "duplicate_keywords_signature": (_keywords, lambda text: ", ".join(text.keywords)),
    "duplicate_pair_exact": (_pair, lambda text: text.caption),
}
"""Kind -> what equal texts have in common, and what of them a person is shown."""

EXACT = tuple(_SIGNATURES)
NEAR = ("duplicate_caption_near", "duplicate_alt_near", "duplicate_keywords_near")
KINDS = (*EXACT, *NEAR)


def duplicates(said: Iterable[Said]) -> dict[str, list[Group]]:
    """
    Return the groups of photos that say the same, by kind; every kind is there.

    Empty texts equal nothing. What a photo said before is no duplicate of what it says now.
    """
    every = sorted(said, key=lambda one: one.row)
    found: dict[str, list[Group]] = {}
    nodes: dict[str, Nodes] = {}
    for kind, (signature, shown) in _SIGNATURES.items():
        nodes[kind] = _nodes(every, signature, shown)
        found[kind] = _groups(kind, ([node] for node in nodes[kind].values()))
    for kind, equal in zip(NEAR, EXACT, strict=False):
        near = _near_keywords if equal == "duplicate_keywords_signature" else _near_texts
        found[kind] = _groups(kind, near(nodes[equal]))
    return found


def _nodes(
    said: Iterable[Said], signature: Callable[[Text], str], shown: Callable[[Text], str]
) -> Nodes:
    """Bring equal texts together."""
    found: Nodes = {}
    for one in said:
        key = signature(one.text)
        if not key:
            continue
        node = found.get(key)
        if node is None:
            node = found[key] = _Node(set(), set(), shown(one.text)[:START])
        (node.published_ids if one.published else node.ids).add(one.row)
    return found


def _groups(kind: str, components: Iterable[Sequence[_Node]]) -> list[Group]:
    """Return the components that are two photos or more of which one waits, by their first id."""
    found = []
    for nodes in components:
        ids = {row for node in nodes for row in node.ids}
        published = {row for node in nodes for row in node.published_ids} - ids
        if ids and len(ids) + len(published) > 1:
            first = min(nodes, key=lambda node: (not node.ids, min(node.ids | node.published_ids)))
            group = Group(
                kind=kind,
                ids=tuple(sorted(ids)),
                published_ids=tuple(sorted(published)),
                text=first.start,
            )
            found.append(group)
    return sorted(found, key=lambda group: group.ids)


# --- nearly equal


class _Components:
    """What hangs together: wordings with a label each, the same for those that were joined."""

    def __init__(self, nodes: Sequence[_Node]) -> None:
        self._nodes = nodes
        self._labels = np.arange(len(nodes))
        self._owners = np.array([node.owner() for node in nodes], dtype=np.int64)

    def join(self, one: int, others: Indexes) -> None:
        """Join a wording with others; not with what the same photo said before."""
        if self._owners[one] >= 0:
            others = others[self._owners[others] != self._owners[one]]
        labels, own = self._labels, self._labels[one]
        joined = labels[others]
        joined = joined[joined != own]
        if joined.size:
            labels[np.isin(labels, joined)] = own

    def apart(self, one: int, others: Indexes) -> Indexes:
        """Return those that a wording is not joined with yet."""
        found: Indexes = others[self._labels[others] != self._labels[one]]
        return found

    def groups(self) -> Iterator[list[_Node]]:
        """Yield those of two wordings or more."""
        found: dict[int, list[_Node]] = {}
        for node, label in zip(self._nodes, self._labels.tolist(), strict=True):
            found.setdefault(label, []).append(node)
        return (nodes for nodes in found.values() if len(nodes) > 1)


def _near_texts(nodes: Nodes) -> Iterator[list[_Node]]:
    """Yield captions or alt texts that nearly equal each other."""
    spaced = {key: node for key, node in nodes.items() if _has_spaces(key)}
    unspaced = {key: node for key, node in nodes.items() if key not in spaced}
    for some, percent, turned in (
        (spaced, SPACED_PERCENT, lambda key: " ".join(sorted(key.split()))),
        (unspaced, UNSPACED_PERCENT, lambda key: key.replace(" ", "")),
    ):
        if len(some) > 1:
            pairs = sorted(((turned(key), node) for key, node in some.items()), key=_by_length)
            components = _Components([node for _, node in pairs])
            likeness = Likeness([key for key, _ in pairs], percent)
            waiting = [i for i, (_, node) in enumerate(pairs) if node.ids]
            for i, others in likeness.of(waiting):
                components.join(i, others)
            yield from components.groups()


def _by_length(pair: tuple[str, _Node]) -> tuple[int, str]:
    return len(pair[0]), pair[0]


def _has_spaces(text: str) -> bool:
    """Tell whether a text is written in a script with spaces between the words."""
    return 2 * sum(char >= _UNSPACED_FROM for char in text) < len(text)


def _near_keywords(nodes: Nodes) -> Iterator[list[_Node]]:
    """Yield keyword sets that nearly equal each other; small ones can only be equal."""
    large = {key: node for key, node in nodes.items() if key.count("|") >= KEYWORDS_LEAST - 1}
    sets, owned = [frozenset(key.split("|")) for key in large], list(large.values())
    components = _Components(owned)
    for i, possible in alike_sets(sets, [i for i, node in enumerate(owned) if node.ids]):
        apart = components.apart(i, possible)
        near = [j for j in apart.tolist() if _is_near(sets[i], sets[j])]
        components.join(i, np.array(near, dtype=np.int64))
    return components.groups()


def _is_near(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return 10 * shared >= KEYWORDS_TENTHS * (len(one) + len(other) - shared)
