"""Photos that look alike: the arithmetic, and which rows take part in it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.workers import Workers
from driver import vectors
from driver.checks import check_everything
from driver.errors import Misused
from driver.looking import look
from driver.similar import THRESHOLD, Group, Photos, compared, near_duplicates, neighbours
from machine.intents import Approve, Reject
from tests.driver.alike import OTHER_CLIP, Album, leaning, vector


def raw(*numbers: float) -> bytes:
    """Return numbers as they are kept."""
    return np.asarray(numbers, dtype="<f4").tobytes()


def around(*degrees: float) -> Any:
    """Return vectors on a circle."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@st.composite
def made_up(draw: st.DrawFn) -> Any:
    """Draw vectors with clusters, doubles and loners."""
    count, dimensions = draw(st.integers(1, 40)), draw(st.integers(2, 6))
    seed = draw(st.integers(0, 2**32 - 1))
    noise = draw(st.sampled_from([0.0, 0.05, 0.3]))
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((draw(st.integers(1, 6)), dimensions))
    found = centres[rng.integers(0, len(centres), count)]
    found = found + noise * rng.standard_normal(found.shape)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


THRESHOLDS = st.sampled_from([0.5, 0.9, 0.96, 0.99, 1.0])
BLOCKS = st.integers(1, 50)


def sure(values: Any, threshold: float) -> Any:
    """Return every cosine, exactly; skip what lies on the edge of a fourth decimal."""
    exact = values.astype(np.float64) @ values.astype(np.float64).T
    edge = np.abs((exact - threshold + 0.5e-4) / 1e-4)
    assume(edge.min() > 0.01)
    return np.clip(np.round(exact, 4), -1, 1)


@given(values=made_up(), threshold=THRESHOLDS, block=BLOCKS)
def test_pairs_found_in_blocks_are_those_of_all_with_all(
    values: Any, threshold: float, block: int
) -> None:
    """Whatever the size of a block, and the most alike come first."""
    exact = sure(values, threshold)
    found = vectors.close_pairs(values, threshold, block=block)
    count = len(values)
    assert {
        (one, other)
        for one in range(count)
        for other in range(one + 1, count)
        if exact[one, other] >= threshold
    } == {(one, other) for _, one, other in found}
    assert sorted((value for value, _, _ in found), reverse=True) == [one for one, _, _ in found]
    for value, one, other in found:
        assert abs(value - exact[one, other]) < 1.1e-4


@given(values=made_up(), threshold=THRESHOLDS, block=BLOCKS)
def test_groups_hold_what_is_promised(values: Any, threshold: float, block: int) -> None:
    """Everything in a group is close to everything in it, and no two groups could be one."""
    exact = sure(values, threshold)
    found = vectors.groups(values, threshold, block=block)
    grouped = [place for group in found for place in group]
    assert len(set(grouped)) == len(grouped)
    for group in found:
        assert len(group) > 1
        assert exact[np.ix_(group, group)].min() >= threshold
    alone = [[place] for place in range(len(values)) if place not in grouped]
    parts = [*found, *alone]
    for place, some in enumerate(parts):
        for others in parts[place + 1 :]:
            assert exact[np.ix_(some, others)].min() < threshold


@given(values=made_up(), limit=st.integers(1, 45), block=BLOCKS)
def test_the_nearest_found_in_blocks_are_those_of_all(values: Any, limit: int, block: int) -> None:
    """All others have a place in the order, and only the farthest ones are cut off."""
    exact = np.round(values.astype(np.float64) @ values.astype(np.float64).T, 4)
    own = list(range(len(values)))
    for place, near in enumerate(vectors.nearest(values, values, limit, own, block=block)):
        others = np.delete(exact[place], place)
        assert np.allclose(np.sort(others)[::-1][:limit], [v for v, _ in near], atol=1.1e-4)
        assert place not in [one for _, one in near]


def test_a_chain_is_no_group() -> None:
    """Each photo is like the next one, but the first is not like the last: two groups."""
    walk = around(0, 10, 20, 30, 40, 50)
    limit = float(np.cos(np.radians(21)))
    found = vectors.groups(walk, limit)
    assert [0, 1, 2, 3, 4, 5] == sorted(place for group in found for place in group)
    assert 3 == max(map(len, found))
    assert vectors.spread(walk)[0] < limit


