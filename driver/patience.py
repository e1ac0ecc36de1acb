"""Says that a server is waited for, where nothing else would be seen for long."""

import contextlib
import threading
from collections.abc import Callable, Iterator

SILENT_S = 10.0
"""After so long without anything from a server it is said that it is waited for."""


def waits(answer_s: float) -> str:
    """Return that a server is waited for, and how long it may take for one answer, in words."""
    return f"waits for the server (at most {answer_s:.0f} s for an answer)"


@contextlib.contextmanager
def patiently(told: Callable[[str], None], what: str, answer_s: float) -> Iterator[None]:
    """
    Say after a while, if the block still runs then, that a server is waited for.

    Args:
        told: is told, in a thread of its own.
        what: what waits, such as `withdraw`.
        answer_s: how long the server may take for one answer; 0: there is no server.
    """
    timer = threading.Timer(SILENT_S, lambda: told(f"{what} {waits(answer_s)}"))
    timer.daemon = True
    if answer_s:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
