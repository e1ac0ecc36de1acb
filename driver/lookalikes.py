"""
Photos that look alike by their perceptual hashes (`adapters.perceptual`), without any model.

A hash is a vector of 64 signs, of length one: the cosine of two of them is 1 - bits / 32 for the
bits in which they differ, so that the arithmetic of `driver.vectors` serves both kinds.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from projections.reader import Reader

if TYPE_CHECKING:
    from driver.vectors import Matrix

BITS = 64
LIMIT_BITS = 10
"""Near-duplicates differ in so many bits at most. Measured: docs/similar.md."""
THRESHOLD = 1 - 2 * LIMIT_BITS / BITS
"""The same as a cosine."""


class Alike(Struct, frozen=True, kw_only=True):
    """New rows that look like one that was there before them."""

    row: int
    file_name: str
    rows: tuple[int, ...]
    """The new ones."""


def matrix_of(hashes: Sequence[str]) -> "Matrix":
    """Return hashes as vectors of length one, N x 64, float32."""
    import numpy as np

    stored = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8).reshape(-1, BITS // 8)
    signs = np.unpackbits(stored, axis=1).astype(np.float32) * 2 - 1
    return signs / np.float32(BITS**0.5)


def look_alikes(models: Reader, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """
    Return, for each of these rows that looks like an earlier one, the first such line of the queue.

    Earlier: with a lower id. Rejected rows are not looked at.
    """
    import numpy as np

    query = (
        "SELECT id, File_Name, perceptual_hash FROM review_queue WHERE perceptual_hash <> ''"
        " AND Review_Status <> 'Rejected' ORDER BY id"
    )
    lines, wanted = models.query(query), set(numbers)
    if not any(line["id"] in wanted for line in lines):
        return {}
    matrix = matrix_of([line["perceptual_hash"] for line in lines])
    found: dict[int, dict[str, Any]] = {}
    for place, line in enumerate(lines):
        if line["id"] in wanted and place:
            (near,) = np.nonzero(matrix[:place] @ matrix[place] >= THRESHOLD)
            if len(near):
                found[line["id"]] = lines[int(near[0])]
    return found


def grouped(found: dict[int, dict[str, Any]]) -> list[Alike]:
    """Return rows that look like earlier ones, together by the row that they look like."""
    lines = {line["id"]: line for line in found.values()}
    return [
        Alike(
            row=first,
            file_name=line["File_Name"],
            rows=tuple(row for row, like in found.items() if like["id"] == first),
        )
        for first, line in sorted(lines.items())
    ]