def test_the_most_alike_come_together_first() -> None:
    """The second photo belongs to its double, not to the one that came in before it."""
    assert [[1, 2]] == vectors.groups(around(0, 15, 16), float(np.cos(np.radians(15.5))))


def test_equal_vectors_are_one_group_however_many() -> None:
    """More than a vector is compared closely with."""
    many = np.repeat(around(0, 90), vectors.CLOSEST * 2, axis=0)
    assert [vectors.CLOSEST * 2] * 2 == [len(group) for group in vectors.groups(many, 1.0)]
    assert (1.0, 1.0) == vectors.spread(many[: vectors.CLOSEST], block=7)


def test_nothing_is_like_nothing() -> None:
    """One vector has no neighbour and is in no group."""
    alone = around(0)
    assert [] == vectors.groups(alone, 0.5)
    assert [[]] == vectors.nearest(alone, alone, 10, [0])
    assert [[(1.0, 0)]] == vectors.nearest(alone, alone, 10)


# --- rows


@pytest.fixture
def album(tmp_path: Path, workers: Workers) -> Album:
    """Five photos without vectors."""
    return Album(tmp_path / "album", workers).taken(5)


def photos(album: Album, *numbers: int, rejected: bool = False) -> Photos:
    """Return what is compared, of these rows or all."""
    with album.program() as program, look(program) as seen:
        return compared(seen, numbers or album.numbers(program), rejected=rejected)


def told(found: Photos) -> dict[str, tuple[int, ...]]:
    """Return why rows are left out, and which."""
    return {one.why: one.rows for one in found.left_out}


def in_words(group: Group) -> tuple[list[int], float, float, int | None]:
    """Return a group in short."""
    return (
        [line["id"] for line in group.lines],
        group.similarity_min,
        group.similarity_max,
        group.best,
    )


def test_near_duplicates_of_rows(album: Album) -> None:
    """With their range, and the row with the best QR; a photo that is like no other is in none."""
    album.measured(leaning(1.0, 0.97, 0.5, 0.2))
    ratings = {number: album.line(number)["QR"] for number in (1, 2, 3)}
    (group,) = near_duplicates(photos(album), THRESHOLD)
    assert ([1, 2, 3], 0.97, 1.0, max(ratings, key=lambda one: ratings[one])) == in_words(group)
    (pair,) = near_duplicates(photos(album), 0.98)
    assert ([1, 2], 1.0, 1.0) == in_words(pair)[:3]
    assert [] == near_duplicates(photos(album, 1, 4, 5))


def test_rows_without_a_vector_are_counted_and_told_why(album: Album) -> None:
    """Not scored, or scored without CLIP; approved ones have to be made due first."""
    album.measured([None, *leaning(0.99)])
    album.work("prefill", "resize", rows=[1])
    album.ask(1, intents=[Approve(allow_ungrounded=True)])
    album.measured([None], first=4)
    found = photos(album)
    assert [2, 3] == [line["id"] for line in found.lines]
    assert {
        "not scored yet": (5,),
        "scored without CLIP": (4,),
        "approved and scored without CLIP": (1,),
    } == told(found)
    hints = {one.why: one.hint for one in found.left_out}
    config = 'set [score] profile = "full" in photojournal.toml, then photojournal '
    assert f"{config}score" == hints["not scored yet"]
    assert (
        f"{config}retry 1 --stage score, then photojournal score 1"
        == hints["approved and scored without CLIP"]
    )


def test_vectors_of_two_networks_are_never_mixed(album: Album) -> None:
    """Those of the one that made most count; of as many, the one that was used last."""
    album.measured(leaning(0.99, 0.99)).measured(leaning(1.0), weights=OTHER_CLIP, first=4)
    found = photos(album)
    assert ([1, 2, 3], {"embedding of another CLIP": (4, 5)}) == (
        [line["id"] for line in found.lines],
        told(found),
    )
    assert [4, 5] == [line["id"] for line in photos(album, 2, 3, 4, 5).lines]
    assert [2] == [line["id"] for line in photos(album, 2).lines]


