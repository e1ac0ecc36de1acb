"""
Photos that look alike: near-duplicates as groups, and the nearest neighbours of a photo.

The vectors are CLIP's, made when a photo was scored (`machine.values.Embedding`) and kept in
`data/objects`. Only vectors of one CLIP are compared. Rows without one are compared by their
perceptual hashes (`driver.lookalikes`), and what has neither is never passed over in silence:
`LeftOut` says how many, why, and what to type. Nothing is appended and nothing dropped: a group is
only shown.

Not promised: that photos of a group show the same thing. The arithmetic is in `driver.vectors`.
"""

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, structs

from adapters import neural
from adapters.errors import AdapterError
from driver import lookalikes, vectors
from driver.errors import Misused
from driver.looking import Seen

if TYPE_CHECKING:
    from adapters.objects import Objects
    from driver.vectors import Matrix

THRESHOLD = 0.96
"""Cosine from which photos are near-duplicates. Our choice, not measured on labelled photos."""
FIELDS = ("id", "File_Name", "QR", "quality_tier", "Review_Status")
"""What is told about a photo; columns of `review_queue`."""

_FLOAT_BYTES = 4
_LENGTH_TOLERANCE = 0.01
"""A vector's length is one; what is further off is none."""
_NAMED = 20
"""Rows that a command is written out for."""
_QUERY = (
    "SELECT id, File_Name, QR, quality_tier, Review_Status, decision, score_status, score_profile,"
    " last_position, clip_embedding, clip_weights, perceptual_hash FROM review_queue"
    " WHERE Review_Status <> 'Erased' ORDER BY id"
)

Line = dict[str, Any]
Measure = Literal["CLIP", "perceptual hash"]
"""What photos are compared by."""


class LeftOut(Struct, frozen=True):
    """Rows that are not compared by CLIP."""

    rows: tuple[int, ...]
    why: str
    hint: str = ""
    hashed: bool = False
    """True: they were compared by their perceptual hash."""


class Photos(Struct, frozen=True, kw_only=True):
    """The photos that can be compared, and what became of the others."""

    lines: list[Line]
    """Of `review_queue`, by id."""
    matrix: "Any"
    """`Matrix`: the vector of each line; None where there are no lines."""
    weights: str
    """SHA-256 of the CLIP that made them; empty: it is not known."""
    left_out: list[LeftOut]


class Group(Struct, frozen=True, kw_only=True):
    """Near-duplicates, each at least as similar to every other one as the threshold says."""

    lines: list[Line]
    similarity_min: float
    similarity_max: float
    best: int | None
    """The row with the best QR; the first of several; None: no row has one."""
    by: Measure = "CLIP"


class Neighbours(Struct, frozen=True, kw_only=True):
    """A photo, and the nearest ones with their similarity, the nearest first."""

    line: Line
    nearest: list[tuple[float, Line]]
    by: Measure = "CLIP"


def hashed(seen: Seen, numbers: Iterable[int], *, rejected: bool = False) -> Photos:
    """Read the perceptual hashes of rows, as vectors; `weights` is empty."""
    wanted = set(numbers)
    lines = [
        line
        for line in seen.models.query(_QUERY)
        if line["id"] in wanted
        and line["perceptual_hash"]
        and (rejected or line["Review_Status"] != "Rejected")
    ]
    matrix = lookalikes.matrix_of([line["perceptual_hash"] for line in lines]) if lines else None
    return Photos(lines=lines, matrix=matrix, weights="", left_out=[])


def hash_groups(photos: Photos, done: Iterable[int]) -> list[Group]:
    """Return near-duplicates by hash, but for groups of rows that are all `done` by CLIP."""
    known = set(done)
    groups = near_duplicates(photos, lookalikes.THRESHOLD)
    return [
        structs.replace(group, by="perceptual hash")
        for group in groups
        if any(line["id"] not in known for line in group.lines)
    ]


def hash_neighbours(
    seen: Seen, asked: Sequence[int], numbers: Iterable[int], *, limit: int, rejected: bool = False
) -> list[Neighbours]:
    """Return what looks most like each of the asked rows that have a hash."""
    queries, pool = hashed(seen, asked, rejected=True), hashed(seen, numbers, rejected=rejected)
    if queries.matrix is None:
        return []
    nearest = _nearest(queries, pool, limit)
    return [
        Neighbours(line=line, nearest=near, by="perceptual hash")
        for line, near in zip(queries.lines, nearest, strict=True)
    ]


