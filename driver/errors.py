"""
What the driver tells a person: a message, a hint with the next command, an exit code.

```
DriverError            70
+-- Misused             2  refused, or asked in a way that cannot be done
|   +-- Misconfigured   2  a setting cannot be meant: nothing can begin
+-- Unreachable         4  a dependency does not answer, or the disk is low
+-- Drift               5  two things that should be equal are not
+-- Damaged             3  the journal is not what was appended
```
"""

import contextlib
from collections.abc import Iterator

DONE = 0
ROWS_FAILED = 10
MISUSED = 2
DAMAGED = 3
UNREACHABLE = 4
DRIFT = 5
BUG = 70
INTERRUPTED = 130

_ORDER = (INTERRUPTED, BUG, DAMAGED, UNREACHABLE, DRIFT, MISUSED, ROWS_FAILED, DONE)


def worst(*codes: int) -> int:
    """Return the exit code that counts when several would apply."""
    return min(codes, key=_ORDER.index, default=DONE)


class DriverError(Exception):
    """The root. `hint` is what to type or do next."""

    exit_code = BUG

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the message and the hint."""
        super().__init__(message)
        self.hint = hint


class Misused(DriverError):
    """Refused, or asked in a way that cannot be done."""

    exit_code = MISUSED


class Misconfigured(Misused):
    """A setting cannot be meant. Whoever starts programs at night finds it in a crash file."""


class Unreachable(DriverError):
    """A dependency does not answer, or the disk is low."""

    exit_code = UNREACHABLE


class Drift(DriverError):
    """Two things that should be equal are not."""

    exit_code = DRIFT


class Damaged(DriverError):
    """The journal is not what was appended."""

    exit_code = DAMAGED


@contextlib.contextmanager
def about(what: str) -> Iterator[None]:
    """
    Let an error that passes by say what it is about; a crash file repeats it.

    Args:
        what: such as `score id=17 attempt=2`.
    """
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


def journal_exit_code(error: BaseException) -> int:
    """Return the exit code of a journal's error: 4 for the disk, 2 for misuse, 3 for damage."""
    from journal import (
        CannotOpen,
        DiskLow,
        JournalBusy,
        JournalDamaged,
        JournalError,
        OutcomeUnknown,
        SegmentRefused,
        SigningKeyUnusable,
        UnreadableEvent,
        VersionConflict,
    )

    if isinstance(error, JournalDamaged | UnreadableEvent):
        return DAMAGED
    if isinstance(error, DiskLow | OutcomeUnknown | JournalBusy):
        return UNREACHABLE
    if isinstance(error, CannotOpen | SegmentRefused | SigningKeyUnusable | VersionConflict):
        return MISUSED
    # The class itself says that a file could not be opened or written; another subclass is our bug.
    return UNREACHABLE if type(error) is JournalError else BUG
