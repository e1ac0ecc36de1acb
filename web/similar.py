"""Look-alikes for the page: worked out once, and again when the photos have changed."""

import threading
import time
from collections.abc import Callable, Iterable

from driver.looking import Seen
from driver.similar import Group, compared, hash_groups, hashed, near_duplicates

CHECKED_EVERY_S = 10.0
"""Groups may be so old: they are a hint, and a person decides."""

_SIGNATURE = (
    "SELECT id, clip_embedding, perceptual_hash, QR FROM review_queue"
    " WHERE Review_Status <> 'Erased' ORDER BY id"
)


class Alike:
    """Groups of rows that look alike, rejected ones included. For all threads."""

    def __init__(self, seen: Seen, failed: Callable[[str, BaseException], None]) -> None:
        """Keep what is looked at; `failed` is told what went wrong in a thread of our own."""
        self._seen = seen
        self._failed = failed
        self._working = threading.Lock()
        self._signature = 0
        self._checked_at = float("-inf")
        self._closed = False
        self._groups: list[Group] = []

    def groups(self) -> list[Group]:
        """Return the groups, those by CLIP first; waits until they are worked out."""
        with self._working:
            if not self._closed and time.monotonic() - self._checked_at >= CHECKED_EVERY_S:
                self._check()
            return self._groups

    def of(self, number: int) -> list[int]:
        """Return the other rows of a row's group, as far as it is known; waits for nothing."""
        if time.monotonic() - self._checked_at >= CHECKED_EVERY_S and not self._working.locked():
            threading.Thread(target=self._beside, name="look-alikes", daemon=True).start()
        for group in self._groups:
            rows = [line["id"] for line in group.lines]
            if number in rows:
                return [row for row in rows if row != number]
        return []

    def _beside(self) -> None:
        try:
            self.groups()
        except Exception as error:  # noqa: BLE001  (the edge of a thread)
            self._failed("look-alikes", error)

    def close(self) -> None:
        """Begin nothing more, and wait for what is being worked out."""
        self._closed = True
        with self._working:
            pass

    def _check(self) -> None:
        self._checked_at = time.monotonic()  # also where it fails: it is not tried at each look
        lines = self._seen.models.query(_SIGNATURE)
        signature = hash(tuple(tuple(line.values()) for line in lines))
        if signature != self._signature:
            self._groups = _worked_out(self._seen, [line["id"] for line in lines])
            self._signature = signature
        self._checked_at = time.monotonic()


def _worked_out(seen: Seen, numbers: Iterable[int]) -> list[Group]:
    """Return groups by CLIP, and by hash those of rows without an embedding."""
    rows = list(numbers)
    photos = compared(seen, rows, rejected=True)
    done = {line["id"] for line in photos.lines}
    pool = hashed(seen, rows, rejected=True)
    others = hash_groups(pool, done) if any(one["id"] not in done for one in pool.lines) else []
    return [*near_duplicates(photos), *others]