def by_hash_only(left_out: Iterable[LeftOut], rows: Iterable[int]) -> list[LeftOut]:
    """Tell rows that were compared by their hash from those that were not compared at all."""
    hashed_rows = set(rows)
    split = [
        structs.replace(
            one,
            rows=tuple(row for row in one.rows if (row in hashed_rows) == by_hash),
            hashed=by_hash,
        )
        for one in left_out
        for by_hash in (True, False)
    ]
    return [one for one in split if one.rows]


def compared(
    seen: Seen, numbers: Iterable[int], *, rejected: bool = False, weights: str | None = None
) -> Photos:
    """
    Read the vectors of rows.

    Args:
        seen: the workspace, now or then.
        numbers: the rows that are meant.
        rejected: also those that were rejected.
        weights: compare with vectors of this CLIP; None: of the one that made most of them, the
            newest one of several.
    """
    wanted = set(numbers)
    lines = [line for line in seen.models.query(_QUERY) if line["id"] in wanted]
    shown = [line for line in lines if rejected or line["Review_Status"] != "Rejected"]
    made = [line for line in shown if line["clip_embedding"]]
    chosen = _usual(made) if weights is None else weights
    same = [line for line in made if line["clip_weights"] == chosen]
    found, matrix = _read(seen.program.objects, same)
    read = {line["id"] for line in found}
    other = [line for line in made if line["clip_weights"] != chosen]
    lost = [line for line in same if line["id"] not in read]
    aside = [] if rejected else [line for line in lines if line["Review_Status"] == "Rejected"]
    left_out = [
        *_without(seen, [line for line in shown if not line["clip_embedding"]]),
        _left_out(other, "embedding of another CLIP"),
        _left_out(lost, "embedding gone or damaged"),
        _left_out(aside, "rejected", "add --rejected"),
    ]
    return Photos(
        lines=found, matrix=matrix, weights=chosen, left_out=[one for one in left_out if one.rows]
    )


def near_duplicates(photos: Photos, threshold: float = THRESHOLD) -> list[Group]:
    """Return the groups of photos that are all at least `threshold` alike, by their first row."""
    if photos.matrix is None:
        return []
    found = []
    for places in vectors.groups(photos.matrix, threshold):
        lines = [photos.lines[place] for place in places]
        low, high = vectors.spread(photos.matrix[places])
        found.append(
            Group(
                lines=lines,
                similarity_min=low,
                similarity_max=high,
                best=best_of(lines),
            )
        )
    return found


def best_of(lines: Iterable[Line]) -> int | None:
    """Return the row with the best QR, the first of several; None where no row has one."""
    rated = [line for line in lines if line["QR"] is not None]
    best = max(rated, key=lambda line: (line["QR"], -line["id"]), default=None)
    return best["id"] if best else None


def neighbours(
    seen: Seen,
    asked: Sequence[int],
    numbers: Iterable[int],
    *,
    limit: int,
    rejected: bool = False,
) -> tuple[list[Neighbours], list[LeftOut]]:
    """
    Return what looks most like each of the asked rows, among the rows `numbers`.

    Raises:
        Misused: none of the asked rows has a vector that can be compared.
    """
    queries = compared(seen, asked, rejected=True)
    if queries.matrix is None:
        missing = queries.left_out[0]
        rows = "row" if len(missing.rows) == 1 else "rows"
        msg = (
            f"{rows} {' '.join(map(str, missing.rows[:_NAMED]))} cannot be compared: {missing.why}"
        )
        raise Misused(msg, missing.hint)
    pool = compared(seen, numbers, rejected=rejected, weights=queries.weights)
    left_out: dict[str, LeftOut] = {}
    for one in [*pool.left_out, *queries.left_out]:
        before = left_out.get(one.why, one)
        both = tuple(sorted({*before.rows, *one.rows}))
        left_out[one.why] = structs.replace(before, rows=both)
    found = [
        Neighbours(line=line, nearest=near)
        for line, near in zip(queries.lines, _nearest(queries, pool, limit), strict=True)
    ]
    order = {number: place for place, number in enumerate(asked)}
    found.sort(key=lambda one: order[one.line["id"]])
    return found, list(left_out.values())


