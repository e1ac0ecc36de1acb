"""Alike is what `fuzz.ratio` says, whatever is left out before."""

import random

import pytest
from rapidfuzz import fuzz

from projections.likeness import Likeness

LATIN = "abcdefghijklmnopqrstuvwxyz      0123456789"
JAPANESE = "港朝霧船夕焼空水面赤青漁帆古石橋渡人自転車乗り富士山川"


def mutated(rng: random.Random, text: str, letters: str) -> str:
    """Return `text` with some characters taken away, added and exchanged."""
    found = list(text)
    for _ in range(rng.randint(0, 1 + len(text) // 10)):
        place = rng.randrange(len(found) + 1)
        found[place : place + rng.randint(0, 1)] = rng.choice(["", rng.choice(letters)])
    return "".join(found)


@pytest.mark.parametrize("letters", [LATIN, JAPANESE])
@pytest.mark.parametrize("percent", [85, 92, 94])
@pytest.mark.parametrize("families", [1, 60])
def test_no_pair_is_left_out(letters: str, percent: int, families: int) -> None:
    """Short and long, many that are alike and few."""
    rng = random.Random(percent)
    first = ["".join(rng.choices(letters, k=rng.randint(1, 120))) for _ in range(families)]
    every = {mutated(rng, rng.choice(first), letters) for _ in range(300)} - {""}
    texts = sorted(every, key=lambda text: (len(text), text))
    asking = [i for i in range(len(texts)) if rng.random() < 0.5]
    wanted = {
        i: [j for j, text in enumerate(texts) if fuzz.ratio(texts[i], text) >= percent]
        for i in asking
    }
    found = {i: others.tolist() for i, others in Likeness(texts, percent).of(asking)}
    assert wanted == found


def test_a_text_alone_is_like_itself() -> None:
    """And nothing is asked of nobody."""
    likeness = Likeness(["one"], 92)
    assert [(0, [0])] == [(i, others.tolist()) for i, others in likeness.of([0])]
    assert [] == list(likeness.of([]))
