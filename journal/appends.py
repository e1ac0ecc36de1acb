"""An append on its way: what a caller wants written, checked and made ready for a batch."""

from collections.abc import Sequence
from functools import lru_cache

from journal.clock import AT_LENGTH
from journal.codec import MAX_NUMBER, check_key, name_bytes
from journal.errors import UnwritableEvent
from journal.group import Request
from journal.records import Sealed


class Append(Request):
    """One append on its way; `positions` is its answer."""

    __slots__ = (
        "actor", "entries", "from_reserve", "key", "names", "positions", "redacts", "run_id",
        "sizes", "step",
    )  # fmt: skip

    def __init__(
        self, entries: Sequence[Sealed], key: str, run_id: str, step: int, actor: str
    ) -> None:
        """Check the names and keep everything."""
        if not entries:
            msg = "an append needs at least one entry"
            raise ValueError(msg)
        if not 0 <= step < MAX_NUMBER:
            msg = f"{step} cannot be a step"
            raise UnwritableEvent(msg)
        super().__init__()
        self.batched = True
        self.entries = entries
        self.key = check_key(key)
        self.run_id = run_id
        self.step = step
        self.actor = actor
        self.names, self.sizes = _names(run_id, actor)
        self.positions: tuple[int, ...] = ()
        self.from_reserve = False
        self.redacts: tuple[int, ...] = ()


@lru_cache(maxsize=1024)
def _names(run_id: str, actor: str) -> tuple[bytes, tuple[int, int, int]]:
    """Return run and actor in UTF-8, and the lengths of run, actor and time."""
    run, who = name_bytes("run", run_id), name_bytes("actor", actor)
    return run + who, (len(run), len(who), AT_LENGTH)
