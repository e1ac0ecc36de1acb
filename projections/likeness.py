"""
Which of many texts, or sets of words, are alike, quickly.

Each pair is compared by `rapidfuzz.fuzz.ratio`. Before that, most pairs are left out because they
cannot be alike: one text is too long, or the letters they are made of differ too much. Every
inserted or deleted character changes one count of one letter; so counts are written as rows of
ones, and the bits that differ are never more than the characters that do. Of different captions of
90 characters, 3 in 1,000 pairs are left to compare.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

_BINS = 32
_BITS = 8
"""Ones of a letter's count; what is above them is not looked at."""
_ONES = np.array([(1 << count) - 1 for count in range(_BITS + 1)], dtype=np.uint8)
_CELLS = 4_000_000
"""Pairs that are looked at together."""
_MANY = 200_000
"""Comparisons from which on all processors are asked."""
_DENSE = 8
"""From one pair in so many on, all of a block are compared."""

Indexes = np.ndarray[Any, np.dtype[np.int64]]
Counts = np.ndarray[Any, np.dtype[np.int32]]
Bits = np.ndarray[Any, np.dtype[np.uint64]]


class Likeness:
    """Texts that can be asked for those alike."""

    def __init__(self, texts: Sequence[str], percent: int) -> None:
        """
        Count the letters.

        Args:
            texts: sorted by length.
            percent: how much two texts have to have in common, 0 to 100.
        """
        self._texts = texts
        self._percent = percent
        self._lengths = np.array([len(text) for text in texts], dtype=np.int32)
        self._letters = np.stack([_letters(text) for text in texts], axis=1)

    def of(self, asking: Sequence[int]) -> Iterator[tuple[int, Indexes]]:
        """Yield each of these indexes (ascending) with those of all texts that are like it."""
        for block in _blocks(asking, len(self._texts)):
            yield from self._of_block(block)

    def _of_block(self, asking: Indexes) -> Iterator[tuple[int, Indexes]]:
        lengths, percent = self._lengths, self._percent
        shortest, longest = lengths[asking[0]], lengths[asking[-1]]
        low = int(np.searchsorted(lengths, shortest * percent / (200 - percent), "left"))
        high = int(np.searchsorted(lengths, longest * (200 - percent) / percent, "right"))
        both = lengths[asking, None] + lengths[None, low:high]
        differing = _differing(self._letters, asking, low, high)
        possible = differing * 100 <= both * (100 - percent)
        if np.count_nonzero(possible) * _DENSE > possible.size:
            alike = self._compared(asking, low, high)
        else:
            alike = self._compared_pairs(asking, low, possible)
        for i, row in zip(asking.tolist(), alike, strict=True):
            yield i, row.nonzero()[0] + low

    def _compared(self, asking: Indexes, low: int, high: int) -> "np.ndarray[Any, Any]":
        texts = self._texts
        return process.cdist(
            [texts[i] for i in asking],
            texts[low:high],
            scorer=fuzz.ratio,
            score_cutoff=self._percent,
            dtype=np.uint8,
            workers=_workers(len(asking) * (high - low)),
        )

    def _compared_pairs(
        self, asking: Indexes, low: int, possible: "np.ndarray[Any, np.dtype[np.bool_]]"
    ) -> "np.ndarray[Any, Any]":
        ones, others = possible.nonzero()
        scores = process.cpdist(
            [self._texts[i] for i in asking[ones].tolist()],
            [self._texts[j] for j in (others + low).tolist()],
            scorer=fuzz.ratio,
            score_cutoff=self._percent,
            dtype=np.uint8,
            workers=_workers(ones.size),
        )
        possible[ones, others] = scores > 0
        return possible


def _workers(comparisons: int) -> int:
    return -1 if comparisons >= _MANY else 1


def _letters(text: str) -> Bits:
    """Return how often each letter is in `text`, as bits: so many ones, up to `_BITS`."""
    chars = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32) % _BINS
    return _ONES[np.minimum(np.bincount(chars, minlength=_BINS), _BITS)].view(np.uint64)


def _differing(bits: Bits, asking: Indexes, low: int, high: int) -> Counts:
    """Return how many bits differ between each that asks and each from `low` to `high`."""
    found = np.zeros((len(asking), high - low), dtype=np.int32)
    for word in bits:
        found += np.bitwise_count(word[asking, None] ^ word[None, low:high])
    return found


def _blocks(asking: Sequence[int], among: int) -> Iterator[Indexes]:
    """Yield so many at a time that the pairs of a block are not too many to look at together."""
    step = max(1, min(256, _CELLS // max(1, among)))
    for begin in range(0, len(asking), step):
        yield np.array(asking[begin : begin + step], dtype=np.int64)


def alike_sets(
    sets: Sequence[frozenset[str]], asking: Sequence[int]
) -> Iterator[tuple[int, Indexes]]:
    """
    Yield each of these indexes with those of all sets of which nine tenths may be in common.

    Nine tenths of all words are in both sets when 19 times the words that are in one of them only
    are no more than the words of both together.
    """
    sizes = np.array([len(words) for words in sets], dtype=np.int32)
    numbers: dict[str, int] = {}
    marked = np.zeros((len(sets), _BINS * _BITS), dtype=np.bool_)
    for i, words in enumerate(sets):
        marked[i, [numbers.setdefault(w, len(numbers)) % (_BINS * _BITS) for w in words]] = True
    bits = np.packbits(marked, axis=1).view(np.uint64).T.copy()
    for block in _blocks(asking, len(sets)):
        both = sizes[block, None] + sizes[None, :]
        possible = 19 * _differing(bits, block, 0, len(sets)) <= both
        for i, row in zip(block.tolist(), possible, strict=True):
            yield i, row.nonzero()[0]
