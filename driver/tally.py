"""What a stage did in a run, as it is counted meanwhile."""

import msgspec
from msgspec import Struct


class Tally(Struct):
    """What a stage did in this run."""

    rows: int = 0
    done: int = 0
    failed: int = 0
    """Rows whose last attempt failed, however many came before it."""
    skipped: int = 0
    started: float = 0.0
    paused: str = ""
    """Failure code that stopped the stage."""
    paused_detail: str = ""
    lacking: tuple[str, str] = ("", "")
    """Code and detail of what stopped no row, but let none of them come to its end."""
    without: set[int] = msgspec.field(default_factory=set)
    """Rows that are not tried again in this run for it."""
    waiting: str = ""
    """What the stage waits for just now, in words; empty: for nothing."""
    waits_until: float = 0.0
    """When it will have waited long enough and pauses, by `time.monotonic()`; 0: not known."""
