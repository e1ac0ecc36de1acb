"""An append on its way: what a caller wants written, checked and made ready for a batch."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from journal.codec import MAX_NUMBER, check_key, name_bytes
from journal.errors import UnwritableEvent
from journal.group import Request
from journal.records import Sealed

AT_LENGTH = 27
"""`2026-01-02T03:04:05.123456Z`"""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def as_text(time: datetime) -> str:
    """Return a time as it stands in the journal: UTC, six fractional digits, `Z`."""
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return time.isoformat("T", "microseconds")[:26] + "Z"


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
        run, who = name_bytes("run", run_id), name_bytes("actor", actor)
        self.batched = True
        self.entries = entries
        self.key = check_key(key)
        self.run_id = run_id
        self.step = step
        self.actor = actor
        self.names = run + who
        self.sizes = (len(run), len(who), AT_LENGTH)
        self.positions: tuple[int, ...] = ()
        self.from_reserve = False
        self.redacts = 0
