"""Threads that an error ends: told like any other error, and not only on the screen."""

import contextlib
import threading
from collections.abc import Iterator

from commands.call import Call
from commands.output import warn
from driver.errors import BUG, worst


@contextlib.contextmanager
def watched_threads(call: Call) -> Iterator[None]:
    """Let an error that ends a thread, and that nobody waits for, be told like any other."""
    before = threading.excepthook

    def ended(args: "threading.ExceptHookArgs") -> None:
        if args.exc_value is None or isinstance(args.exc_value, SystemExit):
            return
        call.exit_code = worst(call.exit_code, BUG)
        name = args.thread.name if args.thread else "?"
        args.exc_value.add_note(f"thread={name}")
        from commands.failing import leave_traceback

        path = leave_traceback(call, args.exc_value)
        warn(f"Error: a thread ended: {type(args.exc_value).__name__}: {args.exc_value}")
        warn(f"Hint: please report it; the details are in {path}")

    threading.excepthook = ended
    try:
        yield
    finally:
        threading.excepthook = before
