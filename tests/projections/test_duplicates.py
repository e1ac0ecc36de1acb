"""Which texts say the same, and which only look a little alike."""

import random
from collections.abc import Sequence

import pytest

from machine.values import Text
from projections.duplicates import KINDS, Group, Said, duplicates

_SUBJECTS = (
    *("A red fishing boat", "An old tram", "A grey heron", "A stone lighthouse", "A brass band"),
    *("A steam locomotive", "A wooden windmill", "A flock of sheep", "A blue tractor", "A glider"),
    *("Two young foxes", "A container crane", "A row of beach huts", "A Boeing 747 of KLM"),
)
_VERBS = ("rests beside", "moves slowly past", "is reflected in", "casts a shadow on", "waits at")
_PLACES = (
    *("the harbour wall", "a row of poplars", "the empty square", "the flooded meadow"),
    *("a brick warehouse", "the railway platform", "the frozen lake", "the castle gate"),
)
_TIMES = (
    *("in the early morning mist", "under heavy clouds", "at sunset", "shortly after a storm"),
    *("on a winter afternoon", "during the summer festival", "as snow begins to fall"),
)
_DETAILS = (
    *("while people watch from the quay", "with low hills far away", "and gulls circle overhead"),
    *("as a child points at it", "with yellow leaves on the ground", "and nobody else is around"),
)


def captions(count: int, seed: int = 1) -> list[str]:
    """Return captions such as one person writes in a year; any two differ in two things."""
    rng, taken, found = random.Random(seed), list[tuple[str, ...]](), list[str]()
    while len(found) < count:
        parts = tuple(map(rng.choice, (_SUBJECTS, _VERBS, _PLACES, _TIMES, _DETAILS)))
        if all(sum(map(str.__eq__, parts, other)) < len(parts) - 1 for other in taken):
            taken.append(parts)
            found.append(f"{' '.join(parts)}.")
    return found


def saying(*texts: str, first: int = 1) -> list[Said]:
    """Return photos with these captions and nothing else."""
    return [Said(number, Text(caption=text)) for number, text in enumerate(texts, first)]


def outside(*texts: str, first: int = 101) -> list[Said]:
    """Return published photos with these captions."""
    return [
        Said(number, Text(caption=text), published=True) for number, text in enumerate(texts, first)
    ]


def near(said: Sequence[Said]) -> list[Group]:
    """Return the groups of captions that nearly equal each other."""
    return duplicates(said)["duplicate_caption_near"]


def test_equal_texts_are_one_group_with_their_published_partners() -> None:
    """Case, punctuation, width and the way an accent is written make no difference."""
    said = [
        *saying("A café, at dusk!", "a CAFE\u0301 at dusk", "Something else entirely"),
        *outside("\uff21 caf\u00e9 at dusk", "Something of its own"),
    ]
    found = duplicates(said)
    assert list(KINDS) == [*found]
    (group,) = found["duplicate_caption_exact"]
    assert ((1, 2), (101,), 3) == (group.ids, group.published_ids, group.photos)
    assert "A café, at dusk!" == group.text
    assert [] == found["duplicate_caption_near"]


def test_empty_texts_equal_nothing() -> None:
    """Neither do texts of which nothing is left."""
    said = [*saying("", "", " ", "...", "!?"), *outside("", "---")]
    said += [Said(20 + i, Text(keywords=("", "-"))) for i in range(3)]
    assert not any(duplicates(said).values())


def test_what_is_published_is_only_a_partner() -> None:
    """Published photos that say the same as each other are nobody's business here."""
    one = "A red boat lies at the quay in the evening light of a long summer day"
    assert not any(duplicates([*outside(one, one), *saying("Else")]).values())


