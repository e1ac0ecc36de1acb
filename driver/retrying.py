"""
Doing something in a gallery again, after a fault that may pass: with backoff, within a budget.

A dropped line, a busy server, a lock or an answer that did not come may be gone a moment later. A
refusal (the login, a right, a name, a full disk) is an answer: it is not asked for twice.
"""

from collections.abc import Callable
from typing import TypeVar

import stamina
from stamina.instrumentation import set_on_retry_hooks

from adapters.errors import AdapterError

ATTEMPTS = 5
BUDGET_S = 30.0
"""After so long, no further try begins: with a server that is silent until the time limit, one."""
FIRST_WAIT_S = 0.2
"""Before the second try, and as much again at random; twice as long before each further one."""
_MAY_PASS = {"PublishFailed", "PublishUnreachable"}

_call = stamina.RetryingCaller(
    attempts=ATTEMPTS, timeout=BUDGET_S, wait_initial=FIRST_WAIT_S, wait_jitter=FIRST_WAIT_S
)
set_on_retry_hooks(())  # By default, each retry is a line without a meaning on standard error.

Done = TypeVar("Done")


def retried(do: Callable[[], Done], overcome: list[AdapterError] | None = None) -> Done:
    """
    Return what `do` returns, at the first try or a later one.

    Args:
        do: what is tried.
        overcome: is given the faults that passed, where a later try went well.

    Raises:
        AdapterError: that of the last try, or one that no further try would mend.
    """
    faults = list[AdapterError]()

    def attempt() -> Done:
        try:
            return do()
        except AdapterError as error:
            faults.append(error)
            raise

    done = _call(_may_pass, attempt)
    if overcome is not None:
        overcome += faults
    return done


def _may_pass(error: Exception) -> bool:
    return isinstance(error, AdapterError) and error.code in _MAY_PASS
