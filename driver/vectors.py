"""
Which vectors lie close together: pairs, groups and nearest neighbours. Only arithmetic.

Vectors are the lines of one float32 matrix, N x dimensions, each of length one, so that the product
of two is their cosine. Products are computed in blocks; an N x N matrix never exists. Similarities
count with four decimals, as they are shown, so that the size of a block decides nothing.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

BLOCK_ROWS = 512
"""Lines of a product at once: 41 MB beside 20,000 vectors."""
CLOSEST = 50
"""A vector is compared closely with so many of those behind it: memory grows with N, not N x N."""
DECIMALS = 4
_FEW = 16
_STEP = 10.0**-DECIMALS


def close_pairs(
    vectors: "Matrix",
    threshold: float,
    *,
    closest: int = CLOSEST,
    block: int = BLOCK_ROWS,
) -> list[tuple[float, int, int]]:
    """
    Return the pairs at least `threshold` alike: similarity, place, later place; most alike first.

    Of each vector only the `closest` pairs with later ones.
    """
    import numpy as np

    found: list[tuple[float, int, int]] = []
    for begin in range(0, len(vectors), block):
        products = vectors[begin : begin + block] @ vectors[begin:].T
        lines, places = np.nonzero(products >= threshold - _STEP)
        later = places > lines
        lines, places = lines[later], places[later]
        values = _rounded(products[lines, places])
        near = values >= threshold
        lines, places, values = lines[near], places[near], values[near]
        order = np.lexsort((places, -values, lines))
        lines, places, values = lines[order], places[order], values[order]
        rank = np.arange(len(lines)) - np.searchsorted(lines, lines)
        kept = rank < closest
        found += zip(
            values[kept].tolist(),
            (lines[kept] + begin).tolist(),
            (places[kept] + begin).tolist(),
            strict=True,
        )
    return sorted(found, key=lambda pair: (-pair[0], pair[1], pair[2]))


def groups(
    vectors: "Matrix",
    threshold: float,
    *,
    closest: int = CLOSEST,
    block: int = BLOCK_ROWS,
) -> list[list[int]]:
    """
    Return groups of two or more vectors, each at least `threshold` like **every** other one of it.

    That is complete link. With single link, where one similar photo is enough to get in, a walk
    along a beach becomes one group: each picture resembles the one before, the first and the last
    show nothing in common. The pairs that are most alike come together first, and two groups become
    one only if all of the one are close enough to all of the other. Groups and their members come
    in the order of the places.
    """
    group_of = list(range(len(vectors)))
    members = {place: [place] for place in group_of}
    apart: dict[int, set[int]] = {}
    for _, one, other in close_pairs(vectors, threshold, closest=closest, block=block):
        into, gone = group_of[one], group_of[other]
        if into == gone or gone in apart.get(into, ()):
            continue
        if len(members[into]) < len(members[gone]):
            into, gone = gone, into
        if not _all_close(vectors, members[into], members[gone], threshold, block):
            # Groups only grow, so these two stay apart for good.
            apart.setdefault(into, set()).add(gone)
            apart.setdefault(gone, set()).add(into)
            continue
        for place in members[gone]:
            group_of[place] = into
        members[into] += members.pop(gone)
        for third in apart.pop(gone, set()):
            apart[third].discard(gone)
            apart[third].add(into)
            apart.setdefault(into, set()).add(third)
    return sorted(sorted(group) for group in members.values() if len(group) > 1)


def _all_close(
    vectors: "Matrix", some: Sequence[int], others: Sequence[int], threshold: float, block: int
) -> bool:
    if len(some) == len(others) == 1:
        return True  # the pair itself, which is close enough
    right = vectors[others].T
    # A few first: where two large groups do not fit, that shows at once.
    edges = [0, *range(min(_FEW, block), len(some), block), len(some)]
    return all(
        float(_rounded((vectors[some[begin:end]] @ right).min())) >= threshold
        for begin, end in pairwise(edges)
    )


def spread(vectors: "Matrix", *, block: int = BLOCK_ROWS) -> tuple[float, float]:
    """Return the lowest and the highest similarity of two of these vectors, two at least."""
    import numpy as np

    low, high = 1.0, -1.0
    for begin in range(0, len(vectors), block):
        products = vectors[begin : begin + block] @ vectors.T
        same = np.arange(len(products))
        products[same, same + begin] = np.nan
        low = min(low, float(np.nanmin(products)))
        high = max(high, float(np.nanmax(products)))
    return float(_rounded(low)), float(_rounded(high))


def nearest(
    asked: "Matrix",
    vectors: "Matrix",
    limit: int,
    own: Sequence[int] = (),
    *,
    block: int = BLOCK_ROWS,
) -> list[list[tuple[float, int]]]:
    """
    Return, for each vector that is asked about, similarity and place of the nearest ones.

    Args:
        asked: M x dimensions.
        vectors: N x dimensions.
        limit: how many at most; of equally similar ones the first ones.
        own: the place of each asked vector in `vectors`, which is left out; -1: it is not there.
        block: lines of a product at once.
    """
    import numpy as np

    found: list[list[tuple[float, int]]] = []
    for begin in range(0, len(asked), block):
        products = asked[begin : begin + block] @ vectors.T
        for line, values in enumerate(products):
            if own and own[begin + line] >= 0:
                values[own[begin + line]] = -np.inf
            wanted = min(limit, int(np.isfinite(values).sum()))
            if not wanted:
                found.append([])
                continue
            edge = np.partition(values, len(values) - wanted)[len(values) - wanted]
            (places,) = np.nonzero(values >= edge - _STEP)
            exact = _rounded(values[places])
            order = np.lexsort((places, -exact))[:wanted]
            found.append(list(zip(exact[order].tolist(), places[order].tolist(), strict=True)))
    return found


def _rounded(values: Any) -> Any:  # noqa: ANN401  (one number, or an array of any shape)
    """Return similarities as they count: four decimals, 1 at most."""
    import numpy as np

    return np.clip(np.round(np.asarray(values, dtype=np.float64), DECIMALS), -1.0, 1.0)