def test_what_a_photo_said_before_is_no_duplicate() -> None:
    """Not equal, not nearly; but another photo may equal what visitors still read about it."""
    before = "A red boat lies at the quay in the evening light of a long summer day"
    after = before.replace("lies", "is lying")
    own = Said(1, Text(caption=before), published=True)
    for now in (before, after):
        assert not any(duplicates([Said(1, Text(caption=now)), own]).values())
    found = duplicates([Said(1, Text(caption=after)), own, Said(2, Text(caption=before))])
    assert [(1, 2)] == [group.ids for group in found["duplicate_caption_near"]]
    assert [((2,), (1,))] == [
        (group.ids, group.published_ids) for group in found["duplicate_caption_exact"]
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Two cranes stand on the quay at dusk under low clouds",
            "At dusk, two cranes stand on the quay under low clouds.",
        ),
        (
            "A red fishing boat rests beside the harbour wall at sunset",
            "The red fishing boat rests beside the harbour wall at sunset",
        ),
        (
            "Two cranes stand on the quay at dusk under low clouds",
            "Two cranes standing on the quay at dusk under low clouds",
        ),
        (
            "港に停泊する赤い漁船と、夕焼けに染まる空が水面に映っている。",
            "港に停泊する赤い漁船と夕焼けに染まる空が、水面に映っています。",
        ),
    ],
)
def test_nearly_equal_texts(one: str, other: str) -> None:
    """Turned round, another article, another ending, another comma: the same sentence."""
    assert [(1, 2)] == [group.ids for group in near(saying(one, other))]
    (group,) = near([*saying(one), *outside(other)])
    assert ((1,), (101,), one) == (group.ids, group.published_ids, group.text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A red boat lies in the harbour", "A blue boat lies in the harbour"),
        (
            "A grey heron stands in shallow water beside the reeds",
            "A white heron stands in shallow water beside the reeds",
        ),
        (
            "港に停泊する赤い漁船と、夕焼けに染まる空が水面に映っている。",
            "港に停泊する青い帆船と、夕焼けに染まる空が水面に映っている。",
        ),
        ("朝霧の中、古い石橋を渡る二人の自転車乗り。", "夕暮れの駅で列車を待つ人々。"),
        ("富士山", "富士川"),
    ],
)
def test_texts_about_different_things(one: str, other: str) -> None:
    """One word that means something is enough."""
    assert not any(duplicates(saying(one, other)).values())


def test_equal_japanese_texts() -> None:
    """Wide and narrow characters are the same."""
    (group,) = duplicates(saying("港の朝、ﾌｪﾘｰが着く。", "港の朝 フェリーが着く"))[
        "duplicate_caption_exact"
    ]
    assert (1, 2) == group.ids


def test_many_different_captions_are_left_alone() -> None:
    """Two hundred that wait beside a thousand that are published: none is like another."""
    every = captions(400)
    assert not any(duplicates([*saying(*every[:200]), *outside(*every[200:])]).values())


def test_what_hangs_together_is_one_group() -> None:
    """A chain of small changes; each of its ends is unlike the other."""
    words = [f"{letter}word" for letter in "abcdefghijklm"]
    chain = [
        " ".join(f"{word}ing" if i < n else word for i, word in enumerate(words)) for n in range(9)
    ]
    assert [tuple(range(1, 10))] == [group.ids for group in near(saying(*chain))]
    assert [] == near(saying(chain[0], chain[-1]))
    assert [] == near([*saying(chain[0], chain[-1]), *outside("Nothing like it")])


def test_one_sentence_for_all_is_one_group() -> None:
    """A model that says the same about everything, with a number: thousands of alike pairs."""
    text = "A harbour lies under low clouds while two people wait beside the water, photo"
    said = [*saying(*(f"{text} {n}" for n in range(300)))]
    said += outside(*(f"{text} {n}" for n in range(300, 2_000)), first=1_001)
    (group,) = near(said)
    assert (300, 2_000) == (len(group.ids), group.photos)


def test_keywords() -> None:
    """Any order; nine in ten are nearly the same."""
    ten = tuple(f"word{n}" for n in range(10))
    said = [
        Said(1, Text(keywords=ten)),
        Said(2, Text(keywords=ten[::-1])),
        Said(3, Text(keywords=ten[1:])),
        Said(4, Text(keywords=(*ten[2:], "a", "b"))),
        Said(5, Text(keywords=ten[:5])),
        Said(9, Text(keywords=(*ten, "more")), published=True),
    ]
    found = duplicates(said)
    assert [(1, 2)] == [group.ids for group in found["duplicate_keywords_signature"]]
    (group,) = found["duplicate_keywords_near"]
    assert ((1, 2, 3), (9,)) == (group.ids, group.published_ids)


def test_keywords_are_compared_as_by_definition() -> None:
    """Looking at common rare words only leaves no pair out."""
    rng = random.Random(7)
    words = [f"word{n}" for n in range(24)]
    sets = {frozenset(rng.sample(words, rng.randint(8, 22))) for _ in range(300)}
    said = [Said(n, Text(keywords=tuple(each))) for n, each in enumerate(sorted(sets, key=sorted))]
    alike = {
        one.row
        for one in said
        for other in said
        if one.row != other.row
        and 10 * len({*one.text.keywords} & {*other.text.keywords})
        >= 9 * len({*one.text.keywords} | {*other.text.keywords})
    }
    found = duplicates(said)["duplicate_keywords_near"]
    assert alike
    assert alike == {row for group in found for row in group.ids}