def _nearest(queries: Photos, pool: Photos, limit: int) -> list[list[tuple[float, Line]]]:
    """Return the photos of the pool that are nearest to each query, itself left out."""
    place_of = {line["id"]: place for place, line in enumerate(pool.lines)}
    own = [place_of.get(line["id"], -1) for line in queries.lines]
    if pool.matrix is None:
        return [[] for _ in own]
    nearest = vectors.nearest(queries.matrix, pool.matrix, limit, own)
    return [[(value, pool.lines[place]) for value, place in near] for near in nearest]


def ranked(photos: Photos, vector: bytes, limit: int) -> list[tuple[float, Line]]:
    """Return the photos that are nearest to a vector of the same CLIP, with their similarity."""
    import numpy as np

    if photos.matrix is None:
        return []
    asked = np.frombuffer(vector, dtype="<f4").reshape(1, -1)
    (near,) = vectors.nearest(asked, photos.matrix, limit)
    return [(value, photos.lines[place]) for value, place in near]


def _usual(lines: Sequence[Line]) -> str:
    """Return the CLIP that made most vectors; of several, the one of the newest row."""
    counts = Counter(line["clip_weights"] for line in lines)
    newest: dict[str, int] = {}
    for line in lines:
        made_by = line["clip_weights"]
        newest[made_by] = max(newest.get(made_by, 0), line["last_position"])
    return max(counts, key=lambda one: (counts[one], newest[one]), default="")


def _read(objects: "Objects", lines: Sequence[Line]) -> "tuple[list[Line], Matrix | None]":
    """Return the lines whose vector is there and whole, and the vectors."""
    import numpy as np

    held: dict[int, bytes] = {}
    for line in lines:
        with contextlib.suppress(AdapterError):
            held[line["id"]] = objects.get(line["clip_embedding"])
    lengths = Counter(len(data) for data in held.values() if data and not len(data) % _FLOAT_BYTES)
    length = max(lengths, key=lambda one: (lengths[one], one), default=0)
    usable = [line for line in lines if length and len(held.get(line["id"], b"")) == length]
    if not usable:
        return [], None
    matrix = np.empty((len(usable), length // _FLOAT_BYTES), dtype=np.float32)
    for place, line in enumerate(usable):
        matrix[place] = np.frombuffer(held.pop(line["id"]), dtype="<f4")
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(np.linalg.norm(matrix, axis=1) - 1)
        (whole,) = np.nonzero(off < _LENGTH_TOLERANCE)  # false for what is no number
    if len(whole) == len(usable):
        return usable, matrix
    return [usable[place] for place in whole], matrix[whole] if len(whole) else None


def _without(seen: Seen, lines: Sequence[Line]) -> Iterable[LeftOut]:
    """Say why rows have no vector: not scored, scored without CLIP, or scoring failed."""
    settings = seen.program.workspace.config.score
    measured = neural.CLIP in neural.required(settings.profile, settings.metrics)
    first = "" if measured else 'set [score] profile = "full" in photojournal.toml, then '
    failed = [line for line in lines if line["score_status"] in ("failed", "quarantined")]
    waiting = [line for line in lines if not line["score_profile"] and line not in failed]
    scored = [line for line in lines if line["score_profile"] and line not in failed]
    kept = [line for line in scored if line["decision"] == "approved"]
    other = [line for line in scored if line["decision"] != "approved"]
    yield _left_out(waiting, "not scored yet", f"{first}photojournal score")
    yield _left_out(other, "scored without CLIP", f"{first}photojournal score")
    published = [line for line in kept if line["Review_Status"] == "Published"]
    approved = [line for line in kept if line["Review_Status"] != "Published"]
    yield _left_out(approved, "approved and scored without CLIP", f"{first}{_again(approved)}")
    yield _left_out(published, "published and scored without CLIP", f"{first}{_again(published)}")
    yield _left_out(failed, "scoring failed", "photojournal queue --missing-scores")


def _left_out(lines: Sequence[Line], why: str, hint: str = "") -> LeftOut:
    return LeftOut(tuple(line["id"] for line in lines), why, hint or _again(lines))


def _again(lines: Sequence[Line]) -> str:
    """Return how to have rows scored that count as done: their scores are kept until then."""
    rows = " ".join(str(line["id"]) for line in lines) if len(lines) <= _NAMED else "ROW..."
    return f"photojournal retry {rows} --stage score, then photojournal score {rows}"
