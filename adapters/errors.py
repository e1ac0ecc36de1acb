"""
How an adapter says that it could not do its work.

One class, told apart by its code: a line of `machine.failures`, which also knows what the failure
costs and what a person can do about it. Adapters let no other exception out on purpose; what else
comes out of a worker is a bug or a dying host, and the driver records it as such.

`Unreadable` stays between adapters: whoever opened the photo turns it into its own code.
"""

from machine.failures import FAILURES


class AdapterError(Exception):
    """
    The work could not be done.

    Attributes:
        code: A code of `machine.failures.FAILURES`.
        detail: What exactly happened, in words, for the log; without paths and secrets.
        hint: What a person can change, where the device knows better than the code does.
    """

    def __init__(self, code: str, detail: str = "", hint: str = "") -> None:
        if code not in FAILURES:
            msg = f"{code!r} is not a failure code"
            raise ValueError(msg)
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        """Return the code's meaning and the detail."""
        meaning = FAILURES[self.code].meaning
        return f"{meaning}: {self.detail}" if self.detail else meaning

    @property
    def permanent(self) -> bool:
        """True: trying again with the same bytes cannot succeed."""
        return FAILURES[self.code].policy == "permanent"


class Unreadable(Exception):
    """These bytes give no picture; the message says why, in a few words."""


class TooLarge(Unreadable):
    """They would give one with more pixels than are read."""


class NeedsExtra(Unreadable):
    """A library that is not installed could read them."""
