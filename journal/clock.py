"""
The time as it stands in the journal: UTC, six fractional digits, `Z`.

Twenty-seven characters whose order is the order of time. A clock is any function that returns an
aware datetime. The system's own is read without making one: a commit that follows a wait for the
disk finds the processor's caches cold, and a datetime would cost it 6 us.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

AT_LENGTH = 27
"""`2026-01-02T03:04:05.123456Z`"""

Clock = Callable[[], datetime]

_NS_PER_S = 1_000_000_000


def utc_now() -> datetime:
    """Return the system's time."""
    return datetime.now(UTC)


def as_text(moment: datetime) -> str:
    """Return a time as it stands in the journal."""
    return moment.astimezone(UTC).isoformat("T", "microseconds")[:26] + "Z"


def texts_of(clock: Clock) -> Callable[[], str]:
    """Return a function that tells the time of a clock as text."""
    if clock is utc_now:
        return _SystemTime().read
    return lambda: as_text(clock())


class _SystemTime:
    """Formats the second once, and the microseconds each time. For one thread at a time."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def read(self) -> str:
        """Return the system's time."""
        second, rest = divmod(time.time_ns(), _NS_PER_S)
        if second != self._second:
            self._second = second
            self._text = datetime.fromtimestamp(second, UTC).isoformat()[:19]
        return f"{self._text}.{rest // 1000:06}Z"