@pytest.mark.parametrize(
    "data",
    [None, b"", vector(1, 0)[:4], vector(1, 0) * 2, b"abc", raw(np.nan, 1)],
    ids=["gone", "empty", "short", "long", "torn", "no numbers"],
)
def test_a_vector_that_is_gone_or_damaged_leaves_its_row_out(
    album: Album, data: bytes | None
) -> None:
    """The others are compared all the same; scoring the row again brings it back."""
    album.measured([vector(1, 0), vector(0.99, 0.1), vector(0, 1)])
    album.spoil(2, data)
    found = photos(album, 1, 2, 3)
    assert ([1, 3], {"embedding gone or damaged": (2,)}) == (
        [line["id"] for line in found.lines],
        told(found),
    )
    assert "photojournal retry 2 --stage score, then photojournal score 2" == found.left_out[0].hint


def test_verify_knows_the_vectors(album: Album) -> None:
    """One that was deleted is named with its row and with the stage that makes it again."""
    album.measured([vector(1, 0), vector(0, 1)])
    with album.program("verify") as program:
        assert () == check_everything(program).problems
        album.spoil(2, None)
        (found,) = check_everything(program).problems
    assert ("row 2: embedding by CLIP", "gone") == (found.where, found.problem)
    assert "it is made again: photojournal retry 2 --stage score" == found.hint


@pytest.mark.parametrize(
    "data",
    [vector(1, 0, 0), raw(np.nan, 1), raw(3, 4), b"abc"],
    ids=["other length", "no number", "not of length one", "torn"],
)
def test_bytes_that_are_no_such_vector_leave_their_row_out(album: Album, data: bytes) -> None:
    """Even where they were kept so: the digest is right, the numbers cannot be compared."""
    album.measured([vector(1, 0), data, vector(0, 1)])
    found = photos(album, 1, 2, 3)
    assert ([1, 3], (2,)) == (
        [line["id"] for line in found.lines],
        told(found)["embedding gone or damaged"],
    )


def test_rows_without_any_vector(album: Album) -> None:
    """Nothing is compared, and nothing fails."""
    found = photos(album)
    assert ([], None, "", []) == (found.lines, found.matrix, found.weights, near_duplicates(found))
    assert {"not scored yet": (1, 2, 3, 4, 5)} == told(found)


def test_rejected_rows_only_on_request(album: Album) -> None:
    """They are counted."""
    album.measured(leaning(1.0, 1.0))
    album.ask(2, intents=[Reject(reason="double")])
    assert {"rejected": (2,)} == told(photos(album, 1, 2, 3))
    assert [1, 2, 3] == [line["id"] for line in photos(album, 1, 2, 3, rejected=True).lines]


def test_neighbours_of_rows(album: Album) -> None:
    """The nearest first, of the rows that are chosen, never the row itself; in the typed order."""
    album.measured(leaning(0.9, 0.95, 0.2))
    with album.program() as program, look(program) as seen:
        found, left_out = neighbours(seen, [4, 1], [1, 2, 3, 5], limit=2)
        assert [4, 1] == [one.line["id"] for one in found]
        assert [(0.95, 3), (0.9, 2)] == [(value, line["id"]) for value, line in found[1].nearest]
        assert 3 not in {line["id"] for _, line in found[1].nearest[1:]}
        assert [("not scored yet", (5,))] == [(one.why, one.rows) for one in left_out]
        with pytest.raises(Misused, match="row 5 cannot be compared: not scored yet"):
            neighbours(seen, [5], [1, 2], limit=2)
        ((alone,), _) = neighbours(seen, [1], [], limit=2)
        assert [] == alone.nearest


def test_neighbours_are_of_the_network_that_made_the_row(album: Album) -> None:
    """A row of another one is left out, however many there are."""
    album.measured(leaning(0.9, 0.9)).measured(leaning(1.0), weights=OTHER_CLIP, first=4)
    with album.program() as program, look(program) as seen:
        ((found,), left_out) = neighbours(seen, [5], [1, 2, 3, 4, 5], limit=9)
    assert [4] == [line["id"] for _, line in found.nearest]
    assert [(1, 2, 3)] == [one.rows for one in left_out]
